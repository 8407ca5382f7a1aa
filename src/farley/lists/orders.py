"""Orders of a list, and places in them. An order is an index that begins with the space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from farley.lists.filtering import Text

Keys = tuple[Any, ...]  # values of the order's columns, then the id
Segment = int | str | None


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
class Place:
    """Where in an order a record stands: its values in the columns that order its segment, then its id."""

    segment: Segment
    keys: Keys

    @property
    def pk(self) -> int:
        return int(self.keys[-1])


def sorted_columns(sort: Sort, segment: Segment) -> tuple[str, ...]:
    """The columns that order a segment: in that of the empty ones and in a group the first says nothing."""
    if sort.beside is not None:
        return (sort.beside.name,) if segment == 0 else sort.columns
    return sort.columns[1:] if sort.groups is not None or segment == 1 else sort.columns


def within(sort: Sort, segment: Segment) -> Q:
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
