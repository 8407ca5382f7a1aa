"""The `farley` command."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 all well, 1 some entries had problems, 2 nothing was changed."""
    from farley.cli.command import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
