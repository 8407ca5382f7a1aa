"""Searching a million contacts in five spaces, as one who sees them all: kinds of queries, whose words are there.

The folder is that of `million`. The floor, in the same run: one look-up of two trigrams, read back, in SQL by hand.
"""

from __future__ import annotations

import statistics

from benchmarks import _figures
from benchmarks.million import folder

TIMES = 40


def main() -> None:
    report = folder().carry_out("search", TIMES)
    contacts, first, floor = report.pop("contacts"), report.pop("first"), report.pop("floor")
    everything = [wait for waits in report.values() for wait in waits]
    rows = [(kind, _spread(waits), "", "") for kind, waits in report.items()]
    rows.append(("all of them", _spread(everything), f"{floor:.1f} ms", _figures.times(_middle(everything), floor)))
    rows.append(("the first of a process", f"{first:.0f} ms", "", ""))
    _figures.table(f"{contacts:,} contacts, SQLite: p50, p95, worst", rows)


def _spread(waits: list[float]) -> str:
    ordered = sorted(waits)
    return f"{_middle(ordered):.1f}, {ordered[int(0.95 * (len(ordered) - 1))]:.1f}, {ordered[-1]:.1f} ms"


def _middle(waits: list[float]) -> float:
    return statistics.median(waits)


if __name__ == "__main__":
    main()
