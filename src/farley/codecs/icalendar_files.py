"""Many objects as one file, in bounded memory: each component as it was written, each time zone once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from farley.codecs.contentline import fold
from farley.codecs.icalendar_object import Component, ICalendar
from farley.codecs.vcard_values import escape
from farley.codecs.zones import named_zone

_MAX_RENAMED: Final = 1_000  # definitions of one name that are told apart


def calendar_file(objects: Iterable[ICalendar], *, prodid: str, name: str = "", colour: str = "") -> Iterator[bytes]:
    """The pieces of an iCalendar 2.0 file with all of `objects`, a piece an object. RFC 5545 §3.4, RFC 7986 §5.

    A time zone stands before the first component that names it. Where two objects mean different zones by one name
    that the tz database does not know, the later one gets another name.
    """
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{escape(prodid)}"]
    if name:
        head += [f"NAME:{escape(name)}", f"X-WR-CALNAME:{escape(name)}"]
    if colour:
        head.append(f"X-APPLE-CALENDAR-COLOR:{escape(colour)}")
    yield b"".join(map(fold, head))
    zones = _Zones()
    for ical in objects:
        yield zones.written(ical)
    yield b"END:VCALENDAR\r\n"


def says_the_same(one: ICalendar, other: ICalendar) -> bool:
    """Whether both have the same components to the octet, line breaks and what stands around them aside."""
    return [_body(each) for each in one.components] == [_body(each) for each in other.components]


def same_but_for_stamps(one: ICalendar, other: ICalendar) -> bool:
    """Whether both say the same of what they are about, when they were written aside. RFC 5545 §3.8.7.2."""
    return _unstamped(one) == _unstamped(other)


def _unstamped(ical: ICalendar) -> list[bytes]:
    return [
        line.octets.strip(b"\r\n")
        for component in ical.root.components
        for line in ical.lines[component.start : component.stop]
        if line.name != "DTSTAMP"
    ]


class _Zones:
    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}  # definitions by name, as far as they have been written

    def written(self, ical: ICalendar) -> bytes:
        out = []
        for tzid, zone in ical.zones.items():
            name = self._name_for(tzid, _body(zone))
            if name != tzid:
                ical = _renamed(ical, tzid, name)
                zone = ical.zones[name]
            if name not in self._known:
                self._known[name] = _body(zone)
                out.append(_body(zone))
        return b"".join([*out, *(_body(each) for each in ical.components)])

    def _name_for(self, tzid: str, body: bytes) -> str:
        if self._known.get(tzid, body) == body or named_zone(tzid) is not None:
            return tzid
        for number in range(2, _MAX_RENAMED):
            name = f"{tzid} ({number})"
            if name not in self._known or self._known[name] == body.replace(tzid.encode(), name.encode(), 1):
                return name
        return tzid


def _renamed(ical: ICalendar, tzid: str, name: str) -> ICalendar:
    for index, line in enumerate(ical.lines):
        if line.name == "TZID" and line.value.strip() == tzid:
            ical = ical.with_value(index, name)
        elif any(param == "TZID" and values[0] == tzid for param, values in line.params):
            params = tuple((param, (name,) if param == "TZID" else values) for param, values in line.params)
            ical = ical.with_value(index, line.value, params)
    return ical


def _body(component: Component) -> bytes:
    """Its lines, each ended as in every file that is written here."""
    octets = component.octets.lstrip(b"\r\n")
    if b"\r" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
