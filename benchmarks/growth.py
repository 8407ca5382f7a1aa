"""What grows with the contacts and what does not: import, store and search from 1,000 to 1,000,000, on SQLite.

CPU time, for it moves less with what else the machine does.

Each size has an instance of its own that is gone afterwards; the million is the folder of `million`. Writes the curves
to docs/pictures, where docs/benchmarks.md shows them. FARLEY_BENCH_SIZES makes it other sizes.
"""

from __future__ import annotations

import json
import math
import os
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks import _figures
from benchmarks._instances import ROOT, Instance, card_file, sqlite_instance
from benchmarks.million import CONTACTS, SHARES, folder

SIZES = [int(size) for size in (os.environ.get("FARLEY_BENCH_SIZES") or "1000,10000,100000").split(",")]
PICTURES = ROOT / "docs" / "pictures"
TIMES = 20
WIDTH, HEIGHT, MARGIN = 640, 300, 48
INKS = ("#3b6fd4", "#c2571a", "#2f8a57")

Curve = list[tuple[int, float]]


def main() -> None:
    curves: dict[str, Curve] = {name: [] for name in ("search, p50", "search, p95", "one store", "import of one card")}
    for size in SIZES:
        with sqlite_instance() as instance:
            report = instance.carry_out("import", card_file(size), "ada")
            curves["import of one card"].append((size, 1000 * _cpu(report) / size))
            _add(curves, size, instance)
    if not os.environ.get("FARLEY_BENCH_SIZES"):
        million = folder()
        seconds = sum(_cpu(json.loads((million.data / f"{name}.json").read_text())) for name in SHARES)
        curves["import of one card"].append((CONTACTS, 1000 * seconds / CONTACTS))
        _add(curves, CONTACTS, million, is_kept=True)
    _figures.table(
        "milliseconds of CPU, by contacts",
        [
            (name, ", ".join(f"{size:,}: {value:.2f}" for size, value in curve), "", "")
            for name, curve in curves.items()
        ],
    )
    PICTURES.mkdir(exist_ok=True)
    for name, shown in (("search", ("search, p50", "search, p95")), ("writing", ("one store", "import of one card"))):
        picture = _picture({curve: curves[curve] for curve in shown if curves[curve]})
        (PICTURES / f"growth-{name}.svg").write_text(picture)


def _add(curves: dict[str, Curve], size: int, instance: Instance, *, is_kept: bool = False) -> None:
    report: dict[str, Any] = instance.carry_out("search", TIMES)
    curves["search, p50"].append((size, statistics.median(report["cpu"])))
    curves["search, p95"].append((size, _figures.p95(report["cpu"])))
    if not is_kept:  # nothing is written to what others measure
        curves["one store"].append((size, 1000 * instance.carry_out("new-and-changed", 200)["new"]["cpu"] / 200))


def _cpu(report: dict[str, Any]) -> float:
    return float(report["cpu"] + report["cpu_children"])


def _picture(curves: dict[str, Curve]) -> str:
    """Curves of milliseconds of CPU over numbers of contacts, which grow tenfold from tick to tick."""
    points = [point for curve in curves.values() for point in curve]
    low, high = (math.log10(edge([size for size, _ in points])) for edge in (min, max))
    most = _round_up(max(value for _, value in points))

    def place(size: float, value: float) -> tuple[float, float]:
        across = (math.log10(size) - low) / ((high - low) or 1)
        return MARGIN + across * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - value / most * (HEIGHT - 2 * MARGIN)

    parts = [
        _line([place(10**low, 0), place(10**high, 0)], "#999"),
        _line([place(10**low, 0), place(10**low, most)], "#999"),
    ]
    for exponent in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1):
        x, y = place(10**exponent, 0)
        parts.append(_text(x, y + 20, f"{10**exponent:,}", "middle"))
    for value in (most / 2, most):
        x, y = place(10**low, value)
        parts.append(_text(x - 6, y + 4, f"{value:g} ms", "end"))
    for number, (name, curve) in enumerate(curves.items()):
        ink = INKS[number % len(INKS)]
        places = [place(*point) for point in curve]
        parts.append(_line(places, ink, 2))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{ink}"/>' for x, y in places]
        parts.append(_text(MARGIN + 14, 18 + 18 * number, name, "start", ink))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _line(places: Sequence[tuple[float, float]], ink: str, width: int = 1) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{joined}" fill="none" stroke="{ink}" stroke-width="{width}"/>'


def _text(x: float, y: float, said: str, anchor: str, ink: str = "#555") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" text-anchor="{anchor}"'
        f' font-family="sans-serif" font-size="12">{said}</text>'
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 …"""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


if __name__ == "__main__":
    main()
