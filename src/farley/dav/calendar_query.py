"""calendar-query. RFC 4791 §7.8. Columns say which entries may match, and of most that they do; the rest is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from django.http.response import HttpResponseBase

from farley.calendars.members import with_icals
from farley.calendars.occurrences import zone_named
from farley.codecs.recurrence_rule import Allowance, Budget
from farley.codecs.zones import Zone
from farley.dav.asked import folder_at, limit_in, not_here, wanted_in
from farley.dav.calendar_filters import CompFilter, read_calendar_filter
from farley.dav.calendars import CalendarFolder
from farley.dav.elements import Element
from farley.dav.entries import STEPS_IN_ALL, CalendarData, zone_asked
from farley.dav.multistatus import multistatus
from farley.dav.names import CALDAV
from farley.dav.request import DavRequest
from farley.dav.rows import Wanted, cut_row
from farley.dav.synced import noting
from farley.dav.time_choosing import Choice, choices
from farley.journal.members import PAGE, Member


def query(dav: DavRequest, body: Element) -> HttpResponseBase:
    found = folder_at(dav)
    if not isinstance(found, CalendarFolder):
        raise not_here()
    conditions = read_calendar_filter(body.first(f"{CALDAV}filter"))
    limit = limit_in(body, CALDAV)
    floating = zone_asked(body) or zone_named(found.calendar.zone)
    wanted = wanted_in(dav, found, body)
    if isinstance(wanted.data, CalendarData):
        wanted.data.floating = floating
    return multistatus(dav, _rows(dav, found, wanted, conditions, floating, limit))


def _rows(
    dav: DavRequest,
    folder: CalendarFolder,
    wanted: Wanted,
    conditions: CompFilter,
    floating: tzinfo | Zone,
    limit: int | None,
) -> Iterator[str]:
    told, shared = 0, Allowance(STEPS_IN_ALL)
    for choice in choices(conditions, folder.calendar.pk, floating):
        for page in _pages(folder, choice, conditions, floating, shared):
            is_cut = limit is not None and told + len(page) > limit
            shown = page[: (limit or 0) - told] if is_cut else page
            told += len(shown)
            yield from wanted.rows(noting(dav, wanted, shown))
            if is_cut or (isinstance(wanted.data, CalendarData) and wanted.data.is_full):
                yield cut_row(folder.href)
                return


def _pages(
    folder: CalendarFolder, choice: Choice, conditions: CompFilter, floating: tzinfo | Zone, shared: Budget
) -> Iterator[list[Member]]:
    found = folder.members.where(choice.sql, choice.values, by_id=choice.is_by_id)
    for start in range(0, len(found), PAGE):
        page = found[start : start + PAGE]
        if choice.is_certain:
            yield page
        else:
            yield [each for each, ical in with_icals(page) if conditions.holds(ical, floating, shared)]
