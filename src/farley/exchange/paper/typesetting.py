"""Setting a page with Typst in a process of its own: `python -m farley.exchange.paper.typesetting`.

Typst keeps what it has set: some 400 MB after a long list, which a web server would hold for ever. A process gives them
back by ending. It reads a layout and its data as JSON on standard input, and writes the PDF.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

SECONDS = 300  # a list of 3,000 takes some five on a quiet machine


class NotSet(RuntimeError):
    """Typst ended without a PDF, or took too long."""


def pdf_set(layout: bytes, data: str) -> bytes:
    """The PDF of a Typst file that reads `data` (JSON). Raises NotSet."""
    command = [sys.executable, "-P", "-m", __name__]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = json.dumps({"layout": layout.decode(), "data": data}).encode()
    try:
        done = subprocess.run(  # noqa: S603 - this program
            command, env=environment, input=told, capture_output=True, check=True, timeout=SECONDS
        )
    except subprocess.CalledProcessError as error:
        raise NotSet(error.stderr.decode(errors="replace")[-1000:]) from error
    except subprocess.TimeoutExpired as error:
        raise NotSet(f"it was not done after {SECONDS} seconds") from error
    return done.stdout


def _main() -> None:
    import typst

    told = json.load(sys.stdin)
    made = typst.compile(told["layout"].encode(), sys_inputs={"data": told["data"]})
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    _main()
