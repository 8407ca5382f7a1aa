"""Fetch vdirsyncer's own suite of storage tests, and an environment to run it in: `python -m tools.vdirsyncer_suite`.

It lies under build/; `tests/clients/test_vdirsyncer_suite.py` runs it against Farley, and is skipped without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

VERSION = "0.19.3"
FOLDER = Path(__file__).parents[1] / "build" / f"vdirsyncer-suite-{VERSION}"
TESTS = FOLDER / f"vdirsyncer-{VERSION}"
PYTHON = FOLDER / "environment" / "bin" / "python"
LOCK = Path(__file__).parents[1] / "requirements" / "vdirsyncer-suite.lock"
_PATIENCE_S = 900


def is_here() -> bool:
    return (FOLDER / "made").exists()


def fetch() -> None:
    if is_here():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _run(sys.executable, "-m", "venv", FOLDER / "environment")
    pip = (PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "install", "--require-hashes", "--requirement", LOCK)
    _run(*pip, "download", "--no-deps", "--no-binary", "vdirsyncer", "--dest", FOLDER, f"vdirsyncer=={VERSION}")
    with tarfile.open(FOLDER / f"vdirsyncer-{VERSION}.tar.gz") as archive:
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # 3.11.4
        archive.extractall(FOLDER, **safely)  # noqa: S202 -- what the lock file has the hash of
    (FOLDER / "made").touch()


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, timeout=_PATIENCE_S)


if __name__ == "__main__":
    fetch()
