"""A zone of the tz database as a VTIMEZONE, for objects that name it. RFC 5545 §3.6.5.

Changes of the clock that come by one rule year after year are written as that rule, others one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from farley.codecs.contentline import fold
from farley.codecs.icalendar_values import write_offset

YEARS: Final = 12  # that a rule must hold for, and for which single changes are written

_CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _Change(NamedTuple):
    at: datetime  # by the clock before
    before: timedelta
    after: timedelta
    is_daylight: bool
    name: str


@lru_cache(maxsize=256)
def vtimezone(key: str, year: int) -> bytes:
    """The definition of zone `key`, right from `year` on, in CRLF lines. Raises what ZoneInfo raises for no zone."""
    zone = ZoneInfo(key)
    changes = list(_changes(zone, year - 1, year + YEARS))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{key}"]
    if not changes:
        since = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
        offset = zone.utcoffset(datetime(year, 1, 1, tzinfo=zone)) or timedelta(0)
        name = datetime(year, 1, 1, tzinfo=zone).tzname() or key
        lines += _observance(_Change(since, offset, offset, False, name), [])
    for is_daylight in (False, True):
        mine = [change for change in changes if change.is_daylight is is_daylight]
        if mine:
            lines += _of_kind(mine)
    return b"".join(map(fold, [*lines, "END:VTIMEZONE"]))


def _of_kind(changes: list[_Change]) -> Iterator[str]:
    """By one rule, if there is one that says them all; else with every change."""
    first = changes[0]
    rule = _rule(changes)
    if rule and all(each[1:] == first[1:] for each in changes):
        yield from _observance(first, [f"RRULE:{rule}"])
        return
    for each in changes:  # offsets and names may differ, too
        yield from _observance(each, [])


def _observance(change: _Change, more: list[str]) -> Iterator[str]:
    kind = "DAYLIGHT" if change.is_daylight else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{change.at:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{write_offset(change.before)}"
    yield f"TZOFFSETTO:{write_offset(change.after)}"
    yield f"TZNAME:{change.name}"
    yield from more
    yield f"END:{kind}"


def _rule(changes: list[_Change]) -> str:
    """The yearly rule by which all of them come: the nth or the last weekday of one month."""
    first = changes[0].at
    years = [change.at.year for change in changes]
    if years != list(range(years[0], years[0] + len(years))) or len(years) < YEARS:
        return ""
    if any((each.at.month, each.at.weekday(), each.at.time()) != _when(first) for each in changes):
        return ""
    from_end = {_nth_from_end(each.at) for each in changes}
    from_start = {(each.at.day - 1) // 7 + 1 for each in changes}
    nth = -1 if from_end == {1} else from_start.pop() if len(from_start) == 1 else 0
    return f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={nth}{_CODES[first.weekday()]}" if nth else ""


def _when(moment: datetime) -> tuple[object, ...]:
    return moment.month, moment.weekday(), moment.time()


def _nth_from_end(moment: datetime) -> int:
    following = date(moment.year + moment.month // 12, moment.month % 12 + 1, 1)
    return ((following - moment.date()).days - 1) // 7 + 1


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[_Change]:
    """The changes of the clock in these years."""
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    step = timedelta(days=7)  # no clock is changed twice within
    known = _told(zone, moment)
    while moment < end:
        ahead = moment + step
        told = _told(zone, ahead)
        if told != known:
            low, high = moment, ahead
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=int((high - low).total_seconds()) // 120)
                low, high = (middle, high) if _told(zone, middle) == known else (low, middle)
            after = _told(zone, high)
            at = (high + known[0]).replace(tzinfo=None)
            yield _Change(at, known[0], after[0], bool(after[1]), after[2])
        moment, known = ahead, told


def _told(zone: ZoneInfo, moment: datetime) -> tuple[timedelta, timedelta, str]:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.dst() or timedelta(0), local.tzname() or ""
