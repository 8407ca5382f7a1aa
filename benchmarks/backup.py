"""A backup, on both databases, while somebody else stores single cards.

The floors, in the same run: a plain copy of the SQLite file, flushed; every table by COPY to nowhere. Megabytes are of
the database in both. What a machine does besides decides over the clock: the CPU time says what it costs.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._instances import KEPT, Instance, card_file, postgres_instance, result_of, sqlite_instance

CARDS = int(os.environ.get("FARLEY_BENCH_CARDS") or 100_000)
PAUSE_S = 0.05


def main() -> None:
    for name, instances in (("SQLite", sqlite_instance), ("PostgreSQL", postgres_instance)):
        try:
            _measure(name, instances())
        except NoServer as error:
            print(f"{name}: not measured: {error}\n")


def _measure(name: str, instances: AbstractContextManager[Instance]) -> None:
    with instances as instance:
        instance.carry_out("import", card_file(CARDS), "ada")
        floor = instance.carry_out("bare-copy")
        report, waits = _beside_a_writer(instance)
        size = floor["octets"] / 1e6
        restored = None if instance.database_url else _restored(instance)
        _figures.table(
            f"{name}, {CARDS:,} cards, {size:,.0f} MB",
            [
                (
                    "backup, read back",
                    f"{size / report['seconds']:.0f} MB/s",
                    f"{size / floor['seconds']:.0f} MB/s bare copy",
                    _figures.times(report["seconds"], floor["seconds"]),
                ),
                ("its CPU time", f"{report['cpu']:.1f} s, {size / report['cpu']:.0f} MB/s", "", ""),
                ("its file", f"{report['octets'] / 1e6:,.0f} MB", "", ""),
                ("peak memory", f"{report['peak_rss'] / 1e6:.0f} MB", "", ""),
                ("a single store meanwhile", _figures.waits(waits), "", ""),
                *([("restored, CPU time a contact", restored, "", "")] if restored else []),
            ],
        )


def _restored(instance: Instance) -> str:
    other = Instance(instance.data / "other")
    other.data.mkdir()
    report = other.carry_out("restore", instance.data / "measured.farley")
    return f"{1e6 * report['seconds'] / report['contacts']:.0f} µs"


def _beside_a_writer(instance: Instance) -> tuple[dict[str, Any], list[float]]:
    stop = KEPT / f"stop-{os.getpid()}"
    stop.unlink(missing_ok=True)
    writer = instance.start("now-and-then", stop, PAUSE_S, "beside")
    try:
        time.sleep(1.0)
        report = instance.carry_out("back-up", instance.data / "measured.farley")
    finally:
        stop.touch()
        written = result_of(writer)
        stop.unlink()
    waits: list[float] = written["waits"]
    return report, waits[1:]  # the first one of a process loads what the others find there


if __name__ == "__main__":
    main()
