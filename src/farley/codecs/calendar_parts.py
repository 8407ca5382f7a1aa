"""Parts of an object, as those want it who do not want all: what falls into a span of time, what they can show.

RFC 4791 §9.6: comp and prop, expand, limit-recurrence-set, limit-freebusy-set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from farley.codecs.calendar_ranges import TimeRange
from farley.codecs.contentline import Params
from farley.codecs.icalendar_object import Component, ICalendar, Property, write_property
from farley.codecs.icalendar_values import Duration, Period, When, plus
from farley.codecs.recurrence import MAX_OCCURRENCES, STEPS, Occurrence, as_zone, occurrences
from farley.codecs.recurrence_rule import Budget
from farley.codecs.zones import Zone, Zones

_TIMES: Final = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID"})
_OF_A_SERIES: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
_EOL = b"\r\n"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which properties (by name; True: without its value) and components of a component are wanted; None: all."""

    properties: Mapping[str, bool] | None = None
    components: Mapping[str, Selection] | None = field(default=None)


def selected(ical: ICalendar, wanted: Selection) -> bytes:
    """The object with what is wanted of it alone. Lines that are kept have the octets they had."""
    return b"".join(_selected(ical.root, wanted))


def expanded(
    ical: ICalendar,
    span: TimeRange,
    *,
    floating: tzinfo | Zone = UTC,
    limit: int = MAX_OCCURRENCES,
    shared: Budget | None = None,
) -> tuple[bytes, int] | None:
    """Each occurrence within `span` as a component of its own, and how many these are. RFC 4791 §9.6.5.

    None where there are more than `limit`, or a rule asks for more work than is left.

    Times are in UTC, but for dates and floating ones; there is no series and no time zone left. Tasks without any time
    stand as they are. vCalendar 1.0 is not expanded. `shared` is what the series of many objects may take together.
    """
    if ical.version == "1.0":
        return ical.octets, 1
    zone = as_zone(floating)
    writer = ical.once((_Writer, zone), lambda: _Writer(ical, zone))
    budget = Budget(STEPS, shared)
    found, is_complete = occurrences(ical, span.start, span.end, floating=zone, limit=limit, budget=budget)
    if not is_complete:
        return None
    pieces = [b"BEGIN:VCALENDAR\r\n", *(_ended(ical.lines[index].octets) for index in ical.root.indices)]
    pieces += [each.octets for each in ical.components if _is_undated(each)]
    pieces += [writer.written(each) for each in found]
    pieces.append(b"END:VCALENDAR\r\n")
    return b"".join(pieces), len(found)


def with_overrides_within(
    ical: ICalendar, span: TimeRange, *, floating: tzinfo | Zone = UTC, shared: Budget | None = None
) -> bytes:
    """The series whole, but of what was changed in it only what has to do with `span`. RFC 4791 §9.6.6."""
    overrides = ical.overrides
    main = ical.main
    if not overrides or main is None:
        return ical.octets
    zone = as_zone(floating)
    zones = Zones(ical, zone)
    found, is_complete = occurrences(ical, span.start, span.end, floating=zone, budget=Budget(STEPS, shared))
    if not is_complete:
        return ical.octets
    there = {id(each.component) for each in found}
    length = _length_of(main, zones)
    gone = []
    for each in overrides:
        identity = each.recurrence_id
        start = _aware(zones.instant(identity)) if identity else None
        is_replacing = start is not None and span.meets(start, plus(start, length))
        if id(each) not in there and not is_replacing and not each.is_this_and_future and each is not main:
            gone.append(each)
    skipped = {index for each in gone for index in range(each.start, each.stop)}
    if not skipped:
        return ical.octets
    return b"".join(line.octets for index, line in enumerate(ical.lines) if index not in skipped)


def with_busy_within(ical: ICalendar, span: TimeRange, *, floating: tzinfo | Zone = UTC) -> bytes:
    """Of VFREEBUSY components, the periods within `span` alone. RFC 4791 §9.6.7."""
    zones = Zones(ical, as_zone(floating))
    changed: dict[int, bytes] = {}
    for component in ical.components:
        if component.name != "VFREEBUSY":
            continue
        for found in component.properties("FREEBUSY"):
            periods = found.periods
            kept = [each for each in periods if span.meets(*_span_of(each, zones))]
            if len(kept) < len(periods):
                value = ",".join(each.written() for each in kept)
                changed[found.index] = _line("FREEBUSY", value, found.params) if kept else b""
    if not changed:
        return ical.octets
    return b"".join(changed.get(index, line.octets) for index, line in enumerate(ical.lines))


class _Form(NamedTuple):
    """What all occurrences of a component have in common."""

    begin: str
    last: str  # the property for its end
    has_start: bool
    has_end: bool
    stated: Duration | None
    rest: bytes


class _Writer:
    """Writes occurrences of one object. What all occurrences of a component say alike is put together once."""

    def __init__(self, ical: ICalendar, floating: Zone) -> None:
        self.zones, self.floating = Zones(ical, floating), floating
        self._forms: dict[int, _Form] = {}

    def written(self, occurrence: Occurrence) -> bytes:
        component = occurrence.component
        form = self._forms.get(component.start)
        if form is None:
            form = self._forms[component.start] = self._form_of(component)
        lines = [form.begin, *self._times_of(occurrence, form)]
        if occurrence.recurrence_id is not None:
            lines.append(_at("RECURRENCE-ID", self._in_utc(occurrence.recurrence_id)))
        return "".join(lines).encode() + form.rest

    def _form_of(self, component: Component) -> _Form:
        return _Form(
            f"BEGIN:{component.name}\r\n",
            "DUE" if component.name == "VTODO" else "DTEND",
            component.start_at is not None,
            component.end_at is not None,
            component.duration,
            self._rest_of(component),
        )

    def _times_of(self, occurrence: Occurrence, form: _Form) -> Iterator[str]:
        start, end = occurrence.start.replace(tzinfo=None), occurrence.end.replace(tzinfo=None)
        like = occurrence.written_start
        if not form.has_start:  # a task that only has to be done by then
            yield _at(form.last, self._shown(end, like))
            return
        yield _at("DTSTART", self._shown(start, like))
        stated = form.stated
        if form.has_end:
            yield _at(form.last, self._shown(end, like))
        elif stated is not None and (stated.days or end - start == stated.delta):
            yield f"DURATION:{stated.written()}\r\n"
        elif end > start and not occurrence.is_all_day:  # of a date with a period of its own
            yield _at(form.last, self._shown(end, like))

    def _shown(self, moment: datetime, like: When) -> When:
        """A moment as a date, by the clock on every wall, or in UTC: as what it belongs to is written."""
        if like.is_date:
            return When(self.floating.from_utc(moment).replace(hour=0, minute=0, second=0), is_date=True)
        return When(self.floating.from_utc(moment)) if like.zone is None else When(moment, "UTC")

    def _in_utc(self, when: When) -> When:
        return when if when.is_date or when.zone is None else When(self.zones.instant(when), "UTC")

    def _rest_of(self, component: Component) -> bytes:
        pieces = []
        for found in component.properties():
            if found.name in _TIMES or found.name in _OF_A_SERIES:
                continue
            pieces.append(self._without_zone(found) or _ended(found.line.octets))
        pieces += [each.octets for each in component.components]
        return b"".join([*pieces, f"END:{component.name}\r\n".encode()])

    def _without_zone(self, found: Property) -> bytes:
        whens = found.whens if found.param("TZID") else []
        if not whens:
            return b""
        params = tuple(each for each in found.params if each[0] != "TZID")
        return _line(found.name, ",".join(self._in_utc(when).written() for when in whens), params)


def _selected(component: Component, wanted: Selection) -> Iterator[bytes]:
    lines = component.ical.lines
    yield lines[component.start].octets
    for index in component.indices:
        name = lines[index].name
        if wanted.properties is None:
            yield lines[index].octets
        elif name in wanted.properties:
            bare = wanted.properties[name]
            found = Property(index, lines[index], component.ical)
            yield _line(name, "", found.params) if bare else lines[index].octets
    for each in component.components:
        if wanted.components is None:
            yield each.octets
        elif each.name in wanted.components:
            yield from _selected(each, wanted.components[each.name])
    if component.end < len(lines):
        yield lines[component.end].octets


def _is_undated(component: Component) -> bool:
    return component.name == "VTODO" and not (
        component.start_at or component.end_at or component.first("RECURRENCE-ID")
    )


def _length_of(component: Component, zones: Zones) -> timedelta:
    start, end = component.start_at, component.end_at
    if start is not None and end is not None:
        return max(zones.instant(end) - zones.instant(start), timedelta(0))
    if component.duration is not None:
        return max(component.duration.delta, timedelta(0))
    return timedelta(days=1) if start is not None and start.is_date else timedelta(0)


def _span_of(period: Period, zones: Zones) -> tuple[datetime, datetime]:
    start = _aware(zones.instant(period.start))
    end = period.end
    return start, plus(start, end.delta) if isinstance(end, Duration) else _aware(zones.instant(end))


def _at(name: str, when: When) -> str:
    kind = ";VALUE=DATE" if when.is_date else ""
    return f"{name}{kind}:{when.written()}\r\n"


def _line(name: str, value: str, params: Params) -> bytes:
    return write_property("2.0", _EOL, name, value, params=params)


def _ended(octets: bytes) -> bytes:
    return octets if octets.endswith((b"\n", b"\r")) else octets + _EOL


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
