"""`farley tag`, as a user types it."""

from __future__ import annotations

import re

from tests.cli.conftest import Instance, card

ALICE = ("--space", "alice", "--as", "alice")


def test_tags_are_listed_renamed_merged_coloured_and_deleted(farley: Instance) -> None:
    path = farley.folder / "people.vcf"
    path.write_bytes(card("ada", "Ada King", "CATEGORIES:Press,Board") + card("bea", "Bea Roe", "CATEGORIES:Media"))
    farley.run("import", path, *ALICE)
    farley.run("tag", "rename", "Board", "Trustees", *ALICE)
    farley.run("tag", "colour", "Media", "plum", *ALICE)
    refused = farley.run("tag", "merge", "Press", "Nowhere", *ALICE)
    assert (refused.code, "there is no tag 'Nowhere'" in refused.stderr) == (2, True)
    merged = farley.run("tag", "merge", "Press", "Media", *ALICE)
    assert merged.code == 0, merged.stderr
    assert farley.run("tag", "list", *ALICE).stdout == "2\tMedia\tplum\n1\tTrustees\n"
    number = re.search(r"batch (\d+)", merged.stdout)
    assert number is not None
    farley.run("undo", number[1], "--as", "alice")
    assert farley.run("tag", "delete", "Trustees", *ALICE).code == 0
    assert farley.run("tag", "list", *ALICE).stdout == "1\tMedia\tplum\n1\tPress\n"
    assert farley.run("tag", "colour", "Media", "pink", *ALICE).code == 2
    assert farley.run("tag", "list", "--space", "alice", "--as", "bob").code == 2
