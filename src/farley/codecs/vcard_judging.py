"""What in a card is not as its version wants it, and a repaired card. Reading minds none of it."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from farley.codecs.contentline import MAX_OCTETS, count_breaks, line_ending
from farley.codecs.vcard_card import Card
from farley.codecs.vcard_property import BINARY, Property
from farley.codecs.vcard_values import Kind
from farley.codecs.vcard_writing import rewrite_head, write_line

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile(r"[A-Z0-9-]+")
_PHYSICAL = re.compile(rb"[^\r\n]+")
_ONCE: Final = {  # properties of which a version allows one (RFC 6350 says "*1" or "1"; ALTID makes several one)
    "2.1": frozenset({"N", "FN", "BDAY", "REV", "UID", "VERSION"}),
    "3.0": frozenset({"N", "BDAY", "REV", "UID", "VERSION", "PRODID", "CLASS", "SORT-STRING"}),
    "4.0": frozenset({"N", "BDAY", "ANNIVERSARY", "GENDER", "REV", "UID", "VERSION", "PRODID", "KIND"}),
}
_DEMANDED: Final = {"2.1": ("VERSION", "N"), "3.0": ("VERSION", "N", "FN"), "4.0": ("VERSION", "FN")}
_GONE_IN_4: Final = frozenset({"AGENT", "CLASS", "LABEL", "MAILER", "NAME", "PROFILE", "SORT-STRING"})


class Remark(NamedTuple):
    """What is not as it should be: the physical line from 1, a short name of the rule, and a sentence about it."""

    line: int
    rule: str
    message: str


def judge(card: Card) -> list[Remark]:
    """Every breach of the rules of the card's version that its lines show, in the order of the lines."""
    return sorted([*_about_the_whole(card), *_about_lines(card)])


def repair(card: Card, *, uid: str | None = None) -> Card:
    """`card` with what every card must have: VERSION, N or FN, short lines; and `uid` where it has no UID.

    Nothing anybody wrote is taken away or changed in meaning. Broken lines stay.
    """
    version, line_break = card.version, line_ending(card.octets)
    if not card.first("VERSION"):
        card = card.with_line_inserted(0, write_line(version, line_break, "VERSION", version))
    if uid and not card.uid:
        card = card.with_uid(uid)
    if version != "2.1" and not card.first("FN"):
        card = card.added("FN", text=card.full_name)
    if version != "4.0" and not card.first("N"):
        is_person = card.kind is Kind.INDIVIDUAL
        card = card.added("N", components=["", card.full_name if is_person else "", "", "", ""])
    return _refolded(card, line_break) if version != "2.1" else card


def _refolded(card: Card, line_break: bytes) -> Card:
    """`card` with its long lines folded and its lines in UTF-8."""
    written: dict[int, bytes] = {}
    for found in card.properties():
        line = found.line
        if found.name and not line.head.quoted_printable and (_is_long(found) or not _is_utf_8(found)):
            group, params = found.group, found.params
            if line.head.base64:
                octets = rewrite_head(card.version, line_break, line, group=group, params=params)
            else:
                octets = write_line(card.version, line_break, line.written_name, line.value, group=group, params=params)
            written[found.index] = octets
    return card.with_lines_replaced(written) if written else card


def _about_the_whole(card: Card) -> Iterator[Remark]:
    names = [line.name for line in card.lines]
    for name in _DEMANDED[card.version]:
        if name not in names:
            yield Remark(1, "missing", f"a vCard {card.version} must have {name}")
    if "UID" not in names:
        yield Remark(1, "no-uid", "without a UID a card is not recognised when it comes again")
    first = next((line.value for line in card.lines if line.name == "VERSION"), card.version)
    if first != card.version:
        yield Remark(1, "version", f"VERSION should be {card.version}")
    if card.version == "4.0" and names and names[0] != "VERSION":
        yield Remark(1, "version-first", "VERSION must come first in a vCard 4.0")


def _about_lines(card: Card) -> Iterator[Remark]:
    number = 2 + count_breaks(card.octets[: card.octets.upper().find(b"BEGIN")], 0, len(card.octets))
    seen: set[str] = set()
    for found in card.properties():
        for rule, message in _about_line(found, card.version):
            yield Remark(number, rule, message)
        if found.name in _ONCE[card.version] and found.name in seen and not found.param("ALTID"):
            yield Remark(number, "several", f"a vCard {card.version} has one {found.name} only")
        seen.add(found.name)
        number += count_breaks(found.line.octets, 0, len(found.line.octets))


def _about_line(found: Property, version: str) -> Iterator[tuple[str, str]]:
    line = found.line
    if not found.name:
        yield "no-colon", "this is no content line: it has no colon"
        return
    if not _NAME.fullmatch(found.name):
        yield "name", "a property's name has letters, digits and hyphens only"
    if version != "2.1" and _is_long(found):
        yield "long-line", f"a line should be folded to {MAX_OCTETS} octets"
    if version != "2.1" and line.head.quoted_printable:
        yield "quoted-printable", f"a vCard {version} has no quoted-printable"
    if version != "2.1" and (line.head.charset or any(not name for name, _ in found.params)):
        yield "parameter", f"a vCard {version} has neither CHARSET nor parameters without a name"
    if _CONTROLS.search(line.value) or b"\0" in line.octets:
        yield "control", "control characters have no place in a vCard"
    if version == "4.0" and found.name in _GONE_IN_4:
        yield "gone", f"vCard 4.0 has no {found.name}"
    if version == "4.0" and found.name in BINARY and line.head.base64:
        yield "encoding", "vCard 4.0 has inline data as a data: URI"
    if not _is_utf_8(found) and not line.head.charset:
        yield "encoding", "the octets are not UTF-8"


def _is_utf_8(found: Property) -> bool:
    try:
        found.line.raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_long(found: Property) -> bool:
    return any(len(piece) > MAX_OCTETS for piece in _PHYSICAL.findall(found.line.octets))
