"""LDIF, jCard, xCard and JSContact: to cards and back, with located problems, whatever is in them."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codecs.conftest import ALL_SAMPLES, SAMPLES

from farley.codecs import jcard, jscontact, ldif, xcard, xml_tree
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card, Kind, read_cards
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_draft import Read
from farley.codecs.vcard_meaning import Meaning, meanings
from farley.codecs.vcard_straight import straight
from farley.codecs.vcard_typed import NAME, typed

CARDS = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
LDIFS = sorted((ALL_SAMPLES / "csv").rglob("*.ldif"))

CARD = Card.parse(
    b"""BEGIN:VCARD
VERSION:4.0
UID:urn:uuid:1
KIND:individual
FN:Dr. Ada King
N:King;Ada;;Dr.;
NICKNAME:Addie
ORG:Engines\\, Ltd;Design
TITLE:Countess
ROLE:Analyst
EMAIL;TYPE=work;PREF=1:ada@example.org
item1.EMAIL:a@b.de
item1.X-ABLabel:Segelclub
TEL;TYPE=cell,voice:+49 170 1
ADR;TYPE=home;LABEL=Weg 1:;;Weg 1;Ulm;;89073;DE
URL:https://a.de
BDAY:18151210
ANNIVERSARY:--0708
RELATED;TYPE=spouse;VALUE=text:William
NOTE:a\\nb\\, c
CATEGORIES:x,y
REV:20240102T030405Z
X-ODD;X-P=1:anything
GENDER:F;Countess
END:VCARD
"""
)


def read(reader: Callable[[BinaryIO], Iterator[Read]], text: str | bytes) -> list[Card | Unreadable]:
    return [found.card for found in reader(io.BytesIO(text.encode() if isinstance(text, str) else text))]


def said(card: Card) -> Counter[str]:
    """What a card says, in any order, its labels with what they label; a name it must have is not told."""
    found = [each for each in meanings(card.lines, "4.0") if NAME.fullmatch(each.name)]
    tags = [tag for each in found if each.name == "CATEGORIES" for tag in each.value]  # type: ignore[attr-defined]
    told = [each for each in found if each.name != "CATEGORIES" and ("DERIVED", ("true",)) not in each.params]
    return Counter([*map(_one, told), *tags])


def _one(each: Meaning) -> str:
    value = str(each.value).replace("></html>", "/>") if each.name == "XML" else each.value
    return repr((each.name, sorted(each.types), each.pref, each.params, value))


def by_jcard(card: Card) -> Card | Unreadable:
    [found] = read(jcard.read_jcards, json.dumps(jcard.to_jcard(card)))
    return found


def by_xcard(card: Card) -> Card | Unreadable:
    [found] = read(xcard.read_xcards, f"{xcard.HEAD}{xcard.to_xcard(card)}{xcard.TAIL}")
    return found


def by_jscontact(card: Card) -> Card | Unreadable:
    [found] = read(jscontact.read_jscontacts, json.dumps(jscontact.to_jscontact(card)))
    return found


ROUNDS = pytest.mark.parametrize("there_and_back", [by_jcard, by_xcard, by_jscontact])


@pytest.mark.skipif(not CARDS, reason="there are no sample files on this machine")
@ROUNDS
def test_every_sample_card_says_the_same_there_and_back(there_and_back: Callable[[Card], Card | Unreadable]) -> None:
    for path in CARDS:
        for card in (entry.card for entry in read_cards(path.read_bytes()) if entry.card is not None):
            asked = convert(card, "4.0")
            back = there_and_back(card)
            assert isinstance(back, Card), back
            has_uid = bool(asked.first("UID"))
            told = said(back if has_uid else back.without_all(prop.index for prop in back.properties("UID")))
            assert told == said(asked), path


@ROUNDS
@given(st.lists(st.tuples(st.sampled_from(["NOTE", "X-A", "ORG", "N", "BDAY", "TEL;TYPE=work", "ADR", "i.EMAIL",
                                           "i.X-ABLabel", "JSPROP;JSPTR=a", "KIND", "RELATED", "CATEGORIES", "LANG"]),
                          st.text(max_size=12)), max_size=8))  # fmt: skip
def test_any_card_says_the_same_there_and_back(
    there_and_back: Callable[[Card], Card | Unreadable], lines: list[tuple[str, str]]
) -> None:
    written = [f"{head}:{value}".replace("\r", "").replace("\n", "") for head, value in lines]
    octets = "\r\n".join(["BEGIN:VCARD", "VERSION:4.0", "UID:urn:uuid:1", "FN:A", *written, "END:VCARD", ""]).encode()
    back = there_and_back(Card.parse(octets))
    assert isinstance(back, Card)
    assert back.full_name == "A"


def test_a_jcard_has_typed_values() -> None:
    told = {each[0]: each[1:] for each in jcard.to_jcard(CARD)[1]}  # type: ignore[index,union-attr]
    assert told["version"] == [{}, "text", "4.0"]
    assert told["bday"] == [{}, "date-and-or-time", "1815-12-10"]
    assert told["anniversary"] == [{}, "date-and-or-time", "--07-08"]
    assert told["rev"] == [{}, "timestamp", "2024-01-02T03:04:05Z"]
    assert told["org"] == [{}, "text", ["Engines, Ltd", "Design"]]
    assert told["tel"] == [{"type": ["cell", "voice"]}, "text", "+49 170 1"]
    assert told["categories"] == [{}, "text", "x", "y"]
    assert told["x-odd"] == [{"x-p": "1"}, "unknown", "anything"]


def test_an_xcard_has_named_parts() -> None:
    told = xcard.to_xcard(CARD)
    for part in (
        "<n><surname>King</surname><given>Ada</given><additional></additional><prefix>Dr.</prefix><suffix></suffix></n>",
        "<bday><date>18151210</date></bday>",
        "<parameters><type><text>work</text></type><pref><integer>1</integer></pref></parameters>",
        '<group name="item1"><email><text>a@b.de</text></email>',
        "<gender><sex>F</sex><identity>Countess</identity></gender>",
    ):
        assert part in told


def test_a_jscontact_has_its_own_words_for_everything() -> None:
    told = jscontact.to_jscontact(CARD)
    assert told["name"] == {
        "full": "Dr. Ada King",
        "components": [
            {"kind": "surname", "value": "King"},
            {"kind": "given", "value": "Ada"},
            {"kind": "title", "value": "Dr."},
        ],
    }
    assert told["emails"] == {
        "k1": {"address": "ada@example.org", "contexts": {"work": True}, "pref": 1},
        "k2": {"address": "a@b.de", "label": "Segelclub"},
    }
    assert told["phones"]["k1"] == {"number": "+49 170 1", "features": {"mobile": True, "voice": True}}
    assert told["organizations"]["k1"] == {"name": "Engines, Ltd", "units": [{"name": "Design"}]}
    assert told["anniversaries"]["k2"] == {"kind": "wedding", "date": {"@type": "PartialDate", "month": 7, "day": 8}}
    assert told["addresses"]["k1"]["full"] == "Weg 1"
    assert told["relatedTo"] == {"William": {"relation": {"spouse": True}}}
    assert told["updated"] == "2024-01-02T03:04:05Z"
    assert told["keywords"] == {"x": True, "y": True}
    assert [each[0] for each in told["vCardProps"]] == ["x-odd", "gender"]


JSCONTACT: dict[str, Any] = {
    "@type": "Card",
    "version": "1.0",
    "uid": "urn:uuid:2",
    "name": {
        "components": [
            {"kind": "given", "value": "Ada", "phonetic": "ei-da"},
            {"kind": "separator", "value": " "},
            {"kind": "surname", "value": "King"},
        ],
        "isOrdered": True,
    },
    "emails": {"work": {"address": "a@b.de", "contexts": {"work": True}, "example.com:seen": 3}},
    "addresses": {
        "k1": {
            "components": [{"kind": "name", "value": "Weg"}, {"kind": "number", "value": "1"}],
            "countryCode": "DE",
        }
    },
    "anniversaries": {"k1": {"kind": "birth", "date": {"@type": "Timestamp", "utc": "1815-12-10T01:00:00Z"}}},
    "links": {"k1": {"uri": "https://a.de", "kind": "generic"}},
    "example.com:colour": {"r": 1},
    "localizations": {"de": {"titles/k1/name": "Gräfin"}},
}


def test_what_of_a_jscontact_no_vcard_says_comes_back_from_it() -> None:
    card = jscontact.from_jscontact(JSCONTACT)
    assert (card.full_name, card.name.given, card.name.family) == ("Ada King", "Ada", "King")
    again = jscontact.to_jscontact(card)
    again["name"].pop("full", None)
    told = {key: value for key, value in again.items() if key != "vCardProps"}
    assert told == JSCONTACT


def test_an_edit_of_the_card_is_not_undone_by_what_was_kept_beside_it() -> None:
    card = jscontact.from_jscontact(JSCONTACT)
    found = card.first("N")
    assert found is not None
    edited = jscontact.to_jscontact(card.with_components(found.index, ["Lovelace", "Ada"]))
    assert {"kind": "surname", "value": "Lovelace"} in edited["name"]["components"]


@pytest.mark.skipif(not LDIFS, reason="there are no sample files on this machine")
def test_sample_ldif_comes_back_to_the_octet() -> None:
    for path in LDIFS:
        with path.open("rb") as stream:
            cards = [found.card for found in ldif.read_ldif(stream)]
        assert cards
        assert all(isinstance(card, Card) for card in cards)
        again = read(ldif.read_ldif, b"".join(ldif.to_ldif(card) for card in cards if isinstance(card, Card)))
        assert again == cards, path


def test_an_ldif_record_becomes_a_card() -> None:
    record = (
        "version: 1\n# a comment\n folded on\ndn: cn=Jörg,mail=j@x.de\nobjectClass: top\nobjectClass: inetOrgPerson\n"
        "cn:: SsO2cmcgw5xiZWw=\nsn:: w5xiZWw=\ngivenName;lang-de: Jö\n rg\nmail: j@x.de\ntelephoneNumber: 030 1\n"
        "homePostalAddress: Weg 1 $ Ulm\nmanager: cn=Boss\njpegPhoto:< file:///etc/passwd\n\n"
        "dn: cn=Team\nobjectclass: groupOfNames\ncn: Team\nmember: cn=Jörg,mail=j@x.de\n"
    )
    first, second = read(ldif.read_ldif, record)
    assert isinstance(first, Card)
    assert isinstance(second, Card)
    assert first.octets.decode().splitlines()[2:-1] == [
        "N:Übel;Jörg;;;", "FN:Jörg Übel", "EMAIL:j@x.de", "TEL;TYPE=work:030 1",
        "X-LDIF;X-ATTRIBUTE=homePostalAddress:Weg 1 $ Ulm", "X-LDIF;X-ATTRIBUTE=manager:cn=Boss",
    ]  # fmt: skip
    assert (second.kind, second.full_name) == (Kind.GROUP, "Team")
    assert b"X-ADDRESSBOOKSERVER-MEMBER:mailto:j@x.de" in second.octets


def test_passwords_and_what_is_no_text_are_left_in_the_directory() -> None:
    record = (
        "dn: cn=A\ncn: A\nuserPassword:: e1NTSEF9\nuserpassword;x-old: {SSHA}x\nsambaNTPassword: 0123ABCD\n"
        "unicodePwd: x\nkrbPrincipalKey:: MIIB\nuserPKCS12:: AAEC\nobjectGUID:: AQACAw==\n"
        "userCertificate;binary:: MIIB\nemployeeType: clerk\n"
    )
    [card] = read(ldif.read_ldif, record)
    assert isinstance(card, Card)
    assert card.octets.decode().splitlines()[2:-1] == ["N:;A;;;", "FN:A", "X-LDIF;X-ATTRIBUTE=employeeType:clerk"]


def test_one_card_takes_only_so_much_memory_and_a_file_has_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_tree, "MAX_ELEMENTS", 100)
    monkeypatch.setattr(xml_tree, "MAX_TEXT", 100)
    card = "<vcard><fn><text>A</text></fn></vcard>"
    many = f'<vcards xmlns="{xcard.SPACE}">{card * 200}'
    assert len(read(xcard.read_xcards, f"{many}</vcards>")) == 200
    for bomb in (f"<vcard>{'<a/>' * 200}</vcard>", "<a/>" * 200, f"<vcard><fn><text>{'A' * 200}</text></fn></vcard>"):
        *cards, problem = read(xcard.read_xcards, f"{many}{bomb}</vcards>")
        assert (len(cards), type(problem)) == (200, Unreadable)
        alone = f'<vcard xmlns="{xcard.SPACE}">{bomb}</vcard>'
        assert isinstance(read(xcard.read_xcards, alone)[-1], Unreadable)


@pytest.mark.parametrize(
    ("reader", "text", "problems"),
    [
        (ldif.read_ldif, "dn: cn=A\ncn: A\n\ncn: B\n\ndn: x\nno colon\n\ndn: cn=C\ncn:: ***\n\ndn: d\ncn: D\n",
         [4, 7, 10]),
        (ldif.read_ldif, "dn: cn=A\nchangetype: delete\n\ndn: cn=B\nou: nobody\n", [1, 4]),
        (jcard.read_jcards, '[["vcard",[["fn",{},"text","A"]]],\n["vcard"],\n["vcard",[["f n",{},"text","x"]]]]',
         [2, 3]),
        (jcard.read_jcards, '["vcard",[["fn",{},"text","A"]', [1]),
        (jcard.read_jcards, '{"a":', [1]),
        (jcard.read_jcards, "[" * 100_000, [1]),
        (jscontact.read_jscontacts, '[{"@type":"Card","name":{"full":"A"}},\n{"@type":"Event"},\n3]', [2, 3]),
        (jscontact.read_jscontacts, '[{"@type":"Card","uid":"1",', [1]),
        (xcard.read_xcards, f'<vcards xmlns="{xcard.SPACE}">\n<vcard><fn><text>A</text></fn></vcard>\n<vcard>', [2]),
        (xcard.read_xcards, '<!DOCTYPE a [<!ENTITY b "c">]><a/>', [1]),
        (xcard.read_xcards, f'<vcards xmlns="{xcard.SPACE}">' + "<a>" * 100 + "</vcards>", [1]),
    ],
)  # fmt: skip
def test_problems_have_their_line_and_what_is_around_is_read(
    reader: Callable[[BinaryIO], Iterator[Read]], text: str, problems: list[int]
) -> None:
    assert [card.line for card in read(reader, text) if isinstance(card, Unreadable)] == problems


READERS = (ldif.read_ldif, jcard.read_jcards, xcard.read_xcards, jscontact.read_jscontacts)


@given(st.sampled_from(READERS), st.binary(max_size=300))
def test_any_octets_are_cards_or_problems(reader: Callable[[BinaryIO], Iterator[Read]], octets: bytes) -> None:
    assert all(isinstance(card, Card | Unreadable) for card in read(reader, octets))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(
        ["name", "full", "components", "kind", "value", "emails", "k1", "address", "vCardProps", "vCardParams", "date",
         "contexts", "pref", "label", "relatedTo", "relation", "anniversaries", "units", "addresses", "a/b~c"]
    ), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_json_is_a_card_that_comes_back_or_a_problem(value: Any) -> None:
    whole = {"@type": "Card", **value} if isinstance(value, dict) else value
    for read_one, given_ in ((jscontact.from_jscontact, whole), (jcard.from_jcard, ["vcard", value])):
        try:
            card = read_one(given_)
        except Unreadable:
            continue
        assert isinstance(jscontact.from_jscontact(jscontact.to_jscontact(card)), Card)


def test_values_are_read_whatever_the_pieces_they_come_in() -> None:
    text = json.dumps([jcard.to_jcard(CARD)] * 3)
    for size in (1, 7, 4096):
        found = list(jcard.read_jcards(_Dribble(text.encode(), size)))
        assert [said(each.card) == said(CARD) for each in found if isinstance(each.card, Card)] == [True] * 3


class _Dribble(io.BytesIO):
    def __init__(self, octets: bytes, size: int) -> None:
        super().__init__(octets)
        self.size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)


def test_nothing_is_kept_of_lines_that_hardly_another_card_has() -> None:
    def look_at(number: int) -> None:
        written = f"BEGIN:VCARD\nVERSION:4.0\nFN:a\nTEL;TYPE=work;X-L={number}{'x' * 100_000}:1\nEND:VCARD\n"
        card = Card.parse(written.encode())
        assert [each.name for each in typed(card)] == ["FN", "TEL"]
        assert card.properties("TEL")[0].types == ("work",)
        straight(card, "3.0")

    look_at(0)
    tracemalloc.start()
    try:
        for number in range(1, 40):
            look_at(number)
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()
