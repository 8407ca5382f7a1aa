"""Making a backup while others write, judging one, and restoring one wholly or not at all."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from farley import __version__
from farley.accounts.actor import COMMAND
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.backups.archive import FORMAT, WITH_DERIVED, BadBackup, Manifest, Progress, Reader, Writer
from farley.backups.loading import load_postgres, load_sqlite, without_indexes
from farley.backups.migrating import migrate, one_transaction
from farley.backups.sealing import CannotUnseal, Sealing, Unsealed, is_sealed
from farley.backups.snapshots import Snapshot, snapshot
from farley.backups.tables import DERIVED, Migration, known_migrations, quoted, tables_of
from farley.calendars import rebuilding as calendars
from farley.contacts import rebuilding as contacts
from farley.jobs.worker import held
from farley.journal import epochs
from farley.search import trigrams

FOLDERS = ("uploads",)  # of the data folder; what else is in there is made anew, or a secret
SECRETS = "secrets"
ONE_TIME = frozenset({"first-administrator"})  # secrets that are spent
SUFFIX = ".farley"
PATIENCE = 30  # tenths of a second
DERIVING = 8  # times as long as an octet takes to be loaded one takes to be derived from


class NotEmpty(RuntimeError):
    """There is something where the backup is to be restored, and nobody said that it may be replaced."""


class NeedsPassphrase(ValueError):
    """The backup is sealed, and no passphrase was given."""


class InUse(RuntimeError):
    """Others work on what is to be replaced; the message says who."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back; `aside` is a backup of what was there before, or the damaged database itself."""

    manifest: Manifest
    aside: Path | None


def _nothing(_done: int) -> None: ...


def back_up(
    target: Path,
    *,
    passphrase: str | None = None,
    with_secrets: bool = False,
    with_derived: bool = False,
    progress: Progress = _nothing,
) -> Manifest:
    """Write a backup into the new file `target` and read it back; there is none before it is whole and on the disk.

    With a passphrase it is sealed, all of it. What is `derived` is read out of the octets again by a restore; taken
    along, it makes the file larger, and one that former versions of Farley read.

    Raises FileExistsError, OSError, BadBackup (what was written is not what is read).
    """
    if target.exists():
        raise FileExistsError(17, "is there already; a backup never replaces a file", str(target))
    draft = target.with_name(f"{target.name}.part")
    try:
        with private_file(draft) as file:
            with snapshot() as moment, _sealed(file, passphrase) as sealed:
                manifest = _write(
                    sealed, moment, with_secrets=with_secrets, with_derived=with_derived, progress=progress
                )
            file.flush()
            os.fsync(file.fileno())
        with opened(draft, passphrase) as reader:
            reader.verify()
        os.link(draft, target)  # which refuses to replace, as a rename does not
    finally:
        draft.unlink(missing_ok=True)
    _sync(target.parent)
    return manifest


def size_of_database() -> int:
    """Octets; about what a backup will read."""
    with snapshot() as moment:
        return moment.size()


@contextmanager
def opened(path: Path, passphrase: str | None = None) -> Iterator[Reader]:
    """A backup, its manifest read. Raises OSError, BadBackup, NeedsPassphrase."""
    with path.open("rb") as file:
        if not is_sealed(file.peek(32)):
            yield Reader(file)
            return
        if passphrase is None:
            raise NeedsPassphrase
        try:
            unsealed = Unsealed(file, passphrase)
        except CannotUnseal as error:
            raise BadBackup(str(error)) from error
        yield Reader(io.BufferedReader(unsealed, 1 << 16))


def restore(
    path: Path, *, passphrase: str | None = None, replace: bool = False, progress: Progress = _nothing
) -> Restored:
    """Make this instance what the backup holds, and begin a new epoch. Whoever is killed half-way has changed nothing.

    First all of the backup is read; then it is built beside what is there; then it takes its place at once.
    Raises BadBackup, NeedsPassphrase, NotEmpty, InUse, OSError, DatabaseError.
    """
    data = Path(settings.DATA)
    with opened(path, passphrase) as reader, alone(data):
        _refuse_unknown(reader.manifest)
        if not (nobody := is_empty()) and not replace:
            raise NotEmpty
        reader.verify(progress=progress)
        aside = None if nobody else _set_aside(data / "backups")
        _restore_files(reader, data, secrets=False)
        build(reader, _begin_anew, progress=progress)
        _restore_files(reader, data, secrets=True)
        return Restored(reader.manifest, aside)


def steps_of(manifest: Manifest) -> int:
    """How many octets `restore` will tell of, about."""
    cards = next((record.octets for record in manifest.tables if record.name == "journal_content"), 0)
    return 2 * manifest.octets + (0 if manifest.has_derived else DERIVING * cards // 2)  # hexadecimal


def _write(
    file: IO[bytes], moment: Snapshot, *, with_secrets: bool, with_derived: bool, progress: Progress
) -> Manifest:
    migrations = moment.migrations()
    manifest = Manifest(
        farley=__version__,
        made_at=timezone.now().isoformat(timespec="seconds"),
        engine=connection.vendor,
        migrations=migrations,
        has_secrets=with_secrets,
        format=WITH_DERIVED if with_derived else FORMAT,
    )
    writer = Writer(file, manifest, progress=progress)
    data = Path(settings.DATA)
    try:
        for found in _files(data, with_secrets=with_secrets):  # at once after the moment: what rows name is still there
            with suppress(FileNotFoundError), found.open("rb") as source:
                writer.add_file(found.relative_to(data).as_posix(), source)
        for table in tables_of(migrations):
            if table.name in DERIVED and not with_derived:
                continue
            writer.add_table(table, moment.chunks(table), moment.next_id(table))
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return manifest


def _files(data: Path, *, with_secrets: bool) -> Iterator[Path]:
    for folder in (*FOLDERS, *([SECRETS] if with_secrets else [])):
        for path in sorted((data / folder).rglob("*")):
            is_draft = path.name.startswith(".")
            if path.is_file() and not path.is_symlink() and not is_draft and path.name not in ONE_TIME:
                yield path


# Restoring


def _refuse_unknown(manifest: Manifest) -> None:
    if unknown := sorted(set(manifest.migrations) - known_migrations()):
        app, name = unknown[0]
        raise BadBackup(f"it was written by a newer Farley ({manifest.farley}, {app}.{name}): install that version")
    tables = {table.name: table for table in tables_of(manifest.migrations)}
    for record in manifest.tables:
        if not record.table.holds_the_same_as(tables.pop(record.name, None)):
            raise BadBackup(f"its table {record.name} is not what Farley {manifest.farley} had")
    if lacking := tables.keys() - (frozenset() if manifest.has_derived else DERIVED):
        raise BadBackup(f"it lacks the table {min(lacking)}")


def is_empty() -> bool:
    """Whether there is no database yet, or one in which nobody has an account. Raises NotEmpty for a damaged one."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return True
    try:
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            if "accounts_user" not in tables:
                return not tables
            cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_user)")
            return not cursor.fetchone()[0]
    except DatabaseError:
        if connection.vendor == "sqlite":
            return False  # damaged, which is why somebody restores
        raise
    finally:
        connection.close()


def _set_aside(folder: Path) -> Path:
    """A backup of what is there; of a damaged SQLite file a copy as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = place_aside(folder, "before-restore")
    try:
        back_up(target, with_secrets=True)
    except (DatabaseError, sqlite3.DatabaseError):
        if connection.vendor != "sqlite":
            raise
        target = target.with_suffix(".sqlite3")
        with Path(connection.settings_dict["NAME"]).open("rb") as source, private_file(target) as copy:
            shutil.copyfileobj(source, copy)
    return target


def build(reader: Reader, finish: Callable[[Manifest], None], *, progress: Progress) -> None:
    """Have the database hold what the backup holds, in one step; `finish` is the last part of it."""
    if connection.vendor == "sqlite":
        _build_sqlite(reader, finish, progress)
    else:
        _build_postgres(reader, finish, progress)


def _build_sqlite(reader: Reader, finish: Callable[[Manifest], None], progress: Progress) -> None:
    database = Path(connection.settings_dict["NAME"])
    draft = database.with_name(f"{database.name}.restoring")
    _remove(draft)
    connection.close()
    connection.settings_dict["NAME"] = str(draft)
    try:
        with one_transaction():
            migrate(_leaves(reader.manifest.migrations))
        connection.close()
        load_sqlite(draft, reader, progress=progress)
        with one_transaction():
            migrate()
            finish(reader.manifest)
        _derive(reader.manifest, progress)
        connection.close()
        _in_one_file(draft)
        _sync(draft)
        with suppress(sqlite3.DatabaseError) if _is_damaged(database) else _nobody_else(database):
            _in_one_file(database)
        _remove_beside(database)
        draft.replace(database)
        _sync(database.parent)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(database)
        _remove(draft)


def _build_postgres(reader: Reader, finish: Callable[[Manifest], None], progress: Progress) -> None:
    with one_transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {quoted(table)} CASCADE")
        migrate(_leaves(reader.manifest.migrations))
        load_postgres(reader, progress=progress)
        migrate()
        finish(reader.manifest)
        _derive(reader.manifest, progress)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _derive(manifest: Manifest, progress: Progress) -> None:
    """Make what the backup does not hold: on SQLite the index of trigrams at the least. Killed, it is begun anew."""
    if manifest.has_derived:
        trigrams.mend()
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it takes its place
    with without_indexes(DERIVED):
        contacts.fill(progress=lambda octets: progress(DERIVING * octets))
    calendars.rebuild()


def _begin_anew(manifest: Manifest) -> None:
    epochs.begin()
    note(Verb.RESTORED, by=COMMAND, door=Door.CLI, subject=manifest.made_at)


def _leaves(migrations: list[Migration]) -> list[Migration]:
    """The last ones of each app: a target that is applied already would be taken back to."""
    from django.db.migrations.loader import MigrationLoader

    graph, wanted = MigrationLoader(None).graph, set(migrations)

    def is_last(node: Migration) -> bool:
        children = (child.key for child in graph.node_map[node].children)
        return not any(child in wanted and child[0] == node[0] for child in children)

    return sorted(node for node in wanted if is_last(node))


def _restore_files(reader: Reader, data: Path, *, secrets: bool) -> None:
    for record in reader.manifest.files:
        if (record.path.partition("/")[0] == SECRETS) != secrets:
            continue
        path = data / record.path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.restoring")
        try:
            with private_file(draft) as file:
                for chunk in reader.chunks(record):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


# Being alone


@contextmanager
def alone(data: Path) -> Iterator[None]:
    try:
        with held(data / "run" / "serve.lock"):
            if connection.vendor == "postgresql":
                _refuse_others()  # of other machines, too
            yield
    except BlockingIOError as error:
        raise InUse(f"`farley serve` works on {data}: stop it first") from error


def _refuse_others() -> None:
    """Asked beside the pool, which may keep several connections. The end of one reaches the server a bit later."""
    import psycopg

    own: Any = connection
    own.close()
    own.close_pool()
    with psycopg.connect(**connection.get_connection_params()) as asking:
        for _ in range(PATIENCE):
            others = asking.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
            asking.rollback()
            if others == (0,):
                return
            time.sleep(0.1)
    raise InUse(f"{others[0] if others else 0} other connections use the database: stop every Farley that works on it")


@contextmanager
def _nobody_else(database: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InUse(f"another program has {database} open: close it first") from error


def _is_damaged(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(database)) as reader:
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True
    return False


# Files


@contextmanager
def _sealed(file: IO[bytes], passphrase: str | None) -> Iterator[IO[bytes]]:
    if passphrase is None:
        yield file
        return
    sealing = Sealing(file, passphrase)
    yield cast(IO[bytes], sealing)
    sealing.close()


def stamp() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")


def place_aside(folder: Path, what: str) -> Path:
    """Where a copy of now goes. A second one within the second is numbered: none ever replaces another."""
    made_at = stamp()
    names = (f"{what}-{made_at}{number}" for number in ("", *(f"-{n}" for n in range(2, 100))))
    return next(folder / f"{name}{SUFFIX}" for name in names if not any(folder.glob(f"{name}.*")))


def private_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w+b")


def _in_one_file(database: Path) -> None:
    """Have all of a SQLite database in its one file, which only who is alone with it can."""
    if database.exists():
        with closing(sqlite3.connect(database, timeout=5)) as last:
            last.execute("PRAGMA journal_mode = DELETE").fetchone()


def _remove(database: Path) -> None:
    database.unlink(missing_ok=True)
    _remove_beside(database)
    database.with_name(f"{database.name}.turn").unlink(missing_ok=True)


def _remove_beside(database: Path) -> None:
    for ending in ("-wal", "-shm", "-journal"):
        database.with_name(f"{database.name}{ending}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
