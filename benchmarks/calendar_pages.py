"""Pages of the calendar for somebody with ten calendars of 10,000 events each, in process; SQLite.

Spread over ten years, every twentieth a series that ends some day; a week shows some 400 of them.
FARLEY_BENCH_EVENTS makes it another number a calendar. The floor, in the same run: the first page of each kind, when
nothing was looked at yet.
"""

from __future__ import annotations

import os
import statistics

from benchmarks import _figures
from benchmarks._instances import KEPT, Instance

CALENDARS, TIMES = 10, 24
EVENTS = int(os.environ.get("FARLEY_BENCH_EVENTS") or 10_000)


def main() -> None:
    instance = Instance(KEPT / f"calendars-{CALENDARS}-{EVENTS}")
    if not (instance.data / "filled").exists():
        instance.data.mkdir(parents=True, exist_ok=True)
        instance.carry_out("make")
        instance.carry_out("calendars-fill", CALENDARS, EVENTS)
        (instance.data / "filled").touch()
    rows = []
    for view, told in instance.carry_out("calendar-pages", TIMES).items():
        taken = told["taken"]
        said = f"p50 {statistics.median(taken):.0f}, p95 {_figures.p95(taken):.0f} ms"
        title = f"{view}, {told['shown']} on it, {told['octets'] / 1000:.0f} kB"
        rows.append((title, said, f"{told['first']:.0f} ms", _figures.times(statistics.median(taken), told["first"])))
    _figures.table(f"{CALENDARS} calendars of {EVENTS:,} events, CPU time of a page", rows)


if __name__ == "__main__":
    main()
