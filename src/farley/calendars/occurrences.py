"""When the entries of calendars take place: by window, over many of them, bounded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from farley.calendars.models import CalendarObject
from farley.calendars.timed import Timed, read
from farley.codecs import recurrence
from farley.codecs.free_busy import BusyKind, BusyTime, merged
from farley.codecs.icalendar import Component, ICalendar, When
from farley.codecs.recurrence_rule import Allowance, Budget

MAX_OCCURRENCES: Final = 50_000  # that one question about many entries is answered with
MAX_OF_ONE: Final = 5_000  # occurrences of one entry in one question
_PAGE = 500  # of so many entries what they say is in memory at once,
_PAGE_OCTETS = 4 * 2**20  # unless it is more than this; a larger one is by itself
_KEPT_OCTETS = 8 * 2**20  # of entries whose occurrences are found with their components
_FEW, _FEW_STEPS = 200, 200  # of one entry, before those that ask more get what is left
_MOMENT = dt.timedelta(microseconds=1)
_WEEK, _SEASON = dt.timedelta(weeks=1), dt.timedelta(days=100)  # no clock is changed twice within the first
_STEPS = 400_000  # of all rules that one question is about: some seconds at the most


class Occurrence(NamedTuple):
    """One time that an entry takes place, as its own component, an override perhaps, tells of it.

    `start` and `end` are instants in UTC, and of all-day ones midnights of the zone that was asked for; `first_day`
    and `last_day` are their days there. `recurrence_id` tells it from others of its series; None for what does not
    recur.
    """

    entry: Timed
    start: dt.datetime
    end: dt.datetime
    first_day: dt.date
    last_day: dt.date  # included
    is_all_day: bool
    recurrence_id: When | None
    summary: str
    location: str
    status: str
    is_transparent: bool
    component: Component | None  # None: the entry's columns say all of it, or much is asked about at once


class Found(list[Occurrence]):
    """Occurrences in the order of their starts. `cut` are the entries of which there are more than are told."""

    def __init__(self, occurrences: Iterable[Occurrence] = (), cut: Sequence[Timed] = ()) -> None:
        super().__init__(occurrences)
        self.cut = list(cut)

    @property
    def is_complete(self) -> bool:
        return not self.cut


class Purse:
    """What the series that one question is about may take together: work, and occurrences.

    Those that ask little have a share of their own: who asks about several calendars is told of all of them, whatever
    is in one.
    """

    def __init__(self) -> None:
        self.budget, self.room, self.little_room = Allowance(_STEPS), MAX_OCCURRENCES, MAX_OCCURRENCES
        self._kept = 0

    @property
    def is_empty(self) -> bool:
        return self.budget.is_spent or self.room <= 0

    @property
    def has_little(self) -> bool:
        return not self.budget.little.is_spent and self.little_room > 0

    def keeps(self, size: int) -> bool:
        """Whether what an entry of so many octets says may stay in memory, some twenty times as large, for the answer.

        The first one's always may.
        """
        is_first, self._kept = not self._kept, self._kept + size
        return is_first or self._kept <= _KEPT_OCTETS

    def expand(self, ical: ICalendar, window: _Window, *, steps: int, most: int, is_last: bool) -> recurrence.Expansion:
        room = self.room if is_last else self.little_room
        budget, limit = Budget(steps, self.budget), min(most, max(room, 1))
        found = recurrence.occurrences(ical, window.start, window.end, floating=window.zone, limit=limit, budget=budget)
        if is_last:
            self.room -= len(found.occurrences)
        elif found.is_complete:
            self.little_room -= len(found.occurrences)
        return found


class _Window(NamedTuple):
    start: dt.datetime  # in UTC, as are the times of entries: to compare times of two zones takes many times as long
    end: dt.datetime
    zone: dt.tzinfo

    @classmethod
    def of(cls, start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> _Window:
        return cls(start.astimezone(dt.UTC), end.astimezone(dt.UTC), zone)


class _Said(NamedTuple):
    """What an occurrence says besides when."""

    summary: str
    location: str
    status: str
    is_transparent: bool

    @classmethod
    def by(cls, component: Component) -> _Said:
        return cls(
            component.text("SUMMARY"),
            component.text("LOCATION"),
            component.text("STATUS").strip().upper(),
            component.text("TRANSP").strip().upper() == "TRANSPARENT",
        )


class _Time(NamedTuple):
    """An occurrence as it was found."""

    entry: Timed
    start: dt.datetime
    end: dt.datetime
    is_all_day: bool
    recurrence_id: When | None
    said: _Said
    component: Component | None


def within(
    entries: Iterable[Timed | CalendarObject],
    start: dt.datetime,
    end: dt.datetime,
    *,
    zone: dt.tzinfo,
    purse: Purse | None = None,
) -> Found:
    """All occurrences of `entries` that overlap the time from `start` up to, not including, `end`; both aware.

    Dates and times without a zone are at `zone`, that of the reader. Ask of entries whose bounds meet the window
    (`meeting`); of those that happen once without a floating time the octets are not read. A rule that asks too much,
    or too many occurrences, are cut and told of in `cut`: all together take what is in `purse`, those that ask little
    first.
    """
    window = _Window.of(start, end, zone)
    found, cut = _times(entries, window, purse or Purse())
    found.sort(key=lambda each: (each.start, not each.is_all_day, each.end, each.entry.pk))
    if len(found) > MAX_OCCURRENCES:
        cut += [each.entry for each in found[MAX_OCCURRENCES:]]
        del found[MAX_OCCURRENCES:]
    day_of = _days_at(window)
    return Found([_told(each, day_of) for each in found], cut)


def busy(
    entries: Iterable[Timed | CalendarObject],
    start: dt.datetime,
    end: dt.datetime,
    *,
    zone: dt.tzinfo,
    purse: Purse | None = None,
) -> list[BusyTime]:
    """The times within the window in which `entries` keep somebody busy, merged, in order. RFC 4791 §7.10.

    Of events alone; what is transparent or cancelled keeps nobody busy. Who asks leaves out transparent calendars.
    Where a series asks for more than can be told, all that is not known of it counts as busy: nobody is to be taken for
    free who is not.
    """
    times = []
    found, cut = _times(entries, _Window.of(start, end, zone), purse or Purse())
    lasts: dict[int, dt.datetime] = {}
    for each in found:
        if each.end > each.start and (kind := _kind_of(each.entry, each.said.status, each.said.is_transparent)):
            times.append(BusyTime(max(each.start, start), min(each.end, end), kind))
            lasts[each.entry.pk] = max(each.end, lasts.get(each.entry.pk, each.end))
    for entry in cut:
        kind = _kind_of(entry, entry.status, entry.is_transparent)
        has_length = entry.pk in lasts or entry.is_all_day or entry.starts_at != entry.ends_at
        if kind and has_length and (last := max(lasts.get(entry.pk, start), start)) < end:
            times.append(BusyTime(last, end, kind))
    return merged(times)


def of_object(
    entry: CalendarObject,
    start: dt.datetime,
    end: dt.datetime,
    *,
    zone: dt.tzinfo,
    most: int = MAX_OF_ONE,
    steps: int = recurrence.STEPS,
    purse: Purse | None = None,
) -> Found:
    """The occurrences of one entry in the window, `most` of them at most."""
    found: list[_Time] = []
    window = _Window.of(start, end, zone)
    cut = _expand([Timed.of(entry)], window, purse or Purse(), found, steps=steps, most=most, is_last=True)
    day_of = _days_at(window)
    return Found([_told(each, day_of) for each in sorted(found, key=lambda each: (each.start, each.end))], cut)


def _kind_of(entry: Timed, status: str, is_transparent: bool) -> BusyKind | None:
    if entry.component != CalendarObject.Kind.EVENT or is_transparent or status == "CANCELLED":
        return None
    return BusyKind.TENTATIVE if status == "TENTATIVE" else BusyKind.BUSY


def _times(entries: Iterable[Timed | CalendarObject], window: _Window, purse: Purse) -> tuple[list[_Time], list[Timed]]:
    """What takes place, in no order, and entries of which there is more."""
    found: list[_Time] = []
    waiting: list[Timed] = []
    asking: list[Timed] = []
    cut: list[Timed] = []
    for given in entries:
        entry = given if isinstance(given, Timed) else Timed.of(given)
        if entry.is_recurring or entry.starts_at is None or (entry.is_floating and not entry.is_all_day):
            waiting.append(entry)
        elif (one := _once(entry, entry.starts_at, window)) is not None:
            found.append(one)
    for page in pages(waiting):
        asking += _expand(page, window, purse, found, steps=_FEW_STEPS, most=_FEW)
    for page in pages(asking):
        cut += _expand(page, window, purse, found, steps=recurrence.STEPS, most=MAX_OF_ONE, is_last=True)
    return found, cut


def pages(entries: Sequence[Timed]) -> Iterator[Sequence[Timed]]:
    """Entries, as many at a time as may be read into memory together."""
    start = size = 0
    for place, entry in enumerate(entries):
        if place > start and (place - start == _PAGE or size + entry.size > _PAGE_OCTETS):
            yield entries[start:place]
            start, size = place, 0
        size += entry.size
    if start < len(entries):
        yield entries[start:]


def _once(entry: Timed, first: dt.datetime, window: _Window) -> _Time | None:
    """What happens once, from its columns alone."""
    last = entry.ends_at or first
    if entry.is_all_day:
        first, last = _midnight(first.date(), window.zone), _midnight(last.date(), window.zone)
    start, end = window.start, window.end
    if not (first < end and (last > start or (first == last and first >= start))):
        return None
    said = _Said(entry.summary, entry.location, entry.status, entry.is_transparent)
    return _Time(entry, first, last, entry.is_all_day, None, said, None)


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """In UTC, as the codec counts: a midnight that the clock leaves out has the offset before it."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC)


def _expand(
    entries: Sequence[Timed],
    window: _Window,
    purse: Purse,
    found: list[_Time],
    *,
    steps: int,
    most: int,
    is_last: bool = False,
) -> list[Timed]:
    """Find the occurrences of entries, as far as each may ask; return those that ask more.

    Of these nothing is found yet, but where it `is_last`.
    """
    more = []
    said_by = read(entries)
    for entry in entries:
        if entry.is_recurring and (purse.is_empty if is_last else not purse.has_little):
            more.append(entry)
            continue
        ical = said_by[entry.content_id]
        expansion = purse.expand(ical, window, steps=steps, most=most, is_last=is_last)
        if not expansion.is_complete:
            more.append(entry)
            if not is_last:
                continue
        said: dict[int, _Said] = ical.once(_Said, dict)  # by component
        is_kept = bool(expansion.occurrences) and purse.keeps(entry.size)
        for each in expansion.occurrences:
            component = each.component
            if component.start not in said:
                said[component.start] = _Said.by(component)
            told = said[component.start]
            kept = component if is_kept else None
            found.append(_Time(entry, each.start, each.end, each.is_all_day, each.recurrence_id, told, kept))
    return more


def _days_at(window: _Window) -> Callable[[dt.datetime], dt.date]:
    """Which day an instant is of where the window is looked from: told quicker where no clock is changed within it."""
    start, end, zone = window

    def day_of(moment: dt.datetime) -> dt.date:
        return moment.astimezone(zone).date()

    if end - start > _SEASON:
        return day_of
    looks = [*(start + _WEEK * n for n in range((end - start) // _WEEK + 1)), end]
    offsets = {look.astimezone(zone).utcoffset() for look in looks}
    offset = offsets.pop()
    if offsets or offset is None:
        return day_of

    def day_within(moment: dt.datetime) -> dt.date:
        return (moment + offset).date() if start <= moment <= end else day_of(moment)

    return day_within


def _told(each: _Time, day_of: Callable[[dt.datetime], dt.date]) -> Occurrence:
    first = day_of(each.start)
    last = max(day_of(each.end - _MOMENT), first) if each.end > each.start else first
    return Occurrence(
        each.entry, each.start, each.end, first, last, each.is_all_day, each.recurrence_id, *each.said, each.component
    )


def zone_named(name: str) -> ZoneInfo:
    """The zone of a user or calendar; UTC for one that the tz database does not know any more."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
