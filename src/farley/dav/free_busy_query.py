"""free-busy-query: when somebody is busy, of one calendar or of all in a home. RFC 4791 §7.10."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.http import HttpResponse
from django.utils import timezone

from farley.calendars import occurrences
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.occurrences import Purse
from farley.calendars.timed import timed
from farley.codecs import free_busy
from farley.codecs.calendar_ranges import TimeRange
from farley.codecs.free_busy import BusyTime
from farley.dav.addresses import Kind
from farley.dav.asked import not_here
from farley.dav.calendar_filters import read_time_range
from farley.dav.calendars import busy_calendar_named, calendars_of
from farley.dav.elements import Element
from farley.dav.entries import ENTRY_WORDS
from farley.dav.errors import bad_request, not_found
from farley.dav.names import CALDAV
from farley.dav.request import DavRequest
from farley.dav.resources import Home, resource_at

PRODID = "-//Farley//EN"


def free_busy_query(dav: DavRequest, body: Element) -> HttpResponse:
    """Asked of a calendar by whoever may know when somebody is busy, even if nothing else of it."""
    calendars = _calendars(dav)
    wanted = body.first(f"{CALDAV}time-range")
    if wanted is None:
        raise bad_request("A free-busy-query has a time-range.")
    span = read_time_range(wanted, is_whole=True)
    purse = Purse()
    times = [each for calendar in calendars for each in _times(calendar, span, purse)]
    stamp = timezone.now()
    octets = free_busy.written(free_busy.merged(times), span, uid=str(uuid.uuid4()), stamp=stamp, prodid=PRODID)
    return HttpResponse(octets, content_type=ENTRY_WORDS.media)


def _calendars(dav: DavRequest) -> Sequence[Calendar]:
    """Raises DavError (404; 403 supported-report elsewhere)."""
    match dav.path:
        case ["dav", Kind.CALENDARS.value, name, folder] if name == dav.user.name:
            found = busy_calendar_named(folder, home=name, by=dav.actor)
            if found is None:
                raise not_found()
            return [found.calendar]
    if isinstance(home := resource_at(dav, dav.path), Home) and home.kind is Kind.CALENDARS:
        return [each.calendar for each in calendars_of(home.name, by=dav.actor)]
    raise not_here()


def _times(calendar: Calendar, span: TimeRange, purse: Purse) -> list[BusyTime]:
    if calendar.is_transparent:
        return []
    live = CalendarObject.objects.filter(deleted_at=None)
    entries = live.meeting(span.start, span.end, calendars=[calendar.pk])
    zone = occurrences.zone_named(calendar.zone)
    events = entries.filter(component=CalendarObject.Kind.EVENT)
    return occurrences.busy(timed(events), span.start, span.end, zone=zone, purse=purse)
