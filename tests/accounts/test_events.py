"""The instance journal: who signed in, from where; read by administrators alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.actor import COMMAND
from farley.accounts.doors import Door
from farley.accounts.events import Event, Topic, Verb, note
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.database.turns import write_turn
from farley.spaces.operations import add_person
from tests.cast import person, space_of, team
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough sentence"


@pytest.fixture
def grace() -> User:
    grace = person("grace", is_admin=True)
    grace.set_password(PASSWORD)
    grace.save()
    return grace


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    def client_of(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return client_of


def test_signing_in_and_out_and_failing_are_noted_with_the_address(grace: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post("/login/", {"username": "grace", "password": "wrong"})
    client.post("/login/", {"username": "grace", "password": PASSWORD})
    client.post("/logout/")
    failed, signed_in, signed_out = Event.objects.order_by("pk")
    assert (failed.verb, failed.user, failed.about) == (Verb.LOGIN_FAILED, None, grace)
    assert (signed_in.verb, signed_in.user, signed_in.address) == (Verb.LOGGED_IN, grace, "192.0.2.7")
    assert (signed_out.verb, signed_out.user) == (Verb.LOGGED_OUT, grace)


def test_what_was_typed_for_a_name_that_nobody_has_is_not_kept(grace: User) -> None:
    Client().post("/login/", {"username": "my secret password", "password": "another"})
    [event] = Event.objects.all()
    assert event.verb == Verb.LOGIN_FAILED
    assert "secret" not in str(vars(event))


def test_a_new_account_is_noted() -> None:
    add_person("dana", "dana@example.org", PASSWORD, is_admin=True)
    event = Event.objects.get(verb=Verb.USER_ADDED)
    assert (event.about, event.details) == (User.objects.get(name="dana"), {"admin": True})


def test_an_export_is_noted_and_a_private_space_is_not_named(alice: User, as_user: Callable[[User], Client]) -> None:
    b"".join(as_user(alice).get(f"/contacts/export/?download=1&space={space_of(alice).name}").streaming_content)
    event = Event.objects.get(verb=Verb.EXPORTED)
    assert (event.user, event.subject, event.details) == (alice, "", {"private": True})


def test_an_event_is_undone_with_what_it_tells_of(alice: User) -> None:
    def fail() -> None:
        with write_turn():
            note(Verb.USER_CHANGED, by=COMMAND, door=Door.CLI, about=alice)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Event.objects.exists()


def test_administrators_filter_and_leaf_through_the_journal(
    grace: User, alice: User, as_user: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farley.web.spaces.instance.PAGE", 2)
    for number in range(4):
        note(Verb.DEVICE_ADDED, by=alice.actor, door=Door.WEB, subject=f"phone {number}")
    note(Verb.USER_CHANGED, by=grace.actor, door=Door.WEB, about=alice, subject="alice")
    client = as_user(grace)
    page = client.get(f"/instance/journal/?topic={Topic.DEVICE.value}")
    assert "Device added: phone 3" in text_of(page.content)
    assert "phone 1" not in text_of(page.content)
    older = text_of(client.get(f"/instance/journal/?topic=3&before={page.context['older']}").content)
    assert "phone 1" in older
    assert "Account changed" in text_of(client.get("/instance/journal/?person=alice").content)
    assert "Nothing in the journal fits" in text_of(client.get("/instance/journal/?person=nobody").content)


def test_nobody_else_reads_it(alice: User, as_user: Callable[[User], Client]) -> None:
    note(Verb.DEVICE_ADDED, by=alice.actor, door=Door.WEB, subject="phone")
    assert as_user(alice).get("/instance/journal/").status_code == 404
    assert not Event.objects.visible_to(alice.actor).exists()


def test_every_verb_has_a_topic() -> None:
    assert {verb.topic for verb in Verb} == set(Topic)


def test_a_space_that_is_shared_is_named(alice: User, as_user: Callable[[User], Client]) -> None:
    space = team("sales", alice=Role.READER)
    b"".join(as_user(alice).get(f"/contacts/export/?download=1&space={space.name}").streaming_content)
    assert Event.objects.get(verb=Verb.EXPORTED).subject == "Sales"
