"""Writers on SQLite wait their turn here, before they begin.

SQLite's busy timeout is no queue: of eight writers that retry with growing pauses some wait for
seconds while others pass. A file lock beside the database wakes its waiters in the order they came.
PostgreSQL queues by itself; there this does nothing.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_held = threading.local()


@contextmanager
def write_turn() -> Iterator[None]:
    """Open one write transaction when it is this writer's turn; inside another one, join it.

    Everything slow belongs before it. The lock is given back after commit or rollback.
    """
    path = _lock_path()
    if path is None or getattr(_held, "is_mine", False) or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _held.is_mine = True
        try:
            with transaction.atomic():
                yield
        finally:
            _held.is_mine = False
    finally:
        os.close(descriptor)  # releases the lock


def _lock_path() -> str | None:
    if connection.vendor != "sqlite":
        return None
    name = str(connection.settings_dict["NAME"])
    return None if name == ":memory:" or "mode=memory" in name else f"{name}.turn"
