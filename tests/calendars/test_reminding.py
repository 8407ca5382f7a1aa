"""Alarms go off when they should, and those that ask for a mail are sent once."""

from __future__ import annotations

import datetime as dt
import signal

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations
from farley.calendars.models import CalendarObject
from farley.calendars.reminding import Reminder, alarms, remind_due
from farley.journal.models import Door
from tests.accounts.mail_server import MailServer
from tests.cast import a_calendar, a_vcalendar, an_event, hand_of, space_of, team
from tests.together import TIMEOUT_S, process

NOON = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def alarm(trigger: str, *lines: str, action: str = "EMAIL") -> tuple[str, ...]:
    return ("BEGIN:VALARM", f"ACTION:{action}", f"TRIGGER{trigger}", *lines, "END:VALARM")


@pytest.mark.parametrize(
    ("trigger", "lines", "minutes"),
    [
        (":-PT15M", (), [-15]),
        (";RELATED=END:PT5M", (), [65]),
        (";VALUE=DATE-TIME:20261201T113000Z", (), [-30]),
        (":-PT10M", ("REPEAT:2", "DURATION:PT5M"), [-10, -5, 0]),
        (":-PT10M", ("REPEAT:100000", "DURATION:PT0S"), [-10]),
        (":nonsense", (), []),
        (":-P90D", (), []),
        (":-P4000000D", (), []),
        (":P4000000D", ("REPEAT:2", "DURATION:P4000000D"), []),
    ],
)
def test_an_alarm_goes_off_at_its_time(alice: User, trigger: str, lines: tuple[str, ...], minutes: list[int]) -> None:
    octets = an_event("Lunch", "DTEND:20261201T130000Z", "DTSTART:20261201T120000Z", *alarm(trigger, *lines))
    hand_of(alice).put(a_calendar(space_of(alice)), octets)
    day = dt.timedelta(days=1)
    found = alarms(CalendarObject.objects.all(), NOON - day, NOON + day, zone=dt.UTC)
    assert [(each.at - NOON) / MINUTE for each in found] == minutes


def test_a_series_by_the_minute_that_began_long_ago_reminds_of_each(alice: User) -> None:
    octets = an_event("Tick", "DTSTART:20200101T000000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY", *alarm(":-PT2M"))
    hand_of(alice).put(a_calendar(space_of(alice)), octets)
    found = alarms(CalendarObject.objects.all(), NOON, NOON + 3 * MINUTE, zone=dt.UTC)
    assert [(each.at - NOON) / MINUTE for each in found] == [0, 1, 2]


def test_a_mail_is_sent_once_also_after_one_was_cut_short(alice: User, mails: MailServer) -> None:
    octets = an_event("Lunch", "LOCATION:Canteen", "RRULE:FREQ=DAILY", *alarm(":-PT15M"))
    entry = hand_of(alice).entry(a_calendar(space_of(alice), "Work"), octets)
    assert remind_due(NOON - 16 * MINUTE) == 0
    assert remind_due(NOON - 15 * MINUTE) == 1
    assert remind_due(NOON - 14 * MINUTE) == 0
    mail = mails.received[-1]
    assert (mail["To"], mail["Subject"]) == ("alice@example.org", "Reminder: Lunch")
    assert mail.get_content().splitlines() == ["Lunch", "Dec. 1, 2026, 1 p.m.", "Canteen", "Work"]
    Reminder.objects.filter(alarm_at=NOON - 15 * MINUTE).update(sent_at=None)  # killed before it could be noted
    assert remind_due(NOON - 13 * MINUTE) == 0
    assert remind_due(NOON + 5 * MINUTE) == 1
    assert mails.received[-1]["Message-ID"] == mail["Message-ID"]
    operations.delete_objects([entry], by=alice.actor, door=Door.WEB, batch=None)
    assert remind_due(NOON + dt.timedelta(days=1)) == 0


SENDING = """
from datetime import datetime
from django.conf import settings
from farley.calendars.reminding import remind_due
from tests.accounts.mail_server import use_mail_server
use_mail_server(settings, int(sys.argv[1]))
say(remind_due(datetime.fromisoformat(sys.argv[2])))
"""


@pytest.mark.django_db(transaction=True)
def test_a_mail_whose_sender_was_killed_before_it_could_note_it_comes_again_as_the_same(
    alice: User, mails: MailServer
) -> None:
    hand_of(alice).entry(a_calendar(space_of(alice), "Work"), an_event("Lunch", *alarm(":-PT15M")))
    running = process(SENDING, mails.port, NOON.isoformat())
    mails.has_it = running.kill
    running.communicate(timeout=TIMEOUT_S)
    mails.has_it = lambda: None
    assert (running.returncode, len(mails.received)) == (-signal.SIGKILL, 1)
    assert [remind_due(NOON + minutes * MINUTE) for minutes in (14, 16, 17, 60)] == [0, 1, 0, 0]
    first, second = mails.received
    assert first["Message-ID"] == second["Message-ID"], "by which servers tell that they have it"


def test_a_mail_says_what_was_changed_of_one_of_a_series_alone(alice: User, mails: MailServer) -> None:
    calendar = a_calendar(space_of(alice), "Work")
    stamp = ("UID:x", "DTSTAMP:20260101T000000Z", *alarm(":-PT15M"), "END:VEVENT")
    series = ("BEGIN:VEVENT", "SUMMARY:Lunch", "LOCATION:Canteen", "DTSTART:20261130T120000Z", "RRULE:FREQ=DAILY")
    other = ("BEGIN:VEVENT", "SUMMARY:With Ada", "RECURRENCE-ID:20261201T120000Z", "DTSTART:20261201T130000Z")
    entry = hand_of(alice).entry(calendar, a_vcalendar(*series, *stamp, *other, "LOCATION:Linde", *stamp))
    assert remind_due(NOON + 45 * MINUTE) == 1
    assert mails.received[-1]["Subject"] == "Reminder: With Ada"
    assert mails.received[-1].get_content().splitlines()[2] == "Linde"
    Reminder.objects.update(sent_at=None)
    hand_of(alice).put(calendar, a_vcalendar(*series, *stamp), href=entry.href)
    assert remind_due(NOON + 61 * MINUTE) == 1
    told = [mail["Subject"] for mail in mails.received]
    assert told == ["Reminder: With Ada", "Reminder: Lunch"], "that at one does not take place any more"
    operations.change(calendar, by=alice.actor, door=Door.WEB, is_archived=True)
    assert remind_due(NOON + dt.timedelta(days=1)) == 0


def test_only_those_who_read_the_calendar_get_a_mail(alice: User, bob: User, mallory: User, mails: MailServer) -> None:
    calendar = a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER))
    people = ("mailto:BOB@example.org", "mailto:mallory@example.org", "mailto:world@example.com")
    named = tuple(f"ATTENDEE:{each}" for each in people)
    hand_of(alice).put(calendar, an_event("Lunch", *alarm(":-PT15M", *named)))
    hand_of(alice).put(calendar, an_event("Private", "CLASS:PRIVATE", *alarm(":-PT15M", *named)))
    hand_of(alice).put(calendar, an_event("Shown", *alarm(":-PT15M", action="DISPLAY")))
    hand_of(alice).put(calendar, an_event("Nobody", *alarm(":-PT15M")))
    hand_of(alice).put(calendar, an_event("Off", "STATUS:CANCELLED", *alarm(":-PT15M", *named)))
    assert remind_due(NOON) == 1
    assert [mail["To"] for mail in mails.received] == ["bob@example.org"]


def test_a_series_by_the_minute_fills_nobodys_mailbox(
    alice: User, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated = ("REPEAT:20", "DURATION:PT1S")
    series = an_event("Each", "DTSTART:20261201T060000Z", "RRULE:FREQ=MINUTELY", *alarm(":PT0S", *repeated))
    hand_of(alice).put(a_calendar(space_of(alice)), series)
    lunch = an_event("Lunch", "DTSTART:20261201T120000Z", *alarm(":PT0S"))
    hand_of(alice).put(a_calendar(space_of(alice)), lunch)
    monkeypatch.setattr("farley.calendars.reminding.MAX_MAILS", 3)
    assert remind_due(NOON) == 4
    assert remind_due(NOON + MINUTE) == 0
    assert sorted({mail["Subject"] for mail in mails.received}) == ["Reminder: Each", "Reminder: Lunch"]
