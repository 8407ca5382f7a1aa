"""Cards in the version a device reads, and the entity tags that tell of it.

A device that wants one version gets tags with its number after the hash (`"…-3"`), whether or not a card had to be
converted: which ones had is not known before they are read. Both forms guard the same stored octets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from farley.codecs.contentline import decode, line_ending
from farley.codecs.vcard import Card, InvalidVCard
from farley.codecs.vcard_conversion import convert

AS_STORED: Final = ""
VERSIONS: Final = ("3.0", "4.0")
_TAG = re.compile(r'"([0-9a-f]{32})(?:-[34])?"')
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # that XML 1.0 cannot hold
_CONTROL_OCTETS = bytes([*range(9), 11, 12, *range(14, 32)])


def tag_for(etag: str, version: str) -> str:
    """The entity tag of the octets with this tag as they are sent in `version`."""
    return f'{etag[:-1]}-{version[0]}"' if version else etag


def stored_tag(etag: str) -> str:
    """The tag of the stored octets behind either form."""
    found = _TAG.fullmatch(etag)
    return f'"{found[1]}"' if found else etag


def in_version(octets: bytes, version: str) -> bytes:
    """The card in `version`; the same octets where it is in it, or where nothing is asked for."""
    if not version:
        return octets
    try:
        card = Card.parse(octets)
    except InvalidVCard:
        return octets
    return octets if card.version == version else convert(card, version).octets


def partial_card(octets: bytes, only: Mapping[str, bool]) -> bytes:
    """The properties of these names alone, those that are True without their values. RFC 6352 §10.4.2.

    A name without a group means those of every group; `ITEM1.TEL` that of one.
    """
    try:
        card = Card.parse(octets)
    except InvalidVCard:
        return octets
    card = card.with_only({*only, "VERSION"})
    bare = {
        each.index: b"".join((each.line.octets.partition(b":")[0], b":", line_ending(octets)))
        for each in card.properties()
        if only.get(f"{each.group}.{each.name}".upper(), only.get(each.name))
    }
    return card.with_lines_replaced(bare).octets if bare else card.octets


def as_text(octets: bytes) -> str:
    """A card as the text of an XML element, escaped. What XML cannot hold becomes U+FFFD: GET still has it."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = _in_utf8(octets)
    if len(octets.translate(None, _CONTROL_OCTETS)) != len(octets) or "\ufffe" in text or "\uffff" in text:
        text = _CONTROLS.sub("\ufffd", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")  # a bare one reaches no reader of XML


def _in_utf8(octets: bytes) -> str:
    """Of a 2.1 card in its program's own character set, or one in UTF-16."""
    try:
        return Card.parse(octets).octets.decode()
    except (InvalidVCard, UnicodeDecodeError):
        return decode(octets)
