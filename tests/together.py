"""Several writers at once: threads with connections of their own, and processes on the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

TIMEOUT_S = 120  # nothing here takes as long: who reaches it waits for ever
ROOT = Path(__file__).parents[1]
_PREPARED = """
import sys
import django
django.setup()
from farley.accounts.models import User
from farley.contacts import operations as contacts
from farley.contacts import storing
from farley.contacts.storing import Condition, Entry
from farley.journal.models import Batch, Door
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, space_of
def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()
"""


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run `acts` in a thread each, started together; what each returned, or the exception it raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(position: int) -> None:
        try:
            barrier.wait(TIMEOUT_S)
            results[position] = acts[position]()
        except Exception as error:  # noqa: BLE001 - it is a result
            results[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(position,), daemon=True) for position in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return results


def process(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process that runs `script`, with the cast at hand, on the database of this test."""
    return subprocess.Popen(  # its standard input is there to wait at: it ends with a line from here
        [sys.executable, "-c", _PREPARED + script, *map(str, arguments)],
        env=_environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(running: subprocess.Popen[str]) -> list[str]:
    """The lines it said, once it has ended well."""
    out, err = running.communicate(timeout=TIMEOUT_S)
    assert running.returncode == 0, err
    return out.splitlines()


def killed_after(running: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill it as soon as it has said so many lines (-9: it gets to know nothing); every whole line it said."""
    assert running.stdout is not None
    said = [running.stdout.readline() for _ in range(lines)]
    running.kill()
    rest, err = running.communicate(timeout=TIMEOUT_S)
    assert all(said), err
    return [line.rstrip("\n") for line in [*said, *rest.splitlines(keepends=True)] if line.endswith("\n")]


def read_elsewhere(path: Path) -> bytes:
    """What a file of the database holds, by another process: one that closes a file of SQLite's loses all its locks on
    it, and the next opener ruins them."""
    return subprocess.run(["cat", str(path)], stdout=subprocess.PIPE, check=True).stdout


def _environment() -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("FARLEY_", "DJANGO_"))}
    return bare | {
        "DJANGO_SETTINGS_MODULE": "farley.project.settings",
        "FARLEY_DATA": str(settings.DATA),
        "FARLEY_DATABASE_URL": _database_url(),
    }


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(database['NAME']))}"
    account = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return f"postgres://{account}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def all_ended(running: Sequence[subprocess.Popen[str]]) -> list[list[str]]:
    return [ended(each) for each in running]
