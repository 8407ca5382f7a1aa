"""Colours of calendars: programs send any, pages show the eight of the style sheets, equally easy to read."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

HEX: Final = {  # what other programs are told: the mark of each hue by day
    "plum": "#AC5892", "clay": "#B95B3D", "ochre": "#A07100", "moss": "#60892C", "pine": "#00927A", "sky": "#0083BE",
    "iris": "#756DC3", "stone": "#84786C",
}  # fmt: skip
_HUES: Final = {"plum": 340, "clay": 38, "ochre": 82, "moss": 130, "pine": 178, "sky": 238, "iris": 286}
_GREY = 0.04  # of chroma: below, it has no hue to speak of


@lru_cache(maxsize=1000)
def hue_of(colour: str, otherwise: str = "plum") -> str:
    """The hue nearest to #RRGGBB or #RRGGBBAA; `otherwise` where there is no colour."""
    if len(colour) not in (7, 9):
        return otherwise
    try:
        red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    except ValueError:
        return otherwise
    # OKLab: distances in it are as the eye has them
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    if math.hypot(a, b) < _GREY:
        return "stone"
    angle = math.degrees(math.atan2(b, a))
    return min(_HUES, key=lambda name: abs((angle - _HUES[name] + 180) % 360 - 180))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
