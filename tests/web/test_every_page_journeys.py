"""Every page of the table of routes in a browser: nothing that axe-core finds, no word that is cut, in both themes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from farley.accounts.models import User
from tests.permissions.scene import Scene, make_scene
from tests.permissions.test_routes import PEOPLE, ROUTES
from tests.web.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

STATES = (  # of pages that the table has by their plain address
    "/contacts/?peek={contact}",
    "/contacts/?q=nobody",
    "/contacts/?filter=nonsense",
    "/contacts/?by=city",
    "/contacts/{contact}/?edit=first",
    "/contacts/{contact}/?seg=timeline",
    "/contacts/{contact}/?seg=around",
    "/contacts/{contact}/?affiliation=new&seg=around",
    "/contacts/{contact}/?seg=timeline&write=event",
    "/contacts/new/?kind=org",
    "/activity/?view=changes",
    "/calendar/?view=week",
    "/calendar/?view=agenda",
    "/timeline/note/{note}/?edit=1",
    "/search/?q=Zyx",
    "/none/",
)
# Words of buttons, labels, tabs and headings that do not fit into their own boxes; a page wider than its window.
CUT = """() => {
  const labels = "h1, .btn, .field > label, .ftab, .tabbar span, .nav .lb, thead th, .seg > *, dt";
  const words = document.querySelectorAll(labels);
  const cut = [...words].filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1);
  const found = cut.map((each) => each.textContent.trim()).filter(Boolean).map((text) => `${text} is cut`);
  return document.documentElement.scrollWidth > innerWidth ? [...found, "wider than the window"] : found;
}"""
# Menus and dialogs that were not looked at before, opened by their names.
MENUS = """(seen) => [...document.querySelectorAll("#main [popover][id], #main dialog[id]")]
  .map((each) => each.id).filter((id) => !seen.includes(id))"""
OPEN = "(id) => { const it = document.getElementById(id); it.popover ? it.showPopover() : it.showModal(); }"
CLOSE = "(id) => { const it = document.getElementById(id); it.popover ? it.hidePopover() : it.close(); }"


def addresses(scene: Scene, who: str) -> Iterator[str]:
    """The pages that `who` may see, each once."""
    at = PEOPLE.index(who)
    for name, routes in ROUTES.items():
        for route in routes:
            if route.method == "get" and route.expected[at] == 200:
                yield reverse(name, args=route.arguments(scene)) + route.query(scene)


def pages(scene: Scene) -> dict[str, str]:
    """The address of each page that a manager, an administrator or somebody without an account sees -> who that is."""
    states = [each.format(contact=scene.contact.pk, note=scene.memo.pk) for each in STATES]
    found = dict.fromkeys(addresses(scene, "anonymous"), "anonymous")
    found |= dict.fromkeys(addresses(scene, "admin"), "admin")
    found |= dict.fromkeys([*addresses(scene, "manager"), *states], "manager")
    client = {who: scene.client(who) for who in ("anonymous", "admin", "manager")}
    return {address: who for address, who in found.items() if is_page(client[who], address)}


def is_page(client: Client, address: str) -> bool:
    """Whether it is a page of its own: no file, no part of one."""
    answer = client.get(address)
    if answer.streaming or "text/html" not in answer.headers.get("Content-Type", ""):
        return False
    return b"<html" in answer.content


def signed_in(context: BrowserContext, name: str, address: str) -> Page:
    client = Client()
    client.force_login(User.objects.get(name=name))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": address}])
    return context.new_page()


@pytest.mark.parametrize(("phone", "language"), [(False, "de"), (True, "en"), (True, "de")])
def test_every_page_is_accessible_and_fits(
    browser: Browser, live_server: LiveServer, transactional_db: None, phone: bool, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    scene, axe = make_scene(), Axe().axe_script
    open_pages = {}
    for who in ("anonymous", "admin", "manager"):
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            locale={"en": "en-GB", "de": "de-DE"}[language],
            reduced_motion="reduce",
            base_url=live_server.url,
            service_workers="block",
        )
        open_pages[who] = context.new_page() if who == "anonymous" else signed_in(context, who, live_server.url)
    findings: list[str] = []
    seen: list[str] = []
    walked = pages(scene)
    assert len(walked) > 70
    for address, who in walked.items():
        page = open_pages[who]
        page.goto(address, wait_until="domcontentloaded")
        page.evaluate("document.fonts.ready.then(() => 0)")
        findings += [f"{address}: {each}" for each in page.evaluate(CUT)]
        if folder := os.environ.get("SCREENSHOTS"):
            name = address.strip("/").translate(str.maketrans("/?&=", "----"))
            page.screenshot(path=Path(folder) / f"{name}.{'phone' if phone else 'desktop'}.{language}.png")
        if phone and language == "de":  # its words are longer; what axe-core says of them is said already
            continue
        page.evaluate(axe)
        findings += [f"{address}: {each}" for each in violations(page, "body")]
        for menu in page.evaluate(MENUS, seen):
            seen.append(menu)
            page.evaluate(OPEN, menu)
            findings += [f"{address} #{menu}: {each}" for each in violations(page, f"#{menu}")]
            page.evaluate(CLOSE, menu)
        if phone:  # the colours are those of a desk
            continue
        page.emulate_media(color_scheme="dark")
        findings += [f"{address} dark: {each}" for each in violations(page, "body", only="color-contrast")]
        page.emulate_media(color_scheme="light")
    for page in open_pages.values():
        page.context.close()
    assert findings == []


def violations(page: Page, within: str, *, only: str = "") -> list[str]:
    """What axe-core finds: the rule, and the first element that breaks it."""
    asked = {"resultTypes": ["violations"]} | ({"runOnly": [only]} if only else {})
    found = page.evaluate(f"axe.run({json.dumps(within)}, {json.dumps(asked)}).then((told) => told.violations)")
    return [f"{each['id']} {each['nodes'][0]['html'][:160]}" for each in found]
