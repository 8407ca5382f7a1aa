"""Names, addresses and countries as they ought to be; what is right, or may be, stays."""

from __future__ import annotations

import pytest

from farley.codecs.tidy_names import mixed_words, tidy_full_name, tidy_name
from farley.codecs.tidy_values import one_blank, tidy_country, tidy_email
from farley.codecs.vcard_values import Name


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # titles
        (Name("King", "Dr. Ada"), Name("King", "Ada", prefixes="Dr.")),
        (Name("Prof. Dr. Weiß", "Anna"), Name("Weiß", "Anna", prefixes="Prof. Dr.")),
        (Name("", "Dr. med. Anna Weiß"), Name("Weiß", "Anna", prefixes="Dr. med.")),
        (Name("Weiß", "Frau Anna"), Name("Weiß", "Anna", prefixes="Frau")),
        (Name("Weiß", "Dipl.-Ing. Jan"), Name("Weiß", "Jan", prefixes="Dipl.-Ing.")),
        # all in one part
        (Name("", "Ada King"), Name("King", "Ada")),
        (Name("", "King, Ada"), Name("King", "Ada")),
        (Name("", "Anna Maria von der Heide"), Name("von der Heide", "Anna", "Maria")),
        # particles
        (Name("Beethoven", "Ludwig van"), Name("van Beethoven", "Ludwig")),
        (Name("Heide", "Anna", "von der"), Name("von der Heide", "Anna")),
        # suffixes
        (Name("King jr.", "Martin"), Name("King", "Martin", suffixes="jr.")),
        # double names
        (Name("Müller - Lüdenscheid", "Eva"), Name("Müller-Lüdenscheid", "Eva")),
        (Name("Leutheusser –Schnarrenberger", "Sabine"), Name("Leutheusser-Schnarrenberger", "Sabine")),
        # letters
        (Name("KING", "ADA"), Name("King", "Ada")),
        (Name("müller-lüdenscheid", "karl heinz"), Name("Müller-Lüdenscheid", "Karl Heinz")),
        (Name("VON DER HEIDE", "ANNA"), Name("von der Heide", "Anna")),
        (Name("O'BRIEN", "SEAN"), Name("O'Brien", "Sean")),
        (Name("MCDONALD", "JOHN", suffixes="III"), Name("McDonald", "John", suffixes="III")),
    ],
)
def test_a_name_is_put_in_order(before: Name, after: Name) -> None:
    assert tidy_name(before) == after


@pytest.mark.parametrize(
    "name",
    [
        Name("King", "Ada"), Name("de la Cruz", "María José"), Name("van Gogh", "Vincent"), Name("MacDonald", "Ian"),
        Name("", "BMW"), Name("SAP", ""), Name("Müller GmbH", ""), Name("", "Müller & Söhne GmbH"), Name("Ng", "An"),
        Name("Weiß-Kühn", "Anna-Lena", "", "Dr.", ""), Name("DiCaprio", "Leonardo"), Name("", "Cher"),
        Name("Le", "Van"),
        Name("Dr", ""), Name("", "Ludwig van"), Name("Garcia Lorca", ""), Name("von der Heide", ""),
    ],
)  # fmt: skip
def test_a_name_that_is_right_or_may_be_stays(name: Name) -> None:
    assert tidy_name(name).parts == name.parts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ada@gmial.com", "ada@gmail.com"), ("ada@web.ed", "ada@web.de"), ("ada@example.con", "ada@example.com"),
        ("mailto:ada@example.org", "ada@example.org"), ("Ada King <ada@example.org>", "ada@example.org"),
        ("ada(at)example.org", "ada@example.org"), ("ada@@example.org", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"), ("ada@t-onlne.de", "ada@t-online.de"), ("ada@gmx,de", "ada@gmx.de"),
        ("ada @ example.org", "ada@example.org"), ("ADA@EXAMPLE.ORG", "ada@example.org"),
        ("ada@example.org", "ada@example.org"), ("Ada@Example.org", "Ada@Example.org"), ("no address", "no address"),
        ("ada@mail.de", "ada@mail.de"), ("a@b@c.org", "a@b@c.org"), ("ada at example.org", "ada at example.org"),
    ],
)  # fmt: skip
def test_an_e_mail_address_is_mended_where_the_slip_is_sure(before: str, after: str) -> None:
    assert tidy_email(before) == after


def test_an_e_mail_address_in_the_place_of_a_name_keeps_its_letters() -> None:
    assert tidy_full_name("ada@example.org") == "ada@example.org"
    assert tidy_full_name("ada king") == "Ada King"


def test_countries_and_blanks_and_towns() -> None:
    assert [tidy_country(text, "de") for text in ("DE", "germany", "USA", "Atlantis")] == [
        "Deutschland", "Deutschland", "Vereinigte Staaten", "Atlantis",
    ]  # fmt: skip
    assert tidy_country("Österreich", "en") == "Austria"
    assert one_blank(" a \u00a0 b\u200b \n c ") == "a b\nc"
    assert [mixed_words(text) for text in ("BAD HOMBURG", "FRANKFURT AM MAIN", "USA", "Ulm")] == [
        "Bad Homburg", "Frankfurt am Main", "USA", "Ulm",
    ]  # fmt: skip
