"""Pages of a list over several spaces, by key: a page costs the same wherever it lies.

An order is an index that begins with the space. The rows of each space are one range of it, all ranges are asked for in
one statement, and merged. A filter that few rows pass is looked up first; what many pass is met soon on the way. What
some pass is looked for along the way for a moment, and looked up when it is not met.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from farley.database.patience import TookTooLong, at_most
from farley.database.rows import hinted
from farley.lists.filtering import Test, Tests, Text, among, by_ids, statement_of, unindexed

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")
Keys = tuple[Any, ...]  # values of the order's columns, then the id
Segment = int | str | None

PAGE = 50
EXACT_TO = 1000  # a count beyond is "more than"
FEW = 600  # what at most so many records have is looked up at once
RARE = 3000  # what at most so many have is looked up when it is not met on the way at a glance
ENOUGH = 200  # candidates: no other condition is asked for fewer
PATIENCE_S = 2.0
GLANCE_S = {"sqlite": 0.003, "postgresql": 0.02}  # there a cancelled statement costs as much as many that are met
WALK_S = 0.3  # of PATIENCE_S for walking an order before more are looked up
MANY = 100_000  # that are looked up then
ARMS = 400  # ranges of one statement: SQLite takes 500
MANY_RANGES = 500  # statements that are kept for one query
WIDE = 8  # spaces: of more, each is asked for few rows first
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what no key can hold: drivers raise for it


class BadCursor(ValueError):
    """The text is no place in this list."""


class TooSlow(RuntimeError):
    """No index leads to what the filter asks for, and looking at each record took too long. `said`: by what."""

    def __init__(self, said: Sequence[str]) -> None:
        super().__init__(f"no index helps with: {', '.join(said)}")
        self.said = tuple(said)


@dataclass(frozen=True, slots=True)
class Beside:
    """Values that stand in a table of their own, in one row of `rows` for each record that has one.

    `index` is one in which the rows of a space lie in the order of `name` and `record`. `key` tells one such table or
    part of a table from another.
    """

    key: str
    rows: Callable[[], QuerySet[Any]]
    name: str
    record: str
    index: str

    def of_record(self) -> QuerySet[Any]:
        """The row of the record that is looked at."""
        return self.rows().order_by().filter(**{self.record: OuterRef("pk")})


@dataclass(frozen=True, slots=True)
class Sort:
    """An order, for which there is an index of (space, *columns, id) over what is not deleted.

    Records with nothing in the first column come last both ways: an empty text where `has_empty`, NULL where
    `has_null`. Where `groups` says which values of the first column there are, the list is grouped by them in that
    order, and NULL is the last one. With values `beside`, those who have one come first, by it and by their ids; of
    whoever has none, `columns` and `index` say the order.
    """

    name: str
    label: Text
    backwards: Text  # what the other way round is called
    columns: tuple[str, ...]
    index: str  # its name
    descends: bool = False
    has_empty: bool = False
    has_null: bool = False
    groups: Callable[[Sequence[int]], Sequence[Segment]] | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A sort, or its reverse."""

    sort: Sort
    is_reversed: bool = False

    @property
    def value(self) -> str:
        """As an address says it."""
        return f"-{self.sort.name}" if self.is_reversed else self.sort.name

    @property
    def label(self) -> Text:
        return self.sort.backwards if self.is_reversed else self.sort.label

    @property
    def descends(self) -> bool:
        return self.sort.descends is not self.is_reversed

    @property
    def reverse(self) -> Order:
        return Order(self.sort, not self.is_reversed)


@dataclass(frozen=True, slots=True)
class Places:
    """Ids of records in order; `after` asks for the ones behind them, None at the end."""

    ids: list[int]
    after: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an order a record stands: its values in the columns that order its segment, then its id."""

    segment: Segment
    keys: Keys

    @property
    def pk(self) -> int:
        return int(self.keys[-1])


_BY_ID = Sort("", "", "", (), "")


@dataclass(frozen=True)
class Selected(Generic[M]):
    """The records of `live` (a query without order) that lie in `spaces`, which the reader sees, and pass `tests`."""

    live: QuerySet[M]
    spaces: Sequence[int]
    tests: Test | Tests | None = None
    most: int | None = None  # records that are looked up by themselves; else RARE

    def places(self, order: Order, *, after: str = "", size: int = PAGE) -> Places:
        """A page behind the place `after`. Raises BadCursor, TooSlow."""
        return self.tried(order, lambda asked: asked._places(order, after, size))

    def tried(self, order: Order, ask: Callable[[Selected[M]], R]) -> R:
        """What `ask` finds, first with what few pass looked up, then with more. Raises what it raises, and TooSlow."""
        asked = self
        for most, walk_s in self._tries(order):
            asked = replace(self, most=most)
            if asked._few is not None:
                break
            try:  # what passes may all lie at the other end of the order
                with at_most(min(walk_s, PATIENCE_S)):
                    return ask(asked)
            except TookTooLong:
                asked = replace(self, most=MANY)
        is_walk = order.sort.beside is not None  # there is no index of those without a value
        with asked._patiently() if is_walk or self.tests is not None else _NoHurry():
            return ask(asked)

    def _tries(self, order: Order) -> list[tuple[int, float]]:
        """What counts as few, and how long others are looked for along the way."""
        if self.tests is None:
            return []
        [first, *others] = self._parts
        if (
            not others
            and isinstance(first, Test)
            and first.range is not None
            and first.range.then == order.sort.columns
            and order.sort.beside is None
        ):
            return [(0, WALK_S)]  # they lie there in this very order
        return [(min(FEW, RARE), GLANCE_S[connection.vendor]), (RARE, WALK_S)]

    def _places(self, order: Order, after: str, size: int) -> Places:
        found = self.behind(order, self.place(order, after) if after else None, size + 1)
        following = self.written(order, found[size - 1]) if len(found) > size else None
        return Places([place.pk for place in found[:size]], following)

    def behind(self, order: Order, start: Place | None, limit: int) -> list[Place]:
        """The next places behind `start`, in order."""
        return self._behind(order, self._segments(order), start, limit)

    def place(self, order: Order, written: str) -> Place:
        """The place that an address names. Raises BadCursor."""
        return _read_place(written, order, self.live.model)

    def written(self, order: Order, place: Place) -> str:
        """As an address names it."""
        return _written_place(place, order, self.live.model)

    def count(self) -> int:
        """How many there are; EXACT_TO + 1 stands for any number beyond. Raises TooSlow."""
        with self._patiently() if self.tests is not None else _NoHurry():
            if self._few is not None:
                return min(len(self._rows_of_few()), EXACT_TO + 1)
            return self._walked.filter(space__in=self.spaces).values("pk")[: EXACT_TO + 1].count()

    def by_id(self, *, behind: int, up_to: int, size: int) -> list[int]:
        """The next `size` ids in ascending order: greater than `behind`, not greater than `up_to`. However long."""
        if self._few is not None:
            return sorted(pk for (pk,) in self._rows_of_few() if behind < pk <= up_to)[:size]
        ranges = _Ranges(self._walked.filter(pk__lte=up_to), self.spaces, _BY_ID, is_down=False)
        return [keys[-1] for keys in ranges.behind(None, (behind,), size)]

    def _patiently(self) -> _Patience:
        return _Patience(self.tests if self.tests is not None else Tests(()))

    @cached_property
    def _parts(self) -> tuple[Test | Tests, ...]:
        """What must all pass."""
        if isinstance(self.tests, Tests) and not self.tests.is_any:
            return self.tests.parts
        return () if self.tests is None else (self.tests,)

    @cached_property
    def _looked_up(self) -> tuple[set[int] | None, list[Test | Tests]]:
        """The ids of those that may pass, if they are few, and what is still to be tested."""
        few: set[int] | None = None
        left: list[Test | Tests] = []
        for part in self._parts:
            most = RARE if self.most is None else self.most
            some = part.few(self.spaces, most) if few is None or len(few) > ENOUGH else None
            if some is not None:
                few = some if few is None else few & some
            if some is None or not part.is_whole:
                left.append(part)
        return few, left

    @property
    def _few(self) -> set[int] | None:
        return self._looked_up[0]

    @cached_property
    def _walked(self) -> QuerySet[M]:
        """Those that pass what is still to be tested."""
        live = self.live
        for part in self._looked_up[1]:
            live = live.filter(part.where)
        return live

    def _index(self, sort: Sort) -> str:
        """What the ranges of an order are read by: of one value of a field, where those lie in that order, too."""
        ranges = [test.range for test in self._looked_up[1] if isinstance(test, Test) and test.range is not None]
        return next((each.index for each in ranges if each.then == sort.columns), sort.index)

    def _rows_of_few(self, sort: Sort = _BY_ID) -> list[Keys]:
        """As (*columns, id); what stands beside comes before that."""
        walked: QuerySet[Any] = self._walked
        beside: list[str] = []
        if sort.beside is not None:
            walked = walked.annotate(value_beside=Subquery(sort.beside.of_record().values(sort.beside.name)[:1]))
            beside = ["value_beside"]
        few = sorted(self._few or ())
        if not few:
            return []
        seen = set(self.spaces)
        asked = [*beside, *_as_compared(self.live.model, sort.columns)]
        sql, values = statement_of(among(walked, few).values_list("space", *asked, "pk"))
        return [row[1:] for row in _fetch(by_ids(sql, self.live.model), values) if row[0] in seen]

    def _segments(self, order: Order) -> list[Segment]:
        sort = order.sort
        if sort.groups is not None:
            named = [value for value in sort.groups(self.spaces) if value is not None]
            return [*(reversed(named) if order.is_reversed else named), None]
        return [0, 1] if sort.has_empty or sort.has_null or sort.beside is not None else [0]

    def _behind(self, order: Order, segments: list[Segment], start: Place | None, limit: int) -> list[Place]:
        if start is not None:
            if start.segment not in segments:
                raise BadCursor(str(start.segment))
            segments = segments[segments.index(start.segment) :]
        if not self.spaces:
            return []
        ranges: _Ranges[M] | _Few
        if self._few is not None:
            ranges = _Few(order.sort, self._rows_of_few(order.sort), is_down=order.descends)
        else:
            index = self._index(order.sort)
            ranges = _Ranges(self._walked, self.spaces, order.sort, is_down=order.descends, index=index)
        found: list[Place] = []
        for segment in segments:
            behind = start.keys if start is not None and start.segment == segment else None
            found += [Place(segment, keys) for keys in ranges.behind(segment, behind, limit - len(found))]
            if len(found) >= limit:
                break
        return found


class _NoHurry:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class _Patience:
    """PATIENCE_S for what a filter asks; then TooSlow names what no index leads to."""

    def __init__(self, tests: Test | Tests) -> None:
        self.tests = tests
        self.limit = at_most(PATIENCE_S)

    def __enter__(self) -> None:
        self.limit.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            self.limit.__exit__(kind, error, trace)
        except TookTooLong:
            raise TooSlow([test.said for test in unindexed(self.tests) if test.said]) from error


def sorted_columns(sort: Sort, segment: Segment) -> tuple[str, ...]:
    """The columns that order a segment: in that of the empty ones and in a group the first says nothing."""
    if sort.beside is not None:
        return (sort.beside.name,) if segment == 0 else sort.columns
    return sort.columns[1:] if sort.groups is not None or segment == 1 else sort.columns


def _within(sort: Sort, segment: Segment) -> Q:
    """What the records of a segment have in common."""
    if sort.beside is not None:
        return Q() if segment == 0 else ~Q(Exists(sort.beside.of_record()))
    if sort.groups is None and not sort.has_empty and not sort.has_null:
        return Q()
    first = sort.columns[0]
    if sort.groups is not None:
        return Q(**{first: segment}) if segment is not None else Q(**{f"{first}__isnull": True})
    if sort.has_empty:
        return Q(**{f"{first}__gt": ""}) if segment == 0 else Q(**{first: ""})
    return Q(**{f"{first}__isnull": segment == 1})


@dataclass(frozen=True)
class _Few:
    """Records that were looked up, as (*columns, id)."""

    sort: Sort
    rows: list[Keys]
    is_down: bool

    def behind(self, segment: Segment, start: Keys | None, limit: int) -> list[Keys]:
        mine = [self._keys(row, segment) for row in self.rows if self._segment_of(row) == segment]
        if start is not None:
            mine = [keys for keys in mine if (keys < start if self.is_down else keys > start)]
        return sorted(mine, reverse=self.is_down)[:limit]

    def _keys(self, row: Keys, segment: Segment) -> Keys:
        if self.sort.beside is not None:
            return (row[0], row[-1]) if segment == 0 else row[1:]
        return row[len(self.sort.columns) - len(sorted_columns(self.sort, segment)) :]

    def _segment_of(self, row: Keys) -> Segment:
        if self.sort.beside is not None:
            return int(row[0] is None)
        if self.sort.groups is not None:
            group: Segment = row[0]
            return group
        return int((self.sort.has_null and row[0] is None) or (self.sort.has_empty and row[0] == ""))


class _Ranges(Generic[M]):
    """Ranges of the order's index, one a space."""

    def __init__(
        self, records: QuerySet[M], spaces: Sequence[int], sort: Sort, *, is_down: bool, index: str = ""
    ) -> None:
        self.records, self.spaces, self.sort, self.is_down, self.index = records, spaces, sort, is_down, index

    def behind(self, segment: Segment, start: Keys | None, limit: int) -> list[Keys]:
        width = limit if len(self.spaces) <= WIDE else max(4, 4 * limit // len(self.spaces))
        asked: list[tuple[int, Keys | None]] = [(space, start) for space in self.spaces]
        found: list[Keys] = []
        while asked:
            ends: dict[int, Keys] = {}  # of spaces that hold more than was asked for
            counted: dict[int, int] = {}
            for space, *keys in self._fetched(segment, asked, width):
                found.append(tuple(keys))
                counted[space] = counted.get(space, 0) + 1
                ends[space] = tuple(keys)
            found = sorted(found, reverse=self.is_down)[:limit]
            more = {space: end for space, end in ends.items() if counted[space] == width}
            if len(found) == limit:
                last = found[-1]
                more = {space: end for space, end in more.items() if (end > last if self.is_down else end < last)}
            asked, width = list(more.items()), limit
        return found

    def _fetched(self, segment: Segment, asked: Sequence[tuple[int, Keys | None]], width: int) -> Iterator[Keys]:
        columns = sorted_columns(self.sort, segment)
        template = self._template(segment, columns, is_begun=not self.is_down and asked[0][1] is not None)
        for first in range(0, len(asked), ARMS):
            part = asked[first : first + ARMS]
            arms = [template.arm(start, width) for _, start in part]
            values = [value for space, start in part for value in template.values(space, start)]
            sql = arms[0] if len(arms) == 1 else " UNION ALL ".join(f"SELECT * FROM ({arm}) arm" for arm in arms)  # noqa: S608
            yield from _fetch(sql, values)

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
        within = Q() if is_said else _within(self.sort, segment)
        records, pk, index = self.records.filter(within), "id", self.index
        beside = self.sort.beside
        if beside is not None and segment == 0:
            having = Exists(records.filter(pk=OuterRef(beside.record)))
            records, pk, index = beside.rows().order_by().filter(having), beside.record, beside.index
        asked = _as_compared(records.model, columns)
        sql, values = statement_of(records.filter(space=_SPACE).values_list("space", *asked, pk))
        table = connection.ops.quote_name(records.model._meta.db_table)
        names = [f"{table}.{connection.ops.quote_name(name)}" for name in (*_attnames(records.model, columns), pk)]
        sql = hinted(sql, records.model, index)
        return _Template(sql, values, names, "<" if self.is_down else ">", " DESC" if self.is_down else "")


_SPACE = -(2**40)  # stands for the space in a template


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


def _as_compared(model: type[models.Model], columns: Sequence[str]) -> list[str | Cast]:
    """Columns as the database compares them: on SQLite days and instants are texts, and are to be left so."""
    is_text = connection.vendor == "sqlite"
    dates = [name for name in columns if is_text and isinstance(model._meta.get_field(name), models.DateField)]
    return [Cast(name, models.TextField()) if name in dates else name for name in columns]


def _fetch(sql: str, values: Sequence[Any]) -> list[Keys]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Keys] = cursor.fetchall()
    return found


# Cursors


def _written_place(place: Place, order: Order, model: type[models.Model]) -> str:
    columns = sorted_columns(order.sort, place.segment)
    model = _model(order.sort, place.segment, model)
    keys = [_said(model, name, value) for name, value in zip(columns, place.keys, strict=False)]
    told = json.dumps([order.value, place.segment, *keys, place.keys[-1]], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _model(sort: Sort, segment: Segment, model: type[models.Model]) -> type[models.Model]:
    """That of the columns that order a segment."""
    return sort.beside.rows().model if sort.beside is not None and segment == 0 else model


def _said(model: type[models.Model], name: str, value: Any) -> Any:
    if isinstance(model._meta.get_field(name), models.DateTimeField):
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
        return at.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def _read_place(written: str, order: Order, model: type[models.Model]) -> Place:
    try:
        told = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
        value, segment, *keys, pk = told
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursor(written[:100]) from error
    is_segment = segment is None or isinstance(segment, str) or type(segment) is int
    if value != order.value or not is_segment or type(pk) is not int or not 0 <= pk < 2**63:
        raise BadCursor(written[:100])
    columns = sorted_columns(order.sort, segment)
    if len(keys) != len(columns):
        raise BadCursor(written[:100])
    model = _model(order.sort, segment, model)
    return Place(segment, (*(_key(model, name, key) for name, key in zip(columns, keys, strict=True)), pk))


def _key(model: type[models.Model], name: str, key: Any) -> Any:
    """A key as the driver compares it. Raises BadCursor."""
    if not isinstance(key, str) or _NOT_STORED.search(key):
        raise BadCursor(str(key)[:100])
    column = model._meta.get_field(name)
    try:
        if isinstance(column, models.DateTimeField):
            at = dt.datetime.fromisoformat(key)
            if at.tzinfo is None:
                raise BadCursor(key[:100])
            return connection.ops.adapt_datetimefield_value(at.astimezone(dt.UTC))
        if isinstance(column, models.DateField):
            return connection.ops.adapt_datefield_value(dt.date.fromisoformat(key))
    except (ValueError, OverflowError) as error:  # a time zone can reach out of the years that there are
        raise BadCursor(key[:100]) from error
    return key
