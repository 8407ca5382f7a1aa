"""CardDAV with 10,000 cards, every twentieth with a photo of 20 kB: as a phone asks, beside the bare domain call.

Without sockets: the WSGI application is called as the web server calls it.
"""

from __future__ import annotations

from tools.with_postgres import NoServer

from benchmarks import _figures
from benchmarks._instances import postgres_instance, sqlite_instance

CARDS = 10_000


def main() -> None:
    for name, instances in (("SQLite", sqlite_instance), ("PostgreSQL", postgres_instance)):
        try:
            with instances() as instance:
                found = instance.carry_out("dav", CARDS)
        except NoServer as error:
            print(f"{name}: not measured: {error}\n")
            continue
        rows = []
        for what, (seconds, bare) in found.items():
            if what in ("put", "delete"):
                figure, floor = _figures.per_second(1, seconds), _figures.per_second(1, bare)
            else:
                figure, floor = f"{1000 * seconds:.1f} ms", f"{1000 * bare:.1f} ms"
            rows.append((what, figure, floor, _figures.times(seconds, bare)))
        _figures.table(name, rows)


if __name__ == "__main__":
    main()
