"""Epochs: which sync tokens a restore leaves good."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal import epochs
from farley.journal.epochs import EpochStart
from farley.spaces.models import Space
from tests.cast import hand_of, team

pytestmark = pytest.mark.django_db


def _written(alice: User, space: Space, count: int) -> Space:
    for _ in range(count):
        hand_of(alice).contact(space)
    space.refresh_from_db()
    return space


def test_a_token_is_good_until_a_restore_and_then_up_to_where_that_went_back_to(alice: User) -> None:
    sales = _written(alice, team("sales", alice=Role.EDITOR), 3)
    before = epochs.current()
    assert epochs.current() == before
    assert [epochs.is_valid(before.name, revision, sales) for revision in (0, 3, 4)] == [True, True, False]
    after = epochs.begin()
    sales = _written(alice, sales, 2)
    assert epochs.current() == after
    assert [epochs.is_valid(before.name, revision, sales) for revision in (0, 3, 4, 5)] == [True, True, False, False]
    assert [epochs.is_valid(after.name, revision, sales) for revision in (0, 5, 6)] == [True, True, False]


def test_of_several_restores_the_one_that_went_back_furthest_decides(alice: User) -> None:
    sales = _written(alice, team("sales", alice=Role.EDITOR), 4)
    first, second = epochs.current(), epochs.begin()
    sales = _written(alice, sales, 2)
    third = epochs.begin()
    EpochStart.objects.filter(epoch=third, space=sales).update(revision=2)
    assert [epochs.is_valid(first.name, revision, sales) for revision in (2, 3, 4)] == [True, False, False]
    assert [epochs.is_valid(second.name, revision, sales) for revision in (2, 3, 6)] == [True, False, False]
    assert epochs.is_valid(third.name, 6, sales)


def test_a_token_of_a_space_that_was_not_brought_back_or_of_a_foreign_epoch_is_not_good(alice: User) -> None:
    before = epochs.current()
    epochs.begin()
    made_later = team("sales", alice=Role.EDITOR)  # with the number of one that is gone
    assert not epochs.is_valid(before.name, 0, made_later)
    assert not epochs.is_valid("0123456789abcdef", 0, made_later)
    assert epochs.is_valid(epochs.current().name, 0, made_later)
