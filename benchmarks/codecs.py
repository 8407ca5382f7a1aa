"""Reading, writing, editing and converting vCards and calendar objects; vobject and icalendar on the same as the floor.

CPU time of this process, the best of several rounds, the two taking turns. Then how time grows with size, shape by
shape: four times the octets should take about four times as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import icalendar
import vobject
from dateutil.rrule import rrulestr

from benchmarks import _figures
from farley.codecs.contentline import Params, split_lines
from farley.codecs.icalendar import ICalendar, read_calendars
from farley.codecs.recurrence import bounds, occurrences
from farley.codecs.vcalendar import convert as convert_calendar
from farley.codecs.vcard import Card, read_cards
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_writing import write_line, write_list, write_structure, write_text

COUNT = 2_000  # cards for Farley; vobject gets a tenth of them
ROUNDS = 5
GROWTH = 4

TYPICAL = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17.0//EN
UID:5f1c6a0e-9d3b-4f0d-9a57-{number:012}
N:Schäfer;Alice;Maria;Dr.;
FN:Dr. Alice Maria Schäfer
ORG:Schäfer & Söhne GmbH;Vertrieb
TITLE:Leiterin Vertrieb
EMAIL;TYPE=INTERNET,WORK,pref:alice{number}@example.com
EMAIL;TYPE=INTERNET,HOME:alice{number}@example.org
TEL;TYPE=CELL,VOICE,pref:+49 170 {number:07}
TEL;TYPE=WORK,VOICE:+49 30 {number:07}
ADR;TYPE=WORK:;;Lange Straße 12;Berlin;;10115;Deutschland
URL:https://www.example.com/alice/{number}
BDAY:1975-04-12
CATEGORIES:Kunde,Berlin
NOTE:Trifft man am besten vormittags\\, dienstags.
END:VCARD
"""

ZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
EVENT = """BEGIN:VEVENT
UID:5f1c6a0e-9d3b-4f0d-9a57-{number:012}
DTSTAMP:20260101T080000Z
DTSTART;TZID=Europe/Berlin:2026{month:02}{day:02}T{hour:02}0000
DTEND;TZID=Europe/Berlin:2026{month:02}{day:02}T{hour:02}4500
SUMMARY:Besprechung mit Schäfer & Söhne {number}
LOCATION:Lange Straße 12\\, Berlin
DESCRIPTION:Angebot durchgehen\\nund den Termin im Mai festlegen.
CATEGORIES:Kunde,Berlin
STATUS:CONFIRMED
ORGANIZER;CN=Alice:mailto:alice@example.com
ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob{number}@example.com
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Besprechung
TRIGGER:-PT15M
END:VALARM
END:VEVENT
"""
RULE = "FREQ=WEEKLY;BYDAY=MO,WE,FR;INTERVAL=2"
HOSTILE = {
    "every second since the year 1": "FREQ=SECONDLY",
    "the 30th of February, by the second": "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "a billion days, counted": "FREQ=DAILY;COUNT=999999999",
}


def main() -> None:
    cards = "".join(TYPICAL.format(number=number) for number in range(COUNT)).replace("\n", "\r\n").encode()
    print(f"{COUNT:,} cards of {TYPICAL.count(chr(10)) - 1} lines, {len(cards) / COUNT:.0f} octets each\n")
    _against_vobject(cards)
    _growth(cards)
    _calendars()


def _calendars() -> None:
    def event(number: int) -> str:
        return EVENT.format(number=number, month=number % 12 + 1, day=number % 28 + 1, hour=8 + number % 10)

    def calendar(events: str) -> bytes:
        whole = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\n{ZONE}{events}END:VCALENDAR\n"
        return whole.replace("\n", "\r\n").encode()

    octets = calendar("".join(map(event, range(COUNT))))
    some = calendar("".join(map(event, range(COUNT // 10))))
    single = [calendar(event(number)) for number in range(COUNT)]
    ours = [entry.ical for entry in read_calendars(octets) if entry.ical]
    theirs, vobjects = icalendar.Calendar.from_ical(some), vobject.readOne(some.decode())
    edits = [(ical, ical.main.properties("LOCATION")[0].index) for ical in ours if ical.main]
    print(f"{COUNT:,} events of {EVENT.count(chr(10))} lines, {len(octets) / COUNT:.0f} octets each\n")
    figures = _best(
        {
            "icalendar reads": lambda: icalendar.Calendar.from_ical(some).walk("VEVENT"),
            "vobject reads": lambda: vobject.readOne(some.decode()),
            "icalendar writes": theirs.to_ical,
            "vobject writes": vobjects.serialize,
            "objects": lambda: all(entry.ical for entry in read_calendars(octets)),
            "one by one": lambda: [ICalendar.parse(each) for each in single],
            "lines": lambda: all(entry.ical and entry.ical.lines for entry in read_calendars(octets)),
            "typed": lambda: all(entry.ical and _touch_event(entry.ical) for entry in read_calendars(octets)),
            "back": lambda: [b"".join(line.octets for line in ical.lines) for ical in ours],
            "edit": lambda: [ical.with_text(index, "Hamburg") for ical, index in edits],
            "1.0": lambda: [convert_calendar(ical, "1.0") for ical in ours[:100]],
        }
    )
    read = COUNT // 10 / min(figures["icalendar reads"], figures["vobject reads"])
    write = COUNT // 10 / min(figures["icalendar writes"], figures["vobject writes"])
    rows = []
    for what, name, count, floor, verb in (
        ("read: a file cut into objects", "objects", COUNT, read, "read"),
        ("read: objects of their own, judged to be whole", "one by one", COUNT, read, "read"),
        ("read: a file, lines, names, parameters", "lines", COUNT, read, "read"),
        ("read: that, and every value typed as an index wants it", "typed", COUNT, read, "read"),
        ("write: an object read, line by line", "back", COUNT, write, "written"),
        ("edit one property", "edit", COUNT, write, "written"),
        ("convert to 1.0, proved to come back", "1.0", 100, write, "written"),
    ):
        figure = count / figures[name]
        floor_said = f"{_figures.per_second(floor, 1)} {verb} by the faster of icalendar and vobject"
        rows.append((what, _figures.per_second(figure, 1), floor_said, _figures.times(figure, floor)))
    _figures.table("iCalendar codec", rows)
    _series()


def _touch_event(ical: ICalendar) -> bool:
    event = ical.main
    if event is None:
        return False
    _ = event.start_at, event.end_at, event.duration, event.recurrence_id, event.categories, ical.uid
    _ = [event.text(name) for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "TRANSP", "CLASS")]
    _ = [(each.address, each.param("PARTSTAT")) for each in event.attendees], event.number("PRIORITY")
    return bool(event.organizer) and bool(event.alarms)


def _series() -> None:
    """A month of series that began long ago, beside dateutil, which walks there from their start."""

    def series(rule: str, start: str) -> ICalendar:
        lines = f"BEGIN:VEVENT\nUID:1\nDTSTART:{start}\nRRULE:{rule}\nEND:VEVENT\n"
        return ICalendar.parse(f"BEGIN:VCALENDAR\nVERSION:2.0\n{lines}END:VCALENDAR\n".encode())

    since = datetime(2026, 5, 1, tzinfo=UTC)
    until = since + timedelta(days=31)
    ical = series(RULE, "20160104T100000Z")
    started = datetime(2016, 1, 4, 10, tzinfo=UTC)
    figures = _best(
        {
            "ours": lambda: [occurrences(ical, since, until) for _ in range(100)],
            "theirs": lambda: [rrulestr(RULE, dtstart=started).between(since, until) for _ in range(20)],
            "bounds": lambda: [bounds(ical) for _ in range(100)],
            **{
                what: partial(occurrences, series(rule, "00010101T000000Z"), since, until)
                for what, rule in HOSTILE.items()
            },
        },
        rounds=3,
    )
    ours, theirs = 100 / figures["ours"], 20 / figures["theirs"]
    floor = f"{_figures.per_second(theirs, 1)} dateutil"
    rows = [("a month of a series ten years old", _figures.per_second(ours, 1), floor, _figures.times(ours, theirs))]
    rows += [(what, f"{1000 * figures[what]:.0f} ms until it is given up", "none", "") for what in HOSTILE]
    _figures.table("recurrence", rows)


def _against_vobject(octets: bytes) -> None:
    some = octets[: len(octets) // 10]
    some = some[: some.rindex(b"BEGIN:VCARD")]
    theirs = list(vobject.readComponents(some.decode()))
    ours = [entry.card for entry in read_cards(octets) if entry.card]
    values = [_values_of(card) for card in ours]  # vobject, too, has read its values when it begins to write
    figures = _best(
        {
            "vobject reads": lambda: all(vobject.readComponents(some.decode())),
            "vobject writes": lambda: [card.serialize() for card in theirs],
            "cards": lambda: all(entry.card for entry in read_cards(octets)),
            "lines": lambda: all(entry.card and entry.card.lines for entry in read_cards(octets)),
            "typed": lambda: all(entry.card and _touch(entry.card) for entry in read_cards(octets)),
            "back": lambda: [b"".join(line.octets for line in card.lines) for card in ours],
            "anew": lambda: [_written_anew(card) for card in values],
            "edit": lambda: [card.with_text(7, "Vorstand") for card in ours],
            "4.0": lambda: [convert(card, "4.0") for card in ours[:200]],
            "2.1": lambda: [convert(card, "2.1") for card in ours[:200]],
        }
    )
    read = len(theirs) / figures["vobject reads"]
    write = len(theirs) / figures["vobject writes"]
    rows = []
    for what, name, count, floor, verb in (
        ("read: cards found", "cards", len(ours), read, "reads"),
        ("read: cards, lines, names, groups, parameters", "lines", len(ours), read, "reads"),
        ("read: that, and every value typed as an index wants it", "typed", len(ours), read, "reads"),
        ("write: a card read, line by line", "back", len(ours), write, "writes"),
        ("write: every line anew from its values", "anew", len(ours), write, "writes"),
        ("edit one property", "edit", len(ours), write, "writes"),
        ("convert to 4.0, proved to come back", "4.0", 200, write, "writes"),
        ("convert to 2.1, proved to come back", "2.1", 200, write, "writes"),
    ):
        figure = count / figures[name]
        floor_said = f"{_figures.per_second(floor, 1)} vobject {verb}"
        rows.append((what, _figures.per_second(figure, 1), floor_said, _figures.times(figure, floor)))
    _figures.table("vCard codec", rows)


def _touch(card: Card) -> bool:
    for found in card.properties():
        name = found.name
        if name in ("EMAIL", "TEL"):
            _ = found.text, found.types, found.pref, found.label
        elif name in ("N", "ADR", "ORG"):
            _ = found.components
        elif name == "CATEGORIES":
            _ = found.texts
        elif name == "BDAY":
            _ = found.date
        else:
            _ = found.text
    return True


_Value = tuple[str, str | None, Params, Callable[[], str]]


def _values_of(card: Card) -> list[_Value]:
    """Each property's name, group, parameters and how its value, read already, is written."""
    read: list[_Value] = []
    for found in card.properties():
        name = found.name
        if name in ("N", "ADR", "ORG"):
            write = partial(write_structure, "3.0", found.components)
        elif name == "CATEGORIES":
            write = partial(write_list, "3.0", found.texts)
        else:
            write = partial(write_text, "3.0", name, found.text)
        read.append((name, found.group, found.params, write))
    return read


def _written_anew(values: list[_Value]) -> bytes:
    lines = [
        write_line("3.0", b"\r\n", name, write(), group=group, params=params) for name, group, params, write in values
    ]
    return b"".join([b"BEGIN:VCARD\r\n", *lines, b"END:VCARD\r\n"])


def _growth(cards: bytes) -> None:
    def read(octets: bytes) -> None:
        for entry in read_cards(octets, max_card=len(octets)):
            for found in entry.card.properties() if entry.card else ():
                _ = found.text, found.types, found.binary

    def inside(octets: bytes) -> Callable[[int], bytes]:
        return lambda times: b"BEGIN:VCARD\r\n" + octets * times + b"\r\nEND:VCARD\r\n"

    shapes: dict[str, tuple[Callable[[int], bytes], Callable[[bytes], object]]] = {
        "typical cards": (lambda times: cards[: len(cards) // 8] * times, read),
        "one line of 1 MB": (lambda times: inside(b"NOTE:" + b"x" * 1_000_000 * times)(1), read),
        "folds": (lambda times: b"BEGIN:VCARD\r\nNOTE:a" + b"\r\n b" * 50_000 * times + b"\r\nEND:VCARD\r\n", read),
        "soft breaks": (
            lambda times: (
                b"BEGIN:VCARD\r\nNOTE;QUOTED-PRINTABLE:" + b"=C3=A4=\r\n" * 50_000 * times + b"\r\nEND:VCARD\n"
            ),
            read,
        ),
        "parameters": (
            lambda times: b"BEGIN:VCARD\r\nTEL" + b";TYPE=a" * 50_000 * times + b":1\r\nEND:VCARD\r\n",
            read,
        ),
        "quotes": (lambda times: b'BEGIN:VCARD\r\nTEL;A="' + b'x"' * 50_000 * times + b":1\r\nEND:VCARD\r\n", read),
        "lines without a colon": (inside(b"x\r\n" * 20_000), read),
        "labels": (inside(b"a.TEL:1\r\na.X-ABLabel:b\r\n" * 5_000), read),
        "nested agents": (
            lambda times: (
                b"BEGIN:VCARD\nAGENT:\n" * 5_000 * times + b"BEGIN:VCARD\nEND:VCARD\n" + b"END:VCARD\n" * 5_000 * times
            ),
            read,
        ),
        "events": (
            lambda times: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n" * 5_000 * times,
            lambda octets: list(read_calendars(octets)),
        ),
        "events and time zones": (
            lambda times: (
                b"BEGIN:VCALENDAR\r\n"
                + b"".join(
                    b"BEGIN:VTIMEZONE\r\nTZID:%d\r\nEND:VTIMEZONE\r\n"
                    b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTART;TZID=%d:20260101T100000\r\nEND:VEVENT\r\n" % (at, at, at)
                    for at in range(1_500 * times)
                )
                + b"END:VCALENDAR\r\n"
            ),
            lambda octets: list(read_calendars(octets)),
        ),
        "events never ended": (
            lambda times: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 10_000 * times,
            lambda octets: list(read_calendars(octets)),
        ),
        "begins without an end": (lambda times: b"BEGIN:VCARD\r\n" * 10_000 * times, read),
        "binary": (lambda times: bytes(range(256)) * 4_000 * times, read),
        "iCalendar lines": (
            lambda times: b"DTSTART;TZID=Europe/Berlin:20260101T100000\r\n" * 20_000 * times,
            split_lines,
        ),
        "convert: properties": (inside(b"IMPP:xmpp:a\r\n" * 200), _converted),
        "convert: what must be carried": (inside(b"CLASS:A\r\nKIND:x\r\n" * 100), _converted),
    }
    rows = []
    for name, (make, work) in shapes.items():
        small, large = make(1), make(GROWTH)
        best = _best({"small": lambda: work(small), "large": lambda: work(large)}, rounds=3)  # noqa: B023
        rows.append(
            (
                name,
                f"{len(large) / best['large'] / 1e6:,.1f} MB/s",
                f"{len(small) / best['small'] / 1e6:,.1f} MB/s at a quarter of the size",
                f"{best['large'] / best['small'] / (len(large) / len(small)):.2f}",
            )
        )
    _figures.table("time against size (1.00 is linear)", rows)


def _converted(octets: bytes) -> None:
    card = Card.parse(octets.replace(b"\r\n", b"\r\nVERSION:4.0\r\n", 1))
    convert(convert(card, "3.0"), "4.0")


def _best(works: dict[str, Callable[[], object]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """The least CPU seconds each took, the works taking turns."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - began)
    return best


if __name__ == "__main__":
    main()
