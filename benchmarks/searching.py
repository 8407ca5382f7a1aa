"""Searching a million contacts in five spaces, as one who sees them all: kinds of queries, whose words are there.

The folder is that of `million`; PostgreSQL gets what search reads out of it by COPY, each time anew. The floor, in the
same run: one look-up of two trigrams, read back, in SQL by hand. Then eight clients at once ask a `farley serve`.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._clients import ask_at_once
from benchmarks._instances import Instance, postgres_instance
from benchmarks.million import folder

TIMES = 40
CLIENTS, SECONDS = 8, 15
NASTY = ("a common syllable", "two common words", "common words rarely together", "four digits", "one letter")


def main() -> None:
    million = folder()
    _measure("SQLite", million)
    try:
        with postgres_instance() as instance:
            instance.carry_out("copy-for-search", million.data / "farley.sqlite3")
            _measure("PostgreSQL", instance)
    except NoServer as error:
        print(f"PostgreSQL: not measured: {error}\n")


def _measure(name: str, instance: Instance) -> None:
    report = instance.carry_out("search", TIMES)
    contacts, first, floor, cpu = (report.pop(key) for key in ("contacts", "first", "floor", "cpu"))
    everything = [wait for waits in report.values() for wait in waits]
    nasty = [wait for kind in NASTY for wait in report[kind]]
    rows = [(kind, spread(waits), "", "") for kind, waits in report.items()]
    middle = statistics.median(everything)
    rows += [
        ("all of them", spread(everything), f"{floor:.1f} ms", _figures.times(middle, floor)),
        ("the nasty ones of them", spread(nasty), "", ""),
        ("CPU time of the process that asks", spread(cpu), "", ""),
        ("the first of a process", f"{first:.0f} ms", "", ""),
        (f"{CLIENTS} clients at once, over HTTP", f"{_over_http(instance):,.0f}/s", "", ""),
    ]
    _figures.table(f"{contacts:,} contacts, {name}: p50, p95, worst", rows)


def _over_http(instance: Instance) -> float:
    """Answers a second to queries of every kind, as the bar asks them."""
    asked: dict[str, Any] = instance.carry_out("queries", 5)
    cookies = instance.carry_out("session", "ada")
    paths = [("/search/", {"q": query}) for queries in asked.values() for query in queries]
    headers = {"HX-Request": "true", "HX-Target": "found", "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    return ask_at_once(instance, json.dumps([paths, headers]), clients=CLIENTS, seconds=SECONDS)


def spread(waits: list[float]) -> str:
    return f"{statistics.median(waits):.1f}, {_figures.p95(waits):.1f}, {max(waits):.1f} ms"


if __name__ == "__main__":
    main()
