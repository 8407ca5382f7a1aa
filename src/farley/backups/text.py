"""Rows as a backup holds them: the text format of PostgreSQL's COPY, whichever engine they come from.

One line a row, a tab between values, `\\N` for NULL, a backslash before what would be taken for one of these. Octets
are hexadecimal after `\\x`, instants are in UTC, JSON is compact with sorted keys. So equal rows are equal octets,
PostgreSQL reads a table as it lies there, and so does any program that reads tab-separated text.

Values are converted a column at a time: a call for each value would take longer than both engines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from farley.backups.tables import Kind, Table

NULL = "\\N"
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\b", "\\b"), ("\f", "\\f"), ("\v", "\\v"))
_MEANT = {written[1]: meant for meant, written in _ESCAPES}
_SPECIAL = re.compile(r"[\\\t\n\r\b\f\v]")
_ESCAPED = re.compile(r"\\(.)")
_FRACTION = 6  # digits, as Django writes them on SQLite

_Column = Sequence[Any]


class Unreadable(ValueError):
    """A line is not a row of its table."""


def rows_as_text(table: Table, rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as SQLite gives them, written."""
    if not rows:
        return b""
    columns = zip(*rows, strict=True)
    written = [_WRITERS[column.kind](values) for column, values in zip(table.columns, columns, strict=True)]
    return ("\n".join(map("\t".join, zip(*written, strict=True))) + "\n").encode()


def text_as_rows(table: Table, lines: bytes) -> list[tuple[Any, ...]]:
    """Whole lines, read as SQLite is to hold their values. Raises Unreadable."""
    split = [line.split("\t") for line in lines.decode().split("\n")]
    if split.pop() != [""]:
        raise Unreadable(f"{table.name}: a line without its end")
    if not split:
        return []
    try:
        columns = list(zip(*split, strict=True))
        read = [_READERS[column.kind](values) for column, values in zip(table.columns, columns, strict=True)]
    except ValueError as error:
        raise Unreadable(f"{table.name}: {error}") from error
    return list(zip(*read, strict=True))


def with_plain_json(table: Table, lines: Iterable[bytes]) -> Iterable[bytes]:
    """Rows as PostgreSQL writes them, their JSON as backups have it."""
    places = [n for n, column in enumerate(table.columns) if column.kind is Kind.JSON]
    if not places:
        return lines
    return (_with_plain_json(places, line) for line in lines)


def _with_plain_json(places: list[int], line: bytes) -> bytes:
    values = line.decode().removesuffix("\n").split("\t")
    for place in places:
        if values[place] != NULL:
            values[place] = _escaped(_plain_json(_unescaped(values[place])))
    return ("\t".join(values) + "\n").encode()


# Writing, a column of values at a time


def _nullable(write: Callable[[_Column], list[str]]) -> Callable[[_Column], list[str]]:
    def of(values: _Column) -> list[str]:
        if None not in values:
            return write(values)
        written = iter(write([value for value in values if value is not None]))
        return [NULL if value is None else next(written) for value in values]

    return of


def _text(values: _Column) -> list[str]:
    if _SPECIAL.search("\0".join(values)) is None:
        return list(values)
    return [_escaped(value) for value in values]


def _escaped(value: str) -> str:
    if _SPECIAL.search(value) is None:
        return value
    for meant, written in _ESCAPES:
        value = value.replace(meant, written)
    return value


def _instant(value: str) -> str:
    """Without zeros at the end of a fraction, as PostgreSQL writes it."""
    return f"{value.rstrip('0').rstrip('.') if '.' in value else value}+00"


def _uuid(value: str) -> str:
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _plain_json(value: str) -> str:
    return json.dumps(_with_whole_numbers(json.loads(value)), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _with_whole_numbers(value: Any) -> Any:
    """PostgreSQL keeps 1e3 as 1000: so a number is written, whatever it was called."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _with_whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return value


_WRITERS: dict[Kind, Callable[[_Column], list[str]]] = {
    Kind.INTEGER: _nullable(lambda values: list(map(str, values))),
    Kind.FLOAT: _nullable(lambda values: [repr(float(value)) for value in values]),
    Kind.BOOLEAN: _nullable(lambda values: ["t" if value else "f" for value in values]),
    Kind.TEXT: _nullable(_text),
    Kind.OCTETS: _nullable(lambda values: [f"\\\\x{value.hex()}" for value in values]),
    Kind.INSTANT: _nullable(lambda values: [_instant(value) for value in values]),
    Kind.DATE: _nullable(list),
    Kind.UUID: _nullable(lambda values: [_uuid(value) for value in values]),
    Kind.JSON: _nullable(lambda values: [_escaped(_plain_json(value)) for value in values]),
}


# Reading


def _or_null(read: Callable[[_Column], list[Any]]) -> Callable[[_Column], list[Any]]:
    def of(values: _Column) -> list[Any]:
        if NULL not in values:
            return read(values)
        found = iter(read([value for value in values if value != NULL]))
        return [None if value == NULL else next(found) for value in values]

    return of


def _texts(values: _Column) -> list[str]:
    return [_unescaped(value) if "\\" in value else value for value in values]


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), value) if "\\" in value else value


def _octets(value: str) -> bytes:
    if not value.startswith("\\\\x"):
        raise ValueError("octets do not begin with \\x")
    return bytes.fromhex(value[3:])


def _instant_of(value: str) -> str:
    bare = value.removesuffix("+00")
    whole, point, fraction = bare.partition(".")
    if bare == value or len(whole) != 19:
        raise ValueError(f"{value!r} is no instant")
    return f"{whole}.{fraction.ljust(_FRACTION, '0')}" if point else whole


def _boolean(value: str) -> int:
    if value not in ("t", "f"):
        raise ValueError(f"{value!r} is neither t nor f")
    return int(value == "t")


_READERS: dict[Kind, Callable[[_Column], list[Any]]] = {
    Kind.INTEGER: _or_null(lambda values: list(map(int, values))),
    Kind.FLOAT: _or_null(lambda values: list(map(float, values))),
    Kind.BOOLEAN: _or_null(lambda values: [_boolean(value) for value in values]),
    Kind.TEXT: _or_null(_texts),
    Kind.OCTETS: _or_null(lambda values: [_octets(value) for value in values]),
    Kind.INSTANT: _or_null(lambda values: [_instant_of(value) for value in values]),
    Kind.DATE: _or_null(list),
    Kind.UUID: _or_null(lambda values: [value.replace("-", "") for value in values]),
    Kind.JSON: _or_null(lambda values: [json.dumps(json.loads(_unescaped(value))) for value in values]),
}
