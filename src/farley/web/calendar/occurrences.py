"""What takes place in a span of time, as the pages show it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from farley.calendars import occurrences
from farley.calendars.models import CalendarObject
from farley.calendars.seeing import is_told
from farley.calendars.timed import Timed, shown_between, timed
from farley.codecs.free_busy import BusyKind
from farley.web.addresses import address, around_ids
from farley.web.calendar.calendars_shown import ShownCalendar
from farley.web.shell.requests import PageRequest

MOST_OF_ONE = 200  # occurrences of one series that a page has room for
LONG = dt.timedelta(hours=24)  # what lasts so long is a bar over its days


@dataclass(slots=True)
class Item:
    """One occurrence, by the reader’s clock. Of what one may only know that somebody is busy, nothing else is here."""

    start: dt.datetime
    end: dt.datetime
    first_day: dt.date
    last_day: dt.date
    title: str
    hue: str
    calendar: str
    icon: str
    calendar_pk: int = 0
    pk: int = 0
    at: str = ""  # its RECURRENCE-ID as written; "" for what does not recur
    place: str = ""
    is_all_day: bool = False
    is_tentative: bool = False
    is_cancelled: bool = False
    is_past: bool = False
    is_task: bool = False
    is_done: bool = False
    is_busy: bool = False
    can_edit: bool = False
    url: str = ""
    move_url: str = ""
    style: str = ""
    is_short: bool = False

    @property
    def is_bar(self) -> bool:
        return self.is_all_day or self.end - self.start >= LONG

    @property
    def clock(self) -> str:
        return "" if self.is_all_day else _clock(self.start)

    @property
    def until_clock(self) -> str:
        return "" if self.is_all_day or self.end == self.start else _clock(self.end)

    @property
    def state(self) -> str:
        """What the classes of the style sheet say of it."""
        words = ["past"] if self.is_past else []
        if self.is_tentative:
            words.append("tent")
        if self.is_cancelled or self.is_done:
            words.append("gone")
        if self.is_busy:
            words.append("busy")
        if self.is_short:
            words.append("short")
        return " ".join(words)

    @property
    def told(self) -> str:
        """What colours and patterns say, in words."""
        said = [self.calendar]
        if self.is_tentative:
            said.append(gettext("tentative"))
        if self.is_cancelled:
            said.append(gettext("cancelled"))
        if self.is_done:
            said.append(pgettext("a task", "done"))
        return ", ".join(said)


def _clock(at: dt.datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}"


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at the calendar when, and how addresses of entries are written: what all items of a page share."""

    zone: dt.tzinfo
    now: dt.datetime
    entry: tuple[str, ...]
    move: tuple[str, ...]

    @classmethod
    def of_now(cls) -> Look:
        return cls(timezone.get_current_timezone(), timezone.now(), around_ids("entry"), around_ids("move-entry"))

    def url_of(self, pk: int, at: str) -> str:
        url = f"{self.entry[0]}{pk}{self.entry[1]}"
        return f"{url}?at={at}" if at else url


class Spot(NamedTuple):
    """Where something stands on a page, which of many draws a few."""

    first_day: dt.date
    last_day: dt.date
    start: dt.datetime
    is_bar: bool
    hue: str
    shown: ShownCalendar
    of: occurrences.Occurrence | Item

    def drawn(self, look: Look) -> Item:
        return self.of if isinstance(self.of, Item) else item_of(self.of, self.shown, look)


@dataclass(frozen=True, slots=True)
class Shown:
    """`cut` are titles of series of which not all could be shown."""

    spots: list[Spot]
    cut: list[str]
    look: Look

    @property
    def items(self) -> list[Item]:
        """All of them, made anew."""
        return [spot.drawn(self.look) for spot in self.spots]


def spots_of(request: PageRequest, calendars: Sequence[ShownCalendar], start: dt.datetime, end: dt.datetime) -> Shown:
    """Everything in these calendars that meets the time from `start` to `end`, in the order of its start."""
    look = Look.of_now()
    by_pk = {shown.pk: shown for shown in calendars}
    read = [shown.pk for shown in calendars if not shown.is_busy_only]
    entries = shown_between(request.actor, start, end, calendars=read)
    purse = occurrences.Purse()
    found = occurrences.within(entries, start, end, zone=look.zone, purse=purse)
    seen: Counter[int] = Counter()
    spots, cut = [], {entry.pk: entry for entry in found.cut}
    for each in found:
        entry = each.entry
        shown = by_pk[entry.calendar_id]
        is_read = is_told(entry, shown.standing)
        if not is_read and not keeps_busy(each):
            continue
        if entry.is_recurring:
            seen[entry.pk] += 1
            if seen[entry.pk] > MOST_OF_ONE:
                cut[entry.pk] = entry
                continue
        is_bar = each.is_all_day or each.end - each.start >= LONG
        hue = shown.hue if is_read else "stone"
        spots.append(Spot(each.first_day, each.last_day, each.start, is_bar, hue, shown, each))
    busy = [item for shown in calendars if shown.is_busy_only for item in busy_items(request, shown, start, end, purse)]
    if busy:
        spots += [
            Spot(item.first_day, item.last_day, item.start, item.is_bar, item.hue, by_pk[item.calendar_pk], item)
            for item in busy
        ]
        spots.sort(key=lambda spot: (spot.start, not spot.of.is_all_day, spot.of.end))
    told = [entry for entry in cut.values() if is_told(entry, by_pk[entry.calendar_id].standing)]
    return Shown(spots, sorted({entry.summary or gettext("No title") for entry in told}), look)


def keeps_busy(each: occurrences.Occurrence) -> bool:
    """Whether there is anything of it for those who must not read it: one of a series may be free by itself."""
    return not (each.is_transparent or each.status == "CANCELLED")


def busy_items(
    request: PageRequest, shown: ShownCalendar, start: dt.datetime, end: dt.datetime, purse: occurrences.Purse
) -> list[Item]:
    """When a calendar keeps somebody busy, and nothing else of it."""
    if shown.calendar.is_transparent:
        return []
    zone = timezone.get_current_timezone()
    entries = CalendarObject.objects.busy_to(request.actor).meeting(start, end, calendars=[shown.pk])
    items = []
    for period in occurrences.busy(timed(entries), start, end, zone=zone, purse=purse):
        begins, ends = period.start.astimezone(zone), period.end.astimezone(zone)
        last = max((ends - dt.timedelta(microseconds=1)).date(), begins.date())
        items.append(
            Item(
                begins, ends, begins.date(), last, pgettext("a time", "Busy"), "stone", shown.name, "lock", shown.pk,
                is_tentative=period.kind is BusyKind.TENTATIVE, is_busy=True, is_past=period.end <= timezone.now(),
            )
        )  # fmt: skip
    return items


def item_of(each: occurrences.Occurrence, shown: ShownCalendar, look: Look) -> Item:
    """One occurrence in a calendar that one reads."""
    begins, ends = each.start.astimezone(look.zone), each.end.astimezone(look.zone)
    entry, now = each.entry, look.now
    if not is_told(entry, shown.standing):
        return Item(
            begins, ends, each.first_day, each.last_day, gettext("Private"), "stone", shown.name, "lock", shown.pk,
            is_all_day=each.is_all_day, is_busy=True, is_past=each.end <= now,
        )  # fmt: skip
    at = each.recurrence_id.written() if each.recurrence_id else ""
    is_task = entry.component == CalendarObject.Kind.TASK
    return Item(
        begins,
        ends,
        each.first_day,
        each.last_day,
        each.summary or gettext("No title"),
        shown.hue,
        shown.name,
        "circle" if is_task and each.status != "COMPLETED" else "circle-check" if is_task else shown.icon,
        shown.pk,
        entry.pk,
        at,
        each.location,
        is_all_day=each.is_all_day,
        is_tentative=each.status == "TENTATIVE",
        is_cancelled=each.status == "CANCELLED",
        is_past=each.end <= now and not is_task,
        is_task=is_task,
        is_done=is_task and each.status == "COMPLETED",
        can_edit=shown.can_edit,
        url=look.url_of(entry.pk, at),
        move_url=f"{look.move[0]}{entry.pk}{look.move[1]}" if shown.can_edit else "",
    )


def url_of(entry: CalendarObject | Timed, at: str = "") -> str:
    url = address("entry", entry.pk)
    return f"{url}?at={at}" if at else url
