"""Many objects in one file."""

from __future__ import annotations

from farley.codecs.icalendar import ICalendar, read_calendars
from farley.codecs.icalendar_files import calendar_file, says_the_same


def an_object(uid: str, zone: str, offset: str, *, line_break: bytes = b"\r\n") -> ICalendar:
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", "METHOD:PUBLISH"),
        *("BEGIN:VTIMEZONE", f"TZID:{zone}", "BEGIN:STANDARD", "DTSTART:20000101T000000"),
        *(f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"),
        *("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART;X-A=1;TZID={zone}:20261201T090000", "X-ODD:;;", "END:VEVENT"),
        "END:VCALENDAR",
    ]
    return ICalendar(line_break.join(line.encode() for line in lines))


def test_a_file_has_each_zone_once_and_reads_back_as_the_objects_it_was_made_of() -> None:
    objects = [an_object("a", "Home", "+0100"), an_object("b", "Home", "+0100", line_break=b"\n")]
    written = b"".join(calendar_file(objects, prodid="-//y//EN", name="Work, too", colour="#FF0000"))
    assert written.count(b"BEGIN:VTIMEZONE") == 1
    assert (b"METHOD" in written, b"NAME:Work\\, too\r\n" in written, b"-//x//" in written) == (False, True, False)
    back = [entry.ical for entry in read_calendars(written)]
    assert [ical.uid for ical in back if ical] == ["a", "b"]
    assert all(says_the_same(ical, former) for ical, former in zip(back, objects, strict=True) if ical)
    assert not says_the_same(objects[0], objects[1])


def test_different_zones_of_one_name_stay_different() -> None:
    objects = [an_object("a", "Home", "+0100"), an_object("b", "Home", "-0500"), an_object("c", "Home", "-0500")]
    back = list(read_calendars(b"".join(calendar_file(objects, prodid="-//y//EN"))))
    zones = [(each.ical.components[0].start_at, list(each.ical.zones)) for each in back if each.ical]
    assert [names for _, names in zones] == [["Home"], ["Home (2)"], ["Home (2)"]]
    assert [start.zone for start, _ in zones if start] == ["Home", "Home (2)", "Home (2)"]


def test_of_a_zone_that_everybody_knows_the_first_definition_is_enough() -> None:
    objects = [an_object("a", "Europe/Berlin", "+0100"), an_object("b", "Europe/Berlin", "+01:00")]
    assert b"".join(calendar_file(objects, prodid="-//y//EN")).count(b"BEGIN:VTIMEZONE") == 1
