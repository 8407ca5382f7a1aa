"""Pages of the list of contacts: orders, places and filters, as one who sees all spaces; SQLite and PostgreSQL.

Short on folders of their own (FARLEY_BENCH_CARDS makes it another number); `listing_million` asks the folder of
`million`. Beside each the floor, in the same run: the same page of each space in SQL by hand. Then eight clients at
once ask a `farley serve` for lists, and for records.
"""

from __future__ import annotations

import json
import os
import statistics
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._clients import ask_at_once
from benchmarks._instances import Instance, card_file, postgres_instance, sqlite_instance

CARDS = int(os.environ.get("FARLEY_BENCH_CARDS") or 10_000)
TIMES = 20
CLIENTS, SECONDS, RECORDS = 8, 10, 500
LISTS = [{}, {"sort": "organisation"}, {"sort": "changed"}, {"sort": "-name"}, {"filter": "city is Berlin"}]


def main() -> None:
    with sqlite_instance() as instance:
        _filled(instance)
        measure("SQLite", instance)
    try:
        with postgres_instance() as instance:
            _filled(instance)
            measure("PostgreSQL", instance)
    except NoServer as missing:
        print(f"PostgreSQL: not measured: {missing}\n")


def measure(engine: str, instance: Instance) -> None:
    """Print the tables of one instance."""
    contacts = _told(engine, instance.carry_out("list", TIMES))
    title = f"{CLIENTS} clients at once over HTTP, {contacts:,} contacts, {engine}"
    rows = [(kind, f"{rate:,.0f}/s", "", "") for kind, rate in _over_http(instance).items()]
    _figures.table(title, rows)


def _filled(instance: Instance) -> None:
    instance.carry_out("import", card_file(CARDS), "ada")


def _told(engine: str, report: dict[str, Any]) -> int:
    """The table of one report of the task `list`; return of how many contacts."""
    contacts = int(report.pop("contacts"))
    rows = []
    for kind, (waits, cpu, stopped, floor) in report.items():
        middle = statistics.median(waits)
        spread = f"p50 {middle:.1f}, p95 {_figures.p95(waits):.1f} ms, CPU {statistics.median(cpu):.1f} ms"
        said = f"{spread}; {stopped} of {len(waits)} stopped" if stopped else spread
        ratio = ("–", "") if floor is None else (f"{floor:.2f} ms", _figures.times(middle, floor))
        rows.append((kind, said, *ratio))
    _figures.table(f"places of a page, {contacts:,} contacts, {engine}", rows)
    return contacts


def _over_http(instance: Instance) -> dict[str, float]:
    """Answers a second: pages of the list, and of records, each contact's once in a while."""
    cookies = instance.carry_out("session", "ada")
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    records = instance.carry_out("records", RECORDS)["contacts"]
    asked: dict[str, list[tuple[str, dict[str, str]]]] = {
        "list": [("/contacts/", query) for query in LISTS],
        "record": [(f"/contacts/{pk}/", {}) for pk in records],
    }
    return {
        kind: ask_at_once(instance, json.dumps([paths, headers]), clients=CLIENTS, seconds=SECONDS)
        for kind, paths in asked.items()
    }


if __name__ == "__main__":
    main()
