"""Making people and spaces, and sharing them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from farley.accounts.administering import EmailTaken
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces.models import Membership, Space
from farley.spaces.operations import (
    LastManager,
    NameTaken,
    NoSuchSpace,
    NotAllowed,
    SpaceIsPrivate,
    add_person,
    create,
    share,
    writing,
)
from tests.cast import space_of, team

pytestmark = pytest.mark.django_db


def test_a_new_person_manages_a_private_space_of_their_name() -> None:
    user = add_person("alice", "alice@example.org", "correct horse", full_name="Alice Liddell")
    space = Space.objects.get(name="alice")
    assert (space.kind, space.title) == (Space.Kind.PRIVATE, "Alice Liddell")
    assert Membership.objects.get(space=space).user == user
    assert user.check_password("correct horse")


@pytest.mark.parametrize("name", ["", "Alice", "al ice", "-alice", "alice.", "a" * 41, "älice", "a/b", "a\0b", "a\nb"])
def test_what_cannot_be_a_name_is_refused(alice: User, name: str) -> None:
    with pytest.raises(ValidationError):
        add_person(name, "somebody@example.org", "x")
    with pytest.raises(ValidationError):
        create(name, Space.Kind.TEAM, by=alice.actor)
    assert User.objects.count() == Space.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "full_name"),
    [("nobody", ""), ("", ""), ("a b@example.org", ""), (f"{'a' * 250}@example.org", ""), ("b@example.org", "B" * 201)],
)
def test_a_person_whose_details_do_not_fit_is_not_made(email: str, full_name: str) -> None:
    with pytest.raises(ValidationError):
        add_person("bob", email, "x", full_name=full_name)
    assert not User.objects.exists()


def test_a_full_name_longer_than_a_title_is_no_obstacle() -> None:
    add_person("alice", "alice@example.org", "x", full_name="A" * 200)
    assert Space.objects.get(name="alice").title == "A" * 100


def test_names_are_taken_by_people_and_spaces_alike(alice: User) -> None:
    create("sales", Space.Kind.TEAM, by=alice.actor)
    for taken in ("sales", "alice"):
        with pytest.raises(NameTaken):
            create(taken, Space.Kind.TEAM, by=alice.actor)
        with pytest.raises(NameTaken):
            add_person(taken, f"{taken}@other.example", "x")
    assert User.objects.count() == 1


def test_a_name_stays_a_person_s_after_their_space_is_gone(alice: User) -> None:
    space_of(alice).delete()
    with pytest.raises(NameTaken):
        add_person("alice", "other@example.org", "x")


def test_two_accounts_cannot_share_an_address_in_whatever_case(alice: User) -> None:
    with pytest.raises(EmailTaken):
        add_person("bob", "Alice@EXAMPLE.org", "x")
    assert not Space.objects.filter(name="bob").exists()


def test_a_person_whose_space_cannot_be_made_is_not_made_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("farley.spaces.operations.create", fails)
    with pytest.raises(RuntimeError):
        add_person("alice", "alice@example.org", "x")
    assert not User.objects.exists()


@pytest.mark.parametrize("region", ["", "D", "DEU", "D1", "ÄÖ", "１２"])
def test_a_region_has_two_letters(alice: User, region: str) -> None:
    with pytest.raises(ValidationError):
        create("sales", Space.Kind.TEAM, by=alice.actor, region=region)


def test_a_title_that_does_not_fit_is_refused(alice: User) -> None:
    with pytest.raises(ValidationError):
        create("sales", Space.Kind.TEAM, by=alice.actor, title="S" * 101)


def test_sharing_gives_one_role_and_replaces_it(alice: User, bob: User) -> None:
    space = create("sales", Space.Kind.TEAM, by=alice.actor)
    share(space, bob, Role.READER, by=alice.actor)
    share(space, bob, Role.EDITOR, by=alice.actor)
    assert Membership.objects.get(space=space, user=bob).role == Role.EDITOR
    assert Membership.objects.get(space=space, user=bob).given_by == alice


def test_only_managers_share(bob: User, mallory: User) -> None:
    space = team("sales", bob=Role.EDITOR)
    with pytest.raises(NotAllowed):
        share(space, bob, Role.MANAGER, by=bob.actor)
    with pytest.raises(NoSuchSpace):
        share(space, mallory, Role.READER, by=mallory.actor)


def test_a_private_space_is_never_shared(alice: User, bob: User) -> None:
    with pytest.raises(SpaceIsPrivate):
        share(space_of(alice), bob, Role.READER, by=alice.actor)
    with pytest.raises(NoSuchSpace):
        share(space_of(alice), bob, Role.READER, by=bob.actor)


def test_the_last_manager_stays_one(alice: User, bob: User) -> None:
    space = create("sales", Space.Kind.TEAM, by=alice.actor)
    with pytest.raises(LastManager):
        share(space, alice, Role.READER, by=alice.actor)
    share(space, bob, Role.MANAGER, by=alice.actor)
    share(space, alice, Role.READER, by=alice.actor)
    assert space.role_of(alice.actor) == Role.READER


def test_a_manager_with_a_closed_account_counts_for_nothing(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.MANAGER)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    with pytest.raises(LastManager):
        share(space, alice, Role.EDITOR, by=alice.actor)


def test_writing_reads_every_space_afresh_and_knows_one_that_is_gone(alice: User) -> None:
    space = space_of(alice)
    Space.objects.filter(pk=space.pk).update(revision=7)
    with writing([space.pk]) as locked:
        assert locked[space.pk].revision == 7
    with pytest.raises(Space.DoesNotExist), writing([space.pk, 10**9]):
        raise AssertionError("never begun")
