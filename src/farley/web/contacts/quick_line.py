"""One typed line as a card: what looks like an address or a number is one, the rest is name and organisation."""

from __future__ import annotations

import re

from farley.codecs.names import is_company, split_name
from farley.codecs.vcard import Card, Kind, Name
from farley.search.folding import search_fold

_GAP = "\t"
_EMAIL = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")
_PHONE = re.compile(r"(?<!\w)\+?[\d(][\d\s()/.-]{3,}\d(?!\w)")
_PLACE = re.compile(r"(?:[A-Z]{1,2}[- ])?(\d{4,5})\s+([^\W\d].*)")  # postcode and town
_STREET = re.compile(r"[^\W\d][^\d]*\s\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?")


def card_of(line: str, uid: str, *, version: str = "3.0") -> Card:
    """A new card for `line`: what looks like an address or a number is one; the rest is a name and an organisation.

    Parts stand apart by commas, or by an address or a number between them, in any order: what ends like a firm's name
    is the organisation, what an e-mail address names before its @ is the person, else the person comes first. A
    postcode with its town is an address, with the street before it.
    """
    emails: list[str] = []
    phones: list[str] = []
    words: list[str] = []
    street = place = ""
    for part in re.split(r"[,;\t]", line):
        for email in _EMAIL.findall(part):
            emails.append(email)
            part = part.replace(email, _GAP)
        bare = " ".join(part.replace(_GAP, " ").split())
        if not place and _PLACE.fullmatch(bare):
            place = bare
            continue
        if words and not street and _STREET.fullmatch(bare):
            street = bare
            continue
        if phone := _PHONE.search(part):
            phones.append(phone[0].strip())
            part = part.replace(phone[0], _GAP)
        words += [rest for each in part.split(_GAP) if (rest := " ".join(each.split()))]
    if street and not place:  # "Raum 12", "Studio 54": nothing says that it is an address
        words.append(street)
    words = _in_order(words, {word for email in emails for word in _words(email.partition("@")[0])})
    card = _named(words, next(iter([*emails, *phones]), line), uid, version)
    for email in emails:
        card = card.added("EMAIL", text=email)
    for number in phones:
        card = card.added("TEL", text=number)
    if found := _PLACE.fullmatch(place):
        card = card.added("ADR", components=["", "", street, found[2], "", found[1], ""])
    return card.added("NOTE", text=", ".join(words[2:])) if len(words) > 2 else card


def _in_order(parts: list[str], said: set[str]) -> list[str]:
    """`parts` with the person first and the organisation behind; `said` are words that e-mail addresses begin with."""
    if len(parts) == 1 and is_company(parts[0]):  # "Ada King Yard GmbH", of whom the address says who she is
        words = parts[0].split()
        count = next((n for n, word in enumerate(words) if not set(_words(word)) <= said), len(words))
        return [" ".join(words[:count]), " ".join(words[count:])] if 1 < count < len(words) else parts
    if len(parts) < 2:
        return parts

    def rank(part: str) -> tuple[bool, bool]:
        return is_company(part), not said & set(_words(part))

    first = min(parts[:2], key=rank)
    return [first, *(part for part in parts if part is not first)]


def _words(text: str) -> list[str]:
    """Folded, without initials."""
    return [word for word in re.split(r"[\W\d_]+", search_fold(text)) if len(word) > 1]


def _named(words: list[str], otherwise: str, uid: str, version: str) -> Card:
    """The card of whoever `words` name: a person, with the organisation behind, or an organisation."""
    name = words[0] if words else otherwise
    if words and is_company(name):
        card = Card.new(version=version, uid=uid, full_name=name, kind=Kind.ORG)
    else:
        card = Card.new(version=version, uid=uid, full_name=name, name=split_name(name) if words else Name(family=name))
    return card.added("ORG", components=[words[1]]) if len(words) > 1 else card
