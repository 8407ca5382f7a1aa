from __future__ import annotations

from collections.abc import Iterator

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.mirrors.models import Mirror
from farley.spaces.models import Space
from tests.cast import team
from tests.mirrors.keeping import mirror_of
from tests.mirrors.outside import Outside, serving


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Another server on loopback, which this Farley may reach."""
    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "127.0.0.0/8")
    with serving(Outside()) as server:
        yield server


@pytest.fixture
def space(alice: User, bob: User) -> Space:
    """A team space that Alice manages and Bob edits."""
    return team("friends", alice=Role.MANAGER, bob=Role.EDITOR)


@pytest.fixture
def mirror(space: Space, alice: User, outside: Outside) -> Mirror:
    """One that only fetches; nothing has been fetched yet."""
    return mirror_of(space, alice, outside)


@pytest.fixture
def both(space: Space, alice: User, outside: Outside) -> Mirror:
    """One that goes both ways; the outside version wins."""
    return mirror_of(space, alice, outside, is_two_way=True)
