from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.contentline import split_lines
from farley.codecs.vcard import Card, Kind, Name, PartialDate, read_cards

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\\;,:=BE"), max_size=300)
LONG = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n;, ="), min_size=100, max_size=400)
VERSIONS = st.sampled_from(["2.1", "3.0", "4.0"])

APPLE = b"""BEGIN:VCARD
VERSION:3.0
N:King;Ada;Augusta,Maria;;
FN:Ada King
item1.TEL;type=CELL;type=pref:+44 1
item1.X-ABLabel:_$!<Boat>!$_
item2.ADR;type=HOME:;;1 St James Sq;London;;;
item2.X-ABADR:gb
NOTE:folded
  here
BDAY:1815-12-10
END:VCARD
"""


def new(version: str = "3.0") -> Card:
    return Card.new(version=version, uid="u", full_name="Ada")


def changed(before: Card, after: Card) -> tuple[list[bytes], list[bytes]]:
    """The lines only the one has and the lines only the other has."""
    old, fresh = [line.octets for line in before.lines], [line.octets for line in after.lines]
    return [line for line in old if line not in fresh], [line for line in fresh if line not in old]


def test_one_property_of_every_sample_can_be_edited_and_only_its_line_differs(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        if entry.card is None:
            continue
        card = entry.card
        for found in card.properties("FN", "NOTE", "TEL", "EMAIL", "URL", "TITLE"):
            edited = card.with_text(found.index, "Größe; 1, 2\\n")
            assert edited.first(found.name)
            assert Card.parse(edited.octets).lines == edited.lines
            assert len(edited.lines) == len(card.lines)
            for index, (old, fresh) in enumerate(zip(card.lines, edited.lines, strict=True)):
                assert (old.octets == fresh.octets) == (index != found.index)
            if found.name != "URL":
                assert edited.properties()[found.index].text == "Größe; 1, 2\\n"


def test_equal_values_leave_every_sample_as_it_is(sample: Path) -> None:
    for entry in read_cards(sample.read_bytes()):
        if entry.card is None:
            continue
        card = entry.card
        for found in card.properties():
            assert card.with_text(found.index, found.text) is card
            assert card.with_texts(found.index, found.texts) is card
            assert card.with_components(found.index, found.components) is card
            assert card.with_components(found.index, found.parts) is card
            assert card.with_types(found.index, found.types, pref=found.pref, label=found.label) is card
            if found.date:
                assert card.with_date(found.index, found.date) is card
        assert card.with_name(card.name) is card
        assert card.with_categories([text for each in card.properties("CATEGORIES") for text in each.texts]) is card


@given(VERSIONS, TEXT | LONG)
def test_text_written_is_text_read(version: str, text: str) -> None:
    card = Card.parse(new(version).added("NOTE", text=text).octets)
    found = card.first("NOTE")
    assert found is not None
    assert found.text == text


@given(VERSIONS, LONG)
def test_lines_written_are_short_whatever_the_version(version: str, text: str) -> None:
    for octets in new(version).added("NOTE", text=text + "ä").octets.split(b"\r\n"):
        assert len(octets) <= 76


@given(VERSIONS, st.lists(TEXT.map(str.strip).filter(bool), min_size=1, max_size=5))
def test_a_list_written_is_the_list_read(version: str, texts: list[str]) -> None:
    card = Card.parse(new(version).added("CATEGORIES", texts=texts).octets)
    found = card.first("CATEGORIES")
    assert found is not None
    assert found.texts == texts


@given(VERSIONS, st.lists(TEXT, min_size=7, max_size=7))
def test_a_structure_written_is_the_structure_read(version: str, components: list[str]) -> None:
    card = Card.parse(new(version).added("ADR", components=components).octets)
    found = card.first("ADR")
    assert found is not None
    assert found.components == [[each] for each in components]


@given(VERSIONS, st.lists(TEXT.map(str.strip), min_size=5, max_size=5))
def test_a_name_written_is_the_name_read(version: str, parts: list[str]) -> None:
    card = Card.parse(new(version).with_name(Name(*parts)).octets)
    assert card.name.parts == tuple(parts)


@given(
    VERSIONS,
    st.lists(st.sampled_from(["home", "work", "cell", "x-boat"]), unique=True),
    st.none() | st.integers(1, 100),
    st.none() | TEXT.map(str.strip).filter(bool),
)
def test_types_preference_and_label_written_are_those_read(
    version: str, types: list[str], pref: int | None, label: str | None
) -> None:
    card = new(version).added("TEL", text="1").added("TEL", text="2")
    index = card.properties("TEL")[0].index
    card = Card.parse(card.with_types(index, types, pref=pref, label=label).octets)
    first, second = card.properties("TEL")
    assert first.types == tuple(types)
    assert first.pref == (pref if version == "4.0" or pref is None else 1)
    assert (first.label, second.label) == (label, None)
    assert card.with_types(first.index, types, pref=pref, label=label) is card
    bare = card.with_types(first.index, [])
    assert not bare.properties("X-ABLABEL")
    assert [found.text for found in bare.properties("TEL")] == ["1", "2"]


@pytest.mark.parametrize("line_break", [b"\n", b"\r", b"\r\n"])
def test_an_edit_follows_the_line_breaks_of_the_card(line_break: bytes) -> None:
    card = Card.parse(APPLE.replace(b"\n", line_break))
    note = card.first("NOTE")
    assert note is not None
    edited = card.with_text(note.index, "x" * 200 + "\nä")
    assert edited.octets.replace(line_break, b"").count(b"\n") == 0
    assert edited.octets.replace(line_break, b"").count(b"\r") == 0


def test_a_line_of_another_encoding_is_written_as_its_version_wants() -> None:
    card = Card.parse(b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE;CHARSET=latin1;ENCODING=QUOTED-PRINTABLE:a\r\nEND:VCARD\r\n")
    assert changed(card, card.with_text(1, "ä")) == ([card.lines[1].octets], ["NOTE:ä\r\n".encode()])


def test_a_card_of_windows_1252_keeps_its_other_lines() -> None:
    octets = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Do\xeb;J\r\nNOTE:\xeb\r\nEND:VCARD\r\n"
    edited = Card.parse(octets).with_text(2, "ë")
    assert edited.octets == octets  # it read so already
    assert b"N:Do\xeb;J\r\nNOTE:\xc3\xab!" in Card.parse(octets).with_text(2, "ë!").octets


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Ada King", "Grace King"),
        ("Ada Augusta Maria King", "Grace Augusta Maria King"),
        ("King, Ada", "King, Grace"),
        ("King Ada", "King Grace"),
        ("", "Grace Augusta Maria King"),
        ("The Enchantress", "The Enchantress"),
    ],
)
def test_fn_follows_n_only_where_it_was_n_written_out(written: str, expected: str) -> None:
    card = Card.parse(APPLE.replace(b"FN:Ada King", b"FN:" + written.encode()))
    edited = card.with_name(Name("King", "Grace", card.name.additional))
    assert edited.full_name == expected
    assert edited.name.components[2] == ("Augusta", "Maria")


def test_a_missing_n_is_added_before_fn() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:3.0\nTEL:1\nEND:VCARD\n").with_name(Name("King", "Ada"))
    assert [line.octets for line in card.lines] == [b"VERSION:3.0\n", b"N:King;Ada;;;\n", b"FN:Ada King\n", b"TEL:1\n"]


def test_components_beyond_the_fifth_of_a_name_stay() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:4.0\nN:King;Ada;;;;Byron;II\nFN:x\nEND:VCARD\n")
    assert b"N:King;Grace;;;;Byron;II\n" in card.with_name(Name("King", "Grace")).octets


def test_removing_a_property_takes_what_labelled_it() -> None:
    card = Card.parse(APPLE)
    removed, added = changed(card, card.without(3))
    assert removed == [b"item1.TEL;type=CELL;type=pref:+44 1\n", b"item1.X-ABLabel:_$!<Boat>!$_\n"]
    assert not added
    assert [line.name for line in card.without(5).lines if line.name.startswith("X-")] == ["X-ABLABEL"]


def test_a_label_two_share_stays_with_the_other() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:3.0\ni.TEL:1\ni.EMAIL:a\ni.X-ABLabel:Boat\nEND:VCARD\n")
    assert [found.label for found in card.without(1).properties("EMAIL")] == ["Boat"]
    relabelled = card.with_types(1, [], label="House")
    assert [found.label for found in relabelled.properties("TEL", "EMAIL")] == ["House", "Boat"]
    bare = card.with_types(1, [])
    assert [found.label for found in bare.properties("TEL", "EMAIL")] == [None, "Boat"]


def test_a_property_is_added_after_the_last_of_its_name() -> None:
    card = Card.parse(APPLE).added("TEL", text="2", types=["home"], label="Hut")
    assert [line.octets for line in card.lines[3:7]] == [
        b"item1.TEL;type=CELL;type=pref:+44 1\n",
        b"item1.X-ABLabel:_$!<Boat>!$_\n",
        b"item3.TEL;TYPE=home:2\n",
        b"item3.X-ABLabel:Hut\n",
    ]


def test_a_value_of_an_unchanged_line_keeps_its_octets_when_its_types_change() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:2.1\nADR;HOME;QUOTED-PRINTABLE:;;a=\n=E4;\nEND:VCARD\n")
    assert card.with_types(1, ["work"]).lines[1].octets == b"ADR;WORK;QUOTED-PRINTABLE:;;a=\n=E4;\n"


def test_a_line_is_not_swallowed_by_an_open_one_before_it() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:2.1\nADR;QUOTED-PRINTABLE:;;a;=\nEND:VCARD\n").added("TEL", text="1")
    assert [found.text for found in card.properties("TEL")] == ["1"]
    assert card.properties("ADR")[0].parts == ["", "", "a", ""]


def test_a_broken_line_can_only_be_removed() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:3.0\nFN\nEND:VCARD\n")
    assert card.with_text(1, "x") is card
    assert card.with_types(1, ["x"]) is card
    assert [line.name for line in card.without(1).lines] == ["VERSION"]


def test_dates_are_written_as_each_version_wants() -> None:
    for version, date, line in (
        ("4.0", PartialDate(1980, 4, 12), b"BDAY:19800412\r\n"),
        ("4.0", PartialDate(None, 4, 12), b"BDAY:--0412\r\n"),
        ("4.0", PartialDate(1980, 4), b"BDAY:1980-04\r\n"),
        ("4.0", PartialDate(text="a, b"), b"BDAY;VALUE=text:a\\, b\r\n"),
        ("3.0", PartialDate(1980, 4, 12), b"BDAY:1980-04-12\r\n"),
        ("3.0", PartialDate(None, 4, 12), b"BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12\r\n"),
        ("2.1", PartialDate(1980, 4, 12), b"BDAY:1980-04-12\r\n"),
    ):
        card = new(version).added("BDAY", text="x")
        card = card.with_date(len(card.lines) - 1, date)
        assert card.lines[-1].octets == line
        assert card.properties()[-1].date == date


def test_a_tag_leaves_the_line_that_holds_it_and_a_new_one_joins_the_first() -> None:
    card = Card.parse(
        b"BEGIN:VCARD\nVERSION:3.0\nCATEGORIES;X-A=1:a\nNOTE:x\nCATEGORIES;LANGUAGE=de;TYPE=work:zwei , b\\,c\n"
        b"item1.CATEGORIES:d\nitem1.X-ABLabel:mine\nEND:VCARD\n"
    )
    added = card.with_categories(["zwei", "a", "b,c", "n;m", "d"])
    assert changed(card, added) == ([b"CATEGORIES;X-A=1:a\n"], [b"CATEGORIES;X-A=1:a,n\\;m\n"])
    less = card.with_categories(["a", "b,c"])
    assert changed(card, less) == (
        [b"CATEGORIES;LANGUAGE=de;TYPE=work:zwei , b\\,c\n", b"item1.CATEGORIES:d\n", b"item1.X-ABLabel:mine\n"],
        [b"CATEGORIES;LANGUAGE=de;TYPE=work:b\\,c\n"],
    )
    assert [line.octets for line in card.with_categories(["d", "n"]).lines if line.name == "CATEGORIES"] == [
        b"CATEGORIES;X-A=1:n\n",
        b"item1.CATEGORIES:d\n",
    ]
    assert [line.name for line in card.with_categories([]).lines] == ["VERSION", "NOTE"]


@given(VERSIONS, st.lists(TEXT.map(str.strip).filter(bool), max_size=5), st.lists(TEXT.map(str.strip).filter(bool)))
def test_tags_given_are_the_tags_there(version: str, before: list[str], after: list[str]) -> None:
    card = new(version).added("CATEGORIES", texts=before[:2]).added("CATEGORIES", texts=before[2:])
    edited = Card.parse(card.with_categories(after).octets)
    assert {text.strip() for each in edited.properties("CATEGORIES") for text in each.texts} - {""} == set(after)
    assert edited.with_categories(after) is edited


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_a_photo_written_is_the_photo_read(version: str) -> None:
    card = new(version).added("NOTE", text="after").with_photo(PNG, "image/png")
    found = Card.parse(card.octets).first("PHOTO")
    assert found is not None
    assert found.binary == (PNG, "image/png")
    assert card.with_photo(PNG, "image/png") is card
    other = Card.parse(card.with_photo(b"GIF89a" + PNG, "image/gif").octets)
    assert [item.binary for item in other.properties("PHOTO")] == [(b"GIF89a" + PNG, "image/gif")]
    assert not other.without_photo().first("PHOTO")


def test_a_new_card_has_what_its_version_demands() -> None:
    card = Card.new(version="4.0", uid="u", kind=Kind.GROUP, full_name="Fans")
    assert (card.version, card.uid, card.kind, card.full_name) == ("4.0", "u", Kind.GROUP, "Fans")
    assert Card.new(uid="u", kind=Kind.GROUP).kind is Kind.GROUP
    assert Card.new(uid="u", name=Name("King", "Ada")).full_name == "Ada King"
    assert Card.new(uid="u").with_uid("w").uid == "w"


def test_a_number_written_as_uri_becomes_text_when_edited() -> None:
    card = Card.parse(b"BEGIN:VCARD\nVERSION:4.0\nTEL;VALUE=uri;TYPE=home:tel:+1\nEND:VCARD\n")
    assert card.with_text(1, "+1") is card
    assert card.with_text(1, "+2 3").lines[1].octets == b"TEL;TYPE=home:+2 3\n"


@given(VERSIONS, TEXT)
def test_no_text_can_break_out_of_its_line(version: str, text: str) -> None:
    for name in ("NOTE", "URL", "GEO", "X-FOO", "N", "NICKNAME", "BDAY", "REV"):
        card = new(version).added(name, text=f"{text}\r\nX-EVIL:{text}\nEND:VCARD")
        assert "X-EVIL" not in {line.name for line in split_lines(card.octets)}
        assert Card.parse(card.octets).lines == card.lines
