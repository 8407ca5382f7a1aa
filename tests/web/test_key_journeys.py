"""The keyboard map, key by key as `shell.keys` tells it: what is told there works, and nothing is missing here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.calendars import operations as calendars
from farley.calendars import series
from farley.calendars.details import Details
from farley.calendars.models import Components
from farley.journal.models import Door
from farley.lists.saving import save_view
from farley.web.shell.keys import KEYS
from tests.cast import a_card, hand_of, space_of
from tests.web.conftest import Enter
from tests.web.test_calendar_journeys import plan, told

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLACES = {
    "": "/activity/",
    "#list": "/contacts/",
    "[data-record]": "/contacts/",
    "[data-calendar]": "/calendar/?view=week",
    "[data-tasks]": "/tasks/",
}
FETCHED = ("[data-calendar]", "[data-tasks]")  # their script comes behind that of the page
FOCUSED = "(selector) => document.activeElement.matches(selector)"
NOTED = """document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!/^(mailto|tel):/.test(link?.href)) return;
  event.preventDefault();
  window.wanted = link.protocol;
}, true)"""


def pressed(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def shows(*keys: str, see: str = "", at: str = "", focus: str = "", gone: str = "") -> Callable[[Page], None]:
    """Press the keys; then something is there or gone, the address is another, or something has the focus."""

    def check(page: Page) -> None:
        pressed(page, *keys)
        if at:
            page.wait_for_url(re.compile(at))
        if see:
            page.wait_for_selector(see)
        if gone:
            page.wait_for_selector(gone, state="detached")
        if focus:
            page.wait_for_function(FOCUSED, arg=focus)

    return check


def of_contact(page: Page) -> None:
    page.evaluate(NOTED)
    for key, protocol in (("m", "mailto:"), ("c", "tel:")):
        page.keyboard.press(key)
        page.wait_for_function("(protocol) => window.wanted === protocol", arg=protocol)


def order_of_facts(page: Page) -> None:
    page.locator("#facts button.edit:has-text('+49 30 1')").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector(".fact:has-text('+49 30 2') ~ .fact:has-text('+49 30 1')")


def to_today(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**on=*")
    page.keyboard.press("t")
    page.wait_for_url(f"**on={timezone.localdate()}*")


def heading(keys: str, then: str) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        page.locator("th[data-column=org] a").focus()
        page.keyboard.press(keys)
        page.wait_for_function(then)

    return check


def event(keys: str, then: str = "", times: list[str] | None = None) -> Callable[[Page], None]:
    def check(page: Page) -> None:
        page.locator(".evt:has-text('Plan')").focus()
        page.keyboard.press(keys)
        page.wait_for_selector(then or ".toast:has-text('Plan')")
        assert times is None or told("Plan") == times

    return check


def undone(page: Page) -> None:
    page.goto("/contacts/")
    pressed(page, "j", "x", "Delete")
    page.wait_for_selector(".toast >> text=1 contact deleted")
    page.keyboard.press("z")
    page.wait_for_selector("tr:has-text('Person 0')")


CHECKS: dict[tuple[str, str], Callable[[Page], None]] = {
    ("", "Ctrl K"): shows("Control+k", see="#palette[open]"),
    ("", "/"): shows("/", focus="[name=q]"),
    ("", "?"): shows("?", see="#keys[open]"),
    ("", "N"): shows("n", at="/contacts/new/"),
    ("", "Z"): undone,
    ("", "["): shows("[", see=".app[data-nav=rail]"),
    ("", "G H"): shows("g", "h", at="/today/"),
    ("", "G C"): shows("g", "c", at="/calendar/"),
    ("", "G K"): shows("g", "k", at="/contacts/"),
    ("", "G T"): shows("g", "t", at="/tasks/"),
    ("", "G A"): shows("g", "a", at="/activity/"),
    ("", "Esc"): shows("?", see="#keys[open]"),
    ("#list", "J K"): shows("j", "j", "k", focus="tr:nth-of-type(1) .who > a"),
    ("#list", "X"): shows("j", "x", see=".lead:has-text('1 selected')"),
    ("#list", "Shift X"): shows("j", "x", "j", "j", "Shift+X", see=".lead:has-text('3 selected')"),
    ("#list", "Ctrl A"): shows("j", "Control+a", see=".lead:has-text('3 selected')"),
    ("#list", "Space"): shows("j", "Space", see="[data-peek-panel] >> text=p0@example.org"),
    ("#list", "↵"): shows("j", "Enter", see="h1 >> text=Person 0"),
    ("#list", "E"): shows("j", "e", see="[data-editor]"),
    ("#list", "F"): shows("f", see="#filter-menu:popover-open"),
    ("#list", "1 – 9"): shows("1", see=".ftab[aria-current]:has-text('Londoners')"),
    ("#list", "→ ↵ , F2"): shows("j", "ArrowRight", "ArrowRight", "Enter", see="[data-cell-editor]"),
    ("#list", "Alt ← →"): heading(
        "Alt+ArrowRight", "document.querySelector('th:nth-child(4)').dataset.column === 'org'"
    ),
    ("#list", "Shift ← →"): heading("Shift+ArrowRight", "document.querySelector('[data-column=org]').style.width"),
    ("#list", "Delete"): undone,
    ("[data-record]", "J K"): shows("j", see="h1 >> text=Person 1"),
    ("[data-record]", "E"): shows("e", see="[data-editor]"),
    ("[data-record]", "M C"): of_contact,
    ("[data-record]", "T"): shows("t", focus="#plan-title"),
    ("[data-record]", "O"): shows("o", focus="#write textarea"),
    ("[data-record]", "L"): shows("l", see="[name=kind][value=call]:checked"),
    ("[data-record]", "Ctrl ↵"): shows("o", "T", "e", "a", "Control+Enter", see="#timeline .box >> text=Tea"),
    ("[data-record]", "Alt ↑ ↓"): order_of_facts,
    ("[data-calendar]", "T"): to_today,
    ("[data-calendar]", "← →"): shows("ArrowLeft", at="on="),
    ("[data-calendar]", "1 – 5"): shows("3", at="view=month"),
    ("[data-calendar]", "↵"): event("Enter", "#event-dialog[open]"),
    ("[data-calendar]", "Alt ↑ ↓ ← →"): event("Alt+ArrowDown", times=["Wed 09:15", "Wed 10:15"]),
    ("[data-calendar]", "Shift Alt ↑ ↓"): event("Shift+Alt+ArrowDown", times=["Wed 09:15", "Wed 10:30"]),
    ("[data-tasks]", "J K"): shows("j", "j", "k", focus="[data-task]:nth-of-type(1) a"),
    ("[data-tasks]", "↵"): shows("j", "Enter", at=r"/calendar/entries/\d+/"),
    ("[data-tasks]", "D"): shows("j", "d", see=".toast"),
}


def furnish() -> None:
    """Three people, a view, an event and two tasks of Alice's."""
    alice = User.objects.get(name="alice")
    space = space_of(alice)
    lines = "TEL:+49 30 1\r\nTEL:+49 30 2"
    cards = [a_card(f"Person {n}", f"EMAIL:p{n}@example.org", lines, "ORG:Yard") for n in range(3)]
    hand_of(alice).many(space, cards)
    save_view("contacts", title="Londoners", query="q=person", space=None, by=alice.actor, door=Door.WEB)
    plan("Plan")
    tasks = calendars.create(space, "Things", by=alice.actor, door=Door.WEB, components=Components.TASKS)
    for title in ("Call", "Write"):
        series.make(tasks, Components.TASKS, Details(summary=title), by=alice.actor, door=Door.WEB)


def test_each_key_of_the_map_does_what_it_says(enter: Enter) -> None:
    page = enter()
    furnish()
    page.set_default_timeout(10_000)
    wanted = [(place.on, key.keys) for place in KEYS for key in place.keys]
    assert list(CHECKS) == wanted
    failed = []
    for (on, keys), check in CHECKS.items():
        page.goto(PLACES[on], wait_until="networkidle" if on in FETCHED else "load")
        try:
            if on == "[data-record]":  # as one comes there: out of the list, in which J and K go on
                page.click("text=Person 0")
                page.wait_for_selector("h1 >> text=Person 0")
            check(page)
        except Exception as error:  # noqa: BLE001 -- which keys do nothing is told of all at once
            failed.append(f"{on} {keys}: {str(error).splitlines()[0]}")
    assert not failed, "\n".join(failed)


def test_the_map_is_a_page_as_well(page_of_alice: Client) -> None:
    page = page_of_alice.get("/keys/").content.decode()
    assert all(str(key.does) in page for place in KEYS for key in place.keys)
