"""Who sees which space, and what they may do there."""

from __future__ import annotations

import dataclasses

import pytest

from farley.accounts.actor import NOBODY, Actor, ActorKind
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces.models import Membership, Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, find, require
from farley.spaces.standings import standings_of
from tests.cast import space_of, team

pytestmark = pytest.mark.django_db

SEEN_BY = {
    Role.FREEBUSY: (False, False, False),
    Role.READER: (True, False, False),
    Role.EDITOR: (True, True, False),
    Role.MANAGER: (True, True, True),
}


def powers(space: Space, actor: Actor) -> tuple[bool, bool, bool]:
    spaces = Space.objects
    seen = [spaces.visible_to(actor), spaces.editable_by(actor)]
    can_read, can_write = (found.filter(pk=space.pk).exists() for found in seen)
    told = standings_of(actor)
    assert told.spaces == list(seen[0].order_by("kind", "title"))
    assert told.editable == list(seen[1].order_by("kind", "title"))
    assert [told.role_in(each) for each in told.spaces] == [each.role_of(actor) for each in told.spaces]
    return can_read, can_write, space.role_of(actor) == Role.MANAGER


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_it_says_and_no_more(bob: User, role: Role) -> None:
    assert powers(team("sales", bob=role), bob.actor) == SEEN_BY[role]


@pytest.mark.parametrize("role", Role)
def test_require_agrees_with_the_querysets(bob: User, role: Role) -> None:
    space = team("sales", bob=role)
    for wanted, is_allowed in zip((Role.READER, Role.EDITOR, Role.MANAGER), SEEN_BY[role], strict=True):
        if is_allowed:
            require(space, bob.actor, wanted)
            continue
        with pytest.raises(NotAllowed if SEEN_BY[role][0] else NoSuchSpace):
            require(space, bob.actor, wanted)


def test_a_stranger_an_administrator_and_nobody_see_no_private_space(alice: User, mallory: User) -> None:
    mallory.is_admin = True
    mallory.save()
    for actor in (mallory.actor, NOBODY, Actor(ActorKind.SYSTEM, None, "farley")):
        assert powers(space_of(alice), actor) == (False, False, False)
        with pytest.raises(NoSuchSpace):
            require(space_of(alice), actor, Role.READER)
        with pytest.raises(NoSuchSpace):
            find("alice", by=actor)


def test_a_space_one_may_not_see_cannot_be_told_from_one_that_is_not_there(mallory: User, alice: User) -> None:
    with pytest.raises(NoSuchSpace) as hidden:
        find("alice", by=mallory.actor)
    with pytest.raises(NoSuchSpace) as missing:
        find("alicf", by=mallory.actor)
    assert str(hidden.value).replace("alice", "alicf") == str(missing.value)


@pytest.mark.parametrize("cap", Role)
def test_an_actor_may_never_more_than_its_cap(alice: User, cap: Role) -> None:
    capped = dataclasses.replace(alice.actor, max_role=cap)
    assert powers(space_of(alice), capped) == SEEN_BY[cap]
    assert space_of(alice).role_of(capped) == cap


def test_a_cap_gives_nobody_more_than_their_role(bob: User) -> None:
    space = team("sales", bob=Role.READER)
    assert space.role_of(dataclasses.replace(bob.actor, max_role=Role.MANAGER)) == Role.READER


def test_a_device_sees_only_the_spaces_chosen_for_it(alice: User) -> None:
    chosen, other = team("chosen", alice=Role.EDITOR), team("other", alice=Role.EDITOR)
    device = dataclasses.replace(alice.actor, kind=ActorKind.DEVICE, spaces=frozenset({chosen.pk}))
    assert list(Space.objects.visible_to(device)) == [chosen]
    assert other.role_of(device) is None
    nothing = dataclasses.replace(alice.actor, spaces=frozenset())
    assert not Space.objects.visible_to(nothing).exists()


def test_choosing_a_space_for_a_device_opens_nothing_its_owner_cannot_see(alice: User, mallory: User) -> None:
    device = dataclasses.replace(mallory.actor, spaces=frozenset({space_of(alice).pk}))
    assert powers(space_of(alice), device) == (False, False, False)


def test_a_closed_account_sees_nothing_even_where_the_actor_was_made_before(alice: User) -> None:
    made_before = alice.actor
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert powers(space_of(alice), made_before) == (False, False, False)
    assert space_of(alice).role_of(made_before) is None


def test_a_role_that_was_taken_away_counts_at_once(bob: User) -> None:
    space = team("sales", bob=Role.EDITOR)
    Membership.objects.filter(space=space).delete()
    assert powers(space, bob.actor) == (False, False, False)


@pytest.mark.parametrize("name", ["", "al\0ice", "alice/", "ALICE", "a" * 5000])
def test_what_cannot_be_a_name_is_no_space(alice: User, name: str) -> None:
    with pytest.raises(NoSuchSpace):
        find(name, by=alice.actor)
