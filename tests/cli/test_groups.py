"""`farley group`, as a user types it."""

from __future__ import annotations

from tests.cli.conftest import Instance, card

ALICE = ("--space", "alice", "--as", "alice")


def test_groups_are_made_filled_renamed_and_removed(farley: Instance) -> None:
    path = farley.folder / "people.vcf"
    path.write_bytes(card("ada", "Ada King") + card("bea", "Bea Roe"))
    farley.run("import", path, *ALICE)
    assert farley.run("group", "add", "Board", *ALICE).code == 0
    filled = farley.run("group", "members", "Board", "--add", "bea", "ada", *ALICE)
    assert (filled.code, "2 added, 0 taken out" in filled.stdout) == (0, True), filled.stderr
    assert farley.run("group", "members", "board", *ALICE).stdout == "bea\tBea Roe\nada\tAda King\n"
    farley.run("group", "members", "Board", "--remove", "bea", *ALICE)
    farley.run("group", "rename", "Board", "Trustees", *ALICE)
    assert farley.run("group", "list", *ALICE).stdout.startswith("1\tTrustees\t")
    assert farley.run("group", "members", "Board", *ALICE).code == 2
    assert farley.run("group", "remove", "Trustees", *ALICE).code == 0
    assert farley.run("group", "list", *ALICE).stdout == ""
