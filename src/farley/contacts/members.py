"""A space's contacts as the members of an address book, and what is asked of them there.

Past the ORM: these answer about ten thousand rows at a time. Who asks has found the space by `spaces.operations.find`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from farley.contacts.models import Contact, IndexRow, bare_uid
from farley.database import rows
from farley.journal.members import Members, Table
from farley.journal.models import Change, Noun
from farley.spaces.models import Space

_TABLE: Final = Table(Noun.CONTACT, "contacts_contact", "space_id", "full_name", "uid_key")
# Characters that comparing may make several letters of, or one of ASCII's without a mark: not those of Latin alphabets.
_EXPANDED = ("ß", "Ĳ", "ĳ", "ŉ")  # among U+00C0 to U+017E, where the others are a letter with a mark at most
_ELSEWHERE = "ſ-\U0010ffff"  # from U+017F on


def of(space: Space) -> Members:
    return Members(_TABLE, space.pk)


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


def uids_changed(space: Space, since: int, until: int) -> set[str] | None:
    """The UIDs, in the form in which they are compared, of contacts that something happened to in the space.

    Of those that left it, too, and those that they had before or have got since, wherever they are by now. None where
    one was erased: nothing is known of it.
    """
    happened = Change.objects.filter(space=space, noun=Noun.CONTACT, revision__gt=since, revision__lte=until)
    first = happened.order_by("revision").values_list("pk", flat=True).first()
    if first is None:
        return set()
    sql = (
        "SELECT DISTINCT c.uid_key FROM journal_change j LEFT JOIN contacts_contact c ON c.id = j.subject"
        " WHERE j.space_id = %s AND j.noun = %s AND j.revision > %s AND j.revision <= %s"
    )
    found = {uid for (uid,) in rows.query(sql, [space.pk, int(Noun.CONTACT), since, until])}
    if None in found:
        return None
    later = Change.objects.filter(noun=Noun.CONTACT, subject__in=happened.values("subject"), pk__gte=first)
    former = later.filter(own_before__has_key="uid").values_list("own_before__uid", flat=True)
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
