import binascii

import pytest

from farley.codecs.vcard import Card, Kind, Name, PartialDate, Property

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(60))
PNG_BASE64 = binascii.b2a_base64(PNG, newline=False)


def card(*lines: str | bytes, version: str = "3.0") -> Card:
    written = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return Card.parse(b"\r\n".join([b"BEGIN:VCARD", b"VERSION:" + version.encode(), *written, b"END:VCARD", b""]))


def only(*lines: str | bytes, version: str = "3.0") -> Property:
    return card(*lines, version=version).properties()[1]


@pytest.mark.parametrize(
    ("lines", "version"),
    [
        (b"VERSION: 4.0", "4.0"),
        (b"VERSION:4", "4.0"),
        (b"VERSION:3.0", "3.0"),
        (b"TEL;HOME:1", "2.1"),
        (b"N;CHARSET=UTF-8:x", "2.1"),
        (b"GENDER:F", "4.0"),
        (b"FN:x", "3.0"),
        (b"VERSION:x\r\nFN:x", "3.0"),
    ],
)
def test_the_version_is_the_declared_one_or_what_the_lines_look_like(lines: bytes, version: str) -> None:
    assert Card.parse(b"BEGIN:VCARD\r\n" + lines + b"\r\nEND:VCARD\r\n").version == version


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("FN:x", Kind.INDIVIDUAL),
        ("KIND:group", Kind.GROUP),
        ("KIND:Org", Kind.ORG),
        ("KIND:location", Kind.LOCATION),
        ("KIND:device", Kind.OTHER),
        ("X-ADDRESSBOOKSERVER-KIND:group", Kind.GROUP),
        ("X-KIND:group", Kind.GROUP),
        ("X-ABShowAs:COMPANY", Kind.ORG),
        ("X-ABShowAs:x", Kind.INDIVIDUAL),
    ],
)
def test_the_kind_is_read_in_every_spelling(line: str, kind: Kind) -> None:
    assert card(line).kind is kind


@pytest.mark.parametrize(
    ("lines", "full_name"),
    [
        (["FN: Ada ", "N:King;Ada"], "Ada"),
        (["FN:", "N:King;Ada;Augusta,Maria;Lady;"], "Lady Ada Augusta Maria King"),
        (["NICKNAME:Ada,Addie", "ORG:Engines"], "Ada"),
        (["ORG:Engines, Ltd;Design"], "Engines, Ltd, Design"),
        (["EMAIL:ada@example.org"], "ada@example.org"),
        (["TEL;VALUE=uri:tel:+44-1"], "+44-1"),
        (["NOTE:x"], ""),
    ],
)
def test_the_full_name_is_what_comes_nearest(lines: list[str], full_name: str) -> None:
    assert card(*lines).full_name == full_name


def test_a_name_has_joined_parts_and_the_values_apart() -> None:
    name = card(r"N:O\;Neil;John;Philip,Paul;Dr.;Jr.,M.D.").name
    assert name == Name("O;Neil", "John", "Philip Paul", "Dr.", "Jr. M.D.")
    assert name.components[2] == ("Philip", "Paul")


def test_a_uid_that_is_blank_is_none() -> None:
    assert card("UID: ").uid is None
    assert card("UID: a ").uid == "a"


def test_types_are_read_in_every_spelling() -> None:
    assert only("TEL;TYPE=WORK,Voice:1").types == ("work", "voice")
    assert only('TEL;TYPE="work,voice";PREF=7:1', version="4.0").types == ("work", "voice")
    assert only("EMAIL;type=INTERNET;type=WORK;type=pref:a").types == ("internet", "work")
    assert only("TEL;CELL;QUOTED-PRINTABLE;PREF:1", version="2.1").types == ("cell",)


def test_a_preference_is_a_number_however_it_is_stated() -> None:
    assert only("EMAIL;type=pref:a").pref == 1
    assert only("EMAIL;PREF:a", version="2.1").pref == 1
    assert only("EMAIL;PREF=50:a").pref == 50
    assert only("EMAIL;PREF=0:a").pref == 1
    assert only("EMAIL;PREF=" + "9" * 5000 + ":a").pref is None
    assert only("EMAIL:a").pref is None


def test_a_label_is_the_groups_and_apples_own_are_unwrapped() -> None:
    made = card("item1.TEL:1", "item1.X-ABLabel:_$!<Mobile>!$_", "ITEM2.URL:x", "item2.X-ABLABEL:Boat", "TEL:2")
    assert [found.label for found in made.properties("TEL", "URL")] == ["Mobile", "Boat", None]


def test_text_is_unescaped_and_unknown_escapes_stand() -> None:
    assert only(r"NOTE:a\nb\Nc\, d\; e\\n f\: C:\temp").text == "a\nb\nc, d; e\\n f: C:\\temp"


def test_quoted_printable_text_knows_its_charset() -> None:
    assert only("NOTE;QUOTED-PRINTABLE;CHARSET=ISO-8859-2:=B3=0D=0Ax", version="2.1").text == "ł\nx"
    assert only("NOTE;ENCODING=QUOTED-PRINTABLE:Krak=F3w", version="2.1").text == "Kraków"


def test_lists_and_structures_are_cut_at_what_is_not_escaped() -> None:
    assert only(r"CATEGORIES:a\,b, c,,d\\,e").texts == ["a,b", "c", "d\\", "e"]
    assert only(r"ADR:;;a\;b,c;d\\;e").components == [[""], [""], ["a;b", "c"], ["d\\"], ["e"]]
    assert only("ORG:ABC, Inc.;R&D").components == [["ABC, Inc."], ["R&D"]]
    assert only("ADR:;;Main St, 3;", version="2.1").components[2] == ["Main St, 3"]
    assert only("ADR:;;Main St, 3;").parts[2] == "Main St, 3"


@pytest.mark.parametrize(
    "line",
    [
        b"PHOTO;ENCODING=b;TYPE=PNG:" + PNG_BASE64,
        b"PHOTO;BASE64:\r\n  " + PNG_BASE64 + b"\r\n",
        b"PHOTO;ENCODING=BASE64;JPEG:" + PNG_BASE64,
        b"PHOTO;ENCODING=BASE64:\r\n" + PNG_BASE64 + b"\r\n",
        b"PHOTO:" + PNG_BASE64,
        b"PHOTO:data:image/png;base64," + PNG_BASE64,
        b"PHOTO:data:image/png;base64\\," + PNG_BASE64,
        b"PHOTO;ENCODING=QUOTED-PRINTABLE:" + "".join(f"={octet:02X}" for octet in PNG).encode(),
        b"PHOTO:data:image/png," + "".join(f"%{octet:02X}" for octet in PNG).encode(),
        b"PHOTO;VALUE=uri:data:;base64," + PNG_BASE64,
    ],
)
def test_a_picture_is_read_in_every_encoding(line: bytes) -> None:
    found = only(line)
    assert found.binary == (PNG, "image/png")
    assert found.uri is None


def test_a_picture_elsewhere_is_a_link() -> None:
    assert only("PHOTO;VALUE=uri:http://x/y.png").binary is None
    assert only("PHOTO;VALUE=URL:http://x/y.png", version="2.1").uri == "http://x/y.png"
    assert only("PHOTO:http://x/y.png", version="4.0").uri == "http://x/y.png"


def test_what_is_no_base64_is_no_picture() -> None:
    for line in ("PHOTO;ENCODING=b:A", "PHOTO:", "PHOTO:x", "PHOTO;ENCODING=b:!!!", "NOTE:data:image/png;base64,QUJD"):
        assert only(line).binary is None


def test_the_media_type_is_what_the_octets_are_else_what_is_said() -> None:
    assert only(b"KEY;ENCODING=b;TYPE=X509:QUJD").binary == (b"ABC", "application/pkix-cert")
    assert only(b"KEY;ENCODING=b:QUJD").binary == (b"ABC", "application/octet-stream")
    assert only(b"SOUND;ENCODING=b;TYPE=audio/ogg:QUJD").binary == (b"ABC", "audio/ogg")


def test_links_are_read_with_and_without_their_scheme() -> None:
    assert only(r"URL:http\://www.example.org").uri == "http://www.example.org"
    assert only("URL:www.example.org").uri == "www.example.org"
    assert only("TEL;VALUE=uri:tel:+33-01;ext=5", version="4.0").text == "+33-01;ext=5"
    assert only("RELATED;VALUE=text:tel:x").uri is None
    assert only("NOTE:http://x").uri is None


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("19800412", PartialDate(1980, 4, 12)),
        ("1980-04-12", PartialDate(1980, 4, 12)),
        ("1980-04-12T00:00:00Z", PartialDate(1980, 4, 12)),
        ("20090808T1430-0500", PartialDate(2009, 8, 8)),
        ("1980-04", PartialDate(1980, 4)),
        ("1980", PartialDate(1980)),
        ("--0412", PartialDate(None, 4, 12)),
        ("--04-12", PartialDate(None, 4, 12)),
        ("--0229", PartialDate(None, 2, 29)),
        ("--04", PartialDate(None, 4)),
        ("---12", PartialDate(None, None, 12)),
        ("0000-04-12", PartialDate(None, 4, 12)),
        ("circa 1800", PartialDate(text="circa 1800")),
        ("1981-02-29", PartialDate(text="1981-02-29")),
        ("0000", PartialDate(text="0000")),
        ("١٩٨٠", PartialDate(text="١٩٨٠")),
        ("9" * 5000, PartialDate(text="9" * 5000)),
        ("", None),
    ],
)
def test_a_date_is_read_in_every_spelling(written: str, date: PartialDate | None) -> None:
    assert only("BDAY:" + written).date == date


def test_a_year_can_be_left_out_apples_way() -> None:
    assert only("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12").date == PartialDate(None, 4, 12)
    assert only("BDAY:1604-04-12").date == PartialDate(1604, 4, 12)
    assert only("BDAY;VALUE=text:1980", version="4.0").date == PartialDate(text="1980")


def test_the_delivery_label_of_an_address_is_read_with_its_lines() -> None:
    assert only(r'ADR;LABEL="A^nB\nC":;;x', version="4.0").delivery_label == "A\nB\nC"


def test_nothing_of_a_card_is_shown_by_its_repr() -> None:
    made = card("NOTE:secret")
    assert "secret" not in f"{made!r}{made.lines[1]!r}{made.properties()[1]!r}"
