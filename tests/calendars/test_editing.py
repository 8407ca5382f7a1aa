"""Entries edited as people mean it: one occurrence, all from one on, or all."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from farley.calendars.details import Details, Invited, Reminding, alarms_of
from farley.calendars.editing import changed, changed_from, changed_one, ended_before, made, without
from farley.codecs.icalendar import ICalendar, When, judge
from farley.codecs.recurrence import occurrences

BERLIN = ZoneInfo("Europe/Berlin")
STAMP = When(dt.datetime.fromisoformat("2026-11-25T09:00"), "UTC")


def at(written: str, zone: str | None = "Europe/Berlin") -> When:
    found = When.parse(written, zone)
    assert found is not None
    return found


def event(*lines: str, start: str = "20261201T100000", end: str = "20261201T110000") -> ICalendar:
    """Weekly stand-up in Berlin, with a line that nobody knows."""
    times = [f"DTSTART;TZID=Europe/Berlin:{start}", f"DTEND;TZID=Europe/Berlin:{end}"]
    body = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20261101T000000Z", *times, "SUMMARY:Stand-up", "X-MINE;A=b:c  d", *lines]
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *body, "END:VEVENT", "END:VCALENDAR"]
    return ICalendar.parse("".join(f"{line}\r\n" for line in text).encode())


def days(ical: ICalendar | None) -> list[str]:
    """When it takes place up to the end of January, by the clock in Berlin."""
    assert ical is not None
    start, end = dt.datetime(2026, 11, 1, tzinfo=BERLIN), dt.datetime(2027, 2, 1, tzinfo=BERLIN)
    found = occurrences(ical, start, end, floating=BERLIN).occurrences
    return [f"{each.start.astimezone(BERLIN):%d.%m. %H:%M}" for each in found]


def test_what_is_not_edited_keeps_its_octets() -> None:
    before = event("RRULE:FREQ=WEEKLY;COUNT=3", "BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-P1D", "END:VALARM")
    assert changed(before, Details(summary="Stand-up", classification="PUBLIC", alarms=()), stamp=STAMP) == before
    after = changed(before, Details(summary="Round", location="Linde"), stamp=STAMP)
    kept = [line.octets for line in before.lines if line.name not in ("SUMMARY", "DTSTAMP")]
    written = [line.octets for line in after.lines]
    assert [octets for octets in written if octets in kept] == kept
    assert {line.name for line in after.lines if line.octets not in kept} == {
        "SUMMARY",
        "LOCATION",
        "DTSTAMP",
        "LAST-MODIFIED",
    }


def test_a_series_is_moved_with_what_was_taken_and_moved_out_of_it() -> None:
    ical = event("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4", "EXDATE;TZID=Europe/Berlin:20261215T100000")
    ical = changed_one(ical, at("20261208T100000"), Details(summary="Long one"), stamp=STAMP)
    ical = changed_one(ical, at("20261222T100000"), Details(start=at("20261223T080000")), stamp=STAMP)
    assert days(ical) == ["01.12. 10:00", "08.12. 10:00", "23.12. 08:00"]
    new = Details(start=at("20261202T120000"), end=at("20261202T130000"))
    assert days(changed(ical, new, stamp=STAMP)) == ["02.12. 12:00", "09.12. 12:00", "23.12. 08:00"]


def test_one_occurrence_is_changed_and_changed_again() -> None:
    ical = event("RRULE:FREQ=WEEKLY;COUNT=3")
    moved = Details(start=at("20261209T150000"), end=at("20261209T160000"))
    ical = changed_one(ical, at("20261208T100000"), moved, stamp=STAMP)
    ical = changed_one(ical, at("20261208T100000"), Details(summary="Guests"), stamp=STAMP)
    assert days(ical) == ["01.12. 10:00", "09.12. 15:00", "15.12. 10:00"]
    [override] = ical.overrides
    assert (override.text("SUMMARY"), override.text("X-MINE"), override.first("RRULE")) == ("Guests", "c  d", None)
    assert not [remark for remark in judge(ical) if remark.rule != "long-line"]


def test_one_occurrence_is_taken_away() -> None:
    ical = event("RRULE:FREQ=WEEKLY;COUNT=3")
    ical = changed_one(ical, at("20261208T100000"), Details(start=at("20261209T150000")), stamp=STAMP)
    assert days(without(ical, at("20261208T100000"), stamp=STAMP)) == ["01.12. 10:00", "15.12. 10:00"]
    assert days(ended_before(ical, at("20261208T100000"), stamp=STAMP)) == ["01.12. 10:00"]


def test_all_from_one_on_becomes_a_series_of_its_own() -> None:
    ical = event("RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20261208T100000,20261229T100000")
    ical = changed_one(ical, at("20261222T100000"), Details(summary="Christmas"), stamp=STAMP)
    new = Details(start=at("20261216T110000"), end=at("20261216T120000"))
    before, after = changed_from(ical, at("20261215T100000"), new, uid="2", stamp=STAMP)
    assert (days(before), days(after)) == (["01.12. 10:00"], ["16.12. 11:00", "23.12. 11:00"])
    assert (after.uid, [each.text("SUMMARY") for each in after.overrides]) == ("2", ["Christmas"])
    assert {each.text("UID") for each in after.components} == {"2"}
    whole, same = changed_from(ical, at("20261201T100000"), new, uid="2", stamp=STAMP)
    assert (whole, same.uid) == (None, "1")


def test_what_was_changed_of_one_alone_stays_when_all_or_the_following_are_changed_from_there() -> None:
    special = at("20261215T100000")
    ical = event("RRULE:FREQ=WEEKLY;COUNT=5")
    ical = changed_one(ical, at("20261222T100000"), Details(summary="Christmas", location="Linde"), stamp=STAMP)
    there = Details(summary="Special", start=at("20261215T120000"), end=at("20261215T130000"))
    ical = changed_one(ical, special, there, stamp=STAMP)
    whole = changed(ical, Details(location="Attic"), stamp=STAMP, at=special)
    before, after = changed_from(ical, special, Details(location="Attic"), uid="2", stamp=STAMP)
    later = Details(location="Attic", start=at("20261215T130000"), end=at("20261215T140000"))
    _, moved = changed_from(ical, special, later, uid="2", stamp=STAMP)

    def told(ical: ICalendar) -> list[str]:
        return [f"{each.text('SUMMARY')}, {each.text('LOCATION')}" for each in ical.components]

    assert told(whole) == ["Stand-up, Attic", "Christmas, Linde", "Special, Attic"]
    assert days(whole) == ["01.12. 10:00", "08.12. 10:00", "15.12. 12:00", "22.12. 10:00", "29.12. 10:00"]
    assert (days(before), days(after)) == (days(whole)[:2], days(whole)[2:])
    assert told(after) == told(moved) == told(whole)
    assert days(moved) == ["15.12. 13:00", "22.12. 13:00", "29.12. 13:00"]


@pytest.mark.parametrize(
    ("end", "expected"),
    [("COUNT=3", ["10.12. 00:00", "11.12. 00:00"]), ("UNTIL=20261210", ["10.12. 00:00"])],
)
def test_all_day_series_are_cut_by_days(end: str, expected: list[str]) -> None:
    text = event().octets.decode().replace(";TZID=Europe/Berlin:20261201T100000", ";VALUE=DATE:20261209")
    text = text.replace(";TZID=Europe/Berlin:20261201T110000", f";VALUE=DATE:20261210\r\nRRULE:FREQ=DAILY;{end}")
    ical = ICalendar.parse(text.encode())
    before, after = changed_from(ical, at("20261210", None), Details(summary="x"), uid="2", stamp=STAMP)
    assert (days(before), days(after)) == (["09.12. 00:00"], expected)


def test_an_entry_becomes_one_of_whole_days_and_back() -> None:
    ical = changed(
        event("RRULE:FREQ=WEEKLY;UNTIL=20261215T090000Z", "EXDATE;TZID=Europe/Berlin:20261208T100000"),
        Details(start=at("20261201", None), end=at("20261202", None)),
        stamp=STAMP,
    )
    assert days(ical) == ["01.12. 00:00", "15.12. 00:00"]
    back = changed(ical, Details(start=at("20261201T100000"), end=at("20261201T113000")), stamp=STAMP)
    assert days(back) == ["01.12. 10:00", "15.12. 10:00"]


def test_a_zone_that_is_named_is_defined() -> None:
    start, end = at("20270701T090000", "America/New_York"), at("20270701T100000", "America/New_York")
    details = Details(summary="Call", start=start, end=end, rule="FREQ=DAILY;COUNT=2")
    ical = made("VEVENT", details, uid="3", stamp=STAMP, prodid="-//Farley//EN")
    assert list(ical.zones) == ["America/New_York"]
    assert judge(ical) == []
    assert days(changed(event(), Details(start=at("20261201T040000", "America/New_York")), stamp=STAMP)) == [
        "01.12. 10:00"
    ]


def test_who_was_asked_keeps_their_answer_and_other_alarms_stay() -> None:
    ical = event(
        "ORGANIZER:mailto:boss@example.org",
        "ATTENDEE;PARTSTAT=ACCEPTED;X-A=1:mailto:ada@example.org",
        "ATTENDEE:mailto:bob@example.org",
        "ATTENDEE;CN=Room 5:urn:uuid:5",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "END:VALARM",
        "BEGIN:VALARM",
        "ACTION:EMAIL",
        "TRIGGER:-P1D",
        "ATTENDEE:mailto:bob@example.org",
        "END:VALARM",
    )
    asked = (Invited("ADA@example.org"), Invited("eve@example.org", "Eve, Dr."))
    ical = changed(ical, Details(attendees=asked, alarms=(Reminding(30),)), stamp=STAMP)
    written = ical.octets.decode().replace("\r\n ", "")
    assert "ATTENDEE;PARTSTAT=ACCEPTED;X-A=1:mailto:ada@example.org" in written
    assert "ATTENDEE:mailto:bob@" not in written.partition("BEGIN:VALARM")[0]
    assert "urn:uuid:5" in written
    assert 'ATTENDEE;CN="Eve, Dr.";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:eve@' in written
    assert ical.main is not None
    plain, others = alarms_of(ical.main, "me@example.org")
    assert (plain, [each.text("ACTION") for each in others]) == ([Reminding(30)], ["EMAIL"])


def test_a_reminder_by_mail_is_written_as_programs_know_it_and_those_for_others_stay() -> None:
    theirs = ("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-P1D", "ATTENDEE:mailto:bob@example.org", "END:VALARM")
    mine = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "X-A:1", "DESCRIPTION:x", "END:VALARM")
    ical = event(*theirs, *mine)
    chosen = (Reminding(15), Reminding(20160, by_mail=True), Reminding(0), Reminding(0))
    details = Details(summary="Lunch, Ada", alarms=chosen, mails_to="Me@example.org")
    ical = changed(ical, details, stamp=STAMP)
    written = ical.octets.decode()
    assert all("".join(f"{line}\r\n" for line in lines) in written for lines in (theirs, mine))
    made = ("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-PT336H", "SUMMARY:Lunch\\, Ada", "ATTENDEE:mailto:Me@example.org")
    assert "".join(f"{line}\r\n" for line in (*made, "DESCRIPTION:Lunch\\, Ada", "END:VALARM")) in written
    assert ical.main is not None
    assert alarms_of(ical.main, "me@example.org")[0] == [Reminding(15), *chosen[1:3]]
    assert changed(ical, details, stamp=STAMP) == ical
    ical = changed(ical, Details(alarms=(), mails_to="me@example.org"), stamp=STAMP)
    assert ical.main is not None
    assert [each.octets.decode().split("\r\n")[:-1] for each in ical.main.alarms] == [list(theirs)]


def test_reminders_that_no_form_shows_stay_and_nobody_without_an_address_gets_mails() -> None:
    far = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P400D", "DESCRIPTION:x", "END:VALARM")
    ical = changed(event(*far), Details(alarms=(Reminding(15), Reminding(60, by_mail=True))), stamp=STAMP)
    assert ical.main is not None
    assert [each.text("TRIGGER") for each in ical.main.alarms] == ["-P400D", "-PT15M"]


def test_a_task_is_done_and_not_done() -> None:
    task = made("VTODO", Details(summary="Write", end=at("20261203", None)), uid="4", stamp=STAMP, prodid="x")
    done = changed(task, Details(status="COMPLETED", percent=100, completed=STAMP), stamp=STAMP)
    assert done.main is not None
    assert (done.main.text("STATUS"), done.main.text("COMPLETED")) == ("COMPLETED", "20261125T090000Z")
    again = changed(done, Details(status="NEEDS-ACTION", percent=0), stamp=STAMP)
    assert again.main is not None
    assert (again.main.text("COMPLETED"), again.main.first("PERCENT-COMPLETE")) == ("", None)
