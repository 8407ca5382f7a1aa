"""What calendars tell of a contact, as a source of its timeline: meetings that have begun, and tasks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.calendars import occurrences
from farley.calendars.models import CalendarObject, Components
from farley.calendars.occurrences import Occurrence
from farley.calendars.people import addresses_of, with_any
from farley.calendars.seeing import told_to
from farley.contacts.models import Contact
from farley.conversations.timeline import EPOCH, BadCursor, Moment
from farley.database import rows
from farley.journal.models import MOST_ID

MOST_SERIES = 50  # that one timeline tells of
_MICROSECOND = dt.timedelta(microseconds=1)
_FIRST_LOOK = dt.timedelta(days=366)  # back into series from where a page begins; then ever further
_EVENT, _TASK = Components.EVENTS.value, Components.TASKS.value
_IS_SERIES = f"entry.is_recurring AND entry.component = {_EVENT}"
_PLACE = (
    f"CASE WHEN entry.component = {_EVENT} THEN entry.starts_at ELSE COALESCE(entry.completed_at, entry.created_at) END"
)
_ENTRIES = (
    "SELECT {entry} FROM calendars_calendarobject entry"  # noqa: S608 -- our own names
    " WHERE entry.id IN (SELECT object_id FROM calendars_attendee WHERE address IN (<addresses>))"
    " AND entry.component IN (<components>) AND <told>"
    f" AND (({_IS_SERIES} AND entry.first_at <= %s)"
    f" OR (NOT ({_IS_SERIES}) AND ({_PLACE} < %s OR ({_PLACE} = %s AND entry.id < %s))))"
    f" ORDER BY CASE WHEN {_IS_SERIES} THEN 0 ELSE 1 END, {_PLACE} DESC, entry.id DESC LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A meeting or a task; of a series the one that took place, as `occurrence`."""

    entry: CalendarObject
    occurrence: Occurrence | None = None

    @property
    def is_task(self) -> bool:
        return bool(self.entry.component == _TASK)


class Plans:
    """Meetings lie where they began, tasks where they were done, or else made; `Moment.what` is a Plan."""

    kinds = frozenset({"event", "task"})

    def newest(self, contact: Contact, *, by: Actor, kinds: frozenset[str], behind: str, size: int) -> list[Moment]:
        before, number = _place(behind) if behind else (timezone.now(), MOST_ID)
        components = [value for kind, value in (("event", _EVENT), ("task", _TASK)) if kind in kinds]
        series, single = self._read(contact, by, components, (before, number), size)
        placed = [(_place_of(entry), Plan(entry)) for entry in single]
        placed += _occurred(series, addresses_of(contact), before, number, size)
        placed.sort(key=lambda each: (each[0], each[1].entry.pk), reverse=True)
        return [_moment(at, plan) for at, plan in placed[:size]]

    def _read(
        self, contact: Contact, by: Actor, components: list[int], place: tuple[dt.datetime, int], size: int
    ) -> tuple[list[CalendarObject], list[CalendarObject]]:
        """Series that had begun, and the newest of what happens once: by one statement, unless series fill it."""
        sql, values = self.question(contact, by, components, *place)
        found = [entry for (entry,) in rows.load_by({"entry": CalendarObject}, sql, [*values, size + MOST_SERIES])]
        series = [entry for entry in found if entry.is_recurring and entry.component == _EVENT]
        if len(series) <= MOST_SERIES:
            return series, found[len(series) :]
        alone = sql.replace(f"({_IS_SERIES} AND", f"(1 = 0 AND {_IS_SERIES} AND")
        single = rows.load_by({"entry": CalendarObject}, alone, [*values, size])
        return series[:MOST_SERIES], [entry for (entry,) in single]

    def question(
        self, contact: Contact, by: Actor, components: list[int], before: dt.datetime, number: int
    ) -> tuple[str, list[Any]]:
        """The statement, for `rows.load_by`, and its values but for the limit."""
        addresses = addresses_of(contact)
        told, standing = told_to(by)
        at = connection.ops.adapt_datetimefield_value(before)
        sql = (
            _ENTRIES.replace("<addresses>", rows.marks(addresses))
            .replace("<components>", rows.marks(components))
            .replace("<told>", told)
        )
        return sql, [*addresses, *components, *standing, at, at, at, number]


def _place_of(entry: CalendarObject) -> dt.datetime:
    begins = entry.starts_at if entry.component == _EVENT else None
    return begins or entry.completed_at or entry.created_at


def _moment(place: dt.datetime, plan: Plan) -> Moment:
    """Days are kept as if they were in UTC; they are told by the clock of whoever reads."""
    at = place
    if plan.occurrence is None and plan.entry.is_all_day and not plan.is_task:
        at = dt.datetime.combine(place.date(), dt.time(), timezone.get_current_timezone())
    return Moment(at, "plans", f"{(place - EPOCH) // _MICROSECOND}.{plan.entry.pk}", plan)


def _occurred(
    series: list[CalendarObject], addresses: list[str], before: dt.datetime, number: int, size: int
) -> list[tuple[dt.datetime, Plan]]:
    """The newest `size` times that these took place with one of `addresses`, from that place on.

    They are looked for ever further back.
    """
    first = min((entry.first_at for entry in series if entry.first_at), default=before)
    zone, look, by_pk = timezone.get_current_timezone(), _FIRST_LOOK, {entry.pk: entry for entry in series}
    while series:
        start = max(before - look, first) if before - first > look else first
        found = occurrences.within(series, start, before + _MICROSECOND, zone=zone)
        begun = [each for each in found if start <= each.start and (each.start, each.entry.pk) < (before, number)]
        begun = with_any(begun, addresses)
        if len(begun) >= size or start == first:
            return [(each.start, Plan(by_pk[each.entry.pk], each)) for each in begun[-size:]]
        look *= 8
    return []


def _place(key: str) -> tuple[dt.datetime, int]:
    try:
        micros, number = (int(part) for part in key.split("."))
        at = EPOCH + dt.timedelta(microseconds=micros)
    except (ValueError, OverflowError) as error:
        raise BadCursor(key) from error
    if number > MOST_ID:
        raise BadCursor(key)
    return at, number
