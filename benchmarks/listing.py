"""Pages of the list of contacts: orders, places and filters, as one who sees all spaces; SQLite and PostgreSQL.

Short on folders of their own; `listing_million` asks the folder of `million`. Beside each the floor, in the same run:
one page of one space by its index, in SQL by hand, times the number of spaces.
"""

from __future__ import annotations

import statistics
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._instances import Instance, card_file, postgres_instance, sqlite_instance

CARDS = 10_000
TIMES = 20


def main() -> None:
    with sqlite_instance() as instance:
        _filled(instance)
        told("SQLite", instance.carry_out("list", TIMES))
    try:
        with postgres_instance() as instance:
            _filled(instance)
            told("PostgreSQL", instance.carry_out("list", TIMES))
    except NoServer as missing:
        print(f"PostgreSQL: {missing}")


def _filled(instance: Instance) -> None:
    instance.carry_out("import", card_file(CARDS), "ada")


def told(engine: str, report: dict[str, Any]) -> None:
    """The table of one report of the task `list`."""
    contacts, floor = report.pop("contacts"), report.pop("floor")
    rows = []
    for kind, (waits, cpu) in report.items():
        middle, worst = statistics.median(waits), _figures.p95(waits)
        spread = f"p50 {middle:.1f}, p95 {worst:.1f} ms, CPU {statistics.median(cpu):.1f} ms"
        rows.append((kind, spread, f"{floor:.2f} ms", _figures.times(middle, floor)))
    _figures.table(f"places of a page, {contacts:,} contacts, {engine}", rows)


if __name__ == "__main__":
    main()
