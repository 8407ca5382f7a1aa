"""Templates: Django's syntax as djade writes it, and no mark-up that djlint's rules object to. `--fix` rewrites.

djlint's formatter is not used: it moves white space, which shows on the page.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.tree import ROOT, tracked

BIN = Path(sys.executable).parent


def main() -> int:
    templates = [name for name in tracked() if name.startswith("src/") and "/templates/" in name]
    templates = [name for name in templates if name.endswith((".html", ".txt"))]
    return fix(templates) if "--fix" in sys.argv else check(templates)


def check(templates: Sequence[str]) -> int:
    """0 when there is nothing to say about them, else 1, after each finding was printed."""
    pages = [name for name in templates if name.endswith(".html")]
    findings = _djade("--check", *templates) if templates else 0
    if pages:
        lint = [str(BIN / "djlint"), "--lint", "--quiet", "--configuration", str(ROOT / "pyproject.toml"), *pages]
        findings |= subprocess.run(lint, cwd=ROOT, check=False).returncode
    return 1 if findings else 0


def fix(templates: Sequence[str]) -> int:
    """Rewrite what djade would write otherwise."""
    if templates:
        _djade(*templates)
    return 0


def _djade(*arguments: str) -> int:
    return subprocess.run([str(BIN / "djade"), "--target-version", "5.2", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
