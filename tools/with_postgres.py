"""Run a command beside a PostgreSQL made for it: `python -m tools.with_postgres pytest -n auto`.

The server listens on a free loopback port, keeps its data in a temporary folder and ends with the command, whose exit
code is passed on. The command finds it in FARLEY_TEST_DATABASE_URL; FARLEY_TEST_SERVER_ENDS says that whatever is left
on it goes with it. fsync is off: what is lost with the machine's power
is a test run.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVERS = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"]
START_TIMEOUT_S = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "full_page_writes": "off",
}


class NoServer(Exception):
    """PostgreSQL is not installed, or did not start; the message says what to do."""


def main(command: list[str]) -> int:
    """Start the server, run `command`, stop the server; the command's exit code, or 2 without a server."""
    if not command:
        print("tools.with_postgres: give a command to run beside PostgreSQL", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then too
    try:
        with server() as url:
            environment = {**os.environ, "FARLEY_TEST_DATABASE_URL": url, "FARLEY_TEST_SERVER_ENDS": "1"}
            return subprocess.run(command, env=environment, check=False).returncode
    except NoServer as error:
        print(f"tools.with_postgres: {error}", file=sys.stderr)
        return 2


@contextmanager
def server() -> Iterator[str]:
    """A running server, as the URL of an empty database whose user may create others. Raises NoServer."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="farley-postgres-"))
    try:
        password, port = secrets.token_hex(16), _free_port()
        (folder / "password").write_text(password)
        user, group = _account()
        if user is not None:  # the server refuses to run as root
            for path in (folder, folder / "password"):
                shutil.chown(path, user, group)
        _initialise(programs, folder)
        process = _start(programs, folder, port)
        try:
            _wait_until_it_listens(process, port, folder / "log")
            yield f"postgres://farley:{password}@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # ends its sessions, then itself
            process.wait(timeout=START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder with initdb and postgres: on PATH, or the newest where systems put them. Raises NoServer."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    found_folders = [path.parent for pattern in SERVERS for path in Path("/").glob(f"{pattern[1:]}/initdb")]
    if not found_folders:
        raise NoServer("PostgreSQL is not installed. Debian, Ubuntu: apt install postgresql. macOS: brew install it")
    return max(found_folders, key=lambda path: int("".join(re.findall(r"\d+", str(path))) or "0"))


def _initialise(programs: Path, folder: Path) -> None:
    command = [
        *(str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", "farley"),
        *("--pwfile", str(folder / "password"), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--no-locale", "--no-sync"),
    ]
    user, group = _account()
    groups: list[str] | None = None if user is None else []
    done = subprocess.run(
        command, user=user, group=group, extra_groups=groups, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoServer(f"initdb failed: {done.stderr.strip()}")


def _start(programs: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    user, group = _account()
    groups: list[str] | None = None if user is None else []
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, user=user, group=group, extra_groups=groups, cwd=folder, stdout=log, stderr=log
        )


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        time.sleep(0.05)
    process.terminate()
    raise NoServer(f"it did not start on port {port}: {log.read_text(errors='replace').strip()}")


def _account() -> tuple[int | None, int | None]:
    """Whom the server runs as: the package's own account when root calls, else the caller (None)."""
    if os.geteuid() != 0:
        return None, None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        raise NoServer("as root it needs the account `postgres`, which the system's package makes") from None
    return account.pw_uid, account.pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
