"""The entries of calendars as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from farley import __version__
from farley.calendars.models import CalendarObjectQuerySet
from farley.codecs.icalendar import ICalendar
from farley.codecs.icalendar_files import calendar_file
from farley.codecs.vcalendar import convert

PRODID: Final = f"-//Farley//Farley {__version__}//EN"
VERSIONS: Final = ("1.0", "2.0")
_PAGE = 200


def objects(entries: CalendarObjectQuerySet) -> Iterator[ICalendar]:
    """The objects of `entries` in the order they were made, in bounded memory."""
    last = 0
    while page := list(entries.filter(pk__gt=last).order_by("pk").values_list("pk", "content__octets")[:_PAGE]):
        for _, octets in page:
            yield ICalendar(bytes(octets))
        last = page[-1][0]


def ics(entries: CalendarObjectQuerySet, *, name: str = "", colour: str = "", version: str = "2.0") -> Iterator[bytes]:
    """One iCalendar file with all of `entries`; or vCalendar 1.0, an object after the other."""
    if version == "1.0":
        for ical in objects(entries):
            yield convert(ical, "1.0").octets
        return
    yield from calendar_file(objects(entries), prodid=PRODID, name=name, colour=colour)
