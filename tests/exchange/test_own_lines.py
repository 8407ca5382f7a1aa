"""Own fields go along in an export that is asked for them, and come back with an import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cast import a_card, hand_of, space_of, team
from tests.exchange.test_importing import file_of, imported

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard_writing import VERSIONS
from farley.contacts import operations, rebuilding
from farley.contacts.models import Contact
from farley.exchange import defined, importing
from farley.exchange.exporting import vcards
from farley.exchange.own_lines import define_missing, fields_here
from farley.exchange.sources import cards_of
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from farley.journal.undo import undo
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed

pytestmark = pytest.mark.django_db

GIVEN = {
    "Level": "Gold, or better; “so”",
    "Worth": -12.5,
    "Since": "2020-02-03",
    "Vegan": False,
    "Motto": "Über\nalles",
}


def with_fields(alice: User) -> Contact:
    home = space_of(alice)
    by: dict[str, Any] = {"by": alice.actor, "door": Door.WEB}
    fields = [
        defining.define(Noun.CONTACT, home, label=label, kind=kind, choices=choices, **by)
        for label, kind, choices in (
            ("Level", Field.Kind.CHOICE, ["Silver", str(GIVEN["Level"])]),
            ("Worth", Field.Kind.NUMBER, []),
            ("Since", Field.Kind.DATE, []),
            ("Vegan", Field.Kind.YES_NO, []),
            ("Motto", Field.Kind.TEXT, []),
        )
    ]
    ada: Contact = hand_of(alice).contact(home, a_card("Ada King", uid="ada"))
    values = {field: 2 if field.label == "Level" else GIVEN[field.label] for field in fields}
    operations.set_fields([ada], values, batch=None, **by)
    return ada


def exported(user: User, space: Space, version: str | None = None) -> bytes:
    contacts = Contact.objects.filter(space=space, deleted_at=None)
    return b"".join(vcards(contacts, version, own_fields=fields_here(space, user.actor)))


def told(contact: Contact, by: User) -> dict[str, Any]:
    """The values of own fields by label, choices by theirs."""
    fields = {str(field.pk): field for field in fields_here(contact.space, by.actor)}
    return {
        fields[pk].label: dict(fields[pk].options)[value] if fields[pk].options else value
        for pk, value in (contact.own or {}).items()
    }


@pytest.mark.parametrize("version", [None, *VERSIONS])
def test_own_fields_come_over_into_another_space_and_are_undone_with_the_import(
    alice: User, tmp_path: Path, version: str | None
) -> None:
    ada = with_fields(alice)
    octets = exported(alice, ada.space, version)
    assert bytes(Contact.objects.get(pk=ada.pk).content.data) == a_card("Ada King", uid="ada")  # the stored one stays
    sales = team("sales", alice=Role.MANAGER)
    file = file_of(tmp_path, octets)
    made, refused = define_missing(sales, cards_of([file]), by=alice.actor, door=Door.CLI)
    assert (sorted(field.label for field in made), refused) == (sorted(GIVEN), [])
    run = imported(sales, alice, file)
    there = Contact.objects.get(space=sales)
    assert told(there, alice) == GIVEN
    assert bytes(there.content.data) == octets  # kept as it came
    assert exported(alice, sales) == octets
    assert list(rebuilding.differences()) == []
    assert run.batch is not None
    undo(run.batch, by=alice.actor, door=Door.CLI)
    assert not Contact.objects.filter(space=sales, deleted_at=None).exists()
    assert define_missing(sales, cards_of([file]), by=alice.actor, door=Door.CLI) == ([], [])


def test_what_the_space_has_no_field_for_stays_a_line_of_the_card(alice: User, bob: User, tmp_path: Path) -> None:
    ada = with_fields(alice)
    octets = exported(alice, ada.space)
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    defining.define(Noun.CONTACT, sales, label="Worth", kind=Field.Kind.TEXT, by=alice.actor, door=Door.WEB)
    defining.define(Noun.CONTACT, sales, label="Since", kind=Field.Kind.DATE, by=alice.actor, door=Door.WEB)
    odd = octets.replace(b"X-LABEL=Since:2020-02-03", b"X-LABEL=Since:soon").replace(b"UID:ada", b"UID:odd")
    imported(sales, bob, file_of(tmp_path, octets, odd))
    there = {contact.uid: contact for contact in Contact.objects.filter(space=sales)}
    assert told(there["ada"], bob) == {"Since": "2020-02-03"}
    assert told(there["odd"], bob) == {}
    assert bytes(there["odd"].content.data) == odd
    with pytest.raises(NotAllowed):
        define_missing(sales, cards_of([file_of(tmp_path, octets)]), by=bob.actor, door=Door.CLI)
    _, refused = define_missing(sales, cards_of([file_of(tmp_path, octets)]), by=alice.actor, door=Door.CLI)
    assert refused == ["Worth"]  # a text there


def test_an_import_leaves_the_own_fields_of_who_is_there_alone(alice: User, tmp_path: Path) -> None:
    ada = with_fields(alice)
    before = exported(alice, ada.space)
    motto = Field.objects.get(label="Motto")
    operations.set_fields([ada], {motto: "new"}, by=alice.actor, door=Door.WEB, batch=None)
    imported(ada.space, alice, file_of(tmp_path, before))
    assert told(Contact.objects.get(pk=ada.pk), alice)["Motto"] == "new"


def test_an_export_without_own_fields_says_nothing_of_them(alice: User) -> None:
    ada = with_fields(alice)
    assert b"".join(vcards(Contact.objects.filter(pk=ada.pk))) == a_card("Ada King", uid="ada")


def test_the_fields_that_an_import_defined_go_with_it_and_come_back_with_it(alice: User, tmp_path: Path) -> None:
    ada = with_fields(alice)
    sales = team("sales", alice=Role.MANAGER)
    file = file_of(tmp_path, exported(alice, ada.space))

    def defined_here() -> list[str]:
        return sorted(field.label for field in fields_here(sales, alice.actor))

    made, _ = define_missing(sales, cards_of([file]), by=alice.actor, door=Door.CLI)
    run = importing.prepare(sales, [file], by=alice.actor, door=Door.CLI)
    defined.note(run, made)
    importing.run(run, by=alice.actor)
    used = next(field for field in made if field.label == "Motto")
    bea = hand_of(alice).contact(sales, a_card("Bea"))
    operations.set_fields([bea], {used: "mine"}, batch=None, by=alice.actor, door=Door.WEB)
    assert run.batch is not None
    undone = undo(run.batch, by=alice.actor, door=Door.CLI)
    assert defined_here() == ["Motto"]  # somebody has used it since
    undo(undone.batch, by=alice.actor, door=Door.CLI)
    assert defined_here() == sorted(GIVEN)
    assert told(Contact.objects.get(space=sales, uid="ada", deleted_at=None), alice) == GIVEN


def test_fields_of_an_import_that_is_cancelled_go_and_a_later_one_brings_them_back(alice: User, tmp_path: Path) -> None:
    ada = with_fields(alice)
    sales = team("sales", alice=Role.MANAGER)
    file = file_of(tmp_path, exported(alice, ada.space))
    made, _ = define_missing(sales, cards_of([file]), by=alice.actor, door=Door.CLI)
    run = importing.prepare(sales, [file], by=alice.actor, door=Door.CLI)
    defined.note(run, made)
    importing.cancel(run, by=alice.actor)
    assert fields_here(sales, alice.actor) == []
    again, refused = define_missing(sales, cards_of([file]), by=alice.actor, door=Door.CLI)
    assert ([field.pk for field in again], refused) == ([field.pk for field in made], [])
