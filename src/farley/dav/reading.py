"""GET, HEAD and OPTIONS."""

from __future__ import annotations

from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.dav.addresses import Kind
from farley.dav.calendars import CalendarFolder
from farley.dav.conditions import guard
from farley.dav.errors import not_found
from farley.dav.folders import Sent
from farley.dav.privileges import http_date
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, HomeList, Place, PrincipalList, Root, Vacant, place_at, resource_at
from farley.journal import members
from farley.journal.access import Way, note_access
from farley.journal.members import Member

COMPLIANCE = "1, 3, access-control, extended-mkcol, addressbook, calendar-access, calendar-no-timezone"
_READS = "OPTIONS, GET, HEAD, PROPFIND, REPORT"


def get(dav: DavRequest) -> HttpResponse:
    """A member as it is stored, or as the request asks for it. RFC 6352 §6.3, RFC 4791 §5.3."""
    resource = resource_at(dav, dav.path)
    if not isinstance(resource, Place):
        return _about(resource)
    member = resource.member()
    if member is None:
        raise not_found()
    guard(dav, member)
    sent = sent_as(dav, resource, member)
    if _is_known(dav, sent.etag):
        return HttpResponse(status=304, headers=_about_member(member, sent))
    return representation(dav, resource, member, sent)


def sent_as(dav: DavRequest, place: Place, member: Member) -> Sent:
    """The member as this request gets it."""
    [(_, stored)] = members.with_octets([member])
    return place.folder.sent(dav, member, stored)


def representation(dav: DavRequest, place: Place, member: Member, sent: Sent, status: int = 200) -> HttpResponse:
    """An answer that holds the member."""
    headers = {**_about_member(member, sent), "Content-Length": str(len(sent.octets))}
    note_access(member.space, Way.SYNCED, [member.pk], by=dav.actor, door=Door.DAV, noun=place.folder.noun)
    return HttpResponse(sent.octets, status=status, content_type=sent.media, headers=headers)


def _about_member(member: Member, sent: Sent) -> dict[str, str]:
    return {"ETag": sent.etag, "Last-Modified": http_date(member.changed_at), "Vary": "Accept, CalDAV-Timezones"}


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
        case Place():
            return f"{_READS}, PUT, DELETE, COPY, MOVE, PROPPATCH"
        case Vacant():
            return "OPTIONS, MKCOL, MKCALENDAR" if place.home.kind is Kind.CALENDARS else "OPTIONS, MKCOL"
        case CalendarFolder():
            return f"{_READS}, DELETE, PROPPATCH"
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
    text = f"{resource.href} is for programs that speak CardDAV and CalDAV: type this address, your name and an app"
    return HttpResponse(f"{text} password there.\n", content_type="text/plain; charset=utf-8")
