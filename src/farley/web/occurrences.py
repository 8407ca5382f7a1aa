"""What takes place in a span of time, as the pages show it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from farley.calendars import occurrences
from farley.calendars.models import CalendarObject
from farley.calendars.seeing import is_told
from farley.calendars.timed import Timed, timed
from farley.codecs.free_busy import BusyKind
from farley.web.addresses import address, around_ids
from farley.web.calendars_shown import ShownCalendar
from farley.web.requests import PageRequest

MOST_OF_ONE = 200  # occurrences of one series that a page has room for
LONG = dt.timedelta(hours=24)  # what lasts so long is a bar over its days
_SHOWN = (CalendarObject.Kind.EVENT, CalendarObject.Kind.TASK)


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
        words = {
            "past": self.is_past,
            "tent": self.is_tentative,
            "gone": self.is_cancelled or self.is_done,
            "busy": self.is_busy,
            "short": self.is_short,
        }
        return " ".join(word for word, holds in words.items() if holds)

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


@dataclass(frozen=True, slots=True)
class Shown:
    """`cut` are titles of series of which not all could be shown."""

    items: list[Item]
    cut: list[str]


def items_of(request: PageRequest, calendars: Sequence[ShownCalendar], start: dt.datetime, end: dt.datetime) -> Shown:
    """Everything in these calendars that meets the time from `start` to `end`, in the order of its start."""
    look = Look.of_now()
    by_pk = {shown.pk: shown for shown in calendars}
    entries = entries_between(request, [shown for shown in calendars if not shown.is_busy_only], start, end)
    purse = occurrences.Purse()
    found = occurrences.within(entries, start, end, zone=look.zone, purse=purse)
    seen: Counter[int] = Counter()
    items, cut = [], {entry.pk: entry for entry in found.cut}
    for each in found:
        if not keeps_or_tells(each, by_pk[each.entry.calendar_id]):
            continue
        seen[each.entry.pk] += 1
        if seen[each.entry.pk] <= MOST_OF_ONE:
            items.append(item_of(each, by_pk[each.entry.calendar_id], look))
        else:
            cut[each.entry.pk] = each.entry
    for shown in calendars:
        if shown.is_busy_only:
            items += busy_items(request, shown, start, end, purse)
    items.sort(key=lambda item: (item.start, not item.is_all_day, item.end))
    told = [entry for entry in cut.values() if is_told(entry, by_pk[entry.calendar_id].standing)]
    return Shown(items, sorted({entry.summary or gettext("No title") for entry in told}))


def entries_between(
    request: PageRequest, calendars: Iterable[ShownCalendar], start: dt.datetime, end: dt.datetime
) -> list[Timed]:
    asked = [shown.pk for shown in calendars]
    if not asked:
        return []
    shown = CalendarObject.objects.shown_to(request.actor).filter(component__in=_SHOWN)
    return timed(shown.meeting(start, end, calendars=asked))


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


def keeps_or_tells(each: occurrences.Occurrence, shown: ShownCalendar) -> bool:
    """Whether there is anything to be shown: one of a private series may keep nobody busy by itself."""
    return not (each.is_transparent or each.status == "CANCELLED") or is_told(each.entry, shown.standing)


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
