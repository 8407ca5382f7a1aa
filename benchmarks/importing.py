"""Importing a file end to end, on both databases, while somebody else stores single cards.

The floors, in the same run: the codec alone reading the file, and the rows that the import made, put into the same
tables by the driver's own bulk insert in transactions of the same size.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._bare import bare_insert
from benchmarks._instances import KEPT, Instance, card_file, postgres_instance, result_of, sqlite_instance

CARDS = int(os.environ.get("FARLEY_BENCH_CARDS") or 100_000)
ALONE_S = 4.0  # how long the single stores run before the import begins
PAUSE_S = 0.1


def main() -> None:
    file = card_file(CARDS)
    size = file.stat().st_size
    print(f"{CARDS:,} cards, {size / CARDS:.0f} octets each\n")
    for name, instances in (("SQLite", sqlite_instance), ("PostgreSQL", postgres_instance)):
        try:
            _measure(name, instances())
        except NoServer as error:
            print(f"{name}: not measured: {error}\n")


def _measure(name: str, instances: AbstractContextManager[Instance]) -> None:
    file = card_file(CARDS)
    with instances as instance:
        read = instance.carry_out("read", file)
        alone = _single_stores(instance, None)
        beside: dict[str, Any] = {}
        waits = _single_stores(instance, beside)
        bare = bare_insert(instance)
        count, seconds = beside["created"] + beside["failed"], beside["seconds"]
        _figures.table(
            f"{name}, one other writer",
            [
                (
                    "import, end to end",
                    _figures.per_second(count, seconds),
                    f"{_figures.per_second(bare['cards'], bare['seconds'])} bare insert of the {bare['rows']:,} rows",
                    _figures.times(count / seconds, bare["cards"] / bare["seconds"]),
                ),
                (
                    "CPU time a card, who writes",
                    f"{1e6 * beside['cpu'] / count:.0f} µs",
                    f"{1e6 * bare['cpu'] / bare['cards']:.0f} µs bare insert",
                    _figures.times(beside["cpu"] / count, bare["cpu"] / bare["cards"]),
                ),
                (
                    "CPU time a card, who reads ahead",
                    f"{1e6 * beside['cpu_children'] / count:.0f} µs",
                    f"{1e6 * read['seconds'] / read['cards']:.0f} µs codec alone",
                    _figures.times(beside["cpu_children"] / count, read["seconds"] / read["cards"]),
                ),
                ("a single store meanwhile", _figures.waits(waits), f"{_figures.waits(alone)} alone", ""),
                (
                    "peak memory of the import, its reader included",
                    f"{(beside['peak_rss'] + beside['peak_rss_children']) / 1e6:.0f} MB",
                    "",
                    "",
                ),
            ],
        )


def _single_stores(instance: Instance, imported: dict[str, Any] | None) -> list[float]:
    """How long single stores take, beside an import (whose report goes into `imported`) or alone."""
    stop = KEPT / f"stop-{os.getpid()}"
    stop.unlink(missing_ok=True)
    writer = instance.start("now-and-then", stop, PAUSE_S, "beside" if imported is not None else "alone")
    try:
        time.sleep(ALONE_S if imported is None else 1.0)
        if imported is not None:
            imported.update(instance.carry_out("import", card_file(CARDS), "ada"))
    finally:
        stop.touch()
        report = result_of(writer)
        stop.unlink()
    waits: list[float] = report["waits"]
    return waits[1:]  # the first one of a process loads what the others find there


if __name__ == "__main__":
    main()
