"""The list in a real browser: selecting, acting on what is selected, coming back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import listing
from farley.contacts.models import Contact
from farley.jobs.worker import run_ready
from tests.cast import a_card, hand_of, person, space_of, team
from tests.web.conftest import Enter

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


def people(count: int) -> None:
    alice = User.objects.get(name="alice")
    hand_of(alice).many(space_of(alice), [a_card(f"Person {n:03}") for n in range(count)])


def tags() -> list[list[str]]:
    return list(listing.tags_of(Contact.objects.order_by("pk").values_list("pk", flat=True)).values())


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_enter_in_the_tag_field_adds_the_tag(enter: Enter, script: bool) -> None:
    page = enter(script=script)
    people(3)
    page.goto("/contacts/")
    page.locator("[name=id]").first.check()
    page.click("[popovertarget=bulk-tag]")
    page.fill("#bulk-tag-name", "Fair")
    page.press("#bulk-tag-name", "Enter")
    page.wait_for_selector(".toast >> text=1 contact tagged")
    assert tags() == [["Fair"]]


def test_cells_are_edited_by_keys_one_after_the_other(enter: Enter) -> None:
    page = enter()
    people(3)
    page.goto("/contacts/")

    def editing(column: str) -> None:
        page.wait_for_selector(f"[data-cell-editor] [name=value][aria-label^='{column}']:focus")

    for key in ("j", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    editing("Organisation")
    page.keyboard.type("Yard")
    page.keyboard.press("Tab")  # saves, and goes on to the next
    editing("E-mail")
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-cell-editor] .err >> text=no e-mail address")
    assert page.input_value("[data-cell-editor] [name=value]") == "nothing"
    page.fill("[data-cell-editor] [name=value]", "p@example.org")
    page.keyboard.press("Enter")  # saves, and marks the cell below
    page.wait_for_selector("[data-rows] tr:nth-child(2) .c-mail:focus")
    page.keyboard.press("F2")
    editing("E-mail")
    page.keyboard.type("given up")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-rows] tr:nth-child(2) .c-mail:focus")
    page.keyboard.press("z")
    page.wait_for_selector(".toast >> text=Undone")
    first, second = Contact.objects.order_by("pk")[:2]
    assert (first.organisation_name, first.email, second.email) == ("Yard", "", "")


def test_an_owner_and_a_day_are_given_from_the_bar(enter: Enter) -> None:
    page = enter()
    person("bob")
    hand_of(User.objects.get(name="alice")).contact(team("sales", alice=Role.EDITOR, bob=Role.READER))
    page.goto("/contacts/")
    page.locator("[name=id]").first.check()
    page.click("[popovertarget=bulk-owner]")
    page.wait_for_selector("#bulk-owner [value=bob]")
    page.click("#bulk-owner [value=bob]")
    page.wait_for_selector(".toast >> text=bob looks after 1 contact")
    page.locator("[name=id]").first.check()
    page.click("[popovertarget=bulk-follow-up]")
    page.fill("#bulk-follow-up-on", "2026-12-31")
    page.press("#bulk-follow-up-on", "Enter")  # the first button of the form is that of the tags
    page.wait_for_selector(".toast >> text=Follow-up on")
    assert Contact.objects.filter(owner__name="bob", follow_up_on="2026-12-31").exists()


def test_enter_on_a_box_opens_its_contact(enter: Enter) -> None:
    page = enter()
    people(3)
    page.goto("/contacts/")
    page.locator("[name=id]").nth(1).check()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=Person 001")


def test_shift_and_a_click_select_a_range(enter: Enter) -> None:
    page = enter()
    people(8)
    page.goto("/contacts/")
    page.locator("[name=id]").nth(1).click()
    page.locator("[name=id]").nth(4).click(modifiers=["Shift"])
    assert page.locator("[name=id]:checked").count() == 4
    page.locator(".who > label").nth(6).click(modifiers=["Shift"])
    assert page.locator("[name=id]:checked").count() == 6
    assert page.locator("[data-selected]").inner_text() == "6"


def test_the_whole_list_is_selected_beyond_the_loaded_rows(enter: Enter) -> None:
    page = enter()
    people(520)
    hand_of(User.objects.get(name="alice")).contact(space_of(User.objects.get(name="alice")), a_card("Somebody else"))
    page.goto("/contacts/?q=person")
    assert not page.locator(".everything").is_visible()
    page.wait_for_selector("#total:has-text('520')")
    page.check("[data-select-all]")
    page.click("text=Select all 520")
    assert page.locator("[data-selected]").inner_text() == "520"
    page.click("[popovertarget=bulk-tag]")
    page.fill("#bulk-tag-name", "Fair")
    page.click("text=Add tag")
    page.wait_for_url("**/activity/*/")
    run_ready("long")
    page.wait_for_selector("text=520 changes")
    assert tags() == [["Fair"]] * 520


def test_more_rows_than_a_form_may_have_fields_are_acted_on(enter: Enter) -> None:
    page = enter()
    people(490)
    people(490)
    people(100)
    page.goto("/contacts/")
    while page.locator("[data-rows] > .more").count():
        before = page.locator("[data-rows] > [data-id]").count()
        page.locator(".list .scroll").evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.locator("[data-rows] > [data-id]").nth(before).wait_for(state="attached")
    page.check("[data-select-all]")
    page.click(".bulk [value=delete]")
    page.wait_for_url("**/activity/*/")
    run_ready("long")
    assert not Contact.objects.visible_to(User.objects.get(name="alice").actor).exists()


def test_a_click_on_one_more_row_of_a_whole_list_takes_the_rest_back(enter: Enter) -> None:
    page = enter()
    people(60)
    page.goto("/contacts/")
    page.check("[data-select-all]")
    page.check("[name=everything]")
    page.locator("[name=id]").first.uncheck()
    assert not page.is_checked("[name=everything]")
    assert page.locator("[data-selected]").inner_text() == "29"


def test_the_focus_stays_on_cancel_while_an_import_runs(enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(a_card())
    page = enter()
    page.goto("/contacts/import/")
    page.set_input_files("input[type=file]", file)
    page.click(".wizfoot .primary")
    page.focus(".running form button")
    page.evaluate("document.querySelector('#running').dataset.old = ''")  # until it is swapped
    page.wait_for_function("() => !('old' in document.querySelector('#running').dataset)")
    page.wait_for_function("() => document.activeElement.matches('.running form button')")
    run_ready("long")
    page.wait_for_selector("text=Import 1 contact")


def outside(page: Page, selector: str) -> bool:
    """Whether an element runs over the edge of the window, or makes the page wider than it."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    width = page.evaluate("innerWidth")
    return bool(box["x"] < 0 or box["x"] + box["width"] > width or page.evaluate("document.body.scrollWidth") > width)


def test_on_a_phone_menus_and_acts_are_within_reach(enter: Enter) -> None:
    page = enter(phone=True, language="de")
    people(3)
    page.goto("/contacts/?kind=person&space=alice")
    page.click(".chip.add")
    assert not outside(page, "#filter-menu")
    page.keyboard.press("Escape")
    page.locator(".who > label").first.click()
    page.click("[popovertarget=bulk-tag]")
    assert not outside(page, "#bulk-tag")
    page.keyboard.press("Escape")
    page.click("[popovertarget=bulk-export]")
    assert not outside(page, "#bulk-export")
    page.keyboard.press("Escape")
    assert not outside(page, ".bulk [value=delete]")
    assert page.locator(".bulk").evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    page.click("[data-clear-selection]")
    page.click(".tabbar button")
    page.click("#nav >> text=English")
    page.wait_for_selector("html[lang=en]")


def test_escape_leads_out_of_a_field_to_the_list(enter: Enter) -> None:
    page = enter()
    people(3)
    page.goto("/contacts/")
    for key in ("n", "/"):
        page.keyboard.press(key)
        page.keyboard.type("J")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Person 001"


def test_one_line_after_the_other(enter: Enter) -> None:
    page = enter()
    page.goto("/contacts/")
    people(1)
    page.goto("/contacts/?kind=person")
    page.keyboard.press("n")
    for name in ("Lena Vogt", "Mila Vogt"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.wait_for_selector(f".toast:has-text('{name}')")
        assert page.url.endswith("/contacts/?kind=person")
    page.click(".toast >> text=Mila Vogt")
    page.wait_for_selector("h1 >> text=Mila Vogt")


@pytest.mark.parametrize("phone", [False, True], ids=["at a desk", "on a phone"])
def test_a_message_leaves_the_bar_of_the_selection_free(enter: Enter, phone: bool) -> None:
    page = enter(phone=phone)
    people(60)
    page.goto("/contacts/")
    page.locator(".who > label").first.click()
    page.click("[popovertarget=bulk-tag]")
    page.fill("#bulk-tag-name", "Fair")
    page.press("#bulk-tag-name", "Enter")
    page.wait_for_selector(".toast >> text=1 contact tagged")
    page.locator(".who > label").first.click()
    lowest = "document.querySelector('.toast').getBoundingClientRect().bottom"
    highest = "document.querySelector('.bulk').getBoundingClientRect().top"
    page.wait_for_function(f"0 < {highest} && {lowest} <= {highest}")


def test_back_in_a_long_list_everything_is_where_it_was(enter: Enter) -> None:
    page = enter()
    people(180)
    page.goto("/contacts/")
    for before in (30, 80):
        page.locator(".list .scroll").evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.locator("[data-rows] > [data-id]").nth(before).wait_for(state="attached")
    page.locator("[name=id]").nth(120).check()
    top = page.locator(".list .scroll").evaluate("element => element.scrollTop")
    page.wait_for_url("**after=*")
    link = page.url
    page.click("text=Person 121")
    page.wait_for_selector("h1 >> text=Person 121")
    page.go_back()
    page.locator("[name=id]:checked").wait_for()
    assert page.locator("[data-rows] > [data-id]").count() >= 130
    assert abs(page.locator(".list .scroll").evaluate("element => element.scrollTop") - top) < 5
    page.click(".bulk [value=delete]")
    page.wait_for_selector(".toast >> text=1 contact deleted")
    page.locator("[data-rows] > [data-id]").nth(125).wait_for(state="attached")
    assert page.locator("text=Person 120").count() == 0
    page.goto(link)
    assert page.locator("[data-rows] .who > a:first-of-type").first.inner_text() == "Person 080"
    page.click("text=To the beginning of the list")
    page.wait_for_selector("text=Person 000")


def test_a_pointer_looks_through_the_previews(enter: Enter) -> None:
    page = enter()
    people(3)
    page.goto("/contacts/")
    page.hover("tr:has-text('Person 001')")
    page.click("tr:has-text('Person 001') .to-peek")
    page.wait_for_selector("[data-peek-position]:has-text('2 of 3')")
    page.click("[data-peek-step='1']")
    page.wait_for_selector("[data-peek-position]:has-text('3 of 3')")
    assert page.locator("[data-peek-step='1']").is_disabled()
    page.click("[data-peek-step='-1']")
    page.wait_for_selector("[data-peek-position]:has-text('2 of 3')")
    assert "peek=" in page.url


def test_on_a_phone_a_record_has_the_search(enter: Enter) -> None:
    page = enter(phone=True, language="de")
    people(2)
    page.goto(f"/contacts/{Contact.objects.first().pk}/")
    page.fill(".finder input", "person 001")
    assert not outside(page, ".finder input")
    page.press(".finder input", "Enter")
    page.wait_for_selector("text=Person 001")
    assert page.locator("text=Person 000").count() == 0


def test_a_value_is_changed_in_the_preview_and_its_row_says_so(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org"))
    page.goto("/contacts/")
    for key in ("j", "Space"):
        page.keyboard.press(key)
    page.click("[data-peek-panel] button.edit")
    page.wait_for_selector("[data-peek-panel] [name=value]:focus")
    page.keyboard.type("ada@example.net")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-rows] .c-mail >> text=ada@example.net")
    page.wait_for_selector("[data-peek-panel] button.edit:focus")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-peek-panel]", state="detached")
    page.wait_for_selector(".who > a:focus")
