"""Relations and organisations beside a person's facts: shown, added, changed, removed, undone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Affiliation, Contact
from farley.journal.models import Batch
from tests.cast import Hand, a_card, hand_of, space_of, team
from tests.web.reading import hx, text_of

AsUser = Callable[[User], Client]
UUID = "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


def octets(contact: Contact) -> bytes:
    return Contact.objects.get(pk=contact.pk).content.data


def open_editor(client: Client, contact: Contact) -> tuple[str, dict[str, str]]:
    """The address and the fields of the editor of the contact's first relation, as a page without script has it."""
    page = client.get(f"/contacts/{contact.pk}/").content.decode()
    ref = re.search(r'name="edit" value="(\d+)"[^>]*hx-target="#new-relations"', page)
    assert ref is not None
    html = client.get(f"/contacts/{contact.pk}/?edit={ref[1]}").content.decode()
    form = re.search(r'<form class="editing".*?</form>', html, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(was|value|label)"[^>]*? value="([^"]*)"', form[0]))
    action = re.search(r'action="([^"]+)"', form[0])
    assert action is not None
    return action[1], fields


@pytest.mark.parametrize(
    ("version", "line", "after"),
    [
        ("3.0", "X-ABRELATEDNAMES:Byron", b"X-ABRELATEDNAMES:Annabella Milbanke"),
        ("3.0", "X-RELATED;TYPE=parent:urn:uuid:byron", f"X-RELATED;TYPE=parent:urn:uuid:{UUID}".encode()),
        ("4.0", "RELATED;TYPE=parent;VALUE=text:Byron", f"RELATED;TYPE=parent:urn:uuid:{UUID}".encode()),
    ],
)
def test_a_relation_is_changed_in_place_whatever_line_holds_it(
    alice: User, hand: Hand, page_of_alice: Client, version: str, line: str, after: bytes
) -> None:
    home = space_of(alice)
    hand.contact(home, a_card("Byron", uid="byron"))
    mother = hand.contact(home, a_card("Annabella Milbanke", "N:Milbanke;Annabella;;;", uid=UUID))
    ada = hand.contact(home, a_card("Ada King", line, version=version))
    before = octets(ada)
    url, fields = open_editor(page_of_alice, ada)
    assert fields["value"] == "Byron"
    page_of_alice.post(url, fields)
    assert octets(ada) == before
    page_of_alice.post(url, {**fields, "value": "annabella milbanke"})
    assert after.lower() in octets(ada).lower().splitlines()
    word = "Parent" if "parent" in line else "Relation"
    assert f"Annabella Milbanke {word}" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    back = text_of(page_of_alice.get(f"/contacts/{mother.pk}/").content)
    assert f"Ada King names this contact: {word.lower()}" in back.replace("Parent", "parent")
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert octets(ada) == before


def test_who_is_not_in_the_space_stays_a_name(alice: User, hand: Hand, page_of_alice: Client) -> None:
    ada = hand.contact(space_of(alice), a_card("Ada King", f"RELATED;TYPE=friend:urn:uuid:{UUID}", version="4.0"))
    url, fields = open_editor(page_of_alice, ada)
    answer = page_of_alice.post(url, {**fields, "value": "Charles: the one with engines"}, headers=hx())
    assert answer["HX-Redirect"] == f"/contacts/{ada.pk}/"
    assert b"RELATED;TYPE=friend;VALUE=text:Charles: the one with engines" in octets(ada)


def test_names_are_completed_from_what_one_sees_in_the_space(
    alice: User, bob: User, hand: Hand, page_of_alice: Client, as_user: AsUser
) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    hand.contact(sales, a_card("Yard Ltd", "ORG:Yard Ltd", "X-ABShowAs:COMPANY"))
    hand.contact(sales, a_card("Yara Yardley", "ORG:Mill"))
    hand.contact(space_of(alice), a_card("Yard of mine", "X-ABShowAs:COMPANY"))
    ada = hand.contact(sales, a_card("Ada King"))
    url = f"/contacts/{ada.pk}/names/"
    assert "Yara Yardley Yard Ltd" not in page_of_alice.get(url, {"value": ""}).content.decode()
    html = page_of_alice.get(url, {"value": "yar"}).content.decode()
    assert set(re.findall(r'value="([^"]+)"', html)) == {"Yard Ltd", "Yara Yardley"}
    assert re.findall(
        r'value="([^"]+)"', page_of_alice.get(url, {"organisation": "yar", "kind": "org"}).content.decode()
    ) == ["Yard Ltd"]
    assert as_user(bob).get(url, {"value": "yar"}).status_code == 403


def test_an_affiliation_is_added_changed_and_removed_without_script(
    alice: User, hand: Hand, page_of_alice: Client
) -> None:
    home = space_of(alice)
    hand.contact(home, a_card("Yard", "ORG:Yard", "X-ABShowAs:COMPANY"))
    ada = hand.contact(home, a_card("Ada King"))
    page, url = f"/contacts/{ada.pk}/", f"/contacts/{ada.pk}/affiliations/"
    assert 'name="organisation"' in page_of_alice.get(f"{page}?affiliation=new").content.decode()
    refused = page_of_alice.post(url, {"organisation": "Yart", "role": "Board"})
    assert refused.status_code == 422
    assert "Type the name of one organisation of this space" in text_of(refused.content)
    assert 'value="Board"' in refused.content.decode()
    page_of_alice.post(url, {"organisation": "yard", "role": "Board", "from_on": "2020-01-31"})
    html = page_of_alice.get(page).content.decode()
    assert "Yard Board, since 31 Jan 2020" in text_of(html)
    [edit] = re.findall(r'href="\?seg=around&amp;(affiliation=%5B[^"]+)"', html)
    editor = page_of_alice.get(f"{page}?{edit}").content.decode()
    fields = dict(re.findall(r'name="(was|organisation|role|from_on)"[^>]*? value="([^"]*)"', editor))
    was = fields["was"].replace("&quot;", '"')
    assert page_of_alice.post(url, {**fields, "was": was, "to_on": "2019-01-01"}).status_code == 422
    page_of_alice.post(url, {**fields, "was": was, "role": "Chair", "to_on": "2024-12-31"})
    assert "Yard Chair, 31 Jan 2020 to 31 Dec 2024" in text_of(page_of_alice.get(page).content)
    page_of_alice.post(url, {**fields, "was": was, "remove": "1"})  # a page that is out of date
    assert "Somebody changed this just now" in text_of(page_of_alice.get(page).content)
    page_of_alice.post(f"/activity/{Batch.objects.latest('pk').pk}/undo/")
    assert "Yard Board, since 31 Jan 2020" in text_of(page_of_alice.get(page).content)
    page_of_alice.post(url, {"was": was, "remove": "1"})
    assert not Affiliation.objects.exists()
    assert "organisations changed" in text_of(page_of_alice.get(page).content)
