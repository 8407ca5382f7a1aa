"""What in a calendar object is not as the standard wants it, and a repaired object. Reading minds none of it."""

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from farley.codecs.contentline import MAX_OCTETS, count_breaks
from farley.codecs.icalendar_object import KINDS, Component, ICalendar, Property
from farley.codecs.icalendar_values import When
from farley.codecs.vcard_values import escape

_NAME = re.compile(r"[A-Z0-9-]+")
_PHYSICAL = re.compile(rb"[^\r\n]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ONCE: Final = frozenset(
    {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "DUE", "DURATION", "CLASS", "CREATED", "DESCRIPTION", "GEO",
        "LAST-MODIFIED", "LOCATION", "ORGANIZER", "PRIORITY", "RECURRENCE-ID", "SEQUENCE", "STATUS", "SUMMARY",
        "TRANSP", "URL", "COMPLETED", "PERCENT-COMPLETE", "METHOD", "VERSION", "PRODID", "CALSCALE",
    }
)  # fmt: skip
_POINTS: Final = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE", "COMPLETED", "DTSTAMP")


class Remark(NamedTuple):
    """What is not as it should be: the physical line from 1, a short name of the rule, and a sentence about it."""

    line: int
    rule: str
    message: str


def judge(ical: ICalendar) -> list[Remark]:
    """Every breach of RFC 5545 that the lines of the object show, in their order."""
    numbers, number = [], 1
    for line in ical.lines:
        blank = len(line.octets) - len(line.octets.lstrip(b"\r\n"))
        numbers.append(number + count_breaks(line.octets, 0, blank))
        number += count_breaks(line.octets, 0, len(line.octets))
    zones = ical.zones.keys()
    found = [(ical.root.start, *each) for each in _about_the_calendar(ical)]
    for component in _all(ical.root):
        found += [(component.start, *each) for each in _about_the_component(component, ical)]
        found += _about_lines(component, zones)
    return sorted(Remark(numbers[index], rule, message) for index, rule, message in found)


def repair(ical: ICalendar, *, uid: str, stamp: When, prodid: str) -> ICalendar:
    """`ical` with what every object must have, each where it is missing: VERSION, PRODID, UID and DTSTAMP.

    Nothing anybody wrote is taken away or changed.
    """
    inserted: dict[int, list[tuple[str, str]]] = {}
    lacking = [(name, value) for name, value in (("VERSION", "2.0"), ("PRODID", prodid)) if not ical.root.first(name)]
    if lacking and ical.root.name:
        inserted[ical.root.start] = lacking
    known = ical.uid
    for each in ical.components:
        missing = []
        if not each.text("UID").strip():
            missing.append(("UID", escape(known or uid)))
        if not each.first("DTSTAMP"):
            missing.append(("DTSTAMP", stamp.written()))
        if missing:
            inserted[each.start] = missing
    return ical.with_lines_after(inserted)


def _all(component: Component) -> Iterator[Component]:
    waiting = [component]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(each.components)


def _about_the_calendar(ical: ICalendar) -> Iterator[tuple[str, str]]:
    for name in ("VERSION", "PRODID"):
        if not ical.root.first(name):
            yield "missing", f"a calendar must have {name}"
    if not ical.components:
        yield "empty", "there is no event, task or journal in this calendar"
    if len({each.text("UID").strip() for each in ical.components}) > 1:
        yield "uids", "one object has one UID"
    if len({each.name for each in ical.components if each.name in KINDS}) > 1:
        yield "kinds", "one object has components of one kind"
    if len([each for each in ical.components if not each.first("RECURRENCE-ID")]) > 1:
        yield "several", "one object has one component without a RECURRENCE-ID"


def _about_the_component(component: Component, ical: ICalendar) -> Iterator[tuple[str, str]]:
    if component.name in KINDS:
        for name in ("UID", "DTSTAMP"):
            if not component.first(name) and ical.version != "1.0":
                yield "missing", f"a {component.name} must have {name}"
    if component.name == "VEVENT" and not component.first("DTSTART") and not ical.method:
        yield "missing", "a VEVENT must have DTSTART"
    end = "DUE" if component.name == "VTODO" else "DTEND"
    if component.first(end) and component.first("DURATION"):
        yield "both", f"there is {end} or DURATION, never both"
    first, last = component.start_at, component.end_at
    if first and last and first.zone == last.zone and last.local < first.local:
        yield "order", f"{end} lies before DTSTART"
    if first and last and first.is_date != last.is_date:
        yield "mixed", f"DTSTART and {end} are both dates or both times"
    if component.name == "VTIMEZONE":
        if not component.first("TZID"):
            yield "missing", "a VTIMEZONE must have TZID"
        if not component.components:
            yield "missing", "a VTIMEZONE must have STANDARD or DAYLIGHT"
    for name in _ONCE:
        found = component.properties(name)
        if len(found) > 1:
            yield "several", f"there is one {name} only"


def _about_lines(component: Component, zones: Collection[str]) -> Iterator[tuple[int, str, str]]:
    for found in component.properties():
        for rule, message in _about_line(found):
            yield found.index, rule, message
        zone = found.param("TZID")
        if zone and zone not in zones and component.ical.version != "1.0":
            yield found.index, "zone", "the object has no VTIMEZONE for this TZID"


def _about_line(found: Property) -> Iterator[tuple[str, str]]:
    line, is_new = found.line, found.ical.version != "1.0"
    if not found.name:
        if line.octets.strip():
            yield "no-colon", "this is no content line: it has no colon"
        return
    if not _NAME.fullmatch(found.name):
        yield "name", "a property's name has letters, digits and hyphens only"
    if is_new and any(len(piece) > MAX_OCTETS for piece in _PHYSICAL.findall(line.octets)):
        yield "long-line", f"a line should be folded to {MAX_OCTETS} octets"
    if is_new and (line.head.quoted_printable or line.head.charset):
        yield "encoding", "iCalendar 2.0 has neither quoted-printable nor CHARSET"
    if _CONTROLS.search(line.value) or b"\0" in line.octets:
        yield "control", "control characters have no place in a calendar"
    try:
        line.raw.decode(line.head.charset or "utf-8")
    except UnicodeError:
        yield "encoding", "the octets are not UTF-8"
    if found.name in _POINTS and not found.whens:
        yield "value", f"this {found.name} is no date and no time"
    if found.name == "DURATION" and not found.duration:
        yield "value", "this DURATION cannot be read"
