"""`farley serve`: how soon it answers after it was started, and what all its processes hold when nothing happens.

The floor, in the same run: one Python process that has loaded Django with Farley's settings and does nothing.
"""

from __future__ import annotations

import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks import _figures
from benchmarks._instances import ROOT, Instance, sqlite_instance

STARTS = 5
IDLE_S = 8.0  # after the last answer, before the memory is read
PAGES = ("/", "/login/", "/contacts/")
PATIENCE_S = 30.0


def main() -> None:
    with sqlite_instance() as instance:
        loaded = [_seconds_to_load(instance) for _ in range(STARTS)]
        answers = [_serve(instance, idle_s=0.0)[0] for _ in range(STARTS - 1)]
        last, held, processes = _serve(instance, idle_s=IDLE_S)
        bare = _held_by_django_alone(instance)
    answers.append(last)
    best = min(answers), min(loaded)
    middle = statistics.median(answers), statistics.median(loaded)
    _figures.table(
        "farley serve",
        [
            (
                f"first answer after start, median of {STARTS}",
                f"{middle[0]:.2f} s",
                f"{middle[1]:.2f} s to load Django and end",
                _figures.times(*middle),
            ),
            (
                f"first answer after start, best of {STARTS}",
                f"{best[0]:.2f} s",
                f"{best[1]:.2f} s to load Django and end",
                _figures.times(*best),
            ),
            (
                f"idle, PSS of {processes} processes",
                f"{held / 1e6:.0f} MB",
                f"{bare / 1e6:.0f} MB one process with Django alone",
                _figures.times(held, bare),
            ),
        ],
    )


def _serve(instance: Instance, *, idle_s: float) -> tuple[float, int, int]:
    """Seconds to the first answer, and octets held by how many processes after `idle_s` (asked a few pages first)."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("farley")), "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=instance.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_an_answer(process, port)
        seconds = time.perf_counter() - began
        if not idle_s:
            return seconds, 0, 0
        for page in PAGES * 4:
            _is_answered(port, page)
        time.sleep(idle_s)
        return seconds, *_figures.pss_of_tree(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)


def wait_for_an_answer(process: subprocess.Popen[bytes], port: int) -> None:
    """Return once the server answers; RuntimeError if it does not."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if _is_answered(port, "/"):
            return
        time.sleep(0.01)
    raise RuntimeError("farley serve gave no answer")


def _is_answered(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as answer:
            return bool(answer.status)
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, ConnectionError):
        return False


def _seconds_to_load(instance: Instance) -> float:
    began = time.perf_counter()
    instance.carry_out("load")
    return time.perf_counter() - began


def _held_by_django_alone(instance: Instance) -> int:
    process = instance.start("load-and-wait")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        return _figures.pss_of_tree(process.pid)[0]
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
