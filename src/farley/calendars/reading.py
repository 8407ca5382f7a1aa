"""Calendar files as objects that a calendar may hold: converted from vCalendar 1.0, with a UID where none is given."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from farley.calendars.files import PRODID
from farley.calendars.models import COMPONENTS, Components
from farley.codecs.icalendar import ICalendar, InvalidICalendar, When, headers, read_calendars, repair
from farley.codecs.vcalendar import convert
from farley.journal.models import hash_of

_NO_STAMP: Final = "19700101T000000Z"


class FileEntry(NamedTuple):
    """One object of a file, or why it cannot be read; `line` is where it begins, from 1, `size` its octets there."""

    line: int
    size: int
    octets: bytes
    problem: InvalidICalendar | None


def read(source: bytes | BinaryIO) -> Iterator[FileEntry]:
    """Every object of `source`, in order. The same file gives the same octets each time."""
    for entry in read_calendars(source):
        if entry.ical is None:
            yield FileEntry(entry.line, len(entry.octets), b"", entry.problem)
            continue
        ical, others = _one_object(convert(entry.ical, "2.0"))
        if not all(component.text("UID").strip() for component in ical.components):
            ical = _with_uid(ical)
        yield FileEntry(entry.line, len(entry.octets), ical.octets, None)
        for _ in range(others):
            problem = InvalidICalendar(entry.line, "another entry with the same UID stands before it in the file")
            yield FileEntry(entry.line, 0, b"", problem)


def name_in(source: bytes | BinaryIO) -> str:
    """What the first calendar of a file that says so calls itself."""
    for header in headers(source):
        for name in ("NAME", "X-WR-CALNAME"):
            if told := " ".join(header.root.text(name).replace("\0", "").split()):
                return told[:200]
    return ""


def components_in(kinds: set[str]) -> Components:
    """What a calendar must take to hold components of these names; events where none of them is known."""
    found = Components(0)
    for kind in kinds:
        found |= COMPONENTS.get(kind, Components(0))
    return found or Components.EVENTS


def _one_object(ical: ICalendar) -> tuple[ICalendar, int]:
    """Without what stands there a second time under its UID: series and single ones after the first; and how many of
    these say something else."""
    alike = [each for each in ical.components if each.name == ical.kind and not each.first("RECURRENCE-ID")]
    first = alike[0].octets if alike else b""
    others = sum(each.octets != first for each in alike[1:])
    for each in reversed(alike[1:]):
        ical = ical.without_component(each)
    return ical, others


def _with_uid(ical: ICalendar) -> ICalendar:
    """With one made of the octets, so that the same object is known again."""
    made = str(uuid.uuid5(uuid.NAMESPACE_OID, hash_of(ical.octets).hex()))
    stamp = When.parse(_NO_STAMP)
    assert stamp is not None
    return repair(ical, uid=made, stamp=stamp, prodid=PRODID)
