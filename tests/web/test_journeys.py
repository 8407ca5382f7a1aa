"""Whole journeys in a real browser, as people with a mouse, a keyboard, a phone, and without script make them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from farley.accounts import resetting
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.jobs.worker import run_ready
from farley.spaces.invitations import invite
from tests.cast import a_card, hand_of, person, space_of, team
from tests.web.conftest import PASSWORD, Enter

if TYPE_CHECKING:
    from playwright.sync_api import Page

CARDS = (
    a_card("Ada King", "N:King;Ada;;;", "EMAIL;TYPE=WORK:ada@example.org", "X-CUSTOM:kept", uid="ada")
    + a_card("Grace Hopper", "N:Hopper;Grace;;;", "TEL:+49 30 1", uid="grace")
)  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True)


def in_background() -> None:
    """What the worker of a running server does."""
    run_ready("long")


def exported(page: Page) -> bytes:
    page.goto("/contacts/export/")
    with page.expect_download() as download:
        page.click(".wizfoot .primary")
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_import_find_edit_undo_export(enter: Enter, tmp_path: Path, script: bool) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(CARDS)
    page = enter(script=script)
    page.goto("/contacts/import/")
    page.set_input_files("input[type=file]", file)
    page.click(".wizfoot .primary")
    in_background()
    page.reload()
    page.wait_for_selector("text=Import 2 contacts")
    page.click(".wizfoot .primary")
    page.wait_for_selector(".steps")
    in_background()
    page.reload()
    page.wait_for_selector("text=2 contacts are imported.")

    page.goto("/contacts/")
    page.fill(".finder input", "grace")
    page.press(".finder input", "Enter")
    page.wait_for_selector("text=Grace Hopper")
    assert page.locator("text=Ada King").count() == 0
    page.click("text=Grace Hopper")

    page.click("#facts button.edit:has-text('+49 30 1')")
    page.fill("[data-editor] [name=value]", "+49 30 2")
    page.press("[data-editor] [name=value]", "Enter")
    page.wait_for_selector("#facts button.edit:has-text('+49 30 2')")
    page.wait_for_selector("#timeline >> text=+49 30 1")
    assert b"TEL:+49 30 2" in exported(page)

    page.goto(f"/contacts/{Contact.objects.get(uid='grace').pk}/")
    page.locator("#timeline .head form button").first.click()
    page.wait_for_selector("#facts button.edit:has-text('+49 30 1')")
    assert exported(page) == CARDS


TABLE = "Name;E-Mail;Mobil;Kundennr.\r\nAda King;ada@example.org;0170 1234567;K-1\r\nBea Vogt;bea@example.org;;K-2\r\n"


def test_a_table_by_all_steps_of_the_wizard_and_back(enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text(TABLE)
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card("Ada King", "EMAIL:ada@example.org", uid="ada")])
    before = exported(page)
    page.goto("/contacts/import/")
    page.set_input_files("input[type=file]", file)
    page.click(".wizfoot .primary")
    page.wait_for_selector(".steps [aria-current] >> text=Columns")
    page.select_option("[name=column-3]", "note")
    page.click(".wizfoot .primary")
    page.wait_for_selector(".steps [aria-current] >> text=Check")
    in_background()
    page.reload()
    page.wait_for_selector("text=Import 2 contacts")
    page.select_option("#key", "email")
    page.select_option("#rule", "add")
    page.click("text=Check again")
    page.wait_for_selector(".running")
    in_background()
    page.reload()
    page.wait_for_selector(".figures >> text=will be updated")
    assert "0170 1234567" in page.inner_text("#details")
    page.click("#details nav >> text=New")
    page.wait_for_selector("#details >> text=Bea Vogt")
    page.click(".wizfoot .primary")
    page.wait_for_selector(".steps [aria-current] >> text=Import")
    in_background()
    page.reload()
    page.wait_for_selector("text=2 contacts are imported.")
    page.click("text=Undo this import")
    page.wait_for_selector("text=The import was undone.")
    assert exported(page) == before


def test_a_colleague_sets_a_password_and_comes_into_a_space_by_links(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    _, invitation = invite(team("sales", alice=Role.MANAGER), Role.READER, by=alice.actor)
    page.context.clear_cookies()
    page.goto(f"/reset/{resetting.link_of(person('bob'))}/")
    page.fill("[name=password]", PASSWORD)
    page.click(".face .primary")  # a page that tells no site where it comes from cannot send its own forms
    page.wait_for_url("**/login/")
    page.goto(f"/join/{invitation}/")
    page.click(".face .primary")
    page.fill("#username", "bob")
    page.fill("#password", PASSWORD)
    page.click(".face .primary")
    page.wait_for_url(f"**/join/{invitation}/")
    page.click(".face .primary")
    page.wait_for_url("**/spaces/sales/")


def test_the_list_by_keyboard(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}", f"EMAIL:p{n}@example.org") for n in range(5)])
    page.goto("/contacts/")
    for key in ("j", "j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert page.locator("[name=id]:checked").count() == 3
    assert page.locator("[data-selected]").inner_text() == "3"
    page.keyboard.press("Escape")
    assert page.locator("[name=id]:checked").count() == 0
    page.keyboard.press("k")
    page.keyboard.press("Space")
    page.wait_for_selector("[data-peek-panel] >> text=p2@example.org")
    assert "peek=" in page.url
    page.keyboard.press("j")
    page.wait_for_selector("[data-peek-panel] >> text=p3@example.org")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-peek-panel]", state="detached")
    assert "peek=" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=Person 3")
    page.keyboard.press("j")
    page.wait_for_selector("h1 >> text=Person 4")
    page.keyboard.press("e")
    page.wait_for_selector("[data-editor]")
    page.keyboard.type("typed@example.org")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-editor]", state="detached")
    assert page.locator("text=p4@example.org").count() > 0
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    assert page.locator(".app[data-nav=rail]").count() == 1


def test_one_line_and_undo_by_keyboard(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).contact(space_of(alice))
    page.goto("/contacts/")
    page.keyboard.press("n")
    page.keyboard.type("Lena Vogt, Vogt Möbel, lena@vogt.example")
    page.keyboard.press("Enter")
    page.click(".toast >> text=Lena Vogt")
    page.wait_for_selector("h1 >> text=Lena Vogt")
    page.go_back()
    page.wait_for_selector("tr:has-text('Lena Vogt')")
    page.keyboard.press("n")
    page.keyboard.type("Mila Vogt")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast >> text=Mila Vogt")
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    page.wait_for_selector("tr:has-text('Mila Vogt')", state="detached")


def test_leaving_an_editor_saves_and_a_refusal_keeps_the_text(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    contact = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org", "TITLE:Countess"))
    page.goto(f"/contacts/{contact.pk}/")
    page.click("#facts button.edit:has-text('Countess')")
    page.fill("[data-editor] [name=value]", "Lady")
    page.click(".mid h2")
    page.wait_for_selector(".is-saved:has-text('Lady')")
    page.click("#facts button.edit:has-text('ada')")
    page.fill("[data-editor] [name=value]", "no address")
    page.click(".mid h2")
    page.wait_for_selector(".err")
    assert page.input_value("[data-editor] [name=value]") == "no address"
    page.keyboard.press("Escape")
    contact.refresh_from_db()
    assert b"TITLE:Lady" in contact.content.data
    assert b"EMAIL:ada@example.org" in contact.content.data


def test_more_rows_come_by_scrolling(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n:03}") for n in range(120)])
    page.goto("/contacts/")
    for rows in (30, 80, 120):
        page.wait_for_function("rows => document.querySelectorAll('[data-rows] > [data-id]').length === rows", arg=rows)
        page.locator(".list .scroll").evaluate("element => element.scrollTo(0, element.scrollHeight)")
    page.goto("/contacts/")
    page.click("text=Person 029")  # the last of those that are loaded
    page.wait_for_selector("h1 >> text=Person 029")
    page.wait_for_selector("[data-list-step='1']:visible")
    page.keyboard.press("j")
    page.wait_for_selector("h1 >> text=Person 030")


def test_a_phone_selects_edits_and_finds_everything(enter: Enter) -> None:
    page = enter(phone=True, language="de")
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n}", f"EMAIL:p{n}@example.org") for n in range(3)])
    page.goto("/contacts/")
    page.locator(".who > label").first.click()
    assert page.locator(".bulk").is_visible()
    page.click("[data-clear-selection]")
    page.click("text=Person 1")
    page.click("text=Verlauf")
    assert page.locator("#timeline").is_visible()
    assert not page.locator("#facts").is_visible()
    page.click("text=Fakten")
    page.click("#facts button.edit:has-text('p1')")
    page.fill("[data-editor] [name=value]", "neu@example.org")
    page.press("[data-editor] [name=value]", "Enter")
    page.wait_for_selector(".is-saved")
    page.click(".tabbar button")
    page.click("#nav >> text=Exportieren")
    page.wait_for_url("**/export/")
