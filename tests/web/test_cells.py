"""Cells of the list, edited where they stand."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.listing import tags_of
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Door, Noun
from tests.cast import a_card, hand_of, space_of, team

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(contact: Contact, column: str) -> str:
    return f"/contacts/{contact.pk}/cells/{column}/?columns=org,email,city,tag,owner,follow-up"


def opened(client: Client, contact: Contact, column: str) -> dict[str, str]:
    """What the editor of a cell sends when nobody touches it."""
    html = client.get(url(contact, column), headers=HTMX).content.decode()
    chosen = re.search(r'<option value="([^"]*)" selected', html)
    fields = dict(re.findall(r'<input[^>]* name="(was|ref|value)"[^>]* value="([^"]*)"', html))
    return {"value": chosen[1] if chosen else "", **fields}


def typed(client: Client, contact: Contact, column: str, value: str, **more: str) -> Any:
    sent = {**opened(client, contact, column), "value": value, **more}
    return client.post(url(contact, column), sent, headers=HTMX)


@pytest.fixture
def ada(alice: User) -> Contact:
    lines = ("ORG:Yard;Engines", "TITLE:Countess", "EMAIL;TYPE=home:a@example.org", "EMAIL;PREF=1:ada@example.org")
    address = "ADR;TYPE=work:;;Main St 1;Leeds;;LS1;"
    return hand_of(alice).contact(
        space_of(alice), a_card("Ada King", *lines, address, "CATEGORIES:Press", version="4.0")
    )


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        ("email", "ada@example.com", b"EMAIL;PREF=1:ada@example.com"),
        ("org", "Dock", b"ORG:Dock;Engines"),
        ("title", "Analyst", b"TITLE:Analyst"),
        ("city", "York", b"ADR;TYPE=work:;;Main St 1;York;;LS1;"),
        ("phone", "+44 1 234567", b"TEL:+44 1 234567"),
        ("tag", 'Press, "a, b"', b"CATEGORIES:Press,a\\, b"),
    ],
)
def test_a_cell_is_what_the_card_says_and_the_rest_of_it_stays(
    ada: Contact, page_of_alice: Client, column: str, value: str, line: bytes
) -> None:
    before = {each for each in ada.content.data.split(b"\r\n") if each}
    response = typed(page_of_alice, ada, column, value)
    ada.refresh_from_db()
    after = {each for each in ada.content.data.split(b"\r\n") if each}
    assert line in after
    assert len(before - after) <= 1
    assert f'hx-swap-oob="outerHTML:[data-rows] > [data-id=&quot;{ada.pk}&quot;]"' in response.content.decode()
    page_of_alice.post(re.search(rb'action="(/activity/\d+/undo/)"', response.content)[1].decode())  # type: ignore[index]
    ada.refresh_from_db()
    assert {each for each in ada.content.data.split(b"\r\n") if each} == before


def test_owner_follow_up_and_own_fields_are_edited_in_their_cells(
    alice: User, bob: User, page_of_alice: Client
) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.READER)
    ada = hand_of(alice).contact(sales)
    level = defining.define(
        Noun.CONTACT, sales, label="Level", kind=Field.Kind.CHOICE, choices=["A", "B"], by=alice.actor, door=Door.WEB
    )
    typed(page_of_alice, ada, "owner", "bob")
    typed(page_of_alice, ada, "follow-up", "2026-12-31")
    typed(page_of_alice, ada, level.name, "2")
    ada.refresh_from_db()
    assert (ada.owner, str(ada.follow_up_on), ada.own) == (bob, "2026-12-31", {str(level.pk): 2})
    for column, value, word in (
        ("owner", "mallory", "Nobody of this name"),
        ("follow-up", "someday", "no day"),
        (level.name, "9", "no such value"),
        ("email", "nothing", "no e-mail address"),
    ):
        refused = typed(page_of_alice, ada, column, value)
        assert (refused.status_code, word in refused.content.decode()) == (422, True), column


def test_a_value_that_changed_meanwhile_is_shown_beside_the_typed_one(alice: User, page_of_alice: Client) -> None:
    sales = team("sales", alice=Role.MANAGER)
    ada = hand_of(alice).contact(sales, a_card("Ada King", "EMAIL:ada@example.org"))
    shown = {column: opened(page_of_alice, ada, column) for column in ("email", "follow-up", "title")}
    card = ada.card.with_text(ada.card.properties("EMAIL")[0].index, "other@example.org").added(
        "TITLE", text="Countess"
    )
    hand_of(alice).store(sales, card.octets, href=ada.href)
    operations.follow_up([ada], dt.date(2027, 1, 1), by=alice.actor, door=Door.WEB, batch=None)

    def saved(column: str, value: str) -> HttpResponse:
        return page_of_alice.post(url(ada, column), {**shown[column], "value": value}, headers=HTMX)  # type: ignore[return-value]

    for column, value, theirs in (
        ("email", "mine@example.org", "other@example.org"),
        ("follow-up", "2028-02-02", "2027-01-01"),
        ("title", "Analyst", "Countess"),
    ):
        response = saved(column, value)
        assert response.status_code == 409, column
        html = response.content.decode()
        assert theirs in html
        assert value in html
        again = dict(re.findall(r'<input[^>]* name="(was|ref)"[^>]* value="([^"]*)"', html))
        picked = page_of_alice.post(url(ada, column), {**again, "value": value, "pick": "mine"}, headers=HTMX)
        assert picked.status_code == 200
    ada.refresh_from_db()
    assert (ada.email, str(ada.follow_up_on), ada.job_title) == ("mine@example.org", "2028-02-02", "Analyst")


def test_tags_that_others_gave_meanwhile_stay(ada: Contact, alice: User, page_of_alice: Client) -> None:
    shown = opened(page_of_alice, ada, "tag")
    hand_of(alice).store(space_of(alice), ada.card.with_categories(["Press", "Fair"]).octets, href=ada.href)
    page_of_alice.post(url(ada, "tag"), {**shown, "value": "VIP"}, headers=HTMX)
    assert set(tags_of([ada.pk])[ada.pk]) == {"Fair", "VIP"}


def test_an_emptied_cell_takes_the_value_off_the_card(ada: Contact, page_of_alice: Client) -> None:
    for column in ("org", "email", "title", "tag"):
        assert typed(page_of_alice, ada, column, "").status_code == 200
    ada.refresh_from_db()
    assert (ada.organisation_name, ada.email, ada.job_title) == ("", "a@example.org", "")
    assert b"ORG" not in ada.content.data


def test_an_organisation_has_no_cell_for_its_own_name(alice: User, page_of_alice: Client) -> None:
    yard = hand_of(alice).contact(space_of(alice), a_card("Yard", "KIND:org", "ORG:Yard", version="4.0"))
    assert page_of_alice.get(url(yard, "org"), headers=HTMX).status_code == 404
    assert "data-fixed" in page_of_alice.get("/contacts/").content.decode()
