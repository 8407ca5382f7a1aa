"""iCalendar objects out of files: one a UID, with its overrides and the time zones it names."""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from farley.codecs.contentline import line_ending, split_lines
from farley.codecs.icalendar_object import ICalendar
from farley.codecs.icalendar_scanning import (
    MAX_OBJECT,
    CalendarExtent,
    Extent,
    Fault,
    InvalidICalendar,
    Layout,
    Source,
    scan,
)

_MAX_HEADER = 2**16  # octets of a calendar's own lines, or of one time zone, that every object of it repeats
# Lines about the collection and not about an object in it. RFC 4791 §4.1 forbids METHOD there.
_OF_THE_COLLECTION = frozenset(
    {
        "METHOD", "NAME", "DESCRIPTION", "UID", "LAST-MODIFIED", "URL", "CATEGORIES", "REFRESH-INTERVAL", "SOURCE",
        "COLOR", "IMAGE", "X-WR-CALNAME", "X-WR-CALDESC", "X-WR-RELCALID", "X-PUBLISHED-TTL", "X-APPLE-CALENDAR-COLOR",
        "X-PRIMARY-CALENDAR", "X-OWNER", "X-MS-OLK-FORCEINSPECTOROPEN", "X-FARLEY-PROBLEM",
    }
)  # fmt: skip
_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]")
_TZID = re.compile(rb';[ \t]*TZID="?([^";:,\r\n]+)', re.IGNORECASE)


class Entry(NamedTuple):
    """An object, or a problem where one was to be expected; `line` is where it begins in the file, from 1."""

    line: int
    octets: bytes
    ical: ICalendar | None
    problem: InvalidICalendar | None


def read_calendars(source: bytes | BinaryIO, *, max_object: int = MAX_OBJECT) -> Iterator[Entry]:
    """Read every object of `source`, in order, in linear time.

    All components of one calendar that share a kind and a UID are one object; one without a UID is its own. An object
    has the lines it came with: of its calendar those that are not about the collection, the time zones it names, its
    components. A calendar of a single object keeps its octets, where it holds nothing about the collection.
    What is broken, or larger than `max_object`, is an entry with a problem, and what is around it is read.

    Memory holds the largest object and some 100 octets for each component. A source that cannot seek is copied to a
    temporary file.
    """
    with Source(source) as opened:
        layout = scan(opened)
        faults = iter(layout.faults)
        fault = next(faults, None)
        for entry in _objects(opened, layout, max_object):
            while fault and fault.line <= entry.line:
                yield _problem(opened, fault)
                fault = next(faults, None)
            yield entry
        while fault:
            yield _problem(opened, fault)
            fault = next(faults, None)


def headers(source: bytes | BinaryIO) -> list[ICalendar]:
    """The calendars of `source` without their components: what they say about the collection, such as its name."""
    found = []
    with Source(source) as opened:
        for calendar in scan(opened).calendars:
            own = b"".join(_ended(opened.read(start, stop)) for start, stop in calendar.own_lines)[:_MAX_HEADER]
            found.append(ICalendar(b"BEGIN:VCALENDAR\r\n" + _ended(own) + b"END:VCALENDAR\r\n"))
    return found


def _objects(source: Source, layout: Layout, max_object: int) -> Iterator[Entry]:
    for calendar in layout.calendars:
        header = _Header(source, calendar)
        for group in calendar.groups:
            line = group[0].line
            if sum(each.stop - each.start for each in group) > max_object:
                octets = source.shown(group[0].start, group[0].stop)
                yield Entry(line, octets, None, _too_large(line, max_object))
                continue
            octets = header.whole(calendar) or header.around([source.read(each.start, each.stop) for each in group])
            if len(octets) > max_object:
                yield Entry(line, octets[:1000], None, _too_large(line, max_object))
            else:
                yield Entry(line, octets, ICalendar(octets), None)


class _Header:
    """What every object of a calendar repeats."""

    def __init__(self, source: Source, calendar: CalendarExtent) -> None:
        self._source = source
        self._zones = calendar.zones
        self._places = {tzid: place for place, tzid in enumerate(calendar.zones)}
        self._read_zones: dict[str, bytes] = {}
        self._room = 2**20  # octets of zones that are remembered
        begin = source.read(calendar.start, calendar.start + 100)
        self.line_break = line_ending(begin)
        pieces, self.is_of_objects_only = [], True
        size = sum(stop - start for start, stop in calendar.own_lines)
        if size > _MAX_HEADER:
            self.is_of_objects_only = False
        for start, stop in calendar.own_lines:
            octets = source.read(start, min(stop, start + _MAX_HEADER))
            for line in split_lines(octets):
                if line.name in _OF_THE_COLLECTION or (size > _MAX_HEADER and line.name not in ("VERSION", "PRODID")):
                    self.is_of_objects_only = False
                elif line.octets.strip():
                    pieces.append(_ended(line.octets.rstrip(b"\r\n") + self.line_break))
        self._own = b"".join(pieces)

    def whole(self, calendar: CalendarExtent) -> bytes:
        """The calendar as it stands, where it is one object and nothing else."""
        if not (calendar.is_single and calendar.is_sound and self.is_of_objects_only):
            return b""
        return self._source.read(calendar.start, calendar.stop)

    def around(self, components: list[bytes]) -> bytes:
        end = self.line_break
        zones = b"".join(self._zone(tzid) for tzid in self._named(components))
        body = b"".join(_ended(octets, end) for octets in components)
        return b"".join((b"BEGIN:VCALENDAR", end, self._own, zones, body, b"END:VCALENDAR", end))

    def _named(self, components: list[bytes]) -> list[str]:
        """The time zones of the calendar that these components name, in the order of the calendar."""
        if not self._zones:
            return []
        names: set[str] = set()
        for octets in components:
            unfolded = _FOLD.sub(b"", octets) if b"\n " in octets or b"\t" in octets or b"\r " in octets else octets
            names.update(found.decode("utf-8", "replace").strip() for found in set(_TZID.findall(unfolded)))
        return sorted(names & self._places.keys(), key=self._places.__getitem__)

    def _zone(self, tzid: str) -> bytes:
        octets = self._read_zones.get(tzid)
        if octets is None:
            extent: Extent = self._zones[tzid]
            size = extent.stop - extent.start
            octets = _ended(self._source.read(extent.start, extent.stop)) if size <= _MAX_HEADER else b""
            if len(octets) <= self._room:
                self._room -= len(octets)
                self._read_zones[tzid] = octets
        return octets


def _problem(source: Source, fault: Fault) -> Entry:
    octets = source.shown(fault.start, fault.stop)
    return Entry(fault.line, octets, None, InvalidICalendar(fault.line, fault.reason))


def _too_large(line: int, max_object: int) -> InvalidICalendar:
    return InvalidICalendar(line, f"this object is larger than {max_object:,} octets")


def _ended(octets: bytes, line_break: bytes = b"\r\n") -> bytes:
    return octets if octets.endswith((b"\n", b"\r")) else octets + line_break
