"""Somebody with notes and calls."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.contacts.models import Contact
from tests.cast import a_card, hand_of, space_of


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", uid="ada"))


@pytest.fixture
def grace(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Grace Hopper", uid="grace"))
