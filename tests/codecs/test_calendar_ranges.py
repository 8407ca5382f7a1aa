"""Which components a span of time meets, what is left of an object within one, and who is busy in it.

Spans are hours of one day: 12-13 is from noon to one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from farley.codecs import free_busy
from farley.codecs.calendar_parts import (
    Selection,
    expanded,
    selected,
    with_busy_within,
    with_overrides_within,
)
from farley.codecs.calendar_ranges import TimeRange, components_within, property_within, rings_within
from farley.codecs.free_busy import BusyKind, BusyTime
from farley.codecs.icalendar import ICalendar, read_calendars

BERLIN = ZoneInfo("Europe/Berlin")


def an_object(*components: str) -> ICalendar:
    """`;` stands for a line break."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN"]
    for each in components:
        name, _, rest = each.partition(" ")
        lines += [f"BEGIN:{name}", "UID:1", "DTSTAMP:20260101T000000Z", *filter(None, rest.split(" ")), f"END:{name}"]
    lines.append("END:VCALENDAR")
    return ICalendar.parse("".join(f"{line}\r\n" for line in lines).encode())


def hours(text: str) -> TimeRange:
    """`12-13`, with an open end `12-` or start `-13`."""
    start, _, end = text.partition("-")
    day = datetime(2026, 3, 2, tzinfo=UTC)
    whole = TimeRange()
    return TimeRange(
        day + timedelta(hours=float(start)) if start else whole.start,
        day + timedelta(hours=float(end)) if end else whole.end,
    )


NOON, ONE, TWO = "20260302T120000Z", "20260302T130000Z", "20260302T140000Z"


@pytest.mark.parametrize(
    ("component", "meets", "misses"),
    [
        (f"VEVENT DTSTART:{NOON} DTEND:{ONE}", "11-12.5 12.5-12.6 12.9-14 -13 12-", "11-12 13-14 -12 13-"),
        (f"VEVENT DTSTART:{NOON} DURATION:PT1H", "11-12.5 12.5-12.6 12.9-14", "11-12 13-14"),
        (f"VEVENT DTSTART:{NOON} DURATION:PT0S", "12-13 11-12.5", "11-12 12.5-13"),
        (f"VEVENT DTSTART:{NOON}", "12-13 11-12.5", "11-12 12.1-13"),
        ("VEVENT DTSTART;VALUE=DATE:20260302", "23-24 0-1", "24-25 -0"),
        (f"VEVENT DTSTART:{NOON} DTEND:{ONE} RRULE:FREQ=DAILY", "36.5-36.6 12- 2400-", "37-38 -12"),
        ("VEVENT SUMMARY:none", "", "0-24 -"),
        (f"VTODO DTSTART:{NOON} DURATION:PT1H", "11-12.5 13-14 12.2-12.4 11-13", "11-12 13.1-14"),
        (f"VTODO DTSTART:{NOON} DUE:{ONE}", "11-12.5 12.9-14 11-13", "11-12 13-14"),
        (f"VTODO DTSTART:{NOON}", "12-13 11-12.5", "11-12 12.1-13"),
        (f"VTODO DUE:{ONE}", "12-13 12.5-14", "11-12 13-14"),
        (f"VTODO COMPLETED:{ONE} CREATED:{NOON}", "11-12 12.5-12.6 13-14", "11-11.5 13.1-14"),
        (f"VTODO COMPLETED:{ONE}", "12-13 13-14", "11-12.5 13.1-14"),
        (f"VTODO CREATED:{NOON}", "11-12.5 13-14 100-101", "11-12"),
        ("VTODO SUMMARY:whenever", "0-1 -", ""),
        (f"VJOURNAL DTSTART:{NOON}", "12-13", "11-12 12.1-13"),
        ("VJOURNAL DTSTART;VALUE=DATE:20260302", "23-24", "24-25"),
        ("VJOURNAL SUMMARY:none", "", "0-24 -"),
        (f"VFREEBUSY DTSTART:{NOON} DTEND:{ONE}", "13-14 12-13", "11-12 13.1-14"),
        (f"VFREEBUSY FREEBUSY:{NOON}/PT1H,{TWO}/PT1H", "12.5-12.6 14-14.5", "13-14 15-16"),
        ("VFREEBUSY SUMMARY:none", "", "0-24"),
    ],
)
def test_each_kind_of_component_meets_the_spans_of_its_table(component: str, meets: str, misses: str) -> None:
    ical = an_object(component)
    name = component.partition(" ")[0]
    assert [span for span in meets.split() if not components_within(ical, name, hours(span))] == []
    assert [span for span in misses.split() if components_within(ical, name, hours(span))] == []
    assert components_within(ical, "VTIMEZONE", hours("-")) == []


def test_a_date_lasts_as_long_as_the_day_where_the_calendar_is() -> None:
    ical = an_object("VEVENT DTSTART;VALUE=DATE:20260302", "VEVENT DTSTART:20260302T003000 RECURRENCE-ID:20260309")
    early = TimeRange(datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert len(components_within(ical, "VEVENT", early, floating=BERLIN)) == 1
    assert components_within(ical, "VEVENT", early) == []
    late = TimeRange(early.end, early.end + timedelta(minutes=1))
    assert len(components_within(ical, "VEVENT", late, floating=BERLIN)) == 2


def test_of_a_series_each_component_answers_for_its_own_occurrences() -> None:
    ical = an_object(
        f"VEVENT DTSTART:{NOON} DURATION:PT1H RRULE:FREQ=DAILY;COUNT=3 SUMMARY:series",
        "VEVENT RECURRENCE-ID:20260303T120000Z DTSTART:20260303T180000Z DURATION:PT1H SUMMARY:moved",
    )
    assert [each.text("SUMMARY") for each in components_within(ical, "VEVENT", hours("36-37"))] == []
    assert [each.text("SUMMARY") for each in components_within(ical, "VEVENT", hours("42-43"))] == ["moved"]
    assert len(components_within(ical, "VEVENT", hours("0-100"))) == 2


@pytest.mark.parametrize(
    ("alarm", "meets", "misses"),
    [
        ("TRIGGER:-PT30M", "11.5-11.6 35-36", "11.6-12 12-13"),
        ("TRIGGER;RELATED=END:PT15M", "13.2-13.3", "12-13"),
        ("TRIGGER;VALUE=DATE-TIME:20260302T080000Z", "8-9", "9-10 32-33"),
        ("TRIGGER:-PT30M REPEAT:3 DURATION:PT5M", "11.5-11.51 11.74-11.76", "11.76-12 11.51-11.55"),
        ("TRIGGER:-PT30M REPEAT:999999999 DURATION:PT1S", "12-12.001 13-14", "11-11.4"),
        ("TRIGGER:PT999999999S REPEAT:999999999 DURATION:P999999999D", "", "0-24"),
        ("ACTION:DISPLAY", "", "0-24 -"),
    ],
)
def test_an_alarm_rings_before_or_after_each_occurrence(alarm: str, meets: str, misses: str) -> None:
    event = f"VEVENT DTSTART:{NOON} DTEND:{ONE} RRULE:FREQ=DAILY BEGIN:VALARM {alarm} END:VALARM"
    [component] = an_object(event).components
    [found] = component.alarms
    assert [span for span in meets.split() if not rings_within(found, component, hours(span))] == []
    assert [span for span in misses.split() if rings_within(found, component, hours(span))] == []


def test_a_property_lies_in_a_span_by_its_moment_or_its_day() -> None:
    [task] = an_object(f"VTODO COMPLETED:{NOON} DUE;VALUE=DATE:20260302").components
    done, due = task.first("COMPLETED"), task.first("DUE")
    assert done is not None
    assert due is not None
    assert property_within(done, hours("12-13"))
    assert not property_within(done, hours("11-12"))
    assert property_within(due, hours("23-30"))
    assert not property_within(due, hours("24-30"))


SERIES = (
    "VEVENT DTSTART;TZID=Europe/Berlin:20260327T090000 DTEND;TZID=Europe/Berlin:20260327T100000"
    " RRULE:FREQ=DAILY;COUNT=5 EXDATE;TZID=Europe/Berlin:20260328T090000 SUMMARY:Morning"
    " BEGIN:VALARM TRIGGER:-PT5M ACTION:DISPLAY END:VALARM"
)
MOVED = (
    "VEVENT RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000 DTSTART;TZID=Europe/Berlin:20260330T150000"
    " DURATION:PT30M SUMMARY:Afternoon"
)
SPRING = TimeRange(datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))


def test_what_is_expanded_has_each_occurrence_in_utc_and_no_series() -> None:
    octets, count = written_out(an_object(SERIES, MOVED), SPRING)
    assert count == 3
    ical = ICalendar.parse(octets)
    told = [(each.text("RECURRENCE-ID"), each.text("DTSTART"), each.text("SUMMARY")) for each in ical.components]
    assert told == [  # the clock is changed on the 29th
        ("20260327T080000Z", "20260327T080000Z", "Morning"),
        ("20260329T070000Z", "20260329T070000Z", "Morning"),
        ("20260330T070000Z", "20260330T130000Z", "Afternoon"),
    ]
    assert [each.text("DTEND") for each in ical.components] == ["20260327T090000Z", "20260329T080000Z", ""]
    assert ical.components[2].text("DURATION") == "PT30M"
    assert [len(each.alarms) for each in ical.components] == [1, 1, 0]
    assert not any(each.properties("RRULE", "EXDATE") for each in ical.components)
    assert b"TZID" not in octets


def test_dates_and_floating_times_stay_what_they_are_where_they_are_expanded() -> None:
    days = "VEVENT DTSTART;VALUE=DATE:20260327 DTEND;VALUE=DATE:20260329 RRULE:FREQ=WEEKLY"
    octets, count = written_out(an_object(days), SPRING, floating=BERLIN)
    assert count == 1
    assert b"DTSTART;VALUE=DATE:20260327\r\nDTEND;VALUE=DATE:20260329\r\nRECURRENCE-ID;VALUE=DATE:20260327" in octets
    octets, _ = written_out(an_object("VEVENT DTSTART:20260327T090000 DTEND:20260327T100000"), SPRING, floating=BERLIN)
    assert b"DTSTART:20260327T090000\r\nDTEND:20260327T100000\r\n" in octets
    assert b"RECURRENCE-ID" not in octets
    assert written_out(an_object("VTODO SUMMARY:whenever"), SPRING)[0].count(b"BEGIN:VTODO") == 1
    due, _ = written_out(an_object("VTODO DUE;TZID=Europe/Berlin:20260328T090000"), SPRING)
    assert b"DUE:20260328T080000Z" in due
    periods = "VEVENT DTSTART:20260327T090000Z RDATE;VALUE=PERIOD:20260328T090000Z/PT3H"
    assert b"DTSTART:20260328T090000Z\r\nDTEND:20260328T120000Z" in written_out(an_object(periods), SPRING)[0]


def written_out(ical: ICalendar, span: TimeRange, **more: Any) -> tuple[bytes, int]:
    """What is expanded, which is not too much."""
    done = expanded(ical, span, **more)
    assert done is not None
    return done


def test_of_a_hostile_rule_nothing_is_expanded_rather_than_a_part() -> None:
    each_second = an_object("VEVENT DTSTART:00010101T000000Z RRULE:FREQ=SECONDLY")
    assert expanded(each_second, SPRING, limit=100) is None
    assert expanded(each_second, TimeRange(SPRING.start, SPRING.start + timedelta(seconds=100)), limit=100) is not None


def test_of_what_was_changed_in_a_series_only_what_the_span_meets_is_kept() -> None:
    ical = an_object(SERIES, MOVED)
    before = TimeRange(SPRING.start, SPRING.start + timedelta(days=1))
    assert b"Afternoon" not in with_overrides_within(ical, before)
    assert b"RRULE" in with_overrides_within(ical, before)
    for day, first, last in ((30, 6, 8), (30, 13, 14)):  # where it would have been, and where it is
        span = TimeRange(datetime(2026, 3, day, first, tzinfo=UTC), datetime(2026, 3, day, last, tzinfo=UTC))
        assert with_overrides_within(ical, span) == ical.octets


def test_of_busy_times_only_those_in_the_span_are_kept() -> None:
    ical = an_object(f"VFREEBUSY FREEBUSY;FBTYPE=BUSY:{NOON}/PT1H,{TWO}/PT1H FREEBUSY:{TWO}/PT2H")
    octets = with_busy_within(ical, hours("12-13"))
    assert f"FREEBUSY;FBTYPE=BUSY:{NOON}/PT1H\r\n".encode() in octets
    assert octets.count(b"FREEBUSY;") + octets.count(b"\nFREEBUSY:") == 1
    assert with_busy_within(ical, hours("12-15")) == ical.octets


def test_a_part_has_what_was_asked_for_in_the_octets_it_had() -> None:
    wanted = Selection({"VERSION": False}, {"VEVENT": Selection({"SUMMARY": False, "DTSTART": True}, {})})
    octets = selected(an_object(SERIES), wanted)
    assert octets.decode().splitlines() == [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "DTSTART;TZID=Europe/Berlin:"),
        *("SUMMARY:Morning", "END:VEVENT", "END:VCALENDAR"),
    ]
    assert selected(an_object(SERIES), Selection()) == an_object(SERIES).octets


def test_busy_is_who_has_an_event_that_is_neither_transparent_nor_cancelled() -> None:
    ical = an_object(
        f"VEVENT DTSTART:{NOON} DTEND:{TWO} SUMMARY:secret",
        f"VEVENT RECURRENCE-ID:{ONE} DTSTART:{NOON} DTEND:20260302T160000Z TRANSP:TRANSPARENT",
        f"VEVENT RECURRENCE-ID:{TWO} DTSTART:{NOON} DTEND:20260302T160000Z STATUS:CANCELLED",
        f"VEVENT RECURRENCE-ID:20260309T120000Z DTSTART:{ONE} DTEND:20260302T150000Z STATUS:TENTATIVE",
        f"VFREEBUSY FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:{TWO}/PT3H FREEBUSY;FBTYPE=FREE:{TWO}/PT9H",
    )
    span = hours("12.5-16")
    times = free_busy.merged(free_busy.busy_times(ical, span))
    kinds = [
        (each.kind, (each.start - span.start) / timedelta(hours=1), (each.end - span.start) / timedelta(hours=1))
        for each in times
    ]
    assert kinds == [(BusyKind.BUSY, 0, 1.5), (BusyKind.UNAVAILABLE, 1.5, 3.5)]
    octets = free_busy.written(times, span, uid="f", stamp=span.start, prodid="p")
    assert b"FREEBUSY;FBTYPE=BUSY:20260302T123000Z/20260302T140000Z" in octets
    assert b"secret" not in octets
    assert ICalendar.parse(octets).kind == "VFREEBUSY"


def test_times_that_touch_are_one_and_the_stronger_hides_the_other() -> None:
    at = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(6)]
    times = [
        BusyTime(at[2], at[3]),
        BusyTime(at[1], at[2]),
        BusyTime(at[0], at[5], BusyKind.TENTATIVE),
        BusyTime(at[2], at[3], BusyKind.UNAVAILABLE),
    ]
    assert free_busy.merged(times) == [
        BusyTime(at[0], at[1], BusyKind.TENTATIVE),
        BusyTime(at[1], at[3]),
        BusyTime(at[3], at[5], BusyKind.TENTATIVE),
    ]
    assert free_busy.merged([]) == []


def test_real_objects_can_be_expanded_cut_and_asked_for_any_time(ical_sample: Path) -> None:
    span = TimeRange(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 3, 1, tzinfo=UTC))
    for number, entry in enumerate(read_calendars(ical_sample.read_bytes())):
        if entry.ical is None or number >= 20:
            continue
        done = expanded(entry.ical, span, floating=BERLIN, limit=100)
        if done is not None and entry.ical.version != "1.0":
            octets, count = done
            assert len(ICalendar.parse(octets).components) >= count
        ICalendar.parse(with_overrides_within(entry.ical, span))
        free_busy.merged(free_busy.busy_times(entry.ical, span))
        for component in entry.ical.components:
            for alarm in component.alarms:
                rings_within(alarm, component, span)
