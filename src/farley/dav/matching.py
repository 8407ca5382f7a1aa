"""Whether a text is like another: the collations of RFC 4790 and RFC 5051, and what filters ask of texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request

COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
MAX_TESTS = 200  # of one filter: more is no question a program asks


def octets_of(text: str) -> str:
    """i;octet, RFC 4790 §9.3."""
    return text


def ascii_casemap(text: str) -> str:
    """i;ascii-casemap, RFC 4790 §9.2."""
    return text.lower() if text.isascii() else "".join(c.lower() if c.isascii() else c for c in text)


def unicode_casemap(text: str) -> str:
    """i;unicode-casemap, RFC 5051, with full case folding: ß and ss are one, too."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


_COLLATIONS: dict[str, Callable[[str], str]] = {
    "default": unicode_casemap,
    "i;unicode-casemap": unicode_casemap,
    "i;ascii-casemap": ascii_casemap,
    "i;octet": octets_of,
}
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda text, wanted: text == wanted,
    "contains": lambda text, wanted: wanted in text,
    "starts-with": lambda text, wanted: text.startswith(wanted),
    "ends-with": lambda text, wanted: text.endswith(wanted),
}


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Whether a text is like another. `wanted` has its collation's form."""

    wanted: str
    collation: Callable[[str], str]
    compare: Callable[[str, str], bool]
    is_negated: bool

    def holds(self, text: str) -> bool:
        return self.compare(self.collation(text), self.wanted) != self.is_negated


def read_text_match(element: Element, namespace: str, default: str) -> TextMatch:
    """Raises DavError: 400; 403 with supported-collation. `default` is the collation where none is named."""
    collation = _COLLATIONS.get(element.attributes.get("collation", default))
    if collation is None:
        raise DavError(403, f"{namespace}supported-collation", "There is no such collation here.")
    compare = _MATCHES.get(element.attributes.get("match-type", "contains"))
    if compare is None:
        raise bad_request(f"match-type is one of {', '.join(_MATCHES)}.")
    is_negated = element.attributes.get("negate-condition", "no") == "yes"
    return TextMatch(collation(element.text), collation, compare, is_negated)


def any_text(texts: Sequence[str], match: TextMatch) -> bool:
    """Whether one of them does; a negated match holds where no text is like the other."""
    if match.is_negated:
        return all(match.holds(text) for text in texts)
    return any(match.holds(text) for text in texts)


def all_of(element: Element, namespace: str, name: str, known: set[str]) -> list[Element]:
    """The children of this name. Raises DavError (403 supported-filter) where there are others than the known ones."""
    for child in element.children:
        if child.name not in {f"{namespace}{each}" for each in known}:
            raise DavError(403, f"{namespace}supported-filter", "A part of the filter is not known here.")
    return list(element.all(f"{namespace}{name}"))
