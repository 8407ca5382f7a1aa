"""Notes and the palette in a browser, by keyboard alone: what only script does."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.conversations.models import Call, Note
from tests.cast import a_calendar, a_card, hand_of, space_of
from tests.web.conftest import Enter

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_written_is_kept_until_it_is_saved_and_found_by_the_palette(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    a_calendar(space_of(alice))
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "TEL:+49 30 1"))
    page.goto(f"/contacts/{ada.pk}/")
    page.keyboard.press("l")
    page.wait_for_function("() => document.activeElement.id === 'write-text'")
    page.keyboard.type("Wants version 3")
    page.fill("#call-minutes", "5")
    page.focus("#write-text")
    page.keyboard.type(" @ali")
    page.wait_for_selector("[data-mention-list] [role=option][aria-selected=true] >> text=alice")
    assert page.get_attribute("#write-text", "aria-activedescendant") == "mention-alice"
    assert "1 colleague" in page.inner_text("[data-mention-said]")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('#write-text').hasAttribute('role')")
    page.keyboard.type("saw it")
    context = page.context
    page.close()  # without saving
    page = context.new_page()
    page.goto(f"/contacts/{ada.pk}/")
    page.wait_for_selector(".kept >> text=This was not saved yet.")
    assert page.input_value("#write-text") == "Wants version 3 @alice saw it"
    page.fill("#write-text", "Wants version 3!")
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

    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.wait_for_function("() => document.activeElement.id === 'plan-title'")
    page.keyboard.type("Lunch tomorrow 12:30")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast >> text=“Lunch” added")
    page.wait_for_selector(".plans >> text=Lunch")
