"""`farley who`: who can see a contact, an event or a task, and why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, contact_named, space_named, user_named

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.calendars.models import CalendarObject


def add_to(commands: Any) -> None:
    parser = commands.add_parser("who", help="who can see a contact, an event or a task, and why")
    parser.add_argument("uid", metavar="UID")
    parser.add_argument("--as", dest="user", required=True, metavar="USER")
    parser.add_argument("--space", metavar="NAME", help="needed where several spaces have one with this UID")
    parser.set_defaults(run=_who)


def _who(options: argparse.Namespace) -> int:
    """A line for every way of every person: name, role, through what, since when, given by whom."""
    from django.utils.timezone import localtime

    from farley.accounts.roles import Role
    from farley.calendars.seeing import is_told
    from farley.spaces.audience import ways_into

    user = user_named(options.user)
    entry = _entry(options, user)
    space = entry.space if entry else contact_named(options.uid, user, options.space).space
    ways = ways_into(space)
    readers = {way.user.pk for way in ways if (is_told(entry, way.role) if entry else way.role >= Role.READER)}
    for way in ways:
        if way.user.pk not in readers and entry is None:
            continue
        through = f"team {way.team.name}" if way.team else "invitation" if way.is_invitation else "own"
        since = localtime(way.since).strftime("%Y-%m-%d %H:%M")
        giver = way.given_by.name if way.given_by else "-"
        told = [] if way.user.pk in readers else ["only when somebody is busy"]
        print("\t".join([way.user.name, way.role.word, f"{space.name}: {through}", since, giver, *told]))
    return DONE


def _entry(options: argparse.Namespace, user: User) -> CalendarObject | None:
    """The entry with this UID that `user` reads, where no contact has it. Raises NoSuchSpace, Refused."""
    from farley.calendars.models import CalendarObject
    from farley.contacts.models import Contact

    if Contact.objects.known_to(user.actor).with_uids([options.uid]).exists():
        return None
    entries = CalendarObject.objects.told_to(user.actor).filter(uid=options.uid).select_related("space")
    found = list(entries.filter(space=space_named(options.space, user)) if options.space else entries[:2])
    if len({each.space_id for each in found}) > 1:
        raise Refused("several spaces have an entry with this UID: name one of them with --space")
    return found[0] if found else None
