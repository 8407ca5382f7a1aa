"""A calendar's entries as the members of a collection, and which of them may take place within a span of time.

Past the ORM, as contacts have it. Who asks has found the calendar as one may see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.parsed import known, parsed
from farley.codecs.icalendar import ICalendar
from farley.database import rows
from farley.journal.members import Member, Members, Table, with_octets
from farley.journal.models import Noun

_TABLE: Final = Table(
    Noun.CALENDAR_OBJECT, "calendars_calendarobject", "calendar_id", "summary", "uid", sort="component",
    public=f"classification = {CalendarObject.Class.PUBLIC.value}", was_public="was_public",
)  # fmt: skip


def of(calendar: Calendar, *, tells_all: bool) -> Members:
    """`tells_all`: what is private, too; who is told that, `Calendar.tells_all_to` says."""
    return Members(_TABLE, calendar.space_id, calendar.pk, tells_all)


def entry_at(calendar: Calendar, href: str) -> CalendarObject | None:
    """The entry at `href`, whole."""
    return next(iter(rows.load(CalendarObject, {"calendar_id": calendar.pk, "href": href, "deleted_at": None})), None)


def with_icals(page: Sequence[Member]) -> Iterator[tuple[Member, ICalendar]]:
    """Each with what it says; the octets of what was looked at of late are not fetched again."""
    there = {each.sha256: ical for each in page if (ical := known(each.sha256)) is not None}
    fetched = with_octets([each for each in page if each.sha256 not in there])
    for each in page:
        ical = there.get(each.sha256)
        if ical is None:
            _, octets = next(fetched)
            ical = parsed(each.sha256, octets)
        yield each, ical


def newest(calendar: Calendar) -> int:
    """The revision of the last change of its members that a client must hear of, as the database has it now."""
    [(revision,)] = rows.query("SELECT octets_revision FROM calendars_calendar WHERE id = %s", [calendar.pk])
    return int(revision)
