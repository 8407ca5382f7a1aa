"""Spaces, teams and who sees what, by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cast import an_event
from tests.cli.conftest import Instance

CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada King\r\nEND:VCARD\r\n"


@pytest.fixture
def house(farley: Instance, tmp_path: Path) -> Instance:
    """Alice manages sales, where Bob is by the team of sellers, and Ada's card lies there."""
    file = tmp_path / "ada.vcf"
    file.write_bytes(CARD)
    for line in (
        "space unshare sales bob --as alice",
        "team add sellers",
        "team add-member sellers bob",
        "space share sales --team sellers --role editor --as alice",
        f"import {file} --space sales --as bob",
    ):
        result = farley.run(*line.split())
        assert result.code == 0, (line, result.stderr)
    return farley


def test_who_sees_a_contact_is_told_with_role_and_reason(house: Instance) -> None:
    result = house.run("who", "ada", "--as", "alice")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("alice", "manager", "sales: own"),
        ("bob", "editor", "sales: team sellers"),
    ]
    assert rows[0][4] == "alice"


def test_who_reads_an_entry_is_told_where_no_contact_has_the_uid(house: Instance, tmp_path: Path) -> None:
    file = tmp_path / "plan.ics"
    file.write_bytes(an_event("Standup", uid="standup"))
    assert house.run("import", file, "--space", "sales", "--as", "alice").code == 0
    lines = house.run("who", "standup", "--as", "bob").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["alice", "bob"]
    assert house.run("who", "standup", "--as", "mallory").code == 2


def test_a_stranger_is_not_told_who_sees_a_contact(house: Instance) -> None:
    refused = house.run("who", "ada", "--as", "mallory")
    assert (refused.code, refused.stdout) == (2, "")
    assert "alice" not in refused.stderr


def test_nothing_goes_into_an_archived_space_until_it_is_brought_back(house: Instance, tmp_path: Path) -> None:
    file = tmp_path / "other.vcf"
    file.write_bytes(CARD.replace(b"UID:ada", b"UID:bea"))
    add = ("import", str(file), "--space", "sales", "--as", "bob")
    assert house.run("space", "archive", "sales", "--as", "alice").code == 0
    assert house.run(*add).code == 2
    assert house.run("space", "revive", "sales", "--as", "alice").code == 0
    assert house.run(*add).code == 0


def test_an_invitation_is_printed_alone_and_its_secret_never_again(house: Instance) -> None:
    link = house.run("space", "invite", "sales", "--as", "alice").stdout
    assert link.startswith("/join/")
    assert len(link.splitlines()) == 1
    listed = house.run("space", "invitations", "sales", "--as", "alice").stdout
    assert link.strip().split("/")[2] not in listed
    assert house.run("space", "revoke", "sales", listed.split("\t")[0], "--as", "alice").code == 0
    assert house.run("space", "invitations", "sales", "--as", "alice").stdout == ""


@pytest.mark.parametrize(
    "line",
    [
        "space unshare sales alice --as alice",  # the last manager
        "space share sales bob --role manager --as bob",  # by an editor
        "space share alice bob --role reader --as alice",  # a private space
        "team add others --as bob",  # by nobody's administrator
        "team remove nothing",
        "space share sales --role reader --as alice",  # of nobody
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(house: Instance, line: str) -> None:
    before = house.run("space", "list").stdout + house.run("team", "list").stdout
    refused = house.run(*line.split())
    assert refused.code == 2
    assert refused.stderr.startswith("farley: ")
    assert len(refused.stderr.splitlines()) == 1
    assert house.run("space", "list").stdout + house.run("team", "list").stdout == before
