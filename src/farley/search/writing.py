"""Entries and the index that leads to them, written together: the only place where either is.

SQLite's index is written here and not by triggers: inside a trigger FTS5 puts what it has gathered onto the disk for
each row by itself, which takes five times as long.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from farley.database import rows
from farley.search.models import Entry, space_mark

COLUMNS = ("id", "name", "text", "fields", "at")
Written = tuple[int, str, str, str, int]  # values for COLUMNS


def add(entries: Sequence[Written]) -> None:
    """Write entries of records that have none."""
    entries = _marked(entries)
    rows.insert(Entry, COLUMNS, entries)
    if connection.vendor == "sqlite":
        _index(entries, entries)


def replace(entries: Sequence[Written]) -> None:
    """Write entries in place of those that are there, or anew."""
    if not entries:
        return
    entries = _marked(entries)
    if connection.vendor == "sqlite":
        former = _former([entry[0] for entry in entries])
        renamed = [entry for entry in entries if entry[1:2] != former.get(entry[0], ())[1:2]]
        changed = [entry for entry in entries if entry[2:4] != former.get(entry[0], ())[2:4]]
        _unindex([former[e[0]] for e in renamed if e[0] in former], [former[e[0]] for e in changed if e[0] in former])
        _index(renamed, changed)
    rows.upsert(Entry, ("id",), COLUMNS, entries)


def remove(pks: Sequence[int]) -> None:
    """Take entries away, where they are there."""
    if connection.vendor == "sqlite":
        gone = list(_former(pks).values())
        _unindex(gone, gone)
    rows.delete(Entry, ("id",), [(pk,) for pk in pks])


def _marked(entries: Sequence[Written]) -> list[Written]:
    return [(pk, name, text, fields + space_mark(pk), at) for pk, name, text, fields, at in entries]


def _former(pks: Sequence[int]) -> dict[int, Written]:
    return {entry[0]: entry for entry in rows.select(Entry, COLUMNS, {"id": [*pks]})}


def _index(named: Sequence[Written], said: Sequence[Written]) -> None:
    rows.run_each("INSERT INTO search_names (rowid, text) VALUES (%s, %s)", [entry[:2] for entry in named])
    rows.run_each("INSERT INTO search_texts (rowid, text) VALUES (%s, %s)", _texts(said))


def _unindex(named: Sequence[Written], said: Sequence[Written]) -> None:
    """FTS5 takes from a table without contents what it is told was in it."""
    for table, gone in (("search_names", [entry[:2] for entry in named]), ("search_texts", _texts(said))):
        rows.run_each(f"INSERT INTO {table} ({table}, rowid, text) VALUES ('delete', %s, %s)", gone)  # noqa: S608


def _texts(entries: Sequence[Written]) -> list[tuple[int, str]]:
    return [(pk, text + fields) for pk, _, text, fields, _ in entries]
