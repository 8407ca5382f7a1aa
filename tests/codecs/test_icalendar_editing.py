from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.test_icalendar_reading import SOUP, ZONE, calendar, event

from farley.codecs.icalendar import Duration, ICalendar, Period, When, judge, repair
from farley.codecs.icalendar_values import parse_offset, write_offset

STAMP = When(datetime(2026, 1, 2, 3, 4, 5), "UTC")  # noqa: DTZ001
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"))


def main_text(ical: ICalendar, name: str) -> str:
    assert ical.main is not None
    return ical.main.text(name)


@pytest.mark.parametrize("line_break", [b"\r\n", b"\n", b"\r"])
@given(
    text=TEXT, odd=st.binary(max_size=80).filter(lambda octets: not octets.lstrip().upper().startswith((b"B", b"E")))
)
def test_an_edit_leaves_every_other_line_as_it_was(line_break: bytes, text: str, odd: bytes) -> None:
    filler = b"X-ODD:" + odd.translate(None, b"\r\n")
    octets = calendar(ZONE, event("a", "SUMMARY:old", "LOCATION:l\r\n ong"), filler + b"\r\n").replace(
        b"\r\n", line_break
    )
    ical = ICalendar(octets)
    assert ical.main is not None
    found = ical.main.first("SUMMARY")
    assert found is not None
    edited = ical.with_text(found.index, text)
    assert main_text(edited, "SUMMARY") == text
    before, after = ([line.octets for line in each.lines] for each in (ical, edited))
    assert after[: found.index] == before[: found.index]
    assert after[found.index + 1 :] == before[found.index + 1 :]
    assert all(len(piece) <= 75 for piece in after[found.index].split(line_break))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=100))  # must fold
def test_what_is_added_is_read_again(text: str) -> None:
    ical = ICalendar(calendar(event("a")))
    assert ical.main is not None
    edited = ical.added(ical.main, "description", text=text)
    assert main_text(edited, "DESCRIPTION") == text
    assert edited.main is not None
    assert edited.without(edited.main.properties("DESCRIPTION")[0].index) == ical


def test_what_is_already_so_gives_the_same_object() -> None:
    ical = ICalendar(calendar(event("a", "SUMMARY:x", "CATEGORIES:a,b", "DTSTART;VALUE=DATE:20260101")))
    assert ical.main is not None
    summary, categories, start = (ical.main.properties(name)[0] for name in ("SUMMARY", "CATEGORIES", "DTSTART"))
    assert ical.with_text(summary.index, "x") is ical
    assert ical.with_texts(categories.index, ["a", "b"]) is ical
    assert ical.with_when(start.index, When.of(date(2026, 1, 1))) is ical
    assert ical.with_value(summary.index, "x") is ical
    assert ical.without() is ical


def test_a_date_becomes_a_time_with_its_zone_and_back() -> None:
    ical = ICalendar(calendar(event("a", "DTSTART;VALUE=DATE;X-KEPT=1:20260101")))
    assert ical.main is not None
    index = ical.main.properties("DTSTART")[0].index
    timed = ical.with_when(index, When(datetime(2026, 1, 1, 10), "Europe/Berlin"))  # noqa: DTZ001
    assert timed.lines[index].octets == b"DTSTART;TZID=Europe/Berlin;X-KEPT=1:20260101T100000\r\n"
    assert timed.with_when(index, When.of(date(2026, 1, 1))) == ical
    assert timed.with_when(index, STAMP).lines[index].octets == b"DTSTART;X-KEPT=1:20260102T030405Z\r\n"


def test_components_are_added_and_taken_away_whole() -> None:
    ical = ICalendar(calendar(event("a")))
    override = event("a", "RECURRENCE-ID:20260102T100000Z")
    edited = ical.with_component(override)
    assert [each.recurrence_id for each in edited.overrides] == [When(datetime(2026, 1, 2, 10), "UTC")]  # noqa: DTZ001
    assert edited.without_component(edited.overrides[0]) == ical
    assert ical.main is not None
    alarmed = ical.with_component(b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM", within=ical.main)
    assert alarmed.main is not None
    assert [each.text("ACTION") for each in alarmed.main.alarms] == ["DISPLAY"]


def test_what_is_typed_is_typed() -> None:
    ical = ICalendar(calendar(event(
        "a", "DTSTART;TZID=Lab/Berlin:20260101T100000", "DTEND:20260101T100000Z", "DURATION:PT1H30M", "PRIORITY:5",
        "SUMMARY:a\\, b\\nc", "CATEGORIES:x,y\\,z", "CATEGORIES:x", 'ORGANIZER;CN="A, B":MAILTO:a@example.org',
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:mailto:b@example.org", "ATTENDEE;EMAIL=c@example.org:urn:uuid:1",
        "RDATE;VALUE=PERIOD:20260103T100000Z/PT1H,20260104T100000Z/20260104T120000Z",
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:QUJD", "EXDATE;VALUE=DATE:20260105,20260106", "URL:http://e.org/a,b;c",
    )))  # fmt: skip
    event_ = ical.main
    assert event_ is not None
    assert event_.start_at == When(datetime(2026, 1, 1, 10), "Lab/Berlin")  # noqa: DTZ001
    assert event_.end_at == When(datetime(2026, 1, 1, 10), "UTC")  # noqa: DTZ001
    assert event_.duration == Duration(seconds=5400)
    assert (event_.number("PRIORITY"), event_.text("SUMMARY"), event_.text("URL")) == (
        5, "a, b\nc", "http://e.org/a,b;c")  # fmt: skip
    assert event_.categories == ["x", "y,z"]
    assert event_.organizer is not None
    assert (event_.organizer.address, event_.organizer.param("CN")) == ("a@example.org", "A, B")
    assert [(each.address, each.param("PARTSTAT")) for each in event_.attendees] == [
        ("b@example.org", "ACCEPTED"), ("c@example.org", None)]  # fmt: skip
    assert [each.written() for each in event_.properties("RDATE")[0].periods] == [
        "20260103T100000Z/PT1H", "20260104T100000Z/20260104T120000Z"]  # fmt: skip
    assert event_.properties("ATTACH")[0].binary == b"ABC"
    assert [when.is_date for when in event_.properties("EXDATE")[0].whens] == [True, True]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-02T03:04:05Z", "20260102T030405Z"),
        ("20260102t0304", "20260102T030400"),
        ("20260102T240000", "20260103T000000"),
        ("20260102T030460Z", "20260102T030459Z"),
        ("20260102", "20260102"),
        ("2026-01-02T", "20260102"),
        ("99991231T240000", "99991231T235959"),
    ],
)
def test_a_time_is_read_as_programs_write_it(written: str, expected: str) -> None:
    when = When.parse(written)
    assert when is not None
    assert when.written() == expected


@pytest.mark.parametrize(
    "written", ["", "x", "20261301", "20260230T000000", "00000101", "20260101T250000", "２０２６0101"]
)
def test_what_is_no_time_is_none(written: str) -> None:
    assert When.parse(written) is None


@given(st.integers(-400_000_000, 400_000_000), st.integers(-100_000, 100_000))
def test_durations_and_offsets_are_read_as_they_are_written(seconds: int, days: int) -> None:
    sign = -1 if days < 0 else 1
    duration = Duration(days, sign * abs(seconds))
    assert Duration.parse(duration.written()) == duration
    offset = timedelta(seconds=seconds % 86_400 * sign)
    assert parse_offset(write_offset(offset)) == offset


def test_a_period_without_an_end_is_none() -> None:
    assert Period.parse("20260101T000000Z") is None
    assert Duration.parse("P") is None
    assert Duration.parse("-P1W") == Duration(-7)


def test_an_instant_is_written_in_utc() -> None:
    assert When.of(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == STAMP


@given(SOUP)
def test_a_repaired_object_has_what_it_must_have_and_every_line_it_had(octets: bytes) -> None:
    ical = ICalendar(calendar(b"BEGIN:VEVENT\r\n" + octets + b"\r\nEND:VEVENT\r\n"))
    repaired = repair(ical, uid="new", stamp=STAMP, prodid="-//F")
    assert repaired.uid
    kept = [line.octets for line in repaired.lines]
    for line in ical.lines:
        kept.remove(line.octets)
    assert len(kept) <= 2 * len(ical.components) + 2


def test_repair_says_nothing_where_nothing_is_missing_and_judge_names_what_is() -> None:
    bare = ICalendar(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    assert [(remark.line, remark.rule) for remark in judge(bare)] == [
        (1, "missing"), (1, "missing"), (2, "missing"), (2, "missing"), (3, "value")]  # fmt: skip
    mended = repair(bare, uid="u", stamp=STAMP, prodid="-//F")
    assert [remark.rule for remark in judge(mended)] == ["value"]
    assert repair(mended, uid="u", stamp=STAMP, prodid="-//F") is mended


def test_a_new_object_breaks_no_rule_but_the_start_it_lacks() -> None:
    ical = ICalendar.new("VEVENT", uid="u", stamp=STAMP, prodid="-//F")
    assert ICalendar.parse(ical.octets) == ical
    assert [remark.message for remark in judge(ical)] == ["a VEVENT must have DTSTART"]
    assert judge(ICalendar.new("VTODO", uid="u", stamp=STAMP, prodid="-//F")) == []
