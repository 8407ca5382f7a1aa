"""The photo of who has an account: square, small, and encoded anew, so that of the file only the picture stays."""

from __future__ import annotations

import hashlib
import io
import warnings

from django.conf import settings
from django.db import models

from farley.accounts.models import User
from farley.database.turns import write_turn

MAX_PHOTO = 10 * 2**20  # octets of what somebody uploads
MAX_PIXELS = 40_000_000  # 160 MB while it is read
SIDE = 256  # pixels
READ = ["JPEG", "PNG", "GIF", "WEBP"]
MEDIA_TYPE = "image/webp"


class UnusablePortrait(ValueError):
    """The octets are no picture that can be read, or a huge one."""


class Portrait(models.Model):
    """The octets lie apart from the account, whose row is read with every page; there only their digest is."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="portrait"
    )
    octets = models.BinaryField()

    def __str__(self) -> str:
        return str(self.user)


def put(user: User, octets: bytes) -> None:
    """Give `user` this picture, cropped to a square. Raises UnusablePortrait."""
    keep(user, _square(octets))


def keep(user: User, small: bytes) -> None:
    """Give `user` a picture that is one of ours already: square, small and encoded here."""
    digest = hashlib.sha256(small).hexdigest()[:16]
    with write_turn():
        Portrait.objects.update_or_create(user=user, defaults={"octets": small})
        User.objects.filter(pk=user.pk).update(photo=digest)
    user.photo = digest


def remove(user: User) -> None:
    with write_turn():
        Portrait.objects.filter(user=user).delete()
        User.objects.filter(pk=user.pk).update(photo="")
    user.photo = ""


def _square(octets: bytes) -> bytes:
    from PIL import Image, ImageOps  # 60 ms to load

    if not 0 < len(octets) <= MAX_PHOTO:
        raise UnusablePortrait
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(octets), formats=READ) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > MAX_PIXELS:
                raise UnusablePortrait
            upright = ImageOps.exif_transpose(image)
            fitted = ImageOps.fit(upright.convert("RGBA"), (SIDE, SIDE))
            paper = Image.new("RGB", fitted.size, "white")
            paper.paste(fitted, mask=fitted.getchannel("A"))
            out = io.BytesIO()
            paper.save(out, "WEBP", quality=85)
            return out.getvalue()
    except UnusablePortrait:
        raise
    except Exception as error:  # a broken picture makes Pillow raise whatever comes to its readers' minds
        raise UnusablePortrait from error
