"""Tables: reading CSV and XLSX into cards, recognising a layout; then imports of them end to end on SQLite.

The floors: Python's bare CSV parser on the same file, CPU time, the best of several rounds; for the imports the cards
of the file made and derived, with no database. A check is compared with the import that does what it foretells.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from benchmarks import _figures
from benchmarks._instances import Instance, sqlite_instance

ROWS = int(os.environ.get("FARLEY_BENCH_CARDS") or 20_000)
IMPORTED = int(os.environ.get("FARLEY_BENCH_CARDS") or 100_000)
ROUNDS = 3
Row = tuple[str, str, str, str]
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


def rows(count: int = ROWS, job: str = "Leitung") -> Iterator[list[str]]:
    yield HEADER
    for n in range(count):
        yield [
            f"Ada{n}", f"König{n % 977}", f"Firma {n % 300} GmbH", job, f"ada{n}@example.org",
            f"030 {1_000_000 + n}", f"+49 170 {1_000_000 + n}", f"Hauptstraße {n % 200}", "Köln",
            f"{50_000 + n % 9_999}", "Deutschland", f"{1 + n % 12}/{1 + n % 28}/1980", "VIP;Kunde",
            "Getroffen auf der Messe, wollte Prospekte.",
        ]  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farley.project.settings")
    django.setup()
    from farley.codecs.tables import open_table
    from farley.exchange import formats, layouts

    with tempfile.TemporaryDirectory() as folder:
        text, book = Path(folder, "a.csv"), Path(folder, "a.xlsx")
        with text.open("w", newline="") as stream:
            csv.writer(stream).writerows(rows())
        _write_book(book, rows())
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
        _end_to_end(Path(folder))


def _write_book(path: Path, table: Iterable[list[str]]) -> None:
    from xlsxwriter import Workbook

    with Workbook(path, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(table):
            sheet.write_row(number, 0, row)


def _end_to_end(folder: Path) -> None:
    """Import IMPORTED rows into an empty space; then the same people with other jobs, by their e-mail addresses."""
    first, newer, book = folder / "first.csv", folder / "newer.csv", folder / "first.xlsx"
    for path, job in ((first, "Leitung"), (newer, "Vorstand")):
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows(rows(IMPORTED, job))
    _write_book(book, rows(IMPORTED))
    update = ("email", "overwrite")
    figures = []
    for title, path in (("CSV", first), ("XLSX", book)):
        with sqlite_instance() as instance:
            floor = instance.carry_out("make-cards", path)
            figures += _pair(instance, title, path, floor["seconds"], ())
            if path == first:
                figures += _pair(instance, "CSV by e-mail, all of them change", newer, floor["seconds"], update)
    _figures.table(f"{IMPORTED:,} rows end to end on SQLite", figures)


def _pair(instance: Instance, title: str, path: Path, floor: float, asked: Sequence[str]) -> list[Row]:
    """The check, and the import."""
    by = asked or ("uid", "keep")
    checked = instance.carry_out("import", path, "ada", *by, "dry")
    done = instance.carry_out("import", path, "ada", *by)
    return [
        (
            f"{title}: {what}",
            _told(used),
            f"{IMPORTED / floor:,.0f}/s cards alone",
            _figures.times(used["seconds"], floor),
        )
        for what, used in (("check", checked), ("import", done))
    ]


def _told(used: dict[str, Any]) -> str:
    each = 1e6 / IMPORTED
    memory = (used["peak_rss"] + used["peak_rss_children"]) / 1e6
    cpu = f"{each * used['cpu']:.0f} + {each * used['cpu_children']:.0f} µs"
    return f"{IMPORTED / used['seconds']:,.0f}/s, CPU who writes + who reads {cpu}, {memory:.0f} MB"


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
