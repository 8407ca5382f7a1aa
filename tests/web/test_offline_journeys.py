"""Farley without a network: what was looked at last is there to read, and nobody else finds it."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Error as PlaywrightError

from farley.accounts.models import User
from farley.contacts import operations
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of
from tests.web.conftest import PASSWORD, Enter

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = "() => caches.keys().then((names) => names.filter((name) => name.startsWith('farley-pages-')))"


def test_who_was_looked_at_is_there_without_a_network_until_somebody_signs_out(enter: Enter) -> None:
    page = enter(is_installed=True)
    alice = User.objects.get(name="alice")
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org"))
    work = a_calendar(space_of(alice))
    hand_of(alice).entry(work, an_event('<body data-account="bob">'))
    page.evaluate("() => Object.assign(sessionStorage, { account: 'bob', list: '{}', 'list-place': '{}' })")
    page.goto("/contacts/")
    assert page.evaluate("() => Object.entries({ ...sessionStorage })[0]") == ["account", "alice"]
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.goto(f"/contacts/{ada.pk}/")
    page.fill("#write-text", "Typed before the tunnel")
    page.wait_for_function(
        f"async () => Boolean(await (await caches.open('farley-pages-alice')).match('/contacts/{ada.pk}/'))"
    )
    page.context.set_offline(True)
    page.goto(f"/contacts/{ada.pk}/")
    page.wait_for_selector("#offline-bar:visible >> text=This page is as it was on")
    assert "ada@example.org" in page.inner_text("#facts")
    assert page.input_value("#write-text") == "Typed before the tunnel"
    page.goto("/calendar/")
    page.wait_for_selector("h1 >> text=Farley cannot be reached")
    page.click("[data-kept-people] >> text=Ada King")
    page.wait_for_selector("#facts >> text=ada@example.org")
    page.context.set_offline(False)
    with contextlib.suppress(PlaywrightError):  # a download is no page, whatever it looks like
        page.goto(f"/calendars/{work.pk}/file/")
    page.goto("/account/")
    assert page.evaluate(KEPT) == ["farley-pages-alice"]

    page.click("[popovertarget=account-menu]")
    page.click("#account-menu >> text=Sign out")
    page.wait_for_url("**/login/")
    page.wait_for_function(f"async () => !(await ({KEPT})()).length")
    assert page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('draft:'))") == []
    page.context.set_offline(True)
    said = ""
    with contextlib.suppress(PlaywrightError):  # nothing answers any more, not even the page that says so
        page.goto(f"/contacts/{ada.pk}/")
        said = page.inner_text("body")
    assert "Ada" not in said
    page.context.set_offline(False)

    page = page.context.new_page()
    page.goto("/login/")
    page.fill("#username", "alice")
    page.fill("#password", PASSWORD)
    page.click(".face .primary")
    page.wait_for_url("**/today/")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.goto(f"/contacts/{ada.pk}/")
    page.wait_for_function(f"async () => (await ({KEPT})()).length")
    with one_batch(Batch.Act.DELETE, by=alice.actor, door=Door.WEB) as batch:
        operations.delete([ada], by=alice.actor, door=Door.WEB, batch=batch)
    page.goto(f"/contacts/{ada.pk}/")
    page.wait_for_function(
        f"async () => !(await (await caches.open('farley-pages-alice')).match('/contacts/{ada.pk}/'))"
    )
    page.context.clear_cookies()  # the session has ended elsewhere
    page.goto("/login/")
    page.wait_for_function(f"async () => !(await ({KEPT})()).length")
