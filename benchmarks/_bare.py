"""The floor of an import: the same rows by the driver alone, into an empty database of the same form."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from benchmarks._instances import ROOT, Instance

CARDS_A_TRANSACTION = 500
BEFORE = ("accounts_user", "spaces_space", "spaces_membership", "journal_batch", "contacts_tag")  # what rows refer to
TABLES = {  # in the order that foreign keys ask for, with the order the import wrote the rows in
    "journal_content": "id",
    "contacts_contact": "id",
    "contacts_indexrow": "contact_id, n",
    "contacts_tagentry": "contact_id",
    "search_entry": "id",
    "journal_change": "id",
}
TRIGRAMS = {  # of SQLite alone: the index holds no rows that could be copied
    "search_names": "SELECT id, name FROM search_entry ORDER BY id",
    "search_texts": "SELECT id, text || fields FROM search_entry ORDER BY id",
}


def bare_insert(instance: Instance) -> dict[str, Any]:
    """Seconds that the rows of `instance` take when nothing is done but inserting them, and of CPU time."""
    return _postgres(instance) if instance.database_url else _sqlite(instance)


def _sqlite(instance: Instance) -> dict[str, Any]:
    other = Instance(instance.data / "bare")
    other.data.mkdir()
    subprocess.run(
        [sys.executable, "-m", "benchmarks._tasks", "make"], cwd=ROOT, env=other.environment, check=True, stdout=-3
    )
    with (
        closing(sqlite3.connect(instance.data / "farley.sqlite3")) as source,
        closing(sqlite3.connect(other.data / "farley.sqlite3", isolation_level=None)) as target,
    ):
        target.execute("PRAGMA synchronous=FULL")
        target.execute("PRAGMA cache_size=-20000")
        target.execute("PRAGMA wal_autocheckpoint=16000")
        for table in BEFORE:
            if there := source.execute(f"SELECT * FROM {table}").fetchall():
                target.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({_marks('?', there)})", there)
        rows_of = {
            table: source.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()
            for table, order in TABLES.items()
        }
        inserts = {
            table: f"INSERT INTO {table} VALUES ({_marks('?', rows)})" for table, rows in rows_of.items() if rows
        }
        for table, select in TRIGRAMS.items():
            rows_of[table] = source.execute(select).fetchall()
            inserts[table] = f"INSERT INTO {table} (rowid, text) VALUES (?, ?)"
        began, cpu = time.perf_counter(), time.process_time()
        for part in _parts(rows_of):
            target.execute("BEGIN IMMEDIATE")
            for table, rows in part:
                target.executemany(inserts[table], rows)
            target.execute("COMMIT")
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    shutil.rmtree(other.data)
    return _report(rows_of, seconds, cpu)


def _postgres(instance: Instance) -> dict[str, Any]:
    import psycopg

    with psycopg.connect(instance.database_url, autocommit=True) as connection:
        connection.execute("SET datestyle TO ISO")
        rows_of = {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()
            for table, order in TABLES.items()
        }
        connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        began, cpu = time.perf_counter(), time.process_time()
        for part in _parts(rows_of):
            with connection.transaction():
                for table, rows in part:
                    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
        return _report(rows_of, time.perf_counter() - began, time.process_time() - cpu)


def _parts(rows_of: dict[str, list[Any]]) -> list[list[tuple[str, Sequence[Any]]]]:
    """The rows in transactions of as many cards as the import makes them of."""
    count = max(1, len(rows_of["contacts_contact"]) // CARDS_A_TRANSACTION)
    parts: list[list[tuple[str, Sequence[Any]]]] = []
    for number in range(count):
        part = [
            (table, rows[len(rows) * number // count : len(rows) * (number + 1) // count])
            for table, rows in rows_of.items()
        ]
        parts.append([(table, rows) for table, rows in part if rows])
    return parts


def _report(rows_of: dict[str, list[Any]], seconds: float, cpu: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "cpu": cpu,
        "cards": len(rows_of["contacts_contact"]),
        "rows": sum(len(rows) for table, rows in rows_of.items() if table in TABLES),
    }


def _marks(mark: str, rows: Sequence[Sequence[Any]]) -> str:
    return ", ".join([mark] * len(rows[0]))
