"""vdirsyncer and khard, as two people's desks use them, with a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import PASSWORD, Instance
from tests.cli.test_serve import serving

VDIRSYNCER = shutil.which("vdirsyncer", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
KHARD = shutil.which("khard", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))

pytestmark = pytest.mark.skipif(VDIRSYNCER is None or KHARD is None, reason="vdirsyncer and khard are not installed")

CONFIGURATION = """
[general]
status_path = "{folder}/status"

[pair contacts]
a = "desk"
b = "farley"
collections = ["alice"]
conflict_resolution = {winner}

[storage desk]
type = "filesystem"
path = "{folder}/cards"
fileext = ".vcf"

[storage farley]
type = "carddav"
url = "{address}/"
username = "alice"
password = "{secret}"
"""


@dataclass
class Desk:
    """A folder of cards that vdirsyncer keeps in step with Farley."""

    folder: Path

    @property
    def cards(self) -> Path:
        return self.folder / "cards" / "alice"

    @property
    def names(self) -> set[str]:
        """What the cards are called."""
        lines = [line for card in self.cards.glob("*.vcf") for line in card.read_text().splitlines()]
        return {line.removeprefix("FN:") for line in lines if line.startswith("FN:")}

    def write(self, uid: str, name: str) -> Path:
        lines = [
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"UID:{uid}",
            f"FN:{name}",
            f"N:{name};;;;",
            "X-OWN;A=b:k\\,ept",
            "END:VCARD",
        ]
        card = "".join(f"{line}\r\n" for line in lines)
        found = [path for path in self.cards.glob("*.vcf") if f"UID:{uid}\r\n".encode() in path.read_bytes()]
        path = found[0] if found else self.cards / f"{abs(hash(uid))}.vcf"
        path.write_bytes(card.encode())
        return path

    def run(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            [str(VDIRSYNCER), "-c", str(self.folder / "config"), *arguments],
            capture_output=True,
            timeout=120,
            check=False,
            input=b"y\ny\ny\n",
        )
        assert (done.returncode != 0) == fails, (done.stdout + done.stderr).decode()
        return (done.stdout + done.stderr).decode()

    def sync(self) -> str:
        return self.run("sync", "--force-delete")

    def khard(self, *arguments: str) -> str:
        configuration = self.folder / "khard.conf"
        configuration.write_text(f"[addressbooks]\n[[desk]]\npath = {self.cards}\n")
        done = subprocess.run(
            [str(KHARD), "-c", str(configuration), *arguments], capture_output=True, timeout=60, check=True
        )
        return done.stdout.decode()


@pytest.fixture
def desks(farley: Instance, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    with serving(farley, "--workers", "1") as (_process, address):

        def make(name: str, *, winner: str = "null") -> Desk:
            secret = farley.run("device", "add", name, "--as", "alice").stdout.strip()
            folder = tmp_path / name
            (folder / "cards").mkdir(parents=True)
            text = CONFIGURATION.format(folder=folder, address=address, secret=secret, winner=winner)
            (folder / "config").write_text(text)
            desk = Desk(folder)
            desk.run("discover")
            return desk

        yield make


def test_two_desks_end_up_with_the_same_cards(desks: Callable[..., Desk]) -> None:
    one, other = desks("one"), desks("other", winner='"a wins"')
    one.write("plain", "Ada King")
    one.write("град @ сатану %0A/x", "Zoë Müller-Lüdenscheidt")
    one.write("gone", "Gone Soon")
    one.sync()
    other.sync()
    assert other.names == one.names == {"Ada King", "Zoë Müller-Lüdenscheidt", "Gone Soon"}
    assert sorted(p.read_bytes() for p in one.cards.iterdir()) == sorted(p.read_bytes() for p in other.cards.iterdir())

    one.write("gone", "").unlink()
    other.write("plain", "Ada Lovelace")
    other.write("new", "Bob Brandt")
    for desk in (one, other, one):
        desk.sync()
    assert one.names == other.names == {"Ada Lovelace", "Bob Brandt", "Zoë Müller-Lüdenscheidt"}

    one.write("plain", "Ada of one")
    other.write("plain", "Ada of the other")
    one.sync()
    other.sync()  # it wins its conflicts
    one.sync()
    assert one.names == other.names == {"Ada of the other", "Bob Brandt", "Zoë Müller-Lüdenscheidt"}
    assert one.sync().count("item") == 0  # there is nothing left to do

    listed = one.khard("list", "--parsable")
    assert "Ada of the other" in listed
    assert "Zoë Müller-Lüdenscheidt" in one.khard("list", "Lüdenscheidt")
    assert "FN:Bob Brandt" in one.khard("show", "--format", "vcard", "Bob")


def test_the_password_of_the_account_opens_nothing(desks: Callable[..., Desk]) -> None:
    desk = desks("one")
    configuration = desk.folder / "config"
    lines = [
        f'password = "{PASSWORD}"' if line.startswith("password") else line
        for line in configuration.read_text().splitlines()
    ]
    configuration.write_text("\n".join(lines))
    desk.run("sync", fails=True)
