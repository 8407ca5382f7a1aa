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
from farley.dav.errors import DavError, bad_request, not_found, refused
from farley.dav.folders import Folder
from farley.dav.names import href
from farley.dav.reading import allowed, representation, sent_as
from farley.dav.request import DavRequest
from farley.dav.resources import Place, resource_at
from farley.journal.members import Member
from farley.journal.records import BadHref, EditConflict, Stored, TooLarge, UidConflict
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
        raise DavError(405, text=text, headers={"Allow": allowed(dav)})
    try:
        stored, octets = _stored(dav, place)
    except DavError as error:
        there = place.member() if error.status == failed().status and _wants_it_told(dav) else None
        if there is None:
            raise
        return _told(dav, place, there, status=error.status)
    if _wants_it_told(dav) and (member := place.member()) is not None:
        return _told(dav, place, member, status=201 if stored.created else 200)
    answer = HttpResponse(status=201 if stored.created else 204)
    if etag := place.folder.tag_of_put(dav, stored.etag, octets):
        answer["ETag"] = etag
    return answer


def _stored(dav: DavRequest, place: Place) -> tuple[Stored, bytes]:
    """What became of the body, and the body."""
    folder = place.folder
    require_writable(place, "bind")
    if dav.header("Content-Range"):
        raise bad_request("A member is put as a whole.")
    _check_type(dav, folder)
    condition = expected(dav, place.member())
    octets = dav.body(folder.max_size, _too_large(folder, folder.words.member, folder.max_size))
    folder.refuse_octets(octets)
    try:
        return folder.store(place.name, octets, expected=condition, by=dav.actor), octets
    except PROBLEMS as error:
        raise refusal(error, place) from error


def _wants_it_told(dav: DavRequest) -> bool:
    return dav.preferences.get("return") == "representation"


def _told(dav: DavRequest, place: Place, member: Member, *, status: int) -> HttpResponse:
    """The member as a GET has it. RFC 7240 §4.2, RFC 8144 §3.2."""
    answer = representation(dav, place, member, sent_as(dav, place, member), status)
    answer["Content-Location"] = place.href
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
    condition = expected(dav, member)
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
    expected(dav, None)
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
