"""Time zones by name alone, or with what the name means, for who reads an object. RFC 7809 §3."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from farley.codecs.icalendar_object import ICalendar
from farley.codecs.remembering import remembered
from farley.codecs.zone_writing import vtimezone
from farley.codecs.zones import DatabaseZone, DefinedZone, defined_zone, named_zone

_YEARS: Final = 12  # for which a definition is held against the tz database, from the first year of its object on
_STEP: Final = timedelta(hours=84)  # twice a week: no two changes of a clock are nearer to each other
_FIRST, _LAST = 1971, 2100
_TIMES: Final = ("DTSTART", "DUE", "DTEND")


def by_name(ical: ICalendar) -> bytes:
    """The object without the definitions that say what the tz database says under the same name.

    One that says otherwise stays: without it the times would be others. Every other line has the octets it had.
    """
    year = _year_of(ical)
    gone = {
        index
        for zone in ical.root.components
        if zone.name == "VTIMEZONE" and _is_known(zone.octets, zone.text("TZID").strip(), year)
        for index in range(zone.start, zone.stop)
    }
    if not gone:
        return ical.octets
    return b"".join(line.octets for index, line in enumerate(ical.lines) if index not in gone)


def with_definitions(ical: ICalendar) -> bytes:
    """The object with a definition of each zone of the tz database that it only names, before its first component."""
    year = _year_of(ical)
    missing = [tzid for tzid in _named_in(ical) if tzid not in ical.zones and _key(tzid)]
    first = next(iter(ical.root.components), None)
    if not missing or first is None:
        return ical.octets
    octets = [line.octets for line in ical.lines]
    octets[first.start : first.start] = [vtimezone(tzid, year) for tzid in missing]
    return b"".join(octets)


def _named_in(ical: ICalendar) -> dict[str, None]:
    """Each TZID in the order written."""
    waiting, found = list(reversed(ical.components)), dict[str, None]()
    while waiting:
        component = waiting.pop()
        found |= {tzid: None for each in component.properties() if (tzid := (each.param("TZID") or "").strip())}
        waiting += reversed(component.components)
    return found


def _year_of(ical: ICalendar) -> int:
    """The first year that the object speaks of."""
    times = [found.whens for each in ical.components for name in _TIMES for found in each.properties(name)]
    return min(max(min((when.local.year for each in times for when in each), default=_FIRST), _FIRST), _LAST)


def _key(tzid: str) -> bool:
    """Whether it is a name of the tz database, to the letter."""
    found = named_zone(tzid)
    return isinstance(found, DatabaseZone) and found.info.key == tzid


@remembered(256, longest=20_000)  # the same few definitions come with every object
def _is_known(octets: bytes, tzid: str, year: int) -> bool:
    if not _key(tzid):
        return False
    defined = defined_zone(octets)
    return defined is not None and _are_alike(defined, DatabaseZone(ZoneInfo(tzid)), year)


def _are_alike(defined: DefinedZone, known: DatabaseZone, year: int) -> bool:
    moment, end = datetime(year, 1, 1), datetime(year + _YEARS, 1, 1)  # noqa: DTZ001 -- in UTC
    while moment < end:
        if defined.from_utc(moment) != known.from_utc(moment):
            return False
        moment += _STEP
    return True
