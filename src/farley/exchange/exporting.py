"""Exporting contacts: as vCards, the octets as they came or converted to a version; as tables; for other programs."""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from django.utils import translation
from django.utils.translation import get_language

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.calendars.birthdays import events_of
from farley.calendars.files import PRODID
from farley.codecs import jcard, jscontact, ldif, xcard
from farley.codecs.icalendar import ICalendar
from farley.codecs.icalendar_files import calendar_file
from farley.codecs.vcard import Card
from farley.codecs.vcard_conversion import convert
from farley.contacts.models import Contact, ContactQuerySet
from farley.database.turns import write_turn
from farley.exchange.export_formats import Format
from farley.exchange.own_lines import NAME, with_own_lines
from farley.exchange.paper.setting import pdf_of
from farley.exchange.sheets import Sheet, harmless, most_of
from farley.fields.models import Document, Field
from farley.journal.access import Way, note_access
from farley.spaces.models import Space

PAGE = 500
MAX_CELL = 32_767  # characters that a spreadsheet holds in a cell
CHUNK = 2**16  # octets that are handed on at once
Record = tuple[bytes, Document | None]  # octets, and values of own fields


def exported(
    read: Callable[[], Iterable[Record]],
    form: Format,
    *,
    title: str = "",
    own_fields: Sequence[Field] | None = None,
) -> Iterator[bytes]:
    """A whole file of that format, piece by piece; `read` gives its contacts, for a table twice.

    `title` is what stands above it on paper. Raises CannotPrint before the first piece.
    """
    if form.is_on_paper:
        return iter([pdf_of((octets for octets, _ in read()), form, title=title)])
    if form.name == "birthdays":
        return gathered(_birthdays((Card.parse(octets) for octets, _ in read()), get_language() or "en"))
    return gathered(_pieces(read, form, own_fields))


def _pieces(read: Callable[[], Iterable[Record]], form: Format, own_fields: Sequence[Field] | None) -> Iterator[bytes]:
    if form.is_table:
        most = most_of(octets for octets, _ in read())
        sheet = Sheet(form.layout, own_fields or (), most)
        rows = itertools.chain([sheet.header], (sheet.row(Card.parse(octets), own) for octets, own in read()))
        yield from _xlsx(rows) if form.ending == "xlsx" else _csv(rows)
    elif write := _WRITERS.get(form.name):
        yield from write(_card(octets, own, own_fields) for octets, own in read())
    else:
        for octets, own in read():
            yield _as(octets, form.version, own, own_fields)


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same octets in pieces that are worth a write: one of each card cost more than the card."""
    draft: list[bytes] = []
    size = 0
    for piece in pieces:
        draft.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(draft)
            draft.clear()
            size = 0
    if draft:
        yield b"".join(draft)


def records(contacts: ContactQuerySet) -> Iterator[Record]:
    """What is exported of `contacts`, in the order they were made, in bounded memory."""
    last = 0
    while page := list(contacts.filter(pk__gt=last).order_by("pk").values_list("pk", "content__octets", "own")[:PAGE]):
        for _, octets, own in page:
            yield bytes(octets), own
        last = page[-1][0]


def table_file(rows: Iterable[Sequence[str]], ending: str) -> Iterator[bytes]:
    """Rows, the first of them the header, as a file of that ending: `csv` or `xlsx`."""
    return gathered(_xlsx(rows) if ending == "xlsx" else _csv(rows))


def _csv(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    draft = io.StringIO("\ufeff", newline="")  # spreadsheets take the file for UTF-8 by it
    draft.seek(0, io.SEEK_END)
    writer = csv.writer(draft, lineterminator="\r\n")
    for row in rows:
        writer.writerow(map(harmless, row))
        if draft.tell() >= CHUNK:
            yield draft.getvalue().encode()
            draft.seek(0)
            draft.truncate()
    yield draft.getvalue().encode()


def _xlsx(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    import xlsxwriter  # 100 ms to load

    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for at, text in enumerate(row):
                if text:
                    sheet.write_string(number, at, text[:MAX_CELL])  # a text, whatever it begins with
        book.close()
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


def vcard_of(contact: Contact, version: str | None = None) -> bytes:
    """One contact as a vCard: as stored, or converted to `version`."""
    return _as(contact.content.data, version)


def vcards(
    contacts: ContactQuerySet, version: str | None = None, *, own_fields: Sequence[Field] | None = None
) -> Iterator[bytes]:
    """The cards of `contacts` in the order they were made, one after the other, in bounded memory.

    With `own_fields`, each says what the contact has in them, in lines of its own (`own_lines`).
    As stored, an export and the import of it give the same octets; a card without its last line break gets one.
    """
    for octets, own in records(contacts):
        yield _as(octets, version, own, own_fields)


def note_export(spaces: Iterable[Space], *, by: Actor, door: Door) -> None:
    """Tell the instance journal that `by` is taking contacts of these spaces along. Called before the first octet."""
    with write_turn():
        for space in spaces:
            note_access(space.pk, Way.EXPORTED, by=by, door=door)
            is_private = space.kind == Space.Kind.PRIVATE
            note(Verb.EXPORTED, by=by, door=door, subject="" if is_private else space.title, private=is_private)


def _as(
    octets: bytes, version: str | None, own: Document | None = None, own_fields: Sequence[Field] | None = None
) -> bytes:
    if version is not None or own_fields is not None:
        card = Card.parse(octets)
        card = convert(card, version) if version is not None else card
        octets = _with_own(card, own, own_fields).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"


def _card(octets: bytes, own: Document | None, own_fields: Sequence[Field] | None) -> Card:
    return _with_own(Card.parse(octets), own, own_fields)


def _with_own(card: Card, own: Document | None, own_fields: Sequence[Field] | None) -> Card:
    return card if own_fields is None else with_own_lines(card, own, own_fields)


# The formats of other programs: each takes the cards and gives the whole file.


def _json(objects: Iterable[object]) -> Iterator[bytes]:
    """A list of them, one a line."""
    between = b"[\n"
    for each in objects:
        yield between + json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode()
        between = b",\n"
    yield b"\n]\n" if between == b",\n" else b"[]\n"


def _jcards(cards: Iterable[Card]) -> Iterator[bytes]:
    return _json(map(jcard.to_jcard, cards))


def _jscontacts(cards: Iterable[Card]) -> Iterator[bytes]:
    return _json(map(jscontact.to_jscontact, cards))


def _xcards(cards: Iterable[Card]) -> Iterator[bytes]:
    yield xcard.HEAD.encode()
    for card in cards:
        yield xcard.to_xcard(card).encode()
    yield xcard.TAIL.encode()


def _ldif(cards: Iterable[Card]) -> Iterator[bytes]:
    """A directory has no place for own fields: they are lines of the description."""
    yield b"version: 1\r\n\r\n"
    for card in cards:
        told = [f"{each.param('X-LABEL') or each.param('X-KEY')}: {each.text}" for each in card.properties(NAME)]
        yield ldif.to_ldif(card.added("NOTE", text="\n".join(told)) if told else card)


def _birthdays(cards: Iterable[Card], language: str) -> Iterator[bytes]:
    """Their events, in that language whenever they are read."""

    def events() -> Iterator[ICalendar]:
        for card in cards:
            with translation.override(language):
                key = card.uid or card.octets.decode(errors="replace")
                made = list(events_of(card, card.full_name, key))
            yield from (ICalendar(octets) for _, octets in made)

    return calendar_file(events(), prodid=PRODID)


_WRITERS: Final[dict[str, Callable[[Iterable[Card]], Iterator[bytes]]]] = {
    "jscontact": _jscontacts,
    "jcard": _jcards,
    "xcard": _xcards,
    "ldif": _ldif,
}
