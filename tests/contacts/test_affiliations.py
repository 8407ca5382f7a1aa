"""Parts that people have in organisations: own data, journaled and given back."""

from __future__ import annotations

import datetime as dt

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import affiliations, erasing
from farley.contacts import operations as contacts
from farley.contacts.affiliations import Part, UnusableAffiliation
from farley.contacts.models import Contact
from farley.contacts.storing import EditConflict
from farley.journal.models import Batch, Change, Door, Noun
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.spaces.operations import NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


def organisation(hand: Hand, user: User, name: str) -> Contact:
    return hand.contact(space_of(user), a_card(name, f"ORG:{name}", "X-ABShowAs:COMPANY"))


def add(user: User, person: Contact, part: Part) -> Batch:
    with one_batch(Batch.Act.AFFILIATE, by=user.actor, door=Door.WEB) as batch:
        affiliations.add(person, part, by=user.actor, door=Door.WEB, batch=batch)
    return batch


def parts(person: Contact) -> list[Part]:
    return affiliations.parts_of([person.pk])[person.pk]


def test_each_change_comes_back_by_undo_and_again_by_its_undo(alice: User, hand: Hand) -> None:
    yard, mill = organisation(hand, alice, "Yard"), organisation(hand, alice, "Mill")
    ada = hand.contact(space_of(alice))
    first, second = Part(yard.pk, "Board", dt.date(2020, 1, 1)), Part(mill.pk, "Owner")
    add(alice, ada, first)
    add(alice, ada, second)
    both, newer = state_of(), Part(yard.pk, "Chair", dt.date(2020, 1, 1), dt.date(2024, 1, 1))
    with one_batch(Batch.Act.AFFILIATE, by=alice.actor, door=Door.WEB) as batch:
        affiliations.change(ada, first, newer, by=alice.actor, door=Door.WEB, batch=batch)
        affiliations.remove(ada, second, by=alice.actor, door=Door.WEB, batch=batch)
    after = state_of()
    assert parts(ada) == [newer]
    undone = undo(batch, by=alice.actor, door=Door.WEB)
    assert (state_of(), undone.kept) == (both, [])
    undo(undone.batch, by=alice.actor, door=Door.WEB)
    assert state_of() == after
    assert Contact.objects.get(pk=ada.pk).octets_revision == ada.octets_revision  # no phone downloads anything


def test_what_somebody_changed_since_stays(alice: User, hand: Hand) -> None:
    yard = organisation(hand, alice, "Yard")
    ada = hand.contact(space_of(alice))
    batch = add(alice, ada, Part(yard.pk, "Board"))
    add(alice, ada, Part(yard.pk, "Chair"))
    assert [kept.reason for kept in undo(batch, by=alice.actor, door=Door.WEB).kept] == ["changed"]
    assert [part.role for part in parts(ada)] == ["Board", "Chair"]


def test_an_organisation_that_was_erased_does_not_come_back_with_undo(alice: User, hand: Hand) -> None:
    yard = organisation(hand, alice, "Yard")
    ada = hand.contact(space_of(alice))
    add(alice, ada, Part(yard.pk, "Board"))
    with one_batch(Batch.Act.AFFILIATE, by=alice.actor, door=Door.WEB) as batch:
        affiliations.remove(ada, Part(yard.pk, "Board"), by=alice.actor, door=Door.WEB, batch=batch)
    erasing.erase(yard, confirmed="Yard", by=alice.actor, door=Door.WEB)
    undo(batch, by=alice.actor, door=Door.WEB)
    assert parts(ada) == []
    erasing.erase(ada, confirmed="Ada King", by=alice.actor, door=Door.WEB)
    assert "Board" not in str(list(Change.objects.filter(noun=Noun.CONTACT).values_list("own_before", flat=True)))


def test_what_cannot_be_kept_is_refused(alice: User, bob: User, mallory: User, hand: Hand) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    ada = hand.contact(sales)
    here = hand.contact(sales, a_card("Here", "X-ABShowAs:COMPANY"))
    elsewhere = organisation(hand, alice, "Elsewhere")
    for part, reason in (
        (Part(elsewhere.pk), "elsewhere"),
        (Part(ada.pk), "elsewhere"),
        (Part(here.pk, "x" * 201), "role"),
        (Part(here.pk, "", dt.date(2020, 1, 2), dt.date(2020, 1, 1)), "order"),
    ):
        with pytest.raises(UnusableAffiliation) as refused:
            add(alice, ada, part)
        assert refused.value.reason == reason
    with pytest.raises(NotAllowed):
        add(bob, ada, Part(here.pk))
    contacts.delete([ada], by=alice.actor, door=Door.WEB, batch=None)
    with pytest.raises(EditConflict):
        add(alice, ada, Part(here.pk))
    assert parts(ada) == []
