"""A data folder with a million contacts, made by importing them: how quickly, and in how much memory.

The folder stays (FARLEY_BENCH_DATA, see `_instances`) and is taken up again where it was left: `folder()` is what
other benchmarks open. Five spaces, one with 60% of the contacts; tags on one in two down to one in ten thousand.
FARLEY_BENCH_MILLION makes it another number. The floor, in the same run: the codec alone reading the largest file.
"""

from __future__ import annotations

import json
import os

from benchmarks import _figures
from benchmarks._instances import KEPT, Instance, card_file

CONTACTS = int(os.environ.get("FARLEY_BENCH_MILLION") or 1_000_000)
SHARES = {"company": 0.60, "sales": 0.20, "north": 0.10, "partners": 0.07, "ada": 0.03}  # ada: her private space


def folder() -> Instance:
    """The instance with all its contacts in; made or finished first, where it is not."""
    instance = Instance(KEPT / f"million-{CONTACTS}")
    if (instance.data / "made").exists():
        instance.carry_out("bring-up-to-date")
    for name in SHARES:
        _fill(instance, name)
    return instance


def main() -> None:
    instance = folder()
    reports = {name: json.loads((instance.data / f"{name}.json").read_text()) for name in SHARES}
    largest = next(iter(SHARES))
    read = instance.carry_out("read", card_file(_count(largest), seed=1))
    count = sum(report["created"] for report in reports.values())
    seconds = sum(report["seconds"] for report in reports.values())
    first = reports[largest]
    size = sum(path.stat().st_size for path in instance.data.glob("farley.sqlite3*"))
    octets = sum(card_file(_count(name), seed=seed).stat().st_size for seed, name in enumerate(SHARES, 1))
    _figures.table(
        f"{count:,} contacts in {len(SHARES)} spaces, SQLite",
        [
            (
                "import, end to end",
                _figures.per_second(count, seconds),
                f"{_figures.per_second(read['cards'], read['seconds'])} codec alone",
                _figures.times(count / seconds, read["cards"] / read["seconds"]),
            ),
            (
                f"import of the largest file, {first['created']:,} cards",
                _figures.per_second(first["created"], first["seconds"]),
                "",
                "",
            ),
            (
                "its CPU time a card",
                f"{1e6 * (first['cpu'] + first.get('cpu_children', 0)) / first['created']:.0f} µs",
                "",
                "",
            ),
            (
                "most memory one import held",
                f"{max(report['peak_rss'] + report['peak_rss_children'] for report in reports.values()) / 1e6:.0f} MB",
                "",
                "",
            ),
            ("database", f"{size / 1e9:.2f} GB", f"{octets / 1e9:.2f} GB of cards", _figures.times(size, octets)),
        ],
    )
    print(f"FARLEY_DATA={instance.data}")


def _fill(instance: Instance, name: str) -> None:
    """Import the file of one space, unless its report says that it is in; a cut short import goes on."""
    done = instance.data / f"{name}.json"
    if done.exists():
        return
    made = instance.data / "made"
    if not made.exists():
        instance.data.mkdir(parents=True, exist_ok=True)
        instance.carry_out("make", *(space for space in SHARES if space != "ada"))
        made.touch()
    seed = list(SHARES).index(name) + 1
    report = instance.carry_out("import", card_file(_count(name), seed=seed), name)
    done.write_text(json.dumps(report))


def _count(name: str) -> int:
    return max(1, round(CONTACTS * SHARES[name]))


if __name__ == "__main__":
    main()
