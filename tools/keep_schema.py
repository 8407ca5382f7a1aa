"""Keep the state of the schema as it is now: `python -m tools.keep_schema`, whenever migrations were added.

Writes a small backup into tests/backups/states. From then on every Farley must be able to restore and upgrade it. It
is made on the database of FARLEY_DATABASE_URL, or on SQLite; a backup says the same of both.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

STATES = Path(__file__).parent.parent / "tests" / "backups" / "states"
PEOPLE = 12  # of the made-up organisation: every table has rows, and the file stays small


def main() -> int:
    """0 when today's state is kept, now or before."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FARLEY_DATA": str(Path(folder) / "data")}
        made = Path(folder) / "state.farley"
        farley = str(Path(sys.executable).with_name("farley"))
        for arguments in (["demo", "--people", str(PEOPLE)], ["backup", "--with-derived", str(made)]):
            subprocess.run([farley, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
        name = name_of(migrations_of(made))
        if kept := sorted(STATES.glob(f"*-{name}.farley")):
            print(f"{kept[0].name} is this state")
            return 0
        STATES.mkdir(exist_ok=True)
        target = STATES / f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{name}.farley"
        target.write_bytes(made.read_bytes())
    print(f"{target} ({target.stat().st_size / 1e3:,.0f} kB) is to be committed with the migrations")
    return 0


def migrations_of(backup: Path) -> list[tuple[str, str]]:
    """The migrations that the database of this backup had."""
    from farley.backups.archive import Reader

    with backup.open("rb") as file:
        return Reader(file).manifest.migrations


def name_of(migrations: Iterable[tuple[str, str]]) -> str:
    """A name for the state that these migrations make, in whatever order they ran."""
    return hashlib.sha256(repr(sorted(migrations)).encode()).hexdigest()[:10]


if __name__ == "__main__":
    sys.exit(main())
