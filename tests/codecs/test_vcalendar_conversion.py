"""The tables of docs/compliance/vcalendar-conversion.md are what conversion does; nothing is lost there and back."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.contentline import unfold
from farley.codecs.icalendar import ICalendar, read_calendars
from farley.codecs.vcalendar import SOURCE, convert

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "compliance" / "vcalendar-conversion.md"
CODE = re.compile(r"`([^`]*)`")
Row = tuple[str, str, list[str], str, list[str], bool]  # component, version, lines, version, lines, carried


def rows() -> list[Row]:
    """Every example, in each direction it stands for."""
    found: list[Row] = []
    kind = "VEVENT"
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        kind = "VTODO" if line == "## Tasks" else kind
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 4:
            continue
        left, right = CODE.findall(cells[0]), CODE.findall(cells[2])
        if cells[1] in ("⇄", "→"):
            found.append((kind, "1.0", left, "2.0", right, cells[3] == "carried"))
        if cells[1] in ("⇄", "←"):
            found.append((kind, "2.0", right, "1.0", left, cells[3] == "carried"))
    return found


def calendar(version: str, kind: str, lines: list[str]) -> ICalendar:
    inside = [f"BEGIN:{kind}", *lines, f"END:{kind}"]
    return ICalendar.parse(
        "\r\n".join(["BEGIN:VCALENDAR", f"VERSION:{version}", *inside, "END:VCALENDAR", ""]).encode()
    )


def said(ical: ICalendar) -> list[tuple[str, str, list[str]]]:
    """The lines apart from how they are folded and encoded."""
    coding = ("ENCODING=QUOTED", "CHARSET=", "=QUOTED")
    found = []
    for line in ical.lines:
        params = sorted(f"{name}={','.join(values)}" for name, values in line.params)
        text = line.decoded.replace("\r\n", "\n").strip()
        text = text.upper() if line.name in ("BEGIN", "END") else text
        if line.name or line.octets.strip():
            found.append((line.name, text, [each for each in params if not each.upper().startswith(coding)]))
    return found


@pytest.mark.parametrize(
    ("kind", "source", "lines", "target", "expected", "is_carried"),
    rows(),
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_an_example_of_the_document_is_what_conversion_does(
    kind: str, source: str, lines: list[str], target: str, expected: list[str], is_carried: bool
) -> None:
    ical = calendar(source, kind, lines)
    made = convert(ical, target)
    assert made.version == target
    carried = [line for line in made.lines if line.name == SOURCE]
    inside = [unfold(line.octets) for line in made.lines if line.name != SOURCE]
    assert inside[2:] == [f"BEGIN:{kind}", *expected, f"END:{kind}", "END:VCALENDAR"]
    assert bool(carried) == is_carried
    assert said(convert(made, source)) == said(ical)


LINES = {
    "1.0": [*sorted({line for _, version, lines, _, _, _ in rows() if version == "1.0" for line in lines}),
            "NOTE;QUOTED-PRINTABLE:a=0D=0Ab", "X-ODD;P=1:a;b", "DALARM:never", "broken", "RRULE:", "GEO:x"],
    "2.0": ["DTSTART;TZID=Europe/Berlin:20260101T100000", "DURATION:P1D", "SUMMARY:a\\, b\\;c\\nd", "STATUS:FINAL",
            'ATTENDEE;CN="A, B";PARTSTAT=DELEGATED:urn:uuid:1', "RRULE:FREQ=DAILY;BYHOUR=9", "broken", "GEO:x",
            "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nEND:VALARM", "BEGIN:VALARM\r\nUID:1\r\nEND:VALARM",
            "BEGIN:X-PART\r\nX-A:1\r\nEND:X-PART", "X-TZ:1", "CATEGORIES:a\\,b,c", "COLOR:red", "TRANSP:odd"],
}  # fmt: skip


@given(st.sampled_from(["1.0", "2.0"]), st.data())
def test_an_object_converted_there_and_back_says_what_it_said(version: str, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(LINES[version]), max_size=8))
    ical = calendar(version, data.draw(st.sampled_from(["VEVENT", "VTODO"])), lines)
    there = convert(ical, "2.0" if version == "1.0" else "1.0")
    assert said(convert(there, version)) == said(ical)


def test_every_calendar_sample_comes_back_from_the_other_version(ical_sample: Path) -> None:
    for entry in read_calendars(ical_sample.read_bytes()):
        ical = entry.ical
        if ical and ical.root.first("VERSION") and b"\0" not in ical.octets:
            there = convert(ical, "2.0" if ical.version == "1.0" else "1.0")
            back = convert(there, ical.version)
            assert [each for each in said(back) if each[0] != "VERSION"] == [
                each for each in said(ical) if each[0] != "VERSION"]  # fmt: skip


def test_what_was_edited_meanwhile_is_not_overwritten() -> None:
    ical = calendar("2.0", "VEVENT", ["DTSTART;TZID=Europe/Berlin:20260101T100000", "RECURRENCE-ID:20260101T090000Z"])
    there = convert(ical, "1.0")
    assert there.main is not None
    start = there.main.properties("DTSTART")[0]
    edited = convert(there.with_value(start.index, "20260102T090000Z"), "2.0")
    assert edited.main is not None
    assert edited.main.text("DTSTART") == "20260102T090000Z"
    assert not [line for line in edited.lines if line.name == SOURCE]


def test_an_object_already_in_the_version_is_the_same_object() -> None:
    ical = calendar("2.0", "VEVENT", [])
    assert convert(ical, "2.0") is ical
    with pytest.raises(ValueError, match=r"3\.0"):
        convert(ical, "3.0")


@pytest.mark.parametrize("octets", ["QQ==", "RU5EOlZFVkVOVA==", "!!!", "WDoxDQpZOjI="])
def test_a_carrier_cannot_bring_more_than_one_line_or_component(octets: str) -> None:
    ical = calendar("1.0", "VEVENT", [f"{SOURCE};X-VERSION=2.0;X-OF=0:{octets}"])
    made = convert(ical, "2.0")
    assert [line.name for line in made.lines][2:] in (["BEGIN", "END", "END"], ["BEGIN", "", "END", "END"])
    assert ICalendar.parse(made.octets) == made
