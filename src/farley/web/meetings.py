"""What is planned with a person or with the people of an organisation: the next steps and the meetings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from farley.accounts.roles import Role
from farley.calendars import occurrences
from farley.calendars.models import CalendarObject, CalendarObjectQuerySet
from farley.calendars.people import all_addresses_of, naming, with_any
from farley.calendars.timed import timed
from farley.contacts import links
from farley.contacts.models import Contact
from farley.web.calendars_shown import ShownCalendar, calendars_of
from farley.web.occurrences import Item, Look, item_of
from farley.web.record import visible_contact
from farley.web.requests import PageRequest, standings
from farley.web.tasks import Row, rows_of

SHOWN = 5  # meetings to come, and meetings that were
STEPS = 10  # open tasks
MOST = 500  # entries that are looked at, the latest
BEHIND, AHEAD = dt.timedelta(days=730), dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Meetings:
    steps: list[Row]
    coming: list[Item]
    past: list[Item]
    can_edit: bool  # whether events and tasks can be written beside the contact


@require_GET
def contact_meetings(request: PageRequest, pk: int) -> HttpResponse:
    """The next steps and meetings beside a record, or as a page of their own."""
    contact = visible_contact(request, pk)
    context = {"place": "contacts", "contact": contact, "meetings": meetings_with(request, contact)}
    name = "calendar/meetings.html#list" if request.htmx else "calendar/meetings.html"
    return render(request, name, context)


def meetings_with(request: PageRequest, contact: Contact) -> Meetings:
    """What takes place with somebody, as far as one sees it: the next ones, and the last ones."""
    people = [contact]
    if contact.kind == Contact.Kind.ORG:
        people += links.people_of(contact, by=request.actor)
    read = {shown.pk: shown for shown in calendars_of(request) if not shown.is_busy_only}
    named = naming(people, by=request.actor).filter(calendar__in=list(read))
    entries = named.filter(component=CalendarObject.Kind.EVENT)
    look = Look.of_now()
    now, zone = look.now, look.zone
    latest = entries.meeting(now - BEHIND, now + AHEAD, calendars=read).order_by("-first_at")[:MOST]
    found = occurrences.within(timed(latest), now - BEHIND, now + AHEAD, zone=zone)
    met = with_any(found, all_addresses_of(people)) if any(each.component for each in found) else found
    coming = [each for each in met if each.end > now][:SHOWN]
    past = [each for each in met if each.end <= now][-SHOWN:]
    return Meetings(
        _steps(named, read),
        [item_of(each, read[each.entry.calendar_id], look) for each in coming],
        [item_of(each, read[each.entry.calendar_id], look) for each in reversed(past)],
        (standings(request).role_in(contact.space) or Role.READER) >= Role.EDITOR,
    )


def _steps(named: CalendarObjectQuerySet, read: dict[int, ShownCalendar]) -> list[Row]:
    """Tasks that are open, those first that are due first."""
    still_open = named.filter(component=CalendarObject.Kind.TASK).still_open()
    found = list(still_open.order_by(F("due_at").asc(nulls_last=True), "pk")[:STEPS])
    return rows_of(found, read)
