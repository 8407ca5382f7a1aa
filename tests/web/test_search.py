"""The page of results and the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from farley.accounts.models import User
from farley.contacts.tasks import rederive
from tests.cast import a_card, hand_of, space_of

if TYPE_CHECKING:
    from tests.web.conftest import Enter

pytestmark = pytest.mark.django_db
BAR = {"HX-Request": "true", "HX-Target": "found"}


def test_results_are_a_page_without_script(page_of_alice: Client, alice: User) -> None:
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada Müller", "ORG:ACME"))
    page = page_of_alice.get("/search/?q=mueller").content.decode()
    assert reverse("contact", args=[contact.pk]) in page
    assert "Ada Müller" in page
    assert 'value="mueller"' in page


def test_the_bar_gets_the_first_results_alone(page_of_alice: Client, alice: User) -> None:
    hand_of(alice).many(space_of(alice), [a_card(f"Ada {n}") for n in range(12)])
    part = page_of_alice.get("/search/?q=ada", headers=BAR).content.decode()
    assert part.count("found__line") == 8
    assert "/search/?q=ada" in part
    assert "<html" not in part


def test_while_cards_are_read_anew_it_is_said_that_less_is_found(page_of_alice: Client) -> None:
    pages = ("/search/?q=ada", "/contacts/filter/", "/contacts/?filter=city is Bonn")
    for is_waiting in (False, True):
        if is_waiting:
            rederive.enqueue()
        for page in pages:
            assert ("is reading all cards anew" in page_of_alice.get(page).content.decode()) is is_waiting, page


@pytest.mark.parametrize("query", ["zebra", "<b>x</b>", "%00", "tag:nobody"])
def test_nothing_found_is_said(page_of_alice: Client, query: str) -> None:
    for headers in ({}, BAR):
        answer = page_of_alice.get("/search/", {"q": query}, headers=headers)
        assert answer.status_code == 200
        assert "No results" in answer.content.decode()
        assert "<b>x</b>" not in answer.content.decode()


def test_an_empty_query_asks_for_one(page_of_alice: Client) -> None:
    assert "What are you looking for?" in page_of_alice.get("/search/").content.decode()
    assert page_of_alice.get("/search/?q=", headers=BAR).content.decode().strip() == ""


def test_a_quote_left_open_and_an_empty_filter_are_named(page_of_alice: Client, alice: User) -> None:
    hand_of(alice).contact(space_of(alice), a_card("Ada King"))
    page = page_of_alice.get("/search/", {"q": 'tag: "ada ki'}).content.decode()
    assert "Nothing stands behind tag:" in page
    assert "The quote is not closed: &quot;ada ki" in page
    assert "Ada King" in page
    assert "not closed" not in page_of_alice.get("/search/", {"q": '"ada ki'}, headers=BAR).content.decode()
    assert "not closed" in page_of_alice.get("/search/", {"q": '"nobody'}, headers=BAR).content.decode()


def test_what_another_person_keeps_is_not_found(page_of_alice: Client, bob: User) -> None:
    hand_of(bob).contact(space_of(bob), a_card("Xyzzy Plover"))
    for headers in ({}, BAR):
        assert "Plover" not in page_of_alice.get("/search/?q=xyzzy", headers=headers).content.decode()


def test_the_bar_is_walked_by_keyboard(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card("Ada King"), a_card("Ada Lovelace"), a_card("Grace Hopper")])
    page.goto("/activity/")
    page.keyboard.press("/")
    page.keyboard.type("ada")
    page.locator("#found a", has_text="Ada Lovelace").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*/")
    assert "Ada" in page.locator("main").inner_text()
