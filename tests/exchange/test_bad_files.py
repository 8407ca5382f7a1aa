"""Whatever a file is, its reader answers with entries and located problems, or refuses it: in time, in bounds."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks import fuzz
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.codecs.spreadsheets import xlsx_of

from farley.codecs.tables import NotATable
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card
from farley.exchange import formats, layouts
from farley.exchange.formats import How, NotAnArchive

READERS = fuzz.readers()
MEMORY = 40 * 2**20  # octets beyond what was there, whatever the file's size


@pytest.mark.parametrize("name", [name for name in READERS if name not in ("zip", "file")])
def test_any_mutation_of_a_file_is_read_or_refused(name: str) -> None:
    octets, read = READERS[name]

    @settings(max_examples=25, deadline=None)
    @given(st.randoms(use_true_random=False))
    def holds(chance: fuzz.random.Random) -> None:
        read(fuzz.mutated(octets, chance))

    holds()


def test_any_mutation_of_an_archive_is_read_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "KEPT", tmp_path)
    octets, read = READERS["zip"]

    @settings(max_examples=25, deadline=None)
    @given(st.randoms(use_true_random=False))
    def holds(chance: fuzz.random.Random) -> None:
        read(fuzz.mutated(octets, chance))

    holds()


def test_a_file_of_an_archive_without_a_name_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("x", fuzz.CARD)
        out.writestr("a.vcf", fuzz.CARD)
        out.filelist[0].filename = ""  # as the directory has it, which atheris found
    assert [member.name for member in formats.members_of(path)] == ["a.vcf"]


def told(path: Path) -> tuple[list[str], list[tuple[int, str]]]:
    """The names of the cards of a file, and its problems with their lines, as the importer reads it."""
    how = formats.found_out(path, How(mapping=None)) if formats.format_of(path) != "csv" else _mapped(path)
    found = list(formats.entries(path, how))
    names = [each.card.full_name for each in found if isinstance(each.card, Card)]
    return names, [(each.line, each.card.reason) for each in found if isinstance(each.card, Unreadable)]


def _mapped(path: Path) -> How:
    seen = formats.look_at(path)
    return How("csv", mapping=layouts.suggest(seen.header, seen.rows))


HEAD = b"First Name,Last Name,E-mail\r\n"
TOO_MANY, NO_END = "this row has more values than there are columns", "a quote in this row is never closed"
FILES: dict[str, tuple[bytes, list[str], list[tuple[int, str]]]] = {
    "a row longer than the header": (
        HEAD + b"Ada,King,a@x.de,more\r\nBea,Bond,b@x.de\r\n",
        ["Bea Bond"],
        [(2, TOO_MANY)],
    ),
    "a quote that is never closed": (
        HEAD + b'Ada,"King,a@x.de\r\nBea,Bond,b@x.de\r\n',
        ["Bea Bond"],
        [(2, NO_END)],
    ),
    "NUL octets": (HEAD + b"A\0da,King,a@x.de\r\nBea,Bond,b@x.de\r\n", ["Ada King", "Bea Bond"], []),
    "mixed encodings": (
        HEAD + "Jörg,Köhler,a@x.de\r\n".encode() * 4 + b"J\xfcrgen,M\xfcller,b@x.de\r\n",
        [*["Jörg Köhler"] * 4, "Jürgen Müller"],
        [],
    ),
    "formula cells": (HEAD + b"=1+1,@SUM(A1),a@x.de\r\n", ["=1+1 @SUM(A1)"], []),
    "a line that is too long": (
        HEAD + b"Ada," + b"x" * 2**21 + b",a@x.de\r\nBea,Bond,b@x.de\r\n",
        ["Bea Bond"],
        [(2, "this row is too long")],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_table_with_something_wrong_in_it_loses_only_that(tmp_path: Path, name: str) -> None:
    octets, names, problems = FILES[name]
    path = tmp_path / "table.csv"
    path.write_bytes(octets)
    found, wrong = told(path)
    if name == "NUL octets":
        assert len(found) + len(wrong) == 2
        assert found[-1] == "Bea Bond"
    else:
        assert (found, wrong) == (names, problems)


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("contacts.csv", xlsx_of([["First Name", "E-mail"], ["Ada", "a@x.de"]])),
        ("contacts.xlsx", HEAD + b"Ada,,a@x.de\r\n"),
        ("contacts.vcf", HEAD + b"Ada,,a@x.de\r\n"),
        ("contacts.json", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n"),
        ("contacts.zip", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n"),
    ],
)
def test_a_wrong_extension_misleads_nobody(tmp_path: Path, name: str, octets: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(octets)
    how = How(formats.format_of(path))
    if how.format in formats.TABLES:
        how = How(how.format, mapping=formats.look_at(path).mapping)
    assert [each.card.full_name for each in formats.entries(path, how) if isinstance(each.card, Card)] == ["Ada"]


def columns(count: int) -> bytes:
    return b",".join(b"Column %d" % number for number in range(count)) + b"\r\n" + b"," * (count - 1) + b"\r\n"


def bomb(kind: str) -> bytes:
    """An archive or document of some kilobytes that would unpack to gigabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as files:
        if kind == "zip":
            block = b"\n" * 2**20
            with files.open("a.vcf", "w", force_zip64=True) as entry:
                for _ in range(40):
                    entry.write(block)
        else:
            files.writestr("xl/workbook.xml", "<workbook/>")
            files.writestr("xl/worksheets/sheet1.xml", '<row r="1048576"><c r="XFD1048576"/></row>')
    return out.getvalue()


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
XML_BOMB = f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0">&a11;</vcards>'
REFUSED: dict[str, Callable[[], bytes]] = {
    "10,000 columns": lambda: columns(10_000),
    "a spreadsheet of 17 billion cells": lambda: bomb("xlsx"),
    "a zip bomb": lambda: bomb("zip"),
    "an XML bomb": XML_BOMB.encode,
    "one line of 64 MB": lambda: b"A,B,C\r\n" + b"x" * 2**26,
    "64 MB without any line": lambda: b"BEGIN:VCARD\r\nNOTE:" + b"x" * 2**26,
    "64 MB of quotes": lambda: b'Name,E-mail\r\n"' + b'""' * 2**25,
    "deep JSON": lambda: b'{"@type":"Card","x":' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_take_the_memory_is_refused_or_a_problem_with_its_line(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MAX_UNPACKED", 20 * 2**20)
    path = tmp_path / "file"
    path.write_bytes(REFUSED[name]())
    tracemalloc.start()
    try:
        if (told_as := formats.format_of(path)) == "zip":
            formats.members_of(path)
        seen = formats.look_at(path) if told_as in formats.TABLES else None
        how = How(told_as, mapping=seen.mapping if seen else None)
        found = list(formats.entries(path, how))
        assert all(each.line > 0 for each in found)
        assert not any(isinstance(each.card, Card) and each.card.full_name for each in found)
    except (NotATable, NotAnArchive):
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MEMORY
