"""One typed line as a card: what looks like an address or a number is one, the rest is name and organisation."""

from __future__ import annotations

import re

from farley.codecs.names import is_company, split_name
from farley.codecs.vcard import Card, Kind, Name

_EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")
_PHONE = re.compile(r"(?<!\w)\+?[\d(][\d\s()/.-]{3,}\d(?!\w)")
_PLACE = re.compile(r"(?:[A-Z]{1,2}[- ])?(\d{4,5})\s+([^\W\d].*)")  # postcode and town
_STREET = re.compile(r"[^\W\d][^\d]*\s\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?")


def card_of(line: str, uid: str, *, version: str = "3.0") -> Card:
    """A new card for `line`: parts apart by commas, the first words a name, the next part an organisation.

    A name that ends like a firm's is one. A postcode with its town is an address, with the street before it.
    """
    emails: list[str] = []
    phones: list[str] = []
    words: list[str] = []
    street = place = ""
    for part in re.split(r"[,;\t]", line):
        for email in _EMAIL.findall(part):
            emails.append(email)
            part = part.replace(email, " ")
        bare = " ".join(part.split())
        if not place and _PLACE.fullmatch(bare):
            place = bare
            continue
        if words and not street and _STREET.fullmatch(bare):
            street = bare
            continue
        if phone := _PHONE.search(part):
            phones.append(phone[0].strip())
            part = part.replace(phone[0], " ")
        if rest := " ".join(part.split()):
            words.append(rest)
    if street and not place:  # "Raum 12", "Studio 54": nothing says that it is an address
        words.append(street)
    card = _named(words, next(iter([*emails, *phones]), line), uid, version)
    for email in emails:
        card = card.added("EMAIL", text=email)
    for number in phones:
        card = card.added("TEL", text=number)
    if found := _PLACE.fullmatch(place):
        card = card.added("ADR", components=["", "", street, found[2], "", found[1], ""])
    return card.added("NOTE", text=", ".join(words[2:])) if len(words) > 2 else card


def _named(words: list[str], otherwise: str, uid: str, version: str) -> Card:
    """The card of whoever `words` name: a person, with the organisation behind, or an organisation."""
    name = words[0] if words else otherwise
    if words and is_company(name):
        card = Card.new(version=version, uid=uid, full_name=name, kind=Kind.ORG)
    else:
        card = Card.new(version=version, uid=uid, full_name=name, name=split_name(name) if words else Name(family=name))
    return card.added("ORG", components=[words[1]]) if len(words) > 1 else card
