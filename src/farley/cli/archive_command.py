"""`farley archive`: everything about one person, in one file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from farley.cli.command import DONE, Refused, contact_named, user_named


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "archive",
        help="put everything about a person into a ZIP file",
        description=(
            "Write a ZIP file with everything that is kept about a contact: its card, all versions, the journal, its"
            " photo and links; or with --account, about the account of --as: data, memberships, events, acts, contacts"
            " of the private space."
        ),
    )
    parser.add_argument("uid", metavar="UID", nargs="?", help="of the contact; none with --account")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have a contact with this UID")
    parser.add_argument("--account", action="store_true", help="about the account itself")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="a file that is not there yet")
    parser.set_defaults(run=_archive)


def _archive(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.exchange.archive import write_account, write_contact

    if options.account == bool(options.uid):
        raise Refused("name either a contact by its UID, or --account")
    user, path = user_named(options.user), Path(options.output)
    contact = None if options.account else contact_named(options.uid, user, options.space)
    if path.exists():
        raise Refused(f"{path} is there already")
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        if contact is None:
            write_account(file, user, by=user.actor, door=Door.CLI)
        else:
            write_contact(file, contact, by=user.actor, door=Door.CLI)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    print(f"Everything about {user.name if contact is None else options.uid} is in {path}")
    return DONE
