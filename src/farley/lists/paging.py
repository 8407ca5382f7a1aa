"""Pages of a list over several spaces, by key: a page costs the same wherever it lies.

An order is an index that begins with the space. The rows of each space are one range of it, all ranges are asked for in
one statement, and merged. A filter that few records pass is looked up. What many pass is met soon on the way along the
order, where records are tested by the hundred. Of what is not met soon the ids are looked up, up to a bound, and from
then on only those are tested; where even they are not met, they are put in order by themselves.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import QuerySet, Subquery

from farley.database.patience import TookTooLong, at_most
from farley.lists.filtering import Test, Tests, among, by_ids, statement_of, unindexed
from farley.lists.orders import Keys, Order, Place, Segment, Sort, sorted_columns
from farley.lists.ranges import Few, Ranges, Tested, as_compared, fetch

M = TypeVar("M", bound=models.Model)

PAGE = 50
EXACT_TO = 1000  # a count beyond is "more than"
FEW = 600  # records that are looked up, and put in order, before any is walked past
RARE = 15_000  # whose ids are looked up where they are not met soon
MANY = 100_000  # where they are not met then either
SOON = 150  # records walked past, and fewer than one in OFTEN passed
OFTEN = 20
LATE = 8000  # walked past, before MANY are looked up, which takes about as long
DEAR = 2  # to put one of those that were looked up in order takes longer than to walk past so many
TESTED = 2000  # records at most, by one statement
READ = 8000  # records at most, of which the ids tell whether they may pass
ENOUGH = 200  # candidates: no other condition is asked for fewer
PATIENCE_S = 2.0
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what no key can hold: drivers raise for it


class BadCursor(ValueError):
    """The text is no place in this list."""


class TooSlow(RuntimeError):
    """No index leads to what the filter asks for, and looking at each record took too long. `said`: by what."""

    def __init__(self, said: Sequence[str]) -> None:
        super().__init__(f"no index helps with: {', '.join(said)}")
        self.said = tuple(said)


@dataclass(frozen=True, slots=True)
class Places:
    """Ids of records in order; `after` asks for the ones behind them, None at the end."""

    ids: list[int]
    after: str | None


_BY_ID = Sort("", "", "", (), "")


@dataclass
class _Known:
    """What was found out about the records that pass, for all pages that one request asks for."""

    asked: int = -1  # how many were looked up at most
    ids: set[int] | None = None  # of all that may pass
    left: list[Test | Tests] = field(default_factory=list)  # what those are still to be tested by
    walked: int = 0  # records, and how many of them passed
    passed: int = 0
    newest: int = 0  # id that was met on the way: there are hardly more records than that
    past: int = 0  # records that were walked past since the ids are known
    rows: dict[str, list[Keys]] = field(default_factory=dict)  # of the ids, by order
    tested: dict[tuple[int, ...], Tested[Any]] = field(default_factory=dict)  # by the tests
    until: float | None = None  # there is patience

    def width(self, most: int, wanted: int) -> int:
        """How many records are read next to meet `wanted`, going by those that passed; at most `most`."""
        likely = wanted * self.walked * 5 // (4 * max(1, self.passed))
        return min(most, TESTED if self.ids is None else READ, max(likely, SOON))

    def look_at_the_clock(self) -> None:
        """Raises TookTooLong."""
        if self.until is not None and time.monotonic() > self.until:
            raise TookTooLong


@dataclass(frozen=True)
class Selected(Generic[M]):
    """The records of `live` (a query without order) that lie in `spaces`, which the reader sees, and pass `tests`."""

    live: QuerySet[M]
    spaces: Sequence[int]
    tests: Test | Tests | None = None
    _known: _Known = field(default_factory=_Known, init=False, compare=False, repr=False)

    def places(self, order: Order, *, after: str = "", size: int = PAGE) -> Places:
        """A page behind the place `after`. Raises BadCursor, TooSlow."""
        start = self.place(order, after) if after else None
        with self.patiently(order):
            found = self.behind(order, start, size + 1)
        following = self.written(order, found[size - 1]) if len(found) > size else None
        return Places([place.pk for place in found[:size]], following)

    def behind(self, order: Order, start: Place | None, limit: int) -> list[Place]:
        """The next places behind `start`, in order. Within `patiently`."""
        segments = self._segments(order)
        if start is not None:
            if start.segment not in segments:
                raise BadCursor(str(start.segment))
            segments = segments[segments.index(start.segment) :]
        found: list[Place] = []
        for segment in segments if self.spaces else ():
            behind = start.keys if start is not None and start.segment == segment else None
            keys = self._in_segment(order, segment, behind, limit - len(found))
            found += [Place(segment, each) for each in keys]
            if len(found) >= limit:
                break
        return found

    def place(self, order: Order, written: str) -> Place:
        """The place that an address names. Raises BadCursor."""
        return _read_place(written, order, self.live.model)

    def written(self, order: Order, place: Place) -> str:
        """As an address names it."""
        return _written_place(place, order, self.live.model)

    def count(self) -> int:
        """How many there are; EXACT_TO + 1 stands for any number beyond. Raises TooSlow."""
        with self.patiently():
            self._look_up(RARE)
            self._look_up(MANY)
            if self._known.ids is not None:
                return len(self._tested_ids(sorted(self._known.ids), EXACT_TO + 1))
            return self._all.filter(space__in=self.spaces).values("pk")[: EXACT_TO + 1].count()

    def by_id(self, *, behind: int, up_to: int, size: int) -> list[int]:
        """The next `size` ids in ascending order: greater than `behind`, not greater than `up_to`. However long."""
        self._look_up(RARE)
        if self._known.ids is not None:
            return self._tested_ids(sorted(pk for pk in self._known.ids if behind < pk <= up_to), size)
        ranges = Ranges(self._all.filter(pk__lte=up_to), self.spaces, _BY_ID, is_down=False)
        return [keys[-1] for keys in ranges.behind(None, (behind,), size)]

    def patiently(self, order: Order | None = None) -> _Patience | _NoHurry:
        """PATIENCE_S for what is asked within. Raises TooSlow at its end."""
        is_walk = order is not None and order.sort.beside is not None  # there is no index of those without a value
        if self.tests is None and not is_walk:
            return _NoHurry()
        return _Patience(self._known, self.tests if self.tests is not None else Tests(()))

    @cached_property
    def _parts(self) -> tuple[Test | Tests, ...]:
        """What must all pass."""
        if isinstance(self.tests, Tests) and not self.tests.is_any:
            return self.tests.parts
        return () if self.tests is None else (self.tests,)

    @cached_property
    def _all(self) -> QuerySet[M]:
        return self._passing(self._parts)

    def _passing(self, tests: Sequence[Test | Tests]) -> QuerySet[M]:
        live = self.live
        for part in tests:
            live = live.filter(part.where)
        return live

    def _look_up(self, most: int) -> None:
        """The ids of those that may pass, where an index leads to them and they are at most so many."""
        known = self._known
        if known.ids is not None or known.asked >= most:
            return
        known.asked = most
        known.left = []
        for part in self._parts:
            some = part.few(self.spaces, most) if known.ids is None or len(known.ids) > ENOUGH else None
            if some is not None:
                known.ids = some if known.ids is None else known.ids & some
            if some is None or not part.is_whole:
                known.left.append(part)

    def _tested(self, keys: list[Keys], tests: Sequence[Test | Tests]) -> list[Keys]:
        """Those that pass, in the same order."""
        if not tests or not keys:
            return keys
        kept, name = self._known.tested, tuple(map(id, tests))
        testing = kept.get(name)
        if testing is None:
            testing = kept[name] = Tested(self._passing(tests))
        passing = testing.among([each[-1] for each in keys], self.spaces)
        return [each for each in keys if each[-1] in passing]

    def _tested_ids(self, ids: Sequence[int], limit: int) -> list[int]:
        """At most `limit` of them that are records of these spaces and pass."""
        testing, found = Tested(self._passing(self._known.left)), list[int]()
        for first in range(0, len(ids), TESTED):
            some = ids[first : first + TESTED]
            passing = testing.among(some, self.spaces)
            found += [pk for pk in some if pk in passing]
            if len(found) >= limit:
                break
        return found[:limit]

    def _in_segment(self, order: Order, segment: Segment, start: Keys | None, limit: int) -> list[Keys]:
        ranges, tests = self._ranges(order)
        if not tests:
            return ranges.behind(segment, start, limit)
        stream, known, found = ranges.stream(segment, start), self._known, list[Keys]()
        width = max(4 * limit, SOON)
        while len(found) < limit:
            self._look_up_in_time()
            if known.ids is not None and self._is_put_in_order(order.sort, limit):
                return found + self._of_ids(order, segment, found[-1] if found else start, limit - len(found))
            read = stream.take(width, known.ids)
            passing = self._tested(stream.found, tests if known.ids is None else known.left)
            known.walked, known.passed = known.walked + read, known.passed + len(passing)
            known.newest = max([known.newest, *(each[-1] for each in stream.found)])
            found += passing
            known.past += read if known.ids is not None else 0
            width = known.width(2 * width, limit - len(found))
            if stream.is_at_end:
                break
            self._known.look_at_the_clock()
        return found[:limit]

    def _ranges(self, order: Order) -> tuple[Ranges[M], Sequence[Test | Tests]]:
        """What the order is read by, and what is then to be tested: those of one value may lie in this very order."""
        sort = order.sort
        for part in self._parts if sort.beside is None else ():
            if isinstance(part, Test) and part.range is not None and part.range.then == sort.columns:
                live, index = self.live.filter(part.where), part.range.index
                others = [each for each in self._parts if each is not part]
                return Ranges(live, self.spaces, sort, is_down=order.descends, index=index), others
        return Ranges(self.live, self.spaces, sort, is_down=order.descends, index=sort.index), self._parts

    def _look_up_in_time(self) -> None:
        """Look up few at once; more, when so many records were walked past that others would have passed."""
        known = self._known
        is_often = known.passed * OFTEN >= known.walked
        if known.walked == 0:
            self._look_up(FEW)
        elif known.walked >= SOON and not is_often:
            self._look_up(RARE if known.walked < LATE else MANY)

    def _is_put_in_order(self, sort: Sort, limit: int) -> bool:
        """Whether what was looked up is put in order, or met on the way sooner."""
        known = self._known
        count = len(known.ids or ())
        is_sooner = DEAR * count * count <= limit * known.newest or known.past > DEAR * count
        return count <= FEW or is_sooner or _name_of(sort) in known.rows

    def _of_ids(self, order: Order, segment: Segment, start: Keys | None, limit: int) -> list[Keys]:
        rows = self._known.rows.get(_name_of(order.sort))
        if rows is None:
            rows = self._known.rows[_name_of(order.sort)] = self._rows_of_ids(order.sort)
        left = Few(order.sort, rows, is_down=order.descends).behind(segment, start)
        found: list[Keys] = []
        width = 2 * limit
        while left and len(found) < limit:
            found += self._tested(left[:width], self._known.left)
            left, width = left[width:], min(2 * width, TESTED)
            self._known.look_at_the_clock()
        return found[:limit]

    def _rows_of_ids(self, sort: Sort) -> list[Keys]:
        """As (*columns, id), not tested; what stands beside comes before that."""
        live: QuerySet[Any] = self.live
        beside: list[str] = []
        if sort.beside is not None:
            live = live.annotate(value_beside=Subquery(sort.beside.of_record().values(sort.beside.name)[:1]))
            beside = ["value_beside"]
        ids = sorted(self._known.ids or ())
        if not ids:
            return []
        seen = set(self.spaces)
        asked = [*beside, *as_compared(self.live.model, sort.columns)]
        sql, values = statement_of(among(live, ids).values_list("space", *asked, "pk"))
        return [row[1:] for row in fetch(by_ids(sql, self.live.model), values) if row[0] in seen]

    def _segments(self, order: Order) -> list[Segment]:
        sort = order.sort
        if sort.groups is not None:
            named = [value for value in sort.groups(self.spaces) if value is not None]
            return [*(reversed(named) if order.is_reversed else named), None]
        return [0, 1] if sort.has_empty or sort.has_null or sort.beside is not None else [0]


def _name_of(sort: Sort) -> str:
    return sort.name if sort.beside is None else sort.beside.key


class _NoHurry:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class _Patience:
    """PATIENCE_S for what a filter asks; then TooSlow names what no index leads to."""

    def __init__(self, known: _Known, tests: Test | Tests) -> None:
        self.known, self.tests = known, tests
        self.limit = at_most(PATIENCE_S)

    def __enter__(self) -> None:
        self.known.until = time.monotonic() + PATIENCE_S
        self.limit.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.known.until = None
        try:
            self.limit.__exit__(kind, error, trace)
        except TookTooLong:
            raise TooSlow([test.said for test in unindexed(self.tests) if test.said]) from error


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
