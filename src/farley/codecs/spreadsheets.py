"""Spreadsheets (XLSX, ODS) as tables. What their files could unpack to is bounded before anything reads them."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Generator, Sequence
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
MAX_CELLS: Final = 12_000_000  # from the first to the last row and column, blank ones too: 24 octets each
_CHUNK = 2**20
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")  # UTF-16
_TAG = re.compile(
    rb"""<(?:\w+:)?(c|row|table|table-row|table-cell|covered-table-cell)(?=[\s/>])((?:[^<>"']|"[^"]*"|'[^']*')*+)>"""
)
_CELL = re.compile(rb"<(?:\w+:)?(?:c|table-cell|covered-table-cell)[\s/>]")
_PLACED = re.compile(rb'<c r="([A-Za-z]{1,9})([0-9]{1,9})"')
_REFERENCE = re.compile(rb"""(?<![\w:])r\s*=\s*["']([A-Za-z]{1,9})([0-9]{1,9})["']""")
_NUMBER = re.compile(rb"""(?<![\w:])r\s*=\s*["']([0-9]{1,9})["']""")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["']([0-9]{1,12})["']""")


def open_spreadsheet(stream: BinaryIO, *, sheet: str | None = None) -> Table:
    """The table on one page of a spreadsheet: on `sheet`, else on the first page that has one.

    Values are written as text: whole numbers without a decimal point, dates as 2024-01-31. Formulas count as what they
    came to last. `stream` is closed. Raises NotATable.
    """
    import python_calamine as calamine

    with stream:
        octets = stream.read(MAX_FILE + 1)
    if len(octets) > MAX_FILE:
        raise _too_large()
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
            left = MAX_UNPACKED
            for part in archive.infolist():
                with archive.open(part) as content:
                    left = _look_through(content, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise _damaged() from error


def _look_through(content: IO[bytes], left: int) -> int:
    """What is `left` of MAX_UNPACKED after this part. Raises NotATable."""
    extent, kept = _Extent(), b""
    while chunk := content.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise _too_large()
        text = kept + chunk
        if text[:2] in _WIDE:  # nothing below would find its cells
            raise _damaged()
        end = text.rfind(b"<")
        extent.see(text[: max(end, 0)])
        kept = text[max(end, len(text) - _CHUNK, 0) :]
        if extent.cells > MAX_CELLS:
            raise _too_large()
    extent.see(kept)
    if extent.cells > MAX_CELLS:
        raise _too_large()
    return left


class _Extent:
    """The rectangle of cells of one part: it is laid out whole, however few of them say anything."""

    def __init__(self) -> None:
        self._row = self._column = 0  # where the part has been read to
        self._repeat = 1  # of the row, in ODS
        self._last_row = self._last_column = 0

    @property
    def cells(self) -> int:
        return self._last_row * self._last_column

    def see(self, text: bytes) -> None:
        placed = _PLACED.findall(text)
        if placed and len(placed) == len(_CELL.findall(text)):  # as all usual programs write them: a quick look does
            self._last_row = max(self._last_row, *map(int, {digits for _, digits in placed}))
            self._last_column = max(self._last_column, *map(_column_number, {letters for letters, _ in placed}))
            self._row = self._last_row
            return
        for found in _TAG.finditer(text):
            name, attributes = found.groups()
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
                self._column += _repeated(attributes)
                if not attributes.endswith(b"/") or b"value" in attributes:
                    self._reach()

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
