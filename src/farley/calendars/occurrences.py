"""When the entries of calendars take place: by window, over many of them, bounded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from farley.calendars.models import CalendarObject
from farley.codecs import recurrence
from farley.codecs.free_busy import BusyKind, BusyTime, merged
from farley.codecs.icalendar import Component, ICalendar, When
from farley.codecs.recurrence_rule import Budget
from farley.journal.models import Content

MAX_OCCURRENCES: Final = 50_000  # that one question about many entries is answered with
MAX_OF_ONE: Final = 5_000  # occurrences of one entry in one question
_PAGE = 500  # octets of so many are in memory at once
_FEW, _FEW_STEPS = 200, 200  # of one entry, before those that ask more get what is left
_STEPS = 400_000  # of all rules that one question is about: some seconds at the most


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an entry takes place, as its own component, an override perhaps, tells of it.

    `start` and `end` are instants in UTC, and of all-day ones midnights of the zone that was asked for; `first_day`
    and `last_day` are their days there. `recurrence_id` tells it from others of its series; None for what does not
    recur.
    """

    entry: CalendarObject
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
    component: Component | None  # None: the entry's columns say all of it


class Found(list[Occurrence]):
    """Occurrences in the order of their starts. `cut` are the entries of which there are more than are told."""

    def __init__(self, occurrences: Iterable[Occurrence] = (), cut: Sequence[CalendarObject] = ()) -> None:
        super().__init__(occurrences)
        self.cut = list(cut)

    @property
    def is_complete(self) -> bool:
        return not self.cut


class Purse:
    """What the series that one question is about may take together: work, and occurrences."""

    def __init__(self) -> None:
        self.budget, self.room = Budget(_STEPS), MAX_OCCURRENCES

    @property
    def is_empty(self) -> bool:
        return self.budget.is_spent or self.room <= 0

    def expand(self, ical: ICalendar, window: _Window, *, steps: int, most: int) -> recurrence.Expansion:
        budget, limit = Budget(steps, self.budget), min(most, max(self.room, 1))
        found = recurrence.occurrences(ical, window.start, window.end, floating=window.zone, limit=limit, budget=budget)
        self.room -= len(found.occurrences)
        return found


class _Window(NamedTuple):
    start: dt.datetime
    end: dt.datetime
    zone: dt.tzinfo


def within(
    entries: Iterable[CalendarObject],
    start: dt.datetime,
    end: dt.datetime,
    *,
    zone: dt.tzinfo,
    purse: Purse | None = None,
) -> Found:
    """All occurrences of `entries` that overlap the time from `start` up to, not including, `end`; both aware.

    Dates and times without a zone are at `zone`, that of the reader. Only entries whose bounds meet the window are
    read, and of those that happen once without a floating time not even the octets. A rule that asks too much, or too
    many occurrences, are cut and told of in `cut`: all together take what is in `purse`, those that ask little first.
    """
    found: list[Occurrence] = []
    cut: list[CalendarObject] = []
    waiting: list[CalendarObject] = []
    window, purse = _Window(start, end, zone), purse or Purse()
    asking: list[CalendarObject] = []
    for entry in entries:
        if not _may_meet(entry, start, end):
            continue
        if entry.is_recurring or entry.starts_at is None or (entry.is_floating and not entry.is_all_day):
            waiting.append(entry)
        elif (one := _once(entry, start, end, zone)) is not None:
            found.append(one)
        if len(waiting) == _PAGE:
            asking += _expand(waiting, window, purse, found, steps=_FEW_STEPS, most=_FEW)
            waiting = []
    asking += _expand(waiting, window, purse, found, steps=_FEW_STEPS, most=_FEW)
    for n in range(0, len(asking), _PAGE):
        page = asking[n : n + _PAGE]
        cut += _expand(page, window, purse, found, steps=recurrence.STEPS, most=MAX_OF_ONE, is_last=True)
    found.sort(key=lambda each: (each.start, not each.is_all_day, each.end, each.entry.pk))
    if len(found) > MAX_OCCURRENCES:
        cut += [each.entry for each in found[MAX_OCCURRENCES:]]
        del found[MAX_OCCURRENCES:]
    return Found(found, cut)


def busy(
    entries: Iterable[CalendarObject],
    start: dt.datetime,
    end: dt.datetime,
    *,
    zone: dt.tzinfo,
    purse: Purse | None = None,
) -> list[BusyTime]:
    """The times within the window in which `entries` keep somebody busy, merged, in order. RFC 4791 §7.10.

    Of events alone; what is transparent or cancelled keeps nobody busy. Who asks leaves out transparent calendars.
    """
    times = []
    for each in within(entries, start, end, zone=zone, purse=purse):
        is_event = each.entry.component == CalendarObject.Kind.EVENT
        if is_event and not each.is_transparent and each.status != "CANCELLED" and each.end > each.start:
            kind = BusyKind.TENTATIVE if each.status == "TENTATIVE" else BusyKind.BUSY
            times.append(BusyTime(max(each.start, start), min(each.end, end), kind))
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
    found: list[Occurrence] = []
    window = _Window(start, end, zone)
    cut = _expand([entry], window, purse or Purse(), found, steps=steps, most=most, is_last=True)
    return Found(sorted(found, key=lambda each: (each.start, each.end)), cut)


def _may_meet(entry: CalendarObject, start: dt.datetime, end: dt.datetime) -> bool:
    first, last = entry.first_at, entry.last_at
    return first is not None and last is not None and first < end and last >= start


def _once(entry: CalendarObject, start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> Occurrence | None:
    """What happens once, from its columns alone."""
    assert entry.starts_at is not None
    first, last = entry.starts_at, entry.ends_at or entry.starts_at
    if entry.is_all_day:
        first, last = _midnight(first.date(), zone), _midnight(last.date(), zone)
    if not (first < end and (last > start or (first == last and first >= start))):
        return None
    return _made(
        entry, first, last, zone, entry.is_all_day, None, entry.summary, entry.location, entry.status,
        entry.is_transparent, None,
    )  # fmt: skip


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """In UTC, as the codec counts: a midnight that the clock leaves out has the offset before it."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC)


def _expand(
    entries: Sequence[CalendarObject],
    window: _Window,
    purse: Purse,
    found: list[Occurrence],
    *,
    steps: int,
    most: int,
    is_last: bool = False,
) -> list[CalendarObject]:
    """Find the occurrences of entries, as far as each may ask; return those that ask more.

    Of these nothing is found yet, but where it `is_last`.
    """
    wanted = [entry.content_id for entry in entries if "content" not in entry._state.fields_cache]
    octets = dict(Content.objects.filter(pk__in=wanted).values_list("pk", "octets")) if wanted else {}
    more = []
    for entry in entries:
        if entry.is_recurring and purse.is_empty:
            more.append(entry)
            continue
        data = octets.get(entry.content_id)
        ical = entry.ical if data is None else ICalendar(bytes(data))
        expansion = purse.expand(ical, window, steps=steps, most=most)
        if not expansion.is_complete:
            more.append(entry)
            if not is_last:
                purse.room += len(expansion.occurrences)
                continue
        said: dict[int, tuple[str, str, str, bool]] = {}  # by component: most occurrences are of one
        for each in expansion.occurrences:
            component = each.component
            if component.start not in said:
                said[component.start] = (
                    component.text("SUMMARY"),
                    component.text("LOCATION"),
                    component.text("STATUS").strip().upper(),
                    component.text("TRANSP").strip().upper() == "TRANSPARENT",
                )
            told = (*said[component.start], component)
            found.append(_made(entry, each.start, each.end, window.zone, each.is_all_day, each.recurrence_id, *told))
    return more


def _made(
    entry: CalendarObject,
    start: dt.datetime,
    end: dt.datetime,
    zone: dt.tzinfo,
    is_all_day: bool,
    recurrence_id: When | None,
    summary: str,
    location: str,
    status: str,
    is_transparent: bool,
    component: Component | None,
) -> Occurrence:
    first = start.astimezone(zone).date()
    last = max((end - dt.timedelta(microseconds=1)).astimezone(zone).date(), first)
    return Occurrence(
        entry, start, end, first, last, is_all_day, recurrence_id, summary, location, status, is_transparent, component
    )


def zone_named(name: str) -> ZoneInfo:
    """The zone of a user or calendar; UTC for one that the tz database does not know any more."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
