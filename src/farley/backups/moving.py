"""An instance's database carried over to another engine or place, and compared with what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from farley.backups.archive import Manifest, Progress
from farley.backups.operations import SUFFIX, NotEmpty, alone, back_up, build, is_empty, opened, stamp
from farley.backups.snapshots import snapshot
from farley.configuration import Configuration
from farley.database.engines import settings_of


class NotEqual(RuntimeError):
    """`table` of the new database does not hold what the old one's does. The old one is as it was."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


def move_database(configuration: Configuration, url: str, *, progress: Progress) -> Manifest:
    """Fill the empty database at `url` with what is in that of `configuration`, and compare every table by its hash.

    The old one is only read. Raises NotEmpty, NotEqual, InUse (`farley serve` would go on writing to the old one),
    OSError, DatabaseError.
    """
    data = Path(settings.DATA)
    between = data / "run" / f"moving-{stamp()}{SUFFIX}"
    with alone(data):
        try:
            manifest = back_up(between, with_derived=True, progress=progress)
            with opened(between) as reader, _working_on(replace(configuration, database_url=url)):
                if not is_empty():
                    raise NotEmpty
                build(reader, lambda _manifest: None, progress=progress)
                _compare(manifest, progress=progress)
        finally:
            between.unlink(missing_ok=True)
    return manifest


def _compare(manifest: Manifest, *, progress: Progress) -> None:
    with snapshot() as moment:
        for record in manifest.tables:
            found = hashlib.sha256()
            for chunk in moment.chunks(record.table):
                found.update(chunk)
                progress(len(chunk))
            if found.hexdigest() != record.sha256:
                raise NotEqual(record.name)


@contextmanager
def _working_on(configuration: Configuration) -> Iterator[None]:
    """Have Django's one connection lead to the database of `configuration`."""
    former = connections.settings[DEFAULT_DB_ALIAS]
    _connect(connections.configure_settings({DEFAULT_DB_ALIAS: settings_of(configuration)})[DEFAULT_DB_ALIAS])
    try:
        yield
    finally:
        _connect(former)


def _connect(database: Any) -> None:
    current: Any = connections[DEFAULT_DB_ALIAS]
    current.close()
    if hasattr(current, "close_pool"):
        current.close_pool()
    connections.settings[DEFAULT_DB_ALIAS] = database
    del connections[DEFAULT_DB_ALIAS]
