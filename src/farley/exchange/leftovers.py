"""The entries that an import left out, as a file to mend and feed again: each says why, in a line of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from farley.codecs.contentline import fold, line_ending
from farley.codecs.icalendar import read_calendars
from farley.codecs.tables import Row, open_table
from farley.codecs.vcard import Card, read_cards
from farley.codecs.vcard_values import escape
from farley.contacts.storing import MAX_CARD
from farley.exchange import reporting
from farley.exchange.calendar_entries import opened
from farley.exchange.formats import TABLES, How, entries, unpacked
from farley.exchange.models import Import
from farley.exchange.reading import REASON, without_reasons
from farley.exchange.sheets import harmless


def leftovers(run: Import, table: int | None = None) -> Iterator[bytes]:
    """What did not come in: of the table at that place among the files, as CSV; else of all other files, as vCards.

    Cards are as they were but for the reason; what is no card stands as it does in the file. A row that could not be
    read as one is not here, nor an entry of another format that could not be made a card of. The reasons are in the
    active language. Raises OSError for a file that is gone.
    """
    if table is not None:
        yield from _rows(run, run.files[table])
        return
    for file in _of_cards(run):
        reasons = _reasons(run, file)
        if not reasons:
            continue
        if (how := _how(file)) is not None:
            for found in entries(Path(file["path"]), how):
                if found.line in reasons and isinstance(found.card, Card):
                    yield _with_reason(found.card, found.card.octets, reasons[found.line])
            continue
        with Path(file["path"]).open("rb") as stream:
            for entry in read_cards(stream, max_card=MAX_CARD):
                line = entry.line if entry.problem is None else entry.problem.line
                if line in reasons:
                    yield _with_reason(entry.card, entry.octets, reasons[line])


def entries_left(run: Import) -> Iterator[bytes]:
    """The entries of calendar files that did not come in, each a calendar of its own that says why in a line.

    They are as they were; what could not be read as an entry is not here. Raises OSError for a file that is gone.
    """
    for file in _of_calendars(run):
        reasons = _reasons(run, file)
        if not reasons:
            continue
        with opened(file) as stream:
            for entry in read_calendars(stream):
                if entry.ical is not None and entry.line in reasons:
                    yield _with_line(entry.octets, reasons[entry.line])


def has_entries(run: Import) -> bool:
    """Whether a calendar file has entries that did not come in."""
    names = [file["name"] for file in _of_calendars(run)]
    return bool(names) and run.problems.filter(file__in=names).exists()


def tables_with_problems(run: Import) -> list[int]:
    """The places of the tables that have rows which did not come in."""
    named = set(run.problems.values_list("file", flat=True).distinct())
    return [at for at, file in enumerate(run.files) if _is_table(file) and file["name"] in named]


def has_cards(run: Import) -> bool:
    """Whether a file that is no table has entries that did not come in."""
    plain = [file["name"] for file in _of_cards(run)]
    return bool(plain) and run.problems.filter(file__in=plain).exists()


def are_there(run: Import) -> bool:
    """Whether the files that the import had still are."""
    return bool(run.files) and all(Path(file["path"]).is_file() for file in run.files)


def _of_cards(run: Import) -> list[dict[str, Any]]:
    return [file for file in run.files if not file.get("is_calendar") and not _is_table(file)]


def _of_calendars(run: Import) -> list[dict[str, Any]]:
    return [file for file in run.files if file.get("is_calendar")]


def _how(file: dict[str, Any]) -> How | None:
    """How a file is read that does not hold vCards as they are."""
    return How.from_json(file["how"]) if "how" in file else None


def _is_table(file: dict[str, Any]) -> bool:
    how = _how(file)
    return how is not None and how.format in TABLES


def _reasons(run: Import, file: dict[str, Any]) -> dict[int, str]:
    return {each.line: reporting.reason_of(each) for each in run.problems.filter(file=file["name"]).iterator()}


def _rows(run: Import, file: dict[str, Any]) -> Iterator[bytes]:
    reasons = _reasons(run, file)
    how = How.from_json(file["how"])
    with ExitStack() as held:
        path = Path(file["path"])
        path = held.enter_context(unpacked(path, how.member)) if how.member else path
        table = open_table(path, encoding=how.encoding or None)
        held.enter_context(closing(table.rows))
        keeping = [at for at, name in enumerate(table.header) if name != REASON]
        yield b"\xef\xbb\xbf" + _line([*(table.header[at] for at in keeping), REASON])
        for row in table.rows:
            if isinstance(row, Row) and row.line in reasons:
                yield _line([*(row.cells[at] for at in keeping), reasons[row.line]])


def _line(cells: Sequence[str]) -> bytes:
    draft = io.StringIO(newline="")
    csv.writer(draft, lineterminator="\r\n").writerow(map(harmless, cells))
    return draft.getvalue().encode()


def _with_line(octets: bytes, reason: str) -> bytes:
    """A calendar with the reason as its first line."""
    begin = octets.index(line_ending(octets)) + len(line_ending(octets))
    told = octets[:begin] + fold(f"{REASON}:{escape(reason)}") + octets[begin:]
    return told if told.endswith(b"\n") else told + b"\r\n"


def _with_reason(card: Card | None, octets: bytes, reason: str) -> bytes:
    if card is not None:
        octets = without_reasons(card).added(REASON, text=reason).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
