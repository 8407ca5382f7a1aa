"""A contact as programs export it, fact by fact, made into a vCard 3.0.

The same facts in the same order give the same octets, so that a file that comes again is recognised by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from farley.codecs.contentline import MAX_OCTETS, fold, write_head
from farley.codecs.names import is_company, split_name
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_conversion_rules import ANNIVERSARY_LABEL, LABEL_OF_RELATION, MESSENGERS_BACK
from farley.codecs.vcard_values import Name, PartialDate, escape
from farley.codecs.vcard_writing import write_date, write_text

_BODY: Final = len(b"BEGIN:VCARD\r\n")  # octets before the first line of the card
_END: Final = len(b"END:VCARD\r\n")
CRLF: Final = "\r\n"
_SURELY_SHORT: Final = MAX_OCTETS // 4  # characters
OWN_LINE: Final = "X-FARLEY-FIELD"  # the value of an own field
BIRTHDAY: Final = "BDAY"
ANNIVERSARY: Final = "ANNIVERSARY"
# The components of ADR, in their order.
BOX, EXTENDED, STREET, CITY, REGION, POSTCODE, COUNTRY = range(7)
_SERVICES: Final = {
    "aim": "X-AIM", "icq": "X-ICQ", "msn": "X-MSN", "yahoo": "X-YAHOO", "skype": "X-SKYPE", "jabber": "X-JABBER",
    "xmpp": "X-JABBER", "gtalk": "X-GTALK", "google talk": "X-GTALK", "googletalk": "X-GTALK", "qq": "X-QQ",
    "gadu-gadu": "X-GADUGADU", "windows live": "X-MSN", "windows live messenger": "X-MSN",
} | MESSENGERS_BACK  # fmt: skip


class NothingInIt(ValueError):
    """No fact tells whom or what the contact is about."""


class Read(NamedTuple):
    """One entry of a file: the line it begins on, its size in octets, and its card, or why there is none."""

    line: int
    size: int
    card: Card | Unreadable


class Reach(NamedTuple):
    """An address of e-mail, number, website or handle; `label` is what its owner calls it, where no type says it."""

    value: str
    types: tuple[str, ...] = ()
    label: str = ""


class Place:
    """A postal address in parts; `text` is all of it as it is printed, for where there are no parts."""

    __slots__ = ("label", "parts", "text", "types")

    def __init__(self, types: tuple[str, ...] = (), label: str = "") -> None:
        self.parts = [""] * 7
        self.text = ""
        self.types, self.label = types, label


class Draft:
    """What is known of a contact. Texts are as they were read; blank ones say nothing."""

    __slots__ = (
        "chats", "dates", "emails", "full_name", "gender", "is_organisation", "lines", "name", "nicknames", "notes",
        "organisation", "phones", "places", "related", "roles", "tags", "titles", "uid", "units", "urls",
    )  # fmt: skip

    def __init__(self) -> None:
        self.uid = ""
        self.is_organisation = False
        self.name = ["", "", "", "", ""]  # as N: family, given, additional, prefixes, suffixes
        self.full_name = ""
        self.nicknames: list[str] = []
        self.organisation = ""
        self.units: list[str] = []
        self.titles: list[str] = []
        self.roles: list[str] = []
        self.emails: list[Reach] = []
        self.phones: list[Reach] = []
        self.urls: list[Reach] = []
        self.chats: list[tuple[str, str]] = []  # service, handle
        self.places: dict[object, Place] = {}
        self.dates: list[tuple[str, PartialDate]] = []  # BIRTHDAY, ANNIVERSARY or a label
        self.related: list[tuple[str, str]] = []  # a type of RELATED or a label, name
        self.gender = ""  # as GENDER has it: a letter; or a semicolon and words, escaped
        self.notes: list[str] = []
        self.tags: list[str] = []
        self.lines: list[tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]] = []  # name, text, parameters

    def card(self) -> Card:
        """The card. Raises NothingInIt."""
        octets = self.octets()
        return Card(octets, _BODY, len(octets) - _END)

    def octets(self) -> bytes:
        """The card's octets. Raises NothingInIt."""
        lines = self._lines()
        for at, line in enumerate(lines):
            if len(line) > MAX_OCTETS or (len(line) > _SURELY_SHORT and not line.isascii()):
                lines[at] = fold(line)[:-2].decode()
        return f"BEGIN:VCARD\r\nVERSION:3.0\r\n{CRLF.join(lines)}\r\nEND:VCARD\r\n".encode()

    def _lines(self) -> list[str]:
        name, full_name, is_organisation = self._named()
        lines = [f"UID:{write_text('3.0', 'UID', self.uid)}"] if self.uid else []
        if is_organisation:
            lines.append("X-ADDRESSBOOKSERVER-KIND:org")
        lines.append(f"N:{_structure(name)}")
        lines.append(f"FN:{escape(full_name)}")
        if self.nicknames:
            lines.append(f"NICKNAME:{','.join(map(escape, self.nicknames))}")
        if self.organisation or self.units:
            lines.append(f"ORG:{_structure([self.organisation, *self.units])}")
        lines += [f"TITLE:{escape(text)}" for text in self.titles]
        lines += [f"ROLE:{escape(text)}" for text in self.roles]
        self._add_labelled(lines)
        if self.gender:
            lines.append(f"X-GENDER:{self.gender}")
        lines += [f"NOTE:{escape(text)}" for text in self.notes]
        if self.tags:
            lines.append(f"CATEGORIES:{','.join(map(escape, dict.fromkeys(self.tags)))}")
        lines += [f"{_head_with(prop, params)}:{write_text('3.0', prop, text)}" for prop, text, params in self.lines]
        return lines

    def _add_labelled(self, lines: list[str]) -> None:
        """What may have a label of its owner's: it stands in a group with its label."""
        group = 0
        for line, label in self._labelled():
            if label:
                group += 1
                lines.append(f"item{group}.{line}")
                lines.append(f"item{group}.X-ABLabel:{escape(label)}")
            else:
                lines.append(line)

    def _labelled(self) -> Iterator[tuple[str, str]]:
        for value, types, label in self.emails:
            yield f"{_head('EMAIL', types)}:{escape(value)}", label
        for value, types, label in self.phones:
            yield f"{_head('TEL', types)}:{escape(value)}", label
        for value, types, label in self.urls:
            yield f"{_head('URL', types)}:{write_text('3.0', 'URL', value)}", label
        for place in self.places.values():
            parts = place.parts if any(place.parts) else ["", "", place.text, "", "", "", ""]
            if any(parts):
                yield f"{_head('ADR', place.types)}:{_structure(parts)}", place.label
        for service, handle in self.chats:
            known = _SERVICES.get(service.casefold())
            yield f"{known}:{escape(handle)}" if known else f"IMPP:{_scheme(service)}:{escape(handle)}", ""
        for what, date in self.dates:
            value, params = write_date("3.0", date, ())
            if what == BIRTHDAY:
                yield f"{write_head('BDAY', params)}:{value}", ""
            else:
                label = ANNIVERSARY_LABEL if what == ANNIVERSARY else what
                yield f"{write_head('X-ABDATE', params)}:{value}", label
        for relation, text in self.related:
            yield f"X-ABRELATEDNAMES:{escape(text)}", LABEL_OF_RELATION.get(relation, relation)

    def _named(self) -> tuple[Sequence[str], str, bool]:
        """N, FN, and whether it is an organisation."""
        full_name = " ".join(self.full_name.split())
        if self.is_organisation:
            full_name = full_name or self.organisation
            if full_name:
                return ("", "", "", "", ""), full_name, True
        if any(self.name):
            family, given, additional, prefixes, suffixes = self.name
            return self.name, full_name or Name(family, given, additional, prefixes, suffixes).rendered(), False
        if full_name:
            if is_company(full_name) or full_name == self.organisation:
                return ("", "", "", "", ""), full_name, True
            if "@" in full_name or not any(map(str.isalpha, full_name)):
                return ("", "", "", "", ""), full_name, False
            name = split_name(full_name)
            return name.parts, name.rendered() if "," in full_name else full_name, False
        if self.organisation:
            return ("", "", "", "", ""), self.organisation, True
        nearest = [*self.nicknames, *(value for value, _, _ in (*self.emails, *self.phones, *self.urls))]
        nearest += [handle for _, handle in self.chats]
        for text in nearest:
            if text.strip():
                return ("", "", "", "", ""), " ".join(text.split()), False
        raise NothingInIt


@lru_cache(maxsize=1024)
def _head(name: str, types: tuple[str, ...]) -> str:
    return write_head(name, (("TYPE", types),)) if types else name


@lru_cache(maxsize=1024)
def _head_with(name: str, params: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return write_head(name, params)


def _structure(parts: Sequence[str]) -> str:
    return ";".join([escape(part) if part else "" for part in parts])


def _scheme(service: str) -> str:
    """A messenger's name as the scheme of a URI."""
    scheme = "".join(sign for sign in service.casefold() if sign.isascii() and (sign.isalnum() or sign in "+.-"))
    return scheme if scheme[:1].isalpha() else f"x-{scheme}".rstrip("-")
