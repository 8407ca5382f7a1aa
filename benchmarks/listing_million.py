"""Pages of the list in a million contacts of five spaces: see `listing`. The folder is that of `million`.

PostgreSQL gets what lists and records read out of it by COPY, each time anew.
"""

from __future__ import annotations

from tools.with_postgres import NoServer

from benchmarks._instances import postgres_instance
from benchmarks.listing import measure
from benchmarks.million import folder

READ = (
    "contacts.IndexRow",
    "contacts.Tag",
    "contacts.TagEntry",
    "contacts.Affiliation",
    "journal.Content",
    "journal.Batch",
    "journal.Change",
)


def main() -> None:
    million = folder()
    measure("SQLite", million)
    try:
        with postgres_instance() as instance:
            instance.carry_out("copy-for-search", million.data / "farley.sqlite3", *READ)
            measure("PostgreSQL", instance)
    except NoServer as missing:
        print(f"PostgreSQL: not measured: {missing}\n")


if __name__ == "__main__":
    main()
