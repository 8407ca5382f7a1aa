"""The index of trigrams, which each engine keeps in its own way.

SQLite: two FTS5 tables that hold no text, one over names and one over everything, written beside the entries
(`writing`). PostgreSQL: a GIN index of pg_trgm's where the server offers it, else one of arrays of trigrams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, connection, transaction

from farley.database.turns import write_turn

_FTS = "USING fts5(text, content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1')"
_SQLITE = (
    f"CREATE VIRTUAL TABLE search_names {_FTS}",
    f"CREATE VIRTUAL TABLE search_texts {_FTS}",
    "CREATE VIRTUAL TABLE search_names_words USING fts5vocab(search_names, row)",
    "CREATE VIRTUAL TABLE search_texts_words USING fts5vocab(search_texts, row)",
)
MERGED_AT_ONCE = 8
_SQLITE_GONE = tuple(
    f"DROP TABLE IF EXISTS {table}"
    for table in ("search_names_words", "search_texts_words", "search_names", "search_texts")
)
_TRIGRAMS = (
    "CREATE OR REPLACE FUNCTION farley_trigrams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS"
    " $$ SELECT coalesce(array_agg(DISTINCT substr(said, n, 3)), '{}')"
    " FROM generate_series(1, length(said) - 2) AS n $$"
)
# Text and fields say mostly the same words: together they are a third fewer places in the index.
EVERYTHING = "(text || fields)"
_BY_PG_TRGM = f"CREATE INDEX search_trigrams ON search_entry USING gin (name gin_trgm_ops, {EVERYTHING} gin_trgm_ops)"
_BY_ARRAY = (
    f"CREATE INDEX search_trigrams ON search_entry USING gin (farley_trigrams(name), farley_trigrams({EVERYTHING}))"
)


def create_index(_apps: Any, schema_editor: Any) -> None:
    """For a migration: the index over a table of entries that is there."""
    make_index(schema_editor)


def make_index(schema_editor: Any, *, by_array: bool = False) -> None:
    """Make the index; on PostgreSQL of arrays if that is asked for, or where there is no pg_trgm."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            for statement in _SQLITE:
                cursor.execute(statement)
            merge_by(schema_editor, MERGED_AT_ONCE)
            return
        cursor.execute(_TRIGRAMS)
        by_array = by_array or not _has_pg_trgm(schema_editor.connection.alias, cursor)
        cursor.execute(_BY_ARRAY if by_array else _BY_PG_TRGM)


def merge_by(schema_editor: Any, segments: int) -> None:
    """Have FTS5 merge so many segments at a time, which it notes in the database (its option `automerge`)."""
    with schema_editor.connection.cursor() as cursor:
        for table in ("search_names", "search_texts"):
            cursor.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('automerge', {segments:d})")  # noqa: S608


def drop_index(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            for statement in _SQLITE_GONE:
                cursor.execute(statement)
        else:
            cursor.execute("DROP INDEX IF EXISTS search_trigrams")
            cursor.execute("DROP FUNCTION IF EXISTS farley_trigrams(text)")


def _has_pg_trgm(alias: str, cursor: Any) -> bool:
    """Whether the extension is there, or can be had by asking: not every server offers it to everybody."""
    try:
        with transaction.atomic(using=alias):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return False
    return True


def faults() -> Iterator[str]:
    """Where the index does not say what the entries say, a line each; it reads all of them. On SQLite alone.

    PostgreSQL's index is of the table and cannot differ.
    """
    if connection.vendor != "sqlite":
        return
    for table, column in (("search_names", "name"), ("search_texts", "text || fields")):
        expected: Counter[str] = Counter()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM search_entry")  # noqa: S608 -- names of ours
            for (said,) in cursor:  # one by one: a million of them are a gigabyte
                expected.update({said[n : n + 3] for n in range(len(said) - 2)})
            cursor.execute(f"SELECT term, doc FROM {table}_words")  # noqa: S608 -- names of ours
            expected.subtract(dict(cursor.fetchall()))
        if wrong := sum(1 for difference in expected.values() if difference):
            yield f"{table}: {wrong} trigrams do not lead to the entries that have them"


def mend() -> None:
    """Fill the index anew from the entries, in one transaction that others wait for. On SQLite alone."""
    if connection.vendor != "sqlite":
        return
    with write_turn(), connection.cursor() as cursor:
        for table, column in (("search_names", "name"), ("search_texts", "text || fields")):
            cursor.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 -- names of ours
            cursor.execute(f"INSERT INTO {table} (rowid, text) SELECT id, {column} FROM search_entry")  # noqa: S608
