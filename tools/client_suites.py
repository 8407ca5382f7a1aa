"""Fetch suites that clients test servers with, each with an environment to run it in: `python -m tools.client_suites`.

They lie under build/: vdirsyncer's storage tests, and those of Python's caldav, which bring caldav-server-tester.
`tests/clients/test_client_suites.py` runs them against Farley, and is skipped without them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_PATIENCE_S = 900


@dataclass(frozen=True)
class Suite:
    """The tests in the source distribution of a package."""

    package: str
    version: str

    @property
    def folder(self) -> Path:
        return ROOT / "build" / f"{self.package}-suite-{self.version}"

    @property
    def source(self) -> Path:
        return self.folder / f"{self.package}-{self.version}"

    @property
    def python(self) -> Path:
        return self.folder / "environment" / "bin" / "python"

    def is_here(self) -> bool:
        return (self.folder / "made").exists()

    def fetch(self) -> None:
        """Raises ValueError for a source distribution that is not the one in the lock file."""
        if self.is_here():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        lock = ROOT / "requirements" / f"{self.package}-suite.lock"
        _run(sys.executable, "-m", "venv", self.folder / "environment")
        pip = (self.python, "-m", "pip", "--quiet", "--disable-pip-version-check")
        _run(*pip, "install", "--require-hashes", "--requirement", lock)
        wanted = f"{self.package}=={self.version}"
        _run(*pip, "download", "--no-deps", "--no-binary", self.package, "--dest", self.folder, wanted)
        packed = self.source.with_name(f"{self.source.name}.tar.gz")
        if hashlib.sha256(packed.read_bytes()).hexdigest() not in lock.read_text():
            raise ValueError(f"{packed.name} is not what the lock file names")
        with tarfile.open(packed) as archive:
            safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # 3.11.4
            archive.extractall(self.folder, **safely)  # noqa: S202 -- what the lock file has the hash of
        (self.folder / "made").touch()


VDIRSYNCER = Suite("vdirsyncer", "0.19.3")
CALDAV = Suite("caldav", "3.6.0")


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, timeout=_PATIENCE_S)


if __name__ == "__main__":
    for suite in (VDIRSYNCER, CALDAV):
        suite.fetch()
