"""`farley erase`: one person, for good."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from farley.cli.command import DONE, Refused, contact_named, user_named
from farley.cli.text import printable


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "erase",
        help="erase a contact and its whole history for good",
        description=(
            "Erase a contact, its versions, index entries and thumbnail. Who did what and when stays in the journal;"
            " of the contents their hashes. This cannot be undone. Copies of the database that were made before still"
            " hold the contact."
        ),
    )
    parser.add_argument("uid", metavar="UID")
    parser.add_argument("--as", dest="user", required=True, metavar="USER", help="a manager of the space")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have a contact with this UID")
    parser.add_argument("--confirm", metavar="NAME", help="the contact's name; without it, the command asks")
    parser.set_defaults(run=_erase)


def _erase(options: argparse.Namespace) -> int:
    from django.conf import settings

    from farley.accounts.doors import Door
    from farley.contacts.erasing import NotConfirmed, confirmation_of, erase, remaining_copies

    user = user_named(options.user)
    contact = contact_named(options.uid, user, options.space)
    wanted = printable(confirmation_of(contact))
    confirmed = options.confirm if options.confirm is not None else _asked(wanted)
    try:
        erase(contact, confirmed=confirmed, by=user.actor, door=Door.CLI)
    except NotConfirmed:
        raise Refused(f"nothing was erased: type the name exactly as it is, {wanted!r}") from None
    print(f"{options.uid} is erased from {contact.space.name}.")
    plan = settings.CONFIGURATION.backups
    for folder in sorted({settings.DATA / "backups", *([plan.folder] if plan else [])}):
        for name in remaining_copies(each.name for each in folder.iterdir()) if folder.is_dir() else ():
            print(f"An older copy of the database may still hold it: {folder / name}", file=sys.stderr)
    return DONE


def _asked(name: str) -> str:
    print(f"This cannot be undone. Type the name to erase it ({name}): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\r\n")
