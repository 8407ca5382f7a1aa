"""What it costs to ask who sees what, for one of a team of a thousand who read 200 spaces.

The floors, in the same run: the same pages for somebody who reads three spaces, and a query that asks nobody.
"""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import _figures
from benchmarks._instances import Instance, sqlite_instance

SPACES, PEOPLE, CARDS = 200, 1000, 20
TIMES = 40


def main() -> None:
    with sqlite_instance() as instance:
        measure(instance)


def measure(instance: Instance) -> None:
    """Share 200 new spaces of the instance out to a team, and print what a member waits for."""
    instance.carry_out("share-out", SPACES, PEOPLE, CARDS)
    report = instance.carry_out("access", TIMES)
    waits: dict[str, list[tuple[float, float]]] = report["waits"]
    bare, visible, password = (waits.pop(name) for name in ("bare", "visible", "app password"))
    few = {name: waits.pop(f"few {name}") for name in [each for each in waits if f"few {each}" in waits]}
    rows = [(name, _spread(found), _spread(few[name]), _ratio(found, few[name])) for name, found in waits.items()]
    rows.append(("a contact, if one sees it", _spread(visible), _spread(bare), _ratio(visible, bare)))
    rows.append(("an app password", _spread(password), _spread(bare), _ratio(password, bare)))
    title = f"{report['contacts']:,} contacts in {report['spaces']} spaces, {report['vendor']}: p50, p95; processor"
    _figures.table(title, rows)
    print(report["plan"])


def _spread(waits: list[tuple[float, float]]) -> str:
    wall = sorted(each for each, _ in waits)
    return f"{_middle(wall):.2f}, {_figures.p95(wall):.2f} ms; {_middle([cpu for _, cpu in waits]):.2f} ms"


def _ratio(waits: Any, floor: Any) -> str:
    return _figures.times(_middle([each for each, _ in waits]), _middle([each for each, _ in floor]))


def _middle(values: list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
