"""What the reports on address books have in common: the properties they ask for."""

from __future__ import annotations

from farley.dav.books import Book
from farley.dav.cards import ADDRESS_DATA, AddressData, Wanted
from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request
from farley.dav.names import CARDDAV, DAV
from farley.dav.request import DavRequest
from farley.dav.resources import resource_at
from farley.dav.versions import VERSIONS

_TYPES = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


def book_at(dav: DavRequest) -> Book:
    """The book that a report is asked of. Raises DavError (404; 403 supported-report elsewhere)."""
    found = resource_at(dav, dav.path)
    if not isinstance(found, Book):
        raise DavError(403, f"{DAV}supported-report", "This report is asked of an address book.")
    return found


def wanted_in(dav: DavRequest, book: Book, body: Element) -> Wanted:
    """The properties and the address data that a report asks for."""
    prop = body.first(f"{DAV}prop")
    if prop is None:
        is_names = body.first(f"{DAV}propname") is not None
        return Wanted(book, dav, None, AddressData(dav.version), names_only=is_names)
    names = list(dict.fromkeys(child.name for child in prop.children))
    return Wanted(book, dav, names, address_data(dav, prop.first(ADDRESS_DATA)))


def address_data(dav: DavRequest, asked: Element | None) -> AddressData:
    """Raises DavError (403 supported-address-data) for what a card cannot be sent as."""
    if asked is None:
        return AddressData(dav.version)
    kind = asked.attributes.get("content-type", "text/vcard").partition(";")[0].strip().lower()
    version = asked.attributes.get("version", "")
    if kind not in _TYPES or (version and version not in VERSIONS):
        raise DavError(403, f"{CARDDAV}supported-address-data", "Cards are sent as text/vcard, version 3.0 or 4.0.")
    props = list(asked.all(f"{CARDDAV}prop"))
    only = None
    if props and asked.first(f"{CARDDAV}allprop") is None:
        only = {each.attributes.get("name", "").upper(): each.attributes.get("novalue") == "yes" for each in props}
    return AddressData(version or dav.version, bool(version), only)


def limit_in(body: Element, namespace: str) -> int | None:
    """How many the client wants at most. RFC 5323 §5.17, RFC 6352 §10.6."""
    limit = body.first(f"{namespace}limit")
    if limit is None:
        return None
    number = limit.first(f"{namespace}nresults")
    text = number.text.strip() if number is not None else ""
    if not text.isdecimal() or not int(text[:9]) > 0:
        raise bad_request("nresults is a number from 1.")
    return int(text[:9])
