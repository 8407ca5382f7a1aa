"""Entries changed and taken away as people mean it: of a series one, all from one on, or all."""

from __future__ import annotations

import uuid
from dataclasses import replace
from enum import StrEnum

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.calendars import editing, operations, storing
from farley.calendars.details import Details, Reminding
from farley.calendars.files import PRODID
from farley.calendars.models import COMPONENTS, Calendar, CalendarObject, Components
from farley.codecs.icalendar import ICalendar, When
from farley.journal.models import Batch, Door
from farley.journal.records import Condition, Stored
from farley.spaces.operations import writing


class Scope(StrEnum):
    """Which occurrences of a series are meant."""

    ONE = "one"
    FROM = "from"  # this and all behind it
    ALL = "all"


def make(
    calendar: Calendar,
    kind: Components,
    details: Details,
    *,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
    uid: str | None = None,
) -> Stored:
    """A new event or task; where nothing is said of alarms an event gets the calendar’s own.

    Raises what `storing.store` raises.
    """
    if by.user is not None and not details.mails_to:
        details = replace(details, mails_to=by.user.email)
    if (details.alarms is None or details.has_usual_alarms) and kind is Components.EVENTS:
        details = replace(details, alarms=(*_usual_alarms(calendar, details), *(details.alarms or ())))
    name = next(name for name, bit in COMPONENTS.items() if bit is kind)
    ical = editing.made(name, details, uid=uid or str(uuid.uuid4()), stamp=_now(), prodid=PRODID)
    return storing.store(calendar, None, ical.octets, expected=Condition.ABSENT, by=by, door=door, batch=batch)


def change(
    entry: CalendarObject,
    details: Details,
    *,
    at: When | None,
    scope: Scope,
    expected: str,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> Stored:
    """Change the entry, or of a series what `scope` means from the occurrence `at`; return what `at` belongs to now.

    `expected` is the ETag of what was shown. Raises what `storing.store` raises.
    """

    def kept(ical: ICalendar) -> Stored:
        return storing.store(entry.calendar, entry.href, ical.octets, expected=expected, by=by, door=door, batch=batch)

    if at is None or scope is Scope.ALL:
        return kept(editing.changed(entry.ical, details, stamp=_now(), at=at))
    if scope is Scope.ONE:
        return kept(editing.changed_one(entry.ical, at, details, stamp=_now()))
    uid = str(uuid.uuid4())
    before, after = editing.changed_from(entry.ical, at, details, uid=uid, stamp=_now())
    if before is None:
        return kept(after)
    with writing([entry.space_id]):
        kept(before)
        return storing.store(
            entry.calendar, None, after.octets, expected=Condition.ABSENT, by=by, door=door, batch=batch
        )


def take_away(
    entry: CalendarObject,
    *,
    at: When | None,
    scope: Scope,
    expected: str | None,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> None:
    """Delete the entry, or take out of a series what `scope` means. Raises what `storing.store` raises."""
    first = entry.ical.main.start_at if entry.ical.main else None
    if at is None or scope is Scope.ALL or (scope is Scope.FROM and at == first):
        operations.delete_objects([entry], by=by, door=door, batch=batch, expected=expected)
        return
    cut = editing.without if scope is Scope.ONE else editing.ended_before
    with writing([entry.space_id]):  # of the entry as it is now: what a device has changed since it was read stays
        there = CalendarObject.objects.filter(pk=entry.pk, space=entry.space_id, deleted_at=None)
        current = there.select_related("calendar", "content").first()
        if current is None:
            return
        ical = cut(current.ical, at, stamp=_now())
        if not ical.components:
            operations.delete_objects([current], by=by, door=door, batch=batch, expected=expected)
            return
        storing.store(
            current.calendar,
            current.href,
            ical.octets,
            expected=expected or current.etag,
            by=by,
            door=door,
            batch=batch,
        )


def _usual_alarms(calendar: Calendar, details: Details) -> list[Reminding]:
    """What `calendar` reminds of what is new in it; by mail whoever makes it, if they have an address."""
    if details.start is None:
        return []
    which = "all_day" if details.start.is_date else "timed"
    shown = [Reminding(minutes) for minutes in calendar.default_alarms.get(which, ())]
    mailed = calendar.default_alarms.get(f"{which}_mail", ()) if details.mails_to else ()
    return [*shown, *(Reminding(minutes, by_mail=True) for minutes in mailed)]


def _now() -> When:
    return When.of(timezone.now())
