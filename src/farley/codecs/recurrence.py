"""When the components of an object take place: single ones, series, what was moved out of a series or taken from it.

RFC 5545 §3.8.5 and §3.8.4.4, RFC 4791 §9.9.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from farley.codecs.icalendar_object import Component, ICalendar
from farley.codecs.icalendar_values import NAIVE_MAX, NAIVE_MIN, Duration, Period, When, plus
from farley.codecs.recurrence_rule import Budget, Frequency, InvalidRule, OutOfBudget, Rule
from farley.codecs.zones import DatabaseZone, FixedZone, Zone, Zones

MAX_OCCURRENCES: Final = 10_000  # that one question is answered with

STEPS: Final = 200_000  # of all rules of an object: about a fifth of a second, of a rule for each second a whole one
_DAY = timedelta(days=1)
_SLACK = timedelta(hours=26)  # between the clocks of any two walls, and no clock was ever changed by more than a day
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a component takes place. `start` and `end` are instants, in UTC; equal where it has no length.

    `written_start` is the start by the clock it was written for. `recurrence_id` says which one of a series it is,
    None for what does not recur; `component` holds what is to be said about it.
    """

    start: datetime
    end: datetime
    written_start: When
    component: Component
    recurrence_id: When | None = None

    @property
    def is_all_day(self) -> bool:
        return self.written_start.is_date


class Expansion(NamedTuple):
    """Occurrences in the order of their starts; not complete where there were too many, or a rule asked too much."""

    occurrences: list[Occurrence]
    is_complete: bool


class Bounds(NamedTuple):
    """From the first start to the last end, in UTC. `end` is None where a series has none, or none that is near."""

    start: datetime
    end: datetime | None


def occurrences(
    ical: ICalendar,
    start: datetime,
    end: datetime,
    *,
    floating: tzinfo | Zone = UTC,
    limit: int = MAX_OCCURRENCES,
    budget: Budget | None = None,
) -> Expansion:
    """All that overlaps the time from `start` up to, not including, `end`; both aware.

    Dates and times without a zone are taken to be at `floating`. What has no length overlaps where it starts. Nothing
    of a series is written out that lies outside. Undated tasks have no occurrences. Who asks about many objects gives
    each a `budget` out of what they may take together.
    """
    expander = _Expander(ical, _naive(start), _naive(end), as_zone(floating), limit, budget or Budget(STEPS))
    found = expander.found()
    found.sort(key=lambda each: (each.start, each.end))
    return Expansion(found[:limit], expander.is_complete and len(found) <= limit)


def bounds(ical: ICalendar, *, floating: tzinfo | Zone = UTC) -> Bounds | None:
    """What all occurrences lie within; None where there are none. The end may be later than the last one's."""
    zones = Zones(ical, as_zone(floating))
    starts: list[datetime] = []
    ends: list[datetime] = []
    is_endless = False
    for component in ical.components:
        series = _Series.of(component, zones)
        if series is None:
            continue
        starts.append(series.instant)
        ends.append(series.end_of(series.first.local, series.instant))
        for period in series.dates:
            starts.append(zones.instant(period.start))
            ends.append(series.end_of_period(period))
        if component.first("RECURRENCE-ID") and not component.is_this_and_future:
            continue
        for rule in series.rules:
            last = series.last_of(rule)
            if last is None:
                is_endless = True
            else:
                ends.append(series.end_of(last, series.zone.to_utc(last)))
    if not starts:
        return None
    ends += _moved_ends(ical, zones, max(ends))
    return Bounds(_aware(min(starts)), None if is_endless else _aware(max(ends)))


def extent(component: Component, *, floating: tzinfo = UTC) -> Bounds | None:
    """From the start of a component to its end, its recurrences aside; None where it has neither."""
    series = _Series.of(component, Zones(component.ical, as_zone(floating)))
    if series is None:
        return None
    return Bounds(_aware(series.instant), _aware(series.end_of(series.first.local, series.instant)))


def _moved_ends(ical: ICalendar, zones: Zones, latest: datetime) -> Iterator[datetime]:
    """How late the last of a series may end that was moved from some occurrence on."""
    for override in ical.overrides:
        identity, start = override.recurrence_id, override.start_at
        series = _Series.of(override, zones)
        if override.is_this_and_future and identity and start and series:
            moved = plus(latest, max(start.local - identity.local, _NOTHING) + _SLACK)
            yield plus(moved, series.length)


class _Series:
    """A component with what it says about when: its first start, its length, its rules and dates."""

    def __init__(self, component: Component, first: When, zones: Zones) -> None:
        self.component, self.first, self.zones = component, first, zones
        self.zone: Zone = zones.of(first)
        self.instant = self.zone.to_utc(first.local)
        self.duration = self._duration()
        self.rules = _rules(component, is_date=first.is_date)
        self.dates = [each for found in component.properties("RDATE") for each in _periods(found.periods, found.whens)]

    @classmethod
    def of(cls, component: Component, zones: Zones) -> _Series | None:
        """None for what has no start: an undated task."""
        first = component.start_at or component.end_at or component.recurrence_id
        return cls(component, first, zones) if first else None

    @property
    def length(self) -> timedelta:
        """The longest an occurrence may take, periods of RDATE aside."""
        return max(self.duration.delta if isinstance(self.duration, Duration) else self.duration, _NOTHING)

    def end_of(self, local: datetime, instant: datetime) -> datetime:
        """The end of what starts at `local` by this clock."""
        duration = self.duration
        if isinstance(duration, Duration):
            start = self.zone.to_utc(plus(local, timedelta(days=duration.days))) if duration.days else instant
            return max(plus(start, timedelta(seconds=duration.seconds)), instant)
        if self.first.is_date:
            return max(self.zone.to_utc(plus(local, duration)), instant)
        return plus(instant, duration)

    def end_of_period(self, period: Period) -> datetime:
        start = self.zones.instant(period.start)
        if isinstance(period.end, Duration):
            if period.end == Duration():  # a date or time of its own: as long as the others
                return self.end_of(period.start.local, start)
            return max(plus(start, period.end.delta), start)
        return max(self.zones.instant(period.end), start)

    def last_of(self, rule: Rule) -> datetime | None:
        """The last start by the clock, or one not before it; None where there is none, or it is too far to count."""
        limit = self.limit_of(rule)
        if rule.count is None:
            return limit if rule.until else None
        first = self.first.local
        try:
            latest = deque(rule.starts(first, first, limit, Budget(STEPS)), maxlen=1)
        except OutOfBudget:
            return limit if rule.until else None
        return latest[0] if latest else first

    def limit_of(self, rule: Rule) -> datetime:
        """The last time by the clock that UNTIL allows."""
        until = rule.until
        if until is None:
            return NAIVE_MAX
        if until.is_date or self.first.is_date:
            return plus(until.date_at_midnight(), _DAY - timedelta(seconds=1))
        if until.zone == "UTC":
            return self.zone.from_utc(until.local)
        return until.local

    def allows(self, rule: Rule, local: datetime) -> bool:
        """Whether UNTIL, where it is in UTC, allows a start so near to it that the clock may have been changed."""
        until = rule.until
        if until is None or until.zone != "UTC" or self.first.is_date:
            return True
        return self.zone.to_utc(local) <= until.local

    def starts(self, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
        """The starts that its own start and its rules give, by its clock; not in order, perhaps several times."""
        if not self.rules and since <= self.first.local <= until:
            yield self.first.local
        for rule in self.rules:
            for local in rule.starts(self.first.local, since, min(until, self.limit_of(rule)), budget):
                if local == self.first.local or self.allows(rule, local):
                    yield local
            if rule.until and since <= self.first.local <= until:
                yield self.first.local  # counts also where UNTIL lies before it

    def _duration(self) -> Duration | timedelta:
        component, first = self.component, self.first
        end = component.end_at
        if end is not None and component.start_at is not None:
            if first.is_date and end.is_date:
                length = end.local - first.local
                return length if length > _NOTHING else (_DAY if component.name == "VEVENT" else _NOTHING)
            return max(self.zones.instant(end) - self.instant, _NOTHING)
        stated = component.duration
        if stated is not None and component.start_at is not None:
            if stated.delta < _NOTHING:
                return _NOTHING
            return stated
        is_day = first.is_date and component.name in ("VEVENT", "VJOURNAL")
        return _DAY if is_day else _NOTHING


class _Override(NamedTuple):
    identity: When
    series: _Series


class _Expander:
    """One question about one object."""

    def __init__(
        self, ical: ICalendar, start: datetime, end: datetime, floating: Zone, limit: int, budget: Budget
    ) -> None:
        self.ical, self.start, self.end, self.limit = ical, start, end, limit
        self.zones = Zones(ical, floating)
        self.budget = budget
        self.is_complete = True

    def found(self) -> list[Occurrence]:
        """In no order; a few more than `limit` where there are more."""
        overrides = []
        for component in self.ical.overrides:
            identity, series = component.recurrence_id, _Series.of(component, self.zones)
            if series:
                overrides.append(_Override(identity or series.first, series))
        found = [each for override in overrides if (each := self._single(override.series, override.identity))]
        for component in self.ical.components:
            if not component.first("RECURRENCE-ID") and (series := _Series.of(component, self.zones)):
                found += self._series(series, overrides)
                overrides = []  # where there are several without one, which no standard allows, the first is the series
        return found

    def _single(self, series: _Series, identity: When | None) -> Occurrence | None:
        end = series.end_of(series.first.local, series.instant)
        return self._occurrence(series.instant, end, series.first, series.component, identity)

    def _occurrence(
        self, start: datetime, end: datetime, written: When, component: Component, identity: When | None
    ) -> Occurrence | None:
        overlaps = start < self.end and (end > self.start or (start == end and start >= self.start))
        return Occurrence(_aware(start), _aware(end), written, component, identity) if overlaps else None

    def _series(self, series: _Series, overrides: list[_Override]) -> Iterator[Occurrence]:
        if not series.rules and not series.dates:
            if not self._is_taken(series, series.first, _identities(series, overrides), _excluded(series)):
                identity = series.first if overrides else None
                if each := self._single(series, identity):
                    yield each
            return
        replaced, excluded = _identities(series, overrides), _excluded(series)
        futures = sorted(
            (
                (series.zones.instant(each.identity), each)
                for each in overrides
                if each.series.component.is_this_and_future
            ),
            key=lambda pair: pair[0],
        )
        moments = [moment for moment, _ in futures]
        seen: set[datetime] = set()
        left = self.limit + 1
        for written, period in self._starts(series, [each for _, each in futures]):
            instant = self.zones.instant(written)
            if instant in seen:
                continue
            seen.add(instant)
            if self._is_taken(series, written, replaced, excluded):
                continue
            place = bisect_right(moments, instant)
            if place and period is None:
                each = self._moved(written, futures[place - 1][1])
            else:
                end = series.end_of_period(period) if period else series.end_of(written.local, instant)
                each = self._occurrence(instant, end, written, series.component, written)
            if each:
                yield each
                left -= 1
            if not left:
                return  # one more than the limit says that there are more

    def _moved(self, written: When, override: _Override) -> Occurrence | None:
        """An occurrence after one that was changed for all that follow: as far from its own start as that was."""
        series = override.series
        local = plus(series.first.local, written.local - override.identity.local)
        start = series.zone.to_utc(local)
        moved = When(local, series.first.zone, series.first.is_date)
        return self._occurrence(start, series.end_of(local, start), moved, series.component, written)

    def _starts(self, series: _Series, futures: Iterable[_Override]) -> Iterator[tuple[When, Period | None]]:
        """Starts whose occurrence may overlap the window, wherever it was moved to."""
        length, earlier, later = series.length, _NOTHING, _NOTHING
        for each in futures:
            moved = each.series.first.local - each.identity.local
            length = max(length, each.series.length)
            earlier, later = max(earlier, moved), max(later, -moved)
        since = plus(series.zone.from_utc(self.start), -(length + earlier + _SLACK))
        until = plus(series.zone.from_utc(self.end), later + _SLACK)
        for period in series.dates:
            yield period.start, None if period.end == Duration() else period
        try:
            for local in series.starts(since, until, self.budget):
                yield When(local, series.first.zone, series.first.is_date), None
        except OutOfBudget:
            self.is_complete = False

    def _is_taken(self, series: _Series, written: When, replaced: _Marks, excluded: _Marks) -> bool:
        instant = self.zones.instant(written)
        return replaced.holds(written, instant) or excluded.holds(written, instant)


class _Marks:
    """Points in time that name occurrences of a series: by the instant, or by the day."""

    def __init__(self, whens: Iterable[When], series: _Series) -> None:
        self._instants: set[datetime] = set()
        self._days: set[datetime] = set()
        for when in whens:
            if when.is_date or series.first.is_date:
                self._days.add(when.date_at_midnight())
            else:
                zone = series.zone if when.zone is None else series.zones.of(when)
                self._instants.add(zone.to_utc(when.local))

    def holds(self, written: When, instant: datetime) -> bool:
        return instant in self._instants or bool(self._days and written.date_at_midnight() in self._days)


def _identities(series: _Series, overrides: list[_Override]) -> _Marks:
    return _Marks([each.identity for each in overrides], series)


def _excluded(series: _Series) -> _Marks:
    return _Marks([when for found in series.component.properties("EXDATE") for when in found.whens], series)


def _rules(component: Component, *, is_date: bool) -> list[Rule]:
    """The rules that can be read; a series none of whose rules can be has its first start alone."""
    found = []
    for each in component.properties("RRULE"):
        try:
            rule = Rule.parse(each.text)
        except InvalidRule:
            continue
        if is_date and rule.frequency > Frequency.DAILY:
            continue
        found.append(replace(rule, by_hour=(), by_minute=(), by_second=()) if is_date else rule)
    return found


def _periods(periods: list[Period], whens: list[When]) -> list[Period]:
    """Each of RDATE as a period: one of no length for what is only a start."""
    known = {each.start: each for each in periods}
    return [known.get(when) or Period(when, Duration()) for when in whens]


def as_zone(given: tzinfo | Zone) -> Zone:
    """The clock that a tzinfo stands for: one of the tz database, or one that is never changed."""
    if not isinstance(given, tzinfo):
        return given
    if isinstance(given, ZoneInfo):
        return DatabaseZone(given)
    return FixedZone(datetime(2000, 1, 1, tzinfo=given).utcoffset() or _NOTHING)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return min(max(moment, NAIVE_MIN), NAIVE_MAX).replace(tzinfo=UTC)
