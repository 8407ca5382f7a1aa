"""Groups: cards that name their members, changed in the form they have."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import grouping, links
from farley.contacts.grouping import TooManyMembers
from farley.contacts.models import Contact
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.spaces.operations import NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

pytestmark = pytest.mark.django_db
UUID = "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


def add(user: User, group: Contact, *contacts: Contact) -> tuple[int, Batch]:
    with one_batch(Batch.Act.GROUP, by=user.actor, door=Door.WEB) as batch:
        count = grouping.add(group, contacts, by=user.actor, door=Door.WEB, batch=batch)
    return count, batch


def member_lines(group: Contact) -> list[bytes]:
    octets = Contact.objects.get(pk=group.pk).content.data
    return [line for line in octets.splitlines() if b"MEMBER" in line]


@pytest.mark.parametrize(
    ("version", "lines", "form"),
    [
        ("4.0", ["KIND:group"], "MEMBER"),
        ("3.0", ["X-ADDRESSBOOKSERVER-KIND:group"], "X-ADDRESSBOOKSERVER-MEMBER"),
        ("2.1", ["X-ADDRESSBOOKSERVER-KIND:group"], "X-ADDRESSBOOKSERVER-MEMBER"),
        ("3.0", ["KIND:group", "MEMBER:urn:uuid:gone"], "MEMBER"),  # as the card does it, right or wrong
    ],
)
def test_members_are_written_in_the_form_the_card_has_and_keep_their_order(
    alice: User, hand: Hand, version: str, lines: list[str], form: str
) -> None:
    home = space_of(alice)
    ada, bea, cleo = (hand.contact(home, a_card(name, uid=uid)) for name, uid in (("Z", UUID), ("B", "b"), ("C", "c")))
    group = hand.contact(home, a_card("Fans", *lines, "NOTE:kept", version=version))
    before, kept = state_of(), member_lines(group)
    assert add(alice, group, ada, cleo)[0] == 2
    count, batch = add(alice, group, bea, ada, group)
    assert count == 1
    prefix = "urn:uuid:" if form.startswith("X-") else ""  # as Apple's programs name all of them
    names = (f"urn:uuid:{UUID}", f"{prefix}c", f"{prefix}b")
    assert member_lines(group) == [*kept, *(f"{form}:{name}".encode() for name in names)]
    group = Contact.objects.get(pk=group.pk)
    assert links.members_in_order(group, by=alice.actor) == [ada, cleo, bea]
    undo(batch, by=alice.actor, door=Door.WEB)
    with one_batch(Batch.Act.GROUP, by=alice.actor, door=Door.WEB) as batch:
        assert grouping.remove(group, [ada, bea, cleo], by=alice.actor, door=Door.WEB, batch=batch) == 2
    assert (member_lines(group), state_of()) == (kept, before)
    assert faults() == []


def test_a_new_group_is_one_for_phones_and_members_may_be_many(alice: User, hand: Hand) -> None:
    home = space_of(alice)
    with one_batch(Batch.Act.GROUP, by=alice.actor, door=Door.WEB) as batch:
        made = grouping.create(home, "Fans", by=alice.actor, door=Door.WEB, batch=batch)
    group = Contact.objects.get(pk=made.pk)
    assert group.kind == Contact.Kind.GROUP
    people = Contact.objects.in_bulk([one.pk for one in hand.many(home, [a_card(f"P{n}") for n in range(500)])])
    assert add(alice, group, *people.values())[0] == 500
    assert links.count_members(group, by=alice.actor) == 500


def test_who_is_elsewhere_or_too_many_does_not_come_in(
    alice: User, bob: User, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    group = hand.contact(sales, a_card("Fans", "X-ADDRESSBOOKSERVER-KIND:group"))
    here = [hand.contact(sales) for _ in range(3)]
    assert add(alice, group, hand.contact(space_of(alice)))[0] == 0
    monkeypatch.setattr(grouping, "MAX_MEMBERS", 2)
    with pytest.raises(TooManyMembers):
        add(alice, group, *here)
    with pytest.raises(NotAllowed):
        add(bob, group, here[0])
    assert member_lines(group) == []
