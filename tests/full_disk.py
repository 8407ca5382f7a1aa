"""A disk that is full, as SQLite says it: the database may not grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_AS_MANY_AS_THERE_MAY_BE = 1073741823


@contextmanager
def full_disk(*, pages: int = 0) -> Iterator[None]:
    """Inside, there is room for so many `pages` more. Of this connection alone."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that earlier tests gave back would be filled first
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + pages}")
    try:
        yield
    finally:
        room_again()


def room_again() -> None:
    """Somebody has deleted something else from the disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {_AS_MANY_AS_THERE_MAY_BE}")
