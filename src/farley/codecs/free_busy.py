"""When somebody is busy, without a word of what with. RFC 4791 §7.10, RFC 5545 §3.6.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from farley.codecs.calendar_ranges import TimeRange
from farley.codecs.contentline import fold
from farley.codecs.icalendar_object import Component, ICalendar
from farley.codecs.icalendar_values import Duration, When, plus
from farley.codecs.recurrence import as_zone, occurrences
from farley.codecs.vcard_values import escape
from farley.codecs.zones import Zone, Zones


class BusyKind(IntEnum):
    """In the order in which one hides another. RFC 5545 §3.2.9."""

    TENTATIVE = 1
    UNAVAILABLE = 2
    BUSY = 3

    @property
    def word(self) -> str:
        return "BUSY" if self is BusyKind.BUSY else f"BUSY-{self.name}"


_KINDS = {kind.word: kind for kind in BusyKind}


class BusyTime(NamedTuple):
    """A span in which somebody is busy, in UTC."""

    start: datetime
    end: datetime
    kind: BusyKind = BusyKind.BUSY


def busy_times(ical: ICalendar, span: TimeRange, *, floating: tzinfo | Zone = UTC) -> list[BusyTime]:
    """What an object takes of `span`, in no order: events that are not transparent or cancelled, and free-busy times.

    No more than the span is told of one that reaches beyond it.
    """
    found = []
    kinds = {id(each): _kind_of(each) for each in ical.components if each.name == "VEVENT"}
    if any(kinds.values()):
        for each in occurrences(ical, span.start, span.end, floating=floating).occurrences:
            kind = kinds.get(id(each.component))
            if kind and each.end > each.start:
                found.append(BusyTime(max(each.start, span.start), min(each.end, span.end), kind))
    zones = Zones(ical, as_zone(floating))
    for component in ical.components:
        if component.name == "VFREEBUSY":
            found += _stated(component, span, zones)
    return found


def merged(times: Iterable[BusyTime]) -> list[BusyTime]:
    """The same, in order, none overlapping or touching another of its kind: of two kinds at one time the stronger."""
    edges: dict[datetime, list[tuple[BusyKind, int]]] = {}
    for each in times:
        edges.setdefault(each.start, []).append((each.kind, 1))
        edges.setdefault(each.end, []).append((each.kind, -1))
    running = dict.fromkeys(BusyKind, 0)
    found: list[BusyTime] = []
    for moment, until in pairwise(sorted(edges)):
        for kind, change in edges[moment]:
            running[kind] += change
        strongest = max((kind for kind, count in running.items() if count), default=None)
        if strongest is None:
            continue
        if found and found[-1].end == moment and found[-1].kind is strongest:
            found[-1] = found[-1]._replace(end=until)
        else:
            found.append(BusyTime(moment, until, strongest))
    return found


def written(times: Iterable[BusyTime], span: TimeRange, *, uid: str, stamp: datetime, prodid: str) -> bytes:
    """An object that says so: one VFREEBUSY with `times`, merged already."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{escape(prodid)}", "BEGIN:VFREEBUSY", f"UID:{escape(uid)}"]
    lines += [f"{name}:{_utc(at)}" for name, at in (("DTSTAMP", stamp), ("DTSTART", span.start), ("DTEND", span.end))]
    lines += [f"FREEBUSY;FBTYPE={each.kind.word}:{_utc(each.start)}/{_utc(each.end)}" for each in times]
    return b"".join(map(fold, [*lines, "END:VFREEBUSY", "END:VCALENDAR"]))


def _kind_of(event: Component) -> BusyKind | None:
    """None for one that takes nobody's time."""
    status = event.text("STATUS").strip().upper()
    if event.text("TRANSP").strip().upper() == "TRANSPARENT" or status == "CANCELLED":
        return None
    return BusyKind.TENTATIVE if status == "TENTATIVE" else BusyKind.BUSY


def _stated(component: Component, span: TimeRange, zones: Zones) -> Iterator[BusyTime]:
    for found in component.properties("FREEBUSY"):
        stated = (found.param("FBTYPE") or "BUSY").upper()
        if stated == "FREE":
            continue
        kind = _KINDS.get(stated, BusyKind.BUSY)
        for period in found.periods:
            start = zones.instant(period.start).replace(tzinfo=UTC)
            last = period.end
            end = plus(start, last.delta) if isinstance(last, Duration) else zones.instant(last).replace(tzinfo=UTC)
            if end > start and span.meets(start, end):
                yield BusyTime(max(start, span.start), min(end, span.end), kind)


def _utc(moment: datetime) -> str:
    return When.of(moment).written()
