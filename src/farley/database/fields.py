"""Column types and table forms that the engines spell differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class KeyField(models.CharField[str, str]):
    """Text compared by code point on every engine: what is sorted, paged by key or searched by prefix."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"  # a database's own collation would order and match differently
        return parameters


class CreateClusteredTable(migrations.CreateModel):
    """A table kept in the order of its composite primary key: WITHOUT ROWID on SQLite, plain elsewhere.

    List the key's columns first and in the key's order: SQLite 3.40's quick_check takes them for NULL otherwise.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with clustered(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def clustered(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """The tables that are made meanwhile lie in the order of their primary keys, where the engine can."""
    plain = schema_editor.sql_create_table
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.sql_create_table = f"{plain} WITHOUT ROWID"
    try:
        yield
    finally:
        schema_editor.sql_create_table = plain


class RowIdField(models.BigIntegerField[int, int]):
    """An id that is given, not counted up; on SQLite the table's own rowid, so that rows lie in its order."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)
