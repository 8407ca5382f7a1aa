"""Entries as far as one must know them to say when they take place: what a page or a device asks of a thousand at once.

Past the ORM, whose rows take longer to make than all that is done with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from farley.accounts.actor import Actor
from farley.calendars.models import CalendarObject, CalendarObjectQuerySet, Components
from farley.calendars.parsed import known, parsed
from farley.calendars.seeing import shown_to
from farley.codecs.icalendar import ICalendar
from farley.database import rows


class Timed(NamedTuple):
    """An entry's columns, as `CalendarObject` explains them."""

    pk: int
    calendar_id: int
    space_id: int
    content_id: int
    sha256: bytes
    size: int
    component: int
    classification: int
    is_recurring: bool
    is_floating: bool
    is_all_day: bool
    is_transparent: bool
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    status: str
    summary: str
    location: str

    @classmethod
    def of(cls, entry: CalendarObject) -> Timed:
        values = [getattr(entry, name) for name in cls._fields]
        values[_SHA] = bytes(entry.sha256)
        return cls._make(values)


_COLUMNS: Final = ("id", *Timed._fields[1:])
_SELECTED: Final = ", ".join(f"entry.{name}" for name in _COLUMNS)
_SHOWN: Final = f"{Components.EVENTS.value}, {Components.TASKS.value}"
_SHA, _START, _END = (Timed._fields.index(name) for name in ("sha256", "starts_at", "ends_at"))


def timed(entries: CalendarObjectQuerySet) -> list[Timed]:
    """What a question finds; who asks has asked for what one may see."""
    try:
        sql, values = entries.values_list(*_COLUMNS).query.sql_with_params()
    except EmptyResultSet:  # of no calendar at all
        return []
    return [_made(row) for row in rows.query(sql, values)]


def shown_between(by: Actor, start: dt.datetime, end: dt.datetime, *, calendars: Collection[int]) -> list[Timed]:
    """The events and tasks that `shown_to` and `meeting` find together.

    By a statement of one’s own: to make theirs takes half as long as to answer it. Each arm goes by the index of what
    lies near the window.
    """
    asked = list(calendars)
    if not asked:
        return []
    shown, held = shown_to(by)
    since, until = (connection.ops.adapt_datetimefield_value(at) for at in (start, end))
    arms, values = [], []
    for spread in CalendarObject.Spread:
        most = connection.ops.adapt_datetimefield_value(spread.after(end)) if spread.reach else None
        near = " AND entry.last_at <= %s" if most is not None else ""
        arms.append(
            f"SELECT {_SELECTED} FROM calendars_calendarobject entry"  # noqa: S608 -- our names
            f" WHERE entry.calendar_id IN ({rows.marks(asked)}) AND entry.spread = {int(spread)}"
            f" AND entry.last_at >= %s{near} AND entry.first_at < %s AND entry.component IN ({_SHOWN})"
            f" AND {shown}"
        )
        values += [*asked, since, *([] if most is None else [most]), until, *held]
    return [_made(row) for row in rows.query(" UNION ALL ".join(arms), values)]


def _made(row: Sequence[Any]) -> Timed:
    start, end = row[_START], row[_END]
    if start is not None:
        start = rows.instant(start)
    if end is not None:
        end = rows.instant(end)
    return Timed._make((*row[:_START], start, end, *row[_END + 1 :]))


def read(entries: Iterable[Timed]) -> Mapping[int, ICalendar]:
    """What each says, by the id of its content. Give so many as may be in memory at once."""
    found: dict[int, ICalendar] = {}
    asked: dict[int, bytes] = {}
    for entry in entries:
        ical = known(entry.sha256)
        if ical is None:
            asked[entry.content_id] = entry.sha256
        else:
            found[entry.content_id] = ical
    for content, octets in _octets(list(asked)):
        found[content] = parsed(asked[content], bytes(octets))
    return found


def _octets(contents: Sequence[int]) -> list[tuple[int, bytes]]:
    if not contents:
        return []
    return rows.query(f"SELECT id, octets FROM journal_content WHERE id IN ({rows.marks(contents)})", contents)  # noqa: S608
