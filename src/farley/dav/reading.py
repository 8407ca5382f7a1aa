"""GET, HEAD and OPTIONS."""

from __future__ import annotations

import re

from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.contacts import members
from farley.dav.cards import CONTENT_TYPE
from farley.dav.errors import not_found
from farley.dav.properties import http_date
from farley.dav.request import DavRequest
from farley.dav.resources import CardAt, Collection, HomeList, PrincipalList, Root, Vacant, place_at, resource_at
from farley.dav.versions import VERSIONS, in_version, tag_for
from farley.journal.access import Way, note_access

COMPLIANCE = "1, 3, access-control, extended-mkcol, addressbook"
_READS = "OPTIONS, GET, HEAD, PROPFIND, REPORT"
_VERSION = re.compile(r'text/(?:x-)?vcard\s*;(?:[^,]*;)?\s*version\s*=\s*"?([0-9.]+)', re.IGNORECASE)


def get(dav: DavRequest) -> HttpResponse:
    """A card as it is stored, or in the version that the request or the device asks for. RFC 6352 §6.3."""
    resource = resource_at(dav, dav.path)
    if not isinstance(resource, CardAt):
        return _about(resource)
    member = resource.member()
    if member is None:
        raise not_found()
    [(_, stored)] = members.with_octets([member])
    asked = _VERSION.search(dav.header("Accept"))
    explicit = asked[1] if asked and asked[1] in VERSIONS else ""
    octets = in_version(stored, explicit or dav.version)
    version = dav.version
    if explicit and explicit != version:
        version = explicit if octets is not stored else ""
    etag = tag_for(member.etag, version)
    answer = HttpResponse(octets, content_type=CONTENT_TYPE)
    if _is_known(dav, etag):
        answer = HttpResponse(status=304)
    else:
        answer["Content-Length"] = str(len(octets))
        note_access(member.space, Way.SYNCED, [member.pk], by=dav.actor, door=Door.DAV)
    answer["ETag"] = etag
    answer["Last-Modified"] = http_date(member.changed_at)
    answer["Vary"] = "Accept"
    return answer


def options(dav: DavRequest) -> HttpResponse:
    """What can be done at an address. RFC 4918 §10.1, RFC 6352 §6.1; `DAV` stands on every answer."""
    answer = HttpResponse()
    answer["Allow"] = allowed(dav)
    answer["Content-Length"] = "0"
    return answer


def allowed(dav: DavRequest) -> str:
    """The methods there are for the address of the request."""
    place = place_at(dav, dav.path)
    match place:
        case CardAt():
            return f"{_READS}, PUT, DELETE, COPY, MOVE, PROPPATCH"
        case Vacant():
            return "OPTIONS, MKCOL"
        case Root() | PrincipalList() | HomeList():
            return _READS
    return f"{_READS}, PROPPATCH"


def _is_known(dav: DavRequest, etag: str) -> bool:
    """Whether the client has this very answer. A tag of another version is not one of it."""
    header = dav.header("If-None-Match").strip()
    if not header:
        return False
    return header == "*" or etag in [each.strip().removeprefix("W/") for each in header.split(",")]


def _about(resource: Collection) -> HttpResponse:
    """For people who open the address in a browser."""
    text = (
        f"{resource.href} is for programs that speak CardDAV: type this address, your name and an app password there.\n"
    )
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
