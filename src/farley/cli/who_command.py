"""`farley who`: who can see a contact, and why."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE, contact_named, user_named


def add_to(commands: Any) -> None:
    parser = commands.add_parser("who", help="who can see a contact, and why")
    parser.add_argument("uid", metavar="UID")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have a contact with this UID")
    parser.set_defaults(run=_who)


def _who(options: argparse.Namespace) -> int:
    """A line for every way of every person: name, role, through what, since when, given by whom."""
    from django.utils.timezone import localtime

    from farley.accounts.roles import Role
    from farley.spaces.audience import ways_into

    contact = contact_named(options.uid, user_named(options.user), options.space)
    for way in ways_into(contact.space):
        if way.role < Role.READER:
            continue
        through = f"team {way.team.name}" if way.team else "invitation" if way.is_invitation else "own"
        since = localtime(way.since).strftime("%Y-%m-%d %H:%M")
        giver = way.given_by.name if way.given_by else "-"
        print("\t".join([way.user.name, way.role.word, f"{contact.space.name}: {through}", since, giver]))
    return DONE
