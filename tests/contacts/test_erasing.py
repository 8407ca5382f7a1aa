"""What is erased is gone: from the pages, the history, the undo and the database's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import erasing, operations
from farley.contacts.erasing import NotConfirmed, erase
from farley.contacts.keeping import versions
from farley.contacts.models import Contact, IndexRow, Tag, TagEntry, Thumbnail
from farley.exchange import importing, uploads
from farley.exchange.models import Import
from farley.fields.models import Field
from farley.fields.operations import define
from farley.journal.models import Batch, Change, Content, Door, Noun, Tombstone, Verb
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import a_card, entries_of, hand_of, space_of, team
from tests.together import read_elsewhere

SECRET = "Zyxwvut"
LINES = (f"ORG:{SECRET} AG", f"CATEGORIES:{SECRET}-tag", f"EMAIL:{SECRET}@example.org", f"ADR:;;;{SECRET}ingen;;;")


@pytest.fixture
def planted(alice: User) -> Contact:
    """A contact with versions, acts called after it, own fields, and a place in another space it has been in."""
    space, hand = team("sales", alice=Role.MANAGER), hand_of(alice)
    with one_batch(Batch.Act.CREATE, by=alice.actor, door=Door.WEB, title=f"Ada {SECRET}") as batch:
        contact = hand.contact(space_of(alice), a_card(f"Ada {SECRET}", *LINES, uid="secret"), batch=batch)
    hand.store(contact.space, a_card(f"Ada {SECRET} King", *LINES, uid="secret"), href=contact.href)
    operations.move([contact], space, by=alice.actor, door=Door.WEB, batch=None)
    hand.store(space, a_card(f"Countess {SECRET}", *LINES, uid="secret"), href=contact.href)
    found: Contact = Contact.objects.get(pk=contact.pk)
    by: Any = {"by": alice.actor, "door": Door.WEB}
    motto = define(Noun.CONTACT, space, label="Motto", kind=Field.Kind.TEXT, **by)
    for value in (f"{SECRET} for ever", "nothing"):
        operations.set_fields([found], {motto: value}, batch=None, **by)
    found.refresh_from_db()
    return found


def gone(contact: Contact, alice: User) -> None:
    erase(contact, confirmed=contact.full_name, by=alice.actor, door=Door.WEB)


def test_nothing_that_was_read_out_of_it_is_left(planted: Contact, alice: User) -> None:
    pk = planted.pk
    gone(planted, alice)
    assert not Contact.objects.filter(pk=pk).exists()
    for rows in (
        IndexRow.objects.filter(contact_id=pk),
        TagEntry.objects.filter(contact_id=pk),
        Tag.objects.filter(name__contains=SECRET),
        entries_of(pk),
        Thumbnail.objects.filter(pk=pk),
        Batch.objects.filter(title__contains=SECRET),
    ):
        assert not rows.exists(), rows.model
    assert not any(SECRET.encode() in content.data for content in Content.objects.all())
    assert SECRET not in str(list(Change.objects.values_list("own_before")))


def test_the_acts_stay_with_the_hashes(planted: Contact, alice: User) -> None:
    before = list(Change.objects.of(Noun.CONTACT, planted.pk).values_list("verb", "actor_label"))
    gone(planted, alice)
    after = list(Change.objects.of(Noun.CONTACT, planted.pk).values_list("verb", "actor_label"))
    assert after == [*before, (Verb.ERASED, "alice")]
    last = Change.objects.of(Noun.CONTACT, planted.pk).latest("pk").before
    assert last is not None
    assert (bytes(last.sha256), last.data) == (bytes(planted.sha256), b"")


def test_devices_hear_of_it(planted: Contact, alice: User) -> None:
    gone(planted, alice)
    tombstone = Tombstone.objects.get(space=planted.space, href=planted.href)
    assert tombstone.octets_revision == Space.objects.get(pk=planted.space_id).revision


def test_a_deleted_contact_is_erased_and_the_one_at_its_href_stays(planted: Contact, alice: User) -> None:
    operations.delete([planted], by=alice.actor, door=Door.WEB, batch=None)
    other = hand_of(alice).store(planted.space, a_card("Bob"), href=planted.href)
    planted.refresh_from_db()
    gone(planted, alice)
    assert Contact.objects.get(pk=other.pk).full_name == "Bob"
    assert not Tombstone.objects.filter(space=planted.space, href=planted.href).exists()


def test_undo_does_not_bring_it_back(planted: Contact, alice: User) -> None:
    with one_batch(Batch.Act.DELETE, by=alice.actor, door=Door.WEB) as batch:
        operations.delete([planted], by=alice.actor, door=Door.WEB, batch=batch)
    planted.refresh_from_db()
    gone(planted, alice)
    result = undo(batch, by=alice.actor, door=Door.WEB)
    assert (result.restored, [kept.reason for kept in result.kept]) == (0, ["gone"])


def test_undo_of_a_person_whose_organisation_is_erased_goes_on(alice: User) -> None:
    hand, space = hand_of(alice), space_of(alice)
    firm = hand.contact(space, a_card("Acme", "X-ABSHOWAS:COMPANY", "ORG:Acme", uid="acme"))
    person = hand.contact(space, a_card("Ada", "ORG:Acme", uid="ada"))
    assert person.organisation_id == firm.pk
    with one_batch(Batch.Act.EDIT, by=alice.actor, door=Door.WEB) as batch:
        hand.store(space, a_card("Ada", "ORG:Other", uid="ada"), href=person.href, batch=batch)
    gone(firm, alice)
    assert undo(batch, by=alice.actor, door=Door.WEB).restored == 1
    person.refresh_from_db()
    assert (person.organisation_name, person.organisation) == ("Acme", None)


def test_only_a_manager_who_types_the_name_may(planted: Contact, alice: User, bob: User, mallory: User) -> None:
    planted.space.memberships.create(user=bob, role=Role.EDITOR)
    with pytest.raises(NotAllowed):
        erase(planted, confirmed=planted.full_name, by=bob.actor, door=Door.WEB)
    with pytest.raises(NoSuchSpace):
        erase(planted, confirmed=planted.full_name, by=mallory.actor, door=Door.WEB)
    with pytest.raises(NotConfirmed):
        erase(planted, confirmed="yes", by=alice.actor, door=Door.WEB)
    assert len(versions(planted, alice.actor)) > 1


def test_the_file_it_came_by_goes_too(alice: User) -> None:
    sources = uploads.receive([("file.vcf", [a_card(f"Ada {SECRET}", uid="ada")])])
    run = importing.prepare(space_of(alice), sources, by=alice.actor, door=Door.WEB)
    importing.run(run, by=alice.actor)
    gone(Contact.objects.get(uid="ada"), alice)
    assert not Path(Import.objects.get(pk=run.pk).files[0]["path"]).exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_files_do_not_hold_it_any_more(alice: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's files")
    hand, space = hand_of(alice), space_of(alice)
    hand.many(space, [a_card(f"Person {n}", f"ORG:Firm {n}", f"CATEGORIES:t{n % 7}") for n in range(300)])
    photo = f"NOTE:{'x' * 9000}{SECRET}{'y' * 9000}"
    contact = hand.contact(space, a_card(f"Ada {SECRET}", *LINES, photo, uid="secret"))
    hand.many(space, [a_card(f"Another {n}", f"ORG:Firm {n}") for n in range(300)])
    hand.store(space, a_card(f"Ada {SECRET} King", *LINES, uid="secret"), href=contact.href)
    file = Path(str(connection.settings_dict["NAME"]))
    assert any(SECRET.encode() in octets for octets in _files(file))
    contact.refresh_from_db()
    gone(contact, alice)
    for octets in _files(file):
        assert octets.lower().count(SECRET.lower().encode()) == 0


def _files(database: Path) -> list[bytes]:
    return [read_elsewhere(path) for path in database.parent.glob(f"{database.name}*")]


def test_what_a_copy_may_still_hold_is_named() -> None:
    copies = ["before-restore-2026.sqlite3", "before-upgrade-2026.farley", "farley-2026-11-26T010000Z.farley"]
    assert erasing.remaining_copies(["x", *reversed(copies)]) == copies
