"""A space's contacts as the members of a collection: what clients that sync ask for, by ranges of an index.

Past the ORM: these answer about ten thousand rows at a time. Who asks has found the space by `spaces.operations.find`.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection

from farley.contacts.models import Contact, IndexRow, bare_uid
from farley.database import rows
from farley.journal.models import Change, Noun, Verb, etag_of
from farley.spaces.models import Space

PAGE = 1000  # rows of one query
# Characters that comparing may make several letters of, or one of ASCII's without a mark: not those of Latin alphabets.
_EXPANDED = ("ß", "Ĳ", "ĳ", "ŉ")  # among U+00C0 to U+017E, where the others are a letter with a mark at most
_ELSEWHERE = "ſ-\U0010ffff"  # from U+017F on
OCTETS_AT_ONCE = 4 * 2**20  # of cards that are in memory together; a larger one comes by itself

_COLUMNS = "id, space_id, href, sha256, size, content_id, octets_revision, full_name, created_at, changed_at, uid_key"
_LIVE = f"SELECT {_COLUMNS} FROM contacts_contact WHERE space_id = %s AND deleted_at IS NULL"


class Member(NamedTuple):
    """A contact as a member of its collection, without its octets."""

    pk: int
    space: int
    href: str
    sha256: bytes
    size: int
    content: int
    revision: int  # of its octets
    full_name: str
    created: Any  # as the driver has it: most who ask for ten thousand do not ask for this
    changed: Any
    uid: str  # as it is compared

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
    space: int = 0  # of a book of several: which it was in


def newest(spaces: Sequence[int]) -> dict[int, int]:
    """The revision of the last change of each space's members that a client must hear of."""
    sql = " UNION ALL ".join(
        "SELECT %s, (SELECT MAX(octets_revision) FROM contacts_contact WHERE space_id = %s),"
        " (SELECT MAX(octets_revision) FROM journal_tombstone WHERE space_id = %s AND noun = %s AND collection = 0)"
        for _ in spaces
    )
    values = [value for pk in spaces for value in (pk, pk, pk, int(Noun.CONTACT))]
    found = rows.query(sql.replace("SELECT %s,", "SELECT CAST(%s AS BIGINT),"), values) if spaces else []
    return {pk: max(live or 0, gone or 0) for pk, live, gone in found}


def contact_at(space: Space, href: str) -> Contact | None:
    """The contact at `href`, whole."""
    return next(iter(rows.load(Contact, {"space_id": space.pk, "href": href, "deleted_at": None})), None)


def pages(space: Space) -> Iterator[list[Member]]:
    """All members, a page at a time, in the order of their hrefs."""
    after = ""
    while found := rows.query(f"{_LIVE} AND href > %s ORDER BY href LIMIT {PAGE}", [space.pk, after]):
        page = [Member._make(row) for row in found]
        yield page
        if len(page) < PAGE:
            return
        after = page[-1].href


def at(space: Space, hrefs: Sequence[str]) -> dict[str, Member]:
    """Those at `hrefs`, of which there are at most PAGE."""
    if not hrefs:
        return {}
    sql = f"{_LIVE} AND href IN ({', '.join(['%s'] * len(hrefs))})"
    return {row[2]: Member._make(row) for row in rows.query(sql, [space.pk, *hrefs])}


def by_pk(space: Space, pks: Iterable[int]) -> Iterator[list[Member]]:
    """Those with these ids, a page at a time."""
    wanted = sorted(pks)
    for start in range(0, len(wanted), PAGE):
        some = wanted[start : start + PAGE]
        sql = f"{_LIVE} AND id IN ({', '.join(['%s'] * len(some))}) ORDER BY id"
        yield [Member._make(row) for row in rows.query(sql, [space.pk, *some])]


def spelled(space: Space, kind: IndexRow.Kind | None, text: str) -> list[tuple[int, str]]:
    """Ids and values of a kind (None: the name) that may hold `text` in whatever case, and others.

    A caller compares the values in its own way. Values that were cut are among them, and those with characters that
    ways of comparing make another text of.
    """
    values: list[Any]
    if kind is None:
        table, column, most = "contacts_contact WHERE space_id = %s AND deleted_at IS NULL", "full_name", 1000
        sql, values = f"SELECT id, full_name FROM {table}", [space.pk]
    else:
        column, most = "CASE value WHEN '' THEN norm ELSE value END", 2000
        sql = f"SELECT contact_id, {column} FROM contacts_indexrow WHERE space_id = %s AND kind = %s"
        values = [space.pk, int(kind)]
    is_postgresql = connection.vendor == "postgresql"
    longer = f"OCTET_LENGTH({column})" if is_postgresql else f"LENGTH(CAST({column} AS BLOB))"
    tests = [f"LENGTH({column}) >= {most}", f"{longer} > LENGTH({column})"]  # the second: it is not ASCII
    if text.isascii():
        # A letter without its mark is followed by the mark: only as the last one can it be part of what is looked for.
        tests[1] += f" AND ({_may_be_another_text(column, is_postgresql=is_postgresql)})"
        like = "ILIKE" if is_postgresql else "LIKE"
        tests.append(f"{column} {like} %s ESCAPE '!'")
        values.append(f"%{text[:-1].replace('!', '!!').replace('%', '!%').replace('_', '!_')}%")
    return [(pk, value) for pk, value in rows.query(f"{sql} AND ({' OR '.join(tests)})", values)]


def _may_be_another_text(column: str, *, is_postgresql: bool) -> str:
    """Whether a value has characters that comparing makes others of. Several quick tests in place of a slow one."""
    if is_postgresql:
        return f"{column} ~ '[\u0080-¿{''.join(_EXPANDED)}{_ELSEWHERE}]'"
    within = [f"INSTR({column}, '{each}')" for each in _EXPANDED]
    until_bf = f"INSTR(CAST({column} AS BLOB), X'C2')"  # U+0080 to U+00BF begin with this octet
    return " OR ".join([*within, until_bf, f"{column} GLOB '*[{_ELSEWHERE}]*'"])


def changes(space: Space, since: int, until: int, *, with_gone: bool = True) -> Iterator[Member | Gone]:
    """What changed after revision `since` and up to `until`, in the order in which it did; each href once.

    `until` was read (`newest`) before this is asked: what changes meanwhile is for the next time.
    """
    gone = _gone(space, since, until) if with_gone else iter(())
    merged: Iterator[Member | Gone] = heapq.merge(gone, _changed(space, since, until), key=lambda each: each.revision)
    return merged


def uids_changed(space: Space, since: int, until: int) -> set[str] | None:
    """The UIDs, in the form in which they are compared, of contacts that something happened to in the space.

    Of those that left it, too, and those that they had before. None where one was erased: nothing is known of it.
    """
    happened = Change.objects.filter(space=space, noun=Noun.CONTACT, revision__gt=since, revision__lte=until)
    if happened.filter(verb=Verb.ERASED).exists():
        return None
    sql = (
        "SELECT DISTINCT c.uid_key FROM journal_change j JOIN contacts_contact c ON c.id = j.subject"
        " WHERE j.space_id = %s AND j.noun = %s AND j.revision > %s AND j.revision <= %s"
    )
    found = {uid for (uid,) in rows.query(sql, [space.pk, int(Noun.CONTACT), since, until])}
    former = happened.filter(own_before__has_key="uid").values_list("own_before__uid", flat=True)
    return found | {bare_uid(uid) for uid in former.iterator()}


def uids(spaces: Sequence[Space], among: Sequence[str]) -> set[str]:
    """Those of these UIDs that a live contact of these spaces has; at most PAGE at a time."""
    if not spaces or not among:
        return set()
    sql = (
        f"SELECT uid_key FROM contacts_contact WHERE space_id IN ({', '.join(['%s'] * len(spaces))})"
        f" AND uid_key IN ({', '.join(['%s'] * len(among))}) AND deleted_at IS NULL"
    )
    return {uid for (uid,) in rows.query(sql, [*(space.pk for space in spaces), *among])}


def with_uids(space: Space, wanted: Sequence[str]) -> list[Member]:
    """The members with these UIDs, of which there are at most PAGE."""
    if not wanted:
        return []
    sql = f"{_LIVE} AND uid_key IN ({', '.join(['%s'] * len(wanted))})"
    return [Member._make(row) for row in rows.query(sql, [space.pk, *wanted])]


def _changed(space: Space, since: int, until: int) -> Iterator[Member]:
    sql = f"{_LIVE} AND octets_revision > %s AND octets_revision <= %s ORDER BY octets_revision LIMIT {PAGE}"
    while found := rows.query(sql, [space.pk, since, until]):
        yield from map(Member._make, found)
        if len(found) < PAGE:
            return
        since = found[-1][6]


def _gone(space: Space, since: int, until: int) -> Iterator[Gone]:
    sql = (
        "SELECT href, octets_revision FROM journal_tombstone WHERE space_id = %s AND noun = %s AND collection = 0"
        f" AND octets_revision > %s AND octets_revision <= %s ORDER BY octets_revision LIMIT {PAGE}"
    )
    while found := rows.query(sql, [space.pk, int(Noun.CONTACT), since, until]):
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
