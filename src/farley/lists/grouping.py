"""Lists in groups: the stream of an order, parted where the value changes by which it groups.

Pages are by key as those of any list. A group that is folded is stepped over: the next range begins behind its last
key, so that folding costs the same however many records are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from farley.lists.filtering import LAST, Test, Tests
from farley.lists.orders import Order, Place, sorted_columns
from farley.lists.paging import EXACT_TO, PAGE, BadCursor, Selected

M = TypeVar("M", bound=models.Model)
Key = str | int | None
_FURTHEST = 2**62  # behind every id
_FIRST = "\x01"  # behind a key, before all that begin with it: folding leaves no such character


@dataclass(frozen=True, slots=True)
class Part(Generic[M]):
    """Records that are listed one after the other. Without a `key` their order says in which groups they are."""

    selected: Selected[M]
    key: Key = None
    is_group: bool = False  # all of it is one group, called `key`


@dataclass
class Group:
    """Some records of one group on a page. `first` is the id of one of them, to name the group after."""

    key: Key
    first: int
    part: int
    is_folded: bool
    is_begun: bool  # on an earlier page
    ids: list[int] = field(default_factory=list)
    is_whole: bool = False  # all of its records are here


@dataclass(frozen=True, slots=True)
class Groups:
    """A page of them; `after` asks for what is behind, None at the end."""

    groups: list[Group]
    after: str | None


@dataclass(frozen=True)
class Grouped(Generic[M]):
    """`parts` in `order`, in groups by the first column of it, or by its first letter."""

    parts: Sequence[Part[M]]
    order: Order
    by_letter: bool = False

    def page(self, *, after: str = "", size: int = PAGE, is_folded: Callable[[Key], bool], folds_all: bool) -> Groups:
        """The records behind the place `after`, in their groups; of a folded one its heading alone.

        Headings count as rows do. Raises BadCursor, TooSlow.
        """
        number, start = self._read(after)
        filling = _Filling(self, number, start, size, is_folded, folds_all)
        while number < len(self.parts) and not filling.is_full:
            filling.number = number
            with self.parts[number].selected.patiently(self.order):
                filling.fill(self.parts[number].selected)
            if not filling.is_full:
                number, filling.place = number + 1, None
        return Groups(filling.groups, filling.after)

    def count(self, group: Group) -> int:
        """How many are in a group; EXACT_TO + 1 stands for any number beyond. Raises TooSlow."""
        part = self.parts[group.part]
        if part.is_group:
            return part.selected.count()
        selected, sort = part.selected, self.order.sort
        if sort.beside is not None and group.key is not None:
            having = Exists(selected.live.filter(pk=OuterRef(sort.beside.record)))
            rows = sort.beside.rows().order_by().filter(having, space__in=selected.spaces)
            if selected.tests is None:
                return int(rows.filter(**{sort.beside.name: group.key}).values("pk")[: EXACT_TO + 1].count())
        return _with(selected, self._where(group.key)).count()

    def key_of(self, place: Place) -> Key:
        sort = self.order.sort
        if self.by_letter:
            return str(place.keys[0])[:1]
        if sort.groups is not None:
            return place.segment
        if place.segment == 1:
            return None
        key: Key = place.keys[0]
        return key

    def end_of(self, place: Place) -> Place:
        """Behind the last record of the group that `place` is in."""
        sort, is_down = self.order.sort, self.order.descends
        last, pk = ("", 0) if is_down else (LAST, _FURTHEST)
        columns = sorted_columns(sort, place.segment)
        key = self.key_of(place)
        if self.by_letter:
            reach = str(key) if is_down or not key else f"{key}{LAST}"
            return Place(place.segment, (reach, pk))
        if sort.groups is not None or place.segment == 1:
            return Place(place.segment, (*[last] * len(columns), pk))
        # Not behind the last record of the key: SQLite would step over all of them, for only the first column leads it.
        reach = _before(str(key)) if is_down else f"{key}{_FIRST}"
        last, pk = (LAST, _FURTHEST) if is_down else ("", 0)
        return Place(place.segment, (reach, *[last] * (len(columns) - 1), pk))

    def _where(self, key: Key) -> Q | Exists:
        sort = self.order.sort
        first = sort.columns[0]
        if self.by_letter:
            return Q(**{f"{first}__gte": key, f"{first}__lt": f"{key}{LAST}"}) if key else Q(**{first: ""})
        if sort.beside is not None:
            there = sort.beside.of_record()
            return ~Q(Exists(there)) if key is None else Exists(there.filter(**{sort.beside.name: key}))
        if key is None:
            return Q(**{f"{first}__isnull": True}) if sort.groups is not None else Q(**{first: ""})
        return Q(**{first: key})

    def _read(self, after: str) -> tuple[int, Place | None]:
        if not after:
            return 0, None
        number, _, written = after.partition("~")
        if not number.isascii() or not number.isdigit() or len(number) > 3 or int(number) >= len(self.parts):
            raise BadCursor(after[:100])
        part = self.parts[int(number)]
        return int(number), part.selected.place(self.order, written) if written else None


def _before(key: str) -> str:
    """A text before `key` and behind all that are in use before it."""
    code = ord(key[-1]) - 1
    return f"{key[:-1]}{chr(code if not 0xD800 <= code <= 0xDFFF else 0xD7FF)}{LAST}"


@dataclass
class _Filling(Generic[M]):
    """A page that is being filled, part by part."""

    grouped: Grouped[M]
    number: int
    place: Place | None
    size: int
    is_folded: Callable[[Key], bool]
    folds_all: bool
    groups: list[Group] = field(default_factory=list)
    after: str | None = None

    @property
    def is_full(self) -> bool:
        return self.after is not None

    def fill(self, selected: Selected[M]) -> None:
        """The records of one part from `place` on."""
        part, order = self.grouped.parts[self.number], self.grouped.order
        place, group = self.place, None
        current = None if place is None else (self._key(part, place),)
        is_at_end = False
        while not is_at_end:
            limit = 2 if self.folds_all else self._room() + 2
            found = selected.behind(order, place, limit)
            is_at_end = len(found) < limit
            for here in found:
                key = self._key(part, here)
                is_new, is_folded = current != (key,), self.is_folded(key)
                if self._room() < is_new + (not is_folded):
                    self.after = f"{self.number}~{selected.written(order, place) if place is not None else ''}"
                    return
                if is_new or group is None:
                    _end(group)
                    group, current = Group(key, here.pk, self.number, is_folded, not is_new), (key,)
                    self.groups.append(group)
                if is_folded and part.is_group:
                    return
                if is_folded:
                    place, is_at_end = self.grouped.end_of(here), False
                    break
                group.ids.append(here.pk)
                place = here
        _end(group)

    def _key(self, part: Part[M], place: Place) -> Key:
        return part.key if part.is_group else self.grouped.key_of(place)

    def _room(self) -> int:
        return self.size - sum(len(group.ids) + (not group.is_begun) for group in self.groups)


def _end(group: Group | None) -> None:
    if group is not None:
        group.is_whole = not group.is_begun and not group.is_folded


def _with(selected: Selected[M], where: Q | Exists) -> Selected[M]:
    """Those of them that are so."""
    tests = (Test(where),) if selected.tests is None else (Test(where), selected.tests)
    return replace(selected, tests=Tests(tests))
