"""Nothing in the tree may depend on the machine or the mirror it was written on.

Lock files hold names, versions and hashes, never an address: they install from whatever index the reader uses. No other
file names a package host or a folder of somebody's machine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from tools.tree import ROOT, Finding, report, tracked

LOCKS = re.compile(r"requirements/.*|frontend/package-lock\.json|frontend/\.npmrc")
ADDRESS = re.compile(r"(?:https?|git|ssh|file)(?:\+\w+)?://|--(?:extra-)?index-url|--find-links", re.IGNORECASE)
PACKAGE_HOST = re.compile(r"(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com)", re.IGNORECASE)
MACHINE_FOLDER = re.compile(r"(?<![\w.~})])/(?:work|root|home|Users|tmp)/[\w.-]")


def leaks(path: str, text: str) -> Iterator[Finding]:
    """Each line of a file that leads to a certain machine or host."""
    is_lock = LOCKS.fullmatch(path) is not None
    for number, line in enumerate(text.splitlines(), 1):
        if is_lock and (found := ADDRESS.search(line)):
            yield Finding(path, number, f"an address in a lock file: {found[0]}")
        elif found := PACKAGE_HOST.search(line):
            yield Finding(path, number, f"names a package host: {found[0]}")
        elif found := MACHINE_FOLDER.search(line):
            yield Finding(path, number, f"names a folder of one machine: {found[0]}")


def main() -> int:
    exempt = {"tools/check_leaks.py", "tests/tools/test_check_leaks.py"}  # they name what they look for
    return report(finding for name in tracked() if name not in exempt for finding in leaks(name, _text(name)))


def _text(name: str) -> str:
    octets = (ROOT / name).read_bytes()
    return "" if b"\0" in octets else octets.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
