"""People and the organisation they belong to, while it comes, goes and comes back."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import linking, links, writing
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.jobs.worker import run_ready
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults

pytestmark = pytest.mark.django_db
ACME = a_card("ACME", "KIND:org", version="4.0")


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


@pytest.fixture
def acme(hand: Hand, space: Space) -> Contact:
    return hand.contact(space, ACME)


@pytest.fixture
def ada(hand: Hand, space: Space, acme: Contact) -> Contact:
    return hand.contact(space, a_card("Ada", "ORG:Acme"))


def act(user: User) -> Batch:
    return open_batch(Batch.Act.EDIT, by=user.actor, door=Door.WEB)


def undo_it(batch: Batch, user: User) -> Batch:
    close_batch(batch)
    return undo(batch, by=user.actor, door=Door.WEB).batch


def organisation_of(person: Contact) -> Contact | None:
    return Contact.objects.get(pk=person.pk).linked_organisation


def test_a_deleted_organisation_has_no_people_until_it_comes_back(
    alice: User, hand: Hand, space: Space, acme: Contact, ada: Contact
) -> None:
    assert organisation_of(ada) == acme
    batch = act(alice)
    contacts.delete([acme], by=alice.actor, door=Door.WEB, batch=batch)
    assert organisation_of(ada) is None
    undo_it(batch, alice)
    assert organisation_of(ada) == acme
    assert faults() == []


def test_an_organisation_that_is_moved_leaves_its_people_and_finds_those_there(
    alice: User, hand: Hand, space: Space, acme: Contact, ada: Contact
) -> None:
    target = team("sales", alice=Role.EDITOR)
    there = hand.contact(target, a_card("Bea", "ORG:Acme"))
    batch = act(alice)
    contacts.move([acme], target, by=alice.actor, door=Door.WEB, batch=batch)
    acme.refresh_from_db()
    assert (organisation_of(ada), organisation_of(there)) == (None, acme)
    assert links.people_of(acme, by=alice.actor) == [there]
    undo_it(batch, alice)
    acme.refresh_from_db()
    assert (organisation_of(ada), organisation_of(there)) == (acme, None)
    assert faults() == []


@pytest.mark.parametrize("way", ["deleted", "moved"])
def test_a_new_organisation_of_the_name_takes_the_people_of_one_that_is_gone(
    alice: User, hand: Hand, space: Space, acme: Contact, ada: Contact, way: str
) -> None:
    gone, new = act(alice), act(alice)
    if way == "deleted":
        contacts.delete([acme], by=alice.actor, door=Door.WEB, batch=gone)
    else:
        contacts.move([acme], team("sales", alice=Role.EDITOR), by=alice.actor, door=Door.WEB, batch=gone)
    second = hand.contact(space, a_card("Acme", "KIND:org", version="4.0"), batch=new)
    assert organisation_of(ada) == second
    undo_it(new, alice)
    assert organisation_of(ada) is None
    undo_it(gone, alice)
    assert organisation_of(ada) == acme
    assert faults() == []


def test_an_organisation_that_is_there_keeps_its_people_when_another_of_the_name_comes(
    hand: Hand, space: Space, acme: Contact, ada: Contact
) -> None:
    hand.store(space, a_card("ACME", "KIND:org", version="4.0"))
    assert organisation_of(ada) == acme


@pytest.mark.django_db(transaction=True)
def test_many_people_are_linked_a_few_at_a_time(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (writing, linking):
        monkeypatch.setattr(module, "LINKED_AT_ONCE", 3)
    hand.many(space, [a_card(f"Person {n}", "ORG:Acme") for n in range(11)])
    acme = hand.contact(space, ACME)
    assert Contact.objects.filter(organisation=acme).count() == 3
    assert faults() == []
    run_ready("quick")
    assert Contact.objects.filter(organisation=acme).count() == 11
    assert faults() == []
    batches = list(Batch.objects.filter(act=Batch.Act.LINK).order_by("pk"))
    assert [(batch.title, batch.size, batch.state) for batch in batches] == [
        ("ACME", 3, Batch.State.DONE),
        ("ACME", 3, Batch.State.DONE),
        ("ACME", 2, Batch.State.DONE),
    ]
    undo(batches[0], by=alice.actor, door=Door.WEB)
    assert Contact.objects.filter(organisation=acme).count() == 8


@pytest.mark.django_db(transaction=True)
def test_people_of_an_organisation_that_is_gone_again_are_left_alone(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LINKED_AT_ONCE", 2)
    hand.many(space, [a_card(f"Person {n}", "ORG:Acme") for n in range(4)])
    acme = hand.contact(space, ACME)
    contacts.delete([acme], by=alice.actor, door=Door.WEB, batch=None)
    run_ready("quick")
    assert Contact.objects.filter(organisation=acme).count() == 2
    assert not Batch.objects.filter(act=Batch.Act.LINK).exists()
