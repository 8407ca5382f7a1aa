"""Reminders on pages: once each, until somebody has answered."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.details import Reminding, alarms_of
from farley.calendars.models import CalendarObject
from farley.calendars.reminding import remind_due
from tests.accounts.mail_server import MailServer
from tests.cast import a_calendar, an_event, hand_of, space_of, team
from tests.web.reading import hx

pytestmark = pytest.mark.django_db
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:x", "END:VALARM")
DAY_BEFORE = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-P1D", "END:VALARM")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
URL = reverse("reminders")


def titles(client: Client, clock: str) -> list[str]:
    with time_machine.travel(NOON.replace(hour=int(clock[:2]), minute=int(clock[3:])), tick=False):
        html = client.get(URL, **hx()).content.decode()
    return re.findall(r'<b class="cut">(.*?)</b>', html)


def answer(client: Client, clock: str, minutes: str) -> str:
    with time_machine.travel(NOON.replace(hour=int(clock[:2]), minute=int(clock[3:])), tick=False):
        html = client.get(URL).content.decode()
        [(action, starts)] = re.findall(
            r'action="(/calendar/reminders/[0-9]+/)".*?name="starts" value="(.*?)"', html, re.DOTALL
        )
        return client.post(action, {"starts": starts, "minutes": minutes}, **hx()).content.decode()


def test_an_alarm_is_told_until_it_is_answered_and_again_when_that_was_asked(client: Client, alice: User) -> None:
    calendar = a_calendar(space_of(alice))
    lines = ("DTSTART:20261101T120000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY", "LOCATION:Linde", *DAY_BEFORE, *ALARM)
    hand_of(alice).put(calendar, an_event("Lunch", *lines))
    hand_of(alice).put(calendar, an_event("Over", "DTSTART:20261201T110000Z", "DURATION:PT15M", *ALARM))
    hand_of(alice).put(calendar, an_event("Off", "DTSTART:20261201T120000Z", "STATUS:CANCELLED", *ALARM))
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
    assert titles(client, "11:44") == [], "that of the day before has been told for twelve hours, which is enough"
    assert titles(client, "11:45") == ["Lunch"]
    assert "Lunch" not in answer(client, "11:46", "5")
    assert titles(client, "11:50") == []
    assert titles(client, "11:51") == ["Lunch"]
    assert "Lunch" not in answer(client, "11:52", "")
    assert titles(client, "11:59") == []
    assert titles(client, "12:00") == ["Lunch"], "tomorrow's, of the day before"


def test_only_what_one_may_change_and_has_switched_on_reminds(client: Client, alice: User, bob: User) -> None:
    shared = a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER), "Shared")
    entry = hand_of(alice).entry(shared, an_event("Zyx", "DTSTART:20261201T120000Z", "CLASS:PRIVATE", *ALARM))
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
    assert titles(client, "11:50") == []
    assert client.post(reverse("answer-reminder", args=[entry.pk]), {"starts": "x"}).status_code == 404
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
    assert titles(client, "11:50") == ["Zyx"]
    for starts in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):  # nothing takes place there
        assert client.post(reverse("answer-reminder", args=[entry.pk]), {"starts": starts}).status_code == 302
    client.post(reverse("switch-calendars"), {"calendar": []})
    assert titles(client, "11:50") == []


def test_what_reminds_weeks_before_does_so_on_pages_too(client: Client, alice: User) -> None:
    calendar, hand = a_calendar(space_of(alice)), hand_of(alice)
    early = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P2W", "DESCRIPTION:x", "END:VALARM")
    at_noon = [line if "TRIGGER" not in line else "TRIGGER;VALUE=DATE-TIME:20261201T120000Z" for line in ALARM]
    hand.put(calendar, an_event("Exam", "DTSTART:20261215T120000Z", *ALARM, *early))
    hand.put(calendar, an_event("Yearly", "DTSTART:20201215T120000Z", "RRULE:FREQ=YEARLY", *early))
    hand.put(calendar, an_event("Fixed", "DTSTART:20261220T120000Z", *at_noon))
    hand.put(calendar, an_event("Later", "DTSTART:20261215T120000Z", *ALARM))
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
    assert titles(client, "11:59") == []
    assert titles(client, "12:00") == ["Exam", "Yearly", "Fixed"]


def test_one_chooses_to_be_reminded_by_mail_alone_or_besides(client: Client, alice: User, mails: MailServer) -> None:
    calendar = a_calendar(space_of(alice), "Work")
    with time_machine.travel(NOON, tick=False):
        client.force_login(alice)
        form = {"title": "Lunch", "start_on": "2026-12-01", "start_at": "14:00", "alarm": ["15", "mail 60", ""]}
        client.post(reverse("new-entry"), form)
        entry = CalendarObject.objects.get()
        shown = client.get(reverse("entry", args=[entry.pk])).content.decode()
        assert re.findall(r'<option value="([^"]*)" selected>', shown.partition("alarms")[2])[:3] == form["alarm"]
        assert "By mail to alice@example.org" in shown
        again = {"was": entry.etag, "title": "Lunch", "start_on": "2026-12-01", "start_at": "14:00", "alarm": "mail 60"}
        client.post(reverse("entry", args=[entry.pk]), again)
        usual = {"name": "Work", "alarm": ["mail 15", "5"], "day_alarm": ["", "mail -540"]}
        client.post(reverse("calendar-settings", args=[calendar.pk]), usual)
        client.post(reverse("new-entry"), {"title": "Day", "start_on": "2026-12-01", "all_day": "on"})
        client.post(reverse("new-entry"), form | {"title": "Tea", "alarm": ["keep", "0", "0"]})
    made = {each.summary: alarms_of(each.ical.components[-1], alice.email)[0] for each in CalendarObject.objects.all()}
    assert made["Tea"] == [Reminding(5), Reminding(15, by_mail=True), Reminding(0)]
    assert made["Day"] == [Reminding(-540, by_mail=True)]
    assert remind_due(NOON) == 2
    assert [mail["Subject"] for mail in mails.received] == ["Reminder: Day", "Reminder: Lunch"]
    assert titles(client, "12:50") == [], "only by mail now"


def test_without_a_mail_server_nobody_is_offered_mails(client: Client, alice: User) -> None:
    a_calendar(space_of(alice))
    client.force_login(alice)
    assert "mail 15" not in client.get(reverse("new-entry")).content.decode()
