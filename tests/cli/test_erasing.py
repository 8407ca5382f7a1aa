"""`farley erase`."""

from __future__ import annotations

from tests.cli.conftest import Instance, card


def test_a_contact_is_erased_by_name_and_its_history_with_it(farley: Instance) -> None:
    file = farley.folder / "ada.vcf"
    file.write_bytes(card("ada", "Ada King"))
    assert farley.run("import", file, "--space", "sales", "--as", "alice").code == 0
    refused = farley.run("erase", "ada", "--as", "alice", stdin="Ada\n")
    assert (refused.code, "nothing was erased" in refused.stderr) == (2, True)
    assert farley.run("erase", "ada", "--as", "bob", "--confirm", "Ada King").code == 2
    erased = farley.run("erase", "ada", "--as", "alice", stdin="Ada King\n")
    assert (erased.code, erased.stdout) == (0, "ada is erased from sales.\n"), erased.stderr
    assert farley.run("history", "ada", "--as", "alice").code == 2
    assert farley.run("check").code == 0
