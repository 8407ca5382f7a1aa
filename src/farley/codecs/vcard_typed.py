"""A vCard 4.0 as properties whose values have types: what jCard (RFC 7095) and xCard (RFC 6351) both are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from farley.codecs.contentline import fold, write_head
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion import convert
from farley.codecs.vcard_meaning import is_coding
from farley.codecs.vcard_property import Property
from farley.codecs.vcard_values import escape, split_list, split_structure, unescape

Params = tuple[tuple[str, tuple[str, ...]], ...]
Part = list[str]  # the values of one component
Structure = list[Part]

TYPES: Final = {
    **dict.fromkeys(
        ("SOURCE", "PHOTO", "IMPP", "GEO", "LOGO", "MEMBER", "RELATED", "UID", "SOUND", "URL", "KEY", "FBURL",
         "CALADRURI", "CALURI", "ORG-DIRECTORY", "CONTACT-URI", "SOCIALPROFILE"), "uri"),
    **dict.fromkeys(("BDAY", "ANNIVERSARY", "DEATHDATE"), "date-and-or-time"),
    **dict.fromkeys(("REV", "CREATED"), "timestamp"), "LANG": "language-tag", "LANGUAGE": "language-tag",
}  # fmt: skip
TEXTS: Final = frozenset(
    {"KIND", "XML", "FN", "N", "NICKNAME", "GENDER", "ADR", "TEL", "EMAIL", "TZ", "TITLE", "ROLE", "ORG", "CATEGORIES",
     "NOTE", "PRODID", "CLIENTPIDMAP", "VERSION", "BIRTHPLACE", "DEATHPLACE", "EXPERTISE", "HOBBY", "INTEREST",
     "GRAMGENDER", "PRONOUNS", "JSPROP"}
)  # fmt: skip
STRUCTURES: Final = {"N": 5, "ADR": 7, "ORG": 0, "GENDER": 0, "CLIENTPIDMAP": 2}  # with their least components
LISTS: Final = frozenset({"NICKNAME", "CATEGORIES"})
NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_NO_VALUE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Typed(NamedTuple):
    """One property. Of `texts` and `structure` one says what it says; a type `unknown` keeps its letters."""

    name: str  # upper case
    group: str | None
    params: Params  # without VALUE
    kind: str
    texts: list[str]
    structure: Structure | None = None


def typed(card: Card) -> Iterator[Typed]:
    """The properties of `card`, converted to 4.0, in its order; lines whose name is none are left out."""
    for prop in convert(card, "4.0").properties():
        if prop.name != "VERSION" and NAME.fullmatch(prop.name):
            yield _typed(prop)


def card_of(properties: Sequence[Typed]) -> Card:
    """The vCard 4.0 that these make."""
    lines = [_line(each) for each in properties if each.name not in ("VERSION", "BEGIN", "END")]
    return Card.parse(b"".join([b"BEGIN:VCARD\r\nVERSION:4.0\r\n", *lines, b"END:VCARD\r\n"]))


def default_of(name: str) -> str:
    """The type that a property's value has where none is stated."""
    return TYPES.get(name, "text" if name in TEXTS else "unknown")


def _typed(prop: Property) -> Typed:
    name = prop.name
    kind = (prop.param("VALUE") or "").lower()
    kind = kind if NAME.fullmatch(kind) else default_of(name)
    params = (_once if prop.line.head.is_short else _each_once)(prop.params)
    written = prop.line.decoded
    if name in STRUCTURES and kind == "text":
        return Typed(name, prop.group, params, kind, [], split_structure(written))
    if kind != "text":
        return Typed(name, prop.group, params, kind, [unescape(written) if kind == "uri" else written])
    return Typed(name, prop.group, params, kind, split_list(written) if name in LISTS else [unescape(written)])


def _each_once(stated: Params) -> Params:
    """The parameters but VALUE, each once with all its values. Those without a name are types of old."""
    found: dict[str, list[str]] = {}
    for name, values in stated:
        if name != "VALUE" and not is_coding((name, values)) and (not name or NAME.fullmatch(name)):
            found.setdefault(name or "TYPE", []).extend(values)
    return tuple((name, tuple(values)) for name, values in found.items())


_once = lru_cache(maxsize=1024)(_each_once)  # an address book has few of them


def _line(each: Typed) -> bytes:
    params = each.params
    if each.kind not in ("unknown", default_of(each.name)):
        params = (*params, ("VALUE", (each.kind,)))
    head = write_head(each.name, params, group=each.group)
    if each.structure is not None:
        value = ";".join(",".join(map(escape, part)) for part in each.structure)
    elif each.kind == "text":
        value = ",".join(map(escape, each.texts))
    else:
        value = _NO_VALUE.sub("", ",".join(each.texts)).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return fold(f"{head}:{value}")
