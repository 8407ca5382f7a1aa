"""Calendars for whoever has a secret link, and not one word more than it shows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations, sharing
from farley.calendars.models import Calendar
from farley.calendars.sharing import CalendarLink
from farley.codecs.icalendar import read_calendars
from farley.journal.models import Door
from farley.spaces.models import Membership
from farley.spaces.operations import NotAllowed
from tests.cast import a_calendar, an_event, hand_of, team

SOON = timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=3)
START, END = f"DTSTART:{SOON:%Y%m%dT%H%M%SZ}", f"DTEND:{SOON + dt.timedelta(hours=1):%Y%m%dT%H%M%SZ}"
SECRETS = ("LOCATION:Zyxort", "DESCRIPTION:Zyxtext", "ATTENDEE;CN=Zyxgast:mailto:zyx@example.org", "X-ZYX:1")


@pytest.fixture
def calendar(alice: User, bob: User) -> Calendar:
    return a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER), "Fairs")


def shared(calendar: Calendar, by: User, shows: CalendarLink.Shows = CalendarLink.Shows.ALL) -> str:
    return f"/shared/calendar/{sharing.share(calendar, shows, by=by.actor, door=Door.WEB).token}.ics"


def fetched(client: Client, address: str) -> str:
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_link_shows_what_is_public_and_of_the_rest_when_it_is(
    alice: User, client: Client, calendar: Calendar
) -> None:
    hand = hand_of(alice)
    hand.put(calendar, an_event("Open day", START, END))
    for secret in ("PRIVATE", "CONFIDENTIAL", "X-FAMILY"):
        hand.put(calendar, an_event("Zyxtermin", START, END, f"CLASS:{secret}", *SECRETS, uid=f"zyx-{secret}"))
    text = fetched(client, shared(calendar, alice))
    assert "NAME:Fairs" in text
    assert [
        each.ical.main.text("SUMMARY") for each in read_calendars(text.encode()) if each.ical and each.ical.main
    ] == [
        "Open day",
        "Busy",
    ]
    assert "zyx" not in text.lower()


def test_a_link_does_not_say_whom_reminders_are_mailed_to(alice: User, client: Client, calendar: Calendar) -> None:
    mail = (
        "BEGIN:VALARM",
        "ACTION:Email",
        "TRIGGER:-PT1H",
        "SUMMARY:x",
        "ATTENDEE:mailto:zyx@example.org",
        "END:VALARM",
    )
    shown = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "DESCRIPTION:x", "END:VALARM")
    hand_of(alice).put(calendar, an_event("Open day", START, END, *mail, *shown, *mail))
    text = fetched(client, shared(calendar, alice))
    assert "zyx" not in text
    assert (text.count("BEGIN:VALARM"), "TRIGGER:-PT5M" in text, "END:VEVENT" in text) == (1, True, True)


def test_busy_times_alone_leak_nothing(alice: User, client: Client, calendar: Calendar) -> None:
    zone = ("BEGIN:VTIMEZONE", "TZID:Zyxzone", "BEGIN:STANDARD", "DTSTART:20000101T000000", "TZNAME:ZYX")
    hand = hand_of(alice)
    hand.put(calendar, an_event("Zyxtermin", START, END, "STATUS:TENTATIVE", *SECRETS, uid="zyx"))
    hand.put(calendar, an_event("Zyxfrei", START, END, "TRANSP:TRANSPARENT"))
    whole = an_event("Zyxserie", START, END, "RRULE:FREQ=DAILY;COUNT=2", "CATEGORIES:Zyx")
    whole = whole.replace(
        b"BEGIN:VEVENT",
        "\r\n".join([*zone, "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"]).encode()
        + b"\r\nBEGIN:VEVENT",
    )
    hand.put(calendar, whole)
    text = fetched(client, shared(calendar, alice, CalendarLink.Shows.BUSY))
    found = [each.ical.main for each in read_calendars(text.encode()) if each.ical and each.ical.main]
    assert [each.start_at.local for each in found if each.start_at] == [
        SOON.replace(tzinfo=None),
        SOON.replace(tzinfo=None) + dt.timedelta(days=1),
    ]
    assert ("zyx" in text.lower(), "Fairs" in text) == (False, False)
    names = {prop.name for each in found for prop in each.properties()}
    assert names <= {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}


def test_a_link_ends_with_what_it_hangs_on(alice: User, bob: User, client: Client, calendar: Calendar) -> None:
    with pytest.raises(NotAllowed):
        shared(calendar, bob)
    first, second = shared(calendar, alice), shared(calendar, alice)
    fetched(client, first)
    etag = client.get(first)["ETag"]
    assert client.get(first, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(first.replace(".ics", "x.ics")).status_code == 404
    [link, _] = sharing.open_links(calendar, by=alice.actor)
    assert link.opened_at is not None
    sharing.revoke(link, by=alice.actor, door=Door.WEB)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    Membership.objects.filter(user=alice, space=calendar.space).update(role=Role.READER)
    assert client.get(second).status_code == 404
    Membership.objects.filter(user=alice, space=calendar.space).update(role=Role.EDITOR)
    operations.delete(calendar, by=alice.actor, door=Door.WEB)
    assert client.get(second).status_code == 404
