"""`farley calendar`, as a user types it."""

from __future__ import annotations

from tests.cli.conftest import Instance

ALICE = ("--as", "alice")


def test_calendars_are_made_listed_removed_and_brought_back(farley: Instance) -> None:
    made = farley.run("calendar", "add", "Fairs", "--tasks", "--space", "alice", *ALICE)
    assert (made.code, made.stdout.startswith("Fairs: made, at ")) == (0, True), made.stderr
    listed = [line.split("\t")[:3] for line in farley.run("calendar", "list", *ALICE).stdout.splitlines()]
    assert listed == [["alice", "Calendar", "events"], ["alice", "Tasks", "tasks"], ["alice", "Fairs", "tasks"]]
    removed = farley.run("calendar", "remove", "Fairs", *ALICE)
    assert removed.stdout.startswith("Fairs: deleted (batch ")
    assert farley.run("calendar", "remove", "Fairs", *ALICE).code == 2
    assert farley.run("undo", removed.stdout.split()[-1].rstrip(")"), *ALICE).code == 0
    assert "Fairs" in farley.run("calendar", "list", "--space", "alice", *ALICE).stdout
    assert (
        "a colour is written"
        in farley.run("calendar", "add", "X", "--colour", "red", "--space", "alice", *ALICE).stderr
    )
