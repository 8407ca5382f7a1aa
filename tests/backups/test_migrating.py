"""A new database is made in one step; one that is older goes through the migrations. Both must come to the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Databases, Instance, databases

__all__ = ["databases"]
# Differences that nothing asks for: a table that had another name before keeps it in the names of its constraints, and
# a table of Django's that Farley does not use has a shorter id where its model makes it.
_NO_MATTER = {"slimrow": "indexrow", "auth_group_permissions id integer": "auth_group_permissions id bigint"}

_DUMP = """
import sys
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from farley.backups.migrating import migrate, one_transaction
with one_transaction():
    if sys.argv[1] == "at once":
        migrate()
    else:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

def parts(definition):
    depth, part = 0, ""
    for letter in definition:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 1:
            yield part.strip("( ")
            part = ""
        else:
            part += letter
    yield part.strip("( ")

def said(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [" ".join(map(str, row)) for row in cursor.fetchall()]

if connection.vendor == "sqlite":
    for definition in said("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
        head, _, rest = definition.partition("(")
        body, _, tail = rest.rpartition(")")
        print(head, *sorted(parts("(" + body)) if "TABLE" in head else [body], tail)
        if tail.strip():  # kept in the order of its key, whose columns come first
            print(head, "begins with", *list(parts("(" + body))[: body.rpartition("PRIMARY KEY")[2].count(",") + 1])
else:
    print(*said('''
        SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, is_identity,
        collation_name FROM information_schema.columns WHERE table_schema = 'public' '''), sep="\\n")
    print(*said('''SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace'''), sep="\\n")
    print(*said("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"), sep="\\n")
    print(*said("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"), sep="\\n")
print(*said("SELECT app, name FROM django_migrations"), sep="\\n")
"""


def test_a_database_made_at_once_is_as_one_that_went_through_all_migrations(
    tmp_path: Path, databases: Databases | None
) -> None:
    at_once, one_by_one = (
        _made(tmp_path / way, databases.make() if databases else "", way) for way in ("at once", "one by one")
    )
    assert len(at_once) > 100
    assert set(at_once) - set(one_by_one) == set(one_by_one) - set(at_once) == set()


def _made(folder: Path, database: str, way: str) -> list[str]:
    folder.mkdir()
    environment = Instance(folder, database).environment | {
        "DJANGO_SETTINGS_MODULE": "farley.project.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-c", _DUMP, way], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    for one, other in _NO_MATTER.items():
        said = said.replace(one, other)
    return sorted(said.splitlines())
