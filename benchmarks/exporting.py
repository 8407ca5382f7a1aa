"""Exporting a space in every format: CPU time of the process, and the most memory it held; bare octets as the floor.

The floor is the same rows read by one SELECT and joined.
"""

from __future__ import annotations

import os

from benchmarks import _figures
from benchmarks._instances import card_file, sqlite_instance

CARDS = int(os.environ.get("FARLEY_BENCH_CARDS") or 20_000)
FORMATS = (
    "vcard", "vcard-4.0", "vcard-3.0", "vcard-2.1", "csv", "csv-google", "xlsx", "jscontact", "jcard", "xcard", "ldif",
    "birthdays",
)  # fmt: skip


def main() -> None:
    with sqlite_instance() as instance:
        made = instance.carry_out("import", card_file(CARDS), "ada")
        count = made["created"]
        floor = instance.carry_out("read-octets", "ada")["seconds"]
        rows = []
        for name in FORMATS:
            told = instance.carry_out("export", "ada", name)
            rows.append(
                (
                    f"{name}, at most {told['memory'] / 2**20:.0f} MB",
                    _figures.per_second(count, told["seconds"]),
                    _figures.per_second(count, floor),
                    _figures.times(floor, told["seconds"]),
                )
            )
        _figures.table(f"{count:,} cards", rows)


if __name__ == "__main__":
    main()
