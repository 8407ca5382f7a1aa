"""addressbook-query: every part of the filter."""

from __future__ import annotations

import pytest

from farley.dav.names import CARDDAV, DAV
from tests.cast import a_card
from tests.dav.phone import Phone

pytestmark = pytest.mark.django_db

CARDS = {
    "ada": a_card("Ada König", "N:König;Ada;;;", "EMAIL;TYPE=home:ada@example.org", "EMAIL;TYPE=work:King@Example.com"),
    "bob": a_card("Bob Straße", "N:Straße;Bob;;;", "EMAIL;TYPE=work:bob@example.org", "NICKNAME:Bobby,Rob"),
    "carl": a_card("Carl", "N:;Carl;;;", "item1.TEL;X-P=a,b:+49 30 1234", "item1.X-ABLabel:boat"),
}


@pytest.fixture
def book(phone: Phone) -> Phone:
    for name, octets in CARDS.items():
        assert phone.put(f"{name}.vcf", octets).status == 201
    return phone


def match(text: str, kind: str = "contains", collation: str = "", negate: str = "no") -> str:
    named = f' collation="{collation}"' if collation else ""
    return f'<card:text-match match-type="{kind}" negate-condition="{negate}"{named}>{text}</card:text-match>'


def prop(name: str, inner: str = "", test: str = "anyof") -> str:
    return f'<card:prop-filter name="{name}" test="{test}">{inner}</card:prop-filter>'


def param(name: str, inner: str = "") -> str:
    return f'<card:param-filter name="{name}">{inner}</card:param-filter>'


UNDEFINED = "<card:is-not-defined/>"


@pytest.mark.parametrize(
    ("conditions", "test", "expected"),
    [
        ("", "anyof", "ada bob carl"),
        (prop("EMAIL"), "anyof", "ada bob"),
        (prop("email", UNDEFINED), "anyof", "carl"),
        (prop("FN", match("könig")), "anyof", "ada"),
        (prop("FN", match("KÖNIG", collation="i;unicode-casemap")), "anyof", "ada"),
        (prop("FN", match("KÖNIG", collation="i;ascii-casemap")), "anyof", ""),
        (prop("FN", match("kÖNIG".replace("Ö", "ö"), collation="i;ascii-casemap")), "anyof", "ada"),
        (prop("FN", match("könig", collation="i;octet")), "anyof", ""),
        (prop("FN", match("König", collation="i;octet")), "anyof", "ada"),
        (prop("FN", match("Bob", "equals")), "anyof", ""),
        (prop("FN", match("bob straße", "equals")), "anyof", "bob"),
        (prop("FN", match("bob", "starts-with")), "anyof", "bob"),
        (prop("FN", match("aße", "ends-with")), "anyof", "bob"),
        (prop("FN", match("a", negate="yes")), "anyof", ""),
        (prop("FN", match("ada", negate="yes")), "anyof", "bob carl"),
        (prop("EMAIL", match("example.org") + match("king"), "allof"), "anyof", ""),
        (prop("EMAIL", match("example.org") + match("bob"), "allof"), "anyof", "bob"),
        (prop("EMAIL", match("example.com") + param("TYPE", match("work", "equals")), "allof"), "anyof", "ada"),
        (prop("EMAIL", match("ada@") + param("TYPE", match("work", "equals")), "allof"), "anyof", ""),
        (prop("EMAIL", param("TYPE", match("home", "equals"))), "anyof", "ada"),
        (prop("TEL", param("TYPE", UNDEFINED)), "anyof", "carl"),
        (prop("EMAIL", param("TYPE", match("home", negate="yes"))), "anyof", "ada bob"),
        (prop("TEL", param("TYPE", match("home", negate="yes"))), "anyof", ""),
        (prop("TEL", param("X-P", match("a", negate="yes"))), "anyof", ""),
        (prop("TEL", param("X-P", match("c", negate="yes"))), "anyof", "carl"),
        (prop("EMAIL", param("TYPE")), "anyof", "ada bob"),
        (prop("FN", match("ada")) + prop("NICKNAME", match("rob", "equals")), "anyof", "ada bob"),
        (prop("FN", match("ada")) + prop("NICKNAME", match("rob", "equals")), "allof", ""),
        (prop("FN", match("bob")) + prop("NICKNAME", match("rob", "equals")), "allof", "bob"),
        (prop("item1.TEL"), "anyof", "carl"),
        (prop("item2.TEL"), "anyof", ""),
        (prop("N", match("König", "equals")), "anyof", "ada"),
        (prop("TEL", match("1234")), "anyof", "carl"),
    ],
)
def test_the_filter_finds_these(book: Phone, conditions: str, test: str, expected: str) -> None:
    found = book.query(conditions, test=test).by_name
    assert sorted(name.removesuffix(".vcf") for name in found) == expected.split()


def test_a_limit_cuts_and_says_so(book: Phone) -> None:
    more = "<card:limit><card:nresults>2</card:nresults></card:limit>"
    rows = book.query("", more=more).rows
    assert [row.status for row in rows] == [None, None, 507]
    assert rows[-1].href == book.book
    assert len(book.query(prop("EMAIL"), more=more).rows) == 2
    assert [row.status for row in book.query("", more=more.replace("2", "0")).rows] == [507]


@pytest.mark.parametrize(
    ("conditions", "status", "condition"),
    [
        (prop("FN", match("x", collation="i;nonsense")), 403, "supported-collation"),
        (prop("FN", "<card:nonsense/>"), 403, "supported-filter"),
        (prop("FN", match("x", "nonsense")), 400, ""),
        (prop("FN") * 300, 400, ""),
        ("<card:prop-filter/>", 400, ""),
    ],
)
def test_filters_that_mean_nothing_are_refused(book: Phone, conditions: str, status: int, condition: str) -> None:
    answer = book.query(conditions)
    assert answer.status == status
    if condition:
        assert answer.condition == f"{CARDDAV}{condition}"


def partly(book: Phone, name: str, asked: str) -> str:
    """So much of a card; its tag is that of all of it."""
    prop = f"<d:prop><d:getetag/><card:address-data>{asked}</card:address-data></d:prop>"
    [row] = book.report("card:addressbook-multiget", f"{prop}<d:href>{book.book}{name}</d:href>").rows
    assert row[f"{DAV}getetag"] == book.get(name).etag
    return row[f"{CARDDAV}address-data"]


def test_part_of_a_card_is_sent_where_no_more_is_asked_for(book: Phone) -> None:
    assert partly(book, "ada.vcf", '<card:prop name="FN"/><card:prop name="EMAIL" novalue="yes"/>').splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "FN:Ada König",
        "EMAIL;TYPE=home:",
        "EMAIL;TYPE=work:",
        "END:VCARD",
    ]
    book.put("two.vcf", a_card("Two", "A.TEL:1", "b.TEL:2", "b.X-ABLabel:boat", "TEL:3", "A.NOTE:x"))
    asked = '<card:prop name="TEL" novalue="yes"/><card:prop name="a.TEL"/><card:prop name="B.NOTE"/>'
    lines = partly(book, "two.vcf", asked).splitlines()
    assert lines[2:-1] == ["A.TEL:1", "b.TEL:", "b.X-ABLabel:boat", "TEL:"]
    assert partly(book, "two.vcf", '<card:prop name="B.tel"/>').splitlines()[2:-1] == ["b.TEL:2", "b.X-ABLabel:boat"]


@pytest.mark.parametrize("name", ["FN", "EMAIL", "TEL", "NICKNAME"])
@pytest.mark.parametrize("kind", ["contains", "equals", "starts-with", "ends-with"])
def test_what_the_index_rows_choose_is_all_that_the_cards_say(book: Phone, name: str, kind: str) -> None:
    book.put("two.vcf", a_card("Eine", "FN;LANGUAGE=en:Another 50%_ Name", "NICKNAME:A\\,B, Ｃ", version="4.0"))
    book.put("long.vcf", a_card("x" * 3000 + "end", "EMAIL:" + "y" * 3000 + "end", "TEL: tel:+49 \u0661 "))
    book.put("decomposed.vcf", a_card("Ko\u0308nig", "EMAIL:\u212aelvin@example.org"))
    book.put(
        "marked.vcf", a_card("Mu\u00f1oz \u0132sselmeer \u0149a \u017fun \ufb01n \u00bd", "EMAIL:m\u00fc@example.org")
    )
    texts = [
        *("mu", "mun", "munoz", "muñ", "ijs", "na", "sun", "fin", "1", "u"),
        "könig",
        "ko",
        "another",
        "50%_",
        "%",
        "_",
        "end",
        "kelvin",
        "K",
        "b",
        "c",
        "a,b",
        " ",
        "1",
        "org",
        "STRASSE",
    ]
    for text in texts:
        wanted = match(text, kind)
        by_rows = set(book.query(prop(name, wanted)).by_name)
        # a param-filter that never holds lets nothing be chosen beforehand, and adds nothing
        by_cards = set(book.query(prop(name, wanted + param("X-NEVER"))).by_name)
        assert by_rows == by_cards, text
