"""A disk that is full, as the database says it: it may not grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_AS_MANY_AS_THERE_MAY_BE = 1073741823
_PAGES_A_CARD = 30  # of those that the tests write
_SAID = "konnte Datei nicht erweitern: Auf dem Gerät ist kein Speicherplatz mehr verfügbar"  # servers speak, too


@contextmanager
def full_disk(*, pages: int = 0) -> Iterator[None]:
    """Inside, there is room for so many `pages` more. On SQLite of this connection alone."""
    (_fill_server if connection.vendor == "postgresql" else _fill_file)(pages)
    try:
        yield
    finally:
        room_again()


def room_again() -> None:
    """Somebody has deleted something else from the disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS no_room CASCADE")
            cursor.execute("DROP SEQUENCE IF EXISTS room")
        else:
            cursor.execute(f"PRAGMA max_page_count = {_AS_MANY_AS_THERE_MAY_BE}")


def _fill_file(pages: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that earlier tests gave back would be filled first
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + pages}")


def _fill_server(pages: int) -> None:
    """The server's own error, raised where it writes octets: its disk cannot be filled here."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE room")  # counts on when a transaction is taken back
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('room') > {pages // _PAGES_A_CARD} THEN"
            f"  RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'disk_full'; END IF;"
            " RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON journal_content FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
