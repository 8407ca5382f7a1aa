"""Zones of the tz database as VTIMEZONEs."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from farley.codecs.icalendar import ICalendar, When, judge
from farley.codecs.zone_writing import vtimezone
from farley.codecs.zones import FixedZone, Zones

ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Pacific/Chatham",
    "America/Santiago", "Africa/Casablanca", "Asia/Tokyo", "Europe/Dublin", "UTC",
)  # fmt: skip


@pytest.mark.parametrize("key", ZONES)
def test_a_written_zone_tells_the_time_as_the_tz_database_does(key: str) -> None:
    octets = b"BEGIN:VCALENDAR\r\n" + vtimezone(key, 2026) + b"END:VCALENDAR\r\n"
    written = Zones(ICalendar(octets), FixedZone(dt.timedelta(0)))
    zone = ZoneInfo(key)
    for days in range(0, 10 * 365, 3):
        moment = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC) + dt.timedelta(days=days, hours=days % 24)
        local = moment.astimezone(zone)
        if local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset():
            continue  # comes twice, or not at all
        assert written.instant(When(local.replace(tzinfo=None), key)) == moment.replace(tzinfo=None), (key, local)


def test_a_zone_whose_clock_is_changed_by_a_rule_is_short() -> None:
    written = vtimezone("Europe/Berlin", 2026).decode()
    assert written.count("BEGIN:") == 3
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in written
    assert "DTSTART:20250330T020000" in written
    assert judge(ICalendar(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{written}END:VCALENDAR\r\n".encode())) == [
        (1, "empty", "there is no event, task or journal in this calendar")
    ]
