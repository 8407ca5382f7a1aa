"""`farley device` and `farley token`."""

from __future__ import annotations

from tests.cli.conftest import Instance


def test_a_device_is_made_listed_and_removed(farley: Instance) -> None:
    made = farley.run("device", "add", "Phone", "--as", "bob", "--space", "sales", "--read-only")
    assert (made.code, len(made.stdout.strip().replace("-", ""))) == (0, 52), made.stderr
    assert farley.run("device", "list", "--as", "bob").stdout == "Phone\tread\tsales\tno end\tnever used\n"
    assert farley.run("token", "list", "--as", "bob").stdout == ""
    assert farley.run("device", "add", "Phone", "--as", "bob").code == 2
    assert farley.run("device", "remove", "Phone", "--as", "alice").code == 2
    assert farley.run("device", "remove", "Phone", "--as", "bob").code == 0
    assert farley.run("device", "list", "--as", "bob").stdout == ""


def test_a_token_reads_unless_it_is_given_more(farley: Instance) -> None:
    made = farley.run("token", "add", "Report", "--as", "alice")
    assert made.stdout.startswith("farley_")
    assert made.stdout.count("\n") == 1
    farley.run("token", "add", "Robot", "--as", "alice", "--scope", "write")
    listed = farley.run("token", "list", "--as", "alice").stdout
    assert listed == "Report\tread\tall spaces\tno end\tnever used\nRobot\twrite\tall spaces\tno end\tnever used\n"


def test_a_space_that_its_person_does_not_see_cannot_be_chosen(farley: Instance) -> None:
    refused = farley.run("device", "add", "Phone", "--as", "mallory", "--space", "sales")
    assert (refused.code, refused.stdout) == (2, "")
    assert "there is no space 'sales' that you can see" in refused.stderr


def test_one_that_ends_by_itself_says_when(farley: Instance) -> None:
    made = farley.run("token", "add", "Audit", "--as", "alice", "--days", "30")
    assert made.stdout.startswith("farley_")
    assert "\tuntil 20" in farley.run("token", "list", "--as", "alice").stdout
    assert farley.run("token", "add", "Never", "--as", "alice", "--days", "0").code == 2


def test_a_device_can_be_kept_to_calendars(farley: Instance) -> None:
    assert farley.run("calendar", "add", "Kitchen", "--space", "alice", "--as", "alice").code == 0
    kept = ("--calendar", "Kitchen", "--no-contacts")
    assert farley.run("device", "add", "Tablet", "--as", "alice", *kept).code == 0
    assert "Tablet\twrite\tno contacts; of calendars Kitchen\t" in farley.run("device", "list", "--as", "alice").stdout
    refused = farley.run("device", "add", "Other", "--as", "bob", "--calendar", "Kitchen")
    assert (refused.code, refused.stdout) == (2, "")
    assert farley.run("device", "add", "Other", "--as", "alice", "--no-contacts").code == 2
