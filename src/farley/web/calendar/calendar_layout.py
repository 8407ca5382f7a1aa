"""Where things stand in a calendar: what overlaps beside one another, bars over several days in lanes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 0.5  # hours that the shortest takes, to be read and hit


@dataclass(frozen=True, slots=True)
class Place:
    """From `left` on, `width` wide, both as a part of the day’s column."""

    left: float
    width: float


def side_by_side(spans: Sequence[tuple[float, float]]) -> list[Place]:
    """The place of each span of hours: what overlaps shares the column, and takes what is free beside it.

    Spans that hang together share one grid of columns, as many as overlap at once.
    """
    spans = [(start, max(end, start + LEAST)) for start, end in spans]
    order = sorted(range(len(spans)), key=lambda n: (spans[n][0], -spans[n][1]))
    places = [Place(0, 1)] * len(spans)
    cluster: list[int] = []
    latest = float("-inf")
    for n in [*order, None]:
        if n is None or spans[n][0] >= latest:
            _settle(cluster, spans, places)
            cluster, latest = [], float("-inf")
        if n is not None:
            cluster.append(n)
            latest = max(latest, spans[n][1])
    return places


def _settle(cluster: Sequence[int], spans: Sequence[tuple[float, float]], places: list[Place]) -> None:
    columns: list[list[int]] = []
    column_of: dict[int, int] = {}
    for n in cluster:
        free = next((at for at, held in enumerate(columns) if spans[held[-1]][1] <= spans[n][0]), len(columns))
        if free == len(columns):
            columns.append([])
        columns[free].append(n)
        column_of[n] = free
    for n in cluster:
        at = column_of[n]
        until = at + 1
        while until < len(columns) and not any(_overlap(spans[n], spans[other]) for other in columns[until]):
            until += 1
        places[n] = Place(at / len(columns), (until - at) / len(columns))


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """The lane, from 0, of each bar from one day to another, both included: as few lanes as do, the longest first."""
    order = sorted(range(len(spans)), key=lambda n: (spans[n][0], spans[n][0] - spans[n][1], n))
    ends: list[int] = []
    found = [0] * len(spans)
    for n in order:
        first, last = spans[n]
        lane = next((at for at, end in enumerate(ends) if end < first), len(ends))
        if lane == len(ends):
            ends.append(last)
        ends[lane] = last
        found[n] = lane
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """The days a page shows, in rows of a week for a month; `start` and `end` are where they lie between."""

    days: tuple[dt.date, ...]
    on: dt.date  # the day that is chosen

    @property
    def first(self) -> dt.date:
        return self.days[0]

    @property
    def last(self) -> dt.date:
        return self.days[-1]

    def between(self, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
        """From its first moment up to, not including, its end."""
        return midnight(self.first, zone), midnight(self.last + dt.timedelta(days=1), zone)

    @property
    def weeks(self) -> list[tuple[dt.date, ...]]:
        return [self.days[at : at + 7] for at in range(0, len(self.days), 7)]


def midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=zone)


def week_of(on: dt.date, begins: int) -> Window:
    """The week of a day; `begins` is 0 where it begins on Monday."""
    first = plus_days(on, -((on.weekday() - begins) % 7))
    return Window(tuple(plus_days(first, n) for n in range(7)), on)


def month_of(on: dt.date, begins: int) -> Window:
    """The whole weeks that hold the month of a day."""
    first = week_of(on.replace(day=1), begins).first
    last = week_of(next_month(on) - dt.timedelta(days=1), begins).last
    return Window(tuple(plus_days(first, n) for n in range((last - first).days + 1)), on)


def days_from(on: dt.date, count: int) -> Window:
    return Window(tuple(plus_days(on, n) for n in range(count)), on)


def next_month(on: dt.date, step: int = 1) -> dt.date:
    """The first of the month that lies so many months ahead."""
    month = on.year * 12 + on.month - 1 + step
    return dt.date(month // 12, month % 12 + 1, 1)


def plus_days(day: dt.date, days: int) -> dt.date:
    """As many days later; the last day there is where it would be beyond."""
    return dt.date.fromordinal(min(max(day.toordinal() + days, dt.date.min.toordinal()), dt.date.max.toordinal()))
