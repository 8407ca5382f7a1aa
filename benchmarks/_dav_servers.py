"""Farley, Radicale and Xandikos as servers that are asked the same about the same members, for `dav_rivals`, `caldav`.

The other two come from PyPI into an environment of their own under FARLEY_BENCH_DATA.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._instances import KEPT, ROOT, Instance
from benchmarks.serving import free_port

PATIENCE_S = 1800.0  # the first listing of another server may take minutes
HOUR_S = 3600
ONES = 60  # puts and deletes of one member
TIMES = 3  # of each question; the best counts
PACKAGES = ("radicale", "xandikos")
SPACES = 'xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cal="urn:ietf:params:xml:ns:caldav"'
TAGS = "<d:prop><d:getetag/></d:prop>"


@dataclass(frozen=True)
class Load:
    """What the servers are filled with."""

    count: int
    member: Callable[[int], bytes]
    ending: str
    media: str
    task: str  # that fills Farley
    farley: str  # where its collection is
    radicale: str  # the tag of a collection there
    xandikos: str  # the address of a collection there


@dataclass
class Server:
    """A running one: where its book is, and who asks."""

    name: str
    pid: int
    port: int
    book: str
    load: Load
    authorization: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", depth: str = "1") -> tuple[int, bytes]:
        if not hasattr(self, "_connection"):
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        kind = f"{self.load.media}; charset=utf-8" if method == "PUT" else "application/xml; charset=utf-8"
        headers = {"Depth": depth, "Content-Type": kind}
        if self.authorization:
            headers["Authorization"] = self.authorization
        self._connection.request(method, self.book + path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def report(self, name: str, inner: str) -> bytes:
        status, body = self.ask("REPORT", "", f"<{name} {SPACES}>{inner}</{name}>".encode())
        if status != 207:
            raise RuntimeError(f"{self.name}: {name}: {status} {body[:300]!r}")
        return body

    def sync(self, token: str) -> bytes:
        told = f"<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>"
        return self.report("d:sync-collection", told + TAGS)

    def most_memory(self) -> int:
        """Octets that the largest of its processes has held at most."""
        return max(_peak(pid) for pid in _tree(self.pid))

    def put(self, number: int) -> None:
        status, body = self.ask("PUT", f"{number}.{self.load.ending}", self.load.member(number))
        if status not in (201, 204):
            raise RuntimeError(f"{self.name}: {status} {body[:300]!r}")

    def delete(self, number: int) -> None:
        self.ask("DELETE", f"{number}.{self.load.ending}")


def servers(folder: Path, load: Load) -> Iterator[AbstractContextManager[Server]]:
    """Each of the three, to be started, filled with the same."""
    programs = _environment()
    for name, serving in (("farley", _farley), ("radicale", _radicale), ("xandikos", _xandikos)):
        yield serving(folder / name, programs, load)


@contextmanager
def _farley(folder: Path, _programs: Path, load: Load) -> Iterator[Server]:
    instance = Instance(folder)
    if not (folder / "filled.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        instance.carry_out("make")
        report = instance.carry_out(load.task, load.count)
        (folder / "filled.json").write_text(json.dumps(report))
    secret = json.loads((folder / "filled.json").read_text())["secret"]
    port = free_port()
    command = [Path(sys.executable).with_name("farley"), "serve", "--port", str(port), "--workers", "1"]
    authorization = "Basic " + base64.b64encode(f"ada:{secret}".encode()).decode()
    with _running(command, instance.environment, folder) as pid:
        yield _answering(Server("Farley", pid, port, load.farley, load, authorization))


@contextmanager
def _radicale(folder: Path, programs: Path, load: Load) -> Iterator[Server]:
    book, port = folder / "collection-root" / "ada" / "ada", free_port()
    if not (folder / "filled").exists():
        _written(book, load)
        (book / ".Radicale.props").write_text(json.dumps({"tag": load.radicale}))
        (folder / "filled").touch()
    configuration = folder / "config"
    configuration.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\nmax_content_length = 100000000\ntimeout = 0\n"
        f"[auth]\ntype = none\n[rights]\ntype = authenticated\n[storage]\nfilesystem_folder = {folder}\n"
        "[logging]\nlevel = error\n"
    )
    with _running([programs / "radicale", "--config", configuration], dict(os.environ), folder) as pid:
        login = "Basic " + base64.b64encode(b"ada:ada").decode()
        yield _answering(Server("Radicale", pid, port, "/ada/ada/", load, login))


@contextmanager
def _xandikos(folder: Path, programs: Path, load: Load) -> Iterator[Server]:
    port = free_port()
    store, state = folder / "store", folder / "state"
    command: list[str | Path] = [
        *(programs / "xandikos", "serve", "--directory", store, "--state-dir", state, "--defaults"),
        *("--current-user-principal", "/ada/", "--listen-address", "127.0.0.1", "--port", str(port)),
    ]
    book = store / load.xandikos.strip("/")
    if not (folder / "filled").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _running(command, dict(os.environ), folder) as pid:
            _answering(Server("Xandikos", pid, port, load.xandikos, load))
        _written(book, load)
        git = ("git", "-C", str(book), "-c", "user.name=bench", "-c", "user.email=bench@example.org")
        for verb in (("add", "--all"), ("commit", "--quiet", "--message", "filled")):
            subprocess.run([*git, *verb], check=True, timeout=HOUR_S)
        (folder / "filled").touch()
    with _running(command, dict(os.environ), folder) as pid:
        yield _answering(Server("Xandikos", pid, port, load.xandikos, load))


def _environment() -> Path:
    """The programs of the other two, from PyPI."""
    environment = KEPT / "environment-dav"
    if not (environment / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=HOUR_S)
        pip: list[str | Path] = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True, timeout=HOUR_S)
        (environment / "made").touch()
    return environment / "bin"


def _written(folder: Path, load: Load) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(load.count):
        (folder / f"{number}.{load.ending}").write_bytes(load.member(number))


@contextmanager
def _running(command: list[Any], environment: dict[str, str], folder: Path) -> Iterator[int]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _answering(server: Server) -> Server:
    """`server`, once it answers about its book."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            propfind = f"<d:propfind {SPACES}><d:prop><d:resourcetype/></d:prop></d:propfind>".encode()
            if server.ask("PROPFIND", "", propfind, "0")[0] == 207:
                return server
        except OSError:
            vars(server).pop("_connection", None)
        time.sleep(0.2)
    raise RuntimeError(f"{server.name} does not answer")


def token_in(body: bytes) -> str:
    """What stands in the sync-token, whatever its prefix."""
    return body.rpartition(b"sync-token>")[0].rpartition(b"</")[0].rpartition(b">")[2].decode()


def each(act: Callable[[int], None], base: int) -> float:
    began = time.perf_counter()
    for number in range(ONES):
        act(base + number)
    return (time.perf_counter() - began) / ONES


def best(act: Callable[[], object], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


def beside_each_other(found: dict[str, dict[str, float]]) -> list[tuple[str, str, str, str]]:
    """Rows of a table: ours, theirs, and how many times as long the better one of them takes."""
    rows = []
    for what, ours in found["Farley"].items():
        theirs = [found[name][what] for name in ("Radicale", "Xandikos")]
        shown = _megabytes if "memory" in what else _milliseconds
        rows.append((what, shown(ours), f"{shown(theirs[0])}, {shown(theirs[1])}", f"{min(theirs) / ours:.1f}x"))
    return rows


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if children.exists():
            found += map(int, children.read_text().split())
    return found


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def _megabytes(octets: float) -> str:
    return f"{octets / 2**20:,.0f} MB"
