"""Undo: what was comes back, what others did since stays and is listed."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.journal.models import Batch, Change, Door, Tombstone
from farley.journal.undo import NoSuchBatch, NotUndoable, TouchesHidden, Undone, find_batch, undo
from farley.journal.writing import close_batch, one_batch, open_batch
from farley.spaces.models import Membership, Space
from farley.spaces.operations import NotAllowed
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.contacts.acts import faults, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


def act(user: User, kind: Batch.Act = Batch.Act.EDIT) -> Batch:
    """A batch that is open; `undo_it` closes it."""
    return open_batch(kind, by=user.actor, door=Door.WEB)


def undo_it(batch: Batch, user: User) -> Undone:
    batch.refresh_from_db()
    if batch.state == Batch.State.RUNNING:
        close_batch(batch)
    return undo(batch, by=user.actor, door=Door.WEB)


def edited(contact: Contact, name: str, hand: Hand, batch: Batch | None = None) -> None:
    contact.refresh_from_db()
    octets = contact.content.data.replace(f"FN:{contact.full_name}".encode(), f"FN:{name}".encode())
    hand.store(contact.space, octets, href=contact.href, batch=batch)


def is_kept(result: Undone, *pks: int, reason: str = "changed") -> bool:
    return [(kept.subject, kept.reason) for kept in result.kept] == [(pk, reason) for pk in pks]


def test_a_new_contact_goes_and_comes_back_with_the_undo_of_the_undo(alice: User, hand: Hand, space: Space) -> None:
    batch = act(alice)
    contact = hand.contact(space, batch=batch)
    made = state_of()
    undone = undo_it(batch, alice)
    assert state_of() == {}
    assert Tombstone.objects.get().href == contact.href
    redone = undo_it(undone.batch, alice)
    assert state_of() == made
    assert (undone.restored, redone.restored, undone.kept, redone.kept) == (1, 1, [], [])
    assert not Tombstone.objects.exists()
    assert faults() == []


def test_an_edit_gives_back_the_former_octets_and_their_etag(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", "CATEGORIES:a,b", "ORG:ACME"))
    before, etag = state_of(), contact.etag
    batch = act(alice)
    edited(contact, "Grace", hand, batch)
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert (state_of(), contact.etag) == (before, etag)
    assert faults() == []


def test_several_edits_of_one_contact_are_undone_to_the_first(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space)
    before = state_of()
    batch = act(alice)
    for name in ("Grace", "Hedy", "Joan"):
        edited(contact, name, hand, batch)
    assert undo_it(batch, alice).restored == 1
    assert state_of() == before


def test_a_deletion_comes_back_at_its_href(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", "CATEGORIES:a"))
    before = state_of()
    batch = act(alice)
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=batch)
    assert state_of() == {}
    undo_it(batch, alice)
    assert state_of() == before
    assert Contact.objects.get(deleted_at=None).href == contact.href
    assert faults() == []


def test_an_owner_is_given_back(alice: User, bob: User, hand: Hand) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand.contact(space)
    for owner in (alice, bob):
        batch = act(alice)
        contacts.assign([contact], owner, by=alice.actor, door=Door.WEB, batch=batch)
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert contact.owner == alice


def test_an_owner_whose_account_is_gone_is_given_back_to_nobody(alice: User, bob: User, hand: Hand) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    contact = hand.contact(space)
    contacts.assign([contact], bob, by=alice.actor, door=Door.WEB, batch=None)
    batch = act(alice)
    contacts.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=batch)
    space_of(bob).delete()
    bob.delete()
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert contact.owner is None


def test_a_move_goes_back_to_the_former_href(alice: User, hand: Hand, space: Space) -> None:
    target = team("sales", alice=Role.EDITOR)
    hand.store(target, a_card("Other"), href="ada.vcf")
    contact = Contact.objects.get(pk=hand.store(space, href="ada.vcf").pk)
    before = state_of()
    batch = act(alice)
    contacts.move([contact], target, by=alice.actor, door=Door.WEB, batch=batch)
    contact.refresh_from_db()
    assert (contact.space, contact.href) == (target, "ada-2.vcf")
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert (contact.space, contact.href) == (space, "ada.vcf")
    assert state_of() == before
    assert faults() == []


def test_tags_are_given_back(alice: User, hand: Hand, space: Space) -> None:
    people = [hand.contact(space, a_card(f"P{n}", "CATEGORIES:old")) for n in range(3)]
    before = state_of()
    with one_batch(Batch.Act.TAG, by=alice.actor, door=Door.WEB) as batch:
        contacts.retag(people, add=["new"], remove=["old"], by=alice.actor, door=Door.WEB, batch=batch)
    undo_it(batch, alice)
    assert state_of() == before
    assert faults() == []


def test_many_acts_on_one_contact_in_one_batch_are_undone_together(alice: User, hand: Hand, space: Space) -> None:
    target = team("sales", alice=Role.EDITOR)
    old = hand.contact(space, a_card("Old", "CATEGORIES:a"))
    before = state_of()
    batch = act(alice)
    new = hand.contact(space, batch=batch)
    for contact in (old, new):
        edited(contact, "Grace", hand, batch)
        contacts.move([contact], target, by=alice.actor, door=Door.WEB, batch=batch)
        contact.refresh_from_db()
        contacts.assign([contact], alice, by=alice.actor, door=Door.WEB, batch=batch)
        contact.refresh_from_db()
        contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=batch)
    result = undo_it(batch, alice)
    assert (state_of(), result.kept) == (before, [])
    assert faults() == []
    undo_it(result.batch, alice)
    assert state_of() == {}
    assert faults() == []


def test_what_was_changed_since_is_listed_and_stays(alice: User, bob: User, hand: Hand) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    touched, untouched = hand.contact(space, a_card("Ada")), hand.contact(space, a_card("Bea"))
    batch = act(alice)
    for contact in (touched, untouched):
        edited(contact, "Grace", hand, batch)
    edited(touched, "By Bob", hand_of(bob))
    result = undo_it(batch, alice)
    touched.refresh_from_db()
    untouched.refresh_from_db()
    assert (touched.full_name, untouched.full_name) == ("By Bob", "Bea")
    assert is_kept(result, touched.pk)
    assert (result.kept[0].label, result.restored) == ("By Bob", 1)


def test_what_went_out_of_sight_since_is_counted_and_not_named(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    still_seen = team("all", alice=Role.READER, bob=Role.EDITOR)
    batch = act(alice)
    hidden, shown = hand_of(alice).many(space, [a_card("Ada"), a_card("Bea")], batch=batch)
    for stored, target in ((hidden, space_of(bob)), (shown, still_seen)):
        contact = Contact.objects.get(pk=stored.pk)
        contacts.move([contact], target, by=bob.actor, door=Door.WEB, batch=None)
    edited(Contact.objects.get(pk=hidden.pk), "Secret", hand_of(bob))
    result = undo_it(batch, alice)
    assert [(kept.subject, kept.label) for kept in result.kept] == [(hidden.pk, ""), (shown.pk, "Bea")]


def test_what_another_wrote_between_two_parts_of_the_batch_stays(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    contact = hand_of(alice).contact(space, a_card("Ada"))
    batch = act(alice)
    edited(contact, "Grace", hand_of(alice), batch)
    edited(contact, "By Bob", hand_of(bob))
    edited(contact, "Hedy", hand_of(alice), batch)
    result = undo_it(batch, alice)
    contact.refresh_from_db()
    assert (contact.full_name, is_kept(result, contact.pk)) == ("Hedy", True)


def test_a_change_since_that_came_to_nothing_does_not_count(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada"))
    before = state_of()
    batch = act(alice)
    edited(contact, "Grace", hand, batch)
    edited(contact, "Hedy", hand)
    edited(contact, "Grace", hand)
    assert undo_it(batch, alice).kept == []
    assert state_of() == before


def test_what_was_deleted_since_is_gone_and_what_was_undone_by_hand_needs_nothing(
    alice: User, hand: Hand, space: Space
) -> None:
    kept, by_hand = hand.contact(space, a_card("Ada")), hand.contact(space, a_card("Bea"))
    batch = act(alice)
    edited(kept, "Grace", hand, batch)
    edited(by_hand, "Grace", hand, batch)
    edited(by_hand, "Bea", hand)
    contacts.delete([kept], by=alice.actor, door=Door.WEB, batch=None)
    assert is_kept(undo_it(batch, alice), kept.pk, reason="gone")


def test_people_linked_by_an_organisation_that_came_later_can_be_undone(alice: User, hand: Hand, space: Space) -> None:
    first, second = act(alice), act(alice)
    person = hand.contact(space, a_card("Ada", "ORG:ACME"), batch=first)
    organisation = hand.contact(space, a_card("ACME", "KIND:org", version="4.0"), batch=second)
    person.refresh_from_db()
    assert person.organisation == organisation
    result = undo_it(first, alice)
    assert (result.kept, list(state_of())) == ([], [organisation.pk])


def test_undoing_an_organisation_unlinks_its_people(alice: User, hand: Hand, space: Space) -> None:
    person = hand.contact(space, a_card("Ada", "ORG:ACME"))
    before = state_of()
    batch = act(alice)
    hand.contact(space, a_card("ACME", "KIND:org", version="4.0"), batch=batch)
    undo_it(batch, alice)
    assert state_of() == before
    person.refresh_from_db()
    assert person.organisation is None
    assert faults() == []


def test_a_uid_taken_since_keeps_the_deletion(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid="u"))
    batch = act(alice)
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=batch)
    other = hand.contact(space, a_card("Other", uid="u"))
    assert is_kept(undo_it(batch, alice), contact.pk, reason="taken")
    assert list(state_of()) == [other.pk]
    assert faults() == []


def test_a_former_uid_taken_since_keeps_the_edit(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid="old"))
    batch = act(alice)
    hand.store(space, a_card("Ada", uid="new"), href=contact.href, batch=batch)
    hand.contact(space, a_card("Other", uid="old"))
    assert is_kept(undo_it(batch, alice), contact.pk, reason="taken")
    assert faults() == []


def test_two_contacts_that_exchanged_their_uids_get_them_back(alice: User, hand: Hand, space: Space) -> None:
    one, two = hand.contact(space, a_card("One", uid="1")), hand.contact(space, a_card("Two", uid="2"))
    before = state_of()
    batch = act(alice)
    for contact, uid in ((one, "x"), (two, "1"), (one, "2")):
        hand.store(space, a_card("Any", uid=uid), href=contact.href, batch=batch)
    assert undo_it(batch, alice).kept == []
    assert state_of() == before
    assert faults() == []


def test_a_card_without_a_uid_gets_back_the_one_it_was_known_by(alice: User, hand: Hand, space: Space) -> None:
    contact = hand.contact(space, a_card("Ada", uid=""))
    before = state_of()
    batch = act(alice)
    hand.store(space, a_card("Ada", uid="new"), href=contact.href, batch=batch)
    undo_it(batch, alice)
    assert state_of() == before


def test_an_href_taken_since_gives_the_contact_one_like_it(alice: User, hand: Hand, space: Space) -> None:
    contact = Contact.objects.get(pk=hand.store(space, href="a.vcf").pk)
    batch = act(alice)
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=batch)
    hand.store(space, href="a.vcf")
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert (contact.href, contact.is_deleted) == ("a-2.vcf", False)
    assert faults() == []


def test_what_replaced_another_at_its_href_makes_room_again(alice: User, hand: Hand, space: Space) -> None:
    contact = Contact.objects.get(pk=hand.store(space, a_card(uid="u"), href="a.vcf").pk)
    before = state_of()
    batch = act(alice)
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=batch)
    hand.store(space, a_card("Other", uid="u"), href="a.vcf", batch=batch)
    undo_it(batch, alice)
    contact.refresh_from_db()
    assert (state_of(), contact.href) == (before, "a.vcf")


def test_a_batch_is_undone_once_until_its_undo_is_undone(alice: User, hand: Hand, space: Space) -> None:
    batch = act(alice)
    hand.contact(space, batch=batch)
    undone = undo_it(batch, alice)
    with pytest.raises(NotUndoable) as refused:
        undo_it(batch, alice)
    assert refused.value.state == Batch.State.UNDONE
    undo_it(undone.batch, alice)
    assert undo_it(batch, alice).restored == 1
    assert state_of() == {}


def test_a_running_batch_is_not_undone(alice: User, hand: Hand, space: Space) -> None:
    batch = act(alice)
    hand.contact(space, batch=batch)
    with pytest.raises(NotUndoable):
        undo(batch, by=alice.actor, door=Door.WEB)


def test_an_undo_that_was_cut_short_goes_on_where_it_stood(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.journal.undo.CHUNK", 2)
    batch = act(alice)
    people = [hand.contact(space, a_card(f"P{n}"), batch=batch) for n in range(5)]
    close_batch(batch)

    def dies(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo(batch, by=alice.actor, door=Door.WEB, progress=dies)
    assert len(state_of()) == 3
    contacts.restore(people[4], by=alice.actor, door=Door.WEB)  # undone before the cut, wanted back since
    result = undo(batch, by=alice.actor, door=Door.WEB)
    assert (list(state_of()), result.restored) == ([people[4].pk], 3)
    assert Batch.objects.filter(undoes=batch).count() == 1
    batch.refresh_from_db()
    assert batch.state == Batch.State.UNDONE
    assert faults() == []


def test_a_contact_whose_changes_lie_in_two_chunks_is_put_back_and_counted_once(
    alice: User, hand: Hand, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.journal.undo.CHUNK", 1)
    contact = hand.contact(space, a_card("Ada"))
    before = state_of()
    batch = act(alice)
    for name in ("Grace", "Hedy", "Joan"):
        edited(contact, name, hand, batch)
    result = undo_it(batch, alice)
    assert (state_of(), result.restored, result.kept) == (before, 1, [])


def test_who_may_not_edit_every_space_it_touched_may_not_undo(alice: User, bob: User, mallory: User) -> None:
    space = team("sales", alice=Role.EDITOR, bob=Role.READER)
    batch = act(alice)
    contact = hand_of(alice).contact(space, batch=batch)
    with pytest.raises(NotAllowed):
        undo_it(batch, bob)
    with pytest.raises(NoSuchBatch):
        undo_it(batch, mallory)
    with pytest.raises(NoSuchBatch):
        find_batch(batch.pk, by=mallory.actor)
    contact.refresh_from_db()
    assert not contact.is_deleted


def test_a_refusal_never_names_a_space_one_must_not_know(alice: User, bob: User, hand: Hand, space: Space) -> None:
    target = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    contact = hand.contact(space)
    batch = act(alice)
    contacts.move([contact], target, by=alice.actor, door=Door.WEB, batch=batch)
    with pytest.raises(TouchesHidden) as refused:
        undo_it(batch, bob)
    assert refused.value.space == target
    assert "alice" not in str(refused.value)


def test_a_role_that_is_taken_away_meanwhile_stops_the_undo(
    alice: User, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.journal.undo.CHUNK", 2)
    space = team("sales", alice=Role.EDITOR)
    batch = act(alice)
    hand.many(space, [a_card() for _ in range(4)], batch=batch)
    close_batch(batch)

    def demoted(_done: int) -> None:
        Membership.objects.filter(space=space).update(role=Role.READER)

    with pytest.raises(NotAllowed):
        undo(batch, by=alice.actor, door=Door.WEB, progress=demoted)
    assert len(state_of()) == 2


@pytest.mark.parametrize("number", [0, -1, 10**9, 2**63, 2**70])
def test_a_number_that_is_no_batch_is_none(alice: User, number: int) -> None:
    with pytest.raises(NoSuchBatch):
        find_batch(number, by=alice.actor)


def test_every_undo_is_journalled_under_its_own_batch(alice: User, hand: Hand, space: Space) -> None:
    batch = act(alice)
    hand.contact(space, batch=batch)
    undone = undo_it(batch, alice)
    assert Change.objects.filter(batch=undone.batch).count() == 1
    undone.batch.refresh_from_db()
    assert (undone.batch.size, undone.batch.undoes, undone.batch.state) == (1, batch, Batch.State.DONE)


def test_what_was_deleted_before_is_deleted_again_as_it_was_then(alice: User, hand: Hand, space: Space) -> None:
    target = team("sales", alice=Role.EDITOR)
    contact = hand.contact(space, a_card("Ada"))
    before = state_of()
    first, second = act(alice), act(alice)
    contacts.delete([contact], by=alice.actor, door=Door.WEB, batch=first)
    contacts.restore(contact, by=alice.actor, door=Door.WEB, batch=second)
    edited(contact, "Grace", hand, second)
    contact.refresh_from_db()
    contacts.move([contact], target, by=alice.actor, door=Door.WEB, batch=second)
    assert undo_it(second, alice).kept == []
    assert state_of() == {}
    assert undo_it(first, alice).kept == []
    assert state_of() == before
    assert faults() == []
