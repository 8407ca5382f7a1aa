"""A Farley of its own for each test, driven as a user drives it: the command in a process of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

import pytest

from tests.cli.forking import Forks

POSTGRES = os.environ.get("FARLEY_TEST_DATABASE_URL", "")
SERVER_ENDS = bool(os.environ.get("FARLEY_TEST_SERVER_ENDS"))  # tools.with_postgres started it
PASSWORD = "correct horse battery staple"
FARLEY = Path(sys.executable).with_name("farley")
TIMEOUT_S = 120


@dataclass
class Instance:
    """A data folder (and, on PostgreSQL, a database) with a `farley` command that works on it."""

    folder: Path
    database: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        unwanted = ("FARLEY_", "DJANGO_", "PYTHONDONTWRITEBYTECODE")  # without bytecode each start takes a second more
        bare = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        database = {"FARLEY_DATABASE_URL": self.database} if self.database else {}
        return bare | {"FARLEY_DATA": str(self.folder)} | database | self.settings

    def run(self, *arguments: str | Path, stdin: str | bytes = "", cwd: Path | None = None) -> Result:
        """Run the command to its end."""
        words, folder = [str(word) for word in arguments], cwd or self.folder
        with TemporaryFile() as given, TemporaryFile() as said, TemporaryFile() as told:
            given.write(stdin.encode() if isinstance(stdin, str) else stdin)
            given.seek(0)
            if forks := _forks():
                streams = [given.fileno(), said.fileno(), told.fileno()]
                code = forks.run(words, self.environment, folder, streams, TIMEOUT_S)
            else:
                command = [str(FARLEY), *words]
                streams_of = {"stdin": given, "stdout": said, "stderr": told}
                done = subprocess.run(
                    command, env=self.environment, cwd=folder, timeout=TIMEOUT_S, check=False, **streams_of
                )
                code = done.returncode
            said.seek(0)
            told.seek(0)
            return Result(code, said.read(), told.read().decode())

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start the command and let it run."""
        return subprocess.Popen(
            [str(FARLEY), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
            start_new_session=True,
        )

    def add_user(self, name: str, *options: str) -> None:
        result = self.run(
            "user", "add", name, "--email", f"{name}@example.org", *options, "--password-stdin", stdin=PASSWORD
        )
        assert result.code == 0, result.stderr


@dataclass(frozen=True)
class Result:
    code: int
    octets: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.octets.decode()


@cache
def _forks() -> Forks | None:
    """What this worker of the tests forks its commands off; it lives as long as the worker."""
    if os.environ.get("FARLEY_TEST_FORKS") == "no":
        return None
    folder = Path(mkdtemp(prefix="farley-forks-"))
    forks = Forks(Instance(folder, POSTGRES).environment)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(forks.end)
    return forks


class Databases:
    """Databases on the PostgreSQL of the tests: one a test, copied from one that has the schema."""

    def __init__(self, url: str) -> None:
        self.server, _, _ = url.rpartition("/")
        self.made: list[str] = []

    def make(self, template: str = "template0") -> str:
        name = f"farley_cli_{uuid.uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.rpartition("/")[2]}"')
        self.made.append(name)
        return f"{self.server}/{name}"

    def drop(self) -> None:
        if SERVER_ENDS:  # with all that is on it; dropping a hundred takes a minute
            return
        for name in self.made:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases | None]:
    if not POSTGRES:
        yield None
        return
    databases = Databases(POSTGRES)
    yield databases
    databases.drop()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, databases: Databases | None) -> Instance:
    """An instance with Alice, Bob and Mallory; Alice manages the team space `sales`, Bob reads it."""
    instance = Instance(tmp_path_factory.mktemp("template"), databases.make() if databases else "")
    for name in ("alice", "bob", "mallory"):
        instance.add_user(name)
    for arguments in (
        ("space", "add", "sales", "--kind", "team", "--as", "alice"),
        ("space", "share", "sales", "bob", "--role", "reader", "--as", "alice"),
    ):
        result = instance.run(*arguments)
        assert result.code == 0, result.stderr
    return instance


@pytest.fixture
def empty(tmp_path: Path, databases: Databases | None) -> Instance:
    """An empty data folder, made by hand."""
    work = tmp_path / "farley"
    work.mkdir()
    return Instance(work, databases.make() if databases else "")


@pytest.fixture
def farley(tmp_path: Path, template: Instance, databases: Databases | None) -> Instance:
    """A copy of the template, with its users and spaces."""
    folder = tmp_path / "farley"
    shutil.copytree(template.folder, folder)
    return Instance(folder, databases.make(template.database) if databases else "")


def card(uid: str, name: str, *lines: str, version: str = "3.0") -> bytes:
    given, _, family = name.rpartition(" ")
    content = [
        "BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid}", f"N:{family};{given};;;", f"FN:{name}", *lines, "END:VCARD",
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in content).encode()
