"""Rows of a backup put into empty tables, on either engine.

Indexes that only make reading quicker are taken away first and made anew: sorted at once they take a fraction of the
time. What SQLite keeps in virtual tables is for the caller to fill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from farley.backups.archive import BadBackup, Progress, Reader, TableRecord
from farley.backups.tables import quoted
from farley.backups.text import Unreadable, text_as_rows

_INDEXES = {  # that can be taken away: name, table and what makes each
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": (
        "SELECT indexrelid::regclass::text, indrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE relnamespace = current_schema()::regnamespace AND NOT indisunique"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
    ),
}


def load_sqlite(path: Path, reader: Reader, *, progress: Progress) -> None:
    """Fill the tables of a SQLite file that nobody else has open. Killed, it leaves a file that is good for nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = OFF")  # whoever is killed begins anew
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("PRAGMA cache_size = -200000")
        writer.execute("BEGIN")
        _empty(writer.execute, _tables_of_sqlite(writer))
        indexes = writer.execute(_INDEXES["sqlite"]).fetchall()
        for name, _, _ in indexes:
            writer.execute(f"DROP INDEX {quoted(name)}")
        for record in reader.manifest.tables:
            for chunk in reader.chunks(record):
                rows = _read(record, chunk)
                marks = ", ".join("?" * len(record.columns))
                writer.executemany(f"INSERT INTO {_into(record)} VALUES ({marks})", rows)  # noqa: S608
                progress(len(chunk))
        for _, _, made in indexes:
            writer.execute(made)
        _count_on_sqlite(writer, reader)
        writer.execute("COMMIT")
        if broken := writer.execute("PRAGMA foreign_key_check").fetchone():
            raise BadBackup(f"a row of {broken[0]} refers to one of {broken[2]} that it does not hold")


def load_postgres(reader: Reader, *, progress: Progress) -> None:
    """Fill the tables of the database, in the transaction that is open."""
    with connection.cursor() as cursor:
        _empty(cursor.execute, connection.introspection.table_names(cursor))
        cursor.execute(_INDEXES["postgresql"])
        indexes = cursor.fetchall()
        for name, _, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for record in reader.manifest.tables:
            with cursor.copy(f"COPY {_into(record)} FROM STDIN") as copy:
                for chunk in reader.chunks(record):
                    copy.write(chunk)
                    progress(len(chunk))
            if cursor.rowcount != record.rows:
                raise BadBackup(f"{record.member}: {cursor.rowcount} of {record.rows} rows could be read")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # judged now: tables with rows to be judged cannot be altered
        for _, _, made in indexes:
            cursor.execute(made)
        for record in reader.manifest.tables:
            if record.counted is not None:
                _count_on_postgres(cursor, record)


@contextmanager
def without_indexes(tables: Collection[str]) -> Iterator[None]:
    """What only makes reading `tables` quicker is taken away and, when they are filled, made anew."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES[connection.vendor])
        indexes = [(name, made) for name, table, made in cursor.fetchall() if table in tables]
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _, made in indexes:
            cursor.execute(made)


def _into(record: TableRecord) -> str:
    return f"{quoted(record.name)} ({', '.join(quoted(name) for name, _ in record.columns)})"


def _read(record: TableRecord, chunk: bytes) -> list[tuple[Any, ...]]:
    try:
        return text_as_rows(record.table, chunk)
    except Unreadable as error:
        raise BadBackup(str(error)) from error


def _empty(execute: Any, tables: Iterable[str]) -> None:
    """Migrations put rows of their own into what they make; a backup has them all."""
    for table in tables:
        if table != "django_migrations":
            execute(f"DELETE FROM {quoted(table)}")  # noqa: S608


def _tables_of_sqlite(writer: sqlite3.Connection) -> Iterator[str]:
    """The tables that are Farley's own: what a virtual table keeps for itself is emptied by its triggers."""
    rows: Sequence[tuple[str, str]] = writer.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    ).fetchall()
    virtual = [name for name, sql in rows if sql and sql.upper().startswith("CREATE VIRTUAL")]
    for name, _ in rows:
        if not name.startswith("sqlite_") and not any(name == v or name.startswith(f"{v}_") for v in virtual):
            yield name


def _count_on_sqlite(writer: sqlite3.Connection, reader: Reader) -> None:
    for record in reader.manifest.tables:
        if record.counted is None or not record.next_id:
            continue
        writer.execute("DELETE FROM sqlite_sequence WHERE name = ?", [record.name])
        highest = f"SELECT max({quoted(record.counted)}) FROM {quoted(record.name)}"  # noqa: S608
        last = max(record.next_id - 1, writer.execute(highest).fetchone()[0] or 0)
        writer.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [record.name, last])


def _count_on_postgres(cursor: Any, record: TableRecord) -> None:
    counted = quoted(record.counted or "")
    cursor.execute(f"SELECT coalesce(max({counted}), 0) FROM {quoted(record.name)}")  # noqa: S608
    following = max(record.next_id or 1, cursor.fetchone()[0] + 1)
    cursor.execute(
        "SELECT setval(pg_get_serial_sequence(%s, %s), %s, false)", [quoted(record.name), record.counted, following]
    )
