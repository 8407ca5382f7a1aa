"""What is planned with a person or with the people of an organisation: the next steps and the meetings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from farley.accounts.roles import Role
from farley.calendars import occurrences
from farley.calendars.models import CalendarObject, CalendarObjectQuerySet
from farley.calendars.occurrences import Occurrence
from farley.calendars.people import all_addresses_of, naming, with_any
from farley.calendars.timed import Timed, timed
from farley.contacts import links
from farley.contacts.models import Contact
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of
from farley.web.calendar.occurrences import Item, Look, item_of
from farley.web.calendar.tasks import Row, rows_of
from farley.web.contacts.record import visible_contact
from farley.web.shell.requests import PageRequest, standings

SHOWN, LISTED = 5, 50  # meetings to come, and meetings that were: beside a record, and on their own page
STEPS = 10  # open tasks
MOST = 500  # entries that are looked at together
NEAR, NEAREST = dt.timedelta(days=14), dt.timedelta(hours=1)  # where there are more than these: the nearest first
BEHIND, AHEAD = dt.timedelta(days=730), dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Meetings:
    steps: list[Row]
    coming: list[Item]
    past: list[Item]
    can_edit: bool  # whether events and tasks can be written beside the contact
    has_more: bool = False  # than are shown


@require_GET
def contact_meetings(request: PageRequest, pk: int) -> HttpResponse:
    """The next steps and meetings beside a record, or as a page of their own."""
    contact, shown = visible_contact(request, pk), SHOWN if request.htmx else LISTED
    context = {"place": "contacts", "contact": contact, "meetings": meetings_with(request, contact, shown)}
    name = "calendar/meetings.html#list" if request.htmx else "calendar/meetings.html"
    return render(request, name, context)


def meetings_with(request: PageRequest, contact: Contact, shown: int) -> Meetings:
    """What takes place with somebody, as far as one sees it: the next ones, and the last ones."""
    people = [contact]
    if contact.kind == Contact.Kind.ORG:
        people += links.people_of(contact, by=request.actor)
    read = {shown.pk: shown for shown in calendars_of(request) if not shown.is_busy_only}
    named = naming(people, by=request.actor).filter(calendar__in=list(read))
    entries = named.filter(component=CalendarObject.Kind.EVENT)
    look = Look.of_now()
    now, zone = look.now, look.zone
    addresses = all_addresses_of(people)

    def asked(since: dt.datetime, until: dt.datetime) -> list[Timed]:
        return timed(entries.meeting(since, until, calendars=read).order_by("-first_at")[: MOST + 1])

    def met(some: Sequence[Timed], since: dt.datetime, until: dt.datetime) -> list[Occurrence]:
        found = occurrences.within(some, since, until, zone=zone)
        return with_any(found, addresses) if any(each.component for each in found) else found

    latest = asked(now - BEHIND, now + AHEAD)
    if len(latest) <= MOST:
        found = met(latest, now - BEHIND, now + AHEAD)
        coming, past = [each for each in found if each.end > now], [each for each in found if each.end <= now]
    else:
        coming, past = (_outwards(asked, met, now, reach, shown) for reach in (AHEAD, -BEHIND))
    return Meetings(
        _steps(named, read),
        [item_of(each, read[each.entry.calendar_id], look) for each in coming[:shown]],
        [item_of(each, read[each.entry.calendar_id], look) for each in reversed(past[-shown:])],
        (standings(request).role_in(contact.space) or Role.READER) >= Role.EDITOR,
        len(coming) > shown or len(past) > shown,
    )


def _outwards(
    asked: Callable[[dt.datetime, dt.datetime], Sequence[Timed]],
    met: Callable[[Sequence[Timed], dt.datetime, dt.datetime], Sequence[Occurrence]],
    now: dt.datetime,
    reach: dt.timedelta,
    wanted: int,
) -> list[Occurrence]:
    """The nearest to come, or with a negative `reach` the last that were: more than `wanted` where there are more.

    They are looked for ever further away, in steps that are shorter where there is much; where even the shortest is too
    full, as with hundreds of series, in long ones again.
    """
    found: dict[tuple[int, dt.datetime], Occurrence] = {}
    edge, step, least = now, NEAR, NEAREST
    is_past = reach < dt.timedelta(0)
    while len(found) <= wanted and edge != now + reach:
        further = max(edge - step, now + reach) if is_past else min(edge + step, now + reach)
        span = min(edge, further), max(edge, further)
        entries = asked(*span)
        if len(entries) > MOST and step > least:
            step = max(step / 4, least)
            continue
        if len(entries) > MOST:
            least = abs(reach)
        for each in met(entries, *span):
            if (each.end <= now) is is_past:
                found[each.entry.pk, each.start] = each
        edge, step = further, step * 4
    return sorted(found.values(), key=lambda each: each.start)


def _steps(named: CalendarObjectQuerySet, read: dict[int, ShownCalendar]) -> list[Row]:
    """Tasks that are open, those first that are due first."""
    still_open = named.filter(component=CalendarObject.Kind.TASK).still_open()
    found = list(still_open.order_by(F("due_at").asc(nulls_last=True), "pk")[:STEPS])
    return rows_of(found, read)
