"""`farley user deactivate` and `activate`."""

from __future__ import annotations

import zipfile

from tests.cli.conftest import Instance, card


def test_an_account_is_closed_handed_over_and_opened_again(farley: Instance) -> None:
    file = farley.folder / "ada.vcf"
    file.write_bytes(card("ada", "Ada King"))
    assert farley.run("import", file, "--space", "alice", "--as", "alice").code == 0
    refused = farley.run("user", "deactivate", "alice")
    assert (refused.code, refused.stderr) == (2, "farley: alice is the last manager of sales\n")
    assert farley.run("calendar", "add", "Mine", "--space", "alice", "--as", "alice").code == 0
    closed = farley.run("user", "deactivate", "alice", "--heir", "bob", "--export", farley.folder / "own.zip")
    assert closed.code == 0, closed.stderr
    assert "bob manages sales from now on." in closed.stdout
    with zipfile.ZipFile(farley.folder / "own.zip") as everything:
        assert everything.read("contacts/alice.vcf") == file.read_bytes()
        assert any(name.startswith("calendars/alice/") for name in everything.namelist())
    assert "closed" in farley.run("user", "list").stdout
    assert farley.run("space", "list", "--as", "alice").code == 2
    assert farley.run("user", "activate", "alice").code == 0
    assert farley.run("space", "list", "--as", "alice").code == 0


def test_what_cannot_be_handed_over_is_refused(farley: Instance) -> None:
    assert farley.run("user", "deactivate", "nobody").code == 2
    assert "--heir" in farley.run("user", "deactivate", "mallory", "--private", "hand-over").stderr
    assert farley.run("user", "deactivate", "mallory", "--heir", "mallory").code == 2
