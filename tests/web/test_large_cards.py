"""A card that somebody made very large costs neither the server nor the reader more than a page."""

from __future__ import annotations

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.contacts.models import Contact
from tests.cast import a_card, hand_of, space_of
from tests.web.reading import text_of

MAX_PAGE = 500_000  # octets
MANY = 5000
PHONES = [f"TEL:+49 30 {n}" for n in range(MANY)]
OTHERS = [f"X-OWN-{n}:kept" for n in range(MANY)]
TAGS = f"CATEGORIES:{','.join(f'tag-{n}' for n in range(MANY))}"


@pytest.fixture
def large(alice: User) -> Contact:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", uid="large"))
    hand_of(alice).store(space_of(alice), a_card("Ada King", *PHONES, *OTHERS, TAGS, uid="large"))
    hand_of(alice).store(space_of(alice), a_card("Ada King", *PHONES[::-1], TAGS, *OTHERS[1:], uid="large"))
    found: Contact = Contact.objects.get(pk=contact.pk)
    return found


@pytest.mark.parametrize("path", ["", "history/"])
def test_its_page_shows_the_first_facts_and_says_how_many_more_there_are(
    large: Contact, page_of_alice: Client, path: str
) -> None:
    response = page_of_alice.get(f"/contacts/{large.pk}/{path}")
    assert len(response.content) < MAX_PAGE
    text = text_of(response.content)
    assert "+49 30 4999" in text
    assert "and 4800 more" in text


def test_its_page_shows_the_first_tags_and_the_first_other_lines(large: Contact, page_of_alice: Client) -> None:
    text = text_of(page_of_alice.get(f"/contacts/{large.pk}/").content)
    assert "tag-99 " in text
    assert "tag-100 " not in text
    assert "and 4900 more" in text
    assert "and 4799 more" in text


def test_its_timeline_tells_that_it_changed_but_not_every_line(large: Contact, page_of_alice: Client) -> None:
    text = text_of(page_of_alice.get(f"/contacts/{large.pk}/").content).partition("Timeline Versions")[2]
    timeline = text.partition("Relations")[0]
    assert timeline.count("changed alice") == 2
    assert "+49" not in timeline
    assert "kept" not in timeline


def test_lists_show_its_first_tags(large: Contact, page_of_alice: Client) -> None:
    for address in ("/contacts/", f"/contacts/?peek={large.pk}"):
        content = page_of_alice.get(address).content
        assert b">tag-19<" in content, address
        assert b">tag-20<" not in content, address
