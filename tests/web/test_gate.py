"""Signing in and out, and the first account."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import get_hasher
from django.test import Client

from farley.accounts import first_run
from farley.accounts.models import User
from farley.spaces.models import Space
from tests.cast import person
from tests.web.reading import text_of

PASSWORD = "a long enough sentence"
FIRST = {"full_name": "Alice Ames", "name": "alice", "email": "alice@example.org", "password": PASSWORD}


@pytest.fixture
def alice_with_password(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.mark.parametrize("path", ["/", "/contacts/", "/activity/", "/account/", "/contacts/1/"])
def test_a_page_asks_strangers_to_sign_in_and_leads_back(client: Client, alice: User, path: str) -> None:
    response = client.get(path, follow=False)
    target = response["Location"] if response.status_code == 302 else ""
    assert target == "/today/" or target == f"/login/?next={path}"


@pytest.mark.parametrize("username", ["alice", "Alice", "alice@example.org", " alice "])
def test_one_signs_in_by_name_or_address(client: Client, alice_with_password: User, username: str) -> None:
    response = client.post("/login/", {"username": username, "password": PASSWORD, "next": "/activity/"})
    assert response["Location"] == "/activity/"


def test_a_wrong_password_is_refused_without_telling_who_has_an_account(
    client: Client, alice_with_password: User
) -> None:
    answers = [
        client.post("/login/", {"username": name, "password": "wrong"}, headers={"Accept-Language": "en"})
        for name in ("alice", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    texts = [text_of(answer.content) for answer in answers]
    assert "Name and password do not belong together" in texts[0]
    assert texts[0] == texts[1]


def test_one_password_is_hashed_whoever_is_called(
    client: Client, alice_with_password: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing is what takes long: a clock does not tell who has an account, has left, or has no password."""
    hasher, hashed = type(get_hasher()), []
    for name in ("encode", "verify"):
        real = getattr(hasher, name)
        monkeypatch.setattr(hasher, name, lambda *given, _real=real: (hashed.append(1), _real(*given))[1])
    left, without = person("left"), person("without")
    User.objects.filter(pk=left.pk).update(is_active=False, password=alice_with_password.password)
    without.set_unusable_password()
    without.save()
    for name in ("alice", "left", "without", "nobody", "nobody@example.org"):
        hashed.clear()
        assert client.post("/login/", {"username": name, "password": "wrong"}).status_code == 422
        assert len(hashed) == 1, name


def test_signing_in_never_leads_to_another_server(client: Client, alice_with_password: User) -> None:
    form = {"username": "alice", "password": PASSWORD, "next": "https://mallory.example/"}
    assert client.post("/login/", form)["Location"] == "/today/"


@pytest.mark.parametrize(("remember", "lasts"), [({}, False), ({"remember": "1"}, True)])
def test_the_session_outlives_the_browser_only_if_asked(
    client: Client, alice_with_password: User, remember: dict[str, str], lasts: bool
) -> None:
    response = client.post("/login/", {"username": "alice", "password": PASSWORD, **remember})
    assert bool(response.cookies["farley_session"]["max-age"]) is lasts


def test_signing_out_needs_a_form(page_of_alice: Client) -> None:
    assert page_of_alice.get("/logout/").status_code == 405
    assert page_of_alice.post("/logout/")["Location"] == "/login/"
    assert page_of_alice.get("/contacts/")["Location"] == "/login/?next=/contacts/"


def test_a_new_server_leads_to_the_first_account(client: Client, db: None) -> None:
    assert client.get("/login/")["Location"] == "/setup/"


def test_the_first_account_is_an_administrator_with_a_private_space(client: Client, db: None) -> None:
    response = client.post("/setup/", FIRST, headers={"host": "localhost:8000"})
    assert response["Location"] == "/contacts/import/"
    alice = User.objects.get()
    assert (alice.name, alice.is_admin, alice.full_name) == ("alice", True, "Alice Ames")
    assert Space.objects.get().name == "alice"
    assert client.get("/contacts/").status_code == 200


def test_from_elsewhere_the_first_account_needs_the_printed_code(client: Client, db: None) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    refused = client.post("/setup/", {**FIRST, "code": "guess"}, headers={"Accept-Language": "en"}, **elsewhere)  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert "This is not the code that the server printed last." in text_of(refused.content)
    assert not User.objects.exists()
    assert client.post("/setup/", {**FIRST, "code": first_run.code()}, **elsewhere).status_code == 302  # type: ignore[arg-type]


def test_there_is_no_second_first_account(client: Client, alice: User) -> None:
    assert client.get("/setup/")["Location"] == "/login/"
    assert client.post("/setup/", {**FIRST, "name": "mallory"})["Location"] == "/login/"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("password", "12345", "at least 10 characters"),
        ("name", "Alice Ames", "cannot be a name"),
        ("email", "alice", "valid email address"),
        ("full_name", " ", "Please answer this."),
    ],
)
def test_the_first_form_says_what_is_wrong_and_keeps_the_rest(
    client: Client, db: None, field: str, value: str, reason: str
) -> None:
    form = {**FIRST, field: value}
    response = client.post("/setup/", form, headers={"host": "localhost", "Accept-Language": "en"})
    assert response.status_code == 422
    assert reason in text_of(response.content)
    assert b"alice@example.org" in response.content or field == "email"
    assert PASSWORD.encode() not in response.content
    assert not User.objects.exists()


def test_language_and_theme_are_remembered_before_log_in(client: Client, alice: User) -> None:
    client.post("/account/preferences/", {"language": "de", "next": "/login/"})
    client.post("/account/preferences/", {"theme": "dark", "next": "/login/"})
    response = client.get("/login/")
    assert b'lang="de" data-theme="dark"' in response.content
    assert "Anmelden" in text_of(response.content)


def test_set_up_says_everything_that_is_wrong_at_once(client: Client, db: None) -> None:
    form = {"full_name": "Ada", "name": "Ada Lovelace", "email": "no address", "password": "short"}
    response = client.post("/setup/", form, headers={"host": "localhost:8000", "Accept-Language": "en"})
    assert response.status_code == 422
    html = response.content.decode()
    assert re.findall(r'class="err" id="(\w+)-note"', html) == ["name", "email", "password"]
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', html) == ["name"]
