import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.test_icalendar_reading import SOUP, calendar, event

from farley.codecs.icalendar import ICalendar, InvalidICalendar, read_calendars
from farley.codecs.jcal import from_jcal, to_jcal

CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # which no line that is written may have

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.sampled_from(["vcalendar", "vevent", "summary", "text", "recur", "period"]),
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=12,
)  # fmt: skip


def said(ical: ICalendar) -> list[tuple[str, str, list[str], tuple[str, ...]]]:
    """Names, values and parameters of all lines, apart from how they are spelt."""
    return [
        (line.name, line.decoded, sorted(f"{name}={values}" for name, values in line.params if name != "VALUE"), ())
        for line in ical.lines
        if line.name
    ]


def test_an_object_is_the_json_that_the_standard_says() -> None:
    ical = ICalendar(calendar(event(
        "a", "DTSTART;TZID=Europe/Berlin:20260101T100000", "DTEND;VALUE=DATE:20260102", "DTSTAMP:20260101T000000Z",
        "SUMMARY:a\\, b", "CATEGORIES:x,y\\,z", "RRULE:FREQ=YEARLY;BYMONTH=1,2;UNTIL=20300101T000000Z;COUNT=3",
        "GEO:51.5;-0.13", 'ATTENDEE;MEMBER="mailto:a","mailto:b":mailto:c', "PRIORITY:5", "X-ODD:a;b",
        "RDATE;VALUE=PERIOD:20260103T100000Z/PT1H", "DURATION:PT1H", "PRIORITY:high")))  # fmt: skip
    [name, properties, [[kind, lines, nested]]] = json.loads(json.dumps(to_jcal(ical)))
    assert (name, kind, nested) == ("vcalendar", "vevent", [])
    assert properties == [["version", {}, "text", "2.0"], ["prodid", {}, "text", "p"]]
    assert lines == [
        ["uid", {}, "text", "a"],
        ["dtstart", {"tzid": "Europe/Berlin"}, "date-time", "2026-01-01T10:00:00"],
        ["dtend", {}, "date", "2026-01-02"],
        ["dtstamp", {}, "date-time", "2026-01-01T00:00:00Z"],
        ["summary", {}, "text", "a, b"],
        ["categories", {}, "text", "x", "y,z"],
        ["rrule", {}, "recur", {"freq": "YEARLY", "bymonth": [1, 2], "until": "2030-01-01T00:00:00Z", "count": 3}],
        ["geo", {}, "float", [51.5, -0.13]],
        ["attendee", {"member": ["mailto:a", "mailto:b"]}, "cal-address", "mailto:c"],
        ["priority", {}, "integer", 5],
        ["x-odd", {}, "unknown", "a;b"],
        ["rdate", {}, "period", ["2026-01-03T10:00:00Z", "PT1H"]],
        ["duration", {}, "duration", "PT1H"],
        ["priority", {}, "unknown", "high"],
    ]
    assert said(from_jcal(json.dumps(to_jcal(ical)))) == said(ical)


def test_every_calendar_sample_comes_back_from_json(ical_sample: Path) -> None:
    for entry in read_calendars(ical_sample.read_bytes()):
        if entry.ical and entry.ical.version == "2.0" and not CONTROLS.search(entry.octets):
            there = json.dumps(to_jcal(entry.ical))
            try:
                back = from_jcal(there)
            except InvalidICalendar as error:
                assert "name" in error.reason  # noqa: PT017 - of a name that no line may have there is no jCal
            else:
                assert json.dumps(to_jcal(back)) == there


@given(SOUP)
def test_any_object_becomes_json_and_json_an_object_or_a_problem(octets: bytes) -> None:
    for entry in read_calendars(octets):
        if entry.ical:
            there = json.dumps(to_jcal(entry.ical))
            try:
                assert from_jcal(there).octets
            except InvalidICalendar as error:
                assert error.reason  # noqa: PT017


@given(JSON)
def test_any_json_is_an_object_or_is_refused(given_: object) -> None:
    summary = ["vevent", [["summary", {}, "text", given_]], []]
    for each in (given_, ["vcalendar", given_, []], ["vcalendar", [], [summary]],
                 ["vcalendar", [["rrule", {}, "recur", given_]], []]):  # fmt: skip
        try:
            assert from_jcal(json.dumps(each)).octets
        except InvalidICalendar as error:
            assert error.line == 1  # noqa: PT017


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '["vcalendar", [["a\\r\\nb", {}, "text", "c"]], []]'])
def test_what_is_no_jcal_is_refused(text: str) -> None:
    with pytest.raises(InvalidICalendar):
        from_jcal(text)


def test_a_value_cannot_bring_lines_of_its_own() -> None:
    made = from_jcal(["vcalendar", [["x-a", {"p": "q\r\nEND:VCALENDAR"}, "unknown", "b\r\nEND:VCALENDAR"]], []])
    assert [line.name for line in made.lines] == ["BEGIN", "X-A", "END"]
