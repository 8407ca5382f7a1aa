from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class DatabaseConfig(AppConfig):
    name = "farley.database"

    def ready(self) -> None:
        connection_created.connect(_send_integers_alike)


def _send_integers_alike(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """The driver gives small integers other types than large ones, and the server prepares a statement for each."""
    if connection.vendor == "postgresql":
        from psycopg.types.numeric import Int8Dumper

        connection.connection.adapters.register_dumper(int, Int8Dumper)
