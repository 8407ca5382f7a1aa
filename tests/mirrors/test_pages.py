"""The pages of mirrors, as the managers of a space use them."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from django.urls import reverse

from farley.accounts.events import Event
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal.models import Door
from farley.journal.undo import undo
from farley.mirrors.models import Mirror, MirrorItem
from farley.mirrors.tasks import run_due_mirrors
from farley.spaces.models import Space
from tests.cast import a_card, hand_of
from tests.mirrors.keeping import cards_of, in_step, last_run, live, mirror_of, work
from tests.mirrors.outside import LOGIN, PASSWORD, Outside

pytestmark = pytest.mark.django_db

ADA = a_card("Ada King", uid="ada")
POLLS = 'id="mirror" hx-get='


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def typed(outside: Outside, **more: str) -> dict[str, str]:
    return {"address": outside.address, "login": LOGIN, "password": PASSWORD, "minutes": "60", "rule": "1", **more}


def about(mirror: Mirror) -> str:
    return reverse("mirror", args=[mirror.space.name, mirror.pk])


def text_of(page: Client, mirror: Mirror) -> str:
    return page.get(about(mirror)).content.decode()


def test_from_the_form_to_the_first_contacts_and_back(page: Client, outside: Outside, space: Space) -> None:
    outside.put("ada.vcf", ADA)
    answer = page.post(reverse("mirrors", args=["friends"]), typed(outside))
    mirror = Mirror.objects.get()
    assert answer.headers["Location"] == about(mirror)
    assert (mirror.name, mirror.book) == ("Friends", outside.address)
    text = text_of(page, mirror)
    assert POLLS in text
    assert PASSWORD not in text
    work()
    assert cards_of(space) == {ADA}
    text = text_of(page, mirror)
    assert "1 added here" in text
    assert POLLS not in text
    undo = text.partition('action="/activity/')[2].partition('"')[0]
    page.post(f"/activity/{undo}", {"next": about(mirror)})
    assert live(space) == []
    page.post(about(mirror), {"act": "run"})
    work()
    text = text_of(page, mirror)
    assert "was undone here" in text
    assert "Run it now" not in text
    page.post(about(mirror), {"act": "keep", "hold": "undone"})
    work()
    assert cards_of(space) == {ADA}


def test_what_the_server_says_to_the_form_is_told_and_what_was_typed_stays_but_for_the_password(
    page: Client, outside: Outside, space: Space
) -> None:
    answer = page.post(reverse("mirrors", args=["friends"]), typed(outside, password="a wrong secret", ways="both"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "does not accept the name and password" in text
    assert outside.address in text
    assert 'value="both" checked' in text
    assert "a wrong secret" not in text
    for address, words in (
        ("https://ada:secret@example.org/", "do not belong into the address"),
        ("ftp://example.org/", "no address of a server"),
        ("http://192.168.1.1/", "in a private network"),
        ("https://[::1", "no address of a server"),
    ):
        answer = page.post(reverse("mirrors", args=["friends"]), typed(outside, address=address))
        assert (answer.status_code, words in answer.content.decode()) == (422, True), address
    assert Mirror.objects.count() == 0


def test_of_several_address_books_one_is_chosen(page: Client, outside: Outside, space: Space) -> None:
    outside.books = {"/book2/": "Work", "/book3/": "Outside"}
    outside.put("ada.vcf", ADA)
    page.post(reverse("mirrors", args=["friends"]), typed(outside, address=f"http://127.0.0.1:{outside.port}/"))
    mirror = Mirror.objects.get()
    text = text_of(page, mirror)
    assert "Which address book?" in text
    assert "Work" in text
    page.post(about(mirror), {"act": "run"})
    page.post(about(mirror), {"act": "choose", "book": "http://127.0.0.1:1/other/"})
    mirror.refresh_from_db()
    assert mirror.book == ""
    page.post(about(mirror), {"act": "choose", "book": outside.address})
    work()
    mirror.refresh_from_db()
    assert (mirror.name, cards_of(space)) == ("Friends", {ADA})


def test_paused_removed_and_brought_back(page: Client, outside: Outside, space: Space, mirror: Mirror) -> None:
    work()
    outside.put("ada.vcf", ADA)
    page.post(about(mirror), {"act": "pause"})
    Mirror.objects.update(next_at=mirror.created_at)
    assert run_due_mirrors.call() == 0
    page.post(about(mirror), {"act": "resume"})
    work()
    assert cards_of(space) == {ADA}

    page.post(about(mirror), {"act": "remove"})
    mirror.refresh_from_db()
    assert (mirror.sealed_password, cards_of(space)) == ("", {ADA})
    assert "Bring it back" in page.get(reverse("mirrors", args=["friends"])).content.decode()
    page.post(about(mirror), {"act": "back"})
    text = text_of(page, mirror)
    assert "was forgotten when the mirror was removed" in text
    assert "Let it run by itself" not in text
    page.post(about(mirror), {"act": "save", "name": "Outside", "login": LOGIN, "password": PASSWORD, "rule": "1"})
    assert "Type it anew" not in text_of(page, mirror), "while it runs"
    work()
    mirror.refresh_from_db()
    assert (mirror.trouble, mirror.state, len(live(space))) == ("", Mirror.State.ON, 1)


def test_a_mirror_that_is_due_runs_by_itself_and_once(outside: Outside, space: Space, mirror: Mirror) -> None:
    work()
    outside.put("ada.vcf", ADA)
    assert run_due_mirrors.call() == 0
    Mirror.objects.update(next_at=mirror.created_at)
    assert run_due_mirrors.call() == 1
    assert run_due_mirrors.call() == 0
    work()
    assert cards_of(space) == {ADA}


def test_a_conflict_is_decided_by_a_button(
    page: Client, outside: Outside, space: Space, both: Mirror, alice: User
) -> None:
    page.post(
        about(both), {"act": "save", "name": "Outside", "login": LOGIN, "ways": "both", "rule": "4", "minutes": "15"}
    )
    outside.put("ada.vcf", ADA)
    in_step(both)
    ours = ADA.replace(b"King", b"Here")
    hand_of(alice).store(space, ours, href="ada.vcf")
    outside.put("ada.vcf", ADA.replace(b"King", b"There"))
    in_step(both)
    text = text_of(page, both)
    assert "It was changed on both sides. Nothing is done until somebody decides." in text
    assert "Take ours" in text
    item = MirrorItem.objects.get()
    page.post(about(both), {"act": "decide", "card": str(item.pk), "rule": "2"})
    work()
    assert outside.cards == {"ada.vcf": ours}
    assert "Take ours" not in text_of(page, both)


def test_another_name_needs_its_password_and_the_address_cannot_be_changed(
    page: Client, outside: Outside, mirror: Mirror
) -> None:
    before = mirror.sealed_password
    page.post(about(mirror), {"act": "save", "name": "X", "login": "eve", "address": "https://evil.example/"})
    mirror.refresh_from_db()
    assert (mirror.name, mirror.login, mirror.address) == ("Outside", LOGIN, outside.address)
    page.post(about(mirror), {"act": "save", "name": "X", "login": LOGIN, "address": "https://evil.example/"})
    mirror.refresh_from_db()
    assert (mirror.name, mirror.address, mirror.sealed_password) == ("X", outside.address, before)


def test_buttons_of_a_page_from_before_decide_nothing_new(
    page: Client, outside: Outside, space: Space, alice: User, both: Mirror
) -> None:
    for number in range(12):
        outside.put(f"{number}.vcf", a_card(f"Person {number}", uid=f"p{number}"))
    in_step(both)
    undo(last_run(both).batch, by=alice.actor, door=Door.WEB)
    in_step(both)
    page.post(about(both), {"act": "go-on", "hold": "deletes_here"})
    work()
    assert (Mirror.objects.get().held_for, len(outside.cards)) == ("undone", 12)
    assert 'name="hold" value="undone"' in text_of(page, both)


def test_the_password_of_somebody_who_has_left_is_not_used_by_who_takes_the_mirror_over(
    page: Client, outside: Outside, space: Space, bob: User
) -> None:
    space.memberships.filter(user=bob).update(role=Role.MANAGER)
    mirror = mirror_of(space, bob, outside)
    space.memberships.filter(user=bob).delete()
    page.post(about(mirror), {"act": "save", "name": "X", "login": LOGIN})
    outside.put("ada.vcf", ADA)
    work()
    assert (live(space), Mirror.objects.get().user) == ([], bob)
    page.post(about(mirror), {"act": "save", "name": "X", "login": LOGIN, "password": PASSWORD})
    page.post(about(mirror), {"act": "run"})
    work()
    assert cards_of(space) == {ADA}


def test_no_log_and_no_journal_has_the_password(
    page: Client, outside: Outside, space: Space, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page.post(reverse("mirrors", args=["friends"]), typed(outside))
    work()
    outside.fault = lambda handler: handler.say(500) is None
    page.post(about(Mirror.objects.get()), {"act": "run"})
    work()
    assert PASSWORD not in caplog.text
    told = [(event.verb, event.subject, str(event.details)) for event in Event.objects.all()]
    assert ("setting.mirror_added", "Friends", "{'private': False}") in told
    assert PASSWORD not in str(told)
    assert PASSWORD not in str(list(Mirror.objects.values()))
