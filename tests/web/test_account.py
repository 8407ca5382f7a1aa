"""One's own settings."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from tests.web.reading import text_of

OLD, NEW = "a long enough sentence", "another long sentence"


def test_language_looks_and_time_zone_are_kept_on_the_profile(alice: User, page_of_alice: Client) -> None:
    form = {"language": "de", "theme": "dark", "density": "roomy", "time_zone": "Asia/Tokyo"}
    assert page_of_alice.post("/account/profile/", form)["Location"] == "/account/"
    html = page_of_alice.get("/account/").content.decode()
    assert '<html lang="de" data-theme="dark" data-density="roomy">' in html
    assert 'value="Asia/Tokyo"' in html
    assert "Einstellungen gesichert" in text_of(html)


def test_name_and_address_can_be_changed_later(alice: User, page_of_alice: Client) -> None:
    alice.set_password(OLD)
    alice.save()
    page_of_alice.force_login(alice)
    form = {"full_name": "Alice Ames", "email": "ames@Example.org", "time_zone": "Europe/Rome"}
    asked = page_of_alice.post("/account/profile/", form)  # an open screen is not enough: links go to the address
    assert asked["Location"] == "/account/confirm/?next=/account/"
    alice.refresh_from_db()
    assert (alice.full_name, alice.email) == ("", "alice@example.org")
    assert page_of_alice.post("/account/confirm/", {"password": OLD, "next": "/account/"})["Location"] == "/account/"
    page_of_alice.post("/account/profile/", form)
    assert "Alice Ames" in text_of(page_of_alice.get("/account/").content)
    alice.refresh_from_db()
    assert (alice.full_name, alice.email) == ("Alice Ames", "ames@example.org")
    assert Event.objects.get(verb=Verb.USER_CHANGED).details == {"changed": ["email", "full_name"]}


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("email", "bob@EXAMPLE.org", "Another account has this e-mail address."),
        ("email", "no address", "Enter a valid email address."),
        ("email", "", "This field cannot be blank."),
        ("time_zone", "Mars/Olympus", "No time zone has this name."),
        ("full_name", "x" * 201, "at most 200 characters"),
    ],
)
def test_settings_that_cannot_be_kept_are_said_and_stay_typed(
    alice: User, bob: User, page_of_alice: Client, field: str, typed: str, reason: str
) -> None:
    form = {"full_name": "A", "email": "a@example.org", "time_zone": "Europe/Rome", "theme": "dark", field: typed}
    alice.set_password(OLD)
    alice.save()
    page_of_alice.force_login(alice)
    page_of_alice.post("/account/confirm/", {"password": OLD})
    response = page_of_alice.post("/account/profile/", form)
    assert response.status_code == 422
    assert reason in text_of(response.content)
    assert f'value="{typed}"' in response.content.decode()
    alice.refresh_from_db()
    assert (alice.full_name, alice.email, alice.theme) == ("", "alice@example.org", "system")


@pytest.mark.parametrize(
    "form",
    [{"language": "xx"}, {"theme": "pink"}, {"density": ""}, {"time_zone": "Mars/Olympus"}, {"is_admin": "1"}, {}],
)
def test_what_cannot_be_chosen_changes_nothing(alice: User, page_of_alice: Client, form: dict[str, str]) -> None:
    page_of_alice.post("/account/preferences/", form)
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.density, alice.time_zone) == ("", "system", "dense", "Europe/Berlin")
    assert not alice.is_admin


def test_one_changes_one_s_own_password(alice: User, page_of_alice: Client) -> None:
    alice.set_password(OLD)
    alice.save()
    page_of_alice.force_login(alice)
    elsewhere = Client()
    elsewhere.force_login(alice)
    page_of_alice.post("/account/password/", {"current": OLD, "password": NEW, "again": NEW})
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert page_of_alice.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, "This is not your password."),
        ({"current": OLD, "password": "short", "again": "short"}, "at least 10 characters"),
        ({"current": OLD, "password": NEW, "again": "other"}, "The two are not the same."),
    ],
)
def test_a_password_is_not_changed_by_halves(
    alice: User, page_of_alice: Client, form: dict[str, str], reason: str
) -> None:
    alice.set_password(OLD)
    alice.save()
    page_of_alice.force_login(alice)
    response = page_of_alice.post("/account/password/", form)
    assert response.status_code == 422
    assert reason in text_of(response.content)
    focused = re.findall(r"<input[^>]* autofocus[^>]*>", response.content.decode())
    assert ["aria-invalid" in each for each in focused] == [True]  # a phone scrolls to it
    alice.refresh_from_db()
    assert alice.check_password(OLD)


def test_single_keys_are_switched_off_and_on_again_for_a_browser(page_of_alice: Client) -> None:
    assert 'data-keys="off"' not in page_of_alice.get("/account/").content.decode()
    html = page_of_alice.post(
        "/account/preferences/", {"keys": "off", "next": "/account/"}, follow=True
    ).content.decode()
    assert 'data-keys="off"' in html
    assert "Switch single keys on" in page_of_alice.get("/keys/").content.decode()
    html = page_of_alice.post(
        "/account/preferences/", {"keys": "on", "next": "/account/"}, follow=True
    ).content.decode()
    assert 'data-keys="off"' not in html
