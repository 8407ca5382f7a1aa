"""Calendars at addresses outside that are followed."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.utils import timezone

from farley.accounts.models import User
from farley.calendars.filling import Source
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.journal.models import Change, Door
from farley.mirrors import feeds
from farley.mirrors.reaching import Unreachable
from farley.mirrors.wording import trouble
from farley.spaces.models import Space
from tests.cast import an_event
from tests.mirrors.outside import Handler, Outside

HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Matches\r\nMETHOD:PUBLISH\r\n"


def feed(*events: bytes) -> bytes:
    inner = b"".join(event[event.index(b"BEGIN:VEVENT") : event.index(b"END:VCALENDAR")] for event in events)
    return HEAD + inner + b"END:VCALENDAR\r\n"


def answering(outside: Outside, status: int, body: bytes = b"", **headers: str) -> list[str | None]:
    """Have the server answer so; the If-None-Match of each request comes in the list."""
    asked: list[str | None] = []

    def fault(handler: Handler) -> bool:
        asked.append(handler.headers.get("If-None-Match"))
        handler.say(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    outside.fault = fault
    return asked


def names(calendar: Calendar) -> list[str]:
    live = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    return sorted(live.values_list("summary", flat=True))


def test_a_calendar_outside_is_followed_and_what_it_says_no_more_goes(
    outside: Outside, space: Space, alice: User
) -> None:
    answering(
        outside, 200, feed(an_event("One", uid="a"), an_event("Two", uid="b"), an_event("Copy", uid="b")), ETag='"1"'
    )
    calendar = feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB).calendar
    assert (calendar.name, calendar.takes, names(calendar)) == ("Matches", Components.EVENTS, ["One", "Two"])
    assert calendar.role_of(alice.actor) == 20
    source = Source.objects.get()
    assert (source.left_out, outside.address in source.sealed_address) == (1, False)
    asked = answering(outside, 304)
    assert feeds.refresh(calendar) is True
    assert asked == ['"1"']
    answering(outside, 200, feed(an_event("One", uid="a")), ETag='"2"')
    assert feeds.refresh(calendar) is True
    assert names(calendar) == ["One"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(404, b"", "missing"), (500, b"", "server"), (401, b"", "login"), (200, b"<html>", "no_calendar")],
)
def test_what_is_no_answer_leaves_all_as_it_is_and_says_why(
    outside: Outside, space: Space, alice: User, status: int, body: bytes, code: str
) -> None:
    answering(outside, status, body)
    with pytest.raises(Unreachable) as refused:
        feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB)
    assert refused.value.code == code
    assert not Calendar.objects.filter(kind=Calendar.Kind.SUBSCRIPTION).exists()
    answering(outside, 200, feed(an_event("One", uid="a")))
    calendar = feeds.subscribe(space, outside.address, minutes=15, by=alice.actor, door=Door.WEB).calendar
    before = Change.objects.count()
    answering(outside, status, body)
    assert feeds.refresh(calendar) is False
    source = Source.objects.get()
    assert (source.trouble, names(calendar), Change.objects.count()) == (code, ["One"], before)
    assert source.next_at > timezone.now() + dt.timedelta(minutes=14)
    answering(outside, 200, feed(an_event("One", uid="a")))
    feeds.refresh(calendar)
    assert Source.objects.get().trouble == ""


@pytest.mark.parametrize("left", [0, 9])
def test_what_is_gone_all_at_once_stays_for_a_day(outside: Outside, space: Space, alice: User, left: int) -> None:
    events = [an_event(f"{n}", uid=f"{n}") for n in range(20)]
    answering(outside, 200, feed(*events))
    calendar = feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB).calendar
    answering(outside, 200, feed(*events[:left]), ETag='"2"')
    for _ in range(2):
        assert feeds.refresh(calendar) is False
        source = Source.objects.get()
        assert (source.trouble, source.mark, len(names(calendar))) == ("shrunk", "", 20)
        assert "only" in trouble(source.trouble, source.trouble_details)
    details = source.trouble_details | {"since": (timezone.now() - feeds.HELD).isoformat()}
    Source.objects.update(trouble_details=details)
    assert feeds.refresh(calendar) is True
    source = Source.objects.get()
    assert (source.trouble, source.mark, len(names(calendar))) == ("", 'etag "2"', left)


def test_who_waits_for_a_slow_server_waits_only_so_long(outside: Outside, space: Space, alice: User) -> None:
    answering(outside, 200, feed(an_event("One", uid="a")))
    calendar = feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB).calendar
    is_over = threading.Event()

    def fault(handler: Handler) -> bool:
        is_over.wait(5)
        return True

    outside.fault = fault
    try:
        assert feeds.refresh(calendar, patience_s=0.2) is False
    finally:
        is_over.set()
    assert (Source.objects.get().trouble, names(calendar)) == ("slow", ["One"])


def test_a_file_that_broke_off_takes_nothing_away(outside: Outside, space: Space, alice: User) -> None:
    answering(outside, 200, feed(an_event("One", uid="a"), an_event("Two", uid="b")))
    calendar = feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB).calendar
    answering(outside, 200, feed(an_event("One", uid="a")).removesuffix(b"END:VCALENDAR\r\n"))
    assert feeds.refresh(calendar) is False
    assert (Source.objects.get().trouble, names(calendar)) == ("cut", ["One", "Two"])


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("webcal://localhost:9/a.ics", "private"),
        ("http://169.254.169.254/latest/", "private"),
        ("file:///etc/passwd", "address"),
        ("https://ada:secret@example.org/a.ics", "address"),
        ("http://0x7f.1/a.ics", "private"),
    ],
)
def test_an_address_inside_leads_nowhere(space: Space, alice: User, address: str, code: str) -> None:
    with pytest.raises(Unreachable) as refused:
        feeds.subscribe(space, address, by=alice.actor, door=Door.WEB)
    assert refused.value.code == code


def test_a_redirect_to_an_address_inside_leads_nowhere(outside: Outside, space: Space, alice: User) -> None:
    answering(outside, 302, Location="http://[fd00::1]/a.ics")
    with pytest.raises(Unreachable) as refused:
        feeds.subscribe(space, outside.address, by=alice.actor, door=Door.WEB)
    assert refused.value.code == "private"
