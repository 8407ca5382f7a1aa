"""A tag is spelt as it is in use already, wherever it is typed."""

from __future__ import annotations

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.contacts.models import Contact, Tag
from tests.cast import a_card, hand_of, space_of
from tests.web.reading import text_of


@pytest.fixture
def ada(alice: User) -> Contact:
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", "CATEGORIES:Kunde"))


def test_a_new_contact_gets_the_tag_there_is(ada: Contact, page_of_alice: Client) -> None:
    page_of_alice.post("/contacts/new/", {"space": "alice", "given": "Bob", "tags": "kunde, KUNDE, neu"})
    assert set(Tag.objects.values_list("name", flat=True)) == {"Kunde", "neu"}


def test_a_bulk_act_uses_and_removes_the_tag_there_is(ada: Contact, alice: User, page_of_alice: Client) -> None:
    bob = hand_of(alice).contact(space_of(alice), a_card("Bob"))
    page_of_alice.post("/contacts/bulk/", {"act": "tag", "tag": "kunde", "id": [bob.pk]})
    assert list(Tag.objects.values_list("name", flat=True)) == ["Kunde"]
    page_of_alice.post("/contacts/bulk/", {"act": "untag", "tag": "kunde", "id": [ada.pk, bob.pk]})
    assert "CATEGORIES" not in Contact.objects.get(pk=ada.pk).content.data.decode()


def test_an_address_finds_the_tag_in_any_case(ada: Contact, alice: User, page_of_alice: Client) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Bob"))
    page = text_of(page_of_alice.get("/contacts/?tag=kUNDE").content)
    assert "Ada King" in page
    assert "Bob" not in page
