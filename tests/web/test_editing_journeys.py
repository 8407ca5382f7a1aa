"""Inline editing in a real browser: where the focus goes, and that what was typed is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from tests.cast import a_card, hand_of, person, space_of, team
from tests.web.conftest import PASSWORD, Enter

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)

EDITOR = "[data-editor] [name=value]"
LINES = ("EMAIL:ada@example.org", "TEL;TYPE=CELL:0176 1111", "TEL;TYPE=WORK:+49 30 901820", "CATEGORIES:Board,Fair")


@pytest.fixture
def page(enter: Enter) -> Page:
    page = enter()
    alice = User.objects.get(name="alice")
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", *LINES))
    page.goto(f"/contacts/{contact.pk}/")
    return page


def card() -> bytes:
    return bytes(Contact.objects.get().content.data)


def has_focus(page: Page, words: str) -> None:
    """Wait until the focus is on something that says `words`."""
    page.wait_for_function("words => document.activeElement.closest('button')?.innerText.includes(words)", arg=words)


def has_focus_on(page: Page, selector: str) -> None:
    page.wait_for_function("selector => document.activeElement.matches(selector)", arg=selector)


def opened(page: Page, value: str) -> None:
    page.click(f"#facts button.edit:has-text('{value}')")
    page.wait_for_selector("[data-editor] :focus")


def test_the_focus_stays_on_the_value_that_was_edited(page: Page) -> None:
    opened(page, "0176 1111")
    page.fill(EDITOR, "0176 2222")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".is-saved")
    has_focus(page, "0176 2222")
    opened(page, "901820")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-editor]", state="detached")
    has_focus(page, "901820")


def test_the_focus_goes_to_a_value_beside_when_one_goes_or_comes(page: Page) -> None:
    opened(page, "0176 1111")
    page.click("[data-editor] .danger")
    page.wait_for_selector("#facts button.edit:has-text('0176 1111')", state="detached")
    has_focus_on(page, "#facts :is(button.edit, [popovertarget])")
    page.click("[popovertarget=add-reach]")
    page.click("#add-reach >> text=E-mail")
    page.wait_for_selector("[data-editor] :focus")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-editor]", state="detached")
    has_focus_on(page, "[popovertarget=add-reach]")
    page.click("[popovertarget=add-reach]")
    page.click("#add-reach >> text=E-mail")
    page.fill(EDITOR, "new@example.org")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".is-saved")
    has_focus(page, "new")


def test_tags_come_and_go_under_the_keyboard(page: Page) -> None:
    page.fill("#tag-add", "board two")
    page.press("#tag-add", "Enter")
    page.wait_for_selector("#summary .tag:has-text('board two')")
    has_focus_on(page, "#tag-add")
    page.click("#summary .tag:has-text('Fair') button")
    page.wait_for_selector("#summary .tag:has-text('Fair')", state="detached")
    has_focus_on(page, "#tag-add")
    assert b"CATEGORIES:Board,board two" in card()
    page.wait_for_selector("#timeline .ev >> text=Fair")
    page.locator("[data-undo]").last.click()
    page.wait_for_selector("#summary .tag:has-text('Fair')")


def test_words_that_were_refused_stay_when_the_editor_is_left(page: Page) -> None:
    opened(page, "ada")
    page.fill(EDITOR, "no address")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".err")
    page.click(".mid h2")
    page.wait_for_timeout(300)
    assert page.input_value(EDITOR) == "no address"
    page.fill(EDITOR, "ada@2.example")
    page.click(".mid h2")
    page.wait_for_selector(".is-saved")
    assert b"EMAIL:ada@2.example" in card()


def test_a_choice_between_two_values_is_not_made_by_a_click_beside(page: Page, enter: Enter) -> None:
    opened(page, "0176 1111")
    other = enter()
    other.goto(page.url)
    opened(other, "0176 1111")
    other.click("[data-editor] .danger")
    other.wait_for_selector("#facts button.edit:has-text('0176 1111')", state="detached")
    page.fill(EDITOR, "0176 3333")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".notice >> text=(removed)")
    page.click(".mid h2")
    page.wait_for_timeout(300)
    page.click(".notice >> text=0176 3333")
    page.wait_for_selector("#facts button.edit:has-text('0176 3333')")
    assert b":0176 3333" in card()
    assert b"TEL;TYPE=WORK:+49 30 901820" in card()


def test_what_was_typed_outlives_the_session(page: Page) -> None:
    opened(page, "ada")
    page.fill(EDITOR, "ada@2.example")
    page.context.clear_cookies()
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".toast >> text=You are signed out")
    assert page.input_value(EDITOR) == "ada@2.example"
    with page.context.expect_page() as opening:
        page.click("[data-sign-in]")
    login = opening.value
    login.fill("#username", "alice")
    login.fill("#password", PASSWORD)
    login.click(".face .primary")
    login.wait_for_url("**/today/")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".is-saved")
    assert b"EMAIL:ada@2.example" in card()


def test_what_one_has_typed_is_not_saved_by_another_who_signs_in_beside(enter: Enter) -> None:
    page = enter()
    bob = person("bob")
    bob.set_password(PASSWORD)
    bob.save()
    alice = User.objects.get(name="alice")
    ada = hand_of(alice).contact(team("crew", alice=Role.MANAGER, bob=Role.EDITOR), a_card("Ada King", *LINES))
    page.goto(f"/contacts/{ada.pk}/")
    opened(page, "ada")
    page.fill(EDITOR, "ada@2.example")
    page.context.clear_cookies()
    login = page.context.new_page()
    login.goto("/login/")
    login.fill("#username", "bob")
    login.fill("#password", PASSWORD)
    login.click(".face .primary")
    login.wait_for_url("**/today/")
    page.press(EDITOR, "Enter")
    page.wait_for_selector(".toast >> text=You are signed out")
    assert page.input_value(EDITOR) == "ada@2.example"
    assert b"EMAIL:ada@example.org" in card()


def test_the_tab_is_called_by_the_new_name(page: Page) -> None:
    page.click("#facts button.edit:has-text('Ada King')")
    page.fill("[data-editor] [name=family]", "Lovelace")
    page.press("[data-editor] [name=family]", "Enter")
    page.wait_for_selector("h1 >> text=Ada Lovelace")
    page.wait_for_function("document.title === 'Ada Lovelace – Farley'")  # which follows the swap


def test_a_new_editor_on_a_phone_stands_above_the_tab_bar(enter: Enter) -> None:
    page = enter(phone=True)
    alice = User.objects.get(name="alice")
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", *LINES, *["TEL:1"] * 12))
    page.goto(f"/contacts/{contact.pk}/")
    page.click("[popovertarget=add-reach]")
    page.click("#add-reach >> text=E-mail")
    page.wait_for_selector("[data-editor]")
    page.wait_for_timeout(300)
    form, bar = page.locator("[data-editor]").bounding_box(), page.locator(".tabbar").bounding_box()
    assert form is not None
    assert bar is not None
    assert form["y"] + form["height"] <= bar["y"]
