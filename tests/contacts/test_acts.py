"""Deleting, restoring, moving, assigning and tagging."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import keeping
from farley.contacts import operations as contacts
from farley.contacts.listing import Filters, Listed, tags_of
from farley.contacts.models import MAX_TAG, Contact
from farley.contacts.operations import OwnerOutside
from farley.contacts.storing import EditConflict, TooLarge, UidConflict
from farley.journal.models import Batch, Change, Door, Noun, Tombstone, Verb
from farley.journal.writing import open_batch
from farley.spaces.models import Membership, Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


@pytest.fixture
def sales(alice: User, bob: User) -> Space:
    return team("sales", alice=Role.EDITOR, bob=Role.READER)


def delete(user: User, *gone: Contact, expected: str | None = None) -> int:
    return contacts.delete(gone, by=user.actor, door=Door.WEB, batch=None, expected=expected)


def move(user: User, target: Space, *going: Contact) -> int:
    return contacts.move(going, target, by=user.actor, door=Door.WEB, batch=None)


def retag(user: User, *people: Contact, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> int:
    batch = open_batch(Batch.Act.TAG, by=user.actor, door=Door.WEB)
    return contacts.retag(people, add=add, remove=remove, by=user.actor, door=Door.WEB, batch=batch)


def tagged(space: Space, tag: str) -> list[Contact]:
    return Listed([space], Filters(tag=tag)).page().contacts


def tags(contact: Contact) -> list[str]:
    return [text for prop in Contact.objects.get(pk=contact.pk).card.properties("CATEGORIES") for text in prop.texts]


def overtaken(monkeypatch: pytest.MonkeyPatch, meanwhile: object) -> None:
    """Let `meanwhile` happen once: after an act has read what it needs, before it has the lock."""
    real = contacts.writing

    def late(spaces: object) -> object:
        monkeypatch.setattr(contacts, "writing", real)
        meanwhile()  # type: ignore[operator]
        return real(spaces)  # type: ignore[arg-type]

    monkeypatch.setattr(contacts, "writing", late)


# Deleting and restoring


def test_a_deleted_contact_is_gone_for_everybody_and_comes_back_whole(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", "CATEGORIES:a", "ORG:ACME"))
    before = state_of()
    assert (delete(alice, contact), delete(alice, contact)) == (1, 0)
    assert not Contact.objects.visible_to(alice.actor).exists()
    assert Contact.objects.restorable_by(alice.actor).get() == contact
    assert faults() == []
    for _ in range(2):
        contacts.restore(contact, by=alice.actor, door=Door.WEB)
    assert state_of() == before
    assert faults() == []


def test_deleting_what_was_changed_meanwhile_is_a_conflict(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    hand.store(space, a_card("Bea", uid="u"), href=contact.href)
    with pytest.raises(EditConflict):
        delete(alice, contact, expected=contact.etag)
    contact.refresh_from_db()
    assert delete(alice, contact, expected=contact.etag) == 1


def test_a_contact_does_not_come_back_over_one_with_its_uid(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card(uid="u"))
    delete(alice, contact)
    hand.store(space, a_card(uid="u"))
    with pytest.raises(UidConflict):
        contacts.restore(contact, by=alice.actor, door=Door.WEB)
    assert faults() == []


# Moving


def test_a_moved_contact_takes_everything_along_and_leaves_a_tombstone(
    alice: User, hand: Hand, space: Space, sales: Space
) -> None:
    contact = hand.contact(space, a_card("Ada", "CATEGORIES:a", "TEL:020 7946 0123"))
    Space.objects.filter(pk=sales.pk).update(default_region="GB")
    sales.refresh_from_db()
    assert move(alice, sales, contact) == 1
    contact.refresh_from_db()
    assert contact.space == sales
    assert list(contact.space.tags.values_list("name", flat=True)) == ["a"]
    assert Tombstone.objects.get().space == space
    assert "442079460123" in state_of()[contact.pk][9][0][2]  # read anew, as a number of the other country
    assert [change.verb for change in Change.objects.order_by("pk")][1:] == [Verb.MOVED_OUT, Verb.MOVED_IN]
    assert faults() == []


def test_moving_to_where_it_is_does_nothing(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space)
    assert move(alice, space, contact) == 0
    assert Change.objects.count() == 1


def test_a_move_is_all_or_nothing(alice: User, hand: Hand, space: Space, sales: Space) -> None:
    hand.store(sales, a_card(uid="2"))
    people = [hand.contact(space, a_card(uid=str(n))) for n in range(4)]
    before = state_of()
    with pytest.raises(UidConflict):
        move(alice, sales, *people)
    assert state_of() == before
    assert faults() == []


def test_hrefs_that_meet_in_the_other_space_are_set_apart(alice: User, hand: Hand, space: Space, sales: Space) -> None:
    third = team("third", alice=Role.EDITOR)
    people = [Contact.objects.get(pk=hand.store(each, href="a.vcf").pk) for each in (space, sales, third)]
    move(alice, third, *people)
    assert sorted(Contact.objects.filter(space=third).values_list("href", flat=True)) == [
        "a-2.vcf",
        "a-3.vcf",
        "a.vcf",
    ]
    assert faults() == []


def test_only_who_edits_both_spaces_moves(alice: User, bob: User, hand: Hand, space: Space, sales: Space) -> None:
    mine, shared = hand.contact(space), hand.contact(sales)
    for target, contact, refusal in (
        (sales, mine, NotAllowed),
        (space_of(bob), shared, NotAllowed),
        (space, shared, NoSuchSpace),
    ):
        with pytest.raises(refusal):
            move(bob, target, contact)
    assert faults() == []


def test_an_owner_who_cannot_see_the_other_space_owns_nothing_there(
    alice: User, bob: User, hand: Hand, space: Space, sales: Space
) -> None:
    contact = hand.contact(sales)
    contacts.assign([contact], bob, by=alice.actor, door=Door.WEB, batch=None)
    move(alice, space, contact)
    contact.refresh_from_db()
    assert contact.owner is None


def test_a_moved_person_belongs_to_the_organisation_of_that_space(
    alice: User, hand: Hand, space: Space, sales: Space
) -> None:
    for each in (space, sales):
        hand.store(each, a_card("ACME", "KIND:org", version="4.0"))
    contact = hand.contact(space, a_card("Ada", "ORG:ACME"))
    move(alice, sales, contact)
    contact.refresh_from_db()
    assert contact.organisation is not None
    assert contact.organisation.space == sales


def test_a_move_writes_what_the_card_says_now_and_not_when_it_was_asked_for(
    alice: User, hand: Hand, space: Space, sales: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    overtaken(monkeypatch, lambda: hand.store(space, a_card("Bea", uid="u"), href=contact.href))
    move(alice, sales, contact)
    contact.refresh_from_db()
    assert (contact.full_name, contact.space) == ("Bea", sales)
    assert faults() == []


def test_two_moves_of_one_contact_are_one(
    alice: User, hand: Hand, space: Space, sales: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = hand.contact(space)
    overtaken(monkeypatch, lambda: move(alice, sales, contact))
    assert move(alice, sales, contact) == 0
    assert Change.objects.filter(verb=Verb.MOVED_IN).count() == 1
    assert faults() == []


# Owners


def test_an_owner_must_see_the_space(alice: User, bob: User, mallory: User, hand: Hand, sales: Space) -> None:
    contact = hand.contact(sales)
    contacts.assign([contact], bob, by=alice.actor, door=Door.WEB, batch=None)
    with pytest.raises(OwnerOutside):
        contacts.assign([contact], mallory, by=alice.actor, door=Door.WEB, batch=None)
    with pytest.raises(NotAllowed):
        contacts.assign([contact], bob, by=bob.actor, door=Door.WEB, batch=None)
    contact.refresh_from_db()
    assert contact.owner == bob
    contacts.assign([contact], None, by=alice.actor, door=Door.WEB, batch=None)
    contact.refresh_from_db()
    assert contact.owner is None


# Tags


def test_a_tag_that_is_too_long_is_refused_and_a_long_one_of_a_card_told_apart(
    alice: User, hand: Hand, space: Space
) -> None:
    head = "x" * MAX_TAG
    one, two = (hand.contact(space, a_card(name, f"CATEGORIES:{head}{name}")) for name in ("A", "B"))
    both = hand.contact(space, a_card("C", f"CATEGORIES:{head}A,{head}B"))
    cut = hand.contact(space, a_card("D", f"CATEGORIES:{head}"))
    with pytest.raises(TooLarge):
        retag(alice, one, add=(f"{head}x",))
    assert tagged(space, f"{head}A") == [one, both]
    assert tagged(space, f"{head}B") == [two, both]
    assert tagged(space, head) == [cut]
    assert tags_of([both.pk]) == {both.pk: [f"{head}A", f"{head}B"]}
    assert faults() == []
    assert retag(alice, one, two, both, remove=(f"{head}A",)) == 2
    assert (tagged(space, f"{head}A"), tagged(space, f"{head}B")) == ([], [two, both])
    assert faults() == []


def test_tags_are_added_to_the_first_line_and_removed_where_they_stand(alice: User, hand: Hand, space: Space) -> None:
    one = hand.contact(space, a_card("Ada", "CATEGORIES:a,b", "NOTE:n", "CATEGORIES:c"))
    two = hand.contact(space, a_card("Bea"))
    assert retag(alice, one, two, add=("a", "d"), remove=("b",)) == 2
    assert (tags(one), tags(two)) == (["a", "d", "c"], ["a", "d"])
    assert retag(alice, one, two, add=("a",), remove=("b",)) == 0
    assert b"NOTE:n" in Contact.objects.get(pk=one.pk).content.data
    assert faults() == []


def test_tagging_goes_on_over_a_change_that_came_in_between(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [hand.contact(space, a_card(f"P{n}", uid=str(n))) for n in range(3)]

    def meanwhile() -> None:
        hand.store(space, a_card("Changed", "CATEGORIES:x", uid="0"), href=people[0].href)
        delete(alice, people[1])

    overtaken(monkeypatch, meanwhile)
    assert retag(alice, *people, add=("a",)) == 2
    assert (tags(people[0]), tags(people[2])) == (["x", "a"], ["a"])
    assert Contact.objects.get(pk=people[0].pk).full_name == "Changed"
    assert faults() == []


def test_a_reader_tags_nothing(alice: User, bob: User, hand: Hand, sales: Space) -> None:
    contact = hand.contact(sales)
    with pytest.raises(NotAllowed):
        retag(bob, contact, add=("a",))
    assert tags(contact) == []


# What was


def names(contact: Contact, user: User) -> list[str | None]:
    contact.refresh_from_db()
    cards = [keeping.card_of(version) for version in keeping.versions(contact, user.actor)]
    return [card.full_name if card else None for card in cards]


def test_every_state_is_told_newest_first_and_can_be_had_again(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    hand.store(space, a_card("Bea", uid="u"), href=contact.href)
    delete(alice, contact)
    contacts.restore(contact, by=alice.actor, door=Door.WEB)
    assert names(contact, alice) == ["Bea", None, "Bea", "Ada"]
    first = keeping.versions(contact, alice.actor)[-1]
    keeping.restore_version(contact, first.change.pk, by=alice.actor, door=Door.WEB, batch=None)
    assert names(contact, alice) == ["Ada", "Bea", None, "Bea", "Ada"]
    assert faults() == []


def test_a_state_without_a_card_cannot_be_had_again(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space)
    delete(alice, contact)
    contacts.restore(contact, by=alice.actor, door=Door.WEB)
    contact.refresh_from_db()
    deletion = Change.objects.get(verb=Verb.DELETED)
    with pytest.raises(EditConflict):
        keeping.restore_version(contact, deletion.pk, by=alice.actor, door=Door.WEB, batch=None)


def test_the_card_of_any_moment_is_told(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    hand.store(space, a_card("Bea", uid="u"), href=contact.href)
    delete(alice, contact)
    contact.refresh_from_db()
    [created, changed, deleted] = Change.objects.order_by("pk")
    found = {version.change: version.until for version in keeping.versions(contact, alice.actor)}
    assert found == {created: changed.at, changed: deleted.at, deleted: None}


def test_members_learn_nothing_of_the_time_before_a_move_from_a_private_space(
    alice: User, bob: User, hand: Hand, space: Space, sales: Space
) -> None:
    contact = hand.contact(space, a_card("Secret", uid="u"))
    secret = Change.objects.get()
    hand.store(space, a_card("Public", uid="u"), href=contact.href)
    move(alice, sales, contact)
    assert names(contact, bob) == ["Public"]
    Membership.objects.filter(space=sales, user=bob).update(role=Role.EDITOR)
    with pytest.raises(EditConflict):
        keeping.restore_version(contact, secret.pk, by=bob.actor, door=Door.WEB, batch=None)
    assert names(contact, alice) == ["Public", None, "Public", "Secret"]


def test_members_learn_nothing_of_the_time_a_contact_was_away(
    alice: User, bob: User, hand: Hand, space: Space, sales: Space
) -> None:
    contact = hand.contact(sales, a_card("Before", uid="u"))
    move(alice, space, contact)
    hand.store(space, a_card("Secret", uid="u"), href=contact.href)
    away = Change.objects.of(Noun.CONTACT, contact.pk).last()
    assert away is not None
    contact.refresh_from_db()
    hand.store(space, a_card("After", uid="u"), href=contact.href)
    contact.refresh_from_db()
    move(alice, sales, contact)
    assert names(contact, bob) == ["After", None, "Before"]
