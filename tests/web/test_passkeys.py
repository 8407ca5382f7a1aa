"""Passkeys, with the authenticator that Chromium has for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from farley.accounts.closing import close
from farley.accounts.doors import Door
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.throttling import ACCOUNT, PAIR
from tests.cast import person
from tests.web.conftest import PASSWORD, Enter
from tests.web.reading import text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page


def with_authenticator(page: Page) -> None:
    """Let the page's browser have a fingerprint reader, so to say, under which the right finger lies."""
    cdp: Any = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page: Page) -> None:
    page.goto("/account/security/new/")
    page.fill("#passkey-name", "Laptop")
    page.click("form[data-passkey] button")
    page.wait_for_selector(".codes")


def test_a_passkey_opens_farley_without_a_password_and_after_one(enter: Enter) -> None:
    page = enter()
    with_authenticator(page)
    add_passkey(page)
    page.goto("/account/security/")
    assert "Laptop" in page.inner_text("main")

    page.context.clear_cookies()
    page.goto("/contacts/?kind=org")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.click("form[data-passkey] button")
    page.wait_for_url("**/contacts/?kind=org")
    assert Event.objects.filter(verb=Verb.FACTOR_ADDED).get().subject == "Laptop"

    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("#username", "alice")
    page.fill("#password", PASSWORD)
    page.click(".face .primary")
    page.wait_for_url("**/login/code/")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/today/")

    [credential] = parse_qs(sent.value.post_data or "")["credential"]
    replayed = Client(headers={"Accept-Language": "en"})
    replayed.get("/login/passkey/")  # another challenge
    for answer in (credential, "{}", "[]", "[" * 5000, '{"response": {"userHandle": 1}}'):
        refused = replayed.post("/login/passkey/", {"credential": answer})
        assert refused.status_code == 422
        assert "This passkey was not accepted." in text_of(refused.content)
    assert replayed.get("/contacts/").status_code == 302

    person("boss", is_admin=True)
    close(User.objects.get(name="alice"), by=User.objects.get(name="boss").actor, door=Door.WEB)
    page.goto("/login/")
    page.click("form[data-passkey] button")
    page.wait_for_selector(".notice.bad[role=alert]:not([hidden])")
    assert page.url.endswith("/login/passkey/")


@pytest.mark.django_db(transaction=True)
def test_the_passkey_of_somebody_else_is_no_second_factor(enter: Enter) -> None:
    other, alice = enter(), enter()  # before her second factor is asked for
    with_authenticator(alice)
    add_passkey(alice)

    mallory = person("mallory")
    mallory.set_password(PASSWORD)
    mallory.save()
    page = other
    page.context.clear_cookies()
    with_authenticator(page)
    page.goto("/login/")
    page.fill("#username", "mallory")
    page.fill("#password", PASSWORD)
    page.click(".face .primary")
    page.wait_for_url("**/today/")
    add_passkey(page)
    page.context.clear_cookies()

    page.goto("/login/")
    page.fill("#username", "alice")  # Mallory knows her password
    page.fill("#password", PASSWORD)
    page.click(".face .primary")
    page.wait_for_url("**/login/code/")
    options = json.loads(page.get_attribute("form[data-passkey]", "data-options") or "")
    del options["publicKey"]["allowCredentials"]
    page.eval_on_selector("form[data-passkey]", "(form, given) => form.dataset.options = given", json.dumps(options))
    page.click("form[data-passkey] button")
    page.wait_for_selector(".notice.bad[role=alert]:not([hidden])")
    assert "This passkey was not accepted." in page.inner_text("main")
    page.goto("/contacts/")
    assert "/login/" in page.url


@pytest.mark.django_db
def test_who_tries_passkeys_elsewhere_keeps_nobody_from_coming_in_here() -> None:
    for n in range(ACCOUNT // PAIR + 1):
        elsewhere = [
            Client(REMOTE_ADDR=f"192.0.2.{n}").post("/login/passkey/", {}).status_code for _ in range(PAIR + 1)
        ]
        assert elsewhere == [422] * PAIR + [429]
    assert Client(REMOTE_ADDR="198.51.100.1").post("/login/passkey/", {}).status_code == 422
