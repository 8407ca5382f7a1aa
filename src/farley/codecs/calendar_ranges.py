"""Which components of an object meet a span of time: by the tables of RFC 4791 §9.9, for each kind of component."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from farley.codecs.icalendar_object import Component, ICalendar, Property, number
from farley.codecs.icalendar_values import NAIVE_MAX, NAIVE_MIN, Duration, When, plus
from farley.codecs.recurrence import STEPS, Occurrence, as_zone, taking_place
from farley.codecs.recurrence_rule import Budget
from farley.codecs.zones import Zone, Zones

FIRST_MOMENT = NAIVE_MIN.replace(tzinfo=UTC)
LAST_MOMENT = NAIVE_MAX.replace(tzinfo=UTC)

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_FOREVER = timedelta(days=4_000_000)  # more than lie between the first and the last moment


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` up to, not including, `end`; both aware. Open where they are the first and last moment there is."""

    start: datetime = FIRST_MOMENT
    end: datetime = LAST_MOMENT

    def widened(self, before: timedelta, after: timedelta) -> TimeRange:
        return TimeRange(plus(self.start, -before), plus(self.end, after))

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether it overlaps a span; one of no length where it starts."""
        return start < self.end and (end > self.start or (start == end and start >= self.start))


def components_within(
    ical: ICalendar, name: str, span: TimeRange, *, floating: tzinfo | Zone = UTC, shared: Budget | None = None
) -> list[Component]:
    """The components of this name (upper case) in `ical` that meet `span`, in the order written.

    `shared` is what the series of many objects may take together.

    A series does where one of its occurrences does; what takes its place in the series answers for itself.
    """
    there = [each for each in ical.components if each.name == name]
    if not there:
        return []
    if name == "VFREEBUSY":
        return [each for each in there if _is_busy_within(each, span, Zones(ical, as_zone(floating)))]
    undated = ical.once(("undated", name), lambda: {each.start for each in there if not _has_time(each)})
    found: set[int] = set()
    if undated and name == "VTODO":
        found = {each.start for each in there if each.start in undated and _was_touched_within(each, span)}
    if len(undated) < len(there):
        meets = _task_meets if name == "VTODO" else _event_meets
        found |= _taking_place(ical, there, span, meets, floating, shared)
    return [each for each in there if each.start in found]


def rings_within(
    alarm: Component, of: Component, span: TimeRange, *, floating: tzinfo | Zone = UTC, shared: Budget | None = None
) -> bool:
    """Whether an alarm of a component goes off within `span`, at any of its occurrences, repetitions counted."""
    trigger = alarm.first("TRIGGER")
    if trigger is None:
        return False
    step = alarm.duration.delta if alarm.duration else _NOTHING
    times = max(number(alarm.text("REPEAT")) or 0, 0) if step > _NOTHING else 0
    ical = of.ical
    for when in trigger.whens:
        return _rings(_aware(Zones(ical, as_zone(floating)).instant(when)), step, times, span)
    before = trigger.duration
    if before is None:
        return False
    is_at_end = (trigger.param("RELATED") or "").upper() == "END"
    first = before.delta
    last = _total(first, step, times)
    window = TimeRange(plus(plus(span.start, -last), -_SECOND), plus(plus(span.end, -first), _SECOND))

    def meets(occurrence: Occurrence, _span: TimeRange) -> bool:
        at = plus(occurrence.end if is_at_end else occurrence.start, first)
        return _rings(at, step, times, span)

    return bool(_taking_place(ical, [of], window, meets, floating, shared))


def property_within(found: Property, span: TimeRange, *, floating: tzinfo | Zone = UTC) -> bool:
    """Whether one of the times that a property holds lies in `span`; a date is the whole day."""
    zones = Zones(found.ical, as_zone(floating))
    for when in found.whens:
        start = _aware(zones.instant(when))
        end = _aware(zones.instant(When(plus(when.local, _DAY), is_date=True))) if when.is_date else start
        if span.meets(start, end):
            return True
    return False


_Meets = Callable[[Occurrence, TimeRange], bool]


def _taking_place(
    ical: ICalendar,
    among: Iterable[Component],
    span: TimeRange,
    meets: _Meets,
    floating: tzinfo | Zone,
    shared: Budget | None,
) -> set[int]:
    """Those of the components, by where they begin, of which an occurrence meets the span."""
    window = span.widened(_SECOND, _SECOND)
    wanted = {each.start for each in among}

    def is_met(occurrence: Occurrence) -> bool:
        return meets(occurrence, span)

    budget = Budget(STEPS, shared)
    return taking_place(ical, window.start, window.end, is_met, floating=floating, budget=budget) & wanted


def _event_meets(occurrence: Occurrence, span: TimeRange) -> bool:
    return span.meets(occurrence.start, occurrence.end)


def _task_meets(occurrence: Occurrence, span: TimeRange) -> bool:
    start, end, task = occurrence.start, occurrence.end, occurrence.component
    if task.start_at is None:
        return span.start < end <= span.end
    if task.end_at is not None:
        return (span.start < end or span.start <= start) and (span.end > start or span.end >= end)
    if task.duration is not None:
        return span.start <= end and (span.end > start or span.end >= end)
    return span.holds(start)


def _has_time(component: Component) -> bool:
    if component.name == "VJOURNAL":
        return component.start_at is not None
    return (component.start_at or component.end_at) is not None


def _was_touched_within(task: Component, span: TimeRange) -> bool:
    """Of a task without start and due, when it was written down and when it was done."""
    done, created = _moment(task, "COMPLETED"), _moment(task, "CREATED")
    if done is not None and created is not None:
        return (span.start <= created or span.start <= done) and (span.end >= created or span.end >= done)
    if done is not None:
        return span.start <= done <= span.end
    return created is None or span.end > created


def _is_busy_within(component: Component, span: TimeRange, zones: Zones) -> bool:
    start, end = component.start_at, component.when("DTEND")
    if start is not None and end is not None:
        return span.start <= _aware(zones.instant(end)) and span.end > _aware(zones.instant(start))
    for found in component.properties("FREEBUSY"):
        for period in found.periods:
            first = _aware(zones.instant(period.start))
            last = period.end
            until = plus(first, last.delta) if isinstance(last, Duration) else _aware(zones.instant(last))
            if span.start < until and span.end > first:
                return True
    return False


def _rings(first: datetime, step: timedelta, times: int, span: TimeRange) -> bool:
    """Whether one of `first` and the `times` repetitions after it lies in the span, none of them written out."""
    if span.holds(first):
        return True
    if not times or first >= span.end:
        return False
    number_of = min(-((first - span.start) // step), times)  # of the first one that does not lie before it
    return span.holds(plus(first, _total(_NOTHING, step, number_of)))


def _total(first: timedelta, step: timedelta, times: int) -> timedelta:
    try:
        return first + step * times
    except OverflowError:
        return _FOREVER


def _moment(component: Component, name: str) -> datetime | None:
    when = component.when(name)
    return _aware(when.local) if when is not None else None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
