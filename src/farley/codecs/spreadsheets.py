"""Spreadsheets (XLSX, ODS) as tables. What their files could unpack to is bounded before anything reads them."""

from __future__ import annotations

import datetime as dt
import io
import lzma
import re
import struct
import zipfile
import zlib
from array import array
from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import IO, Any, BinaryIO, Final

from farley.codecs.tables import (
    MAX_COLUMNS,
    SHOWN,
    Dialect,
    NotATable,
    Remark,
    Row,
    Table,
    fitted,
    headed,
    named_columns,
    too_many,
)
from farley.codecs.unreadable import Unreadable

MAX_FILE: Final = 200 * 2**20  # octets
MAX_UNPACKED: Final = 600 * 2**20  # octets of all parts together
MAX_TEXT: Final = 600 * 2**20  # octets of what all cells say: each has a text that several share for itself
MAX_CELLS: Final = 12_000_000  # from the first to the last row and column, blank ones too: 24 octets each
DAMAGED: Final = (zipfile.BadZipFile, EOFError, ValueError, struct.error, zlib.error, lzma.LZMAError)  # of `zipfile`
_CHUNK = 2**20
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")  # UTF-16
_TAG = re.compile(
    rb"""<(?:\w+:)?(c|row|table|table-row|table-cell|covered-table-cell)(?=[\s/>])((?:[^<>"']|"[^"]*"|'[^']*')*+)>"""
)
_CELL = re.compile(rb"<(?:\w+:)?(?:c|table-cell|covered-table-cell)[\s/>]")
_PLACED = re.compile(rb'<c r="([A-Za-z]{1,9})([0-9]{1,9})"')
_REFERENCE = re.compile(rb"""(?<![\w:])r\s*=\s*["']([A-Za-z]{1,9})([0-9]{1,9})["']""")
_NUMBER = re.compile(rb"""(?<![\w:])r\s*=\s*["']([0-9]{1,9})["']""")
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_SHARING = re.compile(
    rb"""<(?:\w+:)?c(?=[\s/>])((?:[^<>"']|"[^"]*"|'[^']*')*+)>(?:<(?:\w+:)?v>([0-9]{1,9})</(?:\w+:)?v>)?"""
)
_IS_SHARED = re.compile(rb"""\bt\s*=\s*["']s["']|&""")  # in an entity it may be hidden
_BLANKS = re.compile(rb"""<(?:\w+:)?s\s[^<>]*?\bc\s*=\s*["']([^"'<>]*)""")  # of ODS: so many in one place
_REPEATED = re.compile(rb"""-repeated\s*=\s*["']([0-9]{1,12})["']""")


def open_spreadsheet(stream: BinaryIO, *, sheet: str | None = None) -> Table:
    """The table on one page of a spreadsheet: on `sheet`, else on the first page that has one.

    Values are written as text: whole numbers without a decimal point, dates as 2024-01-31. Formulas count as what they
    came to last. `stream` is closed. Raises NotATable.
    """
    import python_calamine as calamine

    with stream:
        size = stream.seek(0, io.SEEK_END)
        if size > MAX_FILE:
            raise _too_large()
        stream.seek(0)
        octets = stream.read(size)  # by its size: room for all that is asked for is taken at once
    _refuse_bombs(octets)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(octets))
        names = [each.name for each in book.sheets_metadata if each.typ == calamine.SheetTypeEnum.WorkSheet]
        pages = [sheet] if sheet is not None else names
        for number, name in enumerate(pages):
            page = book.get_sheet_by_name(name)
            first = [_texts(row) for row in page.to_python(skip_empty_area=False, nrows=SHOWN)]
            if any(any(row) for row in first):
                others = [other for other in names if other != name] if sheet is None else []
                return _table(page, first, name, len(octets), others[number:])
    except (calamine.CalamineError, OSError) as error:
        raise _refusal_of(error, calamine) from error
    raise NotATable("there is nothing in this spreadsheet")


def _refusal_of(error: Exception, calamine: Any) -> NotATable:
    if isinstance(error, calamine.PasswordError):
        return NotATable("this spreadsheet is protected by a password")
    if isinstance(error, calamine.WorksheetNotFound):
        return NotATable("this spreadsheet has no page of that name")
    return _damaged()


def _damaged() -> NotATable:
    return NotATable("this is no spreadsheet, or it is damaged")


def _too_large() -> NotATable:
    return NotATable("this spreadsheet is too large; save it as CSV")


def _table(page: Any, first: Sequence[list[str]], name: str, size: int, others: Sequence[str]) -> Table:
    at, is_header = headed(first)
    width = len(first[at])
    while width > 1 and is_header and not first[at][width - 1].strip():
        width -= 1  # columns that are only coloured
    if width > MAX_COLUMNS:
        raise NotATable("it has too many columns")
    cells = first[at][:width] if is_header else [str(number) for number in range(1, width + 1)]
    header, remarks = named_columns(cells)
    if not is_header:
        remarks.insert(0, Remark("no-header"))
    elif any(any(row) for row in first[:at]):
        remarks.insert(0, Remark("preamble", str(at)))
    if others:
        remarks.append(Remark("other-sheets", ", ".join(others)))
    share = max(1, size // (1 + (page.end or (0, 0))[0]))
    return Table(header, _rows(page, at + is_header, width, share), Dialect(sheet=name), remarks)


def _rows(page: Any, skip: int, width: int, share: int) -> Generator[Row | Unreadable]:
    before = [""] * (page.start or (0, 0))[1]  # its rows begin with the first, its columns where there is a value
    for number, values in enumerate(page.iter_rows()):
        if number < skip:
            continue
        cells = [*before, *_texts(values)] if before else _texts(values)
        if not any(cells):
            continue
        whole = fitted(cells, width)
        if whole is None:
            yield too_many(number + 1)
        else:
            yield Row(number + 1, share, whole)


def _texts(values: Sequence[Any]) -> list[str]:
    return [value if type(value) is str else _text(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else str(value)


def _refuse_bombs(octets: bytes) -> None:
    """Look through the parts of the archive: how large they become, and how far apart their cells are."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            if any(part.filename.lower().endswith("workbook.bin") for part in archive.infolist()):
                raise NotATable("this kind of spreadsheet is not read here; save it as XLSX")
            left, shared = MAX_UNPACKED, _Shared()
            for part in archive.infolist():
                with archive.open(part) as content:
                    left = _look_through(content, left, shared)
            if shared.longest * shared.cells > MAX_TEXT:  # or a few are long: it takes a closer look
                _refuse_too_much_text(archive, shared)
    except NotATable:
        raise
    except (*DAMAGED, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged() from error


def _look_through(content: IO[bytes], left: int, shared: _Shared) -> int:
    """What is `left` of MAX_UNPACKED after this part. Raises NotATable."""
    extent, kept, size = _Extent(), b"", 0
    starts: list[int] = []
    while chunk := content.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise _too_large()
        text = kept + chunk
        if text[:2] in _WIDE:  # nothing below would find its cells
            raise _damaged()
        end = max(text.rfind(b"<"), 0)
        extent.see(text[:end])
        starts += _starts_of_shared(text[:end], size - len(kept))
        size += len(chunk)
        kept = text[max(end, len(text) - _CHUNK) :]
        if extent.is_too_large or len(starts) > MAX_CELLS:
            raise _too_large()
        if len(text) - end > _CHUNK and str(content.name).lower().endswith(".xml"):
            raise _too_large()  # a cell that says so much
    extent.see(kept)
    starts += _starts_of_shared(kept, size - len(kept))
    if extent.is_too_large:
        raise _too_large()
    shared.cells += extent.count
    shared.add([after - start for start, after in pairwise([*starts, size])])
    return left


def _starts_of_shared(text: bytes, at: int) -> list[int]:
    """Where shared texts begin in a part, of which `text` is a piece that begins `at` that octet."""
    if b"<si" not in text and b":si" not in text:
        return []
    return [at + found.start() for found in _SHARED_TEXT.finditer(text)]


class _Shared:
    """The texts of XLSX that stand in a part of their own, for any number of cells to name."""

    def __init__(self) -> None:
        self.lengths: array[int] = array("L")  # in octets, in their order; none where it cannot be known
        self.longest = 0
        self.cells = 0  # that may name one
        self._parts = 0

    def add(self, lengths: Sequence[int]) -> None:
        """Those of one part."""
        if lengths:
            self._parts += 1
            self.lengths = array("L", lengths if self._parts == 1 else ())
            self.longest = max(self.longest, *lengths)


def _refuse_too_much_text(archive: zipfile.ZipFile, shared: _Shared) -> None:
    """Add up what the cells say that name a shared text; one that cannot be followed counts as the longest."""
    said = 0
    for part in archive.infolist():
        with archive.open(part) as content:
            kept, is_over = b"", False
            while not is_over:
                chunk = content.read(_CHUNK)
                is_over = not chunk
                text = kept + chunk
                found = list(_SHARING.finditer(text))
                held = found.pop() if found and not is_over else None  # its value may be still to come
                said += sum(_said_by(cell[1], cell[2], shared) for cell in found)
                kept = text[held.start() if held else max(text.rfind(b"<"), 0) :]
                if said > MAX_TEXT or len(kept) > 4 * _CHUNK:
                    raise _too_large()


def _said_by(attributes: bytes, number: bytes | None, shared: _Shared) -> int:
    if not _IS_SHARED.search(attributes):
        return 0
    return shared.lengths[int(number)] if number and int(number) < len(shared.lengths) else shared.longest


class _Extent:
    """The rectangle of cells of one part: it is laid out whole, however few of them say anything."""

    def __init__(self) -> None:
        self._row = self._column = 0  # where the part has been read to
        self._repeat = 1  # of the row, in ODS
        self._copies = 0  # of the cell being read, in ODS
        self.count = 0  # cells, in XLSX
        self.octets = 0  # of what all cells say, in ODS
        self._last_row = self._last_column = 0

    @property
    def cells(self) -> int:
        return self._last_row * self._last_column

    @property
    def is_too_large(self) -> bool:
        return self.cells > MAX_CELLS or self.octets > MAX_TEXT

    def see(self, text: bytes) -> None:
        placed = _PLACED.findall(text)
        if placed and len(placed) == len(_CELL.findall(text)):  # as all usual programs write them: a quick look does
            self._last_row = max(self._last_row, *map(int, {digits for _, digits in placed}))
            self._last_column = max(self._last_column, *map(_column_number, {letters for letters, _ in placed}))
            self._row = self._last_row
            self.count += len(placed)
            return
        done = 0
        for found in _TAG.finditer(text):
            name, attributes = found.groups()
            self._say(text, done, found.start())
            self._copies, done = 0, found.end()
            self.count += name == b"c"
            if name == b"c":
                place = _REFERENCE.search(attributes)
                self._column = _column_number(place[1]) if place else self._column + 1
                self._row = int(place[2]) if place else self._row
                self._reach()
            elif name == b"row":
                number = _NUMBER.search(attributes)
                self._row, self._column = (int(number[1]) if number else self._row + 1), 0
            elif name == b"table":
                self._row = self._column = 0
            elif name == b"table-row":
                self._repeat, self._column = _repeated(attributes), 0
                self._row += self._repeat
            else:
                self._column += (repeated := _repeated(attributes))
                if not attributes.endswith(b"/") or b"value" in attributes:
                    self._reach()
                    self._copies = repeated * self._repeat
                    self._say(text, *found.span(2))
                if attributes.endswith(b"/"):
                    self._copies = 0
        self._say(text, done, len(text))

    def _say(self, text: bytes, start: int, end: int) -> None:
        """Count a piece of what the cell being read says."""
        if not self._copies:
            return
        blanks = 0
        if text.find(b"c", start, end) >= 0:
            for said in _BLANKS.findall(text, start, end):
                blanks += int(said) if said.isdigit() and len(said) < 20 else MAX_TEXT + 1
        self.octets += self._copies * (end - start + blanks)

    def _reach(self) -> None:
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)


def _repeated(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found[1]) if found else 1


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
