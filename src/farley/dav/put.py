"""PUT and DELETE of members."""

from __future__ import annotations

from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.calendars.operations import delete as delete_calendar
from farley.calendars.storing import NoSuchCalendar, NotOneObject, OldVersion, WrongComponent
from farley.codecs.icalendar import InvalidICalendar
from farley.codecs.vcard import InvalidVCard
from farley.dav.calendars import CalendarFolder
from farley.dav.conditions import expected, failed
from farley.dav.errors import DavError, not_found, refused
from farley.dav.folders import Folder
from farley.dav.names import href
from farley.dav.properties import token_of
from farley.dav.request import DavRequest
from farley.dav.resources import Place, resource_at
from farley.journal.records import BadHref, EditConflict, TooLarge, UidConflict
from farley.spaces.operations import NotAllowed

_PLAIN = frozenset({"", "text/plain", "application/octet-stream"})  # types of programs that do not say
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


PROBLEMS = (
    InvalidVCard,
    InvalidICalendar,
    NotOneObject,
    OldVersion,
    WrongComponent,
    UidConflict,
    EditConflict,
    TooLarge,
    BadHref,
    NotAllowed,
    NoSuchCalendar,
)


def put(dav: DavRequest) -> HttpResponse:
    """Create or replace one member, keeping its octets as they are. RFC 6352 §6.3.2; conditions, RFC 9110 §13.1."""
    place = resource_at(dav, dav.path)
    if not isinstance(place, Place):
        text = "What is put here lies in an address book or a calendar."
        raise DavError(405, text=text, headers={"Allow": "OPTIONS, PROPFIND, REPORT"})
    folder = place.folder
    require_writable(place, "bind")
    _check_type(dav, folder)
    there = place.member()
    condition = expected(dav, there.etag if there else None, lambda path: states(dav, path))
    octets = dav.body(folder.max_size, _too_large(folder, folder.words.member, folder.max_size))
    folder.refuse_octets(octets)
    try:
        stored = folder.store(place.name, octets, expected=condition, by=dav.actor)
    except PROBLEMS as error:
        raise refusal(error, place) from error
    answer = HttpResponse(status=201 if stored.created else 204)
    if etag := folder.tag_of_put(dav, stored.etag, octets):
        answer["ETag"] = etag
    if dav.preferences.get("return") == "representation":
        answer = HttpResponse(octets, status=201 if stored.created else 200, headers=dict(answer.headers))
        answer["Content-Type"] = folder.words.media
        answer["Preference-Applied"] = "return=representation"
    return answer


def delete(dav: DavRequest) -> HttpResponse:
    """Delete one member; it can be restored on the pages. RFC 4918 §9.6."""
    place = resource_at(dav, dav.path)
    if isinstance(place, CalendarFolder):
        return _delete_calendar(dav, place)
    if not isinstance(place, Place):
        raise DavError(403, text="Address books are not deleted from a device.")
    member = place.member()
    if member is None:
        raise not_found()
    require_writable(place, "unbind")
    condition = expected(dav, member.etag, lambda path: states(dav, path))
    etag = condition if isinstance(condition, str) else None
    try:
        done = place.folder.delete(place.name, etag=etag, by=dav.actor)
    except PROBLEMS as error:
        raise refusal(error, place) from error
    if not done:
        raise not_found()
    return HttpResponse(status=204)


def _delete_calendar(dav: DavRequest, folder: CalendarFolder) -> HttpResponse:
    """Delete a calendar with all that is in it, restorable. One that others share is not a device's to delete."""
    if not folder.is_writable or not folder.is_own:
        raise refused("unbind", folder.href, "Shared calendars are not deleted from a device.")
    expected(dav, None, lambda path: states(dav, path))
    try:
        delete_calendar(folder.calendar, by=dav.actor, door=Door.DAV)
    except NotAllowed as error:
        raise _only_read("unbind", folder) from error
    except NoSuchCalendar as error:
        raise not_found() from error
    return HttpResponse(status=204)


def require_writable(place: Place, privilege: str) -> None:
    """Raise DavError (403 need-privileges) where the device may only read."""
    if not place.folder.is_writable_at(place.name):
        raise _only_read(privilege, place.folder)


def states(dav: DavRequest, path: list[str]) -> tuple[str | None, str | None]:
    """For the If header: the tag of the member at an address, or the token of the collection."""
    try:
        found = resource_at(dav, path)
    except DavError:
        return None, None
    if isinstance(found, Place):
        member = found.member()
        return (member.etag if member else None), None
    return None, token_of(dav, found) if isinstance(found, Folder) else None


def refusal(error: Exception, place: Place) -> DavError:
    """What the domain refuses, as the standard of the collection says it."""
    folder = place.folder
    words = folder.words
    if isinstance(error, NotOneObject | OldVersion | WrongComponent):
        return DavError(403, words.condition(error.condition), f"It cannot be kept here: {error}.")
    if isinstance(error, NoSuchCalendar):
        return not_found()
    if isinstance(error, InvalidVCard | InvalidICalendar):
        return DavError(403, words.condition("valid-…"), f"This is not one {words.member}: {error}.")
    if isinstance(error, UidConflict):
        there = href(folder.href_of(folder.name_beside(place.name, error.href)))
        text = f"Another {words.member} of this {words.folder} has this UID."
        return DavError(403, words.condition("no-uid-conflict"), text, inner=there)
    if isinstance(error, EditConflict):
        return failed()
    if isinstance(error, TooLarge):
        return _too_large(folder, error.what, error.limit)
    if isinstance(error, BadHref):
        return DavError(
            403, text="The last part of the address has 1 to 255 characters and no slash or control character."
        )
    return _only_read("write", folder)


def _too_large(folder: Folder, what: str, limit: int) -> DavError:
    return DavError(403, folder.words.condition("max-resource-size"), f"The {what} is longer than {limit}.")


def _only_read(privilege: str, folder: Folder) -> DavError:
    return refused(privilege, folder.href, f"This device may read this {folder.words.folder} and not change it.")


def _check_type(dav: DavRequest, folder: Folder) -> None:
    kind, _, params = str(dav.http.META.get("CONTENT_TYPE") or "").partition(";")
    named = [part.partition("=")[2].strip(' "').lower() for part in params.split(";") if "charset" in part.lower()]
    if kind.strip().lower() not in folder.words.types | _PLAIN or not _CHARSETS.issuperset(named):
        text = f"A {folder.words.member} is sent as {folder.words.media.partition(';')[0]} in UTF-8."
        raise DavError(403, folder.words.condition("supported-…"), text)
