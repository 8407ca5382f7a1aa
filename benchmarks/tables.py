"""Reading tables into cards: CSV and XLSX by a layout, and recognising one; Python's bare CSV parser as the floor.

CPU time of this process, the best of several rounds. No database is asked.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django

from benchmarks import _figures

ROWS = int(os.environ.get("FARLEY_BENCH_CARDS") or 20_000)
ROUNDS = 3
HEADER = [
    "First Name",
    "Last Name",
    "Company",
    "Job Title",
    "E-mail Address",
    "Business Phone",
    "Mobile Phone",
    "Home Street",
    "Home City",
    "Home Postal Code",
    "Home Country/Region",
    "Birthday",
    "Categories",
    "Notes",
]


def rows() -> Iterator[list[str]]:
    yield HEADER
    for n in range(ROWS):
        yield [
            f"Ada{n}", f"König{n % 977}", f"Firma {n % 300} GmbH", "Leitung", f"ada{n}@example.org",
            f"030 {1_000_000 + n}", f"+49 170 {1_000_000 + n}", f"Hauptstraße {n % 200}", "Köln",
            f"{50_000 + n % 9_999}", "Deutschland", f"{1 + n % 12}/{1 + n % 28}/1980", "VIP;Kunde",
            "Getroffen auf der Messe, wollte Prospekte.",
        ]  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farley.project.settings")
    django.setup()
    from xlsxwriter import Workbook

    from farley.codecs.tables import open_table
    from farley.exchange import formats, layouts

    with tempfile.TemporaryDirectory() as folder:
        text, book = Path(folder, "a.csv"), Path(folder, "a.xlsx")
        with text.open("w", newline="") as stream:
            csv.writer(stream).writerows(rows())
        with Workbook(book, {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows()):
                sheet.write_row(number, 0, row)
        how = formats.found_out(text, formats.How())

        def bare() -> None:
            with text.open(newline="") as stream:
                sum(1 for _ in csv.reader(stream))

        floor = _best(bare)
        _figures.table(
            f"{ROWS:,} rows of {len(HEADER)} columns",
            [
                _row("CSV, rows", _best(lambda: sum(1 for _ in open_table(text).rows)), floor),
                _row("CSV, cards", _best(lambda: sum(1 for _ in formats.entries(text, how))), floor),
                _row("XLSX, rows", _best(lambda: sum(1 for _ in open_table(book).rows)), floor),
                _row("XLSX, cards", _best(lambda: sum(1 for _ in formats.entries(book, how))), floor),
            ],
        )
        layouts.layouts.cache_clear()
        first = _best(lambda: layouts.recognise(open_table(text)), rounds=1)
        again = _best(lambda: layouts.recognise(open_table(text)))
        print(f"a layout is recognised in {1000 * first:.1f} ms the first time, then in {1000 * again:.1f} ms")


def _best(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The least CPU time of some rounds, in seconds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return min(taken)


def _row(what: str, seconds: float, floor: float) -> tuple[str, str, str, str]:
    each = f"{1e6 * seconds / ROWS:.0f} µs a row"
    return what, each, f"{1e6 * floor / ROWS:.1f} µs, the bare parser", _figures.times(seconds, floor)


if __name__ == "__main__":
    main()
