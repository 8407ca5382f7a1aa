"""`farley move-database`: the same instance on another engine."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from farley.cli.backup_command import counted, summary
from farley.cli.command import DONE, Refused, start
from farley.configuration import checked_database_url, load


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "move-database",
        help="carry everything over to another database, SQLite or PostgreSQL",
        description=(
            "Copy everything into an empty database, SQLite or PostgreSQL, and compare every table. The database in use"
            " is only read. Afterwards name the new one in FARLEY_DATABASE_URL; the data folder is still needed."
        ),
    )
    parser.add_argument(
        "url",
        metavar="URL",
        help="postgres://user:password@host/database or sqlite:////folder/file; -: read from one line",
    )
    parser.set_defaults(run=_move, needs_database=False)


def _move(options: argparse.Namespace) -> int:
    configuration = load()
    url = checked_database_url("URL", sys.stdin.readline().strip() if options.url == "-" else options.url)
    if not url:
        raise Refused("URL: must begin with postgres:// or sqlite:///")
    start(configuration)

    from django.db import DatabaseError

    from farley.backups.migrating import MigrationFailed
    from farley.backups.moving import NotEqual, move_database
    from farley.backups.operations import InUse, NotEmpty, size_of_database

    untouched = "The database in use is as it was."
    try:
        with counted("Moving", 3 * size_of_database()) as advanced:  # read, written, compared
            manifest = move_database(configuration, url, progress=advanced)
    except NotEmpty as error:
        raise Refused(f"the database at URL is not empty: make a new one. {untouched}") from error
    except InUse as error:
        raise Refused(str(error)) from error
    except NotEqual as error:
        raise Refused(f"{error.table} did not arrive as it is; do not use the new database. {untouched}") from error
    except MigrationFailed as error:
        raise Refused(f"the new database could not be made: {error.__cause__}. {untouched}") from error
    except DatabaseError as error:
        said = str(error).strip().partition("\n")[0]
        raise Refused(f"the new database could not be filled: {said}. {untouched}") from error
    print(f"{summary(manifest)} are there; every table was compared and is equal.")
    print("From now on set FARLEY_DATABASE_URL (database_url in farley.toml) to the URL you gave.")
    print("What is written to the former database from now on is not in the new one.")
    return DONE
