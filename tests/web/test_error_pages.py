"""What the pages for refusals and failures give back, and what they keep to themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.web.accounts import account
from farley.web.contacts import new_contact
from tests.cast import hand_of, space_of
from tests.web.reading import text_of

AsUser = Callable[[User], Client]
SECRET = "correct horse battery"


@pytest.fixture
def strict(alice: User) -> Client:
    """A browser whose forms are too old."""
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/login/", {"username": "alice", "password": SECRET}),
        ("/account/password/", {"current": SECRET, "password": SECRET, "again": SECRET}),
        ("/setup/", {"full_name": "Alice", "password": SECRET, "code": SECRET, "a_later_field": SECRET}),
    ],
)
def test_a_form_that_is_too_old_gives_no_password_back(strict: Client, path: str, form: dict[str, str]) -> None:
    response = strict.post(path, form)
    assert response.status_code == 403
    assert SECRET not in response.content.decode()


def test_a_broken_page_gives_nothing_back_of_a_form_of_secrets(
    page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(account, "_password_fields", lambda: 1 / 0)
    page_of_alice.raise_request_exception = False
    with caplog.at_level(logging.CRITICAL, "django.request"):
        response = page_of_alice.post("/account/password/", {"current": SECRET, "note": SECRET})
    assert response.status_code == 500
    assert SECRET not in response.content.decode()


def test_what_was_typed_comes_back_without_what_only_the_program_knows(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(new_contact, "_fields", lambda kind: 1 / 0)
    page_of_alice.raise_request_exception = False
    form = {
        "given": "Ada",
        "note": "met in London",
        "space": "alice-7",
        "id": "4711",
        "next": "/contacts/?x",
        "act": "y7",
    }
    with caplog.at_level(logging.CRITICAL, "django.request"):
        text = page_of_alice.post("/contacts/new/", form).content.decode()
    assert "Ada\nmet in London</textarea>" in text
    for value in ("alice-7", "4711", "/contacts/?x", "y7"):
        assert value not in text


@pytest.mark.parametrize(
    ("referer", "shown"),
    [
        ("http://testserver/contacts/?q=ada", 'href="/contacts/?q=ada"'),
        ("http://testserver//evil.example/x", ""),
        ("http://testserver/\\evil.example/x", ""),
        ("http://evil.example/http://testserver/x", ""),
    ],
)
def test_the_way_back_never_leads_to_another_server(page_of_alice: Client, referer: str, shown: str) -> None:
    page = page_of_alice.get("/none/", headers={"Referer": referer}).content.decode()
    assert "evil.example" not in page
    assert shown in page


@pytest.mark.parametrize("path", ["/logout/", "/calendar/quick/", "/contacts/{pk}/delete/"])
def test_a_form_s_address_opened_as_a_page_says_so_and_leads_back(
    alice: User, page_of_alice: Client, path: str
) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    response = page_of_alice.get(path.format(pk=contact.pk))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "This address is no page" in text_of(response.content)
    assert b'href="/"' in response.content


@pytest.mark.parametrize("path", ["/reset/zzz-1-2/", "/join/nonsense/", "/shared/nonsense/", "/shared/nonsense/card/"])
def test_a_link_that_ended_says_so_to_whoever_has_no_account(client: Client, db: None, path: str) -> None:
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "This link does not open anything It has ended," in text_of(response.content)
