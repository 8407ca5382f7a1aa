"""Events for benchmarks, and a calendar of them in Farley."""

from __future__ import annotations

import datetime as dt

SERIES_EVERY = 20
DAYS = 4 * 365
FIRST = dt.datetime(2024, 1, 1, 8)  # noqa: DTZ001 -- by the clock on the wall
RULES = ("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=50", "FREQ=DAILY;COUNT=300", "FREQ=MONTHLY;BYDAY=2TU")
ZONE = (
    *("BEGIN:VTIMEZONE", "TZID:Europe/Berlin"),
    *("BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST"),
    *("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
    *("BEGIN:STANDARD", "DTSTART:19961027T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET"),
    *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"),
)


def event(number: int) -> bytes:
    start = FIRST + dt.timedelta(days=number * 7 % DAYS, hours=number % 9)
    end = start + dt.timedelta(minutes=45)
    rule = [f"RRULE:{RULES[number // SERIES_EVERY % len(RULES)]}"] if number % SERIES_EVERY == 0 else []
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//bench//EN", *ZONE, "BEGIN:VEVENT"),
        *(f"UID:bench-{number}", "DTSTAMP:20260101T000000Z", f"SUMMARY:Meeting {number:06} about something"),
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
    from farley.calendars import operations, storing
    from farley.journal.records import Entry
    from farley.spaces.models import Space

    ada, space = User.objects.get(name="ada"), Space.objects.get(name="ada")
    calendar = operations.create(space, "Bench", slug="bench", by=ada.actor, door=Door.CLI)
    for start in range(0, total, 500):
        entries = [Entry(event(number), f"{number}.ics") for number in range(start, min(start + 500, total))]
        storing.store_many(calendar, entries, batch=None, by=ada.actor, door=Door.CLI)
    return devices.add(ada, Device.Kind.DEVICE, "Bench", by=ada.actor, door=Door.CLI)[1]
