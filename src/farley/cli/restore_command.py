"""`farley restore`: an instance made of a backup, wholly or not at all."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from farley.cli.backup_command import counted, summary
from farley.cli.command import DONE, Refused, set_up
from farley.cli.passphrase import add_passphrase_to, passphrase_for
from farley.configuration import load


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "restore",
        help="make this instance what a backup holds",
        description=(
            "Read all of a backup, then make this instance what it holds, on SQLite or PostgreSQL, whichever it came"
            " from. What cannot wholly be read is refused, and whatever goes wrong half-way changes nothing. Stop"
            " `farley serve` first. Everybody logs in again afterwards; phones and other devices go on by themselves."
        ),
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--replace", action="store_true", help="even if there are accounts here: a backup of them is made first"
    )
    add_passphrase_to(parser)
    parser.set_defaults(run=_restore, needs_database=False)


def _restore(options: argparse.Namespace) -> int:
    set_up(load())

    from django.db import DatabaseError

    from farley.backups.archive import BadBackup
    from farley.backups.migrating import MigrationFailed
    from farley.backups.operations import InUse, NotEmpty, opened, restore, steps_of
    from farley.backups.upgrading import explained

    try:
        passphrase = passphrase_for(options)
        with opened(options.file, passphrase) as reader:
            steps = steps_of(reader.manifest)
        with counted("Restoring", steps) as advanced:  # read once to judge it, once to load it, and derived
            restored = restore(options.file, passphrase=passphrase, replace=options.replace, progress=advanced)
    except BadBackup as error:
        raise Refused(f"{options.file} cannot be restored: {error}. Nothing was changed.") from error
    except NotEmpty as error:
        raise Refused(
            "there are accounts here already: name an empty folder in FARLEY_DATA (or an empty database in"
            " FARLEY_DATABASE_URL), or say --replace; what is here is put into a backup first"
        ) from error
    except InUse as error:
        raise Refused(f"{error}. Nothing was changed.") from error
    except MigrationFailed as error:
        raise Refused(
            f"bringing it up to date failed in {error.migration}: {error.__cause__}. Nothing was changed."
        ) from error
    except DatabaseError as error:
        raise Refused(f"{explained(error)} Nothing was changed.") from error
    print(f"{summary(restored.manifest)}, as of {restored.manifest.made_at}.")
    if restored.aside is not None:
        print(f"What was here before is in {restored.aside}")
    print("Everybody logs in again; `farley check --deep` compares all of it with the cards.")
    return DONE
