"""A postal address as it is written on an envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Countries that write city, region and postcode in one line, in this order; most others the postcode before the city.
_CITY_FIRST: Final = frozenset(
    {"us", "usa", "united states", "united states of america", "vereinigte staaten", "ca", "canada", "kanada", "au",
     "australia", "australien", "in", "india", "indien"}
)  # fmt: skip
_POSTCODE_LAST: Final = frozenset(
    {"gb", "uk", "united kingdom", "great britain", "england", "scotland", "wales", "northern ireland",
     "vereinigtes königreich", "großbritannien", "ie", "ireland", "irland"}
)  # fmt: skip


def postal_lines(parts: Sequence[str]) -> list[str]:
    """The lines of an address, its seven parts given as ADR has them; none where there is nothing. RFC 6350 §6.3.1."""
    box, extended, street, city, region, postcode, country = (*(part.strip() for part in parts), *[""] * 7)[:7]
    streets = [line.strip() for line in street.split("\n")]
    where = country.casefold()
    if where in _CITY_FIRST:
        place = [_joined(", ", city, _joined(" ", region, postcode))]
    elif where in _POSTCODE_LAST:
        place = [city, region, postcode]
    else:
        place = [_joined(" ", postcode, city), region]
    return [line for line in (extended, *streets, box, *place, country) if line]


def _joined(between: str, *texts: str) -> str:
    return between.join(filter(None, texts))
