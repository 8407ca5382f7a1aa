"""The first page of a list and a search by family name: Farley beside Creme CRM and Tryton, with the same people.

Each answers in process, with all its middleware and no network between, on SQLite. The other two are installed from
PyPI into environments of their own under FARLEY_BENCH_DATA, and what they hold stays there; nothing of them comes into
Farley. FARLEY_BENCH_RIVALS makes it another number of people.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import _figures
from benchmarks._instances import KEPT, ROOT, Instance

PEOPLE = int(os.environ.get("FARLEY_BENCH_RIVALS") or 100_000)
TIMES = 40
PACKAGES = {"Creme CRM": ("creme", ["creme-crm"]), "Tryton": ("tryton", ["trytond", "trytond_party"])}
HOUR_S = 3600


def main() -> None:
    folder = KEPT / f"rivals-{PEOPLE}"
    people = folder / "people.jsonl"
    instance = Instance(folder / "farley")
    folder.mkdir(parents=True, exist_ok=True)
    if not people.exists():
        instance.carry_out("fill-beside", PEOPLE, people)
    ours = instance.carry_out("ask-beside", people, TIMES)
    theirs = {name: _measured(module, packages, folder, people) for name, (module, packages) in PACKAGES.items()}
    for what, title in (("list", "first page of the list"), ("search", "page of a search by family name")):
        _figures.table(
            f"{title}, {ours['people']:,} people",
            [
                ("Farley", _spread(ours[what]), "", ""),
                *(
                    (name, _spread(report[what]), f"{report['people']:,} people", f"{_ratio(report[what], ours[what])}")
                    for name, report in theirs.items()
                ),
            ],
        )


def _measured(module: str, packages: list[str], folder: Path, people: Path) -> dict[str, Any]:
    environment, own = KEPT / f"environment-{module}", folder / module
    if not (environment / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=HOUR_S)
        subprocess.run(
            [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
            check=True, timeout=HOUR_S,
        )  # fmt: skip
        (environment / "made").touch()
    own.mkdir(exist_ok=True)
    script = ROOT / "benchmarks" / "_rivals" / f"with_{module}.py"
    done = subprocess.run(
        [environment / "bin" / "python", "-W", "ignore", script, people, own, str(TIMES)],
        check=True, timeout=HOUR_S, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def _spread(waits: list[float]) -> str:
    return f"p50 {statistics.median(waits):.1f}, p95 {_figures.p95(waits):.1f} ms"


def _ratio(theirs: list[float], ours: list[float]) -> str:
    """How many times as long as Farley, by the median and by the 95th percentile."""
    middle = statistics.median(theirs) / statistics.median(ours)
    return f"{middle:.0f}x, p95 {_figures.p95(theirs) / _figures.p95(ours):.0f}x"


if __name__ == "__main__":
    main()
