"""Tables out of files: CSV in any encoding and dialect, and spreadsheets; row by row, in bounded memory.

Reading is lenient: a row that cannot be read is a problem with its line, and reading goes on after it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from farley.codecs.charsets import LENIENT, SAMPLE, encoding_of, is_binary
from farley.codecs.unreadable import Unreadable

MAX_ROW: Final = 2**20  # characters of one row; a quote that nobody closed takes in no more
MAX_COLUMNS: Final = 2_000
SHOWN: Final = 40  # rows that are looked at to tell the delimiter and the header
DELIMITERS: Final = (",", ";", "\t", "|")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Office wrote before 2007
_ATTEMPTS = 20  # to go on after a quote that nobody closed
_END = "\x1fend"  # a line after the last: it stands alone, unless a quote is open
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SAYS_SOMETHING = re.compile(r"[^\W\d_]")
_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?[\d\s()./-]{5,}|https?://.*|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")

csv.field_size_limit(2 * MAX_ROW)  # of the whole process: the lines that are given to it are bounded already


class NotATable(ValueError):
    """The octets are no table. `reason` is an English sentence without its full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Dialect(NamedTuple):
    """How a table was written; `sheet` is the name of a spreadsheet's page, which has neither of the others."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


class Row(NamedTuple):
    """One row: where it begins, from 1, its share of the file's octets, and as many cells as the header has."""

    line: int
    size: int
    cells: Sequence[str]


class Remark(NamedTuple):
    """What about the table as a whole is worth knowing: a short name of it, and what it is about."""

    code: str  # `preamble` (lines before the header), `no-header`, `twice` (a name), `other-sheets` (their names),
    # `ragged` (most rows have another number of values than there are columns)
    about: str = ""


class Table(NamedTuple):
    """A table whose rows are read as they are asked for. `header` has a name for each column, no two alike."""

    header: list[str]
    rows: Generator[Row | Unreadable]
    dialect: Dialect
    remarks: list[Remark]

    @property
    def has_header(self) -> bool:
        """Whether the names are the file's, and not numbers that stand for them."""
        return not any(remark.code == "no-header" for remark in self.remarks)


def open_table(
    source: Path | BinaryIO, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """The table that a file holds: CSV, or a spreadsheet (XLSX, ODS), told by its contents.

    `encoding` and `delimiter` (CSV), `sheet` (of a spreadsheet) are found out where they are not given. A `sep=` line
    and lines before the header are passed over; where there is no header, the columns are called 1, 2, 3. Blank rows
    are left out; a row that has more values than there are columns is Unreadable, a shorter one is filled up.
    A file of a path is closed after the last row, or when `rows` is closed.
    Raises NotATable, OSError; LookupError for an encoding that there is not.
    """
    stream = source.open("rb") if isinstance(source, Path) else source
    try:
        first = stream.read(8)
        stream.seek(-len(first), io.SEEK_CUR)
        if first.startswith(b"PK\x03\x04"):
            from farley.codecs.spreadsheets import open_spreadsheet

            return open_spreadsheet(stream, sheet=sheet)
        if first == _OLE:
            raise NotATable("this kind of spreadsheet is not read here; save it as XLSX")
        return _open_text(stream, encoding, delimiter)
    except BaseException:
        if stream is not source:
            stream.close()
        raise


def named_columns(header: Sequence[str]) -> tuple[list[str], list[Remark]]:
    """Names for all columns, no two alike: one that stands there twice is counted, one that is blank is its number."""
    names: list[str] = []
    remarks = []
    taken: set[str] = set()
    for number, written in enumerate(header, 1):
        name = plain = " ".join(written.split()).strip("\ufeff") or str(number)
        if name in taken:
            remarks.append(Remark("twice", name))
            count = 2
            while (name := f"{plain} ({count})") in taken:
                count += 1
        taken.add(name)
        names.append(name)
    return names, remarks


def headed(rows: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Which of the first rows of a table is its header, or its first row of values; and whether it is a header."""
    width = _width([row for row in rows if any(row)])
    reaches = [max((at for at, cell in enumerate(row, 1) if cell.strip()), default=0) for row in rows]
    for number, row in enumerate(rows):
        filled = [cell.strip() for cell in row if cell.strip()]
        reached = max(reaches[number + 1 :], default=0)  # every row may end in a comma too many
        if not filled or len(row) < min(width, reached) or len(filled) * 2 < min(width, len(row)):
            continue
        is_header = all(_SAYS_SOMETHING.search(cell) and not _VALUE.fullmatch(cell) for cell in filled)
        return number, is_header and len(set(filled)) * 2 > len(filled)
    return next((number for number, row in enumerate(rows) if any(row)), 0), False


def fitted(row: Sequence[str], width: int) -> Sequence[str] | None:
    """The row with as many cells as there are columns; None where it has more that say something."""
    if len(row) == width:
        return row
    if len(row) < width:
        return [*row, *[""] * (width - len(row))]
    return None if any(cell.strip() for cell in row[width:]) else row[:width]


def too_many(line: int) -> Unreadable:
    """What is said of a row that `fitted` cannot make fit."""
    return Unreadable(line, "this row has more values than there are columns")


def _width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns most rows have; of two numbers as common the larger one."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width] * (width > 1), width), default=0)


def _open_text(stream: BinaryIO, encoding: str | None, delimiter: str | None) -> Table:
    sample = stream.read(SAMPLE)
    stream.seek(-len(sample), io.SEEK_CUR)
    if not sample.strip():
        raise NotATable("the file is empty")
    if encoding is None and is_binary(sample):
        raise NotATable("this is no text file")
    encoding = encoding or encoding_of(sample)
    errors = LENIENT if encoding.startswith("utf-8") else "replace"
    text = sample.decode(encoding, "ignore")
    begin = text.lstrip("\ufeff\r\n")[:20].splitlines()
    stated = _SEP.fullmatch(begin[0]) if begin else None
    given = delimiter or (stated[1] if stated else None)
    dialect = Dialect(encoding, given or _delimiter_of(text))
    lines = _Lines(io.TextIOWrapper(stream, encoding, errors, newline=""))
    records = _records(lines, dialect.delimiter)
    first: list[Row | Unreadable] = []
    for record in records:
        is_sep = stated and not first and isinstance(record, Row) and _is_sep(record, dialect.delimiter)
        if not is_sep:
            first.append(record)
        if len(first) >= SHOWN:
            break
    rows = [record for record in first if isinstance(record, Row)]
    if not rows:
        raise NotATable("there is no row in it that can be read")
    at, is_header = headed([row.cells for row in rows])
    width = max(len(rows[at].cells), 1)
    if width > MAX_COLUMNS:
        raise NotATable("it has too many columns")
    cells = rows[at].cells
    names, remarks = named_columns(cells if is_header else [str(number) for number in range(1, width + 1)])
    if is_header and at:
        remarks.insert(0, Remark("preamble", str(at)))
    if not is_header:
        remarks.insert(0, Remark("no-header"))
    begins = rows[at].line + 1 if is_header else 0
    if sum(len(row.cells) != width for row in rows[at:]) * 2 > len(rows) - at:
        remarks.append(Remark("ragged"))
    kept = [record for record in first if record.line >= begins]
    return Table(names, _fitted(kept, records, len(names)), dialect, remarks)


def _is_sep(record: Row, delimiter: str) -> bool:
    """Whether it is Excel's line that says which delimiter there is."""
    return _SEP.fullmatch(delimiter.join(record.cells)) is not None


def _fitted(
    first: Sequence[Row | Unreadable], rest: Generator[Row | Unreadable], width: int
) -> Generator[Row | Unreadable]:
    with closing(rest):
        for record in chain(first, rest):
            if not isinstance(record, Row) or len(record.cells) == width:
                yield record
            elif (cells := fitted(record.cells, width)) is None:
                yield too_many(record.line)
            else:
                yield record._replace(cells=cells)


def _delimiter_of(text: str) -> str:
    """The delimiter by which the rows of a sample are longest and most alike."""
    best, chosen = 0.0, ","
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        lengths = _lengths(text, delimiter)
        width = _width([[""] * length for length in lengths])
        if width > 1:
            alike = sum(length == width for length in lengths) / len(lengths)
            score = alike * (1 + min(width, 50) / 50)
            if score > best:
                best, chosen = score, delimiter
    return chosen


def _lengths(text: str, delimiter: str) -> list[int]:
    lines = io.StringIO(text[: 2**16], newline="")
    lengths = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if any(row):
                lengths.append(len(row))
            if len(lengths) >= SHOWN:
                break
    except csv.Error:
        pass
    return lengths or [1]


def _unclosed(line: int) -> Unreadable:
    return Unreadable(line, "a quote in this row is never closed")


class _Lines:
    """The lines of a text, some of which may be given again; those of the record being read are kept."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._is_over = False
        self.record: list[str] = []
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(MAX_ROW)
        if not line:
            if self._is_over:
                raise StopIteration
            self._is_over = True
            return _END
        self.record.append(line)
        self.length += len(line)
        if self.length >= MAX_ROW:
            while line and line[-1] not in "\r\n":
                line = self._text.readline(MAX_ROW)
            raise _TooLong
        return line

    def begin(self) -> None:
        self.record.clear()
        self.length = 0

    def give_again(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))

    def reopen(self) -> None:
        """Let the end come once more."""
        self._is_over = False

    def close(self) -> None:
        self._text.close()


class _TooLong(Exception):
    pass


def _records(lines: _Lines, delimiter: str) -> Generator[Row | Unreadable]:
    """Every record that is not blank, in order."""
    line, attempts = 1, 0
    try:
        while True:
            problem = Unreadable(line, "this row cannot be read")
            try:
                for cells in csv.reader(lines, delimiter=delimiter):
                    record = lines.record
                    if cells and cells[-1].endswith(_END):
                        if cells == [_END]:
                            return
                        problem = _unclosed(line)
                        break
                    if any(cells):
                        yield Row(line, lines.length, cells)
                    line += len(record)
                    lines.begin()
                else:
                    return
            except _TooLong:
                is_one = len(lines.record) == 1
                problem = Unreadable(line, "this row is too long") if is_one else _unclosed(line)
            except csv.Error:
                pass
            yield problem
            record = list(lines.record)
            lines.begin()
            attempts += 1
            if attempts <= _ATTEMPTS and len(record) > 1:
                lines.give_again(record[1:])
                lines.reopen()
                line += 1
            else:
                line += len(record)
    finally:
        lines.close()
