"""A passphrase for a backup: from a file or the terminal, never from an argument, which every process list shows."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from farley.cli.command import Refused


def add_passphrase_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", metavar="F", type=Path, help="the first line of this file is the passphrase"
    )


def read_passphrase(file: Path) -> str:
    """The first line of `file`. Raises Refused, OSError."""
    try:
        passphrase = file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8") from None
    if not passphrase:
        raise Refused(f"the first line of {file} is empty: it is to hold the passphrase")
    return passphrase


def ask_passphrase(*, twice: bool) -> str:
    """Ask on the terminal. Raises Refused."""
    if not sys.stdin.isatty():
        raise Refused("the backup wants a passphrase: name a file that holds it with --passphrase-file")
    passphrase = getpass.getpass("Passphrase: ")
    if not passphrase:
        raise Refused("an empty passphrase seals nothing")
    if twice and getpass.getpass("Once more: ") != passphrase:
        raise Refused("these are two different passphrases")
    return passphrase


def given_passphrase(options: argparse.Namespace) -> str | None:
    """That of --passphrase-file, if it was given."""
    return read_passphrase(options.passphrase_file) if options.passphrase_file else None


def passphrase_for(options: argparse.Namespace) -> str | None:
    """What opens the file of `options`: None where it is not sealed; asked for where it was not given."""
    from farley.backups.sealing import is_sealed

    with options.file.open("rb") as file:
        if not is_sealed(file.read(32)):
            return None
    return given_passphrase(options) or ask_passphrase(twice=False)
