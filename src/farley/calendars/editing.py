"""Entries edited as people mean it: one occurrence, all from one on, or all. Every other line stays as it was.

Pure functions from an object to another. A point in a series is named by its RECURRENCE-ID. RFC 5545 §3.8.4.4.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from farley.calendars.details import OF_A_SERIES, Details, Editor, apply, stamp_change
from farley.calendars.rules import without_end
from farley.codecs.icalendar import Component, ICalendar, Property, When
from farley.codecs.icalendar_values import plus
from farley.codecs.recurrence_rule import Budget, InvalidRule, OutOfBudget, Rule
from farley.codecs.zones import FixedZone, Zones

MAX_STEPS: Final = 200_000  # to count the occurrences before one
_SECOND = dt.timedelta(seconds=1)
_POINTS = ("EXDATE", "RDATE")


class NoSuchOccurrence(LookupError):
    """The series has no occurrence of that name."""


def made(kind: str, details: Details, *, uid: str, stamp: When, prodid: str) -> ICalendar:
    """A new object with one component."""
    editor = Editor(ICalendar.new(kind, uid=uid, stamp=stamp, prodid=prodid), 0)
    apply(editor, details)
    return editor.ical


def changed(ical: ICalendar, details: Details, *, stamp: When, at: When | None = None) -> ICalendar:
    """All of it. Where a series begins at another time, what was moved out of it or taken from it moves along.

    What was changed of one occurrence alone stays as it is, but for the one that somebody looks `at`; its time stays.
    """
    untimed = replace(details, start=None, end=None, has_no_start=False, has_no_end=False)
    ical = _also_at(ical, at, untimed, stamp)
    editor = Editor(ical, _place_of_main(ical))
    before = editor.component.start_at
    apply(editor, details)
    stamp_change(editor, stamp, ical)
    after = editor.component.start_at
    if before and after and before != after and (ical.overrides or editor.component.properties(*_POINTS)):
        _shift_points(editor, before, after)
    return editor.ical


def changed_one(ical: ICalendar, at: When, details: Details, *, stamp: When) -> ICalendar:
    """One occurrence of a series."""
    editor = _override(ical, at)
    apply(editor, replace(details, rule=None))
    stamp_change(editor, stamp, ical)
    return editor.ical


def changed_from(
    ical: ICalendar, at: When, details: Details, *, uid: str, stamp: When
) -> tuple[ICalendar | None, ICalendar]:
    """All from one occurrence on: the series up to it, and one of its own that begins there, called `uid`.

    None for the first where nothing lies before it: then the second is the whole one, with the UID it had.
    """
    zones = _zones(ical)
    series = ical.components[0] if ical.main is None else ical.main
    first = series.start_at
    if first is None or zones.instant(at) <= zones.instant(first):
        return None, changed(ical, details, stamp=stamp, at=at)
    return ended_before(ical, at, stamp=stamp), _tail(ical, at, details, uid=uid, stamp=stamp)


def without(ical: ICalendar, at: When, *, stamp: When) -> ICalendar:
    """Without one occurrence. Where the series is elsewhere, as of an invitation to one, perhaps nothing is left."""
    place = _place_of_override(ical, at)
    if place is not None:
        ical = ical.without_component(ical.root.components[place])
    if not _has_series(ical):
        return ical
    editor = Editor(ical, _place_of_main(ical))
    editor.add("EXDATE", when=at)
    stamp_change(editor, stamp, ical)
    return editor.ical


def ended_before(ical: ICalendar, at: When, *, stamp: When) -> ICalendar:
    """A series without this occurrence and all behind it."""
    zones = _zones(ical)
    limit = zones.instant(at)
    while True:
        later = next((each for each in ical.overrides if _is_from(each, limit, zones)), None)
        if later is None:
            break
        ical = ical.without_component(later)
    if not _has_series(ical):
        return ical
    editor = Editor(ical, _place_of_main(ical))
    if at.is_date:
        until = When(plus(at.local, dt.timedelta(days=-1)), is_date=True)
    elif at.zone is None:
        until = When(plus(at.local, -_SECOND))
    else:
        until = When(plus(limit, -_SECOND), "UTC")
    for prop in reversed(editor.component.properties("RRULE")):
        editor.ical = editor.ical.with_value(prop.index, f"{without_end(prop.text)};UNTIL={until.written()}")
    _keep_points(editor, lambda when: zones.instant(when) < limit)
    stamp_change(editor, stamp, ical)
    return editor.ical


# Within


def _zones(ical: ICalendar) -> Zones:
    return Zones(ical, FixedZone(dt.timedelta(0)))


def _has_series(ical: ICalendar) -> bool:
    return any(not each.first("RECURRENCE-ID") for each in ical.components)


def _place_of_main(ical: ICalendar) -> int:
    main = ical.main
    if main is None:
        raise NoSuchOccurrence
    return next(n for n, each in enumerate(ical.root.components) if each.start == main.start)


def _place_of_override(ical: ICalendar, at: When) -> int | None:
    zones = _zones(ical)
    for n, each in enumerate(ical.root.components):
        identity = each.recurrence_id if each.name != "VTIMEZONE" else None
        if identity and not each.is_this_and_future and _is_same(identity, at, zones):
            return n
    return None


def _is_same(one: When, other: When, zones: Zones) -> bool:
    if one.is_date or other.is_date:
        return one.date == other.date
    return zones.instant(one) == zones.instant(other)


def _is_from(override: Component, limit: dt.datetime, zones: Zones) -> bool:
    identity = override.recurrence_id
    return identity is not None and zones.instant(identity) >= limit


def _override(ical: ICalendar, at: When) -> Editor:
    """An editor of the component that stands for one occurrence: the one there is, or a new copy of the series."""
    place = _place_of_override(ical, at)
    if place is not None:
        return Editor(ical, place)
    source = Editor(ical, _place_of_main(ical))
    start, end = source.component.start_at, source.component.end_at
    if start is None:
        raise NoSuchOccurrence
    octets = source.component.octets
    copy = Editor(ical.with_component(octets), len(ical.root.components))
    copy.remove(*OF_A_SERIES, "RECURRENCE-ID")
    begins = When(at.local, start.zone, start.is_date) if at.zone == start.zone else at
    copy.set_when("DTSTART", begins)
    if end is not None:
        name = "DUE" if copy.component.name == "VTODO" else "DTEND"
        copy.set_when(name, When(plus(end.local, begins.local - start.local), end.zone, end.is_date))
    copy.add("RECURRENCE-ID", when=at)
    return copy


def _tail(ical: ICalendar, at: When, details: Details, *, uid: str, stamp: When) -> ICalendar:
    """The series from one occurrence on, as an object of its own."""
    zones = _zones(ical)
    limit = zones.instant(at)
    first = ical.main.start_at if ical.main else None
    while True:
        earlier = next((each for each in ical.overrides if not _is_from(each, limit, zones)), None)
        if earlier is None:
            break
        ical = ical.without_component(earlier)
    editor = Editor(ical, _place_of_main(ical))
    if first is not None:
        _begin_at(editor, first, at)
    _keep_points(editor, lambda when: zones.instant(when) >= limit)
    for n, each in enumerate(editor.ical.root.components):
        if each.name != "VTIMEZONE":
            other = Editor(editor.ical, n)
            other.set_text("UID", uid)
            editor.ical = other.ical
    return changed(_also_at(editor.ical, at, details, stamp), details, stamp=stamp)


def _also_at(ical: ICalendar, at: When | None, details: Details, stamp: When) -> ICalendar:
    """With `details` said of one occurrence, too, if that says something of its own."""
    place = _place_of_override(ical, at) if at is not None else None
    if place is None or not _has_series(ical):
        return ical
    editor = Editor(ical, place)
    apply(editor, replace(details, rule=None))
    stamp_change(editor, stamp, ical)
    return editor.ical


def _begin_at(editor: Editor, first: When, at: When) -> None:
    end = editor.component.end_at
    begins = When(at.local, first.zone, first.is_date) if at.zone == first.zone else at
    for prop in reversed(editor.component.properties("RRULE")):
        left = _left_of(prop.text, first, begins)
        if left is not None:
            editor.ical = editor.ical.with_value(prop.index, f"{without_end(prop.text)};COUNT={left}")
    editor.set_when("DTSTART", begins)
    if end is not None:
        name = "DUE" if editor.component.name == "VTODO" else "DTEND"
        editor.set_when(name, When(plus(end.local, begins.local - first.local), end.zone, end.is_date))


def _left_of(written: str, first: When, at: When) -> int | None:
    """How many of COUNT are left from `at` on; None for a rule without one."""
    try:
        rule = Rule.parse(written)
    except InvalidRule:
        return None
    if rule.count is None:
        return None
    before = plus(at.local, -_SECOND)
    try:
        done = sum(1 for _ in rule.starts(first.local, first.local, before, Budget(MAX_STEPS)))
    except OutOfBudget:
        return rule.count
    return max(rule.count - done, 1)


def _keep_points(editor: Editor, is_kept: Callable[[When], bool]) -> None:
    """Of EXDATE and RDATE those that are kept; lines of which nothing stays go."""
    for prop in reversed(editor.component.properties(*_POINTS)):
        pieces = prop.line.value.split(",")
        kept = [piece for piece in pieces if (when := _read(piece, prop)) is None or is_kept(when)]
        if not kept:
            editor.ical = editor.ical.without(prop.index)
        elif len(kept) < len(pieces):
            editor.ical = editor.ical.with_value(prop.index, ",".join(kept))


def _shift_points(editor: Editor, before: When, after: When) -> None:
    """Have what names occurrences name them by their new times. What was moved somewhere else by hand stays there."""
    delta = after.local - before.local

    def moved(when: When) -> When:
        if after.is_date:
            return When(plus(when.date_at_midnight(), after.date - before.date), is_date=True)
        if when.is_date:
            when = When(plus(when.local, before.local - before.date_at_midnight()), after.zone)
        return When(plus(when.local, delta), after.zone if when.zone == before.zone else when.zone)

    for prop in reversed(editor.component.properties(*_POINTS)):
        whens = prop.whens
        if whens and len(whens) == len(prop.line.value.split(",")) and "/" not in prop.line.value:
            new = [moved(when) for when in whens]
            editor.ical = editor.ical.with_when(prop.index, new[0])
            if len(new) > 1:
                editor.ical = editor.ical.with_value(prop.index, ",".join(when.written() for when in new))
    for n in range(len(editor.ical.root.components)):
        editor.ical = _along(editor.ical, n, moved)


def _along(ical: ICalendar, n: int, moved: Callable[[When], When]) -> ICalendar:
    """The nth component, if it is an override, named anew; it goes along where it is at the time the series gave it."""
    override = ical.root.components[n]
    identity, named = override.first("RECURRENCE-ID"), override.recurrence_id
    if override.name == "VTIMEZONE" or identity is None or named is None:
        return ical
    start = override.start_at
    goes_along = start is not None and (start.local, start.zone) == (named.local, named.zone)
    changes = [(identity.index, moved(named))]
    for name in ("DTSTART", "DTEND", "DUE") if goes_along else ():
        found = override.first(name)
        when = override.when(name)
        if found is not None and when is not None:
            changes.append((found.index, moved(when)))
    for index, when in changes:
        ical = ical.with_when(index, when)
    return ical


def _read(piece: str, prop: Property) -> When | None:
    return When.parse(piece.partition("/")[0], prop.param("TZID"))
