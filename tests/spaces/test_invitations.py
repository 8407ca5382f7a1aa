"""Links that let people in."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from farley.accounts.actor import ActorKind
from farley.accounts.events import Event
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces.invitations import NoSuchInvitation, accept, invite, opened, revoke
from farley.spaces.models import Invitation, Membership
from farley.spaces.operations import NotAllowed, SpaceIsPrivate, archive, share
from tests.cast import person, space_of, team

pytestmark = pytest.mark.django_db


def test_who_has_the_link_becomes_a_member_by_it(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER)
    made, token = invite(space, Role.EDITOR, by=alice.actor)
    assert accept(token, by=bob.actor) == space
    mine = Membership.objects.get(space=space, user=bob)
    assert (mine.role, mine.given_by, mine.invitation) == (Role.EDITOR, alice, made)


def test_the_token_is_stored_nowhere(alice: User) -> None:
    made, token = invite(team("sales", alice=Role.MANAGER), Role.READER, by=alice.actor)
    assert len(token) >= 43
    row = Invitation.objects.filter(pk=made.pk).values().get()
    assert token not in str(row)
    assert token.encode() not in bytes(row["token_sha256"])
    assert token not in str(list(Event.objects.values()))


def test_a_link_for_one_lets_in_one(alice: User, bob: User, mallory: User) -> None:
    space = team("sales", alice=Role.MANAGER)
    _made, token = invite(space, Role.READER, by=alice.actor)
    accept(token, by=bob.actor)
    with pytest.raises(NoSuchInvitation):
        accept(token, by=mallory.actor)
    assert space.role_of(mallory.actor) is None


def test_whoever_is_in_already_uses_nothing_up_and_loses_no_role(alice: User, bob: User, mallory: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    _made, token = invite(space, Role.READER, by=alice.actor)
    accept(token, by=bob.actor)
    assert space.role_of(bob.actor) == Role.EDITOR
    accept(token, by=mallory.actor)
    assert space.role_of(mallory.actor) == Role.READER


@pytest.mark.parametrize("end", ["revoked", "expired", "archived", "maker closed", "maker demoted", "forged", "long"])
def test_a_link_that_has_ended_opens_nothing(alice: User, bob: User, end: str) -> None:
    carol = person("carol")
    space = team("sales", alice=Role.MANAGER, carol=Role.MANAGER)
    made, token = invite(space, Role.READER, by=alice.actor, max_uses=5)
    match end:
        case "revoked":
            revoke(made, by=carol.actor)
        case "expired":
            Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
        case "archived":
            archive(space, by=carol.actor)
        case "maker closed":
            User.objects.filter(pk=alice.pk).update(is_active=False)
        case "maker demoted":
            share(space, alice, Role.EDITOR, by=carol.actor)
        case "forged":
            token = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        case "long":
            token *= 1000
    for refused in (lambda: opened(token), lambda: accept(token, by=bob.actor)):
        with pytest.raises(NoSuchInvitation):
            refused()
    assert space.role_of(bob.actor) is None


def test_a_token_or_device_accepts_nothing(alice: User, bob: User) -> None:
    _made, token = invite(team("sales", alice=Role.MANAGER), Role.READER, by=alice.actor)
    with pytest.raises(NoSuchInvitation):
        accept(token, by=dataclasses.replace(bob.actor, kind=ActorKind.TOKEN))


def test_only_managers_invite_and_only_to_what_is_shared(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    with pytest.raises(NotAllowed):
        invite(space, Role.READER, by=bob.actor)
    made, _token = invite(space, Role.READER, by=alice.actor)
    with pytest.raises(NotAllowed):
        revoke(made, by=bob.actor)
    with pytest.raises(SpaceIsPrivate):
        invite(space_of(alice), Role.READER, by=alice.actor)


@pytest.mark.parametrize(
    "wrong", [{"role": Role.MANAGER}, {"max_uses": 0}, {"max_uses": 1001}, {"days": 0}, {"days": 91}]
)
def test_a_link_has_bounds(alice: User, wrong: dict[str, int]) -> None:
    space = team("sales", alice=Role.MANAGER)
    with pytest.raises(ValidationError):
        invite(space, **({"role": Role.READER} | wrong), by=alice.actor)  # type: ignore[arg-type]
