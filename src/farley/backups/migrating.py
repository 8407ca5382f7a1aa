"""Migrations as one step: all of them, or the database is as it was, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from farley.backups.tables import Migration


class MigrationFailed(RuntimeError):
    """`migration` (app.name) could not be carried out, and nothing was changed. `__cause__` is why."""

    def __init__(self, migration: str) -> None:
        super().__init__(migration)
        self.migration = migration


@contextmanager
def one_transaction() -> Iterator[None]:
    """One for schema and rows. SQLite switches its foreign keys off only outside of one, and would not let tables be
    made anew with them; each migration judges them at its end.
    """
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        _execute("PRAGMA foreign_keys = OFF")
    try:
        with transaction.atomic():
            yield
    finally:
        if is_sqlite:
            _execute("PRAGMA foreign_keys = ON")


def migrate(to: Iterable[Migration] | None = None) -> None:
    """Carry out what is lacking, up to exactly the migrations of `to` where they are given; inside `one_transaction`.

    Raises MigrationFailed.
    """
    running = ""

    def told(action: str, migration: Any = None, _is_fake: Any = False) -> None:
        nonlocal running
        if migration is not None:
            running = str(migration)
        if action == "apply_success" and connection.vendor == "postgresql":
            # it alters no table with rows that a constraint is still to judge: the next migration may want to
            _execute("SET CONSTRAINTS ALL IMMEDIATE")
            _execute("SET CONSTRAINTS ALL DEFERRED")

    executor = MigrationExecutor(connection, cast(Any, told))
    targets = executor.loader.graph.leaf_nodes() if to is None else list(to)
    plan = executor.migration_plan(targets)
    try:
        if to is None:
            emit_pre_migrate_signal(0, False, DEFAULT_DB_ALIAS)
        state = executor.migrate(targets, plan)
        if to is None:  # makes permissions and content types
            emit_post_migrate_signal(0, False, DEFAULT_DB_ALIAS, apps=state.apps, plan=plan)
    except Exception as error:
        raise MigrationFailed(running) from error


def applied() -> set[Migration]:
    return set(MigrationRecorder(connection).applied_migrations())


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
