from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farley.codecs.vcard import Card, PartialDate, read_cards
from farley.codecs.vcard_conversion import convert, meaning
from farley.codecs.vcard_straight import straight

WORDS = st.sampled_from(
    ["a", "Größe", "x" * 90, "b,c", "d;e", "f\\,g", "h\\;i", "j\\nk", "l\\\\n", "m\\", "", " ", "tel:+1", "http://x/y?a=b,c",
     "urn:uuid:1", "geo:1.5,-2", "1.5;-2", "1.5,-2", "-0500", "-05:00", "19800412", "1980-04-12", "--0412", "1980",
     "1980-04-12T10:20:30Z", "19800412T102030+0100", "circa", "M;x", "Male", "group", "org", "COMPANY", "xmpp:a@b",
     "data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo=", "QUJD", "_$!<Spouse>!$_", "_$!<Anniversary>!$_", "Boat",
     "BEGIN:VCARD\\nFN:x\\nEND:VCARD\\n", "END:VCARD", "BEGIN:VCARD", '"', "a:b", "=41", "="]
)  # fmt: skip
VALUES = st.lists(WORDS, min_size=1, max_size=4).map("".join) | WORDS
NAMES = st.sampled_from(
    ["FN", "N", "N", "NICKNAME", "ORG", "ADR", "ADR", "LABEL", "TEL", "EMAIL", "URL", "IMPP", "X-AIM", "X-JABBER",
     "BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-ABDATE", "X-ABRELATEDNAMES", "RELATED", "X-RELATED", "KIND", "X-KIND",
     "X-ADDRESSBOOKSERVER-KIND", "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER", "X-ABSHOWAS", "X-ABLabel", "X-ABLabel", "GEO",
     "TZ", "REV", "AGENT", "MAILER", "CLASS", "NAME", "PROFILE", "SORT-STRING", "GENDER", "X-GENDER", "LANG", "XML",
     "CLIENTPIDMAP", "PHOTO", "LOGO", "SOUND", "KEY", "NOTE", "TITLE", "CATEGORIES", "UID", "PRODID", "SOCIALPROFILE",
     "X-SOCIALPROFILE", "BIRTHPLACE", "DEATHDATE", "HOBBY", "CREATED", "X-FOO", "FOO", "x-lower", "X-FARLEY-SOURCE",
     "X-PHONETIC-FIRST-NAME", "CALURI", ""]
)  # fmt: skip
PARAMS = st.sampled_from(
    ["", "", "", ";TYPE=home", ";TYPE=work,pref", ";TYPE=spouse", ";TYPE=agent", ";type=HOME;type=pref", ";PREF=1",
     ";PREF=50", ";HOME", ";CELL;PREF", ";VALUE=uri", ";VALUE=text", ";VALUE=date", ";VALUE=URL", ";ENCODING=b",
     ";ENCODING=BASE64", ";ENCODING=QUOTED-PRINTABLE", ";QUOTED-PRINTABLE;CHARSET=UTF-8", ";CHARSET=latin1",
     ";LANGUAGE=de", ";SORT-AS=a,b", ';SORT-AS="a,b"', ';LABEL="a^nb"', ";ALTID=1", ";PID=1.1", ";X-ALTID=1",
     ";X-PREF=3", ";MEDIATYPE=a/b", ";X-FOO=1", ";TYPE=JPEG", ";TYPE=image/png",
     ";X-APPLE-OMIT-YEAR=1980", ";SERVICE-TYPE=T", ';TYPE="a b,c"', ";X-VERSION=4.0", ";X-VERSION=3.0",
     ";X-VERSION=2.1;X-CODING=base64", ';GEO="geo:1,2"', ";"]
)  # fmt: skip
GROUPS = st.sampled_from(["", "", "", "item1.", "item2.", "A."])
LINES = st.builds(lambda group, name, params, value: f"{group}{name}{params}:{value}", GROUPS, NAMES, PARAMS, VALUES)
DEMANDED = {"2.1": {"N"}, "3.0": {"N", "FN"}, "4.0": {"FN"}}
VERSIONS = st.sampled_from(["2.1", "3.0", "4.0"])


def card(version: str, lines: list[str]) -> Card | None:
    """The one card these lines make, where a BEGIN or END among them does not make something else."""
    octets = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()
    cards = [entry.card for entry in read_cards(octets)]
    return cards[0] if len(cards) == 1 else None


@given(VERSIONS, VERSIONS, st.lists(LINES, max_size=8))
@example("4.0", "3.0", ["AGENT:x"])
def test_a_card_converted_there_and_back_says_what_it_said(source: str, target: str, lines: list[str]) -> None:
    original = card(source, lines)
    if original is None:
        return
    there = convert(original, target)
    assert there.version == target
    assert Card.parse(there.octets).lines == there.lines
    assert meaning(convert(there, source)) == meaning(original)


def test_every_sample_converted_there_and_back_says_what_it_said(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        for version in ("2.1", "3.0", "4.0"):
            if entry.card is None:
                continue
            there = convert(entry.card, version)
            assert there.version == version
            assert there is entry.card or DEMANDED[version] <= {line.name for line in there.lines}
            assert meaning(convert(there, entry.card.version)) == meaning(entry.card)


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        (
            "3.0",
            ["TEL;TYPE=CELL,VOICE,pref:+49 170 1", "BDAY:1975-04-12", "REV:2024-01-02T03:04:05Z", "NOTE:a\\, b\\nc"],
        ),
        ("3.0", ["ADR;TYPE=WORK:;;Straße 12;Ulm;;89073;DE", "CATEGORIES:x,y", "EMAIL;TYPE=INTERNET:a@b.de"]),
        ("4.0", ["TEL;TYPE=cell;PREF=1:+49 170 1", "BDAY:19750412", "URL:https://a.de", "item1.X-ABLabel:Boot"]),
        (
            "4.0",
            ['TEL;VALUE=uri;PREF=1;TYPE="cell,voice":tel:+49-170-1', "GENDER:F", "LANG;PREF=1:de", "KIND:individual"],
        ),
        ("4.0", ["KIND:org", "BDAY:--0412", "MEMBER:urn:uuid:1", "TEL;VALUE=TEXT;TYPE=work:+49 30 1"]),
        ("4.0", [f"PHOTO:data:image/jpeg;base64,{'/9j/4AAQSkZJRgAB' * 50}"]),
        ("3.0", [f"PHOTO;ENCODING=b;TYPE=PNG:{'iVBORw0KGgoA' * 50}"]),
    ],
)
def test_a_usual_card_is_converted_without_a_proof_and_comes_back(version: str, lines: list[str]) -> None:
    original = card(version, ["N:Schäfer;Alice;;Dr.;", "FN:Alice Schäfer", *lines])
    assert original is not None
    targets = {"3.0": ["4.0"] if lines[0].startswith("PHOTO") else ["4.0", "2.1"], "4.0": ["3.0"]}[version]
    for target in targets:
        made = straight(original, target)
        assert made is not None
        assert meaning(convert(made, version)) == meaning(original)


def test_a_card_in_the_wanted_version_is_the_same_object(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        if entry.card is not None:
            assert convert(entry.card, entry.card.version) is entry.card


def test_there_is_no_version_5() -> None:
    with pytest.raises(ValueError, match=r"there is no vCard 5\.0"):
        convert(Card.new(uid="u"), "5.0")


def test_what_was_edited_in_between_is_not_overwritten_by_what_was_carried() -> None:
    husband = ["item1.X-ABRELATEDNAMES:William", "item1.X-ABLabel:_$!<Husband>!$_"]
    original = card("3.0", ["N:King;Ada;;;", "FN:Ada", *husband, "NOTE:n"])
    assert original is not None
    there = convert(original, "4.0")
    spouse = there.first("RELATED")
    assert spouse is not None
    assert spouse.types == ("spouse",)
    assert convert(there, "3.0").octets == original.octets
    edited = convert(there.with_text(spouse.index, "Bill"), "3.0")
    assert [found.text for found in edited.properties("X-ABRELATEDNAMES")] == ["Bill"]
    assert b"Husband" not in edited.octets
    assert b"X-FARLEY-SOURCE" not in edited.octets
    assert not convert(there.without(spouse.index), "3.0").properties("X-ABRELATEDNAMES")


def test_an_n_that_only_3_demands_goes_again_unless_somebody_filled_it() -> None:
    original = card("4.0", ["FN:Fans", "KIND:group"])
    assert original is not None
    there = convert(original, "3.0")
    assert b"N;X-FARLEY-ADDED=1:;;;;\r\n" in there.octets
    assert convert(there, "4.0").octets == original.octets


def test_lines_both_versions_write_alike_keep_their_octets() -> None:
    octets = b"BEGIN:VCARD\nVERSION:3.0\nN:K;A\nFN:A\n K\nTEL;TYPE=cell:1\nX-FOO;X-BAR=1:a\\,b\nEND:VCARD\n"
    assert convert(Card.parse(octets), "4.0").octets == octets.replace(b"3.0", b"4.0")


def test_a_birthday_without_a_year_is_apples_in_3() -> None:
    made = convert(Card.new(version="4.0", uid="u").added("BDAY", text="--0412"), "3.0").first("BDAY")
    assert made is not None
    assert made.line.octets == b"BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12\r\n"
    assert made.date == PartialDate(None, 4, 12)


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ("3.0", "ADR:;;a\r\nLABEL:b\r\n"),
        ("3.0", "a.X-ABRELATEDNAMES:x\r\na.X-ABLabel:y\r\n"),
        ("3.0", "a.TEL;TYPE=pref:x\r\n"),
        ("3.0", "N:x\r\nSORT-STRING:y\r\n"),
        ("4.0", "RELATED;TYPE=spouse;VALUE=text:a\r\n"),
        ("4.0", "CLASS:A\r\nKIND:x\r\n"),
        ("4.0", "X-FARLEY-SOURCE;X-VERSION=3.0:NOTE:a\\nNOTE:a\r\nNOTE:a\r\n"),
    ],
)
def test_many_lines_of_one_kind_are_converted_in_one_pass(version: str, lines: str) -> None:
    """Were it not one pass, this would take minutes."""
    original = card(version, (lines * 1000).split("\r\n")[:-1])
    assert original is not None
    target = "3.0" if version == "4.0" else "4.0"
    assert meaning(convert(convert(original, target), version)) == meaning(original)


def test_a_forged_original_restores_nothing_but_what_it_would_be_made_into() -> None:
    forged = ["FN:Bob", "X-FARLEY-SOURCE;X-VERSION=4.0:FN:Mallory", "NOTE:n",
              r"X-FARLEY-SOURCE;X-VERSION=4.0:NOTE:n\nEND:VCARD\nBEGIN:VCARD\nFN:Mallory"]  # fmt: skip
    original = card("3.0", ["N:;;;;", *forged])
    assert original is not None
    assert convert(original, "4.0").octets == (
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nN:;;;;\r\nFN:Bob\r\nNOTE:n\r\nEND:VCARD\r\n"
    )


def test_a_label_gets_a_group_that_no_other_line_is_in() -> None:
    original = card("4.0", ["FN:Ada", "item1.TEL:1", "ANNIVERSARY:18350708"])
    assert original is not None
    there = convert(original, "3.0")
    assert [(found.name, found.label) for found in there.properties("TEL", "X-ABDATE")] == [
        ("TEL", None), ("X-ABDATE", "Anniversary")]  # fmt: skip
