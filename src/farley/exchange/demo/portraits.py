"""Portraits of nobody: a head, shoulders and hair in a few colours, drawn the same way for the same seed."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

SIDE = 240  # pixels
_GROUNDS = ("#dfe7e2", "#efe3d6", "#dde4ee", "#e9dfe8", "#e6e8d8", "#d8e6e8")
_SKINS = ("#f3d3bd", "#e8b995", "#c98f68", "#9a6544", "#6e4630", "#f0c9a8")
_HAIRS = ("#2b2320", "#5a3d28", "#8a5a33", "#c79a55", "#b9b4ad", "#7a2f22")
_CLOTHES = ("#2f5d50", "#7b4b94", "#b5533c", "#38618c", "#8c7a3d", "#44484d", "#a23e5c")


def portrait(rng: random.Random) -> bytes:
    """A JPEG of about 4 kB."""
    skin, hair = rng.choice(_SKINS), rng.choice(_HAIRS)
    image = Image.new("RGB", (SIDE, SIDE), rng.choice(_GROUNDS))
    draw = ImageDraw.Draw(image)
    wide = rng.randint(46, 54)  # half the width of the head
    top = rng.randint(44, 54)
    is_long = rng.random() < 0.5
    if is_long:
        draw.rounded_rectangle((120 - wide - 12, top, 120 + wide + 12, 196), 50, fill=hair)
    draw.ellipse((38, 178, 202, 340), fill=rng.choice(_CLOTHES))
    draw.rounded_rectangle((102, 150, 138, 198), 16, fill=skin)
    draw.ellipse((120 - wide, top, 120 + wide, 172), fill=skin)
    draw.pieslice((120 - wide - 4, top - 8, 120 + wide + 4, 150), 180 + rng.randint(-12, 0), 360, fill=hair)
    if not is_long and rng.random() < 0.4:
        draw.chord((120 - wide, top + 20, 120 + wide, 176), 25, 155, fill=hair)  # a beard
    for eye in (100, 140):
        draw.ellipse((eye - 4, 114, eye + 4, 122), fill="#2a2a2a")
    if rng.random() < 0.3:
        for eye in (100, 140):
            draw.ellipse((eye - 14, 104, eye + 14, 132), outline="#333333", width=3)
        draw.line((114, 118, 126, 118), fill="#333333", width=3)
    draw.arc((104, 130, 136, 152), 20, 160, fill="#8c4038", width=3)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()
