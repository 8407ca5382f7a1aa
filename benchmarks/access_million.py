"""The same as `access` in a copy of the folder with a million contacts, which is gone afterwards."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing

from benchmarks import access
from benchmarks._instances import KEPT, Instance
from benchmarks.million import folder


def main() -> None:
    copy = KEPT / f"access-{os.getpid()}"
    try:
        copy.mkdir(parents=True)
        _copy(folder(), copy / "farley.sqlite3")
        access.measure(Instance(copy))
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _copy(source: Instance, target: os.PathLike[str]) -> None:
    """By SQLite itself: what its log holds comes along."""
    address = f"file:{source.data / 'farley.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


if __name__ == "__main__":
    main()
