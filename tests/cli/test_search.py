"""`farley search`, as a user types it."""

from __future__ import annotations

import json

from tests.cli.conftest import Instance, card


def test_contacts_are_found_within_what_one_sees(farley: Instance) -> None:
    path = farley.folder / "people.vcf"
    path.write_bytes(card("ada", "Ada Müller", "TEL:0171 2345678") + card("bob", "Bob Miller"))
    farley.run("import", path, "--space", "alice", "--as", "alice")
    found = farley.run("search", "mueller", "--as", "alice")
    assert (found.code, found.stdout.split("  ")[0]) == (0, "Ada Müller")
    told = json.loads(farley.run("search", "5678", "--as", "alice", "--json").stdout)
    assert [(each["name"], each["uid"], each["space"]) for each in told] == [("Ada Müller", "ada", "alice")]
    half = farley.run("search", "tag:", '"mueller', "--as", "alice")
    assert (half.code, half.stdout) == (0, found.stdout)
    assert half.stderr == 'tag:: nothing stands behind it\n"mueller: the quote is not closed\n'
    assert farley.run("search", "mueller", "--as", "bob").stdout == "Nothing was found.\n"
    assert json.loads(farley.run("search", "mueller", "--as", "bob", "--json").stdout) == []


def test_whom_nobody_knows_searches_nothing(farley: Instance) -> None:
    assert farley.run("search", "x", "--as", "nobody").code == 2
    assert farley.run("search", "x", "--as", "alice", "--limit", "0").code == 2
