"""When the components of an object take place: single ones, series, what was moved out of a series or taken from it.

RFC 5545 §3.8.5 and §3.8.4.4, RFC 4791 §9.9.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from farley.codecs.icalendar_object import Component, ICalendar
from farley.codecs.icalendar_values import NAIVE_MAX, Duration, Period, When, plus
from farley.codecs.recurrence_rule import Budget, Frequency, InvalidRule, OutOfBudget, Rule
from farley.codecs.zones import DatabaseZone, FixedZone, Zone, Zones

MAX_OCCURRENCES: Final = 10_000  # that one question is answered with

STEPS: Final = 200_000  # of all rules of an object: about a fifth of a second, of a rule for each second a whole one
_DAY = timedelta(days=1)
_SLACK = timedelta(hours=26)  # between the clocks of any two walls, and no clock was ever changed by more than a day
_NOTHING = timedelta(0)
_FEW, _FEW_STEPS = 1_000, 2_000  # by COUNT, and steps to get there
_BLOCK: Final = 32  # days whose starts are worked out together and remembered,
_BLOCK_STEPS: Final = 150  # if that takes no more than these,
_MOST_BLOCKS: Final = 16  # for so many blocks of one series
_SECOND = timedelta(seconds=1)


class Occurrence(NamedTuple):
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
    found = [each for part in expander.parts() for each in part]
    if len(found) > 1:
        found.sort(key=lambda each: (each.start, each.end))
    return Expansion(found[:limit], expander.is_complete and len(found) <= limit)


def taking_place(
    ical: ICalendar,
    start: datetime,
    end: datetime,
    meets: Callable[[Occurrence], bool],
    *,
    floating: tzinfo | Zone = UTC,
    budget: Budget | None = None,
) -> set[int]:
    """Where the components begin of which an occurrence in the window is one that `meets`.

    Of a series that asks more than the budget holds it is not known: it is among them.
    """
    budget = budget or Budget(STEPS)
    expander = _Expander(ical, _naive(start), _naive(end), as_zone(floating), MAX_OCCURRENCES, budget)
    met = (next((each for each in part if meets(each)), None) for part in expander.parts())
    found = {each.component.start for each in met if each is not None}
    return found if expander.is_complete else found | {each.series.component.start for each in expander.plan.series}


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


class _Bounded(NamedTuple):
    """A rule and the last time by the clock that it may give. `allows_all`: UNTIL need not be asked of each."""

    rule: Rule
    last: datetime
    allows_all: bool


_EMPTY: Final[Sequence[int]] = ()
_UNKNOWN: Final[Sequence[int]] = (-1,)


@lru_cache(maxsize=64)
def _days_of(number: int) -> tuple[datetime, datetime]:
    """The first moment of a block, and its last."""
    first, last = max(number * _BLOCK, 1), min((number + 1) * _BLOCK - 1, NAIVE_MAX.toordinal())
    return datetime.fromordinal(first), datetime.fromordinal(last) + (_DAY - timedelta(microseconds=1))


class _Series:
    """A component with what it says about when: its first start, its length, its rules and dates."""

    def __init__(self, component: Component, first: When, zones: Zones) -> None:
        self.component, self.first, self.zones = component, first, zones
        self.zone: Zone = zones.of(first)
        self.instant = self.zone.to_utc(first.local)
        self.duration = self._duration()
        self.rules = _rules(component, is_date=first.is_date)
        self.dates = [each for found in component.properties("RDATE") for each in _periods(found.periods, found.whens)]
        self._bounded: dict[int, _Bounded] = {}  # by the place of the rule
        self._blocks: dict[int, Sequence[int] | None] = {}  # seconds from where each begins

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
        first = self.first.local
        if not self.rules and since <= first <= until:
            yield first
        for place, rule in enumerate(self.rules):
            bounded = self._bounded.get(place) or self._bound(place, rule, budget)
            for local in bounded.rule.starts(first, since, min(until, bounded.last), budget):
                if bounded.allows_all or local == first or self.allows(rule, local):
                    yield local
            if rule.until and since <= first <= until:
                yield first  # counts also where UNTIL lies before it

    def near(self, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
        """As `starts`, in order and each once, for times that are asked about again and again, as by who leafs."""
        first, last = since.toordinal() // _BLOCK, until.toordinal() // _BLOCK
        if last - first >= _MOST_BLOCKS // 2:
            yield from self.starts(since, until, budget)
            return
        for number in range(first, last + 1):
            begins, ends = _days_of(number)
            found = self._block(number, budget)
            if found is None:
                yield from self.starts(max(since, begins), min(until, ends), budget)
            elif found:
                start = bisect_left(found, (since - begins) // _SECOND) if since > begins else 0
                stop = bisect_right(found, (until - begins) // _SECOND) if until < ends else len(found)
                for seconds in found[start:stop]:
                    yield begins + timedelta(seconds=seconds)

    def has_none_near(self, since: datetime, until: datetime) -> bool:
        """Whether it is remembered that there is none."""
        for number in range(since.toordinal() // _BLOCK, until.toordinal() // _BLOCK + 1):
            found = self._blocks.get(number)
            if found is None:
                return False
            if found:
                begins, _ = _days_of(number)
                place = bisect_left(found, (since - begins) // _SECOND)
                if place < len(found) and begins + timedelta(seconds=found[place]) <= until:
                    return False
        return True

    def _block(self, number: int, budget: Budget) -> Sequence[int] | None:
        """The starts of a block, as seconds; None where it asks too much to be remembered."""
        known = self._blocks.get(number, _UNKNOWN)
        if known is not _UNKNOWN:
            return known
        begins, ends = _days_of(number)
        own = Budget(_BLOCK_STEPS)
        found: Sequence[int] | None
        try:
            found = array("l", sorted({(each - begins) // _SECOND for each in self.starts(begins, ends, own)}))
        except OutOfBudget:
            found = None  # this little is not asked of whoever asks: they have their own way to go
        else:
            budget.spend(own.most - own.left)
        if len(self._blocks) >= _MOST_BLOCKS:
            self._blocks.clear()
        self._blocks[number] = found or _EMPTY if found is not None else None
        return found

    def _bound(self, place: int, rule: Rule, budget: Budget) -> _Bounded:
        """The rule with its last time. One that soon comes to its end needs not be counted through each time."""
        last = self.limit_of(rule)
        if rule.count is not None and rule.count <= _FEW:
            first = self.first.local
            own = Budget(_FEW_STEPS, budget)
            try:
                latest = deque(rule.starts(first, first, last, own), maxlen=1)
            except OutOfBudget:
                if own.left >= 0:  # who asks had not so many: another time
                    raise
            else:
                rule, last = replace(rule, count=None), latest[0] if latest else first
        allows_all = rule.until is None or rule.until.zone != "UTC" or self.first.is_date
        found = self._bounded[place] = _Bounded(rule, last, allows_all)
        return found

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


class _Planned:
    """A series with what was taken out of it, and what was changed from some occurrence on."""

    def __init__(self, series: _Series, overrides: list[_Override]) -> None:
        self.series = series
        self.has_overrides = bool(overrides)
        excluded = [when for found in series.component.properties("EXDATE") for when in found.whens]
        self.taken = _Marks([*(each.identity for each in overrides), *excluded], series)
        lasting = [each for each in overrides if each.series.component.is_this_and_future]
        futures = sorted(((series.zones.instant(each.identity), each) for each in lasting), key=lambda pair: pair[0])
        self.futures = [each for _, each in futures]
        self.moments = [moment for moment, _ in futures]
        self.length, self.earlier, self.later = series.length, _NOTHING, _NOTHING
        for each in self.futures:
            moved = each.series.first.local - each.identity.local
            self.length = max(self.length, each.series.length)
            self.earlier, self.later = max(self.earlier, moved), max(self.later, -moved)
        first, rules = series.first.local, series.rules
        is_on_one_day = len(rules) == 1 and not series.dates and not lasting and rules[0].is_on_one_day(first)
        self.day = (first.month, first.day) if is_on_one_day else None

    def is_far_from(self, start: datetime, end: datetime) -> bool:
        """Whether it takes place once a year, and at another time of the year: most birthdays do; or it is remembered
        that it does not take place then."""
        if self.day is None:
            slack = _SLACK + _DAY  # whatever its clock says
            since = plus(start, -(self.length + self.earlier + slack))
            return not self.series.dates and self.series.has_none_near(since, plus(end, self.later + slack))
        since, until = plus(start, -(self.length + _SLACK)), plus(end, _SLACK)
        after, before = (since.month, since.day) > self.day, (until.month, until.day) < self.day
        if since.year == until.year:
            return after or before
        return after and before and until.year - since.year == 1


class _Plan:
    """What an object says about when, read once whatever it is asked for; that floats which is at `floating`."""

    def __init__(self, ical: ICalendar, floating: Zone) -> None:
        self.zones = Zones(ical, floating)
        self.overrides: list[_Override] = []
        self.series: list[_Planned] = []
        mains = []
        for component in ical.components:
            series = _Series.of(component, self.zones)
            if series is None:
                continue
            if component.first("RECURRENCE-ID"):
                self.overrides.append(_Override(component.recurrence_id or series.first, series))
            else:
                mains.append(series)
        for place, series in enumerate(mains):  # of several, which no standard allows, the first is the series
            self.series.append(_Planned(series, [] if place else self.overrides))

    @classmethod
    def of(cls, ical: ICalendar, floating: Zone) -> _Plan:
        return ical.once((cls, floating), lambda: cls(ical, floating))


class _Expander:
    """One question about one object."""

    def __init__(
        self, ical: ICalendar, start: datetime, end: datetime, floating: Zone, limit: int, budget: Budget
    ) -> None:
        self.plan, self.start, self.end, self.limit = _Plan.of(ical, floating), start, end, limit
        self.zones = self.plan.zones
        self.budget = budget
        self.is_complete = True

    def parts(self) -> Iterator[Iterator[Occurrence]]:
        """For each override and each series what takes place of it, in no order; of a series a few more than `limit`
        where there are more."""
        for override in self.plan.overrides:
            yield self._single(override.series, override.identity)
        for planned in self.plan.series:
            if not planned.is_far_from(self.start, self.end):
                yield self._series(planned)

    def _single(self, series: _Series, identity: When | None) -> Iterator[Occurrence]:
        start, end = series.instant, series.end_of(series.first.local, series.instant)
        if self._overlaps(start, end):
            yield Occurrence(_aware(start), _aware(end), series.first, series.component, identity)

    def _overlaps(self, start: datetime, end: datetime) -> bool:
        return start < self.end and (end > self.start or (start == end and start >= self.start))

    def _series(self, planned: _Planned) -> Iterator[Occurrence]:
        series, taken, moments = planned.series, planned.taken, planned.moments
        if not series.rules and not series.dates:
            if not taken.holds(series.first.local, series.instant):
                yield from self._single(series, series.first if planned.has_overrides else None)
            return
        seen: set[datetime] = set()
        left = self.limit + 1
        zone, is_date, component = series.first.zone, series.first.is_date, series.component
        for local, own, period in self._starts(planned):
            instant = series.zone.to_utc(local) if own is None else self.zones.instant(own)
            if instant in seen:
                continue
            seen.add(instant)
            if taken.holds(local, instant):
                continue
            place = bisect_right(moments, instant) if moments else 0
            if place and period is None:
                each = self._moved(own or When(local, zone, is_date), planned.futures[place - 1])
                if each is None:
                    continue
            else:
                end = series.end_of_period(period) if period else series.end_of(local, instant)
                if not self._overlaps(instant, end):
                    continue
                written = own or When(local, zone, is_date)
                each = Occurrence(_aware(instant), _aware(end), written, component, written)
            yield each
            left -= 1
            if not left:
                return  # one more than the limit says that there are more

    def _moved(self, written: When, override: _Override) -> Occurrence | None:
        """An occurrence after one that was changed for all that follow: as far from its own start as that was."""
        series = override.series
        local = plus(series.first.local, written.local - override.identity.local)
        start = series.zone.to_utc(local)
        end = series.end_of(local, start)
        if not self._overlaps(start, end):
            return None
        moved = When(local, series.first.zone, series.first.is_date)
        return Occurrence(_aware(start), _aware(end), moved, series.component, written)

    def _starts(self, planned: _Planned) -> Iterator[tuple[datetime, When | None, Period | None]]:
        """Starts by the clock of the series whose occurrence may overlap the window, wherever it was moved to.

        With it, as it is written, what has a clock of its own, and the period of what has one.
        """
        series = planned.series
        since = plus(series.zone.from_utc(self.start), -(planned.length + planned.earlier + _SLACK))
        until = plus(series.zone.from_utc(self.end), planned.later + _SLACK)
        for period in series.dates:
            yield period.start.local, period.start, None if period.end == Duration() else period
        try:
            for local in series.near(since, until, self.budget):
                yield local, None, None
        except OutOfBudget:
            self.is_complete = False


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

    def holds(self, local: datetime, instant: datetime) -> bool:
        if instant in self._instants:
            return True
        return bool(self._days) and local.replace(hour=0, minute=0, second=0) in self._days


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
    """The clock that a tzinfo stands for: of the tz database, or one that is never changed. Equal ones are equal."""
    return _clock_of(given) if isinstance(given, tzinfo) else given


@lru_cache(maxsize=128)  # one question asks about hundreds of objects
def _clock_of(given: tzinfo) -> Zone:
    if isinstance(given, ZoneInfo):
        return DatabaseZone(given)
    return FixedZone(datetime(2000, 1, 1, tzinfo=given).utcoffset() or _NOTHING)


@lru_cache(maxsize=64)
def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
