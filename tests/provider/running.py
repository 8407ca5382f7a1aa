"""Starting the provider beside a test, and signing in there as somebody."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
START_S = 60


@dataclass
class Provider:
    """`folder` holds its database and what it says of people, read anew with each log-in."""

    issuer: str
    folder: Path

    def knows(self, **people: dict[str, Any]) -> None:
        """Claims by subject."""
        (self.folder / "people.json").write_text(json.dumps(people))

    def sign_in(self, address: str, subject: str) -> str:
        """Follow `address` as the browser of `subject`, who is asked nothing; where the provider sends it back to."""
        with requests.Session() as browser:
            browser.get(f"{self.issuer}/as/{subject}", timeout=START_S).raise_for_status()
            answer = browser.get(address, timeout=START_S, allow_redirects=False)
            assert answer.status_code == 302, answer.text[:2000]
            return answer.headers["Location"]


@contextmanager
def provider(folder: Path, *, redirect_to: str, client: str, client_secret: str) -> Iterator[Provider]:
    """The provider in a process of its own, listening by the time it is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = Provider(f"http://127.0.0.1:{port}", folder)
    started.knows()
    arguments = [str(folder), str(port), redirect_to, client, client_secret]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.provider.serving", *arguments], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process)
            yield started
        finally:
            process.terminate()
            process.wait(START_S)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the provider does not start")
