"""Administrators look after accounts by page: making one, the office, what ends when it is closed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import sharing as calendar_links
from farley.contacts import sharing
from farley.journal.models import Door
from tests.cast import a_calendar, hand_of, person, space_of, team
from tests.dav.phone import phone_of
from tests.web.reading import text_of
from tests.web.second_factors import PASSWORD, shown_to_be

AsUser = Callable[[User], Client]
NEW = {"name": "Eve", "email": "eve@example.org", "full_name": "Eve Ames"}


@pytest.fixture
def page_of_admin(db: None) -> Client:
    return shown_to_be(person("admin", is_admin=True))


def test_an_account_is_made_and_its_owner_sets_the_password_by_a_link(page_of_admin: Client) -> None:
    made = page_of_admin.post("/instance/accounts/", NEW)
    assert made["Location"] == "/instance/accounts/eve/"
    eve = User.objects.get(name="eve")
    assert (eve.full_name, eve.is_admin, eve.has_usable_password()) == ("Eve Ames", False, False)
    assert space_of(eve).role_of(eve.actor) == Role.MANAGER
    shown = page_of_admin.post("/instance/accounts/eve/", {"act": "reset-link"}).content.decode()
    [link] = re.findall(r'value="http://testserver(/[^"]+)"', shown)
    browser = Client()
    browser.post(link, {"password": PASSWORD})
    assert browser.post("/login/", {"username": "eve", "password": PASSWORD})["Location"] == "/today/"
    assert Event.objects.filter(verb=Verb.USER_ADDED, about=eve, user__name="admin").exists()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"name": "alice"}, "called “alice” already"),
        ({"name": "sales"}, "called “sales” already"),
        ({"name": "no name"}, "cannot be a name"),
        ({"email": "ALICE@example.org"}, "Another account has the e-mail address"),
        ({"email": "nothing"}, "Enter a valid email address"),
    ],
)
def test_an_account_that_cannot_be_made_says_why_and_keeps_what_was_typed(
    page_of_admin: Client, alice: User, typed: dict[str, str], reason: str
) -> None:
    team("sales", alice=Role.MANAGER)
    answer = page_of_admin.post("/instance/accounts/", NEW | typed)
    assert (answer.status_code, reason in text_of(answer.content)) == (422, True)
    assert 'value="Eve Ames"' in answer.content.decode()
    assert User.objects.count() == 2


def test_the_office_is_given_and_taken_and_the_last_one_keeps_it(page_of_admin: Client, alice: User) -> None:
    page_of_admin.post("/instance/accounts/alice/", {"act": "admin"})
    alice.refresh_from_db()
    assert alice.is_admin
    page_of_admin.post("/instance/accounts/alice/", {"act": "no-admin"})
    alice.refresh_from_db()
    assert not alice.is_admin
    answer = page_of_admin.post("/instance/accounts/admin/", {"act": "no-admin"}, follow=True)
    assert "This is the last administrator." in text_of(answer.content)
    assert User.objects.get(name="admin").is_admin
    offices = Event.objects.filter(verb=Verb.USER_CHANGED, about=alice).order_by("pk")
    assert [event.details for event in offices] == [{"admin": True}, {"admin": False}]


def test_what_works_in_somebody_s_right_is_told_before_it_ends(page_of_admin: Client, alice: User) -> None:
    space = team("sales", alice=Role.EDITOR, admin=Role.MANAGER)
    contact = hand_of(alice).contact(space)
    sharing.share(contact, 7, by=alice.actor, door=Door.WEB)
    shows = calendar_links.CalendarLink.Shows.ALL
    calendar_links.share(a_calendar(space, "Plan"), shows, by=alice.actor, door=Door.WEB)
    phone_of(alice, space)
    told = text_of(page_of_admin.get("/instance/accounts/alice/").content)
    assert "1 device or token; 2 links to contacts and calendars." in told


@pytest.mark.parametrize("act", ["reset-link", "reset-factor", "admin"])
def test_an_open_screen_of_an_administrator_opens_no_other_account(alice: User, as_user: AsUser, act: str) -> None:
    admin = as_user(person("admin", is_admin=True))
    asked = admin.post("/instance/accounts/alice/", {"act": act})
    assert asked["Location"] == "/account/confirm/?next=/instance/accounts/alice/"
    alice.refresh_from_db()
    assert not alice.is_admin
    assert not Event.objects.filter(about=alice).exclude(verb=Verb.LOGGED_IN).exists()
