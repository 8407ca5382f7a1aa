"""Recurrence rules: what they say, and the points in time they give within a window. RFC 5545 §3.3.10, RFC 7529's SKIP.

A rule is asked for a window and goes straight to it: what lies before is never written out, only counted where COUNT
asks for it. Every step costs from a budget, so that no rule, however hostile, takes more than bounded time.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import Final

from farley.codecs.icalendar_values import When
from farley.codecs.remembering import remembered

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_RANGES: Final = {  # the least and the most; with a sign where the least is negative, and then never zero
    "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53), "BYMONTH": (1, 12), "BYSETPOS": (-366, 366),
}  # fmt: skip
_LAST_DAY = date.max.toordinal()
_DAY = 86_400


class InvalidRule(ValueError):
    """The text is no recurrence rule. `part` names what cannot be read."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} cannot be read")
        self.part = part


class OutOfBudget(Exception):
    """The rule asks for more work than was allowed."""


class Budget:
    """Steps that may still be taken; each is taken from what several share, too, if there is a `shared`."""

    def __init__(self, steps: int, shared: "Budget | None" = None) -> None:
        self.most, self.left, self.shared = steps, steps, shared

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.shared is not None:
            self.shared.draw(steps, self.most - self.left)
        if self.left < 0:
            raise OutOfBudget

    def draw(self, steps: int, used: int) -> None:
        """Spend for another one, which has then `used` so many."""
        self.spend(steps)


class Allowance(Budget):
    """What many objects may take together. The first few steps of each come out of a store of their own, so that those
    who ask much leave enough for all others."""

    FEW: Final = 2_000

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.little = Budget(steps)

    def draw(self, steps: int, used: int) -> None:
        (self.little if used <= self.FEW else self).spend(steps)


class Frequency(IntEnum):
    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


_STEPPING: Final = frozenset({Frequency.YEARLY, Frequency.WEEKLY, Frequency.DAILY})
_DAYS: Final = {Frequency.WEEKLY: 7, Frequency.DAILY: 1}
_UNIT: Final = {Frequency.HOURLY: 3600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. `by_day` has pairs of the ordinal (0 for every) and the weekday (0 is Monday)."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: When | None = None
    week_start: int = 0
    by_second: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    skip: str = "OMIT"

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Raises InvalidRule. Unknown parts are passed over, and of a part written twice the last counts."""
        return _parsed(text.strip().upper())

    def starts(self, first: datetime, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
        """The points in time the rule gives, by the clock on the wall, in order, from `since` up to `until`.

        `first` is DTSTART: nothing lies before it, and it counts as the first even where the rule does not give it.
        UNTIL is the caller's: only who knows the zone can tell. Raises OutOfBudget.
        """
        if since <= first <= until:
            yield first
        if (steps := self._steps(first, since, until, budget)) is not None:
            yield from steps
            return
        series = _Series(self, first, budget)
        counted, left = 0, self.count
        if left is not None:
            left -= 1
        for day, times in series.days(since if left is None else first, until):
            if left is None:
                for moment in _moments(day, times, first, since, until, budget):
                    if moment != first:
                        yield moment
                continue
            if counted >= left:
                return
            if day < since.toordinal() and day > first.toordinal():  # only to be counted
                counted += len(times)
                continue
            for moment in _moments(day, times, first, first, until, budget):
                if moment == first:
                    continue
                if counted >= left:
                    return
                counted += 1
                if moment >= since:
                    yield moment

    def _steps(self, first: datetime, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime] | None:
        """What comes after `first` where that is a step from one to the next, as of most rules; else None."""
        if self.count is not None or (self.frequency not in _STEPPING or self._has_parts(first)):
            return None
        if self.is_on_one_day(first):
            return _each_year(first, self.interval, since, until, budget)
        if days := _DAYS.get(self.frequency):
            return _evenly(first, timedelta(days=days * self.interval), since, until, budget)
        return None

    def is_on_one_day(self, first: datetime) -> bool:
        """Whether it gives the day and month of `first` alone, as of birthdays."""
        is_leap_day = (first.month, first.day) == (2, 29)
        return self.frequency is Frequency.YEARLY and not is_leap_day and not self._has_parts(first)

    def _has_parts(self, first: datetime) -> bool:
        """Whether it says more than how often, the weekday of `first` in a weekly one aside."""
        is_own_day = self.frequency is Frequency.WEEKLY and self.by_day == ((0, first.weekday()),)
        if (self.by_day and not is_own_day) or self.by_month or self.by_set_pos:
            return True
        others = (self.by_second, self.by_minute, self.by_hour, self.by_month_day, self.by_year_day, self.by_week_no)
        return any(others)

    @property
    def is_endless(self) -> bool:
        return self.count is None and self.until is None


def _evenly(first: datetime, step: timedelta, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
    """What comes after `first`, a step from one to the next."""
    before = max(-((first - since) // step), 1)  # steps to the first one that does not lie before the window
    try:
        moment = first + before * step
        while moment <= until:
            budget.spend()
            yield moment
            moment += step
    except OverflowError:  # the end of time
        return


def _each_year(first: datetime, interval: int, since: datetime, until: datetime, budget: Budget) -> Iterator[datetime]:
    """What comes after `first`, which is no 29 February, on the same day."""
    year = first.year + max(-((first.year - since.year) // interval), 1) * interval
    while year <= 9999 and (moment := first.replace(year=year)) <= until:
        budget.spend()
        if moment >= since:
            yield moment
        year += interval


def _moments(
    day: int, times: Sequence[int], first: datetime, since: datetime, until: datetime, budget: Budget
) -> Iterator[datetime]:
    """The times of one day that lie after `first` and within the window."""
    midnight = datetime.fromordinal(day)
    floor = max(first, since)
    start = bisect_left(times, (floor - midnight).total_seconds()) if floor > midnight else 0
    for at in range(start, len(times)):
        budget.spend()
        moment = midnight + timedelta(seconds=times[at])
        if moment > until:
            return
        yield moment


class _Series:
    """A rule together with the start that fills in what it leaves open."""

    def __init__(self, rule: Rule, first: datetime, budget: Budget) -> None:
        self.rule, self.first, self.budget = rule, first, budget
        self.ordinal = first.toordinal()
        self.second_of_day = first.hour * 3600 + first.minute * 60 + first.second
        self.weekdays = frozenset(weekday for _, weekday in rule.by_day)
        self._times: tuple[int, ...] | None = None

    def days(self, since: datetime, until: datetime) -> Iterator[tuple[int, Sequence[int]]]:
        """Ordinals of days, in order, each with its times in seconds."""
        start, stop = max(since.toordinal(), self.ordinal), until.toordinal()
        if self.rule.frequency >= Frequency.HOURLY:
            yield from self._within_days(start, stop)
            return
        for days in self._periods(start, stop):
            self.budget.spend(1 + len(days) // 8)
            if not self.rule.by_set_pos:
                times = self.times
                for day in days:
                    yield day, times
            else:
                yield from self._at_positions(days)

    def _periods(self, start: int, stop: int) -> Iterator[Sequence[int]]:
        """The days of each period from the one that holds `start`."""
        rule, first = self.rule, self.first
        interval = rule.interval
        since = date.fromordinal(start)
        if rule.frequency is Frequency.YEARLY:
            year = first.year + (since.year - first.year) // interval * interval
            while year <= 9999 and date(year, 1, 1).toordinal() <= stop:
                yield self._of_year(year)
                year += interval
        elif rule.frequency is Frequency.MONTHLY:
            origin = first.year * 12 + first.month - 1
            month = origin + (since.year * 12 + since.month - 1 - origin) // interval * interval
            while month < 120_000 and date(month // 12, month % 12 + 1, 1).toordinal() <= stop:
                yield self._of_month(month // 12, month % 12 + 1) if self._has_month(month % 12 + 1) else ()
                month += interval
        elif rule.frequency is Frequency.WEEKLY:
            week = self.ordinal - (first.weekday() - rule.week_start) % 7
            week += max(start - week, 0) // (7 * interval) * 7 * interval
            while week <= stop:
                yield self._of_week(week)
                week += 7 * interval
        else:
            day = self.ordinal + (start - self.ordinal) // interval * interval
            while day <= min(stop, _LAST_DAY):
                yield (day,) if self._passes(day) else ()
                day += interval

    def _has_month(self, month: int) -> bool:
        return not self.rule.by_month or month in self.rule.by_month

    def _of_week(self, week: int) -> list[int]:
        weekdays = self.weekdays or {self.first.weekday()}
        days = [day for day in range(max(week, 1), min(week + 7, _LAST_DAY + 1)) if (day - 1) % 7 in weekdays]
        if self.rule.by_month or self.rule.by_month_day or self.rule.by_year_day or self.rule.by_week_no:
            return [day for day in days if self._passes(day)]
        return days

    def _of_month(self, year: int, month: int) -> list[int]:
        rule = self.rule
        origin, length = date(year, month, 1).toordinal() - 1, _length(year, month)
        found: set[int] | None = None
        if rule.by_month_day or not rule.by_day:
            found = set()
            for each in rule.by_month_day or (self.first.day,):
                number = each if each > 0 else length + 1 + each
                if 1 <= number <= length:
                    found.add(origin + number)
                elif number > length and rule.skip != "OMIT":
                    found.add(origin + length + (1 if rule.skip == "FORWARD" else 0))
        if rule.by_day:
            named = _weekdays_of(rule.by_day, origin + 1, origin + length)
            found = named if found is None else found & named
        days = sorted(found or ())
        if rule.by_year_day or rule.by_week_no:
            return [day for day in days if self._passes(day)]
        return [day for day in days if day <= _LAST_DAY]

    def _of_year(self, year: int) -> list[int]:
        rule = self.rule
        months: Iterable[int] = sorted(set(rule.by_month)) or range(1, 13)
        low, high = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        if rule.by_week_no or rule.by_year_day:
            days = range(low, high + 1)
            found = [day for day in days if self._passes(day)]
            if not rule.by_year_day and not rule.by_day and not rule.by_month_day:
                found = [day for day in found if (day - 1) % 7 == self.first.weekday()]
            if not rule.by_week_no and any(ordinal for ordinal, _ in rule.by_day):  # they count in the year, or month
                spans = [_span_of(year, month) for month in months] if rule.by_month else [(low, high)]
                named = {day for span in spans for day in _weekdays_of(rule.by_day, *span)}
                found = [day for day in found if day in named]
            self.budget.spend(40)
            return found
        if rule.by_day and not rule.by_month:  # the ordinals count in the year
            named = _weekdays_of(rule.by_day, low, high)
            return sorted(day for day in named if self._has_month_day(day))
        if not rule.by_day and not rule.by_month_day and not rule.by_month:
            months = (self.first.month,)
        return sorted({day for month in months for day in self._of_month(year, month)})

    def _has_month_day(self, day: int) -> bool:
        wanted = self.rule.by_month_day
        if not wanted:
            return True
        found = date.fromordinal(day)
        return found.day in wanted or found.day - _length(found.year, found.month) - 1 in wanted

    def _passes(self, ordinal: int) -> bool:
        """Whether the parts of the rule that limit leave this day."""
        rule = self.rule
        if self.weekdays and (ordinal - 1) % 7 not in self.weekdays:
            return False
        day = date.fromordinal(ordinal)
        if rule.by_month and day.month not in rule.by_month:
            return False
        if not self._has_month_day(ordinal):
            return False
        if rule.by_year_day:
            number, length = day.timetuple().tm_yday, 366 if _length(day.year, 2) == 29 else 365
            if number not in rule.by_year_day and number - length - 1 not in rule.by_year_day:
                return False
        if rule.by_week_no:
            number, weeks = _week_of(day, rule.week_start)
            if number not in rule.by_week_no and number - weeks - 1 not in rule.by_week_no:
                return False
        return True

    @property
    def times(self) -> tuple[int, ...]:
        """The times of a day, in seconds, for a rule that counts in days or more."""
        if self._times is None:
            rule, first = self.rule, self.first
            hours = rule.by_hour or (first.hour,)
            minutes = rule.by_minute or (first.minute,)
            seconds = rule.by_second or (first.second,)
            self.budget.spend(len(hours) * len(minutes) * len(seconds))
            clock = product(hours, minutes, seconds)
            self._times = tuple(sorted({3600 * hour + 60 * minute + min(second, 59) for hour, minute, second in clock}))
        return self._times

    def _at_positions(self, days: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
        """BYSETPOS: those at some places of days times times, which need not be written out for it."""
        times = self.times
        size = len(days) * len(times)
        places = {at - 1 if at > 0 else size + at for at in self.rule.by_set_pos}
        for place in sorted(places):
            if 0 <= place < size:
                yield days[place // len(times)], (times[place % len(times)],)

    def _within_days(self, start: int, stop: int) -> Iterator[tuple[int, Sequence[int]]]:
        """For rules that count in hours, minutes or seconds: the times of each day that passes."""
        rule, unit = self.rule, _UNIT[self.rule.frequency]
        per_day = _DAY // unit
        origin = self.ordinal * per_day + self.second_of_day // unit
        day = start
        while day <= min(stop, _LAST_DAY):
            self.budget.spend()
            aligned = -(day * per_day - origin) % rule.interval
            if aligned >= per_day:
                day += aligned // per_day
                continue
            if self._passes(day):
                units = range(aligned, per_day, rule.interval)
                if times := self._times_of(units, unit):
                    yield day, times
            day += 1

    def _times_of(self, units: range, unit: int) -> Sequence[int]:
        rule, first = self.rule, self.first
        is_filtered = rule.by_hour or rule.by_minute or rule.by_second or rule.by_set_pos
        if not is_filtered:
            rest = self.second_of_day % unit
            return range(units.start * unit + rest, units.stop * unit + rest, units.step * unit)
        self.budget.spend(len(units) // 4 + 1)
        found: list[int] = []
        for each in units:
            second = each * unit
            if rule.by_hour and second // 3600 not in rule.by_hour:
                continue
            if unit <= 60 and rule.by_minute and second // 60 % 60 not in rule.by_minute:
                continue
            if unit == 1:
                inside = [second] if not rule.by_second or second % 60 in rule.by_second else []
            else:
                minutes = (rule.by_minute or (first.minute,)) if unit == 3600 else (0,)
                seconds = rule.by_second or (first.second,)
                self.budget.spend(len(minutes) * len(seconds) // 4)
                inside = sorted({second + minute * 60 + min(extra, 59) for minute in minutes for extra in seconds})
            if rule.by_set_pos:
                places = {at - 1 if at > 0 else len(inside) + at for at in rule.by_set_pos}
                inside = [inside[place] for place in sorted(places) if 0 <= place < len(inside)]
            found += inside
        return found


@lru_cache(maxsize=4096)
def _length(year: int, month: int) -> int:
    """How many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _span_of(year: int, month: int) -> tuple[int, int]:
    """The first day of a month and its last."""
    first = date(year, month, 1).toordinal()
    return first, first + _length(year, month) - 1


def _weekdays_of(by_day: Sequence[tuple[int, int]], low: int, high: int) -> set[int]:
    """The days from `low` to `high` that BYDAY names, its ordinals counted there."""
    found: set[int] = set()
    for ordinal, weekday in by_day:
        earliest = low + (weekday - (low - 1)) % 7
        if not ordinal:
            found.update(range(earliest, high + 1, 7))
            continue
        latest = high - ((high - 1) - weekday) % 7
        day = earliest + 7 * (ordinal - 1) if ordinal > 0 else latest + 7 * (ordinal + 1)
        if low <= day <= high:
            found.add(day)
    return found


def _week_of(day: date, week_start: int) -> tuple[int, int]:
    """The number of the week and how many its year has: the first is the one with four days in the year."""
    ordinal = day.toordinal()
    year = day.year
    begins, ends = _first_week(year, week_start), _first_week(year + 1, week_start)
    if ordinal < begins:
        begins, ends = _first_week(year - 1, week_start), begins
    elif ordinal >= ends:
        begins, ends = ends, _first_week(year + 2, week_start)
    return (ordinal - begins) // 7 + 1, (ends - begins) // 7


@lru_cache(maxsize=1024)
def _first_week(year: int, week_start: int) -> int:
    """The ordinal of the first day of the first week."""
    before = year - 1
    new_year = 365 * before + before // 4 - before // 100 + before // 400 + 1  # also where there is no such date
    since = ((new_year - 1) - week_start) % 7
    return new_year - since if since <= 3 else new_year - since + 7


@remembered(4096, longest=500)
def _parsed(text: str) -> Rule:
    parts: dict[str, str] = {}
    for part in text.removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if equals:
            parts[name.strip()] = value.strip()
    try:
        frequency = Frequency[parts["FREQ"]]
    except KeyError:
        raise InvalidRule("FREQ") from None
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise InvalidRule("RSCALE")
    if parts.get("WKST", "MO") not in _WEEKDAYS:
        raise InvalidRule("WKST")
    until = None
    if "UNTIL" in parts:
        until = When.parse(parts["UNTIL"])
        if until is None:
            raise InvalidRule("UNTIL")
    return Rule(
        frequency,
        interval=max(_whole(parts, "INTERVAL", 1) or 1, 1),
        count=max(count, 1) if (count := _whole(parts, "COUNT", None)) is not None else None,
        until=until,
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
        by_second=_numbers(parts, "BYSECOND"),
        by_minute=_numbers(parts, "BYMINUTE"),
        by_hour=_numbers(parts, "BYHOUR"),
        by_day=_days(parts.get("BYDAY", "")),
        by_month_day=_numbers(parts, "BYMONTHDAY"),
        by_year_day=_numbers(parts, "BYYEARDAY"),
        by_week_no=_numbers(parts, "BYWEEKNO"),
        by_month=_numbers(parts, "BYMONTH"),
        by_set_pos=_numbers(parts, "BYSETPOS"),
        skip=parts.get("SKIP", "OMIT") if parts.get("SKIP") in ("FORWARD", "BACKWARD") else "OMIT",
    )


def _whole(parts: dict[str, str], name: str, default: int | None) -> int | None:
    written = parts.get(name)
    if written is None:
        return default
    if not _NUMBER.fullmatch(written):
        raise InvalidRule(name)
    return int(written)


def _numbers(parts: dict[str, str], name: str) -> tuple[int, ...]:
    written = parts.get(name, "")
    if not written:
        return ()
    least, most = _RANGES[name]
    found = []
    for each in written.split(","):
        if not _NUMBER.fullmatch(each.strip()):
            raise InvalidRule(name)
        number = int(each)
        if not least <= number <= most or (least < 0 and number == 0):
            raise InvalidRule(name)
        found.append(number)
    return tuple(dict.fromkeys(found))


def _days(written: str) -> tuple[tuple[int, int], ...]:
    found = []
    for each in written.split(",") if written else ():
        match = _BY_DAY.fullmatch(each.strip())
        if not match or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise InvalidRule("BYDAY")
        found.append((int(match[1] or 0), _WEEKDAYS.index(match[2])))
    return tuple(dict.fromkeys(found))
