"""What a team may do in a space, and who may do it there because of the team."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from farley.accounts import teams
from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Event
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.accounts.teams import Team
from farley.spaces.audience import count_readers, readers, readers_among, ways_into
from farley.spaces.models import Membership, Space
from farley.spaces.operations import LastManager, NotAllowed, SpaceIsPrivate, create, share, unshare
from farley.spaces.standings import standings_of
from tests.cast import space_of, team

pytestmark = pytest.mark.django_db

SERVER = Actor(ActorKind.SYSTEM, None, "command line")


def a_team(name: str, *users: User) -> Team:
    made = teams.create(name, by=SERVER, door=Door.CLI)
    for user in users:
        teams.add_member(made, user, by=SERVER, door=Door.CLI)
    return made


@pytest.mark.parametrize("role", Role)
def test_a_team_gives_each_of_its_members_its_role(alice: User, bob: User, mallory: User, role: Role) -> None:
    space = create("sales", Space.Kind.TEAM, by=alice.actor)
    share(space, a_team("sellers", bob), role, by=alice.actor)
    assert space.role_of(bob.actor) == role
    assert standings_of(bob.actor).roles.get(space.pk) == (role if role >= Role.READER else None)
    assert Space.objects.visible_to(bob.actor).contains(space) == (role >= Role.READER)
    assert Space.objects.editable_by(bob.actor).contains(space) == (role >= Role.EDITOR)
    assert space.role_of(mallory.actor) is None
    assert not Space.objects.visible_to(mallory.actor).contains(space)


@pytest.mark.parametrize(("own", "by_team"), [(Role.READER, Role.EDITOR), (Role.EDITOR, Role.READER)])
def test_the_highest_role_by_any_way_counts(alice: User, bob: User, own: Role, by_team: Role) -> None:
    space = create("sales", Space.Kind.TEAM, by=alice.actor)
    share(space, bob, own, by=alice.actor)
    share(space, a_team("sellers", bob), by_team, by=alice.actor)
    assert space.role_of(bob.actor) == Role.EDITOR == standings_of(bob.actor).roles[space.pk]
    assert standings_of(bob.actor).spaces.count(space) == 1
    assert list(Space.objects.editable_by(bob.actor).filter(name="sales")) == [space]  # once, though there are two ways


def test_who_leaves_the_team_sees_the_space_no_longer(alice: User, bob: User) -> None:
    space, sellers = create("sales", Space.Kind.TEAM, by=alice.actor), a_team("sellers", bob)
    share(space, sellers, Role.READER, by=alice.actor)
    teams.remove_member(sellers, bob, by=SERVER, door=Door.CLI)
    assert space.role_of(bob.actor) is None
    assert not Space.objects.visible_to(bob.actor).contains(space)


def test_a_closed_account_sees_nothing_by_a_team(alice: User, bob: User) -> None:
    space = create("sales", Space.Kind.TEAM, by=alice.actor)
    share(space, a_team("sellers", bob), Role.READER, by=alice.actor)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert space.role_of(bob.actor) is None
    assert not Space.objects.visible_to(bob.actor).contains(space)
    assert [user for user, _role in readers(space)] == [alice]
    assert readers_among(space, [bob.pk]) == set()


def test_the_last_manager_may_be_a_team_but_not_an_empty_one(alice: User, bob: User) -> None:
    space, sellers = create("sales", Space.Kind.TEAM, by=alice.actor), a_team("sellers")
    share(space, sellers, Role.MANAGER, by=alice.actor)
    with pytest.raises(LastManager):
        unshare(space, alice, by=alice.actor)
    teams.add_member(sellers, bob, by=SERVER, door=Door.CLI)
    assert unshare(space, alice, by=alice.actor)
    assert space.role_of(alice.actor) is None


def leave(sellers: Team, user: User) -> None:
    teams.remove_member(sellers, user, by=SERVER, door=Door.CLI)


def dissolve(sellers: Team, _user: User) -> None:
    teams.remove(sellers, by=SERVER, door=Door.CLI)


@pytest.mark.parametrize("deed", [leave, dissolve])
def test_no_space_loses_its_last_manager_by_a_team(alice: User, bob: User, deed: Callable[[Team, User], None]) -> None:
    space, sellers = create("sales", Space.Kind.TEAM, by=alice.actor), a_team("sellers", bob)
    share(space, sellers, Role.MANAGER, by=alice.actor)
    unshare(space, alice, by=alice.actor)
    with pytest.raises(LastManager):
        deed(sellers, bob)
    assert space.role_of(bob.actor) == Role.MANAGER


def test_a_private_space_is_not_given_to_a_team(alice: User, bob: User) -> None:
    with pytest.raises(SpaceIsPrivate):
        share(space_of(alice), a_team("sellers", bob), Role.READER, by=alice.actor)


def test_a_membership_is_of_one_only(alice: User) -> None:
    space, sellers = team("sales"), a_team("sellers")
    for both in ({}, {"user": alice, "team": sellers}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(space=space, role=Role.READER, **both)


def test_only_administrators_in_person_change_teams(alice: User, bob: User) -> None:
    sellers = a_team("sellers")
    admin = User(name="admin", is_admin=True)
    for actor in (alice.actor, dataclasses.replace(admin.actor, kind=ActorKind.TOKEN)):
        for deed in (
            lambda by: teams.create("others", by=by, door=Door.WEB),
            lambda by: teams.rename(sellers, "X", by=by, door=Door.WEB),
            lambda by: teams.add_member(sellers, bob, by=by, door=Door.WEB),
            lambda by: teams.remove_member(sellers, bob, by=by, door=Door.WEB),
            lambda by: teams.remove(sellers, by=by, door=Door.WEB),
        ):
            with pytest.raises(teams.NotAnAdministrator):
                deed(actor)
    assert not sellers.members.exists()


def test_a_team_is_known_to_its_members_and_administrators(alice: User, bob: User, mallory: User) -> None:
    sellers = a_team("sellers", bob)
    assert teams.find("sellers", by=bob.actor) == sellers
    with pytest.raises(teams.NoSuchTeam):
        teams.find("sellers", by=mallory.actor)
    mallory.is_admin = True
    assert teams.find("sellers", by=mallory.actor) == sellers


def test_every_reader_is_counted_once_and_has_every_way_told(alice: User, bob: User) -> None:
    space, sellers = create("sales", Space.Kind.TEAM, by=alice.actor), a_team("sellers", alice, bob)
    share(space, bob, Role.READER, by=alice.actor)
    share(space, sellers, Role.EDITOR, by=alice.actor)
    assert readers(space) == [(alice, Role.MANAGER), (bob, Role.EDITOR)]
    assert count_readers([space, space_of(bob)]) == {space.pk: 2, space_of(bob).pk: 1}
    ways = [(way.user, way.role, way.team, way.given_by) for way in ways_into(space)]
    assert ways == [
        (alice, Role.MANAGER, None, alice),
        (alice, Role.EDITOR, sellers, alice),  # alice gave it to the team after somebody had taken her in
        (bob, Role.EDITOR, sellers, alice),
        (bob, Role.READER, None, alice),
    ]
    assert [way.user for way in ways_into(space, user=bob)] == [bob, bob]


def test_each_change_of_a_team_and_of_a_role_is_in_the_instance_journal(alice: User, bob: User) -> None:
    space, sellers = create("sales", Space.Kind.TEAM, by=alice.actor), a_team("sellers", bob)
    share(space, sellers, Role.READER, by=alice.actor)
    share(space, sellers, Role.READER, by=alice.actor)  # changes nothing
    unshare(space, sellers, by=alice.actor)
    with pytest.raises(NotAllowed):
        share(team("other", bob=Role.READER), bob, Role.MANAGER, by=bob.actor)
    told = list(Event.objects.order_by("pk").values_list("verb", "subject"))
    assert told == [
        ("role.space_made", "sales"),
        ("role.team_made", "sellers"),
        ("role.team_joined", "sellers"),
        ("role.given", "sales"),
        ("role.taken", "sales"),
    ]
