"""`farley list`, as a user types it."""

from __future__ import annotations

import csv
import json

import pytest

from tests.cli.conftest import Instance, card


def test_contacts_are_listed_by_filter_in_order_within_what_one_sees(farley: Instance) -> None:
    path = farley.folder / "people.vcf"
    cities = {"Ada King": "Berlin", "Bob Miller": "Berlin", "Cleo Zimt": "Köln"}
    path.write_bytes(
        b"".join(
            card(name[:3].lower(), name, f"ADR:;;;{city};;;", "CATEGORIES:Press,Fair") for name, city in cities.items()
        )
    )
    farley.run("import", path, "--space", "alice", "--as", "alice")
    berlin = ("list", "--filter", "city is Berlin and tag is Press", "--as", "alice")
    assert [line.split("  ")[0] for line in farley.run(*berlin).stdout.splitlines()] == ["Ada King", "Bob Miller"]
    told = json.loads(farley.run(*berlin, "--sort=-name", "--limit", "1", "--json").stdout)
    assert [(each["uid"], each["city"], each["tags"], each["space"]) for each in told] == [
        ("bob", "Berlin", ["Press", "Fair"], "alice")
    ]
    rows = list(csv.DictReader(farley.run("list", "--as", "alice", "--csv").stdout.splitlines()))
    assert [(row["name"], row["tags"]) for row in rows] == [(name, "Press; Fair") for name in cities]
    chosen = ("list", "--as", "alice", "--limit", "1", "--columns", "city,tag,follow-up,kind")
    row = {"name": "Ada King", "city": "Berlin", "tag": ["Press", "Fair"], "follow-up": None, "kind": "person"}
    [told] = json.loads(farley.run(*chosen, "--json").stdout)
    assert (list(told), told | row) == (["id", *row], told)
    assert farley.run(*chosen).stdout == "Ada King  Berlin  Press; Fair  person\n"
    assert farley.run(*chosen, "--csv").stdout.splitlines()[0] == "id,name,city,tag,follow-up,kind"
    assert farley.run("list", "--as", "bob").stdout == "Nobody passes this filter.\n"
    assert json.loads(farley.run("list", "--as", "bob", "--json").stdout) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--filter", "city is"), "a value was expected"),
        (("--filter", "shoe is 42"), "there is no such field at character 1: shoe"),
        (("--sort", "shoe"), "there are: name, organisation"),
        (("--sort", "own.shoe"), "there is no order 'own.shoe'"),
        (("--columns", "city,shoe"), "there is no column 'shoe'; there are: org, title"),
        (("--limit", "0"), "--limit is a number"),
        (("--json", "--csv"), "not allowed with"),
    ],
)
def test_what_cannot_be_listed_is_named(farley: Instance, line: tuple[str, ...], said: str) -> None:
    result = farley.run("list", *line, "--as", "alice")
    assert (result.code, said in result.stderr) == (2, True), result.stderr
