"""When the entries of calendars take place: by window, bounded, from the index."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import QuerySet

from farley.accounts.models import User
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.occurrences import Purse, busy, within
from farley.calendars.storing import store_many
from farley.codecs.free_busy import BusyKind, BusyTime
from farley.journal.models import Door
from farley.journal.records import Entry
from tests.cast import Hand, a_calendar, a_vcalendar, an_event, hand_of, space_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


DECEMBER = (at("2026-12-01T00:00"), at("2027-01-01T00:00"))


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def calendar(alice: User) -> Calendar:
    return a_calendar(space_of(alice))


def meeting(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> QuerySet[CalendarObject]:
    found: QuerySet[CalendarObject] = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    return found.meeting(start, end, calendars=[calendar.pk])  # type: ignore[attr-defined, no-any-return]


def test_a_window_holds_single_events_series_and_what_was_moved_out_of_them(hand: Hand, calendar: Calendar) -> None:
    hand.put(calendar, an_event("Once", "DTSTART:20261210T080000Z", "DTEND:20261210T090000Z"))
    hand.put(calendar, an_event("Before", "DTSTART:20261130T080000Z", "DTEND:20261130T090000Z"))
    hand.put(calendar, an_event("Over", "DTSTART:20261130T230000Z", "DTEND:20261201T010000Z", "TRANSP:TRANSPARENT"))
    hand.put(calendar, an_event("Eve", "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"))
    series = ("UID:s", "DTSTART;TZID=Europe/Berlin:20261001T090000", "DURATION:PT1H")
    hand.put(
        calendar,
        a_vcalendar(
            *("BEGIN:VEVENT", *series, "SUMMARY:Weekly", "RRULE:FREQ=WEEKLY;UNTIL=20261218T000000Z", "END:VEVENT"),
            *("BEGIN:VEVENT", "UID:s", "RECURRENCE-ID;TZID=Europe/Berlin:20261210T090000", "SUMMARY:Late"),
            *("DTSTART;TZID=Europe/Berlin:20261210T150000", "DURATION:PT1H", "STATUS:CANCELLED", "END:VEVENT"),
        ),
    )
    found = within(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN)
    told = [
        (each.summary, each.start, each.end, each.is_all_day, each.first_day.day, each.last_day.day) for each in found
    ]
    assert told == [
        ("Over", at("2026-11-30T23:00"), at("2026-12-01T01:00"), False, 1, 1),
        ("Weekly", at("2026-12-03T08:00"), at("2026-12-03T09:00"), False, 3, 3),
        ("Once", at("2026-12-10T08:00"), at("2026-12-10T09:00"), False, 10, 10),
        ("Late", at("2026-12-10T14:00"), at("2026-12-10T15:00"), False, 10, 10),
        ("Weekly", at("2026-12-17T08:00"), at("2026-12-17T09:00"), False, 17, 17),
        ("Eve", at("2026-12-23T23:00"), at("2026-12-26T23:00"), True, 24, 26),
    ]
    late = found[3]
    assert (late.status, late.recurrence_id is not None and late.recurrence_id.local.hour) == ("CANCELLED", 9)
    periods = busy(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN)
    assert [period.start.day for period in periods] == [3, 10, 17, 23]  # the transparent and the cancelled keep nobody


def test_busy_times_are_merged_and_told_apart_and_cut_to_the_window(hand: Hand, calendar: Calendar) -> None:
    for summary, first, last, *lines in (
        ("Late", "20261130T220000Z", "20261201T010000Z"),
        ("One", "20261202T080000Z", "20261202T100000Z"),
        ("Two", "20261202T093000Z", "20261202T110000Z"),
        ("Maybe", "20261202T103000Z", "20261202T120000Z", "STATUS:TENTATIVE"),
        ("Nothing", "20261203T080000Z", "20261203T080000Z"),
    ):
        hand.put(calendar, an_event(summary, f"DTSTART:{first}", f"DTEND:{last}", *lines))
    assert busy(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN) == [
        BusyTime(at("2026-12-01T00:00"), at("2026-12-01T01:00")),
        BusyTime(at("2026-12-02T08:00"), at("2026-12-02T11:00")),
        BusyTime(at("2026-12-02T11:00"), at("2026-12-02T12:00"), BusyKind.TENTATIVE),
    ]


def test_a_hostile_rule_is_cut_and_tells_so(hand: Hand, calendar: Calendar) -> None:
    hand.put(calendar, an_event("Every second", "RRULE:FREQ=SECONDLY"))
    hand.put(calendar, an_event("Never", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"))
    hand.put(calendar, an_event("Once"))
    found = within(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN)
    assert not found.is_complete
    assert "Every second" in [entry.summary for entry in found.cut]
    assert {"Once", "Never"} <= {each.summary for each in found}


def test_many_hostile_rules_together_take_what_one_question_may_and_hide_nothing_else(
    hand: Hand, calendar: Calendar
) -> None:
    starts = ("DTSTART:20240101T000000Z", "DTSTART:20261201T000000Z")
    store_many(
        calendar,
        [Entry(an_event("Each", starts[n % 2], "RRULE:FREQ=SECONDLY", uid=f"u{n}")) for n in range(100)],
        by=hand.by,
        door=Door.WEB,
        batch=None,
    )
    hand.put(calendar, an_event("Daily", "DTSTART:20240101T080000Z", "RRULE:FREQ=DAILY"))
    purse = Purse()
    purse.budget.left, purse.room = 40_000, 2_000
    found = within(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN, purse=purse)
    assert len(found.cut) == 100
    assert len([each for each in found if each.summary == "Daily"]) == 31
    assert (purse.is_empty, purse.budget.left > -200, len(found) <= 2_031) == (True, True, True)
    assert busy(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN, purse=purse) == []  # of the same purse


def test_what_cannot_be_told_of_a_series_counts_as_busy_and_not_as_free(hand: Hand, calendar: Calendar) -> None:
    hand.put(calendar, an_event("Shift", "DTSTART:20261201T080000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY;INTERVAL=2"))
    told = busy(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN)
    assert (told[0].start, told[0].end) == (at("2026-12-01T08:00"), at("2026-12-01T08:01"))
    assert told[-1].end == DECEMBER[1]
    gaps = [later.start - sooner.end for sooner, later in pairwise(told)]
    assert max(gaps) == min(gaps) == dt.timedelta(minutes=1)
    purse = Purse()
    purse.room = 0
    assert busy(meeting(calendar, *DECEMBER), *DECEMBER, zone=BERLIN, purse=purse) == [BusyTime(*DECEMBER)]
    hand.put(other := a_calendar(calendar.space), an_event("Daily", "RRULE:FREQ=DAILY", "DURATION:PT1H"))
    assert len(busy(meeting(other, *DECEMBER), *DECEMBER, zone=BERLIN, purse=purse)) == 31, (
        "another is told all the same"
    )


@pytest.mark.parametrize("days", [1, 3, 5, 60, 70, 4000])
def test_what_takes_long_is_found_in_the_midst_of_it(hand: Hand, calendar: Calendar, days: int) -> None:
    start = DECEMBER[0] - dt.timedelta(days=days - 1, hours=1)
    entry = hand.entry(calendar, an_event("Long", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DURATION:P{days}D"))
    assert list(meeting(calendar, *DECEMBER)) == [entry]
    assert list(meeting(calendar, DECEMBER[1], DECEMBER[1] + dt.timedelta(days=1))) == []
    CalendarObject.objects.update(spread=CalendarObject.Spread.LONG)  # as upgrading leaves it
    assert list(meeting(calendar, *DECEMBER)) == [entry]


def test_one_question_finds_what_a_window_meets_by_the_index(alice: User, calendar: Calendar) -> None:
    entries = [
        Entry(an_event(f"Event {n}", f"DTSTART:2026{1 + n % 12:02}{1 + n % 28:02}T080000Z", "DURATION:PT1H"))
        for n in range(400)
    ]
    entries += [Entry(an_event("Series", "RRULE:FREQ=WEEKLY"))]
    store_many(calendar, entries, batch=None, by=alice.actor, door=Door.DAV)
    asked = meeting(calendar, *DECEMBER)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE calendars_calendarobject")
            cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows reading all is quicker
    assert "calendar_objects_by_time" in asked.explain()
    assert {entry.summary for entry in asked} > {"Series"}
    assert len(asked) == 1 + sum(n % 12 == 11 for n in range(400))


def test_what_many_large_series_say_is_in_memory_for_few_of_them_at_a_time(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = a_calendar(space_of(alice))
    for number in range(4):
        series = ("DTSTART:20260101T120000Z", "RRULE:FREQ=DAILY", f"DESCRIPTION:{'long ' * 10_000}")
        hand_of(alice).put(calendar, an_event(f"Series {number}", *series))
    monkeypatch.setattr("farley.calendars.occurrences._PAGE_OCTETS", 60_000)
    monkeypatch.setattr("farley.calendars.occurrences._KEPT_OCTETS", 60_000)
    start = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    found = within(CalendarObject.objects.all(), start, start + dt.timedelta(days=2), zone=dt.UTC)
    assert [each.summary for each in found] == [f"Series {number}" for _ in range(2) for number in range(4)]
    assert [each.component is not None for each in found] == 2 * [True, False, False, False]
    assert found.is_complete
