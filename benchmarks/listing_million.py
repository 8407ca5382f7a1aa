"""Pages of the list in a million contacts of five spaces, SQLite: see `listing`. The folder is that of `million`."""

from __future__ import annotations

from benchmarks.listing import TIMES, told
from benchmarks.million import folder


def main() -> None:
    told("SQLite", folder().carry_out("list", TIMES))


if __name__ == "__main__":
    main()
