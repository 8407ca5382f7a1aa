"""What is read out of a card: fits every column on every database, whatever the card holds."""

from __future__ import annotations

import base64
import io
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from farley.codecs.vcard import Card, InvalidVCard
from farley.contacts.deriving import MAX_KEY, MAX_NORM, MAX_ROWS, MAX_TAGS, MAX_VALUE, Derived, derive
from farley.contacts.models import Contact, IndexRow, bare_uid
from tests.cast import a_card

LONG = "x" * 5000
NAMES = ("EMAIL", "TEL", "ADR", "ORG", "TITLE", "NICKNAME", "CATEGORIES", "NOTE", "URL", "IMPP", "BDAY", "RELATED", "N")


def derived(*lines: str, name: str = "Ada King", version: str = "3.0") -> Derived:
    return derive(Card.parse(a_card(name, *lines, version=version)), "DE")


def fits(found: Derived) -> bool:
    """Whether PostgreSQL, which is the stricter one, would take all of it."""
    columns = {field.name: field.max_length for field in Contact._meta.concrete_fields}
    texts = {name: getattr(found, name) for name in columns if isinstance(getattr(found, name, None), str)}
    everything = [
        *texts.values(),
        found.search.name,
        found.search.text,
        found.search.fields,
        *found.tags,
        *(text for row in found.rows for text in row[1:]),
    ]
    for text in everything:
        text.encode()
    return (
        not any("\0" in text for text in everything)
        and all(len(text) <= (columns[name] or 0) for name, text in texts.items() if name != "uid")
        and all(len(value) <= MAX_VALUE and len(norm) <= MAX_NORM for _, value, norm in found.rows)
        and all(0 < len(tag) <= MAX_NORM for tag in found.tags)
        and len(found.rows) <= MAX_ROWS
        and max(len(found.sort_key), len(found.organisation_key), len(found.city_key)) <= MAX_KEY
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value", [LONG, "a\0b", "\0", "", ";;;;;;", ",,,", "\x01\x1b", "ß" * 3000, "\\n" * 99, "́" * 400]
)
def test_any_value_fits_its_column(name: str, value: str) -> None:
    assert fits(derived(f"{name}:{value}", name=value))


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=300)), max_size=8))
@example([("N", "\x1e"), ("TEL", "٣٤٥٦٧٨٩"), ("EMAIL", "\ud7ff")])
def test_any_text_fits_its_column(lines: list[tuple[str, str]]) -> None:
    octets = b"BEGIN:VCARD\r\n" + b"".join(f"{n}:{v}\r\n".encode() for n, v in lines) + b"END:VCARD\r\n"
    try:
        card = Card.parse(octets)
    except InvalidVCard:
        return
    assert fits(derive(card, "DE"))


@given(st.binary(max_size=400))
def test_any_octets_between_begin_and_end_fit(octets: bytes) -> None:
    try:
        card = Card.parse(b"BEGIN:VCARD\r\nFN:A\r\nTEL:" + octets + b"\r\nEND:VCARD\r\n")
    except InvalidVCard:
        return
    assert fits(derive(card, "DE"))


def test_what_is_derived_is_the_same_every_time() -> None:
    card = Card.parse(a_card("Ada", "TEL:0171 2345678", "CATEGORIES:b,a", "ORG:ACME;Sales"))
    assert derive(card, "DE") == derive(Card.parse(card.octets), "DE")


def test_a_group_of_twenty_thousand_keeps_all_its_members() -> None:
    found = derived(*(f"MEMBER:urn:uuid:{n:032x}" for n in range(20_000)), "KIND:group", version="4.0")
    assert sum(row[0] == IndexRow.Kind.MEMBER for row in found.rows) == 20_000


def test_tags_are_rows_or_nothing_so_that_they_can_be_taken_off_again() -> None:
    found = derived(*(f"MEMBER:urn:uuid:{n}" for n in range(MAX_ROWS)), "CATEGORIES:late", version="4.0")
    assert (found.tags, len(found.rows)) == ([], MAX_ROWS)


def test_a_hundred_thousand_tags_take_no_time_and_are_cut() -> None:
    found = derived("CATEGORIES:" + ",".join(str(n) for n in range(100_000)))
    assert len(found.tags) == MAX_TAGS


def test_a_tag_is_listed_once_as_it_is_first_written() -> None:
    assert derived("CATEGORIES:VIP, VIP ,vip", "CATEGORIES:VIP,x").tags == ["VIP", "vip", "x"]


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (("N:Müller;Ada;;;",), "muller ada"),
        (('N;SORT-AS="King,Ada":Müller;Ada;;;',), "king ada"),
        (("N:Müller;Ada;;;", "SORT-STRING:Zed"), "zed"),
        ((), "ada king"),
        (("N:;;;;",), "ada king"),
    ],
)
def test_people_are_sorted_by_their_family_name(lines: tuple[str, ...], key: str) -> None:
    assert derived(*lines).sort_key == key


@pytest.mark.parametrize(
    ("lines", "email", "phone"),
    [
        (("EMAIL:a@x.example", "EMAIL;TYPE=pref:b@x.example"), "b@x.example", ""),
        (("EMAIL;PREF=2:a@x.example", "EMAIL;PREF=1:b@x.example"), "b@x.example", ""),
        (("EMAIL:b@x.example", "EMAIL:a@x.example"), "b@x.example", ""),
        (("TEL;TYPE=fax:1234567", "TEL:7654321"), "", "7654321"),
    ],
)
def test_the_preferred_value_is_shown_else_the_first(lines: tuple[str, ...], email: str, phone: str) -> None:
    found = derived(*lines)
    assert (found.email, found.phone) == (email, phone)


def picture(form: str, size: tuple[int, int] = (400, 300), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 80).save(out, form)
    return out.getvalue()


def photographed(octets: bytes, params: str = "ENCODING=b;TYPE=JPEG", prefix: str = "") -> bytes | None:
    return derived(f"PHOTO;{params}:{prefix}{base64.b64encode(octets).decode()}").thumbnail


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize(
    ("params", "prefix"),
    [("ENCODING=b", ""), ("ENCODING=BASE64", ""), ("VALUE=uri", "data:image/x;base64,"), ("BASE64", "")],
)
def test_a_photo_in_every_encoding_becomes_a_small_square(form: str, params: str, prefix: str) -> None:
    thumbnail = photographed(picture(form), params, prefix)
    assert thumbnail is not None
    assert Image.open(io.BytesIO(thumbnail)).size == (192, 192)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_a_picture_in_every_mode_can_be_shown(mode: str) -> None:
    assert photographed(picture("PNG", mode=mode)) is not None


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (191, 193)])
def test_a_picture_of_any_shape_can_be_shown(size: tuple[int, int]) -> None:
    assert photographed(picture("PNG", size)) is not None


def bomb() -> bytes:
    """A PNG of a few hundred octets that claims 30,000 x 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no picture",
        picture("PNG")[:60],
        picture("JPEG")[:200],
        picture("GIF")[:30],
        bomb(),
        picture("PNG", (5000, 5000)),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
        picture("TIFF"),
    ],
    ids=["empty", "text", "cut PNG", "cut JPEG", "cut GIF", "bomb", "huge", "EPS", "TIFF"],
)
def test_what_is_no_picture_or_too_large_a_one_is_shown_as_initials(octets: bytes) -> None:
    assert photographed(octets) is None


@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP"]), st.integers(0, 100))
def test_no_damage_to_a_picture_harms_the_card(damage: bytes, form: str, at: int) -> None:
    whole = picture(form, (20, 20))
    photographed(whole[:at] + damage + whole[at + len(damage) :])


def test_a_large_photo_of_a_phone_is_shown_the_right_way_up() -> None:
    image = Image.new("RGB", (4000, 3000), "red")
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    image.paste("blue", (0, 0, 4000, 1500))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    shown = Image.open(io.BytesIO(photographed(out.getvalue()) or b"")).convert("RGB")
    left, right = shown.getpixel((10, 96)), shown.getpixel((180, 96))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > left[2]
    assert right[2] > right[0]
    assert not shown.getexif()


@pytest.mark.parametrize(
    ("uid", "bare"),
    [
        ("urn:uuid:5B3D2C6E-7F1A-4A58-9D8B-0123456789AB", "5b3d2c6e-7f1a-4a58-9d8b-0123456789ab"),
        (" 5B3D2C6E-7F1A-4A58-9D8B-0123456789AB ", "5b3d2c6e-7f1a-4a58-9d8b-0123456789ab"),
        ("urn:uuid:Mixed-Id:ABPerson", "Mixed-Id:ABPerson"),
        ("Mixed-Id:ABPerson", "Mixed-Id:ABPerson"),
    ],
)
def test_a_uid_is_the_same_however_cards_name_it(uid: str, bare: str) -> None:
    assert bare_uid(uid) == bare
