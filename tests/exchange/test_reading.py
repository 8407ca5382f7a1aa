"""Large files are read ahead by a second process."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cast import a_card
from tests.conftest import SAMPLES

from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import InvalidVCard
from farley.contacts.storing import Prepared, TooLarge
from farley.exchange import reading
from farley.exchange.reading import Read


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Cards of every kind and what is none, in more than one block."""
    cards = [
        a_card(f"Person {n}", f"EMAIL:p{n}@x.example", "CATEGORIES:a,b", "TEL:030 1234567", uid=f"u{n}")
        for n in range(250)
    ]
    cards[40:40] = [b"no card\r\n", a_card("Long", uid="x" * 600), b"BEGIN:VCARD\r\nVERSION:3.0\r\n"]
    path = tmp_path / "many.vcf"
    path.write_bytes(b"".join(cards))
    return path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every file is large; the processes that were started."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(reading, "AHEAD_FROM", 0)
    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def told(entries: list[Read]) -> list[tuple[object, ...]]:
    """Entries as they can be compared: exceptions are equal to nothing."""
    return [
        (line, size, item if isinstance(item, Prepared) else (isinstance(item, Unreadable), str(item)))
        for line, size, item in entries
    ]


def test_a_second_process_reads_what_this_one_would(
    many: Path, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = told(list(reading._here(many, 0, "DE")))
    assert {type(item) for _, _, item in reading._here(many, 0, "DE")} == {Prepared, InvalidVCard, TooLarge}
    monkeypatch.setattr(reading, "_here", None)
    assert told(list(reading.read(many, skip=0, region="DE"))) == here
    assert told(list(reading.read(many, skip=120, region="DE"))) == here[120:]
    assert [process.poll() is None for process in started] == [False, False]


def test_in_brief_an_entry_is_recognised_and_called_the_same(many: Path) -> None:
    def judged_by(entries: Iterator[Read]) -> list[object]:
        items = [entry.item for entry in entries if isinstance(entry.item, Prepared)]
        return [
            (item.uid, item.sha256, item.derived.uid, item.derived.kind, item.derived.full_name, item.derived.sort_key,
             item.derived.external_ids)
            for item in items
        ]  # fmt: skip

    for path in (many, *sorted((SAMPLES / "vcard").rglob("*.vcf"))):
        whole = judged_by(reading._here(path, 0, "DE"))
        assert judged_by(reading._here(path, 0, "DE", in_brief=True)) == whole


def test_what_a_killed_one_left_is_read_here(many: Path, started: list[subprocess.Popen[bytes]]) -> None:
    entries = reading.read(many, skip=0, region="DE")
    first = next(entries)
    os.kill(started[0].pid, signal.SIGKILL)
    assert told([first, *entries]) == told(list(reading._here(many, 0, "DE")))


def test_who_stops_reading_ends_it(many: Path, started: list[subprocess.Popen[bytes]]) -> None:
    entries = reading.read(many, skip=0, region="DE")
    next(entries)
    entries.close()
    assert started[0].poll() is not None


def test_a_file_that_is_gone_is_an_error_here(many: Path, started: list[subprocess.Popen[bytes]]) -> None:
    entries = reading.read(many, skip=0, region="DE")
    many.unlink()
    with pytest.raises(FileNotFoundError):
        next(entries)
    assert started == []


def test_a_small_file_is_read_without_one(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert len(list(reading.read(many, skip=0, region="DE"))) > 250
