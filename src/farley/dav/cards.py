"""Cards, as address books tell them: in which version, and how much of each. RFC 6352."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from farley.contacts.storing import MAX_CARD
from farley.dav.elements import Element
from farley.dav.errors import DavError
from farley.dav.folders import Properties, Words
from farley.dav.matching import COLLATIONS
from farley.dav.names import CARDDAV, element
from farley.dav.request import DavRequest
from farley.dav.versions import VERSIONS, as_text, in_version, partial_card, tag_for
from farley.journal.members import Member

CARD_WORDS = Words(
    namespace=CARDDAV,
    data="address-data",
    member="card",
    folder="address book",
    collection="addressbook",
    types=frozenset({"text/vcard", "text/x-vcard", "text/directory"}),
    media="text/vcard; charset=utf-8",
)


@dataclass
class AddressData:
    """How cards are wanted within an answer: in which version, and which properties of them. RFC 6352 §10.4."""

    device: str  # the version that the device reads
    version: str
    is_explicit: bool = False  # the request said so; then only a converted card has another tag
    only: Mapping[str, bool] | None = None  # the properties wanted, by name; True: without their values

    def tag(self, etag: str) -> str:
        return tag_for(etag, self.device)

    def told(self, member: Member, octets: bytes) -> tuple[str, str]:
        sent = in_version(octets, self.version)
        etag = tag_for(member.etag, self._tagged_as(is_converted=sent is not octets))
        return etag, as_text(sent if self.only is None else partial_card(sent, self.only))

    def _tagged_as(self, *, is_converted: bool) -> str:
        """The version that the tag of a card names; see `versions`."""
        if not self.is_explicit or self.version == self.device:
            return self.device
        return self.version if is_converted else ""


def address_data(dav: DavRequest, asked: Element | None) -> AddressData:
    """Raises DavError (403 supported-address-data) for what a card cannot be sent as."""
    if asked is None:
        return AddressData(dav.version, dav.version)
    kind = asked.attributes.get("content-type", "text/vcard").partition(";")[0].strip().lower()
    version = asked.attributes.get("version", "")
    if kind not in CARD_WORDS.types or (version and version not in VERSIONS):
        raise DavError(403, f"{CARDDAV}supported-address-data", "Cards are sent as text/vcard, version 3.0 or 4.0.")
    props = list(asked.all(f"{CARDDAV}prop"))
    only = None
    if props and asked.first(f"{CARDDAV}allprop") is None:
        only = {each.attributes.get("name", "").upper(): each.attributes.get("novalue") == "yes" for each in props}
    return AddressData(dav.version, version or dav.version, bool(version), only)


def book_properties(dav: DavRequest) -> Properties:
    """What is the same of every address book."""
    return {
        f"{CARDDAV}max-resource-size": lambda: str(MAX_CARD),
        f"{CARDDAV}max-image-size": lambda: str(MAX_CARD * 3 // 4),
        f"{CARDDAV}supported-address-data": lambda: _announced(dav.version),
        f"{CARDDAV}supported-collation-set": lambda: "".join(
            element(f"{CARDDAV}supported-collation", name) for name in COLLATIONS
        ),
    }


def _announced(version: str) -> str:
    """Whoever hears of 4.0 here begins to write it, so it is told on wish alone."""
    return f'<card:address-data-type content-type="text/vcard" version="{version or "3.0"}"/>'
