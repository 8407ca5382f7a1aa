"""A database as it was at one moment, read while others go on writing.

SQLite: one read transaction, which in WAL blocks no writer; the file ending in `-wal` is not copied back beyond that
moment until it ends. PostgreSQL: one transaction with REPEATABLE READ. Each on a connection of its own, for Django's
begin as writers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from farley.backups.tables import Kind, Migration, Table, quoted
from farley.backups.text import rows_as_text, with_plain_json

ROWS = 1000  # at a time
CHUNK = 1 << 18  # octets, about


class Snapshot(Protocol):
    """What both engines answer about one moment."""

    def migrations(self) -> list[Migration]: ...

    def chunks(self, table: Table) -> Iterator[bytes]:
        """The rows of `table` by primary key, written, some at a time."""

    def next_id(self, table: Table) -> int | None:
        """What the next row of a table that counts its ids gets at least."""

    def size(self) -> int:
        """About how many octets will be written, for progress alone."""


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Of the database that Farley works on."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"]).absolute()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as file:
            file.execute("BEGIN")
            file.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now it is the moment
            yield _Sqlite(file)
        return
    import psycopg

    with psycopg.connect(**connection.get_connection_params()) as reader, reader.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL DateStyle = 'ISO'")
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute("SET LOCAL bytea_output = 'hex'")
        yield _Postgres(cursor)
        reader.rollback()


class _Sqlite:
    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader

    def migrations(self) -> list[Migration]:
        return self._reader.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()

    def chunks(self, table: Table) -> Iterator[bytes]:
        cursor = self._reader.execute(_select(table, collation=""))
        while rows := cursor.fetchmany(ROWS):
            yield rows_as_text(table, rows)

    def next_id(self, table: Table) -> int | None:
        if table.counted is None:
            return None
        found = self._reader.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name]).fetchone()
        return found[0] + 1 if found else 1

    def size(self) -> int:
        [(pages, octets)] = self._reader.execute("SELECT * FROM pragma_page_count, pragma_page_size")
        return int(pages * octets)


class _Postgres:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def migrations(self) -> list[Migration]:
        return list(self._cursor.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall())

    def chunks(self, table: Table) -> Iterator[bytes]:
        rows = _select(table, collation=' COLLATE "C"')
        with self._cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
            waiting: list[bytes] = []
            size = 0
            for line in with_plain_json(table, map(bytes, copy)):
                waiting.append(line)
                size += len(line)
                if size >= CHUNK:
                    yield b"".join(waiting)
                    waiting, size = [], 0
            if waiting:
                yield b"".join(waiting)

    def next_id(self, table: Table) -> int | None:
        if table.counted is None:
            return None
        name = self._cursor.execute(
            "SELECT pg_get_serial_sequence(%s, %s)", [quoted(table.name), table.counted]
        ).fetchone()[0]
        last, is_called = self._cursor.execute(f"SELECT last_value, is_called FROM {name}").fetchone()  # noqa: S608
        return int(last + 1 if is_called else last)

    def size(self) -> int:
        return int(self._cursor.execute("SELECT pg_database_size(current_database())").fetchone()[0])


def _select(table: Table, *, collation: str) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    key = ", ".join(
        quoted(column.name) + (collation if column.kind is Kind.TEXT else "")
        for column in (table.columns[place] for place in table.key)
    )
    return f"SELECT {columns} FROM {quoted(table.name)} ORDER BY {key}"  # noqa: S608 -- names of ours
