"""Exporting contacts: as vCards, the octets as they came or converted to a version; as tables of several layouts."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.codecs.vcard import Card
from farley.codecs.vcard_conversion import convert
from farley.contacts.models import Contact, ContactQuerySet
from farley.database.turns import write_turn
from farley.exchange.own_lines import with_own_lines
from farley.exchange.sheets import Sheet, harmless, most_of
from farley.fields.models import Document, Field
from farley.journal.access import Way, note_access
from farley.spaces.models import Space

VERSIONS = ("2.1", "3.0", "4.0")
PAGE = 500
MAX_CELL = 32_767  # characters that a spreadsheet holds in a cell
CHUNK = 2**16  # octets of a table that are handed on at once
Record = tuple[bytes, Document | None]  # octets, and values of own fields


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. One with a `layout` is a table, and has columns for own fields where vCards have lines."""

    name: str
    label: str
    ending: str
    media_type: str
    version: str | None = None  # of vCard
    layout: str = ""

    @property
    def is_table(self) -> bool:
        return bool(self.layout)


_VCARD, _CSV = "text/vcard; charset=utf-8", "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    each.name: each
    for each in (
        Format("vcard", gettext_noop("vCard, as stored"), "vcf", _VCARD),
        Format("vcard-4.0", "vCard 4.0", "vcf", _VCARD, version="4.0"),
        Format("vcard-3.0", "vCard 3.0", "vcf", _VCARD, version="3.0"),
        Format("vcard-2.1", "vCard 2.1", "vcf", _VCARD, version="2.1"),
        Format("csv", gettext_noop("CSV, all columns"), "csv", _CSV, layout="farley"),
        Format("csv-google", gettext_noop("CSV for Google Contacts"), "csv", _CSV, layout="google"),
        Format("csv-outlook", gettext_noop("CSV for Outlook (English)"), "csv", _CSV, layout="outlook.en"),
        Format("csv-outlook-de", gettext_noop("CSV for Outlook (German)"), "csv", _CSV, layout="outlook.de"),
        Format("xlsx", gettext_noop("Excel table (XLSX)"), "xlsx", _XLSX, layout="farley"),
    )
}


def exported(
    read: Callable[[], Iterable[Record]], form: Format, *, own_fields: Sequence[Field] | None = None
) -> Iterator[bytes]:
    """A whole file of that format, piece by piece; `read` gives its contacts, for a table twice."""
    if not form.is_table:
        for octets, own in read():
            yield _as(octets, form.version, own, own_fields)
        return
    most = most_of(Card.parse(octets) for octets, _ in read())
    sheet = Sheet(form.layout, own_fields or (), most)
    rows = itertools.chain([sheet.header], (sheet.row(Card.parse(octets), own) for octets, own in read()))
    yield from _xlsx(rows) if form.ending == "xlsx" else _csv(rows)


def records(contacts: ContactQuerySet) -> Iterator[Record]:
    """What is exported of `contacts`, in the order they were made, in bounded memory."""
    last = 0
    while page := list(contacts.filter(pk__gt=last).order_by("pk").values_list("pk", "content__octets", "own")[:PAGE]):
        for _, octets, own in page:
            yield bytes(octets), own
        last = page[-1][0]


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
    if version is not None:
        octets = convert(Card.parse(octets), version).octets
    if own_fields is not None:
        octets = with_own_lines(Card.parse(octets), own, own_fields).octets
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
