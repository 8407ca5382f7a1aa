"""One typed line as a card."""

from __future__ import annotations

import pytest

from farley.codecs.vcard import Kind
from farley.web.contacts.quick_line import card_of


def lines(text: str) -> list[str]:
    """What the card says besides what every card says."""
    written = card_of(text, "1").octets.decode().splitlines()
    return [line for line in written if not line.startswith(("BEGIN", "END", "VERSION", "UID", "N:", "FN:"))]


@pytest.mark.parametrize(
    ("line", "name", "rest"),
    [
        ("Lena Vogt, Hauptstraße 5, 50667 Köln", "Lena Vogt", ["ADR:;;Hauptstraße 5;Köln;;50667;"]),
        ("Lena Vogt, Vogt Möbel, 50667 Köln", "Lena Vogt", ["ORG:Vogt Möbel", "ADR:;;;Köln;;50667;"]),
        ("Lena Vogt, Am Markt 12a, D-50667 Köln, 0221 1234567", "Lena Vogt",
         ["TEL:0221 1234567", "ADR:;;Am Markt 12a;Köln;;50667;"]),
        ("Lena Vogt, Studio 54", "Lena Vogt", ["ORG:Studio 54"]),
        ("Lena Vogt, 0221 / 12 34 - 5", "Lena Vogt", ["TEL:0221 / 12 34 - 5"]),
        ("Lena Vogt 0221 1234567", "Lena Vogt", ["TEL:0221 1234567"]),
        ("50667 Köln", "50667 Köln", ["ADR:;;;Köln;;50667;"]),
    ],
)  # fmt: skip
def test_a_postcode_is_no_phone_number(line: str, name: str, rest: list[str]) -> None:
    card = card_of(line, "1")
    assert (card.full_name, lines(line)) == (name, rest)


@pytest.mark.parametrize(
    "line",
    [
        "Müller & Söhne GmbH",
        "Yard Ltd.",
        "Hafen AG",
        "Chor am See e. V.",
        "Bau GmbH & Co. KG",
        "Acme Inc., a@b.example",
    ],
)
def test_a_firm_is_an_organisation(line: str) -> None:
    card = card_of(line, "1")
    assert card.kind is Kind.ORG
    assert not any(line.startswith("ORG") for line in lines(line))


@pytest.mark.parametrize(
    "line",
    [
        "Ada King, Yard GmbH, ada@example.org 0171 2345678",
        "Yard GmbH, Ada King, ada@example.org, 0171 2345678",
        "0171 2345678, ada@example.org, Yard GmbH, Ada King",
        "Ada King ada@example.org Yard GmbH 0171 2345678",
        "Yard GmbH 0171 2345678 Ada King ada@example.org",
    ],
)
def test_the_parts_of_a_line_stand_in_any_order(line: str) -> None:
    card = card_of(line, "1")
    assert (card.full_name, card.kind) == ("Ada King", Kind.INDIVIDUAL)
    assert sorted(lines(line)) == ["EMAIL:ada@example.org", "ORG:Yard GmbH", "TEL:0171 2345678"]


@pytest.mark.parametrize(
    "line",
    [
        "Yard, Ada King, ada.king@yard.example",
        "Ada King Yard GmbH ada.king@yard.example",
        "Ada King, Yard, x@y.example",
    ],
)
def test_an_address_says_who_is_meant(line: str) -> None:
    card = card_of(line, "1")
    assert card.full_name == "Ada King"
    assert card.first("ORG") is not None


@pytest.mark.parametrize("line", ["Lena Vogt", "Ag Nes", "Lena Kgard, Vogt GmbH", "Ines Inca"])
def test_a_person_is_a_person(line: str) -> None:
    assert card_of(line, "1").kind is Kind.INDIVIDUAL
