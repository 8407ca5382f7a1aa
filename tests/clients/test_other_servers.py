"""Mirrors with real servers: Radicale, which rewrites what it takes, Xandikos, and another Farley."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import operations as contacts
from farley.journal.models import Door
from farley.mirrors import operations
from farley.mirrors.models import Mirror
from farley.mirrors.operations import Terms
from farley.spaces.models import Space
from tests.cast import a_card, hand_of, team
from tests.cli.conftest import Instance
from tests.cli.test_serve import serving, wait_for
from tests.mirrors.keeping import cards_of, in_step, last_run, live, named, problems
from tools import carddav_servers

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not carddav_servers.is_here(), reason="Radicale and Xandikos are not here: python -m tools.carddav_servers"
    ),
]
LOGIN = "ada"
PHOTO = "PHOTO;ENCODING=b;TYPE=JPEG:" + "/9j/4AAQ" * 2000
RICH = (PHOTO, "item1.TEL:+49 30 1", "item1.X-ABLabel:Büro", "NOTE:a\\nb\\, c", "X-OWN;A=b:kept")


@contextmanager
def started(*command: str | Path, port: int, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FARLEY_")}
        process = subprocess.Popen([*map(str, command)], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            wait_for(lambda: answers(port) or process.poll() is not None)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def radicale(folder: Path) -> Iterator[str]:
    book, port = folder / "collection-root" / LOGIN / "friends", free_port()
    book.mkdir(parents=True)
    (book / ".Radicale.props").write_text('{"tag": "VADDRESSBOOK", "D:displayname": "Friends"}')
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[rights]\ntype = owner_only\n"
        f"[storage]\nfilesystem_folder = {folder}\n[logging]\nlevel = error\n"
    )
    with started(carddav_servers.PROGRAMS / "radicale", "--config", folder / "config", port=port, folder=folder):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def xandikos(folder: Path) -> Iterator[str]:
    port = free_port()
    where = ("--directory", folder / "store", "--state-dir", folder / "state", "--defaults")
    who = ("--current-user-principal", f"/{LOGIN}/", "--listen-address", "127.0.0.1", "--port", str(port))
    with started(carddav_servers.PROGRAMS / "xandikos", "serve", *where, *who, port=port, folder=folder):
        yield f"http://127.0.0.1:{port}/"


class Account(NamedTuple):
    """One on another server that has one address book."""

    address: str
    login: str
    password: str


@pytest.fixture(params=["radicale", "xandikos", "farley"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    if request.param == "farley":
        farley: Instance = request.getfixturevalue("farley")
        added = farley.run("device", "add", "mirror", "--space", "sales", "--as", "alice")
        with serving(farley, "--workers", "1") as (_process, address):
            yield Account(address, "alice", added.stdout.strip())
        return
    with {"radicale": radicale, "xandikos": xandikos}[request.param](tmp_path) as address:
        yield Account(address, LOGIN, "secret")


def mirrored(space: Space, by: User, account: Account, **terms: Any) -> Mirror:
    address, found = operations.look_for_books(*account)
    [book] = found
    known = (address, account.login, account.password, [book])
    return operations.add(space, by.name, *known, terms=Terms(**terms), by=by.actor, door=Door.WEB)


@pytest.fixture
def _reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "127.0.0.0/8")


@pytest.mark.usefixtures("_reachable")
def test_two_spaces_are_kept_in_step_through_it(account: Account, alice: User, bob: User) -> None:
    """Alice's and Bob's spaces meet in one address book; what one of them does arrives at the other."""
    hers, his = team("hers", alice=Role.MANAGER), team("his", bob=Role.MANAGER)
    one, other = (mirrored(space, who, account, is_two_way=True) for space, who in ((hers, alice), (his, bob)))
    cards = [a_card(f"Person {number}", *RICH, uid=f"uid-{number}") for number in range(60)]
    hand_of(alice).many(hers, cards)
    hand_of(alice).store(hers, a_card("Zoë", uid="urn:x:zoë @/%0A"), href="z ö@%.vcf")
    in_step(one)
    in_step(other)
    assert (one.trouble, other.trouble, problems(one), problems(other)) == ("", "", [], [])
    assert last_run(one).sent_added == last_run(other).added == 61
    assert cards_of(hers) == cards_of(his)
    kept = Card.parse(named(his, "Person 7").content.data)
    assert [prop.name for prop in kept.properties("X-OWN")] == ["X-OWN"]
    assert kept.first("X-ABLABEL") is not None

    hand_of(bob).store(his, a_card("Person Seven", *RICH, uid="uid-7"))
    contacts.delete([named(his, "Person 8")], by=bob.actor, door=Door.WEB, batch=None)
    hand_of(alice).store(hers, a_card("Person Nine", uid="uid-9"))
    in_step(other)
    operations.run_now(one, by=alice.actor)  # lists everything: Xandikos tells nobody of deletions by its tokens
    in_step(one)
    in_step(other)
    assert cards_of(hers) == cards_of(his)
    assert {"Person Seven", "Person Nine"} <= {contact.full_name for contact in live(hers)}
    assert len(live(hers)) == 60

    hand_of(alice).store(hers, a_card("Ten of Alice", uid="uid-10"))
    hand_of(bob).store(his, a_card("Ten of Bob", uid="uid-10"))
    for mirror in (one, other, one):
        in_step(mirror)
    assert cards_of(hers) == cards_of(his)
    assert named(his, "Ten of Alice")  # it was outside first, and the outside version counts
    runs = one.runs.count()
    in_step(one)
    assert one.runs.count() == runs, "there is nothing left to do"
