"""Data folders and databases to measure on, and the processes that work in them.

FARLEY_BENCH_DATA names the folder that keeps what is dear to make (card files, the folder with a million contacts);
without it that is build/benchmarks. Put it on the disk that is to be measured.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import with_postgres

ROOT = Path(__file__).parent.parent
KEPT = Path(os.environ.get("FARLEY_BENCH_DATA") or ROOT / "build" / "benchmarks").absolute()
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_wal_size": "4GB"}


@dataclass(frozen=True, slots=True)
class Instance:
    """A Farley: its data folder, and its database where that is not SQLite in it."""

    data: Path
    database_url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FARLEY_")}
        kept |= {"FARLEY_DATA": str(self.data), "PYTHONPATH": str(ROOT)}
        return kept | ({"FARLEY_DATABASE_URL": self.database_url} if self.database_url else {})

    def start(self, task: str, *arguments: object) -> subprocess.Popen[str]:
        """Start a task of `_tasks` in a process of its own."""
        command = [sys.executable, "-m", "benchmarks._tasks", task, *map(str, arguments)]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)

    def carry_out(self, task: str, *arguments: object) -> dict[str, Any]:
        """Run a task to its end and return what it reports."""
        return result_of(self.start(task, *arguments))


def result_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a task reports, once it has ended."""
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    return report


@contextmanager
def sqlite_instance() -> Iterator[Instance]:
    """A new one on SQLite with the user `ada` and her private space; gone afterwards."""
    folder = KEPT / f"instance-{os.getpid()}-{random.getrandbits(32):08x}"
    try:
        folder.mkdir(parents=True)
        instance = Instance(folder)
        instance.carry_out("make")
        yield instance
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_instance() -> Iterator[Instance]:
    """A new one on a PostgreSQL of its own that keeps what it acknowledged. Raises tools.with_postgres.NoServer."""
    folder = KEPT / f"instance-{os.getpid()}-{random.getrandbits(32):08x}"
    former = dict(with_postgres.SETTINGS)
    with_postgres.SETTINGS.update(DURABLE)
    try:
        folder.mkdir(parents=True)
        with with_postgres.server() as url:
            instance = Instance(folder, url)
            instance.carry_out("make")
            yield instance
    finally:
        with_postgres.SETTINGS.update(former)
        shutil.rmtree(folder, ignore_errors=True)


def card_file(count: int, *, seed: int = 1) -> Path:
    """A file of `count` lifelike cards without photos, made once."""
    path = KEPT / f"cards-{count}-{seed}.vcf"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    Instance(KEPT / "writer").carry_out("write-cards", path, count, seed)
    return path
