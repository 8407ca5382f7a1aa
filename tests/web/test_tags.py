"""The page of a space's tags."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import bulk
from farley.contacts.models import Contact
from farley.jobs.worker import run_ready
from farley.journal.models import Batch
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of

AsUser = Callable[[User], Client]
PAGE = "/spaces/alice/tags/"


def test_a_tag_gets_another_name_and_colour_and_goes_with_undo(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "CATEGORIES:Press"))
    assert 'href="/spaces/alice/tags/"' in page_of_alice.get("/spaces/alice/").content.decode()
    page = page_of_alice.get(f"{PAGE}?edit=Press").content.decode()
    assert re.search(r'<input id="rename" name="rename" value="Press"', page)
    page_of_alice.post(f"{PAGE}change/", {"tag": "Press", "rename": "Media", "hue": "plum"})
    html = page_of_alice.get(PAGE).content.decode()
    assert "“Press” is called “Media” now" in text_of(html)
    assert 'class="tag hue-plum"><a href="/contacts/?space=alice&amp;tag=Media">Media' in html
    for address in (f"/contacts/{ada.pk}/", "/contacts/", f"/contacts/?peek={ada.pk}"):
        assert "tag hue-plum" in page_of_alice.get(address).content.decode()
    assert "Press coloured" in text_of(page_of_alice.get("/activity/?view=changes").content)
    page_of_alice.post(f"{PAGE}change/", {"tag": "Media", "delete": "1"})
    assert "No tags yet" in text_of(page_of_alice.get(PAGE).content)
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert "Media" in text_of(page_of_alice.get(PAGE).content)


@pytest.mark.django_db(transaction=True)
def test_a_tag_of_many_is_renamed_in_the_background(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    hand_of(alice).many(space_of(alice), [a_card(f"P{n}", "CATEGORIES:Press") for n in range(5)])
    answer = page_of_alice.post(f"{PAGE}change/", {"tag": "Press", "rename": "Media"})
    assert "running" in text_of(page_of_alice.get(answer["Location"]).content)
    run_ready("long")
    assert "Tag renamed: Press → Media" in text_of(page_of_alice.get(answer["Location"]).content)
    assert "Media 5" in text_of(page_of_alice.get(PAGE).content)
    page_of_alice.post(f"{answer['Location']}undo/")
    assert all(b"CATEGORIES:Press" in contact.content.data for contact in Contact.objects.all())


def test_a_reader_sees_counts_and_no_forms(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    hand_of(alice).contact(sales, a_card("Ada", "CATEGORIES:Press"))
    html = as_user(bob).get("/spaces/sales/tags/?edit=Press").content.decode()
    assert "Press 1" in text_of(html)
    assert "/tags/change/" not in html
