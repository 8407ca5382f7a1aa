"""A space that is archived: read, not changed, and brought back by its managers. And where new contacts go."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.spaces.models import Home, Space
from farley.spaces.operations import (
    NoSuchSpace,
    NotAllowed,
    SpaceIsArchived,
    SpaceIsPrivate,
    archive,
    change,
    revive,
    set_home,
    share,
)
from tests.cast import hand_of, space_of, team

pytestmark = pytest.mark.django_db


def test_an_archived_space_is_read_and_not_changed_even_by_its_manager(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    contact = hand_of(alice).contact(space)
    archive(space, by=alice.actor)
    space.refresh_from_db()
    for user in (alice, bob):
        assert space.role_of(user.actor) == Role.READER
        assert Contact.objects.visible_to(user.actor).contains(contact)
        assert not Space.objects.editable_by(user.actor).contains(space)
    with pytest.raises(SpaceIsArchived):
        hand_of(alice).store(space)
    with pytest.raises(SpaceIsArchived):
        share(space, bob, Role.MANAGER, by=alice.actor)
    assert not Space.objects.visible_to(alice.actor).in_use().contains(space)


def test_a_manager_brings_it_back(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    archive(space, by=alice.actor)
    with pytest.raises(NotAllowed):
        revive(space, by=bob.actor)
    revive(space, by=alice.actor)
    hand_of(bob).store(space)


def test_only_managers_archive_and_never_a_private_space(alice: User, bob: User, mallory: User) -> None:
    space = team("sales", bob=Role.EDITOR)
    with pytest.raises(NotAllowed):
        archive(space, by=bob.actor)
    with pytest.raises(NoSuchSpace):
        archive(space, by=mallory.actor)
    with pytest.raises(SpaceIsPrivate):
        archive(space_of(alice), by=alice.actor)


def test_a_manager_renames_and_colours(alice: User) -> None:
    space = team("sales", alice=Role.MANAGER)
    change(space, title=" Vertrieb ", hue="moss", region="at", by=alice.actor)
    space.refresh_from_db()
    assert (space.name, space.title, space.hue, space.default_region) == ("sales", "Vertrieb", "moss", "AT")


@pytest.mark.parametrize("wanted", [{"title": " "}, {"title": "x" * 101}, {"hue": "mauve"}, {"region": "Bayern"}])
def test_what_does_not_fit_changes_nothing(alice: User, wanted: dict[str, str]) -> None:
    space = team("sales", alice=Role.MANAGER)
    with pytest.raises(ValidationError):
        change(space, **wanted, by=alice.actor)
    space.refresh_from_db()
    assert (space.title, space.hue, space.default_region) == ("Sales", "stone", "DE")


def test_home_is_a_space_one_may_write_to_and_ends_with_it(alice: User, bob: User) -> None:
    space = team("sales", alice=Role.MANAGER, bob=Role.READER)
    with pytest.raises(NotAllowed):
        set_home(space, by=bob.actor)
    set_home(space, by=alice.actor)
    assert Home.objects.get(user=alice).space == space
    archive(space, by=alice.actor)
    assert not Home.objects.filter(user=alice).exists()
