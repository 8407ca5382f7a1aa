"""What the columns of a table become: read from JSON, chosen on a page, or taken from a layout; rows to cards by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

from farley.codecs.tables import MAX_COLUMNS, Row, Table
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card
from farley.codecs.vcard_draft import Draft, NothingInIt
from farley.codecs.written_dates import ORDERS
from farley.exchange import mapping_steps
from farley.exchange.mapping_steps import KIND_COLUMNS, TARGETS, Step, Told

_COUNTRY = re.compile("(?:[A-Z]{2})?")


class BadMapping(ValueError):
    """A mapping cannot be read, or is not one for this table. `reason` is an English sentence without its full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Found(NamedTuple):
    """One entry of a file: the line it begins on, its share of the file's octets, and its card, or why it has none."""

    line: int
    size: int
    card: Card | Unreadable


@dataclass(frozen=True, slots=True)
class Column:
    """What one column becomes; without the name of one, a `value` that every row has."""

    to: str  # one of TARGETS
    column: str = ""
    types: tuple[str, ...] = ()  # of an address or number: work, home, cell, fax …; the service of a chat; a relation
    n: int = 0  # columns with the same target and number make one value: the parts of an address, a value and its type
    label: str = ""  # what its owner calls the value; the name of an own field or of a line; the system of an id
    separator: str = ""  # where the cell has several values
    value: str = ""
    unless: tuple[str, ...] = ()  # values that say nothing
    key: str = ""  # of an own field, with its kind
    kind: str = "text"

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Raises BadMapping."""
        if not isinstance(given, dict):
            raise BadMapping("each column is an object")
        if unknown := set(given) - {each.name for each in fields(cls)}:
            raise BadMapping(f"a column has no “{min(map(str, unknown))}”")
        if given.get("to") not in TARGETS:
            raise BadMapping(f"a column cannot become “{given.get('to')}”")
        number = given.get("n", 0)
        if not isinstance(number, int) or not 0 <= number <= MAX_COLUMNS:
            raise BadMapping("“n” is a number")
        for name in ("types", "unless"):
            said = given.get(name, [])
            if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
                raise BadMapping(f"“{name}” is a list of texts")
        for name in ("column", "label", "separator", "value", "key", "kind"):
            if not isinstance(given.get(name, ""), str):
                raise BadMapping(f"“{name}” is a text")
        return cls(**(given | {name: tuple(given[name]) for name in ("types", "unless") if name in given}))

    def to_json(self) -> dict[str, Any]:
        """Only what is not as it would be by itself."""
        said: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "to" or value != each.default:
                said[each.name] = list(value) if isinstance(value, tuple) else value
        return said


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a table's columns become. The same rows by the same mapping give the same octets."""

    columns: tuple[Column, ...] = ()
    dates: str = ""  # dmy, mdy or ymd, where it does not show
    country: str = ""  # ISO 3166: where the national phone numbers of this file belong
    layout: str = field(default="", compare=False)  # the name of the one it was taken from

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Raises BadMapping."""
        if not isinstance(given, dict) or not isinstance(given.get("columns"), list):
            raise BadMapping("a mapping is an object with a list of “columns”")
        if unknown := set(given) - {each.name for each in fields(cls)}:
            raise BadMapping(f"a mapping has no “{min(map(str, unknown))}”")
        if given.get("dates", "") not in ("", *ORDERS):
            raise BadMapping("“dates” is dmy, mdy or ymd")
        country = given.get("country", "")
        if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
            raise BadMapping("“country” is two capital letters, as DE")
        if len(given["columns"]) > MAX_COLUMNS:
            raise BadMapping(f"a mapping has {MAX_COLUMNS:,} columns at most")
        columns = tuple(map(Column.from_json, given["columns"]))
        return cls(columns, given.get("dates", ""), country, str(given.get("layout", "")))

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"columns": [column.to_json() for column in self.columns]}
        return said | {name: value for name in ("dates", "country", "layout") if (value := getattr(self, name))}

    def check(self, header: Sequence[str]) -> None:
        """Raises BadMapping for a column that a table with this header does not have."""
        self._steps(header)

    def cards(self, table: Table) -> Iterator[Found]:
        """The card of each row, in order, a vCard 3.0. Raises BadMapping for a column that the table does not have."""
        return _cards(table, *self._steps(table.header))

    def _steps(self, header: Sequence[str]) -> tuple[list[tuple[int, Step]], list[tuple[str, Step]]]:
        """What is to be done with which cells, and with which values that every row has."""
        places = {name: at for at, name in enumerate(header)}
        for column in self.columns:
            if column.column and column.column not in places:
                raise BadMapping(f"the table has no column “{column.column}”")
        at = {(column.to, column.n): places[column.column] for column in self.columns if column.column}
        steps: list[tuple[int, Step]] = []
        constants: list[tuple[str, Step]] = []
        for number, column in enumerate(self.columns):
            if column.to == "ignore" or column.to in KIND_COLUMNS:
                continue
            told = Told(
                to=column.to,
                types=column.types,
                label=column.label or column.column,
                has_label=bool(column.label),
                separator=column.separator,
                key=column.key,
                kind=column.kind,
                slot=(column.n, column.types) if column.n == 0 else column.n,
                kind_at=at.get((mapping_steps.beside(column.to), column.n), -1) if column.n else -1,
                order=self.dates,
                country=self.country,
                number=number,
            )
            step = mapping_steps.step_of(told)
            if column.unless:
                step = mapping_steps.unless(step, column.unless)
            if column.column:
                steps.append((places[column.column], step))
            elif column.value.strip():
                constants.append((column.value.strip(), step))
        return steps, constants


def _cards(table: Table, steps: Sequence[tuple[int, Step]], constants: Sequence[tuple[str, Step]]) -> Iterator[Found]:
    for row in table.rows:
        if not isinstance(row, Row):
            yield Found(row.line, 0, row)
            continue
        line, size, cells = row
        draft = Draft()
        for at, step in steps:
            if (text := cells[at]) and (text := text.strip()):
                step(draft, text, cells)
        for text, step in constants:
            step(draft, text, cells)
        try:
            card = draft.card()
        except NothingInIt:
            yield Found(line, size, Unreadable(line, "nothing in this row says whom it is about"))
        else:
            yield Found(line, size, card)
