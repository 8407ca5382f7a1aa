"""Pictures on their way into a card."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap

import pytest
from PIL import Image

from farley.codecs.vcard import Card
from farley.contacts import photos
from farley.contacts.deriving import derive
from farley.contacts.photos import Fault, UnusablePhoto, for_card
from tests.cast import a_card


def picture(size: tuple[int, int], form: str = "JPEG", mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, form, **how)
    return out.getvalue()


def lying(size: tuple[int, int]) -> bytes:
    """A JPEG that a phone took sideways: turned to the right when it is shown."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(size, exif=exif)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_of_ordinary_size_stays_as_it_is(form: str) -> None:
    octets = picture((300, 200), form)
    assert for_card(octets) == (octets, f"image/{form.lower()}")


@pytest.mark.parametrize(
    ("octets", "size"),
    [
        (picture((3200, 1600)), (1600, 800)),
        (picture((3200, 3200)), (1600, 1600)),
        (picture((2000, 500), "PNG"), (1600, 400)),
        (lying((300, 200)), (200, 300)),
        (lying((4000, 2000)), (800, 1600)),
        (picture((8000, 6000)), (1600, 1200)),  # 48 million pixels: read at a fraction
    ],
)
def test_a_huge_or_lying_one_is_made_smaller_and_upright(octets: bytes, size: tuple[int, int]) -> None:
    fitted, media_type = for_card(octets)
    with Image.open(io.BytesIO(fitted)) as image:
        assert image.size == size
        assert image.getexif().get(0x0112, 1) == 1
    assert media_type == "image/jpeg"


def test_what_can_be_seen_through_stays_so() -> None:
    fitted, media_type = for_card(picture((2000, 500), "PNG", "RGBA"))
    assert media_type == "image/png"
    with Image.open(io.BytesIO(fitted)) as image:
        assert image.mode == "RGBA"


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"no picture", Fault.UNREADABLE),
        (picture((300, 200))[:400], Fault.UNREADABLE),
        (picture((6000, 4001), "PNG"), Fault.TOO_MANY_PIXELS),
        (picture((6000, 4001), progressive=True), Fault.TOO_MANY_PIXELS),
        (b"\0" * (photos.MAX_PHOTO + 1), Fault.TOO_LARGE),
    ],
)
def test_others_are_refused(octets: bytes, fault: Fault) -> None:
    with pytest.raises(UnusablePhoto) as refused:
        for_card(octets)
    assert refused.value.fault is fault


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_of_very_many_pixels_takes_no_memory(form: str) -> None:
    script = """
        import io, resource, sys
        from PIL import Image
        from farley.contacts import photos
        Image.new("L", (100, 100)).save(io.BytesIO(), "JPEG")  # the libraries are loaded
        octets, before = sys.stdin.buffer.read(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            photos.for_card(octets)
        except photos.UnusablePhoto as error:
            assert error.fault is photos.Fault.TOO_MANY_PIXELS
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    progressive = {"progressive": True} if form == "JPEG" else {}
    octets = picture((7000, 7000), form, "L", **progressive)
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], input=octets, capture_output=True, check=True, timeout=60
    )
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    assert int(ran.stdout) * unit < 30 * 2**20


def test_no_thumbnail_is_made_of_one_that_would_take_too_much_memory() -> None:
    card = Card.parse(a_card()).with_photo(picture((6000, 4001), progressive=True), "image/jpeg")
    assert derive(card, "DE").thumbnail is None
    card = Card.parse(a_card()).with_photo(picture((6000, 4001)), "image/jpeg")
    assert derive(card, "DE").thumbnail is not None
