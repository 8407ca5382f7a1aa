"""The members of collections: what clients that sync ask for, by ranges of an index. A space's contacts, a calendar.

Past the ORM: these answer about ten thousand rows at a time. Who asks has found the collection as one may see it.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from farley.database import rows
from farley.journal.models import Noun, etag_of

PAGE = 1000  # rows of one query
OCTETS_AT_ONCE = 4 * 2**20  # of members that are in memory together; a larger one comes by itself


class Member(NamedTuple):
    """A record as a member of its collection, without its octets."""

    pk: int
    space: int
    href: str
    sha256: bytes
    size: int
    content: int
    revision: int  # of its octets
    title: str
    created: Any  # as the driver has it: most who ask for ten thousand do not ask for this
    changed: Any
    uid: str  # as it is compared
    sort: int  # which of the kinds that a collection may hold; 0 where there is one

    @property
    def etag(self) -> str:
        return etag_of(self.sha256)

    @property
    def created_at(self) -> dt.datetime:
        return _instant(self.created)

    @property
    def changed_at(self) -> dt.datetime:
        return _instant(self.changed)


class Gone(NamedTuple):
    """A member that is no more, or not here any more."""

    href: str
    revision: int


@dataclass(frozen=True, slots=True)
class Table:
    """Where the records of a noun are kept, and what its columns are called."""

    noun: Noun
    name: str
    place: str  # the collection's id
    title: str
    uid: str
    sort: str = "0"
    public: str = ""  # holds for those that whoever sees the collection is told of; empty: for all
    was_public: str = ""  # holds for those that they were told of at some time

    @property
    def live(self) -> str:
        """The query for those that are there; its first value is the place."""
        columns = "id, space_id, href, sha256, size, content_id, octets_revision"
        return (
            f"SELECT {columns}, {self.title}, created_at, changed_at, {self.uid}, {self.sort}"
            f" FROM {self.name} WHERE {self.place} = %s AND deleted_at IS NULL"
        )


@dataclass(frozen=True, slots=True)
class Members:
    """Those of one collection; `collection` as tombstones have it: 0 where it is the space itself."""

    table: Table
    space: int
    collection: int = 0
    tells_all: bool = True  # and not what is public alone

    @property
    def live(self) -> str:
        """The query for those that are there and that one is told of; its first value is the place."""
        return self.table.live if self.tells_all else f"{self.table.live} AND ({self.table.public})"

    @property
    def place(self) -> int:
        return self.collection or self.space

    def pages(self) -> Iterator[list[Member]]:
        """All, a page at a time, in the order of their hrefs."""
        after = ""
        sql = f"{self.live} AND href > %s ORDER BY href LIMIT {PAGE}"
        while found := rows.query(sql, [self.place, after]):
            page = [Member._make(row) for row in found]
            yield page
            if len(page) < PAGE:
                return
            after = page[-1].href

    def at(self, hrefs: Sequence[str]) -> dict[str, Member]:
        """Those at `hrefs`, of which there are at most PAGE."""
        return {member.href: member for member in self._among("href", hrefs)}

    def with_uids(self, wanted: Sequence[str]) -> list[Member]:
        """Those with these UIDs, of which there are at most PAGE."""
        return self._among(self.table.uid, wanted)

    def by_pk(self, pks: Iterable[int]) -> Iterator[list[Member]]:
        """Those with these ids, a page at a time."""
        wanted = sorted(pks)
        for start in range(0, len(wanted), PAGE):
            yield sorted(self._among("id", wanted[start : start + PAGE]))

    def where(self, sql: str, values: Sequence[Any], *, by_id: bool = False) -> list[Member]:
        """Those that a condition holds for. `by_id`: it names ids, which SQLite is to go by, not by the collection."""
        live = self.live.replace("WHERE ", "WHERE +", 1) if by_id else self.live
        return [Member._make(row) for row in rows.query(f"{live} AND ({sql})", [self.place, *values])]

    def changes(self, since: int, until: int, *, with_gone: bool = True) -> Iterator[Member | Gone]:
        """What changed after revision `since` and up to `until`, in the order in which it did; each href once.

        `until` was read before this is asked: what changes meanwhile is for the next time. What is not told of any more
        is gone; what never was told of is not, for its name would say that it was there.
        """
        told: list[Iterator[Member | Gone]] = [self._changed(since, until, self.live)]
        if with_gone:
            told.insert(0, self._gone(since, until))
        if with_gone and not self.tells_all:
            hidden = f"{self.table.live} AND NOT ({self.table.public}) AND {self.table.was_public}"
            told.insert(0, (Gone(each.href, each.revision) for each in self._changed(since, until, hidden)))
        return heapq.merge(*told, key=lambda each: each.revision)

    def _among(self, column: str, values: Sequence[Any]) -> list[Member]:
        if not values:
            return []
        return self.where(f"{column} IN ({rows.marks(values)})", values)

    def _changed(self, since: int, until: int, live: str) -> Iterator[Member]:
        sql = (
            f"{live} AND octets_revision > %s AND octets_revision <= %s"
            f" ORDER BY octets_revision, id LIMIT {PAGE} OFFSET %s"
        )
        at_last = 0  # rows of the last revision that were told
        while found := rows.query(sql, [self.place, since, until, at_last]):
            page = [Member._make(row) for row in found]
            yield from page
            if len(page) < PAGE:
                return
            at_last = sum(1 for each in page if each.revision == page[-1].revision)
            since = page[-1].revision - 1

    def _gone(self, since: int, until: int) -> Iterator[Gone]:
        sql = (
            "SELECT href, octets_revision FROM journal_tombstone WHERE space_id = %s AND noun = %s AND collection = %s"
            f" AND octets_revision > %s AND octets_revision <= %s{'' if self.tells_all else ' AND NOT is_hidden'}"
            f" ORDER BY octets_revision LIMIT {PAGE}"
        )
        noun = int(self.table.noun)
        while found := rows.query(sql, [self.space, noun, self.collection, since, until]):
            yield from itertools.starmap(Gone, found)
            if len(found) < PAGE:
                return
            since = found[-1][1]


def with_octets(members: Sequence[Member]) -> Iterator[tuple[Member, bytes]]:
    """Each with its octets, fetched so many at a time that few megabytes are in memory."""
    start = 0
    while start < len(members):
        stop, size = start, 0
        while stop < len(members) and (stop == start or size + members[stop].size <= OCTETS_AT_ONCE):
            size += members[stop].size
            stop += 1
        some = members[start:stop]
        marks = ", ".join(["%s"] * len(some))
        sql = f"SELECT id, octets FROM journal_content WHERE id IN ({marks})"
        octets = dict(rows.query(sql, [member.content for member in some]))
        for member in some:
            yield member, bytes(octets[member.content])
        start = stop


def _instant(value: Any) -> dt.datetime:
    """SQLite keeps instants as text, in UTC."""
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
