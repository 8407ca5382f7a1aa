"""The entries that an import left out, as a file to mend and feed again: each says why, in a line of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from farley.codecs.vcard import Card, read_cards
from farley.contacts.storing import MAX_CARD
from farley.exchange import importing
from farley.exchange.formats import How, entries
from farley.exchange.models import Import
from farley.exchange.reading import REASON, without_reasons


def leftovers(run: Import) -> Iterator[bytes]:
    """The cards that did not come in, as they were but for the reason; what is no card as it stands in the file.

    Of a table they are what its rows were made into; rows that cannot be read are not among them.

    The reasons are in the active language. Raises OSError for a file that is gone.
    """
    for file in _of_cards(run):
        reasons = {each.line: importing.reason_of(each) for each in run.problems.filter(file=file["name"]).iterator()}
        if not reasons:
            continue
        how = How.from_json(file.get("how", {}))
        if not how.is_plain:
            for found in entries(Path(file["path"]), how):
                if found.line in reasons and isinstance(found.card, Card):
                    yield _with_reason(found.card, found.card.octets, reasons[found.line])
            continue
        with Path(file["path"]).open("rb") as stream:
            for entry in read_cards(stream, max_card=MAX_CARD):
                line = entry.line if entry.problem is None else entry.problem.line
                if line in reasons:
                    yield _with_reason(entry.card, entry.octets, reasons[line])


def are_there(run: Import) -> bool:
    """Whether the files with cards that the import had still are."""
    files = _of_cards(run)
    return bool(files) and all(Path(file["path"]).is_file() for file in files)


def _of_cards(run: Import) -> list[dict[str, Any]]:
    return [file for file in run.files if not file.get("is_calendar")]


def _with_reason(card: Card | None, octets: bytes, reason: str) -> bytes:
    if card is not None:
        octets = without_reasons(card).added(REASON, text=reason).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
