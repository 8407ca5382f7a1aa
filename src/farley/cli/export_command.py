"""`farley export`: the contacts of a space, or those that pass a filter, as a file."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, contact_named, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.exchange.export_formats import Format
    from farley.exchange.exporting import Record
    from farley.spaces.models import Space


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="export contacts, or a calendar, as a file",
        description=(
            "Export the contacts of a space, a group or a person: each card as it came, converted to one version, as a"
            " table, for other programs or on paper; or with --calendar the entries of a calendar, as iCalendar 2.0 or"
            " vCalendar 1.0."
        ),
    )
    parser.add_argument("--calendar", metavar="CALENDAR", help="its name, or the last part of its address")
    parser.add_argument("--space", metavar="NAME")
    parser.add_argument("--as", dest="user", metavar="USER", help="a reader of the space")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--filter", default="", metavar="FILTER", help="only these, in the words of farley list")
    which.add_argument("--group", metavar="NAME", help="only the members of this group of the space")
    which.add_argument("--uid", metavar="UID", help="only this contact")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", default="vcard", metavar="FORMAT", help="--formats lists them (default: vcard)")
    form.add_argument("--version", choices=["2.1", "3.0", "4.0", "1.0", "2.0"], help="converted to this version")
    parser.add_argument(
        "--all",
        dest="everything",
        metavar="DIR",
        type=Path,
        help="instead: everything there is, of everybody, into this new folder, in open formats",
    )
    parser.add_argument("--formats", action="store_true", help="list the formats, and export nothing")
    parser.add_argument(
        "--own-fields",
        action="store_true",
        help="with the own fields of each contact, as X-FARLEY-FIELD lines or as columns",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: the standard output")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from farley.exchange.exporting import note_export
    from farley.journal.models import Door

    if options.formats:
        return _list_formats()
    if options.everything:
        return _export_everything(options.everything)
    if not options.space or not options.user:
        raise Refused("--space NAME and --as USER are needed")
    form = _format(options)
    user = user_named(options.user)
    space = space_named(options.space, user)
    if options.calendar:
        return _export_calendar(options, user, space)
    read = _reader(options, space, user)
    if not options.uid:
        note_export([space], by=user.actor, door=Door.CLI)
    return _export_contacts(options, read, form, space, user)


def _export_everything(folder: Path) -> int:
    from farley.accounts.actor import COMMAND
    from farley.exchange.instance_out import LEFT_OUT, NotEmpty, write_all
    from farley.journal.models import Door

    try:
        written = write_all(folder, by=COMMAND, door=Door.CLI)
    except NotEmpty as error:
        raise Refused(str(error)) from error
    print(f"Everything is in {folder}: {', '.join(f'{count} {what}' for what, count in written.counts.items())}.")
    print("Left out are " + "; ".join(LEFT_OUT) + ".")
    return DONE


def _list_formats() -> int:
    from farley.exchange.export_formats import FORMATS

    for form in FORMATS.values():
        print(f"{form.name:<16} {form.label}")
    return DONE


def _format(options: argparse.Namespace) -> Format:
    from farley.exchange.export_formats import FORMATS

    is_of_calendars = options.version in ("1.0", "2.0")
    if options.version and is_of_calendars is not bool(options.calendar):
        raise Refused("--version is 2.1, 3.0 or 4.0 of contacts, 1.0 or 2.0 of a calendar")
    name = f"vcard-{options.version}" if options.version and not is_of_calendars else options.format
    if name not in FORMATS:
        raise Refused(f"there is no format {name!r}; farley export --formats lists them")
    return FORMATS[name]


def _export_contacts(
    options: argparse.Namespace, read: Callable[[], Iterator[Record]], form: Format, space: Space, user: User
) -> int:
    from farley.exchange.exporting import exported
    from farley.exchange.own_lines import fields_here
    from farley.exchange.paper.setting import CannotPrint

    fields = fields_here(space, user.actor) if options.own_fields else None
    count = 0

    def counted() -> Iterator[Record]:
        nonlocal count
        count = 0
        for record in read():
            count += 1
            yield record

    try:
        pieces = exported(counted, form, title=options.group or space.title, own_fields=fields)
    except CannotPrint as error:
        raise Refused(str(error)) from error
    if options.output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return DONE
    _write(options.output.resolve(), pieces)
    print(f"{count} contacts of {space.name} are in {options.output}.", file=sys.stderr)
    return DONE


def _export_calendar(options: argparse.Namespace, user: User, space: Space) -> int:
    from farley.calendars.files import ics
    from farley.calendars.models import CalendarObject
    from farley.cli.calendar_command import calendar_named
    from farley.exchange.exporting import note_export
    from farley.journal.models import Door

    calendar = calendar_named(options.calendar, user, space.name)
    entries = CalendarObject.objects.told_to(user.actor).filter(calendar=calendar)
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


def _reader(options: argparse.Namespace, space: Space, user: User) -> Callable[[], Iterator[Record]]:
    """What reads the contacts of `space` that are meant."""
    from farley.contacts.bulk import Selection
    from farley.contacts.listing import Filters, Listed
    from farley.contacts.models import Contact
    from farley.exchange.exporting import records
    from farley.journal.access import Way, note_access
    from farley.journal.models import Door
    from farley.lists import language

    here = Contact.objects.visible_to(user.actor).filter(space=space)
    if options.group:
        group = here.groups().filter(full_name=options.group).first()
        if group is None:
            raise Refused(f"there is no group {options.group!r} in {space.name}")
        return lambda: records(Contact.objects.visible_to(user.actor).members_of(group))
    if options.uid:
        contact = contact_named(options.uid, user, space.name)
        if contact.is_deleted:
            raise Refused(f"{contact.full_name} is deleted; farley undo brings contacts back")
        note_access(space.pk, Way.EXPORTED, [contact.pk], by=user.actor, door=Door.CLI)
        return lambda: records(here.filter(pk=contact.pk))
    if not options.filter:
        return lambda: records(here)
    try:
        listed = Listed([space], Filters(more=language.parse(options.filter)), user)
    except language.BadFilter as error:
        raise Refused(f"--filter: {error}") from error
    selection = Selection.everything(listed, by=user.actor)

    def selected() -> Iterator[Record]:
        position = 0
        while contacts := selection.behind(position):
            position = contacts[-1].pk
            yield from records(Contact.objects.filter(pk__in=[contact.pk for contact in contacts]))

    return selected


def _write(target: Path, pieces: Iterator[bytes]) -> None:
    """Write a file that is whole or not there; into a device or pipe, straight."""
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            stream.writelines(pieces)
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
