"""Writers on SQLite wait their turn here, before they begin.

SQLite's busy timeout is no queue: of eight writers that retry with growing pauses some wait for
seconds while others pass. A file lock beside the database wakes its waiters in the order they came.
PostgreSQL queues by itself; there what counts is how often a writer waits for an answer, so statements are sent
without waiting for one another.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction

_held = threading.local()


@contextmanager
def write_turn(*, is_pipelined: bool = False) -> Iterator[None]:
    """Open one write transaction when it is this writer's turn; inside another one, join it.

    Everything slow belongs before it. The lock is given back after commit or rollback. `is_pipelined` has PostgreSQL
    take the statements of `rows` without each waiting for the answer to the one before: what one of them broke may be
    raised by a later one, or by the commit.
    """
    path = _lock_path()
    if path is None or getattr(_held, "is_mine", False) or connection.in_atomic_block:
        with _pipeline() if is_pipelined and not connection.in_atomic_block else nullcontext(), transaction.atomic():
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


def write_back() -> None:
    """Have SQLite copy its log back into the file now, while others may write: for who writes much, turn after turn.

    Else the commit that finds the log long does it, and whoever is next waits for that, too.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def enter_pipeline() -> None:
    """Have the statements that follow sent without waiting, where the transaction allows it (`write_turn`)."""
    pipeline: ExitStack | None = getattr(_held, "pipeline", None)
    if pipeline is not None and not _held.is_in_pipeline:
        driver: Any = connection.connection
        pipeline.enter_context(driver.pipeline())
        _held.is_in_pipeline = True


def leave_pipeline() -> None:
    """Wait for all that was sent; raise what it broke. For what cannot be done in a pipeline, as COPY."""
    pipeline: ExitStack | None = getattr(_held, "pipeline", None)
    if pipeline is not None and _held.is_in_pipeline:
        _held.is_in_pipeline = False
        with connection.wrap_database_errors:
            pipeline.close()


@contextmanager
def _pipeline() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.execute_wrapper(_waited_for), connection.wrap_database_errors, ExitStack() as pipeline:
        _held.pipeline, _held.is_in_pipeline = pipeline, False
        try:
            yield
        finally:
            _held.pipeline = None


def _waited_for(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's own statements wait: it reads at once how many rows they touched, and may go on after an error."""
    leave_pipeline()
    return execute(sql, params, many, context)


def _lock_path() -> str | None:
    if connection.vendor != "sqlite":
        return None
    name = str(connection.settings_dict["NAME"])
    return None if name == ":memory:" or "mode=memory" in name else f"{name}.turn"
