"""Rows by the thousand, and the look-ups that every write makes. For `store_many` and its kin.

Written past the ORM and Django's cursors, which take longer over one statement than the engine does: `executemany`,
or COPY on PostgreSQL, which gets few rows in one statement, prepared. Instants and JSON values are adapted here, all
others are handed to the driver as they are.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from farley.database.turns import enter_pipeline, leave_pipeline

Row = Sequence[Any]
Where = Mapping[str, Any]
M = TypeVar("M", bound=models.Model)
_Adapter = Callable[[Any], Any]

_FEW = 20  # rows: up to so many PostgreSQL gets in one statement
_POSTGRESQL = "postgresql"


# Look-ups. Inside a pipeline `ask_…` waits for nothing: of several questions asked before the first answer is fetched
# PostgreSQL hears at once.


def ask(
    model: type[models.Model], columns: Sequence[str], where: Where, *, index: str = ""
) -> Callable[[], list[tuple[Any, ...]]]:
    """What fetches the `columns` of the rows that match `where`, as the driver gives them.

    SQLite is to read by `index`: without statistics its planner often takes another.
    """
    if [] in where.values():
        return list
    sql, values = _selecting(model, tuple(columns), where, _db().vendor)
    return partial(_answer, _run(hinted(sql, model, index), values))


def ask_whole(model: type[M], where: Where, *others: Where, locked: bool = False) -> Callable[[], list[M]]:
    """What fetches the rows that match, whole, by ascending id; with `others`, those that match any of them, unordered.

    A row that matches two of them comes twice. `locked` keeps other writers away until the end of the transaction;
    whoever only refers to a locked row need not wait.
    """
    vendor = _db().vendor
    names = _whole(model, vendor)[0]
    asked = [_selecting(model, names, each, vendor) for each in (where, *others) if [] not in each.values()]
    if not asked:
        return list
    sql = " UNION ALL ".join(text for text, _ in asked)  # each by its own index, which SQLite does not see in an OR
    if len(asked) == 1:
        sql += " ORDER BY id FOR NO KEY UPDATE" if locked and vendor == _POSTGRESQL else " ORDER BY id"
    return partial(_loaded, model, _run(sql, [value for _, values in asked for value in values]))


def ask_ids(model: type[models.Model], count: int) -> Callable[[], Sequence[int]]:
    """What claims `count` ids for rows of `model`. On SQLite only inside a write transaction."""
    table = model._meta.db_table
    if _db().vendor == _POSTGRESQL:
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        cursor = _run(sequence, [table, model._meta.pk.column, count])
        return lambda: sorted(row[0] for row in _answer(cursor))
    found = _answer(_run("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]))
    first = (found[0][0] if found else 0) + 1
    return lambda: range(first, first + count)  # AUTOINCREMENT follows the highest id ever inserted


def query(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement of one's own finds; `%s` stands for each value."""
    db = _db()
    return _answer(_run(sql if db.vendor == _POSTGRESQL else sql.replace("%s", "?"), values, db=db), db)


def select(model: type[models.Model], columns: Sequence[str], where: Where) -> list[tuple[Any, ...]]:
    """Ask and fetch. A column of `where` equals a value, is among those of a list, or is NULL.

    A member of an enumeration stands in the statement as its number: SQLite takes the index of one kind alone for that.
    """
    return ask(model, columns, where)()


def load(model: type[M], where: Where, *, locked: bool = False) -> list[M]:
    """Ask for whole rows and fetch them."""
    return ask_whole(model, where, locked=locked)()


def load_by(kinds: Mapping[str, type[models.Model]], sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Whole rows that a statement of one's own finds: a record for each of `kinds` in their order, or None of a join
    that found none, then what the driver gives for whatever else it selects.

    `{name}` in the statement stands for the columns of the model of that name, and the table is called so there;
    `%s` stands for each value.
    """
    db = _db()
    told = {name: _qualified(name, model, db.vendor) for name, model in kinds.items()}
    found = []
    for row in query(sql.format_map(told), values):
        records: list[Any] = []
        at = 0
        for model in kinds.values():
            mine = row[at : at + len(_whole(model, db.vendor)[0])]
            at += len(mine)
            records.append(None if mine[0] is None else _made(model, mine, db))
        found.append((*records, *row[at:]))
    return found


def hinted(sql: str, model: type[models.Model], index: str) -> str:
    """`sql` with the index that SQLite is to read `model` by."""
    if not index or _db().vendor == _POSTGRESQL:
        return sql
    table = _quoted(model._meta.db_table)
    return sql.replace(f"FROM {table} WHERE", f"FROM {table} INDEXED BY {_quoted(index)} WHERE", 1)


def marks(values: Sequence[Any]) -> str:
    """What stands for `values` in the parentheses of an IN; nothing is in an empty one."""
    return ", ".join(["%s"] * len(values)) or "NULL"


def instant(told: dt.datetime) -> dt.datetime:
    """An instant as `query` gives it: SQLite knows no time zones, and all of its instants are in UTC."""
    return told if told.tzinfo is not None else told.replace(tzinfo=dt.UTC)


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert `rows`; a broken constraint raises IntegrityError and nothing is inserted."""
    if not rows:
        return
    rows = _adapted(model, columns, rows)
    if _db().vendor == _POSTGRESQL and len(rows) > _FEW:
        _copy(model, columns, rows)
    else:
        _insert(model, columns, rows)


def upsert(model: type[models.Model], key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert `rows` or replace the `columns` (which hold `key`) of those that are there.

    Of several with one key the last wins.
    """
    if not rows:
        return
    if _db().vendor == _POSTGRESQL and len(rows) > 1:  # which takes no row twice in one statement
        places = [columns.index(name) for name in key]
        rows = list({tuple(row[place] for place in places): row for row in rows}.values())
    _insert(model, columns, _adapted(model, columns, rows), _replacing(tuple(key), tuple(columns)))


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set exactly `columns`; the last value of each row is the row's id."""
    if rows:
        adapted = _adapted(model, (*columns, "id"), rows)
        _run_each(_updating(model, tuple(columns), _db().vendor), adapted)


def delete(model: type[models.Model], key: Sequence[str], rows: Sequence[Row]) -> None:
    """Delete the rows whose `key` columns have these values."""
    if rows:
        _run_each(_deleting(model, tuple(key), _db().vendor), rows)


def run_each(sql: str, rows: Sequence[Row]) -> None:
    """Carry out a statement of one's own for each of `rows`; `%s` stands for each value."""
    if rows:
        _run_each(sql if _db().vendor == _POSTGRESQL else sql.replace("%s", "?"), rows)


# Statements, put together once


@cache
def _inserting(model: type[models.Model], columns: tuple[str, ...], count: int, vendor: str) -> str:
    row = f"({', '.join([_mark(vendor)] * len(columns))})"
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({_names(columns)}) VALUES {', '.join([row] * count)}"


@cache
def _replacing(key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    changed = ", ".join(f"{_quoted(c)} = excluded.{_quoted(c)}" for c in columns if c not in key)
    return f" ON CONFLICT ({_names(key)}) {f'DO UPDATE SET {changed}' if changed else 'DO NOTHING'}"


@cache
def _updating(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> str:
    sets = ", ".join(f"{_quoted(column)} = {_mark(vendor)}" for column in columns)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {sets} WHERE id = {_mark(vendor)}"


@cache
def _deleting(model: type[models.Model], key: tuple[str, ...], vendor: str) -> str:
    same = " AND ".join(f"{_quoted(column)} = {_mark(vendor)}" for column in key)
    return f"DELETE FROM {_quoted(model._meta.db_table)} WHERE {same}"


def _selecting(model: type[models.Model], columns: tuple[str, ...], where: Where, vendor: str) -> tuple[str, list[Any]]:
    shape: list[tuple[str, str]] = []
    values: list[Any] = []
    for column, wanted in where.items():
        if wanted is None:
            shape.append((column, "IS NULL"))
            continue
        if isinstance(wanted, IntEnum):
            shape.append((column, f"= {wanted:d}"))
            continue
        several = isinstance(wanted, list) and len(wanted) > 1
        if several and vendor == _POSTGRESQL:
            shape.append((column, "= ANY(%s)"))
            values.append(wanted)
        elif several:
            shape.append((column, f"IN ({', '.join('?' * len(wanted))})"))
            values += wanted
        else:
            shape.append((column, f"= {_mark(vendor)}"))
            values.append(wanted[0] if isinstance(wanted, list) else wanted)
    return _selection(model, columns, tuple(shape)), values


@lru_cache(maxsize=500)  # on SQLite one for each length of a list
def _selection(model: type[models.Model], columns: tuple[str, ...], shape: tuple[tuple[str, str], ...]) -> str:
    condition = " AND ".join(f"{_quoted(column)} {test}" for column, test in shape)
    return f"SELECT {_names(columns)} FROM {_quoted(model._meta.db_table)} WHERE {condition}"


@cache
def _qualified(name: str, model: type[models.Model], vendor: str) -> str:
    return ", ".join(f"{name}.{_quoted(column)}" for column in _whole(model, vendor)[0])


def _mark(vendor: str) -> str:
    return "%s" if vendor == _POSTGRESQL else "?"


@cache
def _fields(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    return {str(field.column): field for field in model._meta.concrete_fields}


@cache
def _attributes(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _whole(model: type[models.Model], vendor: str) -> tuple[tuple[str, ...], list[tuple[str, _Adapter]]]:
    """All columns of `model`, and by attribute what makes Python's values of those the driver gives."""
    converters: list[tuple[str, _Adapter]] = []
    for field in model._meta.concrete_fields:
        if vendor == "sqlite" and isinstance(field, models.DateTimeField):
            converters.append((field.attname, _instant))
            continue
        expression = field.get_col(model._meta.db_table)
        steps = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
        converters += [(field.attname, _converter(step, expression)) for step in steps]
    return tuple(_fields(model)), converters


def _instant(told: dt.datetime | None) -> dt.datetime | None:
    return None if told is None else instant(told)


def _converter(step: Callable[..., Any], expression: models.Expression) -> _Adapter:
    return lambda value: step(value, expression, connection)


# Carrying them out


def _db() -> BaseDatabaseWrapper:
    """The connection itself: through Django's proxy each attribute takes a microsecond."""
    db: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
    return db


def _answer(cursor: Any, db: BaseDatabaseWrapper | None = None) -> list[tuple[Any, ...]]:
    with (db or _db()).wrap_database_errors:
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _loaded(model: type[M], cursor: Any) -> list[M]:
    db = _db()
    return [_made(model, row, db) for row in _answer(cursor)]


def _made(model: type[M], row: Row, db: BaseDatabaseWrapper) -> M:
    """As `Model.from_db` makes it of a whole row, but past `__init__`, its signals and descriptors."""
    made = model.__new__(model)
    values = vars(made)
    values.update(zip(_attributes(model), row, strict=True))
    for name, convert in _whole(model, db.vendor)[1]:
        values[name] = convert(values[name])
    made._state = state = ModelState()
    state.adding, state.db = False, db.alias
    return made


def _insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row], action: str = "") -> None:
    vendor = _db().vendor
    if vendor == _POSTGRESQL and len(rows) <= _FEW:
        values = list(itertools.chain.from_iterable(rows))
        _run(_inserting(model, tuple(columns), len(rows), vendor) + action, values)
    else:
        _run_each(_inserting(model, tuple(columns), 1, vendor) + action, rows)


def _run_each(sql: str, rows: Sequence[Row]) -> None:
    if len(rows) == 1:
        _run(sql, rows[0])
    else:
        _run(sql, rows, "executemany")


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Have the planner look at tables that have grown; autovacuum would do so after a minute. Outside a transaction.

    SQLite plans by the schema alone.
    """
    if connection.vendor == _POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_names(table._meta.db_table for table in tables)}")


def _run(sql: str, values: Sequence[Any], how: str = "execute", *, db: Any = None) -> Any:
    """Carry one statement out by the driver itself, within Django's transaction and with its exceptions."""
    db = db or _db()
    if db.connection is None:
        db.ensure_connection()
    db.validate_no_broken_transaction()
    enter_pipeline()
    began = time.monotonic()
    with db.wrap_database_errors:
        cursor = _cursor(db)
        if db.vendor == _POSTGRESQL and "= ANY" in sql:  # how to look many up depends on how many there are by now
            cursor.execute(sql, values, prepare=False)
        else:
            getattr(cursor, how)(sql, values)
    if db.queries_logged:
        db.queries_log.append({"sql": sql, "time": f"{time.monotonic() - began:.3f}"})
    return cursor


def _cursor(db: Any) -> Any:
    if db.vendor != _POSTGRESQL:
        return db.connection.cursor()
    import psycopg  # only where it is installed

    return psycopg.Cursor(db.connection)  # Django's would put the values into the text, which the server reads anew


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    sql = f"COPY {_quoted(model._meta.db_table)} ({_names(columns)}) FROM STDIN"
    leave_pipeline()
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _adapted(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> Sequence[Row]:
    adapters = _adapters(model, tuple(columns), _db().vendor)
    if not adapters:
        return rows
    adapted = [list(row) for row in rows]
    for position, adapt in adapters:
        known: dict[Any, Any] = {}  # one batch has one instant
        for row in adapted:
            value = row[position]
            if value is None:
                continue
            if isinstance(value, dict):
                row[position] = adapt(value)
            else:
                row[position] = known[value] if value in known else known.setdefault(value, adapt(value))
    return adapted


@cache
def _adapters(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> list[tuple[int, _Adapter]]:
    adapters: list[tuple[int, _Adapter]] = []
    for position, column in enumerate(columns):
        field = _fields(model)[column]
        if isinstance(field, models.DateTimeField) and vendor == "sqlite":
            adapters.append((position, connection.ops.adapt_datetimefield_value))
        elif isinstance(field, models.DateField) and vendor == "sqlite":
            adapters.append((position, connection.ops.adapt_datefield_value))
        elif isinstance(field, models.JSONField):
            adapters.append((position, _json))
    return adapters


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
