"""Pages for what cannot be shown or done."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal.models import Batch
from farley.web.contacts import record
from tests.cast import a_card, hand_of, space_of, team
from tests.web.reading import text_of


@pytest.mark.parametrize(
    "path",
    [
        "/none/",
        "/contacts/999999999999999999/",
        "/contacts/99999999999999999999999/",
        "/activity/7/",
        "/contacts/import/7/",
    ],
)
def test_what_is_not_there_says_so_and_leads_back(page_of_alice: Client, path: str) -> None:
    response = page_of_alice.get(path)
    assert response.status_code == 404
    assert "This card is not in the file" in text_of(response.content)
    assert b'href="/"' in response.content


def test_a_deleted_contact_leads_to_the_act_that_deleted_it(
    alice: User, bob: User, mallory: User, as_user: Callable[[User], Client]
) -> None:
    contact = hand_of(alice).contact(team("sales", alice=Role.EDITOR, bob=Role.READER), a_card("Ada King"))
    as_user(alice).post(f"/contacts/{contact.pk}/delete/")
    act = f'href="/activity/{Batch.objects.get().pk}/"'
    for user, is_told in ((alice, True), (bob, False), (mallory, False)):
        response = as_user(user).get(f"/contacts/{contact.pk}/")
        assert response.status_code == 404
        assert ("Ada King" in text_of(response.content)) is is_told
        assert (act in response.content.decode()) is is_told


def test_pages_are_not_kept_by_anything_shared(page_of_alice: Client) -> None:
    assert page_of_alice.get("/contacts/")["Cache-Control"] == "private, no-cache"


def test_a_broken_page_keeps_what_was_typed_and_names_a_reference(
    alice: User, page_of_alice: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    monkeypatch.setattr(record, "summary_of", lambda contact: 1 / 0)
    page_of_alice.raise_request_exception = False
    with caplog.at_level(logging.CRITICAL, "django.request"):
        response = page_of_alice.post(
            f"/contacts/{contact.pk}/facts/new/EMAIL/",
            {"value": "typed and refused", "was": "x", "password_again": "hidden one"},
        )
    text = text_of(response.content)
    assert response.status_code == 500
    assert "Something broke on this server" in text
    assert "typed and refused" in text
    assert "hidden one" not in text
    assert "Reference F-" in text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/contacts/?q=%00", None),
        ("/contacts/?tag=a%00b", None),
        ("/contacts/export/?space=%00&download=1", None),
        ("/contacts/quick/", {"line": "Ada", "space": "a\0"}),
        ("/contacts/quick/", {"line": "Ada\0", "space": "alice"}),
        ("/contacts/new/", {"kind": "person", "space": "a\0", "given": "Ada"}),
        ("/account/preferences/", {"time_zone": "\0"}),
    ],
)
def test_what_no_text_can_hold_is_refused(page_of_alice: Client, path: str, form: dict[str, str] | None) -> None:
    response = page_of_alice.get(path) if form is None else page_of_alice.post(path, form)
    assert response.status_code == 400
    assert "The server did not understand this" in text_of(response.content)


def test_a_stranger_s_log_in_with_a_nul_is_refused(client: Client, alice: User) -> None:
    assert client.post("/login/", {"username": "al\0ice", "password": "\0"}).status_code == 400


def test_a_form_without_its_token_is_too_old(alice: User) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(alice)
    response = client.post("/contacts/quick/", {"line": "Ada King", "space": "alice"})
    assert response.status_code == 403
    text = text_of(response.content)
    assert "This form is too old" in text
    assert "Ada King" in text
