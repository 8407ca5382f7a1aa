"""The entries that an import left out, as a file to mend and feed again: each says why, in a line of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from farley.codecs.tables import Row, open_table
from farley.codecs.vcard import Card, read_cards
from farley.contacts.storing import MAX_CARD
from farley.exchange import importing
from farley.exchange.formats import How
from farley.exchange.models import Import
from farley.exchange.reading import REASON, without_reasons
from farley.exchange.sheets import harmless


def leftovers(run: Import, table: int | None = None) -> Iterator[bytes]:
    """What did not come in: of the table at that place among the files, as CSV; else of all vCard files.

    Cards are as they were but for the reason; what is no card stands as it does in the file. A row that could not be
    read as one is not here. The reasons are in the active language. Raises OSError for a file that is gone.
    """
    if table is not None:
        yield from _rows(run, run.files[table])
        return
    for file in _of_cards(run):
        reasons = _reasons(run, file) if file.get("how") is None else {}
        if not reasons:
            continue
        with Path(file["path"]).open("rb") as stream:
            for entry in read_cards(stream, max_card=MAX_CARD):
                line = entry.line if entry.problem is None else entry.problem.line
                if line in reasons:
                    yield _with_reason(entry.card, entry.octets, reasons[line])


def tables_with_problems(run: Import) -> list[int]:
    """The places of the tables that have rows which did not come in."""
    named = set(run.problems.values_list("file", flat=True).distinct())
    return [at for at, file in enumerate(run.files) if file.get("how") is not None and file["name"] in named]


def has_cards(run: Import) -> bool:
    """Whether a vCard file has entries that did not come in."""
    plain = [file["name"] for file in _of_cards(run) if file.get("how") is None]
    return bool(plain) and run.problems.filter(file__in=plain).exists()


def are_there(run: Import) -> bool:
    """Whether the files with cards that the import had still are."""
    files = _of_cards(run)
    return bool(files) and all(Path(file["path"]).is_file() for file in files)


def _of_cards(run: Import) -> list[dict[str, Any]]:
    return [file for file in run.files if not file.get("is_calendar")]


def _reasons(run: Import, file: dict[str, Any]) -> dict[int, str]:
    return {each.line: importing.reason_of(each) for each in run.problems.filter(file=file["name"]).iterator()}


def _rows(run: Import, file: dict[str, Any]) -> Iterator[bytes]:
    reasons = _reasons(run, file)
    how = How.from_json(file["how"])
    table = open_table(Path(file["path"]), encoding=how.encoding or None)
    keeping = [at for at, name in enumerate(table.header) if name != REASON]
    with closing(table.rows):
        yield b"\xef\xbb\xbf" + _line([*(table.header[at] for at in keeping), REASON])
        for row in table.rows:
            if isinstance(row, Row) and row.line in reasons:
                yield _line([*(row.cells[at] for at in keeping), reasons[row.line]])


def _line(cells: Sequence[str]) -> bytes:
    draft = io.StringIO(newline="")
    csv.writer(draft, lineterminator="\r\n").writerow(map(harmless, cells))
    return draft.getvalue().encode()


def _with_reason(card: Card | None, octets: bytes, reason: str) -> bytes:
    if card is not None:
        octets = without_reasons(card).added(REASON, text=reason).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
