"""Feeding every reader with broken files: `python -m benchmarks.fuzz [SECONDS] [READER…]`, a minute each by itself.

A reader answers with entries and located problems, or refuses the file by name; whatever else it raises, ten seconds
for one input, or a gigabyte of memory is a find, which is printed and kept. Where atheris is installed (`pip install
atheris`) it looks for inputs by what they reach in the code; else they are mutations of valid files, by chance.
"""

from __future__ import annotations

import io
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS = 60
SLOW_S = 10
MEMORY_MB = 1024
KEPT = Path(os.environ.get("FARLEY_BENCH_DATA") or tempfile.gettempdir()) / "farley-fuzz"
CARD = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nN:King;Ada;;Dr.;\r\nFN:Ada King\r\nTEL;TYPE=cell:+49 1\r\n"
    b"item1.URL:x\r\nitem1.X-ABLabel:_$!<Home>!$_\r\nBDAY:1980-02-03\r\n"
    b"NOTE:a\\nb\\,\r\n c\r\nPHOTO;ENCODING=b;TYPE=PNG:AAAA\r\n"
    b"END:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\r\nr\r\n"
    b"END:VCARD\r\n"
)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
    b"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    b"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=X:20260102T100000\r\nDURATION:PT1H\r\n"
    b"RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Lunch\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nEND:VALARM\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
TABLE = 'sep=;\r\nFirst Name;Last Name;E-mail;Notes\r\nAda;King;a@x.de;"a ""b""\r\nc"\r\nBea;;b@x.de;=1+1\r\n'.encode(
    "utf-8-sig"
)
LDIF = b"version: 1\ndn: cn=Ada,dc=x\nobjectClass: person\nsn:: S8O2bmln\nmail: a@x.de\n folded\n\ndn: cn=B\n"
JCARD = b'["vcard",[["version",{},"text","4.0"],["fn",{},"text","Ada"],["tel",{"type":["cell"]},"uri","tel:+1"]]]'
JSCONTACT = (
    b'[{"@type":"Card","version":"1.0","uid":"1","name":{"full":"Ada","components":[{"kind":"given","value":"Ada"}]},'
    b'"emails":{"e":{"address":"a@x.de"}},"anniversaries":{"b":{"kind":"birth","date":{"year":1980,"month":2}}}}]'
)
XCARD = (
    b'<?xml version="1.0"?><vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0"><vcard><fn><text>Ada</text></fn><n>'
    b"<surname>K</surname><given>A</given></n><tel><parameters><type><text>cell</text></type></parameters><uri>tel:1</uri></tel>"
    b"</vcard></vcards>"
)
TEXT = "Dr. Anna Schmidt\nMuster GmbH\nGartenweg 4\n79100 Freiburg\nTel. +49 761 1\nanna@muster.example | www.muster.de"


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as files:
        for name, octets in (("a.vcf", CARD), ("b.csv", TABLE), ("c.ics", CALENDAR), ("d.txt", b"no")):
            files.writestr(name, octets)
    return out.getvalue()


def workbook() -> bytes:
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((["First Name", "E-mail"], ["Ada", "a@x.de"], ["=1+1", 3.5])):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def outlook_item() -> bytes:
    from tests.codecs.outlook_files import ADA, PICTURE, msg

    return msg(ADA, PICTURE)


def readers() -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    """By name: a valid file, and what reads one."""
    from farley.calendars.reading import read as read_calendar
    from farley.codecs import jcard, jscontact, ldif, msg, pasted, xcard
    from farley.codecs.tables import NotATable, open_table
    from farley.codecs.vcard import read_cards
    from farley.exchange import formats, layouts

    def cards(read: Callable[[Any], Iterator[Any]]) -> Callable[[bytes], object]:
        def reading(octets: bytes) -> None:
            for entry in read(io.BytesIO(octets)):
                if entry.card is not None and hasattr(entry.card, "full_name"):
                    _ = entry.card.full_name, [found.text for found in entry.card.properties()]

        return reading

    def table(octets: bytes) -> None:
        with suppress(NotATable):
            opened = open_table(io.BytesIO(octets))
            for _ in layouts.suggest(opened.header).cards(opened):
                pass

    def file(octets: bytes) -> None:
        """As the importer: what it is, its contents tell."""
        path = KEPT / f"file-{os.getpid()}"
        path.write_bytes(octets)
        with suppress(NotATable, formats.NotAnArchive, formats.ColumnsNotChosen):
            if (told := formats.format_of(path)) == "zip":
                formats.members_of(path)
            elif told != formats.CALENDAR:
                for _ in formats.entries(path, formats.found_out(path, formats.How())):
                    pass

    return {
        "vcard": (CARD, cards(read_cards)),
        "icalendar": (CALENDAR, lambda octets: list(read_calendar(octets))),
        "csv": (TABLE, table),
        "spreadsheet": (workbook(), table),
        "ldif": (LDIF, cards(ldif.read_ldif)),
        "jcard": (JCARD, cards(jcard.read_jcards)),
        "jscontact": (JSCONTACT, cards(jscontact.read_jscontacts)),
        "xcard": (XCARD, cards(xcard.read_xcards)),
        "msg": (outlook_item(), cards(msg.read_msg)),
        "zip": (archive(), file),
        "file": (TABLE, file),
        "pasted": (TEXT.encode(), lambda octets: pasted.read_pasted(octets.decode(errors="replace"))),
    }


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """`octets` with some pieces cut out, doubled, swapped, or replaced by what readers are afraid of."""
    said = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(said) + 1)
        end = min(len(said), at + chance.choice((1, 2, 8, 40)))
        match chance.randrange(5):
            case 0:
                del said[at:end]
            case 1:
                said[at:at] = said[at:end] * chance.choice((1, 3, 200))
            case 2:
                said[at:end] = chance.randbytes(end - at)
            case 3:
                said[at:at] = chance.choice(
                    (
                        b"\0",
                        b'"',
                        b"\r",
                        b"\n",
                        b"&x;",
                        b"<!DOCTYPE a>",
                        b"[" * 900,
                        b"\xff\xfe",
                        b";" * 3000,
                        b"\xe2\x80",
                        b"=",
                    )
                )
            case _:
                other = chance.randrange(len(octets) + 1)
                said[at:at] = octets[other : other + 60]
        if len(said) > 200_000:
            break
    return bytes(said)


def _by_chance(name: str, octets: bytes, read: Callable[[bytes], object], seconds: int) -> int:
    def slow(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {SLOW_S} s")

    signal.signal(signal.SIGALRM, slow)
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY_MB * 2**20, resource.RLIM_INFINITY))
    seed = int(os.environ.get("FARLEY_FUZZ_SEED") or time.time())
    chance, count, finds, end = random.Random(seed), 0, 0, time.monotonic() + seconds
    while time.monotonic() < end and finds < 5:
        given = mutated(octets, chance)
        count += 1
        signal.alarm(SLOW_S)
        try:
            read(given)
        except Exception as error:  # noqa: BLE001 - any is a find
            finds += 1
            kept = KEPT / f"{name}-{seed}-{count}"
            kept.write_bytes(given)
            print(f"{name}: {type(error).__name__}: {error} for {kept}")
        finally:
            signal.alarm(0)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {count:,} inputs by chance in {seconds} s, {finds} finds, at most {grown} MB")
    return int(finds > 0 or grown > MEMORY_MB)


def _guided(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["farley.codecs", "farley.exchange", "farley.calendars"]):
        octets, read = readers()[name]
    corpus = KEPT / f"corpus-{name}"
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "seed").write_bytes(octets)
    options = [f"-max_total_time={seconds}", f"-timeout={SLOW_S}", f"-rss_limit_mb={MEMORY_MB}", "-max_len=20000"]
    options += [f"-artifact_prefix={KEPT}/{name}-", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda given: read(given) and None)
    atheris.Fuzz()
    return 0


def _one(name: str, seconds: int) -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farley.project.settings")
    KEPT.mkdir(parents=True, exist_ok=True)
    is_guided = "atheris" not in os.environ.get("FARLEY_FUZZ_WITHOUT", "")
    with suppress(ImportError):
        if is_guided:
            import atheris

            with atheris.instrument_imports(include=["farley.codecs", "farley.exchange"]):
                django.setup()
            return _guided(name, seconds)
    django.setup()
    octets, read = readers()[name]
    return _by_chance(name, octets, read, seconds)


def main(arguments: list[str]) -> int:
    seconds = int(arguments[0]) if arguments[:1] and arguments[0].isdigit() else SECONDS
    names = [each for each in arguments if not each.isdigit()]
    if len(names) == 1 and os.environ.get("FARLEY_FUZZ_ONE"):
        return _one(names[0], seconds)
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farley.project.settings")
    django.setup()
    failed = 0
    for name in names or readers():
        command = [sys.executable, "-m", "benchmarks.fuzz", str(seconds), name]
        failed |= subprocess.run(command, env=os.environ | {"FARLEY_FUZZ_ONE": "1"}, check=False).returncode
    return int(failed != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
