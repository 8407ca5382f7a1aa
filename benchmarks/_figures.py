"""What benchmarks print and read off the machine."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path


def table(title: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """A Markdown table: what, its figure, the floor measured beside it, and how the two compare."""
    print(f"| {title} | figure | floor | ratio |")
    print("|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def per_second(count: float, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s"


def times(figure: float, floor: float) -> str:
    return f"{figure / floor:.2f}"


def waits(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and the longest, in milliseconds."""
    if not seconds:
        return "none"
    return (
        f"p50 {1000 * statistics.median(seconds):.1f}, p95 {1000 * p95(seconds):.1f}, max {1000 * max(seconds):.1f} ms"
    )


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def pss_of_tree(pid: int) -> tuple[int, int]:
    """Proportional set size in octets of a process and all its descendants, and how many they are."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # ended meanwhile
                continue
    tree = {pid}
    while grown := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(map(_pss, tree)), len(tree)


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
