from __future__ import annotations

import pytest

from farley.accounts.models import User
from tests.dav.phone import Phone, phone_of


@pytest.fixture
def phone(alice: User) -> Phone:
    """Alice's phone, whose book is her private space."""
    return phone_of(alice)
