"""What others change while a page is open: told by a question that nearly always has no answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.journal.models import Door
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of, team
from tests.conversations.writing import note
from tests.web.reading import hx


@pytest.fixture
def ada(alice: User, bob: User) -> Contact:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    return hand_of(alice).contact(sales, a_card("Ada King", "EMAIL:ada@example.org", uid="ada"))


def question(html: str) -> str:
    found = re.search(r'data-live="([^"]+)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def changed(contact: Contact, by: User, *lines: str, door: Door = Door.WEB) -> None:
    hand_of(by, door).store(contact.space, a_card("Ada King", *lines, uid="ada"), href=contact.href)


def test_an_open_record_hears_of_others_and_only_of_what_is_about_it(
    ada: Contact, alice: User, bob: User, page_of_alice: Client
) -> None:
    asked = question(page_of_alice.get(f"/contacts/{ada.pk}/").content.decode())
    assert page_of_alice.get(asked, headers=hx()).status_code == 204
    hand_of(bob).contact(ada.space, a_card("Somebody else"))
    html = page_of_alice.get(asked, headers=hx()).content.decode()
    assert "summary" not in html  # it is not about her: only the next question is another one
    asked = question(html)
    assert page_of_alice.get(asked, headers=hx()).status_code == 204
    changed(ada, alice, "EMAIL:mine@example.org")  # in this tab
    asked = question(page_of_alice.get(asked, headers=hx()).content.decode())
    changed(ada, bob, "EMAIL:theirs@example.org")
    html = page_of_alice.get(asked, headers=hx()).content.decode()
    assert "bob changed this just now." in html
    assert "theirs@example.org" in html
    html = page_of_alice.get(f"{asked}&busy=facts,timeline", headers=hx()).content.decode()
    assert 'id="facts"' not in html  # somebody is editing there
    assert 'id="meta"' in html
    asked = question(html)
    note(bob, "A new note", ada)
    assert "A new note" in page_of_alice.get(asked, headers=hx()).content.decode()


def test_an_open_record_hears_that_it_is_gone(
    ada: Contact, bob: User, mallory: User, page_of_alice: Client, as_user: Callable[[User], Client]
) -> None:
    asked = question(page_of_alice.get(f"/contacts/{ada.pk}/").content.decode())
    as_user(bob).post(f"/contacts/{ada.pk}/delete/")
    html = page_of_alice.get(asked, headers=hx()).content.decode()
    assert "Somebody has deleted this contact." in html
    assert "data-live" not in html
    assert as_user(mallory).get(asked, headers=hx()).status_code == 404


def test_an_open_list_says_how_many_others_changed(ada: Contact, alice: User, bob: User, page_of_alice: Client) -> None:
    asked = question(page_of_alice.get("/contacts/?kind=person").content.decode())
    assert page_of_alice.get(asked, headers=hx()).status_code == 204
    changed(ada, alice, "EMAIL:mine@example.org")
    assert page_of_alice.get(asked, headers=hx()).status_code == 204
    changed(ada, bob, "EMAIL:theirs@example.org")
    headers = hx() | {"HX-Current-URL": "http://testserver/contacts/?kind=person"}
    html = page_of_alice.get(asked, headers=headers).content.decode()
    assert "1 contact was changed by others." in html
    assert 'href="/contacts/?kind=person"' in html


def test_an_open_calendar_hears_what_others_and_devices_change_and_one_may_read(
    alice: User, bob: User, page_of_alice: Client
) -> None:
    sales, plain = a_calendar(team("sales", alice=Role.READER, bob=Role.EDITOR)), a_calendar(space_of(alice))
    asked = question(page_of_alice.get("/calendar/?view=week").content.decode())
    assert question(page_of_alice.get("/tasks/").content.decode()) == asked
    assert page_of_alice.get(asked, headers=hx()).status_code == 204
    hand_of(bob).put(sales, an_event("Hidden", "CLASS:PRIVATE", uid="h"), href="h.ics")
    hand_of(alice).put(plain, an_event("Mine", uid="m"), href="m.ics")
    html = page_of_alice.get(asked, headers=hx()).content.decode()
    assert ("changed by others" in html, question(html) != asked) == (False, True)
    asked = question(html)
    hand_of(bob).put(sales, an_event("Lunch", uid="l"), href="l.ics")
    hand_of(alice, Door.DAV).put(plain, an_event("Mine", "LOCATION:Here", uid="m"), href="m.ics")
    html = page_of_alice.get(asked, headers=hx()).content.decode()
    assert "2 entries were changed by others." in html
    assert page_of_alice.get(question(html), headers=hx()).status_code == 204
    hand_of(alice).put(plain, an_event("Another", uid="n"), href="n.ics")
    html = page_of_alice.get(question(html), headers=hx()).content.decode()
    assert "2 entries were changed by others." in html, "it stays told after what one does oneself"
    hand_of(bob).put(sales, an_event("Tea", uid="t"), href="t.ics")
    assert "3 entries were changed by others." in page_of_alice.get(question(html), headers=hx()).content.decode()
    page_of_alice.post("/calendar/shown/", {"calendar": [plain.pk]})
    assert "1 entry was changed by others." in page_of_alice.get(asked, headers=hx()).content.decode()
