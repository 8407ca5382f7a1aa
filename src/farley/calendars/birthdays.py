"""Birthdays and anniversaries of a space's contacts, as a calendar that follows the cards."""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from farley.accounts.actor import Actor
from farley.calendars import operations
from farley.calendars.filling import Source, fill
from farley.calendars.made_events import all_day, uid_of
from farley.calendars.models import Calendar, Components
from farley.codecs.vcard import Card, Property
from farley.contacts import members
from farley.contacts.models import Contact, IndexRow
from farley.database.turns import write_turn
from farley.journal.models import Batch, Door
from farley.spaces.models import Space

EVERY_MINUTES = 10  # a change of a card is in the calendar by then
PAGE = 500
_LEAP_YEAR = 1972  # stands for no year: programs count nobody a hundred years old, and 29 February is in it
_WHATS = ("birthday", "anniversary")
_ANNIVERSARIES = ("ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-ABDATE")


class AlreadyThere(ValueError):
    """The space has such a calendar already: `calendar`."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(f"there is the calendar “{calendar.name}” already")
        self.calendar = calendar


def create(space: Space, *, by: Actor, door: Door, batch: Batch | None = None) -> Calendar:
    """Make the calendar, in the language of `by`; `refresh` fills it, which may take a while.

    Raises NotAllowed, NoSuchSpace, AlreadyThere.
    """
    assert by.user is not None
    there = Calendar.objects.filter(space=space, kind=Calendar.Kind.BIRTHDAYS, deleted_at=None).first()
    if there is not None:
        raise AlreadyThere(there)
    with write_turn():
        with translation.override(by.user.language or settings.LANGUAGE_CODE):
            name = gettext("Birthdays")
        made = operations.create(
            space,
            name,
            kind=Calendar.Kind.BIRTHDAYS,
            components=Components.EVENTS,
            is_transparent=True,
            by=by,
            door=door,
            batch=batch,
        )
        Source.objects.create(calendar=made, user=by.user, every_minutes=EVERY_MINUTES)
    return made


def refresh(calendar: Calendar) -> bool:
    """Fill it anew if any card of the space has changed since; return whether it was."""
    source = Source.objects.select_related("user").get(calendar=calendar)
    language = (source.user.language if source.user else "") or settings.LANGUAGE_CODE
    mark = f"{calendar.space_id} {members.newest([calendar.space_id])[calendar.space_id]} {language}"
    if source.mark == mark:
        return False
    with translation.override(language):
        entries = dict(_events(calendar.space_id))
    fill(calendar, entries)
    with write_turn():
        Source.objects.filter(calendar=calendar).update(mark=mark, entries=len(entries))
    return True


def _events(space: int) -> Iterator[tuple[str, bytes]]:
    kinds = (IndexRow.Kind.BIRTHDAY, IndexRow.Kind.DATE)
    dated = IndexRow.objects.filter(space=space, kind__in=kinds).values("contact_id")
    found = Contact.objects.filter(space=space, deleted_at=None, pk__in=dated)
    last = 0
    while page := list(found.filter(pk__gt=last).order_by("pk").select_related("content")[:PAGE]):
        for contact in page:
            yield from events_of(
                Card.parse(contact.content.data), contact.full_name, str(contact.space_id), contact.uid
            )
        last = page[-1].pk


def events_of(card: Card, name: str, *key: str) -> Iterator[tuple[str, bytes]]:
    """The events of a card, with their UIDs made of `key`, in the language that is active."""
    name = " ".join(name.split())
    for what, day, year in days_of(card) if name else ():
        if what == "birthday":
            told = gettext("{name} (born {year})").format(name=name, year=year) if year else name
            yield _event(what, day, gettext("Birthday: {name}").format(name=told), key)
        else:
            yield _event(what, day, gettext("Anniversary: {name}").format(name=name), key)


def days_of(card: Card) -> Iterator[tuple[str, dt.date, int | None]]:
    """Its `birthday` and its `anniversary`, one of each at the most, and the year where it is known."""
    for prop in card.properties("BDAY"):
        if day := _day(prop):
            yield "birthday", day, (prop.date.year or None) if prop.date else None
            break
    for prop in card.properties(*_ANNIVERSARIES):
        is_one = prop.name != "X-ABDATE" or "anniversary" in (prop.label or "").lower()
        if is_one and (day := _day(prop)):
            yield "anniversary", day, (prop.date.year or None) if prop.date else None
            break


def uids_of(space: int, uid: str) -> list[str]:
    """What the events of a contact with this UID are called in the calendar of that space (its id)."""
    return [uid_of(what, str(space), uid) for what in _WHATS]


def _event(what: str, day: dt.date, summary: str, key: tuple[str, ...]) -> tuple[str, bytes]:
    uid = uid_of(what, *key)
    rule = "FREQ=YEARLY"
    if (day.month, day.day) == (2, 29):
        rule += ";BYMONTH=2;BYMONTHDAY=-1"  # else it would come every fourth year
    return uid, all_day(uid, day, summary, f"RRULE:{rule}")


def _day(prop: Property) -> dt.date | None:
    date = prop.date
    if date is None or not date.month or not date.day:
        return None
    year = date.year if date.year and date.year > 0 else _LEAP_YEAR
    if (date.month, date.day) == (2, 29) and not months.isleap(year):
        year = _LEAP_YEAR
    try:
        return dt.date(year, date.month, date.day)
    except ValueError:
        return None
