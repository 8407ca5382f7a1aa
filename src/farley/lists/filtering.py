"""Filters at work: fields that a noun declares, and tests that lead to rows by an index or look at one row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cached_property
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.functional import Promise

from farley.database.rows import hinted
from farley.lists.language import BadFilter, Condition, Filter, Operator, Reason

Where = Q | Exists
Passing = Callable[[Sequence[int], int], "Iterable[int] | None"]  # by spaces, and how many are still few
Text = str | Promise
LAST = "\U0010ffff"  # behind every text that begins alike

_RELATIVE = re.compile(r"today(?:([+-])(\d{1,4})([dwmy]))?")


class Kind(Enum):
    """What a field holds, which says what it can be asked."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"  # asked for by day, in the reader's time zone
    CHOICE = "choice"  # one of a few values, which the field names
    WORD = "word"  # one of many values, as they are spelt
    YES_NO = "yes/no"


_SAME = (Operator.IS, Operator.IS_NOT, Operator.IN)
_THERE = (Operator.FILLED, Operator.EMPTY)
_DAYS = (Operator.IS, Operator.BEFORE, Operator.AFTER, Operator.FROM, Operator.UNTIL)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (Operator.CONTAINS, Operator.STARTS, *_SAME, *_THERE),
    Kind.NUMBER: (Operator.IS, Operator.IS_NOT, Operator.OVER, Operator.UNDER, Operator.FROM, Operator.UNTIL, *_THERE),
    Kind.DATE: (*_DAYS, *_THERE),
    Kind.INSTANT: (*_DAYS, *_THERE),
    Kind.CHOICE: (*_SAME, *_THERE),
    Kind.WORD: (*_SAME, *_THERE),
    Kind.YES_NO: (Operator.IS, *_THERE),
}


@dataclass(frozen=True, slots=True)
class Range:
    """An index whose entries of one value, or of values in a row, lie in the order of the columns `then`, by space."""

    index: str
    then: tuple[str, ...]


class Having(Exists):
    """EXISTS that PostgreSQL asks of each record on the way along an order.

    By itself it finds all rows that match, whatever they are, and sorts them: it expects few where several columns are
    the same for the same reason. A subquery with an OFFSET is not turned into a join.
    """

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="EXISTS(%(subquery)s OFFSET 0)", **more)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on a record in two forms.

    `where` looks at one record. `passing` finds the ids of all in these spaces that pass, by an index, and None if they
    are many; there is no `passing` where no index leads there. `is_whole` says that nothing but what passes is found
    so; else each is looked at as well. `range` is where those that pass lie in an order of lists.
    """

    where: Where
    passing: Passing | None = None
    is_whole: bool = True
    range: Range | None = None
    said: str = ""  # the condition as it was written

    def few(self, spaces: Sequence[int], most: int) -> set[int] | None:
        """The ids of all that may pass, or None if they are more than `most` or no index knows."""
        found = self.passing(spaces, most) if self.passing is not None else None
        return None if found is None else set(found)


def led_by(rows: Callable[[Sequence[int]], QuerySet[Any, Any]], index: str = "") -> Passing:
    """`passing` of a query for ids, which finds more than enough of them by asking for the one beyond."""

    def passing(spaces: Sequence[int], most: int) -> Iterable[int] | None:
        found = rows(spaces)
        if fetched(found[most : most + 1], index):
            return None
        return (pk for (pk,) in fetched(found, index))

    return passing


def fetched(query: QuerySet[Any, Any], index: str = "") -> list[tuple[Any, ...]]:
    """The rows of a query for values, read on SQLite by `index`: without statistics its planner often takes another."""
    sql, values = statement_of(query)
    with connection.cursor() as cursor:
        cursor.execute(hinted(sql, query.model, index), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def statement_of(query: QuerySet[Any, Any]) -> tuple[str, Sequence[Any]]:
    """The statement of a query with conditions, and its values; also of one that Django knows to find nothing."""
    compiler = query.query.get_compiler(connection=connection, elide_empty=False)
    sql, values = compiler.as_sql()
    return str(sql), list(values)


def among(query: QuerySet[Any, Any], ids: Sequence[int]) -> QuerySet[Any, Any]:
    """Those with one of these ids, however many: one value of the statement."""
    table = connection.ops.quote_name(query.model._meta.db_table)
    where = "IN (SELECT value FROM json_each(%s))" if connection.vendor == "sqlite" else "= ANY(%s)"
    return query.extra(where=[f"{table}.id {where}"], params=[as_one_value(ids)])  # noqa: S610 -- a table of ours


def as_one_value(ids: Sequence[int]) -> Any:
    """Ids as `among` gives them to the database."""
    return str(list(ids)) if connection.vendor == "sqlite" else list(ids)


def by_ids(sql: str, model: type[Model]) -> str:
    """A statement of `among` that SQLite is to read by the ids: another condition would lead it to an index."""
    if connection.vendor != "sqlite":
        return sql
    table = connection.ops.quote_name(model._meta.db_table)
    return sql.replace(f"FROM {table} WHERE", f"FROM {table} NOT INDEXED WHERE", 1)


@dataclass(frozen=True, slots=True)
class Tests:
    """All of `parts`, or any."""

    parts: tuple[Test | Tests, ...]
    is_any: bool = False

    @property
    def where(self) -> Q:
        whole = Q()
        for part in self.parts:
            whole = whole | Q(part.where) if self.is_any else whole & Q(part.where)
        return whole

    @property
    def is_whole(self) -> bool:
        return self.is_any and all(part.is_whole for part in self.parts)

    def few(self, spaces: Sequence[int], most: int) -> set[int] | None:
        found: set[int] = set()
        if self.is_any:
            for part in self.parts:
                some = part.few(spaces, most)
                if some is None or len(found := found | some) > most:
                    return None
            return found
        sets = (part.few(spaces, most) for part in self.parts)
        return min((each for each in sets if each is not None), key=len, default=None)


def unindexed(tests: Test | Tests) -> list[Test]:
    """The tests that no index leads to, where nothing else narrows the list either."""
    if isinstance(tests, Test):
        return [] if tests.passing is not None else [tests]
    return [test for part in tests.parts for test in unindexed(part)]


# Fields


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a field of choices, as filters write it and as people read it."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a list can be filtered by. `find` makes the test of a condition whose operator the kind allows."""

    name: str  # in the language
    label: Text
    kind: Kind
    find: Callable[[Condition], Test]
    options: tuple[Option, ...] = ()
    operators: tuple[Operator, ...] = ()
    heading: Text = ""  # under which a form offers it

    def __post_init__(self) -> None:
        if not self.operators:
            object.__setattr__(self, "operators", OPERATORS[self.kind])

    def test(self, condition: Condition) -> Test:
        """Raises BadFilter."""
        if condition.operator not in self.operators:
            raise BadFilter(Reason.NOT_FOR_FIELD, condition.operator, condition.at)
        return self.find(condition)


class Fields(Mapping[str, Field]):
    """Fields by name: `known` ones, and those that `others` asks the database for, when one is wanted or all are."""

    def __init__(self, known: Iterable[Field], others: Callable[[], Iterable[Field]]) -> None:
        self._known = {field.name: field for field in known}
        self._others = others

    @cached_property
    def _all(self) -> dict[str, Field]:
        return self._known | {field.name: field for field in self._others()}

    def __getitem__(self, name: str) -> Field:
        return self._known[name] if name in self._known else self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def compiled(filter_: Filter, fields: Mapping[str, Field], said: Callable[[Filter], str]) -> Test | Tests:
    """The tests of a filter. Raises BadFilter for a field that is not among `fields`, or what it cannot be asked."""
    if isinstance(filter_, Condition):
        if filter_.field not in fields:
            raise BadFilter(Reason.UNKNOWN_FIELD, filter_.field, filter_.at)
        test = fields[filter_.field].test(filter_)
        return replace(test, said=said(filter_))
    return Tests(tuple(compiled(part, fields, said) for part in filter_.parts), filter_.is_any)


# Where fields find their values


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the record's own table. `empty` is what stands there for nothing.

    `index` is one of (space, column, *then, id), if there is one.
    """

    live: Callable[[], QuerySet[Any]]
    name: str
    empty: str | None = None
    index: str = ""
    then: tuple[str, ...] = ()

    def test(self, lookup: Lookup) -> Test:
        filled = Q(**{f"{self.name}__isnull": False}) if self.empty is None else Q(**{f"{self.name}__gt": self.empty})
        within = lookup.on(self.name) if lookup.pairs else filled
        if lookup.is_not:
            return Test(~within)
        if not self.index or lookup.is_scan:
            return Test(within)
        range_ = Range(self.index, self.then) if lookup.is_equality else None
        if lookup.is_range:
            range_ = Range(self.index, (self.name, *self.then))

        def rows(spaces: Sequence[int]) -> QuerySet[Any, Any]:
            return self.live().order_by().filter(within, space__in=spaces).values_list("pk")

        return Test(within, led_by(rows, self.index), range=range_)


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with rows of records: `index` of it leads to those of a space and value, its key to those of a record."""

    rows: Callable[[], QuerySet[Any]]
    name: str
    index: str
    record: str = "contact_id"

    def test(self, lookup: Lookup) -> Test:
        rows = self.rows().filter(lookup.on(self.name)) if lookup.pairs else self.rows()
        having = Having(rows.filter(**{self.record: OuterRef("pk")}))
        if lookup.is_not:
            return Test(~Q(having))
        if lookup.is_scan:
            return Test(having)

        def found(spaces: Sequence[int]) -> QuerySet[Any, Any]:
            return rows.order_by().filter(space__in=spaces).values_list(self.record)

        return Test(having, led_by(found, self.index))


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a value is compared with: pairs of Django's lookups and what they take, which must all hold."""

    pairs: tuple[tuple[str, Any], ...] = ()  # none: whether there is a value at all
    is_not: bool = False
    is_scan: bool = False  # no range of an index

    @property
    def is_equality(self) -> bool:
        return not self.is_not and [name for name, _ in self.pairs] == [""]

    @property
    def is_range(self) -> bool:
        """Whether what passes lies together in the order of the values."""
        names = {name for name, _ in self.pairs}
        return not self.is_not and bool(names) and names <= {"lt", "lte", "gt", "gte"}

    def on(self, column: str) -> Q:
        return Q(**{f"{column}__{name}" if name else column: value for name, value in self.pairs})


_ORDERED = {
    Operator.BEFORE: "lt",
    Operator.UNDER: "lt",
    Operator.AFTER: "gt",
    Operator.OVER: "gt",
    Operator.FROM: "gte",
    Operator.UNTIL: "lte",
}


def looked_up(condition: Condition, keys: Sequence[Any]) -> Lookup:
    """The comparison that a condition asks for, with what its values are in the column (`keys`)."""
    match condition.operator:
        case Operator.FILLED:
            return Lookup()
        case Operator.EMPTY:
            return Lookup(is_not=True)
        case Operator.IS:
            return Lookup((("", keys[0]),))
        case Operator.IS_NOT:
            return Lookup((("", keys[0]),), is_not=True)
        case Operator.IN:
            return Lookup((("in", list(keys)),))
        case Operator.CONTAINS:
            return Lookup((("contains", keys[0]),), is_scan=True)
        case Operator.STARTS:
            return Lookup((("gte", keys[0]), ("lt", f"{keys[0]}{LAST}")))
    return Lookup(((_ORDERED[condition.operator], keys[0]),))


def by_day(condition: Condition) -> Lookup:
    """The same for instants: a day is what the reader's clock calls so."""
    if condition.operator in _THERE:
        return looked_up(condition, ())
    day = date_of(condition.value, condition)
    try:
        first, behind = _midnight(day), _midnight(day + dt.timedelta(days=1))
    except OverflowError:
        raise BadFilter(Reason.NOT_A_DATE, condition.value, condition.value_at) from None
    match condition.operator:
        case Operator.BEFORE:
            return Lookup((("lt", first),))
        case Operator.AFTER:
            return Lookup((("gte", behind),))
        case Operator.FROM:
            return Lookup((("gte", first),))
        case Operator.UNTIL:
            return Lookup((("lt", behind),))
    return Lookup((("gte", first), ("lt", behind)))


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time())).astimezone(dt.UTC)


def date_of(value: str, condition: Condition) -> dt.date:
    """2026-12-31, today, or days, weeks, months and years from it: today-30d. Raises BadFilter."""
    try:
        if found := _RELATIVE.fullmatch(value):
            sign, number, unit = found.groups()
            if not number:
                return timezone.localdate()
            count = int(number) * (-1 if sign == "-" else 1)
            names = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
            return timezone.localdate() + relativedelta(**{names[unit]: count})  # type: ignore[arg-type]
        return dt.date.fromisoformat(value)
    except (ValueError, OverflowError):
        raise BadFilter(Reason.NOT_A_DATE, value[:40], condition.value_at) from None


def number_of(value: str, condition: Condition) -> Decimal:
    """Raises BadFilter."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadFilter(Reason.NOT_A_NUMBER, value[:40], condition.value_at)
    return number


def text_field(
    name: str,
    label: Text,
    where: Column | Rows,
    fold: Callable[[str], str],
    *,
    operators: tuple[Operator, ...] = (),
    heading: Text = "",
) -> Field:
    """A field of folded text."""

    def find(condition: Condition) -> Test:
        keys = [fold(value) for value in condition.values]
        if not all(keys):
            raise BadFilter(Reason.VALUE, condition.values[keys.index("")][:40], condition.value_at)
        return where.test(looked_up(condition, keys))

    return Field(name=name, label=label, kind=Kind.TEXT, find=find, operators=operators, heading=heading)


def date_field(name: str, label: Text, where: Column | Rows, *, heading: Text = "") -> Field:
    def find(condition: Condition) -> Test:
        return where.test(looked_up(condition, [date_of(value, condition) for value in condition.values]))

    return Field(name=name, label=label, kind=Kind.DATE, find=find, heading=heading)


def instant_field(name: str, label: Text, where: Column, *, heading: Text = "") -> Field:
    return Field(
        name=name, label=label, kind=Kind.INSTANT, find=lambda asked: where.test(by_day(asked)), heading=heading
    )


def choice_field(
    name: str,
    label: Text,
    options: Iterable[tuple[Option, Any]],
    find: Callable[[Condition, Sequence[Any]], Test],
    *,
    operators: tuple[Operator, ...] = (),
    heading: Text = "",
) -> Field:
    """A field with a few values; `find` gets what the chosen ones stand for."""
    known = {option.value: (option, key) for option, key in options}

    def found(condition: Condition) -> Test:
        for value in condition.values:
            if value not in known:
                raise BadFilter(Reason.NOT_A_CHOICE, value[:40], condition.value_at)
        return find(condition, [known[value][1] for value in condition.values])

    return Field(
        name=name,
        label=label,
        kind=Kind.CHOICE,
        find=found,
        options=tuple(option for option, _ in known.values()),
        operators=operators,
        heading=heading,
    )
