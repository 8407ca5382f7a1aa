"""Which entries a calendar-query can match at all, by their columns; some of them for certain. RFC 4791 §7.8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from django.db import connection

from farley.calendars.models import COMPONENTS, CalendarObject, Components
from farley.codecs.calendar_ranges import TimeRange
from farley.codecs.recurrence import as_zone
from farley.codecs.zones import Zone
from farley.dav.calendar_filters import CompFilter, PropFilter

_TEXTS: Final = {"SUMMARY": ("summary", 1000), "UID": ("uid", 500)}  # columns, and how much of a text they hold
# Where the columns say all about when: it happens once, and at a time that is the same for everybody.
_TIMED: Final = "NOT is_recurring AND NOT is_floating AND starts_at IS NOT NULL"
_DAYS: Final = "NOT is_recurring AND is_all_day AND starts_at IS NOT NULL"


@dataclass
class Choice:
    """A condition on the columns of entries, and its values. `is_certain`: the entries need not be read."""

    tests: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    is_certain: bool = False
    is_by_id: bool = False

    def add(self, test: str, *values: Any) -> None:
        self.tests.append(f"({test})")
        self.values += values

    @property
    def sql(self) -> str:
        return " AND ".join(self.tests) or "1 = 1"


def choices(conditions: CompFilter, calendar: int, floating: tzinfo | Zone) -> Iterator[Choice]:
    """What to look at in a calendar, given by its id: no entry is in two of them."""
    if not conditions.props and not conditions.comps:
        yield Choice(is_certain=True)
        return
    wanted = conditions.comps[0] if len(conditions.comps) == 1 else None
    if wanted is None or wanted.is_undefined or wanted.name not in COMPONENTS:
        yield Choice()
        return
    component = COMPONENTS[wanted.name]
    is_plain = not conditions.props and not wanted.props and not wanted.comps
    if wanted.span is None:
        choice = Choice(is_certain=is_plain)
        choice.add("component = %s", int(component))
        _narrow(choice, wanted)
        yield choice
    elif component is Components.TASKS or not is_plain:
        choice = Choice()
        choice.add("component = %s", int(component))
        _narrow(choice, wanted)
        _within(choice, wanted.span, calendar, is_task=component is Components.TASKS)
        yield choice
    else:
        yield from _by_time(component, wanted.span, calendar, floating)


def _by_time(component: Components, span: TimeRange, calendar: int, floating: tzinfo | Zone) -> Iterator[Choice]:
    """Events and journals within a span: what their columns tell for certain, and what must be read."""
    timed = Choice(is_certain=True)
    timed.add("component = %s", int(component))
    _within(timed, span, calendar)
    timed.add(_TIMED)
    timed.add(
        "starts_at < %s AND (ends_at > %s OR (ends_at = starts_at AND starts_at >= %s))",
        *map(_stored, (span.end, span.start, span.start)),
    )
    yield timed
    zone = as_zone(floating)
    start, end = (zone.from_utc(each.replace(tzinfo=None)).replace(tzinfo=UTC) for each in (span.start, span.end))
    days = Choice(is_certain=True)
    days.add("component = %s", int(component))
    _within(days, span, calendar)
    days.add(_DAYS)
    days.add("starts_at < %s AND ends_at > %s", _stored(end), _stored(start))
    yield days
    rest = Choice()
    rest.add("component = %s", int(component))
    _within(rest, span, calendar)
    rest.add(f"NOT ({_TIMED}) AND NOT ({_DAYS})")
    yield rest


def _within(choice: Choice, span: TimeRange, calendar: int, *, is_task: bool = False) -> None:
    """By the bounds that all occurrences lie within, ends included; a task without any date is found at any time.

    As `CalendarObjectQuerySet.meeting` has it.
    """
    arms, values = [], []
    for spread in CalendarObject.Spread:
        arm = f"calendar_id = %s AND spread = {spread.value} AND last_at >= %s"
        values += [calendar, _stored(span.start)]
        if spread.reach:
            arm += " AND last_at <= %s"
            values.append(_stored(spread.after(span.end)))
        arms.append(f"({arm})")
    found = f"deleted_at IS NULL AND first_at <= %s AND ({' OR '.join(arms)})"
    test = f"id IN (SELECT id FROM calendars_calendarobject WHERE {found})"  # noqa: S608 -- our own names
    choice.is_by_id = not is_task
    choice.add(f"first_at IS NULL OR ({test})" if is_task else test, _stored(span.end), *values)


def _narrow(choice: Choice, wanted: CompFilter) -> None:
    if any(each.name == "VALARM" and not each.is_undefined for each in wanted.comps):
        choice.add("has_alarms")
    for prop in wanted.props:
        _by_text(choice, prop)


def _by_text(choice: Choice, prop: PropFilter) -> None:
    """A superset: what was cut, what comparing makes another text of, and series, which may have several."""
    if prop.name not in _TEXTS or prop.match is None or prop.match.is_negated or prop.is_undefined:
        return
    column, most = _TEXTS[prop.name]
    is_postgresql = connection.vendor == "postgresql"
    longer = f"OCTET_LENGTH({column})" if is_postgresql else f"LENGTH(CAST({column} AS BLOB))"
    tests = ["is_recurring", f"LENGTH({column}) >= {most}", f"{longer} > LENGTH({column})"]
    values = []
    text = prop.match.wanted.strip()
    if text.isascii():
        tests.append(f"{column} {'ILIKE' if is_postgresql else 'LIKE'} %s ESCAPE '!'")
        values.append(f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%")
    choice.add(" OR ".join(tests), *values)


def _stored(moment: datetime) -> Any:
    """An instant as the database compares it."""
    return connection.ops.adapt_datetimefield_value(moment)
