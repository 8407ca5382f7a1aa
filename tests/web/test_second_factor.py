"""The second factor: nobody gets past it, everybody gets through it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.test import Client

from farley.accounts import second_factor
from farley.accounts.closing import close
from farley.accounts.doors import Door
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.second_factor import TooManyGuesses, WrongCode
from farley.accounts.throttling import PAIR
from farley.configuration import SecondFactor
from tests.cast import person
from tests.together import at_once
from tests.web.reading import text_of
from tests.web.second_factors import PASSWORD, asked_for, code, secret_on, signing_in, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(alice: User) -> tuple[str, list[str]]:
    return with_app(alice)


def test_a_code_of_the_app_opens_the_page_that_was_asked_for(app: tuple[str, list[str]]) -> None:
    client = Client()
    answer = client.post("/login/", {"username": "alice", "password": PASSWORD, "next": "/activity/"})
    assert answer["Location"] == "/login/code/"
    assert client.post("/login/code/", {"code": code(app[0])})["Location"] == "/activity/"
    assert client.get("/contacts/").status_code == 200


def test_the_right_password_alone_reaches_no_page(app: tuple[str, list[str]]) -> None:
    client = signing_in()
    for path in ("/contacts/", "/account/", "/account/security/", "/account/security/new/", "/login/set-up/"):
        assert client.get(path)["Location"].partition("?")[0] == "/login/", path
    assert client.post("/account/password/", {"current": PASSWORD})["Location"].startswith("/login/")
    assert client.post("/account/confirm/", {"password": PASSWORD})["Location"].startswith("/login/")


def test_a_code_is_good_for_one_log_in(app: tuple[str, list[str]]) -> None:
    now = code(app[0])
    assert signing_in().post("/login/code/", {"code": now}).status_code == 302
    second = signing_in().post("/login/code/", {"code": now})
    assert second.status_code == 422
    assert "was used already" in text_of(second.content)
    assert signing_in().post("/login/code/", {"code": code(app[0], 1)}).status_code == 302


def test_a_recovery_code_opens_once_and_that_is_noted(app: tuple[str, list[str]]) -> None:
    assert len(set(app[1])) == 10
    assert signing_in().post("/login/code/", {"code": app[1][3]}).status_code == 302
    assert signing_in().post("/login/code/", {"code": app[1][3]}).status_code == 422
    assert signing_in().post("/login/code/", {"code": app[1][4].replace("-", " ")}).status_code == 302
    assert Event.objects.filter(verb=Verb.CODE_USED).count() == 2


def test_without_the_key_codes_are_wrong_passkeys_still_open_and_the_log_says_what_is_missing(
    app: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(second_factor, "_cipher", lambda: Fernet(Fernet.generate_key()))
    client = signing_in()
    assert client.get("/login/code/").status_code == 200
    for typed in (code(app[0]), app[1][3]):
        assert client.post("/login/code/", {"code": typed}).status_code == 422
    assert "secrets/second_factor_key is not the key" in caplog.text


def test_codes_cannot_be_guessed_for_long(app: tuple[str, list[str]]) -> None:
    client = signing_in()
    assert [client.post("/login/code/", {"code": "000000"}).status_code for _ in range(PAIR)] == [422] * PAIR
    waits = client.post("/login/code/", {"code": code(app[0])})
    assert waits.status_code == 429
    assert "Try again in 15 minutes." in text_of(waits.content)


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_are_counted_and_one_code_opens_one_log_in_of_many() -> None:
    alice = person("alice")
    secret, _ = with_app(alice)
    right = partial(second_factor.check_code, alice, code(secret), "192.0.2.1", door=Door.WEB)
    answers = at_once(*[right] * 6)
    assert answers.count(None) == 1
    assert sum(type(answer) is WrongCode for answer in answers) == 5
    wrong = partial(second_factor.check_code, alice, "000000", "192.0.2.2", door=Door.WEB)
    assert sum(type(answer) is TooManyGuesses for answer in at_once(*[wrong] * (PAIR + 4))) == 4


def test_each_step_of_signing_in_has_another_session_key(app: tuple[str, list[str]]) -> None:
    client = Client()
    client.get("/login/")
    session = client.session
    session["planted"] = "by Mallory"
    session.save()
    planted = session.session_key or ""
    client.cookies["farley_session"] = planted
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    between = client.session.session_key
    client.post("/login/code/", {"code": code(app[0])})
    assert len({planted, between, client.session.session_key}) == 3
    mallory = Client()
    for key in (planted, between):
        mallory.cookies["farley_session"] = key or ""
        assert mallory.get("/contacts/").status_code == 302
        assert mallory.get("/login/code/")["Location"] == "/login/"


def test_no_step_leads_to_another_server(app: tuple[str, list[str]]) -> None:
    for target in ("https://mallory.example/", "//mallory.example/", "/\\mallory.example", "javascript:alert(1)"):
        client = signing_in(target=target)
        answer = client.post(f"/login/code/?next={target}", {"code": app[1].pop(), "next": target})
        assert answer["Location"] == "/today/", target


def test_who_is_shut_out_between_the_steps_does_not_come_in(app: tuple[str, list[str]], alice: User) -> None:
    person("boss", is_admin=True)
    changed, closed = signing_in(), signing_in()
    alice.set_password("another long sentence")
    alice.save()
    assert changed.post("/login/code/", {"code": code(app[0])})["Location"] == "/login/"
    alice.set_password(PASSWORD)
    alice.save()
    closed = signing_in()
    close(alice, by=alice.actor, door=Door.WEB)
    assert closed.post("/login/code/", {"code": code(app[0])})["Location"] == "/login/"
    assert signing_in().get("/login/code/")["Location"] == "/login/"


@pytest.mark.parametrize(("whom", "asked"), [("off", []), ("admins", ["admin"]), ("all", ["admin", "alice"])])
def test_who_must_have_one_is_led_to_set_it_up_and_reaches_nothing_else(
    alice: User, settings: Any, whom: str, asked: list[str]
) -> None:
    asked_for(settings, SecondFactor(whom))
    for user in (alice, person("admin", is_admin=True)):
        user.set_password(PASSWORD)
        user.save()
        client = signing_in(user.name)
        assert (client.get("/activity/").status_code == 302) is (user.name in asked)
        if user.name not in asked:
            continue
        page = client.get("/login/set-up/").content.decode()
        secret = secret_on(page)
        assert "<svg" in page
        assert client.post("/login/set-up/", {"code": "000000"}).status_code == 422
        shown = client.post("/login/set-up/", {"code": code(secret, -1)})
        codes = re.findall(r"<code>([\d-]+)</code>", shown.content.decode())
        assert len(codes) == 10
        assert client.get("/activity/").status_code == 302, "the codes are still to be read"
        assert codes[0] not in client.get("/login/set-up/").content.decode()
        assert client.post("/login/set-up/")["Location"] == "/activity/"
        assert client.get("/activity/").status_code == 200
        again = signing_in(user.name)
        assert again.get("/login/set-up/")["Location"] == "/login/"
        assert again.post("/login/code/", {"code": code(secret)})["Location"] == "/activity/"


def test_a_session_from_before_the_setting_ends(alice: User, page_of_alice: Client, settings: Any) -> None:
    assert page_of_alice.get("/account/").status_code == 200
    asked_for(settings, SecondFactor.ALL)
    assert page_of_alice.get("/account/")["Location"] == "/login/?next=/account/"


def test_an_open_screen_is_not_enough_to_change_how_one_signs_in(app: tuple[str, list[str]], alice: User) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(alice)
    [pk] = Authenticator.objects.filter(type="totp").values_list("pk", flat=True)
    for path in (f"/account/security/{pk}/remove/", "/account/security/codes/", "/account/security/new/"):
        assert client.post(path)["Location"].startswith("/account/confirm/"), path
    assert Authenticator.objects.count() == 2
    assert client.post("/account/confirm/", {"password": "wrong"}).status_code == 422
    form = {"password": PASSWORD, "next": "/account/security/new/"}
    assert client.post("/account/confirm/", form)["Location"] == "/account/security/new/"
    assert client.post(f"/account/security/{pk}/remove/")["Location"] == "/account/security/"
    assert not Authenticator.objects.exists()
    assert signing_in().get("/contacts/").status_code == 200


def test_one_adds_an_app_and_makes_new_codes(alice: User) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    client = signing_in()
    secret = secret_on(client.get("/account/security/new/").content.decode())
    shown = client.post("/account/security/new/", {"code": code(secret)}).content.decode()
    first = re.findall(r"<code>([\d-]+)</code>", shown)
    assert f"data:text/plain;charset=utf-8,{'%0A'.join(first)}" in shown
    second = re.findall(r"<code>([\d-]+)</code>", client.post("/account/security/codes/").content.decode())
    page = text_of(client.get("/account/security/").content)
    assert "App with codes" in page
    assert "10 left" in page
    assert signing_in().post("/login/code/", {"code": first[0]}).status_code == 422
    assert signing_in().post("/login/code/", {"code": second[0]}).status_code == 302


def test_the_last_factor_stays_where_one_is_asked_for_and_nobody_removes_another_s(
    app: tuple[str, list[str]], alice: User, settings: Any, mallory: User
) -> None:
    asked_for(settings, SecondFactor.ALL)
    client = signing_in()
    client.post("/login/code/", {"code": code(app[0])})
    [pk] = Authenticator.objects.filter(type="totp").values_list("pk", flat=True)
    client.post(f"/account/security/{pk}/remove/")
    assert "Add another way first" in text_of(client.get("/account/security/").content)
    with_app(mallory)
    asked_for(settings, SecondFactor.OFF)
    foreign = Authenticator.objects.get(type="totp", user=mallory).pk
    assert client.post(f"/account/security/{foreign}/remove/").status_code == 404
    assert Authenticator.objects.filter(type="totp").count() == 2


def test_the_database_alone_gives_no_code(app: tuple[str, list[str]]) -> None:
    for row in Authenticator.objects.all():
        kept = str(row.data)
        assert app[0] not in kept
        assert not any(each.replace("-", "") in kept for each in app[1])
