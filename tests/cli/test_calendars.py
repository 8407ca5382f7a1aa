"""`farley calendar`, as a user types it."""

from __future__ import annotations

from tests.cli.conftest import Instance

ALICE = ("--as", "alice")


def test_a_calendar_goes_out_and_comes_in_again(farley: Instance) -> None:
    path, out = farley.folder / "trips.ics", farley.folder / "out.ics"
    event = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261201T120000Z\r\nSUMMARY:Flight\r\nX-ODD:kept\r\nEND:VEVENT\r\n"
    path.write_bytes(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n".encode())
    into = ("--space", "alice", *ALICE)
    imported = farley.run("import", path, "--calendar", "Calendar", *into)
    assert imported.stdout.startswith("1 imported, 0 were there already, 0 had problems.\n"), imported.stderr
    exported = farley.run("export", "--calendar", "Calendar", "-o", out, *into)
    assert (exported.code, event.encode() in out.read_bytes()) == (0, True), exported.stderr
    assert farley.run("import", out, *into).stdout.startswith("0 imported, 1 were there already")
    assert farley.run("search", "flig", *ALICE).stdout == "Flight  2026-12-01  Calendar  alice\n"


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
