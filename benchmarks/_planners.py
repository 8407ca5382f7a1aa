"""Events for benchmarks, and a calendar of them in Farley."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

SERIES_EVERY = 20
DAYS = 4 * 365
FIRST = dt.datetime(2024, 1, 1, 8)  # noqa: DTZ001 -- by the clock on the wall
RULES = ("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=50", "FREQ=DAILY;COUNT=300", "FREQ=MONTHLY;BYDAY=2TU")
YEARS = 10 * 365 + 1  # that somebody has kept a calendar for
ENDING_RULES = ("FREQ=WEEKLY;COUNT=50", "FREQ=DAILY;COUNT=10", "FREQ=MONTHLY;BYDAY=2TU;COUNT=24", "FREQ=YEARLY")
SEED_DAY = dt.date(2026, 3, 2)  # a Monday in the third year of them
ZONE = (
    *("BEGIN:VTIMEZONE", "TZID:Europe/Berlin"),
    *("BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST"),
    *("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
    *("BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET"),
    *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"),
)


def event(number: int, *, mark: str = "bench", days: int = DAYS, rules: Sequence[str] = RULES) -> bytes:
    """One of a family of events, the first of which is on the first of these days."""
    start = FIRST + dt.timedelta(days=number * 7 % days, hours=number % 9)
    end = start + dt.timedelta(minutes=45)
    rule = [f"RRULE:{rules[number // SERIES_EVERY % len(rules)]}"] if number % SERIES_EVERY == 0 else []
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//bench//EN", *ZONE, "BEGIN:VEVENT"),
        *(f"UID:{mark}-{number}", "DTSTAMP:20260101T000000Z", f"SUMMARY:Meeting {number:06} about something"),
        *(f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID=Europe/Berlin:{end:%Y%m%dT%H%M%S}", *rule),
        *("LOCATION:Lange Straße 12\\, Hannover", "DESCRIPTION:A note of ordinary length that says something."),
        *("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Meeting", "TRIGGER:-PT15M", "END:VALARM"),
        *("END:VEVENT", "END:VCALENDAR"),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def filled(total: int) -> str:
    """The password of a device that reads a calendar of `total` events, made here."""
    from farley.accounts import devices
    from farley.accounts.devices import Device
    from farley.accounts.doors import Door
    from farley.accounts.models import User

    ada = User.objects.get(name="ada")
    _fill("bench", [event(number) for number in range(total)])
    return devices.add(ada, Device.Kind.DEVICE, "Bench", by=ada.actor, door=Door.CLI)[1]


def fill_calendars(calendars: int, total: int) -> None:
    """So many calendars of ada, of `total` events each, spread over ten years."""
    for n in range(calendars):
        mark = f"bench{n}"
        _fill(mark, [event(number, mark=mark, days=YEARS, rules=ENDING_RULES) for number in range(total)])


def pages(times: int) -> dict[str, Any]:
    """CPU milliseconds and octets of the pages of ada's calendars, each of another time; and how much is on them."""
    from django.test import Client

    from farley.accounts.models import User

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(name="ada"))
    report: dict[str, Any] = {}
    for view, step in (("week", 7), ("day", 1), ("month", 31), ("agenda", 30)):
        taken, size, shown = [], 0, 0
        for n in range(times + 1):
            address = f"/calendar/?view={view}&on={SEED_DAY + dt.timedelta(days=step * (n % 12))}"
            began = time.process_time()
            answer = client.get(address)
            taken.append(1000 * (time.process_time() - began))
            size, shown = max(size, len(answer.content)), max(shown, answer.content.count(b'class="ev'))
        report[view] = {"first": taken[0], "taken": taken[1:], "octets": size, "shown": shown}
    return report


def _fill(slug: str, events: Sequence[bytes]) -> None:
    from farley.accounts.doors import Door
    from farley.accounts.models import User
    from farley.calendars import operations, storing
    from farley.journal.records import Entry
    from farley.spaces.models import Space

    ada, space = User.objects.get(name="ada").actor, Space.objects.get(name="ada")
    calendar = operations.create(space, slug.capitalize(), slug=slug, by=ada, door=Door.CLI)
    for start in range(0, len(events), 500):
        some = events[start : start + 500]
        entries = [Entry(octets, f"{number}.ics") for number, octets in enumerate(some, start)]
        storing.store_many(calendar, entries, batch=None, by=ada, door=Door.CLI)
