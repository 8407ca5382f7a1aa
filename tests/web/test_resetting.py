"""A new password for who forgot theirs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from farley.accounts import resetting, tasks
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.throttling import PAIR
from farley.jobs.worker import run_ready
from tests.accounts.mail_server import MailServer
from tests.cast import person
from tests.together import at_once
from tests.web.reading import text_of
from tests.web.second_factors import PASSWORD, shown_to_be, with_app

pytestmark = pytest.mark.django_db
NEW = "another long sentence"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def forgetful(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def link_in(text: str) -> str:
    [found] = re.findall(r"http://[^/\s]+(/reset/[^\s]+/)", text)
    return str(found)


def deliver() -> None:
    """What the worker does with mails that are due, on the test's own connection."""
    for waiting in DBTaskResult.objects.ready().order_by("enqueued_at"):
        waiting.delete()
        tasks.mail_reset_link.func(*waiting.args_kwargs["args"])


@pytest.mark.django_db(transaction=True)
def test_a_link_comes_by_mail_and_sets_a_new_password_once(
    forgetful: User, mails: MailServer, client: Client, as_user: Callable[[User], Client]
) -> None:
    inside = as_user(forgetful)
    inside.post("/login/", {"username": "alice", "password": PASSWORD})
    asked = client.post("/reset/", {"username": " ALICE@example.org "}, headers=ENGLISH | {"host": "localhost:8000"})
    assert "a mail with a link is on its way" in text_of(asked.content)
    run_ready("quick")
    [mail] = mails.received
    assert (mail["To"], mail["From"]) == ("alice@example.org", "farley@example.org")
    assert mail["Subject"] == "A new password for Farley"
    body = mail.get_content()
    assert "http://localhost:8000/reset/" in body
    link = link_in(body)
    assert client.post(link, {"password": "short"}).status_code == 422
    page = client.get(link)
    assert (page["Referrer-Policy"], "no-store" in page["Cache-Control"]) == ("same-origin", True)
    done = client.post(link, {"password": NEW})
    assert done["Location"] == "/login/"
    assert client.get("/contacts/").status_code == 302, "a link signs nobody in"
    assert inside.get("/contacts/").status_code == 302
    assert client.get(link).status_code == 404
    assert client.post("/login/", {"username": "alice", "password": NEW})["Location"] == "/today/"
    assert Event.objects.filter(verb=Verb.PASSWORD_RESET, about=forgetful).count() == 1


def test_a_mail_speaks_the_language_of_its_reader(forgetful: User, mails: MailServer, client: Client) -> None:
    User.objects.update(language="de")
    client.post("/reset/", {"username": "alice"}, headers=ENGLISH)
    deliver()
    assert mails.received[0]["Subject"] == "Ein neues Passwort für Farley"


def test_nobody_learns_who_has_an_account(forgetful: User, mails: MailServer, client: Client) -> None:
    person("closed")
    User.objects.filter(name="closed").update(is_active=False)
    person("single-sign-on")  # without a password of its own
    asked = ("alice", "nobody", "nobody@example.org", "closed", "single-sign-on", "", "a\x85b")
    answers = {text_of(client.post("/reset/", {"username": who}, headers=ENGLISH).content) for who in asked}
    assert len(answers) == 1
    deliver()
    assert [mail["To"] for mail in mails.received] == ["alice@example.org"]
    assert Event.objects.filter(verb=Verb.RESET_ASKED).count() == 1


def test_mail_is_not_poured_over_somebody(forgetful: User, mails: MailServer, client: Client) -> None:
    answers = [client.post("/reset/", {"username": "alice"}).status_code for _ in range(PAIR + 2)]
    assert answers == [200] * PAIR + [429] * 2


def test_a_mail_server_that_is_away_is_asked_again_later(forgetful: User, mails: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    resetting.ask("alice", "en", "http://localhost", "192.0.2.1")
    deliver()
    settings.EMAIL_PORT = mails.port
    deliver()
    assert mails.received == []
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        deliver()
    assert len(mails.received) == 1


def test_a_link_ends_after_an_hour_and_with_whatever_changes(forgetful: User, client: Client) -> None:
    link = f"/reset/{resetting.link_of(forgetful)}/"
    assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert client.get(link).status_code == 404
    for forged in (link[:-2] + "/", link.replace("-", "", 1), "/reset/zzz-1-2/", "/reset/-/", "/reset/é-1/"):
        assert client.get(forged).status_code == 404, forged
    Client().post("/login/", {"username": "alice", "password": PASSWORD})
    assert client.get(link).status_code == 404, "who signs in knows the password again"
    forgetful.refresh_from_db()
    link = f"/reset/{resetting.link_of(forgetful)}/"
    User.objects.update(is_active=False)
    assert client.get(link).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_those_who_follow_a_link_at_once_one_sets_the_password() -> None:
    link = resetting.link_of(person("alice"))
    answers = at_once(*[partial(resetting.reset_password, link, NEW, "")] * 6)
    assert sorted(type(answer).__name__ for answer in answers) == [*["NoSuchReset"] * 5, "User"]


def test_a_new_password_does_not_stand_for_the_second_factor(forgetful: User, client: Client) -> None:
    with_app(forgetful)
    forgetful.refresh_from_db()
    client.post(f"/reset/{resetting.link_of(forgetful)}/", {"password": NEW})
    assert client.post("/login/", {"username": "alice", "password": NEW})["Location"] == "/login/code/"


def test_without_mail_an_administrator_makes_the_link(
    forgetful: User, client: Client, mallory: User, as_user: Callable[[User], Client]
) -> None:
    assert "Ask an administrator" in text_of(client.get("/reset/", headers=ENGLISH).content)
    assert "Ask an administrator" in text_of(client.post("/reset/", {"username": "alice"}, headers=ENGLISH).content)
    address = "/instance/accounts/alice/"
    assert as_user(mallory).post(address, {"act": "reset-link"}).status_code == 404
    admin = shown_to_be(person("admin", is_admin=True))
    shown = admin.post(address, {"act": "reset-link"}).content.decode()
    assert "/reset/" not in admin.get(address).content.decode()
    assert client.post(link_in(shown.replace('"', " ")), {"password": NEW}).status_code == 302
    assert Event.objects.get(verb=Verb.RESET_ASKED).user.name == "admin"
