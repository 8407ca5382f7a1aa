"""What of calendars the rules of spaces take away after their time (`contacts.retaining`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from farley.accounts.doors import Door
from farley.calendars import erasing
from farley.calendars.models import Calendar, CalendarObject
from farley.contacts.retaining import BY, Retained
from farley.journal.models import Noun
from farley.spaces.models import Space


def outdated(space: int, limit: dt.datetime) -> QuerySet[CalendarObject]:
    """Entries that were deleted before `limit`, by themselves or with their calendar."""
    gone = Q(deleted_at__lt=limit) | Q(calendar__deleted_at__lt=limit)
    found: QuerySet[CalendarObject] = CalendarObject.objects.filter(gone, space=space)
    return found


def outdated_calendars(space: int, limit: dt.datetime) -> QuerySet[Calendar]:
    """Calendars that were deleted before `limit` and in which nothing is left."""
    held = CalendarObject.objects.filter(calendar=OuterRef("pk"))
    found: QuerySet[Calendar] = Calendar.objects.filter(~Exists(held), space=space, deleted_at__lt=limit)
    return found


def purge(entries: Sequence[CalendarObject], space: Space) -> None:
    erasing.purge(entries, space, by=BY, door=Door.RULE)


def purge_calendars(calendars: Sequence[Calendar], space: Space) -> None:
    erasing.purge_calendars(calendars, space, by=BY, door=Door.RULE)


def current(entries: QuerySet[Any]) -> QuerySet[Any]:
    found: QuerySet[Any] = CalendarObject.objects.filter(pk__in=entries).values("content")
    return found


ENTRIES = Retained(Noun.CALENDAR_OBJECT, outdated, purge, current)
CALENDARS = Retained(Noun.CALENDAR, outdated_calendars, purge_calendars)
