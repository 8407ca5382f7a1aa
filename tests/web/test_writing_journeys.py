"""Notes and the palette in a browser, by keyboard alone: what only script does."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.conversations.models import Call, Note
from tests.cast import a_card, hand_of, space_of
from tests.web.conftest import Enter

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_written_is_kept_until_it_is_saved_and_found_by_the_palette(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "TEL:+49 30 1"))
    page.goto(f"/contacts/{ada.pk}/")
    page.keyboard.press("l")
    page.wait_for_function("() => document.activeElement.id === 'write-text'")
    page.keyboard.type("Wants version 3")
    page.fill("#call-minutes", "5")
    page.focus("#write-text")
    page.keyboard.type("!")
    page.goto("/contacts/")  # without saving
    page.goto(f"/contacts/{ada.pk}/")
    page.wait_for_selector(".kept >> text=This was not saved yet.")
    assert page.input_value("#write-text") == "Wants version 3!"
    assert page.is_checked("[name=kind][value=call]")
    page.context.clear_cookies()  # the session ends
    page.focus("#write-text")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast >> text=You are signed out")
    assert page.input_value("#write-text") == "Wants version 3!"
    assert not Call.objects.exists()
    with page.context.expect_page() as opening:
        page.click("[data-sign-in]")
    login = opening.value
    login.fill("#username", "alice")
    login.fill("#password", "a long enough sentence")
    login.click(".face .primary")
    login.wait_for_url("**/today/")
    page.focus("#write-text")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ev--entry >> text=Wants version 3!")
    assert page.input_value("#write-text") == ""
    assert Call.objects.get().length_s == 300
    page.reload()
    page.wait_for_selector(".ev--entry")
    assert page.locator(".kept").count() == 0

    page.click(".ev--entry .deeds [title=Edit]")
    page.wait_for_selector(".ev--entry textarea")
    page.fill(".ev--entry textarea", "Wants version 4")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ev--entry .prose >> text=Wants version 4")
    page.hover(".ev--entry")
    page.click(".ev--entry .deeds [value=delete]")
    page.wait_for_selector(".toast >> text=Call deleted")
    page.wait_for_function("() => !document.querySelector('.ev--entry')")
    page.keyboard.press("z")
    page.wait_for_selector(".ev--entry >> text=Wants version 4")

    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] [role=option] >> text=Ada King")  # opened last
    with page.expect_response(lambda response: "q=ada" in response.url):  # what was opened last has her, too
        page.keyboard.type("ada")
    page.wait_for_selector("#palette [role=option][aria-selected=true] >> text=Ada King")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#palette [role=option] >> text=Write a note")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**write=note**")
    assert not Note.objects.exists()
