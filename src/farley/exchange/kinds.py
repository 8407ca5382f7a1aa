"""What tables call the kinds of addresses and numbers, in several languages, and what vCards call them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# Each word of a kind, in lower case; what is said in several words is looked up whole first, then word by word.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "work": ("work",), "business": ("work",), "office": ("work",), "company": ("work",), "geschäftlich": ("work",),
    "arbeit": ("work",), "dienstlich": ("work",), "büro": ("work",), "firma": ("work",), "bureau": ("work",),
    "travail": ("work",), "trabajo": ("work",), "lavoro": ("work",), "ufficio": ("work",), "werk": ("work",),
    "home": ("home",), "personal": ("home",), "private": ("home",), "privat": ("home",), "zuhause": ("home",),
    "domicile": ("home",), "casa": ("home",), "particular": ("home",), "abitazione": ("home",), "thuis": ("home",),
    "mobile": ("cell",), "cell": ("cell",), "cellular": ("cell",), "handy": ("cell",), "mobil": ("cell",),
    "iphone": ("cell",), "mobiltelefon": ("cell",), "portable": ("cell",), "móvil": ("cell",), "cellulare": ("cell",),
    "mobiel": ("cell",), "fax": ("fax",), "telefax": ("fax",), "pager": ("pager",), "main": ("main",),
    "hauptnummer": ("main",), "primary": ("pref",), "preferred": ("pref",), "other": (), "sonstige": (),
    "andere": (), "autre": (), "otro": (), "altro": (), "internet": (), "default": (), "phone": (), "telefon": (),
    "email": (), "e-mail": (), "website": (), "address": (), "number": (), "voice": (), "direct": (),
    "blog": ("blog",), "profile": ("profile",), "homepage": ("homepage",), "home page": ("homepage",),
    "car": ("car",), "video": ("video",), "google voice": ("voice",),
}  # fmt: skip
_BETWEEN = re.compile(r"[\s_/,-]+")

# Words for RELATED's types.
_RELATIONS: Final = {
    "spouse": "spouse", "husband": "spouse", "wife": "spouse", "ehepartner": "spouse", "ehefrau": "spouse",
    "ehemann": "spouse", "partner/in": "spouse", "partner": "sweetheart", "domestic partner": "sweetheart",
    "lebenspartner": "sweetheart",
    "child": "child", "son": "child", "daughter": "child", "kind": "child", "sohn": "child", "tochter": "child",
    "parent": "parent", "mother": "parent", "father": "parent", "mutter": "parent", "vater": "parent",
    "brother": "sibling", "sister": "sibling", "bruder": "sibling", "schwester": "sibling", "friend": "friend",
    "freund": "friend", "freundin": "friend", "relative": "kin", "colleague": "colleague",
}  # fmt: skip


@lru_cache(maxsize=2048)
def said_kinds(said: str) -> tuple[tuple[str, ...], str]:
    """Types of a vCard for what a table says, or the text as a label where it is somebody's own word.

    `* Work` (how Google marks the one that is used most) is `work` and `pref`.
    """
    text = said.strip()
    preferred = ("pref",) if text.startswith("*") else ()
    text = text.lstrip("* ").strip()
    plain = text.casefold()
    if plain in _WORDS:
        return (*_WORDS[plain], *preferred), ""
    types: list[str] = list(preferred)
    for word in filter(None, _BETWEEN.split(plain)):
        if word not in _WORDS:
            return preferred, text[:100]
        types += _WORDS[word]
    return tuple(dict.fromkeys(types)), ""


def said_relation(said: str) -> str:
    """The type of RELATED for what a table says, or the text itself."""
    return _RELATIONS.get(said.strip().casefold(), said.strip()[:100])
