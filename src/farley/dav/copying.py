"""COPY and MOVE of cards, within a book and between two. RFC 4918 §9.8, §9.9."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.contacts import members, storing
from farley.contacts.models import Contact
from farley.contacts.operations import place
from farley.contacts.storing import BadHref, Condition, EditConflict, TooLarge, UidConflict, octets_of
from farley.dav import dead
from farley.dav.addresses import read_href
from farley.dav.conditions import expected, failed
from farley.dav.errors import DavError, bad_request, not_found
from farley.dav.put import refusal, require_writable, states
from farley.dav.request import DavRequest
from farley.dav.resources import CardAt, resource_at
from farley.spaces.operations import NotAllowed

_REFUSED = (UidConflict, EditConflict, TooLarge, BadHref, NotAllowed)


class _Journey(NamedTuple):
    contact: Contact
    source: CardAt
    target: CardAt
    is_overwriting: bool


def copy(dav: DavRequest) -> HttpResponse:
    """A second card of the same content: in another book, for in one book a UID is there once."""
    going = _journey(dav)
    space, name = going.target.book.locate(going.target.name)
    octets = octets_of([going.contact.content_id])[going.contact.content_id]
    condition = Condition.ANY if going.is_overwriting else Condition.ABSENT
    try:
        stored = storing.store(space, name, octets, expected=condition, by=dav.actor, door=Door.DAV)
    except _REFUSED as error:
        raise refusal(error, going.target) from error
    dead.copy(dav, going.contact.pk, stored.pk)
    return HttpResponse(status=201 if stored.created else 204)


def move(dav: DavRequest) -> HttpResponse:
    """The same contact, with its history, at another address: one act."""
    going = _journey(dav)
    require_writable(going.source, "unbind")
    space, name = going.target.book.locate(going.target.name)
    try:
        created = place(going.contact, space, name, is_overwriting=going.is_overwriting, by=dav.actor, door=Door.DAV)
    except _REFUSED as error:
        raise refusal(error, going.target) from error
    return HttpResponse(status=201 if created else 204)


def _journey(dav: DavRequest) -> _Journey:
    source = resource_at(dav, dav.path)
    if not isinstance(source, CardAt):
        raise DavError(403, text="Only cards are copied and moved.")
    member = source.member()
    contact = members.contact_at(*source.book.locate(source.name))
    if member is None or contact is None:
        raise not_found()
    target = _destination(dav)
    if target.href == source.href:
        raise DavError(403, text="Source and destination are the same.")
    require_writable(target, "bind")
    overwrite = dav.header("Overwrite").strip().upper() or "T"
    if overwrite not in ("T", "F"):
        raise bad_request("Overwrite is T or F.")
    expected(dav, contact.etag, lambda path: states(dav, path))
    if overwrite == "F" and target.member() is not None:
        raise failed()
    return _Journey(contact, source, target, overwrite == "T")


def _destination(dav: DavRequest) -> CardAt:
    text = dav.header("Destination")
    if not text:
        raise bad_request("The Destination header says where to.")
    try:
        host = urlsplit(text).netloc
    except ValueError as error:
        raise bad_request("The Destination is no address.") from error
    if host and host.lower() != dav.http.get_host().lower():
        raise DavError(502, text="The Destination is on another server.")
    path = read_href(text)
    if path is None:
        raise bad_request("The Destination is no address of a card.")
    try:
        target = resource_at(dav, path)
    except DavError as error:
        raise DavError(409, text="There is no address book at the Destination.") from error
    if not isinstance(target, CardAt):
        raise DavError(403, text="The Destination is no address of a card.")
    return target
