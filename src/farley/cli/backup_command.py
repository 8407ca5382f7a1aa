"""`farley backup`: everything in one file, while others write; and is a file whole?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, set_up, start
from farley.cli.passphrase import add_passphrase_to, ask_passphrase, given_passphrase, passphrase_for
from farley.cli.progress import Progress
from farley.configuration import load

if TYPE_CHECKING:
    from farley.backups.archive import Manifest


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "backup",
        help="put everything into one file, while others work",
        description=(
            "Write a backup: the whole database as it is at one moment, and the files that belong to it. Nobody has to"
            " stop working. It is read back before it gets its name. `farley restore` makes an instance of it, on"
            " SQLite or PostgreSQL. Sessions are not in it: after a restore everybody logs in again."
        ),
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", help="a file that is not there yet; with --check one that is"
    )
    parser.add_argument(
        "--with-secrets", action="store_true", help="take along what signs shared links; keep the file safe then"
    )
    parser.add_argument(
        "--with-derived",
        action="store_true",
        help="take along what is read out of the cards, too: a larger file, slower to make and quicker to restore",
    )
    parser.add_argument("--passphrase", action="store_true", help="encrypt it with a passphrase that is asked for")
    add_passphrase_to(parser)
    parser.add_argument("--check", action="store_true", help="make none: read all of FILE and say what is in it")
    parser.add_argument(
        "--now",
        action="store_true",
        help="make the nightly one now: into FARLEY_BACKUP_FOLDER, and thin out older ones",
    )
    parser.add_argument("--list", action="store_true", help="list those in FARLEY_BACKUP_FOLDER, newest first")
    parser.set_defaults(run=_backup, needs_database=False)


def _backup(options: argparse.Namespace) -> int:
    if (options.file is None) != (options.now or options.list):
        raise Refused("name a FILE, or say --now or --list")
    if options.now or options.list:
        return _come_round(is_wanted_now=options.now)
    if options.check:
        return _check(options)
    file: Path = options.file
    if str(file) == "-":
        raise Refused("a backup is read back before it counts: name a file")
    if file.exists():
        raise Refused(f"{file} is there already; a backup never replaces a file")
    if not file.absolute().parent.is_dir():
        raise Refused(f"the folder {file.absolute().parent} does not exist")
    passphrase = ask_passphrase(twice=True) if options.passphrase else given_passphrase(options)
    start(load())

    from farley.backups.archive import BadBackup
    from farley.backups.operations import back_up, size_of_database

    with counted("Backing up", size_of_database()) as advanced:
        try:
            manifest = back_up(
                file,
                passphrase=passphrase,
                with_secrets=options.with_secrets,
                with_derived=options.with_derived,
                progress=advanced,
            )
        except BadBackup as error:
            raise Refused(f"what was written to {file.parent} is not what is read back: {error}") from error
    print(f"{summary(manifest)}: {file.stat().st_size / 1e6:,.1f} MB in {file}, read back and found whole.")
    return DONE


def _come_round(*, is_wanted_now: bool) -> int:
    configuration = load()
    plan = configuration.backups
    if plan is None:
        raise Refused("FARLEY_BACKUP_FOLDER is not set: no backup is made by itself")
    start(configuration)

    from farley.backups import rotation

    if is_wanted_now:
        print(f"{rotation.make(plan, configuration.data)}: read back and found whole.")
        return DONE
    found = rotation.made(plan.folder)
    for at, path in found:
        print(f"{at:%Y-%m-%d %H:%M} UTC\t{path.stat().st_size / 1e6:,.1f} MB\t{path}")
    if not found:
        print(f"there is none in {plan.folder} yet", file=sys.stderr)
    return DONE


def _check(options: argparse.Namespace) -> int:
    set_up(load())

    from farley.backups.archive import BadBackup
    from farley.backups.operations import opened

    try:
        passphrase = passphrase_for(options)
        with opened(options.file, passphrase) as reader, counted("Reading", reader.manifest.octets) as advanced:
            reader.verify(progress=advanced)
            manifest = reader.manifest
    except BadBackup as error:
        raise Refused(f"{options.file} cannot be restored: {error}") from error
    print(f"{summary(manifest)}: whole. Made {manifest.made_at} by Farley {manifest.farley} on {manifest.engine}.")
    return DONE


@contextmanager
def counted(what: str, octets: int) -> Iterator[Callable[[int], None]]:
    """Progress as long as the block lasts: gives what is to be told of the octets that are done."""
    progress, done = Progress(what, octets, "octets"), 0

    def advanced(more: int) -> None:
        nonlocal done
        done += more
        progress.at(done, f"{done / 1e6:,.0f} MB")

    try:
        yield advanced
    finally:
        progress.end()


def summary(manifest: Manifest) -> str:
    """What a backup holds, as people count."""
    counts = [("accounts_user", "accounts"), ("spaces_space", "spaces"), ("contacts_contact", "contacts")]
    if manifest.rows_of("calendars_calendarobject"):
        counts.append(("calendars_calendarobject", "calendar entries"))
    parts = [f"{manifest.rows_of(table):,} {words}" for table, words in counts]
    return ", ".join(parts) + (", with secrets" if manifest.has_secrets else "")
