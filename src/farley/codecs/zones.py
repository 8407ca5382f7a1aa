"""Time zones as calendars name them: from an object's own VTIMEZONE, from the tz database, by Windows' names.

All times here are without a tzinfo: what the wall shows, or UTC. A time that a change of the clock leaves out counts
with the offset before it, one that comes twice is the first. RFC 5545 §3.3.5 and §3.6.5.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from farley.codecs.icalendar_object import Component, ICalendar
from farley.codecs.icalendar_values import NAIVE_MAX, NAIVE_MIN, When, parse_offset, plus
from farley.codecs.recurrence_rule import Budget, InvalidRule, OutOfBudget, Rule
from farley.codecs.remembering import remembered
from farley.codecs.windows_zones import WINDOWS_ZONES

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_FIXED = re.compile(r"(?:GMT|UTC|Z|Etc/GMT)?\s*([+-]\d{1,2}):?(\d{2})?", re.IGNORECASE | re.ASCII)
_IN_BRACKETS = re.compile(r"\((?:GMT|UTC)([+-]\d{2}:\d{2})?\)", re.IGNORECASE | re.ASCII)
_MAX_CHANGES = 20_000  # of one zone: more than two a year
_MAX_OBSERVANCES = 1_000
_CITIES = {key.rpartition("/")[2].lower(): key for key in WINDOWS_ZONES.values() if "/" in key}
_UNITED = {"utc", "gmt", "z", "zulu", "etc/utc", "utc/gmt", "tzone://microsoft/utc", "coordinated universal time"}


class Zone(Protocol):
    """Somewhere with a clock on the wall."""

    def to_utc(self, local: datetime) -> datetime: ...

    def from_utc(self, moment: datetime) -> datetime: ...


@dataclass(frozen=True, slots=True)
class FixedZone:
    """A clock that is never changed."""

    offset: timedelta

    def to_utc(self, local: datetime) -> datetime:
        return plus(local, -self.offset)

    def from_utc(self, moment: datetime) -> datetime:
        return plus(moment, self.offset)


@dataclass(frozen=True, slots=True)
class DatabaseZone:
    """A zone of the tz database."""

    info: ZoneInfo

    def to_utc(self, local: datetime) -> datetime:
        offset = local.replace(tzinfo=self.info).utcoffset()
        return plus(local, -offset) if offset else local

    def from_utc(self, moment: datetime) -> datetime:
        try:
            return moment.replace(tzinfo=UTC).astimezone(self.info).replace(tzinfo=None, fold=0)
        except OverflowError:
            return moment


class DefinedZone:
    """A zone as a VTIMEZONE defines it. Before the first change its clock is as it was before that change."""

    def __init__(self, observances: list["_Observance"]) -> None:
        self._observances = observances
        self._before = min(observances, key=lambda each: each.start).offset_from
        self._changes = _Changes(NAIVE_MIN, (), (), ())  # replaced at once: objects in several threads share a zone

    def to_utc(self, local: datetime) -> datetime:
        changes = self._until(local)
        return plus(local, -self._offset(changes, bisect_right(changes.walls, local)))

    def from_utc(self, moment: datetime) -> datetime:
        changes = self._until(moment)
        return plus(moment, self._offset(changes, bisect_right(changes.moments, moment)))

    def _offset(self, changes: "_Changes", place: int) -> timedelta:
        return changes.offsets[place - 1] if place else self._before

    def _until(self, at: datetime) -> "_Changes":
        """All changes up to some years after `at`."""
        if at <= self._changes.until:
            return self._changes
        until = datetime(min(at.year // 10 * 10 + 20, 9999), 12, 31, 23, 59, 59)  # noqa: DTZ001
        budget = Budget(_MAX_CHANGES)
        found: list[tuple[datetime, timedelta, timedelta]] = []
        with suppress(OutOfBudget):
            for each in self._observances:
                before, after = each.offset_from, each.offset_to
                found += [(plus(local, -before), before, after) for local in each.changes(until, budget)]
        found.sort()
        walls = accumulate((plus(moment, max(before, after)) for moment, before, after in found), max)
        moments, offsets = tuple(moment for moment, _, _ in found), tuple(after for _, _, after in found)
        self._changes = _Changes(max(until, at), moments, tuple(walls), offsets)
        return self._changes


class _Changes(NamedTuple):
    """The changes of a clock up to `until`."""

    until: datetime
    moments: tuple[datetime, ...]  # of each, in UTC
    walls: tuple[datetime, ...]  # what the wall shows from which on the new offset counts; in order
    offsets: tuple[timedelta, ...]  # after each


class _Observance:
    """One STANDARD or DAYLIGHT."""

    def __init__(self, start: datetime, offset_from: timedelta, offset_to: timedelta) -> None:
        self.start, self.offset_from, self.offset_to = start, offset_from, offset_to
        self.rules: list[tuple[Rule, datetime]] = []  # with the last time by the clock before the change
        self.dates: list[datetime] = []

    def changes(self, until: datetime, budget: Budget) -> Iterator[datetime]:
        yield self.start
        for local in self.dates:
            yield local
        for rule, last in self.rules:
            for local in rule.starts(self.start, self.start, min(until, last), budget):
                yield local


class Zones:
    """What the TZIDs of one object mean. A floating time, a date and a TZID nobody knows are at `floating`."""

    def __init__(self, ical: ICalendar, floating: Zone) -> None:
        self._defined = ical.zones
        self._floating = floating
        self._found: dict[str, Zone] = {}

    def of(self, when: When) -> Zone:
        if when.zone is None:
            return self._floating
        found = self._found.get(when.zone)
        if found is None:
            found = self._found[when.zone] = self._meant(when.zone)
        return found

    def instant(self, when: When) -> datetime:
        """The point in time in UTC, without a tzinfo."""
        return self.of(when).to_utc(when.local)

    def _meant(self, tzid: str) -> Zone:
        component = self._defined.get(tzid.strip())
        defined = defined_zone(component.octets) if component else None
        return defined or named_zone(tzid) or self._floating


@remembered(512)
def named_zone(name: str) -> Zone | None:
    """The zone a program means by `name`: a key of the tz database, also with a path before it, a name of Windows' or
    Exchange's, an offset. None where nobody knows."""
    name = name.strip().strip('"')
    if name.lower() in _UNITED:
        return FixedZone(timedelta(0))
    parts = name.strip("/").split("/")
    for taken in (3, 2, 1):  # /mozilla.org/20050126_1/Europe/Berlin
        if len(parts) >= taken and (found := _of_database("/".join(parts[-taken:]))):
            return found
    windows = WINDOWS_ZONES.get(name) or WINDOWS_ZONES.get(re.sub(r"\s*\d$", "", name))
    if windows:
        return _of_database(windows)
    if fixed := _FIXED.fullmatch(name):
        hours, minutes = int(fixed[1]), int(fixed[2] or 0)
        return _fixed(hours, minutes, is_negative=fixed[1].startswith("-"))
    if shown := _IN_BRACKETS.match(name):  # (UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna
        cities = [city.strip().lower().replace(" ", "_") for city in name[shown.end() :].split(",")]
        key = next((_CITIES[city] for city in cities if city in _CITIES), None)
        if key:
            return _of_database(key)
        offset = shown[1] or "+00:00"
        return _fixed(int(offset[:3]), int(offset[4:]), is_negative=offset[0] == "-")
    return None


def _fixed(hours: int, minutes: int, *, is_negative: bool) -> Zone | None:
    if abs(hours) > 14 or minutes > 59:
        return None
    return FixedZone(timedelta(hours=hours, minutes=-minutes if is_negative else minutes))


def _of_database(key: str) -> Zone | None:
    if not _KEY.fullmatch(key):
        return None
    try:
        return DatabaseZone(ZoneInfo(key))
    except (KeyError, ValueError, OSError):  # no such zone, or a folder of zones
        return None


@remembered(256, longest=20_000)  # the same few definitions come with every object
def defined_zone(octets: bytes) -> DefinedZone | None:
    """What the octets of a VTIMEZONE define; None where they define nothing."""
    root = ICalendar(b"BEGIN:VCALENDAR\r\n" + octets + b"\r\nEND:VCALENDAR\r\n").root
    zone = next(iter(root.components), None)
    parts = zone.components[:_MAX_OBSERVANCES] if zone else []
    observances = [found for each in parts if (found := _observance(each))]
    return DefinedZone(observances) if observances else None


def _observance(component: Component) -> _Observance | None:
    start = component.start_at
    before = parse_offset(component.text("TZOFFSETFROM"))
    after = parse_offset(component.text("TZOFFSETTO"))
    if start is None or after is None or component.name not in ("STANDARD", "DAYLIGHT"):
        return None
    found = _Observance(start.local, after if before is None else before, after)
    for each in component.properties("RDATE"):
        found.dates += [
            plus(when.local, found.offset_from) if when.zone == "UTC" else when.local for when in each.whens
        ][:_MAX_CHANGES]
    for each in component.properties("RRULE"):
        try:
            rule = Rule.parse(each.text)
        except InvalidRule:
            continue
        last = NAIVE_MAX
        if rule.until:
            last = plus(rule.until.local, found.offset_from) if rule.until.zone == "UTC" else rule.until.local
            last = plus(last, timedelta(days=1, seconds=-1)) if rule.until.is_date else last
        found.rules.append((rule, last))
    return found
