"""Rules of how long a space keeps what was deleted or replaced."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.keeping import versions
from farley.contacts.models import Contact
from farley.contacts.retaining import Kept, NoRetention, Retention, retain, set_rule
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Batch, Change, Content, Door, Noun
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.cast import a_card, hand_of, space_of, team

IN_40_DAYS = dt.timedelta(days=40)


def rule(space: Space, user: User, deleted: int | None = None, replaced: int | None = None) -> None:
    set_rule(space, deleted_days=deleted, versions_days=replaced, by=user.actor, door=Door.WEB)


def later(*, dry_run: bool = False, by: dt.timedelta = IN_40_DAYS) -> list[tuple[int, int]]:
    found: list[Kept] = retain(Retention.objects.select_related("space"), dry_run=dry_run, now=timezone.now() + by)
    return [(kept.contacts, kept.versions) for kept in found]


def test_a_contact_that_was_deleted_long_ago_is_erased_and_others_stay(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    gone, here = hand.contact(space, a_card("Gone")), hand.contact(space, a_card("Here"))
    operations.delete([gone], by=alice.actor, door=Door.WEB, batch=None)
    rule(space, alice, deleted=30)
    assert later(by=dt.timedelta(days=29)) == []
    assert later(dry_run=True) == [(1, 0)]
    assert Contact.objects.count() == 2
    assert later() == [(1, 0)]
    assert list(Contact.objects.values_list("pk", flat=True)) == [here.pk]
    assert not any(b"Gone" in content.data for content in Content.objects.all())
    assert Event.objects.filter(verb=Verb.RETENTION_RUN).exists()


def test_former_versions_go_and_the_current_one_stays(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    contact = hand.contact(space, a_card("First", uid="a"))
    hand.store(space, a_card("Second", uid="a"), href=contact.href)
    rule(space, alice, replaced=30)
    assert later(dry_run=True) == [(0, 1)]
    assert later() == [(0, 1)]
    contact = Contact.objects.get(pk=contact.pk)
    assert contact.card.full_name == "Second"
    assert not any(b"First" in content.data for content in Content.objects.all())
    assert [version.content for version in versions(contact, alice.actor)] == [contact.content_id, None]
    assert Change.objects.filter(subject=contact.pk).count() == 2
    assert later() == []


def test_undo_of_what_was_thinned_out_changes_nothing_and_says_so(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    contact = hand.contact(space, a_card("First", uid="a"))
    with one_batch(Batch.Act.EDIT, by=alice.actor, door=Door.WEB) as batch:
        hand.store(space, a_card("Second", uid="a"), href=contact.href, batch=batch)
    rule(space, alice, replaced=30)
    later()
    result = undo(batch, by=alice.actor, door=Door.WEB)
    assert (result.restored, [kept.reason for kept in result.kept]) == (0, ["gone"])
    assert Contact.objects.get(pk=contact.pk).full_name == "Second"


def test_former_values_of_own_fields_go_with_the_versions_and_the_current_ones_stay(alice: User) -> None:
    space, hand, by = space_of(alice), hand_of(alice), {"by": alice.actor, "door": Door.WEB}
    field = defining.define(Noun.CONTACT, space, label="Motto", kind=Field.Kind.TEXT, **by)
    contact, batches = hand.contact(space, a_card("Ada")), []
    for value in ("Zyxfirst", "Zyxsecond", "Zyxthird"):
        with one_batch(Batch.Act.EDIT, **by) as batch:
            operations.set_fields([contact], {field: value}, batch=batch, **by)
        contact.refresh_from_db()
        batches.append(batch)
    with one_batch(Batch.Act.EDIT, **by) as owned:
        operations.assign([contact], alice, batch=owned, **by)
    rule(space, alice, replaced=30)
    assert later(dry_run=True) == later() == [(0, 3)]
    assert later() == []
    assert "Zyx" not in str(list(Change.objects.values_list("own_before", flat=True)))
    contact.refresh_from_db()
    assert contact.own == {str(field.pk): "Zyxthird"}
    assert undo(owned, **by).restored == 1
    for batch in batches:  # what is gone is not taken for "there was nothing"
        result = undo(batch, **by)
        assert (result.restored, len(result.kept)) == (0, 1)
    contact.refresh_from_db()
    assert contact.own == {str(field.pk): "Zyxthird"}


def test_an_import_is_not_undone_over_changes_whose_values_went(alice: User) -> None:
    space, hand, by = space_of(alice), hand_of(alice), {"by": alice.actor, "door": Door.WEB}
    field = defining.define(Noun.CONTACT, space, label="Motto", kind=Field.Kind.TEXT, **by)
    with one_batch(Batch.Act.IMPORT, **by) as imported:
        contact = hand.contact(space, a_card("Ada"), batch=imported)
    operations.set_fields([contact], {field: "forwards"}, batch=None, **by)
    rule(space, alice, replaced=30)
    later()
    result = undo(imported, **by)
    assert (result.restored, [kept.reason for kept in result.kept]) == (0, ["changed"])
    assert Contact.objects.get(pk=contact.pk).deleted_at is None


def test_octets_that_came_back_are_current_and_stay(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    contact = hand.contact(space, a_card("First", uid="a"))
    with one_batch(Batch.Act.EDIT, by=alice.actor, door=Door.WEB) as batch:
        hand.store(space, a_card("Second", uid="a"), href=contact.href, batch=batch)
    undo(batch, by=alice.actor, door=Door.WEB)
    rule(space, alice, replaced=30)
    later()
    assert Contact.objects.get(pk=contact.pk).card.full_name == "First"
    assert not any(b"Second" in content.data for content in Content.objects.all())


def test_a_space_without_a_rule_keeps_everything(alice: User, bob: User) -> None:
    for user in (alice, bob):
        contact = hand_of(user).contact(space_of(user))
        operations.delete([contact], by=user.actor, door=Door.WEB, batch=None)
    rule(space_of(alice), alice, deleted=30)
    rule(space_of(alice), alice)
    assert later(by=dt.timedelta(days=9999)) == []


def test_only_a_manager_sets_a_rule(alice: User, bob: User, mallory: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    with pytest.raises(NotAllowed):
        rule(space, bob, deleted=1)
    with pytest.raises(NoSuchSpace):
        rule(space, mallory, deleted=1)
    for days in (0, -1, 99_999):
        with pytest.raises(NoRetention):
            rule(space, alice, deleted=days)
    assert not Retention.objects.exists()
