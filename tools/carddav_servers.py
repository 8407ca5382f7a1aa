"""Fetch Radicale and Xandikos, which mirrors are tried with, into an environment of their own.

`python -m tools.carddav_servers`. It lies under build/; `tests/clients/test_other_servers.py` starts them, and is
skipped without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "build" / "carddav-servers"
LOCK = Path(__file__).parents[1] / "requirements" / "carddav-servers.lock"
PROGRAMS = FOLDER / "bin"
_PATIENCE_S = 900


def is_here() -> bool:
    return (FOLDER / "made").exists()


def fetch() -> None:
    if is_here():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    _run(sys.executable, "-m", "venv", FOLDER)
    pip = (PROGRAMS / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "install", "--require-hashes", "--requirement", LOCK)
    (FOLDER / "made").touch()


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, timeout=_PATIENCE_S)


if __name__ == "__main__":
    fetch()
