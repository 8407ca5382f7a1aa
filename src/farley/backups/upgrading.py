"""Bringing the database up to date, with a copy of it made before anything is changed."""

from __future__ import annotations

import fcntl
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError, OperationalError

from farley.backups.migrating import MigrationFailed, migrate, one_transaction
from farley.backups.operations import back_up, place_aside
from farley.database.trouble import Trouble, trouble_of

UPGRADE_LOCK = 0x6661726C6579  # any number that nobody else takes on this database
COPIES = 3  # made before upgrades, that are kept
OUR_APP = "spaces"  # a database with this app's migrations is Farley's


_COPY = re.compile(r"before-(upgrade|restore)-(\d{4}-\d\d-\d\dT\d{6}Z(?:-\d+)?)\.(farley|sqlite3)")


class DatabaseUnusable(RuntimeError):
    """Farley cannot work with this database. The message says why and what helps; nothing was changed."""


def bring_up_to_date(data: Path) -> Path | None:
    """Make or upgrade the database; return the copy made before an upgrade, if there was one.

    Raises DatabaseUnusable for one that is missing its server, is not Farley's, or was written by a newer Farley.
    """
    try:
        _reach_server()
        if not _is_foreign_file() and not _pending():
            return None
        with _alone(data):  # judged again: another command may be half through making it
            if _is_foreign_file():
                raise DatabaseUnusable(_foreign(_tables_of_file()))
            if is_up_to_date():
                return None
            copy = _copy(data / "backups") if _tables() else None
            _migrate(copy)
            thin_out(data / "backups")
            return copy
    except OperationalError as error:
        raise DatabaseUnusable(explained(error)) from error
    except DatabaseError as error:
        raise DatabaseUnusable(f"{_place()} cannot be read as a database: {_first_line(error)}") from error


def is_up_to_date() -> bool:
    """Whether nothing needs to be migrated. Raises DatabaseUnusable for a foreign or newer database."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    if applied == _on_disk():
        return True
    executor = MigrationExecutor(connection)
    if not applied:
        if tables := _tables():
            raise DatabaseUnusable(_foreign(tables))
        return False
    if not any(app == OUR_APP for app, _ in applied):
        raise DatabaseUnusable(f"{_place()} belongs to another program. Name another one in FARLEY_DATABASE_URL.")
    ours = {app for app, _ in executor.loader.disk_migrations}
    unknown = sorted(f"{app}.{name}" for app, name in applied - executor.loader.disk_migrations.keys() if app in ours)
    if unknown:
        raise DatabaseUnusable(
            f"{_place()} was written by a newer Farley ({unknown[0]}). Install that version, or restore a backup."
        )
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _on_disk() -> set[tuple[str, str]]:
    """App and name of every migration there is. Told by the files: every command asks, and importing all takes long."""
    return {
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in pkgutil.iter_modules([str(Path(app.path, "migrations"))])
        if not module.name.startswith(("_", "~"))
    }


def _migrate(copy: Path | None) -> None:
    try:
        with one_transaction():
            migrate()
    except MigrationFailed as error:
        cause = error.__cause__
        if not isinstance(cause, Exception):
            raise
        if trouble_of(cause):
            raise cause from error
        where = f" A copy of it is in {copy}." if copy else ""
        raise DatabaseUnusable(
            f"{_place()} could not be brought up to date: {error.migration}: {_first_line(cause)}."
            f" It is as it was before, and the version of Farley that worked on it still does.{where}"
        ) from error


def _reach_server() -> None:
    """Connect once without the pool, which would wait and then say only that it got no connection."""
    if connection.vendor == "postgresql":
        import psycopg

        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params()).close()


def _pending() -> bool:
    """Whether a closer look is needed: something to migrate, or something odd."""
    try:
        return not is_up_to_date()
    except DatabaseUnusable:
        return True


def explained(error: Exception) -> str:
    """What an OperationalError means to whoever started the command, and what helps."""
    said = _first_line(error)
    match trouble_of(error):
        case Trouble.LOCKED:
            return f"{_place()} is locked by another program. Close that program and try again."
        case Trouble.READ_ONLY:
            return f"{_place()} cannot be opened for writing ({said}). See that the folder exists and is yours."
        case Trouble.FULL:
            return (
                f"{_place()} cannot grow: the disk is full. Nothing of this step was written; make room and try again."
            )
    return f"{_place()} does not answer: {said}"


def _is_foreign_file() -> bool:
    """Whether a SQLite file is somebody else's."""
    tables = _tables_of_file()
    return bool(tables) and "django_migrations" not in tables


def _tables_of_file() -> list[str]:
    """The tables of a SQLite file, looked at without Django, whose connection would switch it to WAL: a change."""
    path = Path(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or not path.exists() or not path.stat().st_size:
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            return [name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    except sqlite3.OperationalError:
        return []  # locked or not ours to read: the real connection says so better
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(f"{_place()} cannot be read as a database: {error}") from error


def _foreign(tables: list[str]) -> str:
    return (
        f"{_place()} is not Farley's: it holds {', '.join(sorted(tables)[:3])}."
        " Name another one in FARLEY_DATABASE_URL or another folder in FARLEY_DATA."
    )


def _copy(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = place_aside(folder, "before-upgrade")
    back_up(target, with_secrets=True, with_derived=True)  # who goes back restores it by the former version
    return target


def copies(folder: Path) -> list[Path]:
    """The copies made before upgrades and restores, newest first; other files are none of ours."""
    matches = ((path, _COPY.fullmatch(path.name)) for path in folder.glob("before-*"))
    return [path for _, path in sorted(((_order(match[2]), path) for path, match in matches if match), reverse=True)]


def _order(made_at: str) -> tuple[str, int]:
    """The moment in a copy's name, and its number within the second."""
    moment, _, number = made_at.partition("Z")
    return moment, int(number[1:] or 1)


def thin_out(folder: Path) -> None:
    """Leave the newest COPIES made before upgrades: each is as large as the database. Those of restores stay."""
    for path in [copy for copy in copies(folder) if copy.name.startswith("before-upgrade-")][COPIES:]:
        path.unlink(missing_ok=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    (data / "run").mkdir(parents=True, exist_ok=True)
    with (data / "run" / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:  # the file reaches one machine, this one all that use the database
            cursor.execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [UPGRADE_LOCK])


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def _place() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"The database {settings['NAME']}"
    return f"The database “{settings['NAME']}” at {settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
