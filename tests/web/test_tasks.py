"""The list of tasks, and the meetings beside a contact."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client

from farley.accounts.models import User
from farley.calendars import operations
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.journal.models import Door
from tests.cast import a_card, a_vcalendar, an_event, hand_of, space_of
from tests.web.reading import hx, text_of
from tests.web.test_calendar import NOW, undo


@pytest.fixture(autouse=True)
def now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def todo(alice: User) -> Calendar:
    return operations.create(space_of(alice), "Todo", by=alice.actor, door=Door.WEB, components=Components.TASKS)


def a_task(uid: str, summary: str, *lines: str) -> bytes:
    body = ["BEGIN:VTODO", f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{summary}", *lines, "END:VTODO"]
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *body, "END:VCALENDAR"]
    return "".join(f"{line}\r\n" for line in text).encode()


def titles(html: bytes) -> list[str]:
    return re.findall(r"<h2 class=\"az[^>]*>.*?([A-Z][\w ]+)</h2>|<b>([^<]+)</b>", html.decode(), re.DOTALL)  # type: ignore[return-value]


def test_tasks_stand_by_their_day_with_their_parts_below(page_of_alice: Client, alice: User, todo: Calendar) -> None:
    hand = hand_of(alice)
    hand.entry(todo, a_task("1", "Offer", "DUE;VALUE=DATE:20261127", "PRIORITY:1"))
    hand.entry(todo, a_task("2", "Prices", "DUE;VALUE=DATE:20261120", "RELATED-TO:1"))
    hand.entry(todo, a_task("3", "Late", "DUE;TZID=Europe/Berlin:20261125T080000"))
    hand.entry(todo, a_task("4", "Loop", "RELATED-TO:5"))
    hand.entry(todo, a_task("5", "Loop too", "RELATED-TO:4"))
    hand.entry(todo, a_task("6", "Ready", "STATUS:COMPLETED", "COMPLETED:20261101T000000Z"))
    found = [heading or title for heading, title in titles(page_of_alice.get("/tasks/").content)]
    assert found == [
        "Overdue", "Late", "The next seven days", "Offer", "Prices", "Without a date", "Loop", "Loop too",
    ]  # fmt: skip
    assert "Ready" in text_of(page_of_alice.get("/tasks/?done=1").content)


def test_a_task_is_made_by_a_line_done_and_taken_back(page_of_alice: Client, todo: Calendar) -> None:
    page_of_alice.post("/calendar/quick/", {"line": "write the offer by Friday !!", "kind": "task"})
    task = CalendarObject.objects.get()
    assert (task.summary, task.priority) == ("write the offer", 3)
    assert task.due_at == dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
    answer = page_of_alice.post(f"/tasks/{task.pk}/done/", headers=hx("tasks"))
    html = answer.content.decode()
    assert "“write the offer” is done" in text_of(html)
    assert "Nothing to do" in text_of(html)
    assert CalendarObject.objects.get().completed_at == NOW
    undo(page_of_alice, html)
    assert CalendarObject.objects.get().completed_at is None


def test_of_a_series_of_tasks_one_is_done_and_the_next_is_shown(
    page_of_alice: Client, alice: User, todo: Calendar
) -> None:
    days = ("DTSTART;VALUE=DATE:20261125", "DUE;VALUE=DATE:20261126", "RRULE:FREQ=DAILY")
    stored = hand_of(alice).entry(todo, a_task("1", "Water", *days))
    html = page_of_alice.get("/tasks/").content.decode()
    [at] = re.findall(r'name="at" value="(\d+)"', html)
    assert at == "20261125"
    page_of_alice.post(f"/tasks/{stored.pk}/done/", {"at": at})
    assert re.findall(r'name="at" value="(\d+)"', page_of_alice.get("/tasks/").content.decode()) == ["20261126"]


@pytest.mark.parametrize("most", [500, 2])
def test_a_contact_shows_the_meetings_with_them_however_many_there_are(
    page_of_alice: Client, alice: User, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.web.calendar.meetings.MOST", most)
    hand, home = hand_of(alice), space_of(alice)
    calendar = operations.create(home, "Work", by=alice.actor, door=Door.WEB)
    yard = hand.contact(home, a_card("Yard", "ORG:Yard", "X-ABShowAs:COMPANY"))
    ada = hand.contact(home, a_card("Ada King", "ORG:Yard", "EMAIL:Ada@Example.org"))
    ben = hand.contact(home, a_card("Ben", "EMAIL:ben@example.org"))
    asked = "ATTENDEE;CN=Ada:mailto:ada@example.org"
    hand.entry(calendar, an_event("Weekly", "DTSTART:20261101T100000Z", "RRULE:FREQ=WEEKLY", asked))
    hand.entry(calendar, an_event("Once", "DTSTART:20261201T100000Z", "DTEND:20261201T110000Z", asked))
    hand.entry(calendar, an_event("Old", "DTSTART:20251201T100000Z", "DTEND:20251201T110000Z", asked))
    hand.entry(calendar, an_event("Alone", "DTSTART:20261201T100000Z"))
    assert f"/contacts/{ada.pk}/meetings/" in page_of_alice.get(f"/contacts/{ada.pk}/").content.decode()
    for contact in (ada, yard):
        told = text_of(page_of_alice.get(f"/contacts/{contact.pk}/meetings/", headers=hx()).content)
        coming, _, past = told.partition("Past")
        assert ("Once" in coming, "Once" in past, coming.count("Weekly"), past.count("Weekly")) == (True, False, 4, 4)
        assert ("Alone" in told, "Show more meetings" in told) == (False, True)
    listed = page_of_alice.get(f"/contacts/{ada.pk}/meetings/").content.decode()
    assert (listed.count("<b>Weekly</b>"), f"/contacts/{ada.pk}/?seg=timeline" in listed) == (49 + 4, True)
    assert "None that you see" in text_of(page_of_alice.get(f"/contacts/{ben.pk}/meetings/").content)


@pytest.mark.parametrize("series", [0, 5])
def test_of_many_meetings_at_once_those_are_shown_that_are_nearest(
    page_of_alice: Client, alice: User, series: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.web.calendar.meetings.MOST", 4)
    hand, home = hand_of(alice), space_of(alice)
    calendar = operations.create(home, "Work", by=alice.actor, door=Door.WEB)
    ada = hand.contact(home, a_card("Ada King", "EMAIL:ada@example.org"))
    asked = "ATTENDEE:mailto:ada@example.org"
    for n in range(-9, 10):
        at = NOW + dt.timedelta(days=n, hours=2)
        hand.entry(calendar, an_event(f"Meeting{n}.", f"DTSTART:{at:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", asked))
    for n in range(series):  # that go on and on: no window is so short that they are few
        hand.entry(calendar, an_event(f"Yearly{n}", "DTSTART:20200229T100000Z", "RRULE:FREQ=YEARLY", asked))
    told = text_of(page_of_alice.get(f"/contacts/{ada.pk}/meetings/", headers=hx()).content)
    coming, _, past = told.partition("Past")
    found = [re.findall(r"Meeting(-?\d+)", part) for part in (coming, past)]
    if not series:
        assert found == [[*"01234"], ["-1", "-2", "-3", "-4", "-5"]]
    assert (len(found[0]), found[0][0], found[1][0]) == (5, "0", "-1")


def test_of_a_series_only_those_times_are_meetings_that_name_the_contact(page_of_alice: Client, alice: User) -> None:
    hand, home = hand_of(alice), space_of(alice)
    calendar = operations.create(home, "Work", by=alice.actor, door=Door.WEB)
    ada = hand.contact(home, a_card("Ada King", "EMAIL:Ada@Example.org"))
    ben = hand.contact(home, a_card("Ben", "EMAIL:ben@example.org"))
    head = ("UID:x", "DTSTAMP:20260101T000000Z", "ATTENDEE:mailto:ada@example.org")
    series = ("BEGIN:VEVENT", *head, "SUMMARY:Weekly", "DTSTART:20261101T100000Z", "RRULE:FREQ=WEEKLY", "END:VEVENT")
    guests = [
        ("BEGIN:VEVENT", *head[:2], f"RECURRENCE-ID:{day}T100000Z", f"DTSTART:{day}T110000Z", *asked, "END:VEVENT")
        for day, asked in (
            ("20261108", ("SUMMARY:With both", head[2], "ATTENDEE:mailto:BEN@example.org")),
            ("20261206", ("SUMMARY:With Ben", "ATTENDEE:mailto:ben@example.org")),
        )
    ]
    hand.entry(calendar, a_vcalendar(*series, *guests[0], *guests[1]))
    for contact, coming, past in ((ben, ["With Ben"], ["With both"]), (ada, ["Weekly"] * 5, ["Weekly"] * 3)):
        told = page_of_alice.get(f"/contacts/{contact.pk}/meetings/", headers=hx()).content.decode()
        found = [re.findall("Weekly|With both|With Ben", part) for part in told.partition("Past")[::2]]
        timeline = page_of_alice.get(f"/contacts/{contact.pk}/timeline/?show=event", headers=hx()).content.decode()
        assert found[0] == coming, contact
        assert [each for each in found[1] if each == "Weekly"] == past if contact is ada else found[1] == past
        assert ("With both" in timeline, "With Ben" in timeline) == (True, False)
        assert ("Weekly" in timeline) is (contact is ada)


def test_a_series_of_tasks_that_is_done_to_the_end_is_open_no_more(
    page_of_alice: Client, alice: User, todo: Calendar
) -> None:
    for number, first in (("1", "20261120"), ("2", "20250101")):
        days = (f"DTSTART;VALUE=DATE:{first}", f"DUE;VALUE=DATE:{int(first) + 1}", "RRULE:FREQ=DAILY;COUNT=2")
        stored = hand_of(alice).entry(todo, a_task(number, f"Water {number}", *days))
        for day in (first, str(int(first) + 1)):
            html = page_of_alice.get("/tasks/").content.decode()
            assert re.findall(r'name="at" value="(\d+)"', html) == [day]
            page_of_alice.post(f"/tasks/{stored.pk}/done/", {"at": day})
        assert "Nothing to do" in text_of(page_of_alice.get("/tasks/").content), number
    undated = ("RRULE:FREQ=DAILY", "DUE;VALUE=DATE:00010101", "RRULE:FREQ=YEARLY;INTERVAL=3")
    for number, lines in (("3", undated[:1]), ("4", undated[1:2]), ("5", undated[1:])):
        hand_of(alice).put(todo, a_task(number, f"Odd {number}", *lines))
    told = text_of(page_of_alice.get("/tasks/").content)
    assert [number for number in "345" if f"Odd {number}" in told] == ["3", "4", "5"]
