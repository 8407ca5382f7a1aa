"""Where one is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from farley.accounts import sessions
from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from tests.cast import person
from tests.web.reading import text_of
from tests.web.second_factors import PASSWORD, code, shown_to_be, signing_in, with_app

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile Safari/604"


@pytest.fixture
def signed_in(alice: User) -> tuple[Client, Client]:
    """At the desk, and on a phone."""
    alice.set_password(PASSWORD)
    alice.save()
    desk, phone = Client(headers={"Accept-Language": "en"}), Client(headers={"User-Agent": PHONE})
    for client in (desk, phone):
        client.post("/login/", {"username": "alice", "password": PASSWORD})
    return desk, phone


def ids(client: Client) -> list[int]:
    key = client.session.session_key
    return [row.pk for row in UserSession.objects.order_by("pk") if row.session_key == key]


def test_one_sees_where_one_is_signed_in_and_signs_out_there(signed_in: tuple[Client, Client]) -> None:
    desk, phone = signed_in
    page = text_of(desk.get("/account/security/").content)
    assert "Safari, iPhone" in page
    assert "127.0.0.1" in page
    [pk] = ids(phone)
    assert desk.post(f"/account/sessions/{pk}/end/")["Location"] == "/account/security/"
    assert phone.get("/contacts/").status_code == 302
    assert desk.get("/contacts/").status_code == 200
    assert "iPhone" not in text_of(desk.get("/account/security/").content)
    assert Event.objects.filter(verb=Verb.SESSION_ENDED).count() == 1


def test_one_signs_out_everywhere_else_or_right_here(signed_in: tuple[Client, Client]) -> None:
    desk, phone = signed_in
    desk.post("/account/sessions/end/")
    assert (desk.get("/contacts/").status_code, phone.get("/contacts/").status_code) == (200, 302)
    assert desk.post(f"/account/sessions/{ids(desk)[0]}/end/")["Location"] == "/login/"
    assert desk.get("/contacts/").status_code == 302


def test_nobody_ends_or_sees_the_session_of_somebody_else(
    signed_in: tuple[Client, Client], mallory: User, as_user: Callable[[User], Client]
) -> None:
    desk, _phone = signed_in
    stranger = as_user(mallory)
    assert stranger.post(f"/account/sessions/{ids(desk)[0]}/end/").status_code == 404
    assert "iPhone" not in text_of(stranger.get("/account/security/").content)
    stranger.post("/account/sessions/end/")
    assert desk.get("/contacts/").status_code == 200


def test_a_session_that_somebody_wrote_into_the_database_signs_nobody_in(signed_in: tuple[Client, Client]) -> None:
    desk, phone = signed_in
    assert [client.get("/account/").status_code for client in (desk, phone) for _ in range(2)] == [200] * 4
    row = Session.objects.get(session_key=desk.session.session_key)
    signed = row.session_data
    last = "a" if signed[-1] != "a" else "b"
    for forged in (signed[:-1] + last, "x" + signed, "not signed at all", ""):
        Session.objects.filter(pk=row.pk).update(session_data=forged)
        assert desk.get("/account/").status_code == 302, forged
    Session.objects.filter(pk=row.pk).update(session_data=signed)
    assert desk.get("/account/").status_code == 200
    assert phone.get("/account/").status_code == 200


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(signed_in: tuple[Client, Client]) -> None:
    desk, phone = signed_in
    before = desk.session.session_key
    new = "another long sentence"
    desk.post("/account/password/", {"current": PASSWORD, "password": new, "again": new})
    assert (desk.get("/contacts/").status_code, phone.get("/contacts/").status_code) == (200, 302)
    assert desk.session.session_key != before
    assert [row.session_key for row in UserSession.objects.all()] == [desk.session.session_key]


def test_when_a_session_was_seen_last_is_written_rarely(signed_in: tuple[Client, Client]) -> None:
    desk, _phone = signed_in
    sessions.uses.flush()
    sessions._noted.clear()
    UserSession.objects.update(last_seen_at="2026-01-01T00:00:00Z")
    for _ in range(3):
        desk.get("/contacts/")
    waiting = list(sessions.uses._items)
    assert len(waiting) == 1
    desk.get("/account/security/")
    assert UserSession.objects.filter(last_seen_at__year=2026, last_seen_at__month=1).count() == 1


def test_an_administrator_lets_somebody_in_again_who_lost_the_second_factor(
    alice: User, mallory: User, as_user: Callable[[User], Client]
) -> None:
    secret, _codes = with_app(alice)
    inside = signing_in()
    inside.post("/login/code/", {"code": code(secret)})
    assert as_user(mallory).post("/instance/accounts/alice/", {"act": "reset-factor"}).status_code == 404
    assert Authenticator.objects.exists()
    admin = shown_to_be(person("admin", is_admin=True))
    assert "Reset the second factor" in text_of(admin.get("/instance/accounts/alice/").content)
    admin.post("/instance/accounts/alice/", {"act": "reset-factor"})
    assert not Authenticator.objects.exists()
    assert inside.get("/contacts/").status_code == 302
    assert signing_in().get("/contacts/").status_code == 200
    assert Event.objects.filter(verb=Verb.FACTOR_REMOVED, about=alice, user__name="admin").exists()
