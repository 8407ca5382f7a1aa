"""Names as people write them: in parts, in one, of persons or of firms."""

from __future__ import annotations

import re
from typing import Final

from farley.codecs.vcard_values import Name

_COMPANY = re.compile(
    r"(?<!\w)(?:e\.\s?K\.|e\.\s?V\.|gGmbH|GmbH|mbH|AG|SE|KG|KGaA|OHG|GbR|UG|eG|Inc|Ltd|LLC|LLP|Corp|PLC|S\.?A|SARL|S\.r\.l|"
    r"B\.V|Verein|Stiftung|Verlag)\.?(?!\w)",
)
_TITLES: Final = frozenset(
    {"dr", "dr.", "prof", "prof.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "herr", "frau", "dipl.-ing."}
)
_PARTICLES: Final = frozenset(
    {"von", "van", "de", "der", "den", "zu", "zur", "zum", "del", "della", "di", "da", "dos", "du"}
)
_SUFFIXES: Final = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md", "m.d.", "mba", "esq."})


def is_company(text: str) -> bool:
    """Whether a name has in it what only names of firms and societies have."""
    return _COMPANY.search(text) is not None


def split_name(text: str) -> Name:
    """The parts of a person's name as it is spoken: titles first, the family name last, "von" and the like with it.

    With a comma it is written as in a register, the family name first; what is behind may be a suffix instead.
    """
    first, comma, behind = text.partition(",")
    if comma and first.strip() and behind.strip():
        if behind.strip().casefold() in _SUFFIXES:
            name = split_name(first)
            return Name(name.family, name.given, name.additional, name.prefixes, behind.strip())
        rest = split_name(f"{behind} X")  # a family name stands in for the one in front
        return Name(" ".join(first.split()), rest.given, rest.additional, rest.prefixes)
    words = text.split()
    titles = []
    while len(words) > 1 and words[0].casefold() in _TITLES:
        titles.append(words.pop(0))
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].casefold() in _PARTICLES:
        cut -= 1
    given, family = words[: max(cut, 0)], words[max(cut, 0) :]
    if len(words) == 1:
        given, family = words, []
    return Name(
        family=" ".join(family), given=" ".join(given[:1]), additional=" ".join(given[1:]), prefixes=" ".join(titles)
    )
