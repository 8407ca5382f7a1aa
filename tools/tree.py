"""What the checks share: the files of the tree, and how a finding is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUILT = {".venv", "node_modules", "dist", "build", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


class Finding(NamedTuple):
    """One thing wrong, at a place. `line` counts from 1."""

    path: str
    line: int
    message: str


def tracked(root: Path = ROOT) -> list[str]:
    """Every file git knows or would add, relative to the root: built and ignored files are not among them.

    In a copy without git (an unpacked archive) every file but those in folders that are always built.
    """
    if (root / ".git").exists():
        listing = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
        listing += ["--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(listing, cwd=root, capture_output=True, text=True, check=True).stdout
        return [name for name in sorted(set(listed.split("\0"))) if name and (root / name).is_file()]
    names = []
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in BUILT]
        names += [(Path(folder) / name).relative_to(root).as_posix() for name in files]
    return sorted(names)


def report(findings: Iterable[Finding]) -> int:
    """Print each finding on a line; the exit code, 1 when there was one."""
    count = 0
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.message}")
        count += 1
    return 1 if count else 0
