"""Contacts as Outlook itself keeps them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from tests.codecs.outlook_files import ADA, JPEG, PICTURE, compound, msg

from farley.codecs.compound import open_compound
from farley.codecs.msg import is_msg, read_msg
from farley.codecs.outlook import OWN
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card
from farley.fields.operations import key_of


def read(octets: bytes) -> Card | Unreadable:
    [entry] = read_msg(io.BytesIO(octets))
    return entry.card


def card(octets: bytes) -> Card:
    found = read(octets)
    assert isinstance(found, Card), found
    return found


def texts(found: Card, name: str) -> list[str]:
    return [each.text for each in found.properties(name)]


def test_a_contact_of_outlook_comes_with_all_that_it_says() -> None:
    found = card(msg(ADA, {0x3701: b"no picture", 0x3707: "contract.pdf"}, PICTURE))
    assert found.full_name == "Dr. Ada König"
    assert found.name.parts == ("König", "Ada", "", "Dr.", "")
    assert texts(found, "NICKNAME") == ["Adchen"]
    assert found.properties("ORG")[0].parts == ["Müller & Söhne KG", "Einkauf"]
    assert texts(found, "TITLE") == ["Leiterin"]
    assert [(each.text, each.types) for each in found.properties("TEL")] == [
        ("+49 30 1234", ("work",)),
        ("+49 170 1234", ("cell",)),
    ]
    assert texts(found, "EMAIL") == ["ada@example.org", "ada@firma.example"]
    assert [(each.types, each.parts) for each in found.properties("ADR")] == [
        (("work",), ["Postfach 1", "", "Hauptstraße 1\nHinterhaus", "Köln", "", "50667", ""]),
        (("home",), ["", "", "Gartenweg 4", "Freiburg", "", "", ""]),
    ]
    assert texts(found, "URL") == ["https://firma.example"]
    assert texts(found, "BDAY") == ["1980-02-03"]
    assert [(each.label, each.text) for each in found.properties("X-ABDATE")] == [("Anniversary", "2001-05-06")]
    assert [(each.label, each.text) for each in found.properties("X-ABRELATEDNAMES")] == [
        ("Spouse", "Bea"),
        ("Child", "Cleo"),
        ("Child", "Dora"),
    ]
    assert texts(found, "X-GENDER") == ["F"]
    assert found.properties("CATEGORIES")[0].texts == ["VIP", "Kunde"]
    assert texts(found, "NOTE") == [
        "Getroffen auf der Messe.\nWollte Prospekte.",
        "E-mail: /o=Firma/ou=x/cn=nobody",
    ]
    own = {each.param("X-LABEL"): each.text for each in found.properties("X-FARLEY-FIELD")}
    assert own == {"Office Location": "Zimmer 3", "User 1": "Eigenes"}
    assert found.properties("PHOTO")[0].binary == (JPEG, "image/jpeg")


def test_the_same_contact_gives_the_same_octets() -> None:
    assert card(msg(ADA)).octets == card(msg(dict(reversed(ADA.items())))).octets


def test_an_older_contact_is_read_in_its_code_page() -> None:
    tree: dict[str, Any] = {
        "__properties_version1.0": bytes(32) + b"\x03\x00\xfd\x3f" + bytes(4) + (1251).to_bytes(8, "little"),
        "__substg1.0_001A001E": b"IPM.Contact",
        "__substg1.0_3001001E": "Анна Каренина".encode("cp1251"),
    }
    assert card(compound(tree)).full_name == "Анна Каренина"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({0x001A: "IPM.DistList", 0x3001: "All"}, "this is a distribution list; Outlook’s are not read"),
        ({0x001A: "IPM.Note", 0x0037: "Hello"}, "this is no contact, but something else of Outlook’s"),
        ({0x001A: "IPM.Contact"}, "nothing tells whom this is about"),
    ],
)
def test_what_is_no_contact_says_what_it_is(given: dict[int, str], reason: str) -> None:
    found = read(msg(given))
    assert isinstance(found, Unreadable)
    assert found.reason == reason


def test_a_damaged_file_is_told_and_not_followed_in_circles() -> None:
    whole = msg(ADA, PICTURE)
    assert isinstance(read(whole[: len(whole) // 2]), Unreadable)
    start = whole.rfind(bytes.fromhex("01000000 02000000"))  # the chain of the first stream
    circle = whole[:start] + bytes(4) + whole[start + 4 :]
    assert isinstance(read(circle), Unreadable)


def test_an_old_document_of_office_is_no_item_of_outlook() -> None:
    workbook = compound({"Workbook": b"x" * 5000})
    assert open_compound(workbook).streams == ["Workbook"]
    assert not is_msg(io.BytesIO(workbook))
    assert is_msg(io.BytesIO(msg(ADA)))


def test_own_fields_are_called_as_a_table_of_outlook_calls_them() -> None:
    assert [key for _, label, key in OWN] == [key_of(label) for _, label, _ in OWN]
