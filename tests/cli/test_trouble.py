"""Locked databases and full disks: said in one line, nothing half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from farley.accounts.roles import Role
from farley.cli import main
from farley.contacts.models import Contact
from farley.exchange.models import Import
from farley.journal.models import Change
from tests.cast import a_card, person, team
from tests.cli.conftest import POSTGRES, Instance, card
from tests.full_disk import full_disk

pytestmark = pytest.mark.skipif(bool(POSTGRES), reason="about the SQLite file")


def test_a_locked_database_is_named_and_nothing_is_changed(farley: Instance) -> None:
    farley.settings = {"FARLEY_DATABASE_URL": f"sqlite:///{farley.folder}/farley.sqlite3?timeout=1"}
    (farley.folder / "people.vcf").write_bytes(card("ada", "Ada King"))
    with closing(sqlite3.connect(farley.folder / "farley.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = farley.run("import", "people.vcf", "--space", "sales", "--as", "alice")
        other.execute("ROLLBACK")
    assert (result.code, "is locked by another program" in result.stderr) == (2, True), result.stderr
    assert farley.run("import", "people.vcf", "--space", "sales", "--as", "alice").code == 0


@pytest.mark.parametrize("option", ["cache=1", "timeout=soon"])
def test_an_unknown_option_of_the_sqlite_address_is_named(farley: Instance, option: str) -> None:
    farley.settings = {"FARLEY_DATABASE_URL": f"sqlite:///{farley.folder}/farley.sqlite3?{option}"}
    result = farley.run("space", "list")
    assert (result.code, "FARLEY_DATABASE_URL: after ?" in result.stderr) == (2, True), result.stderr


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_stops_an_import_which_goes_on_when_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person("alice")
    space = team("sales", alice=Role.MANAGER)
    cards = [a_card(f"Person {n}", f"NOTE:{'words ' * 100}{n}", uid=f"full-{n}") for n in range(1500)]
    path = tmp_path / "many.vcf"
    path.write_bytes(b"".join(cards))
    arguments = ["import", str(path), "--space", "sales", "--as", "alice"]
    with full_disk(pages=600):
        assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "is full" in said
    assert "Give the same files again to go on" in said
    stored = Contact.objects.filter(space=space).count()
    assert 0 < stored < 1500
    # a transaction is in or it is not
    assert Change.objects.filter(space=space).count() == stored
    assert Import.objects.get().entries == stored
    assert main(arguments) == 0
    assert Contact.objects.filter(space=space).count() == 1500
