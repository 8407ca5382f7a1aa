"""`farley export`: the contacts of a space as a vCard file."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from farley.cli.command import DONE, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.spaces.models import Space


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="export a space as a vCard file, or a calendar as an iCalendar file",
        description=(
            "Export the contacts of a space: each card as it came, or converted to one version; or with --calendar the"
            " entries of a calendar, as iCalendar 2.0 or vCalendar 1.0."
        ),
    )
    parser.add_argument("--calendar", metavar="CALENDAR", help="its name, or the last part of its address")
    parser.add_argument("--space", required=True, metavar="NAME")
    parser.add_argument("--as", dest="user", required=True, metavar="USER", help="a reader of the space")
    parser.add_argument(
        "--version", choices=["2.1", "3.0", "4.0", "1.0", "2.0"], help="convert to this version (default: as stored)"
    )
    parser.add_argument(
        "--own-fields", action="store_true", help="with the own fields of each contact, as X-FARLEY-FIELD lines"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: the standard output")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from farley.contacts.models import Contact
    from farley.exchange.exporting import note_export, vcards
    from farley.exchange.own_lines import fields_here
    from farley.journal.models import Door

    user = user_named(options.user)
    space = space_named(options.space, user)
    is_of_calendars = options.version in ("1.0", "2.0")
    if options.version and is_of_calendars is not bool(options.calendar):
        raise Refused("--version is 2.1, 3.0 or 4.0 of contacts, 1.0 or 2.0 of a calendar")
    if options.calendar:
        return _export_calendar(options, user, space)
    contacts = Contact.objects.visible_to(user.actor).filter(space=space)
    note_export([space], by=user.actor, door=Door.CLI)
    fields = fields_here(space, user.actor) if options.own_fields else None
    cards = vcards(contacts, options.version, own_fields=fields)
    if options.output is None:
        for card in cards:
            sys.stdout.buffer.write(card)
        sys.stdout.buffer.flush()
        return DONE
    count = _write(options.output.resolve(), cards)
    print(f"{count} contacts of {space.name} are in {options.output}.", file=sys.stderr)
    return DONE


def _export_calendar(options: argparse.Namespace, user: User, space: Space) -> int:
    from farley.calendars.files import ics
    from farley.calendars.models import CalendarObject
    from farley.cli.calendar_command import calendar_named
    from farley.exchange.exporting import note_export
    from farley.journal.models import Door

    calendar = calendar_named(options.calendar, user, space.name)
    entries = CalendarObject.objects.visible_to(user.actor).filter(calendar=calendar)
    note_export([space], by=user.actor, door=Door.CLI)
    pieces = ics(entries, name=calendar.name, colour=calendar.colour, version=options.version or "2.0")
    if options.output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return DONE
    _write(options.output.resolve(), pieces)
    print(f"{entries.count()} entries of {printable(calendar.name)} are in {options.output}.", file=sys.stderr)
    return DONE


def _write(target: Path, cards: Iterator[bytes]) -> int:
    """Write a file that is whole or not there; into a device or pipe, straight. Return how many cards."""
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            return _copy(cards, stream)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            count = _copy(cards, file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _copy(cards: Iterator[bytes], stream: BinaryIO) -> int:
    count = 0
    for card in cards:
        stream.write(card)
        count += 1
    return count
