"""CardDAV over a socket: Farley beside Radicale and Xandikos, the same requests to the same cards in the same run.

10,000 cards, every twentieth with a photo of 20 kB; FARLEY_BENCH_DAV makes it another number. The other two come from
PyPI into an environment of their own under FARLEY_BENCH_DATA. Each keeps its cards as it does out of the box: Farley in
SQLite with every commit on the disk, Radicale in files with fsync, Xandikos in git. The most that a process of each
held in memory is in the table.
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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _figures
from benchmarks._instances import KEPT, ROOT, Instance
from benchmarks._phones import SPACES, card
from benchmarks.serving import free_port

CARDS = int(os.environ.get("FARLEY_BENCH_DAV") or 10_000)
ONES = 60  # puts and deletes of one card
TIMES = 3  # of each question; the best counts
PATIENCE_S = 1800.0  # the first listing of another server may take minutes
HOUR_S = 3600
PACKAGES = ("radicale", "xandikos")
TAGS = "<d:prop><d:getetag/></d:prop>"
DATA = "<d:prop><d:getetag/><card:address-data/></d:prop>"


@dataclass
class Server:
    """A running one: where its book is, and who asks."""

    name: str
    pid: int
    port: int
    book: str
    authorization: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", depth: str = "1") -> tuple[int, bytes]:
        if not hasattr(self, "_connection"):
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        kind = "text/vcard; charset=utf-8" if method == "PUT" else "application/xml; charset=utf-8"
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


def main() -> None:
    folder = KEPT / f"dav-rivals-{CARDS}"
    folder.mkdir(parents=True, exist_ok=True)
    programs = _environment()
    found: dict[str, dict[str, float]] = {}
    for name, serving in (("Farley", _farley), ("Radicale", _radicale), ("Xandikos", _xandikos)):
        with serving(folder / name.lower(), programs) as server:
            found[name] = _measured(server)
    rows = []
    for what, ours in found["Farley"].items():
        theirs = [found[name][what] for name in ("Radicale", "Xandikos")]
        best = min(theirs)
        shown = _megabytes if "memory" in what else _milliseconds
        rows.append((what, shown(ours), f"{shown(theirs[0])}, {shown(theirs[1])}", f"{best / ours:.1f}x"))
    _figures.table(f"{CARDS:,} cards, beside Radicale and Xandikos", rows)


def _measured(server: Server) -> dict[str, float]:
    """Seconds of each act, and the most memory, in octets."""
    found: dict[str, float] = {}

    def put(number: int) -> None:
        status, body = server.ask("PUT", f"{number}.vcf", card(number))
        if status not in (201, 204):
            raise RuntimeError(f"{server.name}: {status} {body[:300]!r}")

    def delete(number: int) -> None:
        server.ask("DELETE", f"{number}.vcf")

    first = time.perf_counter()
    whole = server.sync("")
    found["first sync of all, tags: the very first"] = time.perf_counter() - first
    if whole.count(b"getetag>") < CARDS:
        raise RuntimeError(f"{server.name} holds too few cards")
    found["first sync of all, tags"] = _best(lambda: server.sync(""))
    token = _token_in(whole)
    found["sync, nothing changed"] = _best(lambda: server.sync(token))
    for name, act in (("put", put), ("delete", delete)):
        found[f"{name} of one"] = _each(act, CARDS)
    put(1)
    found["sync, one change"] = _best(lambda: server.sync(token))
    hrefs = [f"<d:href>{server.book}{number}.vcf</d:href>" for number in range(CARDS)]
    found["multiget of 500"] = _best(lambda: server.report("card:addressbook-multiget", DATA + "".join(hrefs[:500])))
    found["multiget of all"] = _best(lambda: server.report("card:addressbook-multiget", DATA + "".join(hrefs)), 1)
    for prop, text in (("FN", "person 00012"), ("EMAIL", "person12@")):
        match = f'<card:prop-filter name="{prop}"><card:text-match>{text}</card:text-match></card:prop-filter>'
        inner = f"{TAGS}<card:filter>{match}</card:filter>"
        found[f"query on {prop}"] = _best(lambda asked=inner: server.report("card:addressbook-query", asked), 2)  # type: ignore[misc]
    found["most memory of a process"] = server.most_memory()
    return found


@contextmanager
def _farley(folder: Path, _programs: Path) -> Iterator[Server]:
    instance = Instance(folder)
    if not (folder / "filled.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        instance.carry_out("make")
        report = instance.carry_out("dav-fill", CARDS)
        (folder / "filled.json").write_text(json.dumps(report))
    secret = json.loads((folder / "filled.json").read_text())["secret"]
    port = free_port()
    command = [Path(sys.executable).with_name("farley"), "serve", "--port", str(port), "--workers", "1"]
    authorization = "Basic " + base64.b64encode(f"ada:{secret}".encode()).decode()
    with _running(command, instance.environment, folder) as pid:
        yield _answering(Server("Farley", pid, port, "/dav/addressbooks/ada/ada/", authorization))


@contextmanager
def _radicale(folder: Path, programs: Path) -> Iterator[Server]:
    book, port = folder / "collection-root" / "ada" / "ada", free_port()
    if not (folder / "filled").exists():
        _written(book)
        (book / ".Radicale.props").write_text('{"tag": "VADDRESSBOOK"}')
        (folder / "filled").touch()
    configuration = folder / "config"
    configuration.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\nmax_content_length = 100000000\ntimeout = 0\n"
        f"[auth]\ntype = none\n[rights]\ntype = authenticated\n[storage]\nfilesystem_folder = {folder}\n"
        "[logging]\nlevel = error\n"
    )
    with _running([programs / "radicale", "--config", configuration], dict(os.environ), folder) as pid:
        login = "Basic " + base64.b64encode(b"ada:ada").decode()
        yield _answering(Server("Radicale", pid, port, "/ada/ada/", login))


@contextmanager
def _xandikos(folder: Path, programs: Path) -> Iterator[Server]:
    port = free_port()
    store, state = folder / "store", folder / "state"
    command: list[str | Path] = [
        *(programs / "xandikos", "serve", "--directory", store, "--state-dir", state, "--defaults"),
        *("--current-user-principal", "/ada/", "--listen-address", "127.0.0.1", "--port", str(port)),
    ]
    book = store / "ada" / "contacts" / "addressbook"
    if not (folder / "filled").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with _running(command, dict(os.environ), folder) as pid:
            _answering(Server("Xandikos", pid, port, "/ada/contacts/addressbook/"))
        _written(book)
        git = ("git", "-C", str(book), "-c", "user.name=bench", "-c", "user.email=bench@example.org")
        for verb in (("add", "--all"), ("commit", "--quiet", "--message", "filled")):
            subprocess.run([*git, *verb], check=True, timeout=HOUR_S)
        (folder / "filled").touch()
    with _running(command, dict(os.environ), folder) as pid:
        yield _answering(Server("Xandikos", pid, port, "/ada/contacts/addressbook/"))


def _environment() -> Path:
    """The programs of the other two, from PyPI."""
    environment = KEPT / "environment-dav"
    if not (environment / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True, timeout=HOUR_S)
        pip: list[str | Path] = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True, timeout=HOUR_S)
        (environment / "made").touch()
    return environment / "bin"


def _written(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(CARDS):
        (folder / f"{number}.vcf").write_bytes(card(number))


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


def _token_in(body: bytes) -> str:
    """What stands in the sync-token, whatever its prefix."""
    return body.rpartition(b"sync-token>")[0].rpartition(b"</")[0].rpartition(b">")[2].decode()


def _each(act: Callable[[int], None], base: int) -> float:
    began = time.perf_counter()
    for number in range(ONES):
        act(base + number)
    return (time.perf_counter() - began) / ONES


def _best(act: Callable[[], object], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


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


if __name__ == "__main__":
    main()
