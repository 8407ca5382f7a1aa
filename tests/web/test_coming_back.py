"""Forms on a page that answers a form lead back to a page, never to the address of a form."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from farley.accounts.models import User
from tests.cast import a_card, hand_of, space_of
from tests.web.reading import hx


@pytest.fixture
def page(alice: User) -> str:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", "TITLE:Countess"))
    return f"/contacts/{contact.pk}/"


def ways_back(html: bytes) -> set[str]:
    return set(re.findall(r'name="next" value="([^"]*)"', html.decode()))


def test_undoing_a_removal_leads_to_the_record(page: str, page_of_alice: Client) -> None:
    html = page_of_alice.get(page).content.decode()
    found = re.search(r'hx-get="([^"?]+/facts/\d+/)\?edit=1&amp;was=(TITLE[^"]+)"', html)
    assert found is not None
    here = {"HX-Current-URL": f"http://testserver{page}?seg=facts"}
    removed = page_of_alice.post(f"{found[1]}remove/", {"was": found[2]}, headers=hx() | here)
    assert b"data-undo" in removed.content
    assert ways_back(removed.content) == {page, f"{page}?seg=facts"}


def test_the_account_menu_leads_back_after_a_refused_password(page_of_alice: Client) -> None:
    came_from = {"Referer": "http://testserver/account/"}
    refused = page_of_alice.post("/account/password/", {"current": "wrong"}, headers=came_from)
    assert refused.status_code == 422
    assert ways_back(refused.content) == {"/account/"}


@pytest.mark.parametrize("referrer", ["", "https://elsewhere.example/account/", "http://testserver", "nonsense"])
def test_an_unknown_page_is_no_way_back(page_of_alice: Client, referrer: str) -> None:
    refused = page_of_alice.post("/account/password/", {"current": "wrong"}, headers={"Referer": referrer})
    assert ways_back(refused.content) <= {"", "/account/"}
