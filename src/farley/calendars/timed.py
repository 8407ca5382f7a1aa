"""Entries as far as one must know them to say when they take place: what a page or a device asks of a thousand at once.

Past the ORM, whose rows take longer to make than all that is done with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from django.core.exceptions import EmptyResultSet

from farley.calendars.models import CalendarObject, CalendarObjectQuerySet
from farley.calendars.parsed import known, parsed
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
_SHA, _START, _END = (Timed._fields.index(name) for name in ("sha256", "starts_at", "ends_at"))
_FLAGS: Final = slice(Timed._fields.index("is_recurring"), _START)


def timed(entries: CalendarObjectQuerySet) -> list[Timed]:
    """What a question finds; who asks has asked for what one may see."""
    try:
        sql, values = entries.values_list(*_COLUMNS).query.sql_with_params()
    except EmptyResultSet:  # of no calendar at all
        return []
    found = []
    for row in rows.query(sql, values):
        told = list(row)
        told[_SHA] = bytes(row[_SHA])
        told[_FLAGS] = map(bool, row[_FLAGS])
        told[_START], told[_END] = (None if at is None else rows.instant(at) for at in (row[_START], row[_END]))
        found.append(Timed._make(told))
    return found


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
