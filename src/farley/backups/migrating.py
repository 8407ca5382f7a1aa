"""Migrations as one step: all of them, or the database is as it was, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from farley.backups.tables import Migration
from farley.database.fields import clustered
from farley.search.trigrams import make_index


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
        if len(plan) == len(executor.loader.disk_migrations):  # all of them: nothing is there
            _make_tables()
            note_all()
            state_apps = apps
        else:
            state_apps = executor.migrate(targets, plan).apps
        if to is None:  # makes permissions and content types
            emit_post_migrate_signal(0, False, DEFAULT_DB_ALIAS, apps=state_apps, plan=plan)
    except Exception as error:
        raise MigrationFailed(running) from error


def _make_tables() -> None:
    """The tables as they are today, in an empty database. Migrations one by one lead to the same in ten times as long:
    Django makes every model anew after each step.
    """
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    with connection.schema_editor() as editor:
        for model in models:
            with clustered(editor) if len(model._meta.pk_fields) > 1 else nullcontext():
                editor.create_model(model)


def note_all() -> None:
    """Where the tables are there without migrations: make what else migrations make, and note all of them as done."""
    with connection.schema_editor() as editor:
        make_index(editor)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=app, name=name) for app, name in sorted(MigrationLoader(None).disk_migrations)
    )


def applied() -> set[Migration]:
    return set(MigrationRecorder(connection).applied_migrations())


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
