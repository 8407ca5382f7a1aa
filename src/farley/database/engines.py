"""What Django is told about the database of a configuration. No Django in here: its settings are made of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from farley.configuration import Configuration


def settings_of(configuration: Configuration) -> dict[str, Any]:
    """SQLite that keeps what it acknowledged, or the PostgreSQL of the URL with a pool."""
    if file := configuration.sqlite_file:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(file),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": int(configuration.database_options.get("timeout", "20")),
                # FULL: an acknowledged write survives a power cut (NORMAL does not promise it in WAL mode)
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-20000;"
                    " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=67108864; PRAGMA foreign_keys=ON;"
                    # sixteen times the default, 64 MB: an import rewrites the same index pages in every transaction,
                    # and copying them back to the file less often makes its commits half as long
                    " PRAGMA wal_autocheckpoint=16000"
                ),
            },
        }
    parts = urlsplit(configuration.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
            "connect_timeout": 10,
            "prepare_threshold": 1,  # of the statements of `database.rows` alone: Django's own are never prepared
            **configuration.database_options,
        },
    }
