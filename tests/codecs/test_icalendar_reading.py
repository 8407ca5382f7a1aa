import contextlib
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.test_vcard_reading import Dribble

from farley.codecs.contentline import split_lines
from farley.codecs.icalendar import Component, Entry, ICalendar, InvalidICalendar, headers, judge, read_calendars

ZONE = (
    b"BEGIN:VTIMEZONE\r\nTZID:Lab/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\n"
    b"TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def event(uid: str, *lines: str) -> bytes:
    inside = "".join(f"{line}\r\n" for line in (f"UID:{uid}", *lines))
    return f"BEGIN:VEVENT\r\n{inside}END:VEVENT\r\n".encode()


def calendar(*parts: bytes) -> bytes:
    return b"".join([b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:p\r\n", *parts, b"END:VCALENDAR\r\n"])


SOUP = st.lists(
    st.sampled_from([b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"BEGIN:VEVENT", b"END:VEVENT", b"BEGIN:VTIMEZONE",
                     b"END:VTIMEZONE", b"BEGIN:VALARM", b"END:VALARM", b"UID:a", b"UID;X=1:b", b"TZID:z",
                     b"DTSTART;TZID=z:20260101T100000", b"RRULE:FREQ=DAILY", b"SUMMARY;ENCODING=QUOTED-PRINTABLE:a=",
                     b"ATTACH;ENCODING=BASE64:QUJD", b"\r\n", b"\n", b"\r", b"\r\n ", b" ", b"\t", b"\xef\xbb\xbf",
                     b"begin : vevent ", b"\xff\xfe", b"\0", b"\xe9", b'X;P="a'])
    | st.just(b"\r\n"), max_size=60,
).map(b"".join)  # fmt: skip


def entries(source: bytes) -> list[Entry]:
    return list(read_calendars(source))


def problems(source: bytes) -> list[tuple[int, str]]:
    return [(entry.line, entry.problem.reason) for entry in entries(source) if entry.problem]


def objects(source: bytes) -> list[ICalendar]:
    return [entry.ical for entry in entries(source) if entry.ical]


def ask(ical: ICalendar) -> None:
    """Every question a value has an answer to."""
    assert b"".join(line.octets for line in ical.lines) == ical.octets
    assert ical.version in ("1.0", "2.0")
    texts = [ical.uid or "", ical.kind, ical.method, *ical.zones]
    waiting: list[Component] = [ical.root]
    while waiting:
        component = waiting.pop()
        waiting += component.components
        assert component.start <= component.end
        assert component.octets in ical.octets
        texts += component.categories
        answers = (component.start_at, component.end_at, component.recurrence_id, component.is_all_day)
        assert answers is not None
        for found in component.properties():
            texts += [found.text, *found.texts, found.address]
            for when in found.whens:
                assert when.written()
            assert all(period.written() for period in found.periods)
            assert found.duration is None or found.duration.written()
            assert found.binary is None or isinstance(found.binary, bytes)
    for text in texts:
        assert "\0" not in text
        text.encode()
    assert all(remark.line >= 1 for remark in judge(ical))


def test_every_calendar_sample_is_read_and_written_back_unchanged(ical_sample: Path) -> None:
    octets = ical_sample.read_bytes()
    found = entries(octets)
    for entry in found:
        if entry.ical is not None:
            assert ICalendar.parse(entry.octets) == entry.ical
            ask(entry.ical)
    if not octets.startswith(b"\xff\xfe") and len(found) == 1 and found[0].ical:
        lines = {line.octets.strip() for line in found[0].ical.lines}
        assert lines <= {line.octets.strip() for line in ICalendar(octets.removeprefix(b"\xef\xbb\xbf")).lines}


@given(SOUP)
def test_any_octets_give_objects_and_problems_and_nothing_else(octets: bytes) -> None:
    for entry in read_calendars(octets):
        assert (entry.ical is None) != (entry.problem is None)
        if entry.ical is not None:
            ask(entry.ical)
    with contextlib.suppress(InvalidICalendar):
        ask(ICalendar.parse(octets))


@given(SOUP, SOUP, SOUP)
def test_the_lines_of_an_object_with_time_zones_are_those_of_its_octets(
    first: bytes, second: bytes, third: bytes
) -> None:
    for octets in (first + ZONE + second, first + ZONE + second + ZONE + third, calendar(ZONE, first, ZONE)):
        assert list(ICalendar(octets).lines) == split_lines(octets)


@given(st.binary(max_size=300))
def test_the_inside_of_an_event_may_be_anything(inside: bytes) -> None:
    for entry in read_calendars(calendar(b"BEGIN:VEVENT\r\n" + inside + b"\r\nEND:VEVENT\r\n")):
        if entry.ical is not None:
            ask(entry.ical)


@given(SOUP, st.integers(1, 40))
def test_reading_a_file_in_pieces_finds_what_reading_at_once_does(octets: bytes, step: int) -> None:
    in_pieces = [(each.line, each.octets, str(each.problem)) for each in read_calendars(Dribble(octets, step))]
    assert in_pieces == [(each.line, each.octets, str(each.problem)) for each in read_calendars(octets)]


def test_one_object_a_uid_with_its_overrides_wherever_they_stand() -> None:
    override = event("a", "RECURRENCE-ID:20260102T100000Z", "SUMMARY:moved")
    first, second = objects(calendar(event("a", "RRULE:FREQ=DAILY"), event("b"), override))
    assert [each.uid for each in (first, second)] == ["a", "b"]
    assert [each.text("SUMMARY") for each in first.overrides] == ["moved"]
    assert first.main is not None
    assert first.main.text("RRULE") == "FREQ=DAILY"


def test_an_object_takes_the_time_zones_it_names_and_no_others() -> None:
    other = ZONE.replace(b"Lab/Berlin", b"Lab/Paris")
    named = event("a", "DTSTART;TZID=Lab/\r\n Berlin:20260101T100000")
    first, second = objects(calendar(ZONE, other, named, event("b")))
    assert list(first.zones) == ["Lab/Berlin"]
    assert not second.zones


def test_a_calendar_of_one_object_keeps_its_octets() -> None:
    octets = calendar(ZONE, b"X-ODD:1\r\n", event("a"), b"\r\n")
    [entry] = entries(octets)
    assert entry.octets == octets


def test_what_is_said_about_the_collection_is_read_apart() -> None:
    octets = calendar(b"X-WR-CALNAME:Work\r\nMETHOD:PUBLISH\r\nX-WR-TIMEZONE:Europe/Berlin\r\n", event("a"))
    [ical] = objects(octets)
    assert [line.name for line in ical.lines[:4]] == ["BEGIN", "VERSION", "PRODID", "X-WR-TIMEZONE"]
    assert not ical.method
    [header] = headers(octets)
    assert (header.root.text("X-WR-CALNAME"), header.method) == ("Work", "PUBLISH")


def test_an_event_and_a_task_of_one_uid_are_two_objects() -> None:
    task = event("a").replace(b"VEVENT", b"VTODO")
    assert [each.kind for each in objects(calendar(event("a"), task))] == ["VEVENT", "VTODO"]


def test_components_without_a_uid_are_objects_of_their_own() -> None:
    bare = b"BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
    assert [each.uid for each in objects(calendar(bare, bare))] == [None, None]


def test_the_uid_of_an_alarm_is_not_the_events() -> None:
    """Else two events whose alarms came from one template would become one object."""
    alarm = b"BEGIN:VALARM\r\nUID:alarm\r\nEND:VALARM\r\n"
    first, second = (b"BEGIN:VEVENT\r\n" + alarm + b"UID:" + uid + b"\r\nEND:VEVENT\r\n" for uid in (b"e\r\n e", b"b"))
    assert [each.uid for each in objects(calendar(first, second))] == ["ee", "b"]


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (b"BEGIN:VEVENT\r\nUID:x\r\n", (4, "this VEVENT has no END before the next BEGIN")),
        (b"BEGIN:VEVENT\r\nBEGIN:VALARM\r\nEND:VEVENT\r\n", (6, "END:VEVENT stands where END:VALARM was expected")),
        (b"END:VEVENT\r\n", (4, "END:VEVENT has no BEGIN")),
        (b"BEGIN:VEVENT\r\nEND:VTODO\r\nEND:VEVENT\r\n", (5, "END:VTODO stands where END:VEVENT was expected")),
        (b"BEGIN:VEVENT\r\n" + b"BEGIN:X\r\n" * 200 + b"END:X\r\n" * 200 + b"END:VEVENT\r\n",
         (104, "components are nested more than 100 deep")),
    ],
)  # fmt: skip
def test_what_is_broken_is_a_problem_with_its_line_and_the_next_event_is_read(
    broken: bytes, expected: tuple[int, str]
) -> None:
    octets = calendar(broken, event("after"))
    assert problems(octets) == [expected]
    assert [each.uid for each in objects(octets)] == ["after"]
    with pytest.raises(InvalidICalendar) as caught:
        ICalendar.parse(octets)
    assert (caught.value.line, caught.value.reason) == expected


def test_a_file_cut_short_keeps_the_events_it_has_whole() -> None:
    octets = calendar(event("a"), event("b"))
    cut = octets[: octets.index(b"UID:b")]
    assert [each.uid for each in objects(cut)] == ["a"]
    assert problems(cut) == [(7, "the file ends before the END:VCALENDAR of this calendar")]


def test_a_calendar_never_closed_is_told_and_the_next_is_read() -> None:
    octets = calendar(event("a")).replace(b"END:VCALENDAR\r\n", b"") + calendar(event("b"))
    assert [each.uid for each in objects(octets)] == ["a", "b"]
    assert problems(octets) == [(1, "this calendar has no END:VCALENDAR before the next one")]


def test_rubbish_around_calendars_is_one_problem_a_run() -> None:
    octets = b"\n\nrubbish\nmore\n" + calendar(event("a")) + b"BEGIN:VCARD\r\nEND:VCARD\r\n"
    outside = "this is not part of any VCALENDAR"
    assert problems(octets) == [(3, outside), (12, outside)]


@pytest.mark.parametrize(
    ("octets", "line"),
    [(b"", 1), (b"rubbish", 1), (calendar() + calendar(), 5), (calendar() + b"x", 5), (b"x\n" + calendar(), 1)],
)
def test_what_is_not_exactly_one_calendar_is_refused_with_its_line(octets: bytes, line: int) -> None:
    with pytest.raises(InvalidICalendar) as caught:
        ICalendar.parse(octets)
    assert caught.value.line == line


def test_line_breaks_of_every_kind_byte_order_marks_and_utf_16_are_read() -> None:
    octets = calendar(event("a", "SUMMARY:Gr\u00fc\u00df", "DESCRIPTION:long", " er"), event("b"))
    for variant in (
        octets.replace(b"\r\n", b"\n"),
        octets.replace(b"\r\n", b"\r"),
        b"\xef\xbb\xbf" + octets,
        octets.decode().encode("utf-16"),
        octets.decode().encode("utf-16-le"),
        octets.replace(b"BEGIN:V", b"begin : v"),
    ):
        first, second = objects(variant)
        assert first.main is not None
        assert (first.main.text("SUMMARY"), first.main.text("DESCRIPTION")) == ("Gr\u00fc\u00df", "longer")
        assert second.uid == "b"
        assert [entry.line for entry in entries(variant)] == [4, 10]


def test_an_object_too_large_is_a_problem_and_the_next_is_read() -> None:
    large = event("large", "DESCRIPTION:" + "x" * 300_000)
    for source in (calendar(large, event("b")), io.BytesIO(calendar(large, event("b")))):
        found = list(read_calendars(source, max_object=100_000))
        assert [entry.problem.reason if entry.problem else "" for entry in found] == [
            "this object is larger than 100,000 octets", ""]  # fmt: skip
        assert found[1].ical is not None
        assert found[1].ical.uid == "b"


def test_memory_is_bounded_whatever_the_source_holds() -> None:
    class Endless(io.RawIOBase):
        left = 300

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            begins = b"\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" if self.left == 250 else b"x"
            return b"" if self.left < 0 else begins + b"y" * 100_000

    tracemalloc.start()
    list(read_calendars(Endless(), max_object=200_000))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
