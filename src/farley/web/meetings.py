"""Meetings with a person or with the people of an organisation, by the addresses of who is asked to come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from farley.calendars import occurrences
from farley.calendars.models import Attendee, CalendarObject
from farley.contacts import links
from farley.contacts.models import Contact, IndexRow
from farley.web.calendars_shown import calendars_of
from farley.web.occurrences import Item, item_of
from farley.web.record import visible_contact
from farley.web.requests import PageRequest

SHOWN = 5  # of those to come, and of those that were
MOST = 500  # entries that are looked at, the latest
MOST_ADDRESSES = 200
BEHIND, AHEAD = dt.timedelta(days=730), dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Meetings:
    coming: list[Item]
    past: list[Item]


@require_GET
def contact_meetings(request: PageRequest, pk: int) -> HttpResponse:
    """The meetings beside a record, or as a page of their own."""
    contact = visible_contact(request, pk)
    context = {"place": "contacts", "contact": contact, "meetings": meetings_with(request, contact)}
    name = "calendar/meetings.html#list" if request.htmx else "calendar/meetings.html"
    return render(request, name, context)


def meetings_with(request: PageRequest, contact: Contact) -> Meetings:
    """What takes place with somebody, as far as one sees it: the next ones, and the last ones."""
    addresses = _addresses(request, contact)
    read = {shown.pk: shown for shown in calendars_of(request) if not shown.is_busy_only}
    if not addresses or not read:
        return Meetings([], [])
    named = Attendee.objects.filter(address__in=addresses, calendar_id__in=list(read)).values("object_id")
    entries = CalendarObject.objects.visible_to(request.actor).filter(pk__in=named, component=CalendarObject.Kind.EVENT)
    now, zone = timezone.now(), timezone.get_current_timezone()
    latest = entries.meeting(now - BEHIND, now + AHEAD).order_by("-first_at")[:MOST]
    found = occurrences.within(latest, now - BEHIND, now + AHEAD, zone=zone)
    coming = [each for each in found if each.end > now][:SHOWN]
    past = [each for each in found if each.end <= now][-SHOWN:]
    return Meetings(
        [item_of(each, read[each.entry.calendar_id], zone, now) for each in coming],
        [item_of(each, read[each.entry.calendar_id], zone, now) for each in reversed(past)],
    )


def _addresses(request: PageRequest, contact: Contact) -> Sequence[str]:
    """Those of the card, and of an organisation also those of its people."""
    own = {prop.text.strip().casefold() for prop in contact.card.properties("EMAIL")}
    if contact.kind == Contact.Kind.ORG:
        people = [person.pk for person in links.people_of(contact, by=request.actor)]
        rows = IndexRow.objects.filter(contact_id__in=people, space=contact.space_id, kind=IndexRow.Kind.EMAIL)
        own |= set(rows.values_list("norm", flat=True)[:MOST_ADDRESSES])
    return sorted(own - {""})[:MOST_ADDRESSES]
