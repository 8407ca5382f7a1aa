"""Which tables and columns a database holds, read out of its migrations: those of today or of any former state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps as apps_of_today
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

Migration = tuple[str, str]  # app and name

# Sessions and one-time codes, for a restored copy must open no door that was closed since; and what counts guesses.
LEFT_OUT = frozenset({"django_session", "usersessions_usersession", "account_emailconfirmation", "accounts_guesses"})


# What is read out of the octets again when a backup is restored: half of the work of making one, a third of its text.
DERIVED = frozenset({"contacts_indexrow", "contacts_tagentry", "search_entry"})


class Kind(StrEnum):
    """How the values of a column are written in a backup (`rows_as_text`)."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    OCTETS = "octets"
    INSTANT = "instant"
    DATE = "date"
    UUID = "uuid"
    JSON = "json"


_KINDS = {
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField"), Kind.INTEGER),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), Kind.INTEGER),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"), Kind.INTEGER),
    **dict.fromkeys(("CharField", "TextField", "SlugField", "FileField", "FilePathField"), Kind.TEXT),
    "BooleanField": Kind.BOOLEAN,
    "FloatField": Kind.FLOAT,
    "BinaryField": Kind.OCTETS,
    "DateTimeField": Kind.INSTANT,
    "DateField": Kind.DATE,
    "UUIDField": Kind.UUID,
    "JSONField": Kind.JSON,
}


class NoSuchKind(TypeError):
    """A column has a type that backups do not know yet: `Kind`, and both sides of `rows_as_text`, must learn it."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """`key` are the positions of the primary key's columns, in its order; `counted` the column of an id that counts."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    counted: str | None

    def holds_the_same_as(self, other: Table | None) -> bool:
        """Whether rows of one fit the other. The order of columns tells nothing: migrations add at the end."""
        if other is None or (self.name, self.counted) != (other.name, other.counted):
            return False
        keys = [[table.columns[place].name for place in table.key] for table in (self, other)]
        return set(self.columns) == set(other.columns) and keys[0] == keys[1]


def tables_of(migrations: Iterable[Migration]) -> list[Table]:
    """The tables that a backup of a database with these migrations holds, by name. Raises NoSuchKind."""
    tables = {}
    for model in _models_of(frozenset(migrations)):
        options = model._meta
        if options.managed and not options.proxy and options.db_table not in LEFT_OUT:
            tables[options.db_table] = _table(model)
    return [tables[name] for name in sorted(tables)]


def known_migrations() -> set[Migration]:
    """All that this Farley has."""
    return set(MigrationLoader(None).disk_migrations)


def _models_of(migrations: frozenset[Migration]) -> list[type[models.Model]]:
    loader = MigrationLoader(None)
    if loader.disk_migrations.keys() <= migrations:
        return list(apps_of_today.get_models(include_auto_created=True))
    state = loader.project_state([node for node in migrations if node in loader.graph.nodes])
    return list(state.apps.get_models(include_auto_created=True))


def _table(model: type[models.Model]) -> Table:
    fields = list(model._meta.concrete_fields)
    columns = tuple(Column(field.column or field.attname, _kind(field)) for field in fields)
    key = tuple(fields.index(field) for field in model._meta.pk_fields)
    counted = next(
        (field.column for field in fields if isinstance(field, models.AutoField | models.BigAutoField)), None
    )
    return Table(model._meta.db_table, columns, key, counted)


def _kind(field: models.Field[Any, Any]) -> Kind:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    try:
        return _KINDS[field.get_internal_type()]
    except KeyError:
        raise NoSuchKind(f"{field.model._meta.label}.{field.name}: {field.get_internal_type()}") from None


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
