"""PUT and DELETE of cards."""

from __future__ import annotations

from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.codecs.vcard import InvalidVCard
from farley.contacts import members, storing
from farley.contacts.operations import delete as delete_contacts
from farley.contacts.storing import MAX_CARD, BadHref, EditConflict, TooLarge, UidConflict
from farley.dav.books import Book
from farley.dav.cards import CONTENT_TYPE
from farley.dav.conditions import expected, failed
from farley.dav.errors import DavError, not_found, refused, too_large
from farley.dav.names import CARDDAV, href
from farley.dav.properties import token_of
from farley.dav.request import DavRequest
from farley.dav.resources import CardAt, resource_at
from farley.dav.versions import in_version, tag_for
from farley.spaces.operations import NotAllowed

_TYPES = frozenset({"", "text/vcard", "text/x-vcard", "text/directory", "text/plain", "application/octet-stream"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


def put(dav: DavRequest) -> HttpResponse:
    """Create or replace one card, keeping its octets as they are. RFC 6352 §6.3.2; conditions, RFC 9110 §13.1."""
    place = resource_at(dav, dav.path)
    if not isinstance(place, CardAt):
        raise DavError(405, text="A card is put into an address book.", headers={"Allow": "OPTIONS, PROPFIND, REPORT"})
    require_writable(place, "bind")
    _check_type(dav)
    there = place.member()
    condition = expected(dav, there.etag if there else None, lambda path: states(dav, path))
    octets = dav.body(MAX_CARD, too_large(MAX_CARD))
    _check_charset(octets)
    space, name = place.book.locate(place.name)
    try:
        stored = storing.store(space, name, octets, expected=condition, by=dav.actor, door=Door.DAV)
    except InvalidVCard as error:
        raise DavError(403, f"{CARDDAV}valid-address-data", f"This is not one vCard: {error}.") from error
    except (UidConflict, EditConflict, TooLarge, BadHref, NotAllowed) as error:
        raise refusal(error, place) from error
    answer = HttpResponse(status=201 if stored.created else 204)
    if in_version(octets, dav.version) is octets:  # else what a GET would bring is not what was put
        answer["ETag"] = tag_for(stored.etag, dav.version)
    if dav.preferences.get("return") == "representation":
        answer = HttpResponse(octets, status=201 if stored.created else 200, headers=dict(answer.headers))
        answer["Content-Type"] = CONTENT_TYPE
        answer["Preference-Applied"] = "return=representation"
    return answer


def delete(dav: DavRequest) -> HttpResponse:
    """Delete one card; it can be restored on the pages. RFC 4918 §9.6."""
    place = resource_at(dav, dav.path)
    if not isinstance(place, CardAt):
        raise DavError(403, text="Address books are not deleted from a device.")
    space, name = place.book.locate(place.name)
    contact = members.contact_at(space, name)
    if contact is None or place.member() is None:
        raise not_found()
    require_writable(place, "unbind")
    condition = expected(dav, contact.etag, lambda path: states(dav, path))
    try:
        done = delete_contacts(
            [contact],
            by=dav.actor,
            door=Door.DAV,
            batch=None,
            expected=condition if isinstance(condition, str) else None,
        )
    except EditConflict as error:
        raise failed() from error
    except NotAllowed as error:
        raise refusal(error, place) from error
    if not done:
        raise not_found()
    return HttpResponse(status=204)


def require_writable(place: CardAt, privilege: str) -> None:
    """Raise DavError (403 need-privileges) where the device may only read."""
    if not place.book.is_writable_at(place.name):
        raise refused(privilege, place.book.href, "This device may read this address book and not change it.")


def states(dav: DavRequest, path: list[str]) -> tuple[str | None, str | None]:
    """For the If header: the tag of the card at an address, or the token of the book."""
    try:
        found = resource_at(dav, path)
    except DavError:
        return None, None
    if isinstance(found, CardAt):
        member = found.member()
        return (member.etag if member else None), None
    return None, token_of(dav, found) if isinstance(found, Book) else None


def refusal(error: Exception, place: CardAt) -> DavError:
    """What the domain refuses, as CardDAV says it."""
    if isinstance(error, UidConflict):
        space, _ = place.book.locate(place.name)
        there = href(place.book.href_of(place.book.name_in(space.pk, error.href)))
        text = "Another card of this address book has this UID."
        return DavError(403, f"{CARDDAV}no-uid-conflict", text, inner=there)
    if isinstance(error, EditConflict):
        return failed()
    if isinstance(error, TooLarge):
        text = f"The {error.what} is longer than {error.limit}."
        return DavError(403, f"{CARDDAV}max-resource-size", text)
    if isinstance(error, BadHref):
        return DavError(
            403, text="The last part of the address has 1 to 255 characters and no slash or control character."
        )
    return refused("write", place.book.href, "This device may read this address book and not change it.")


def _check_type(dav: DavRequest) -> None:
    kind, _, params = str(dav.http.META.get("CONTENT_TYPE") or "").partition(";")
    named = [part.partition("=")[2].strip(' "').lower() for part in params.split(";") if "charset" in part.lower()]
    if kind.strip().lower() not in _TYPES or not _CHARSETS.issuperset(named):
        raise DavError(403, f"{CARDDAV}supported-address-data", "A card is sent as text/vcard in UTF-8.")


def _check_charset(octets: bytes) -> None:
    """Only 2.1 knows other character sets; of any other card XML could not give back what was put."""
    try:
        octets.decode()
    except UnicodeDecodeError as error:
        if b"VERSION:2.1" not in octets[:1000].upper():
            text = f"The card is not in UTF-8: octet {error.start}."
            raise DavError(403, f"{CARDDAV}valid-address-data", text) from error
