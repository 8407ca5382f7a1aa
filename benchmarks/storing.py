"""Single stores, as a phone or a page makes them: CPU time, durable stores a second, and eight writers at once.

The floors, in the same run: bare commits of one row to a SQLite file with the same settings (or to the same
PostgreSQL), by one process and by eight that only have the engine's own waiting.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._instances import Instance, postgres_instance, result_of, sqlite_instance

ONE = 1000  # stores of one writer
WRITERS, EACH = 8, 150
FEW, MANY = 800, 8000  # values of a card in history
START_UP_S = 6.0  # until eight processes have loaded what they need


def main() -> None:
    for name, instances in (("SQLite", sqlite_instance), ("PostgreSQL", postgres_instance)):
        try:
            _measure(name, instances())
        except NoServer as error:
            print(f"{name}: not measured: {error}\n")
    with sqlite_instance() as instance:
        compared = instance.carry_out("compare", FEW, MANY)
    _figures.table(
        "History",
        [
            (
                f"telling two versions of {MANY:,} values apart",
                f"{1000 * compared['many']:.0f} ms",
                f"{1000 * compared['few']:.1f} ms for {FEW:,} values",
                _figures.times(compared["many"], compared["few"]),
            )
        ],
    )


def _measure(name: str, instances: AbstractContextManager[Instance]) -> None:
    with instances as instance:
        bare = instance.carry_out("bare-commits", ONE, time.time(), "alone")
        one = instance.carry_out("new-and-changed", ONE)
        many = _at_once(instance, "many-times")
        bare_many = _at_once(instance, "bare-commits")
    rows = []
    for kind, words in (("new", "a new card"), ("changed", "a changed card")):
        seconds = one[kind]["seconds"]
        rows += [
            (f"{words}, CPU time", f"{1000 * one[kind]['cpu'] / ONE:.2f} ms", f"{1000 * bare['cpu'] / ONE:.2f} ms", ""),
            (
                f"{words}, durable",
                _figures.per_second(ONE, seconds),
                f"{_figures.per_second(ONE, bare['seconds'])} bare commits",
                _figures.times(ONE / seconds, ONE / bare["seconds"]),
            ),
        ]
    together, bare_together = _slowest(many), _slowest(bare_many)
    count = WRITERS * EACH
    rows += [
        (
            f"{WRITERS} writers on one space, together",
            _figures.per_second(count, together),
            f"{_figures.per_second(count, bare_together)} bare commits",
            _figures.times(count / together, count / bare_together),
        ),
        (
            f"{WRITERS} writers, waiting for one store",
            _figures.waits(_waits(many)),
            _figures.waits(_waits(bare_many)),
            "",
        ),
    ]
    _figures.table(name, rows)


def _at_once(instance: Instance, task: str) -> list[dict[str, Any]]:
    start = time.time() + START_UP_S
    return [
        result_of(process)
        for process in [instance.start(task, EACH, start, f"writer-{number}") for number in range(WRITERS)]
    ]


def _slowest(reports: list[dict[str, Any]]) -> float:
    return max(float(report["seconds"]) for report in reports)


def _waits(reports: list[dict[str, Any]]) -> list[float]:
    return [wait for report in reports for wait in report["waits"]]


if __name__ == "__main__":
    main()
