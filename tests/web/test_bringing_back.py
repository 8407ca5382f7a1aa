"""A deleted contact is offered back where it used to be, to those who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.journal.models import Batch, Door
from tests.cast import a_card, hand_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]


@pytest.fixture
def gone(alice: User, bob: User, mallory: User) -> Contact:
    """A contact that Alice's phone deleted, which makes no batch."""
    contact = hand_of(alice).contact(team("sales", alice=Role.EDITOR, bob=Role.READER), a_card("Ada King", uid="ada"))
    operations.delete([contact], by=alice.actor, door=Door.DAV, batch=None)
    return contact


def test_its_old_address_brings_it_back(gone: Contact, page_of_alice: Client) -> None:
    page = page_of_alice.get(f"/contacts/{gone.pk}/")
    assert page.status_code == 404
    assert f'action="/contacts/{gone.pk}/restore/"' in page.content.decode()
    assert "Ada King" in text_of(page.content)
    back = page_of_alice.post(f"/contacts/{gone.pk}/restore/", follow=True)
    assert "“Ada King” is back" in text_of(back.content)
    page_of_alice.post(f"/activity/{Batch.objects.get().pk}/undo/")
    assert page_of_alice.get(f"/contacts/{gone.pk}/").status_code == 404


def test_others_are_not_offered_it(gone: Contact, bob: User, mallory: User, as_user: AsUser) -> None:
    for user in (bob, mallory):
        page = as_user(user).get(f"/contacts/{gone.pk}/").content.decode()
        assert "restore" not in page.partition("<main")[2]
        assert "Ada King" not in page


def test_one_whose_identity_is_taken_by_now_stays_deleted(gone: Contact, alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(gone.space, a_card("Ada Lovelace", uid="ada"))
    page = page_of_alice.post(f"/contacts/{gone.pk}/restore/", follow=True)
    assert "“Ada Lovelace” in this space has the same identity" in text_of(page.content)
    assert not Batch.objects.exists()
    assert page_of_alice.get(f"/contacts/{gone.pk}/").status_code == 404
