"""Pictures: which ones are read at all, and how one goes into a card."""

from __future__ import annotations

import io
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PHOTO = 10 * 2**20  # octets of a picture that somebody puts on a card
MAX_PIXELS = 24_000_000  # 100 MB while it is read
MAX_SIDE = 1600  # pixels; a larger picture is made smaller before it goes to phones
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_ORIENTATION = 0x0112  # Exif's name for which way up it is
_UPRIGHT = 1


class Fault(Enum):
    """Why a picture cannot be put on a card."""

    EMPTY = "empty"
    TOO_LARGE = "too large"  # MAX_PHOTO
    TOO_MANY_PIXELS = "too many pixels"  # MAX_PIXELS
    UNREADABLE = "unreadable"  # none of TYPES, or broken


class UnusablePhoto(ValueError):
    """The octets are no picture that can be put on a card, because of `fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def for_card(octets: bytes) -> tuple[bytes, str]:
    """The picture as it goes into a card, and its media type: as it came, unless it is huge or lies on its side.

    Raises UnusablePhoto.
    """
    if not octets:
        raise UnusablePhoto(Fault.EMPTY)
    if len(octets) > MAX_PHOTO:
        raise UnusablePhoto(Fault.TOO_LARGE)
    try:
        return _fitted(octets)
    except UnusablePhoto:
        raise
    except Exception as error:  # a broken picture makes Pillow raise whatever comes to its readers' minds
        raise UnusablePhoto(Fault.UNREADABLE) from error


def prepare(image: Image, side: int) -> None:
    """Have an image that is opened, but not read, read at a fraction of its size where that still has `side` pixels.

    Raises UnusablePhoto for one that would take too much memory. Only a JPEG that is not progressive can be read so.
    """
    if not image.info.get("progressive"):
        image.draft("RGB", (side, side))
    if image.width * image.height > MAX_PIXELS:
        raise UnusablePhoto(Fault.TOO_MANY_PIXELS)


def _fitted(octets: bytes) -> tuple[bytes, str]:
    from PIL import Image, ImageOps  # 60 ms to load

    with Image.open(io.BytesIO(octets), formats=list(TYPES)) as image:
        media_type = TYPES[str(image.format)]
        is_huge = max(image.size) > MAX_SIDE
        prepare(image, MAX_SIDE)
        image.load()
        if not is_huge and image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT:
            return octets, media_type
        ImageOps.exif_transpose(image, in_place=True)
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        out = io.BytesIO()
        if image.has_transparency_data:
            image.convert("RGBA").save(out, "PNG", exif=b"")
            return out.getvalue(), "image/png"
        image.convert("RGB").save(out, "JPEG", quality=88, exif=b"")
        return out.getvalue(), "image/jpeg"
