"""A contact out of pasted text, looked over before it is stored."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from farley.accounts.models import User
from farley.contacts.models import Contact
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

SIGNATURE = """Dr. Anna Schmidt
Leiterin Vertrieb
Muster GmbH
Gartenweg 4
79100 Freiburg
Tel. 0761 556677, Mobil 0170 1234567
WhatsApp: 0170 7654321
anna.schmidt@muster.example
Amtsgericht Freiburg HRB 1"""


def form_of(page: bytes) -> dict[str, str]:
    """What the form would send as it stands."""
    text = page.decode()
    fields = {}
    for tag, rest in re.findall(r"<(input|textarea)((?: [^>]*)?>(?:[^<]*</textarea>)?)", text):
        if name := re.search(r' name="([^"]+)"', rest):
            value = re.search(r">\s*([^<]*)</textarea>" if tag == "textarea" else r' value="([^"]*)"', rest)
            fields[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        if chosen := re.search(r'value="([^"]*)" selected', body):
            fields[name] = chosen[1]
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def test_a_signature_becomes_a_contact_when_its_reader_has_looked_it_over(alice: User, page_of_alice: Client) -> None:
    read = page_of_alice.post("/contacts/paste/", {"text": SIGNATURE, "space": "alice"})
    assert read.status_code == 200
    assert not Contact.objects.exists()
    form = form_of(read.content)
    assert (form["prefix"], form["given"], form["family"], form["organisation"]) == (
        "Dr.",
        "Anna",
        "Schmidt",
        "Muster GmbH",
    )
    form |= {"title": "Head of sales", "tags": "fair, new", "save": "1"}
    saved = page_of_alice.post("/contacts/paste/", form)
    contact = Contact.objects.get()
    assert saved["Location"] == f"/contacts/{contact.pk}/"
    card = contact.card
    assert (card.full_name, card.first("TITLE").text) == ("Dr. Anna Schmidt", "Head of sales")  # type: ignore[union-attr]
    assert [(tel.text, list(tel.types), tel.label) for tel in card.properties("TEL")] == [
        ("0761 556677", [], None),
        ("0170 1234567", ["cell"], None),
        ("0170 7654321", ["cell"], "WhatsApp"),
    ]
    assert card.first("ADR").parts[2:6] == ["Gartenweg 4", "Freiburg", "", "79100"]  # type: ignore[union-attr]
    assert card.first("NOTE").text == "Amtsgericht Freiburg HRB 1"  # type: ignore[union-attr]
    assert card.first("CATEGORIES").texts == ["fair", "new"]  # type: ignore[union-attr]


def test_text_without_a_contact_is_refused_and_stays(page_of_alice: Client) -> None:
    page = page_of_alice.post("/contacts/paste/", {"text": "--", "space": "alice"})
    assert page.status_code == 422
    assert "There is no contact in this text." in text_of(page.content)


def test_a_vcard_that_is_pasted_is_imported_as_a_file_is(alice: User, page_of_alice: Client) -> None:
    text = "BEGIN:VCARD\nVERSION:4.0\nFN:Ada\nX-OWN:kept\nEND:VCARD\n"
    for around in ("", "Name;Mail\nAda;ada@x.example\nBea;bea@x.example\n"):
        answer = page_of_alice.post("/contacts/paste/", {"text": around + text, "space": "alice"})
        assert answer["Location"].startswith("/contacts/import/")


def test_text_that_only_speaks_of_a_vcard_is_read_as_text(page_of_alice: Client) -> None:
    text = "Name,BEGIN:VCARD\nAda King,ada@x.example\nBea,bea@x.example"
    page = page_of_alice.post("/contacts/paste/", {"text": text, "space": "alice"})
    assert (page.status_code, "ada@x.example" in page.content.decode()) == (200, True)
