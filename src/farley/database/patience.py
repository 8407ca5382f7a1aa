"""Reading that is given up when it takes too long: an index that does not help is found out by nobody in advance."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

_STEPS = 20_000  # of SQLite's machine between two looks at the clock: about a millisecond


class TookTooLong(RuntimeError):
    """What was read within `at_most` took longer than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Cancel the query that runs `seconds` from now. Raises TookTooLong. For reading, outside of any write.

    PostgreSQL gives each statement as long; SQLite all of them together.
    """
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with _on_postgresql(seconds):
            yield
        return
    driver: Any = connection.connection
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except OperationalError as error:
        if time.monotonic() > end and "interrupted" in str(error):
            raise TookTooLong from error
        raise
    finally:
        driver.set_progress_handler(None, 0)


@contextmanager
def _on_postgresql(seconds: float) -> Iterator[None]:
    from psycopg.errors import QueryCanceled  # only where it is installed

    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(1000 * seconds))])
            yield
            if connection.in_atomic_block and len(connection.savepoint_ids) > 0:  # the limit is not for what follows
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise
