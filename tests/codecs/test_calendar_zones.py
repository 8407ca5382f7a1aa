"""Objects with their time zones by name alone, and with what the names mean. RFC 7809."""

from __future__ import annotations

import pytest
from tests.codecs.test_zone_writing import ZONES

from farley.codecs.calendar_zones import by_name, with_definitions
from farley.codecs.icalendar import ICalendar
from farley.codecs.zone_writing import vtimezone


def an_object(zone: str, *definitions: bytes) -> bytes:
    lines = [
        f"DTSTART;TZID={zone}:20260601T090000",
        f"EXDATE;TZID={zone}:20260602T090000",
        "BEGIN:VALARM",
        "END:VALARM",
    ]
    event = "".join(f"{line}\r\n" for line in ["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR"])
    return b"".join([b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", *definitions, event.encode()])


@pytest.mark.parametrize("zone", ZONES)
def test_a_definition_is_given_and_taken_away_and_nothing_else(zone: str) -> None:
    bare, whole = an_object(zone), an_object(zone, vtimezone(zone, 2026))
    if zone == "UTC":  # is in no need of one
        assert with_definitions(ICalendar(bare)) == bare
        return
    assert with_definitions(ICalendar(bare)) == whole
    assert by_name(ICalendar(whole)) == bare
    assert (with_definitions(ICalendar(whole)), by_name(ICalendar(bare))) == (whole, bare)


def test_a_definition_that_says_otherwise_than_its_name_stays() -> None:
    other = vtimezone("Europe/Berlin", 2026).replace(b"TZOFFSETTO:+0200", b"TZOFFSETTO:+0300")
    no_name = vtimezone("Europe/Berlin", 2026).replace(b"TZID:Europe/Berlin", b"TZID:W. Europe Standard Time")
    for octets in (
        an_object("Europe/Berlin", other),
        an_object("W. Europe Standard Time", no_name),
        an_object("Nowhere/At all", b"BEGIN:VTIMEZONE\r\nTZID:Nowhere/At all\r\nEND:VTIMEZONE\r\n"),
    ):
        assert by_name(ICalendar(octets)) == octets


def test_a_name_that_nobody_knows_gets_no_definition() -> None:
    for octets in (an_object("Nowhere/At all"), an_object("W. Europe Standard Time"), b"BEGIN:VCALENDAR\r\n"):
        assert with_definitions(ICalendar(octets)) == octets
