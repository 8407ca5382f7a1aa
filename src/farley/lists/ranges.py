"""Ranges of an order's index, one a space: a page of them, or all of them in order, read by the hundred."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from farley.database.rows import hinted
from farley.lists.filtering import among, as_one_value, by_ids, statement_of
from farley.lists.orders import Keys, Segment, Sort, sorted_columns, within

M = TypeVar("M", bound=models.Model)

ARMS = 400  # ranges of one statement: SQLite takes 500
MANY_RANGES = 500  # statements that are kept for one query
LEAST = 4  # rows of a range
WIDE = 8  # spaces: of more, each is asked for few rows first


@dataclass(frozen=True)
class Few:
    """Records that were looked up, as (*columns, id)."""

    sort: Sort
    rows: list[Keys]
    is_down: bool

    def behind(self, segment: Segment, start: Keys | None) -> list[Keys]:
        """Those of a segment behind a place, in order."""
        mine = self.rows if self._is_one else self._of_segment(segment)
        if start is not None:
            mine = [keys for keys in mine if (keys < start if self.is_down else keys > start)]
        return sorted(mine, reverse=self.is_down)

    @property
    def _is_one(self) -> bool:
        """Whether all is one segment."""
        sort = self.sort
        return sort.beside is None and sort.groups is None and not sort.has_null and not sort.has_empty

    def _of_segment(self, segment: Segment) -> list[Keys]:
        rows = [row for row in self.rows if self._segment_of(row) == segment]
        if self.sort.beside is not None:
            return [(row[0], row[-1]) if segment == 0 else row[1:] for row in rows]
        first = len(self.sort.columns) - len(sorted_columns(self.sort, segment))
        return [row[first:] for row in rows]

    def _segment_of(self, row: Keys) -> Segment:
        if self.sort.beside is not None:
            return int(row[0] is None)
        if self.sort.groups is not None:
            group: Segment = row[0]
            return group
        return int((self.sort.has_null and row[0] is None) or (self.sort.has_empty and row[0] == ""))


class Ranges(Generic[M]):
    """Ranges of the order's index, one a space."""

    def __init__(
        self, records: QuerySet[M], spaces: Sequence[int], sort: Sort, *, is_down: bool, index: str = ""
    ) -> None:
        self.records, self.spaces, self.sort, self.is_down, self.index = records, spaces, sort, is_down, index

    def behind(self, segment: Segment, start: Keys | None, limit: int) -> list[Keys]:
        width = limit if len(self.spaces) <= WIDE else max(LEAST, 4 * limit // len(self.spaces))
        asked: list[tuple[int, Keys | None]] = [(space, start) for space in self.spaces]
        found: list[Keys] = []
        while asked:
            ends: dict[int, Keys] = {}  # of spaces that hold more than was asked for
            counted: dict[int, int] = {}
            for row in self._fetched(segment, asked, width):
                space, keys = row[0], row[1:]
                found.append(keys)
                counted[space] = counted.get(space, 0) + 1
                ends[space] = keys
            found = sorted(found, reverse=self.is_down)[:limit]
            more = {space: end for space, end in ends.items() if counted[space] == width}
            if len(found) == limit:
                last = found[-1]
                more = {space: end for space, end in more.items() if (end > last if self.is_down else end < last)}
            asked, width = list(more.items()), limit
        return found

    def stream(self, segment: Segment, start: Keys | None) -> Stream:
        """The same, to be read on as long as there are more."""
        return Stream(lambda asked, width: self._fetched(segment, asked, width), self.spaces, start, self.is_down)

    def _fetched(self, segment: Segment, asked: Sequence[tuple[int, Keys | None]], width: int) -> list[Keys]:
        columns = sorted_columns(self.sort, segment)
        template = self._template(segment, columns, is_begun=not self.is_down and asked[0][1] is not None)
        found: list[Keys] = []  # each behind its space
        for first in range(0, len(asked), ARMS):
            part = asked[first : first + ARMS]
            arms = [template.arm(start, width) for _, start in part]
            values = [value for space, start in part for value in template.values(space, start)]
            sql = arms[0] if len(arms) == 1 else " UNION ALL ".join(f"SELECT * FROM ({arm}) arm" for arm in arms)  # noqa: S608
            found += fetch(sql, values)
        return found

    def _template(self, segment: Segment, columns: tuple[str, ...], *, is_begun: bool) -> _Template:
        """The same for the same query: one that a noun keeps, of all that is live, is put into SQL once."""
        kept: dict[Any, _Template] = vars(self.records).setdefault("_ranges", {})
        beside = self.sort.beside
        key = (self.sort.name if beside is None else beside.key, self.index, self.is_down, segment, is_begun)
        template = kept.get(key)
        if template is None:
            if len(kept) > MANY_RANGES:
                kept.clear()
            template = kept[key] = self._new_template(segment, columns, is_begun)
        return template

    def _new_template(self, segment: Segment, columns: tuple[str, ...], is_begun: bool) -> _Template:
        # Behind a place nothing is empty, and saying so would have SQLite begin at the first that is not.
        is_said = is_begun and segment == 0 and (self.sort.has_empty or self.sort.has_null)
        alike = Q() if is_said else within(self.sort, segment)
        records, pk, index = self.records.filter(alike), "id", self.index
        beside = self.sort.beside
        if beside is not None and segment == 0:
            having = Exists(records.filter(pk=OuterRef(beside.record)))
            records, pk, index = beside.rows().order_by().filter(having), beside.record, beside.index
        asked = as_compared(records.model, columns)
        sql, values = statement_of(records.filter(space=_SPACE).values_list("space", *asked, pk))
        table = connection.ops.quote_name(records.model._meta.db_table)
        names = [f"{table}.{connection.ops.quote_name(name)}" for name in (*_attnames(records.model, columns), pk)]
        sql = hinted(sql, records.model, index)
        return _Template(sql, values, names, "<" if self.is_down else ">", " DESC" if self.is_down else "")


class Stream:
    """The records of all ranges behind a place, in order. A range is read on when all before its end was given out.

    `found` are those that were taken last, or some of them.
    """

    def __init__(
        self,
        fetched: Callable[[Sequence[tuple[int, Keys | None]], int], list[Keys]],
        spaces: Sequence[int],
        start: Keys | None,
        is_down: bool,
    ) -> None:
        self.found: list[Keys] = []
        self._fetched, self._is_down = fetched, is_down
        self._ends: dict[int, Keys | None] = dict.fromkeys(spaces, start)  # of the ranges that hold more
        self._waiting: list[Keys] = []  # behind what one of those may hold
        self._is_new = True

    @property
    def is_at_end(self) -> bool:
        return not self._ends and not self._waiting

    def take(self, width: int, among: Container[int] | None = None) -> int:
        """Read about `width` records, and have in `found` those that are next in order, of `among` only; how many."""
        asked = list(self._ends.items())
        if not self._is_new and len(asked) > 1:  # those that hold up what waits; half of them, lest there be many turns
            asked.sort(key=lambda each: each[1] or (), reverse=self._is_down)
            asked = asked[: len(asked) // 2]
        self._is_new = False
        width = max(LEAST, width // max(1, len(asked)))
        rows = self._fetched(asked, width)
        counted = Counter([row[0] for row in rows])
        self._ends |= {row[0]: row[1:] for row in rows}  # the last one of each
        for space, _ in asked:
            if counted[space] < width:
                del self._ends[space]
        waiting = [*self._waiting, *(row[1:] for row in rows)]  # some since before one knew among which they must be
        self._waiting = sorted((keys for keys in waiting if among is None or keys[-1] in among), reverse=self._is_down)
        self.found, self._waiting = self._parted(self._first_end())
        return len(rows)

    def _first_end(self) -> Keys | None:
        ends: Any = self._ends.values()
        return (max(ends) if self._is_down else min(ends)) if ends else None

    def _parted(self, end: Keys | None) -> tuple[list[Keys], list[Keys]]:
        """What waits up to `end`, and what waits behind it."""
        if end is None:
            return self._waiting, []
        behind = (n for n, keys in enumerate(self._waiting) if (keys < end if self._is_down else keys > end))
        first = next(behind, len(self._waiting))
        return self._waiting[:first], self._waiting[first:]


class Tested(Generic[M]):
    """Which of some records are among those of a query: it is put into SQL once."""

    def __init__(self, records: QuerySet[M]) -> None:
        asked: QuerySet[Any] = among(records, [_SPACE])
        sql, self._values = statement_of(asked.values_list("space", "pk"))
        self._sql = by_ids(sql, records.model)

    def among(self, ids: Sequence[int], spaces: Sequence[int]) -> set[int]:
        """Those of `ids` that are, in these spaces."""
        mark, seen = as_one_value([_SPACE]), {*spaces}
        values = [as_one_value(ids) if value == mark else value for value in self._values]
        return {pk for space, pk in fetch(self._sql, values) if space in seen}


_SPACE = -(2**40)  # stands for the space in a template, and for ids


@dataclass(frozen=True, slots=True)
class _Template:
    """The range of one space, of which only the space and the place where it starts differ."""

    sql: str
    given: Sequence[Any]
    names: Sequence[str]
    sign: str
    direction: str

    def arm(self, start: Keys | None, width: int) -> str:
        marks = ", ".join(["%s"] * len(self.names))
        behind = f" AND ({', '.join(self.names)}) {self.sign} ({marks})" if start is not None else ""
        ordered = ", ".join(f"{name}{self.direction}" for name in self.names)
        return f"{self.sql}{behind} ORDER BY {ordered} LIMIT {width}"

    def values(self, space: int, start: Keys | None) -> list[Any]:
        return [space if value == _SPACE else value for value in self.given] + list(start or ())


def _attnames(model: type[models.Model], columns: Sequence[str]) -> list[str]:
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    return [field.column for field in fields]


def as_compared(model: type[models.Model], columns: Sequence[str]) -> list[str | Cast]:
    """Columns as the database compares them: on SQLite days and instants are texts, and are to be left so."""
    is_text = connection.vendor == "sqlite"
    dates = [name for name in columns if is_text and isinstance(model._meta.get_field(name), models.DateField)]
    return [Cast(name, models.TextField()) if name in dates else name for name in columns]


def fetch(sql: str, values: Sequence[Any]) -> list[Keys]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Keys] = cursor.fetchall()
    return found
