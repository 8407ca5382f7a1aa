"""Rows by the thousand: `executemany` on SQLite, COPY on PostgreSQL. For `store_many` and its kin.

Rows are tuples in the order of the named columns; instants and JSON values are adapted here, all
others are handed to the driver as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection, models

Row = Sequence[Any]
Where = Mapping[str, Any]
M = TypeVar("M", bound=models.Model)


def next_ids(model: type[models.Model], count: int) -> range | list[int]:
    """Claim `count` ids for rows of `model`. On SQLite only inside a write transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            first = (row[0] if row else 0) + 1
            return range(first, first + count)  # AUTOINCREMENT follows the highest id ever inserted
        column = model._meta.pk.column
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, count]
        )
        return sorted(row[0] for row in cursor.fetchall())


def select(model: type[models.Model], columns: Sequence[str], where: Where) -> list[tuple[Any, ...]]:
    """The `columns` of the rows that match, as the driver gives them: for look-ups that every write makes.

    The ORM takes a third of a millisecond to put such a query together; this takes a tenth of that.
    """
    if [] in where.values():
        return []
    names = ", ".join(_quoted(column) for column in columns)
    condition, values = _condition(where)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {_quoted(model._meta.db_table)} WHERE {condition}", values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def load(model: type[M], where: Where, *, locked: bool = False) -> list[M]:
    """The rows that match, whole, by ascending id; `locked` keeps other writers away until the end of the transaction.

    Whoever only refers to a locked row need not wait.
    """
    if [] in where.values():
        return []
    condition, values = _condition(where)
    lock = " FOR NO KEY UPDATE" if locked and connection.vendor == "postgresql" else ""
    table = _quoted(model._meta.db_table)
    return list(model._default_manager.raw(f"SELECT * FROM {table} WHERE {condition} ORDER BY id{lock}", values))


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert `rows`; a broken constraint raises IntegrityError and nothing is inserted."""
    if not rows:
        return
    rows = _adapted(model, columns, rows)
    names = ", ".join(_quoted(column) for column in columns)
    table = _quoted(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 20:  # below, a plain INSERT is as quick
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({_marks(len(columns))})", rows)


def upsert(model: type[models.Model], key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert `rows` or replace the `columns` (which hold `key`) of those that are there."""
    if not rows:
        return
    table = _quoted(model._meta.db_table)
    names = ", ".join(_quoted(column) for column in columns)
    changed = ", ".join(f"{_quoted(c)} = excluded.{_quoted(c)}" for c in columns if c not in key)
    action = f"DO UPDATE SET {changed}" if changed else "DO NOTHING"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({_marks(len(columns))})"
            f" ON CONFLICT ({', '.join(_quoted(c) for c in key)}) {action}",
            _adapted(model, columns, rows),
        )


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set exactly `columns`; the last value of each row is the row's id."""
    if not rows:
        return
    sets = ", ".join(f"{_quoted(column)} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE id = %s",
            _adapted(model, [*columns, "id"], rows),
        )


def delete(model: type[models.Model], key: Sequence[str], rows: Sequence[Row]) -> None:
    """Delete the rows whose `key` columns have these values."""
    if not rows:
        return
    where = " AND ".join(f"{_quoted(column)} = %s" for column in key)
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {_quoted(model._meta.db_table)} WHERE {where}", rows)


def _condition(where: Where) -> tuple[str, list[Any]]:
    """All of `where`: a column equal to a value, among those of a list, or NULL."""
    parts, values = [], []
    for column, wanted in where.items():
        if wanted is None:
            parts.append(f"{_quoted(column)} IS NULL")
        elif isinstance(wanted, list):
            parts.append(f"{_quoted(column)} IN ({_marks(len(wanted))})")
            values += wanted
        else:
            parts.append(f"{_quoted(column)} = %s")
            values.append(wanted)
    return " AND ".join(parts), values


def _adapted(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> Sequence[Row]:
    adapters: list[tuple[int, Callable[[Any], Any]]] = []
    fields = {field.column: field for field in model._meta.concrete_fields}
    for position, column in enumerate(columns):
        field = fields[column]
        if isinstance(field, models.DateTimeField) and connection.vendor == "sqlite":
            adapters.append((position, _remembering(connection.ops.adapt_datetimefield_value)))
        elif isinstance(field, models.JSONField):
            adapters.append((position, _json))
    if not adapters:
        return rows
    adapted = [list(row) for row in rows]
    for position, adapt in adapters:
        for row in adapted:
            if row[position] is not None:
                row[position] = adapt(row[position])
    return adapted


def _remembering(adapt: Callable[[Any], Any]) -> Callable[[Any], Any]:
    known: dict[Any, Any] = {}  # one batch has one instant

    def remembered(value: Any) -> Any:
        if value not in known:
            known[value] = adapt(value)
        return known[value]

    return remembered


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _marks(count: int) -> str:
    return ", ".join(["%s"] * count)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
