"""MKCALENDAR and extended MKCOL: a new calendar, or a new private space as an address book.

RFC 4791 §5.3.1, RFC 5689, RFC 6352 §6.3.1.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.calendars.operations import BadCalendar, SlugTaken
from farley.calendars.operations import create as create_calendar
from farley.dav import dead
from farley.dav.addresses import Kind
from farley.dav.books import Book
from farley.dav.calendar_properties import COMPONENT_SET, SETTABLE, TITLE, components_in, values_of
from farley.dav.calendars import CalendarFolder, own_slug
from farley.dav.elements import Element
from farley.dav.errors import XML, DavError, refused
from farley.dav.names import CALDAV, CARDDAV, DAV, with_namespaces
from farley.dav.properties import may_make_folders
from farley.dav.proppatch import Patch, is_fine, propstats, read_patch
from farley.dav.reading import allowed
from farley.dav.request import DavRequest
from farley.dav.resources import Place, Vacant, place_at
from farley.spaces.models import Space
from farley.spaces.operations import MAX_TITLE, NameTaken, NotAllowed, create

MAX_OWN = 20  # private spaces of one person, that devices make
_TYPES = {Kind.BOOKS: f"{CARDDAV}addressbook", Kind.CALENDARS: f"{CALDAV}calendar"}


def mkcol(dav: DavRequest) -> HttpResponse:
    body = _body(dav)
    place = _vacant(dav)
    patch = _asked(place.home.kind, body)
    if place.home.kind is Kind.CALENDARS:
        return _make_calendar(dav, place, patch)
    return _make_book(dav, place, patch)


def mkcalendar(dav: DavRequest) -> HttpResponse:
    place = _vacant(dav)
    if place.home.kind is not Kind.CALENDARS:
        text = f"Calendars are made in {Kind.CALENDARS.value}."
        raise DavError(403, f"{CALDAV}calendar-collection-location-ok", text)
    body = dav.xml()
    if body is not None and body.name != f"{CALDAV}mkcalendar":
        raise DavError(400, text="The body of MKCALENDAR is a CALDAV:mkcalendar.")
    return _make_calendar(dav, place, Patch() if body is None else read_patch(body))


def _body(dav: DavRequest) -> Element | None:
    """Raises DavError: 415 for what neither is XML nor said to be. RFC 4918 §9.3."""
    try:
        return dav.xml()
    except DavError as error:
        media = str(dav.http.META.get("CONTENT_TYPE") or "xml").partition(";")[0].strip().lower()
        if error.status != 400 or media.endswith("xml"):
            raise
        raise DavError(415, text="A collection is described in XML.") from error


def _vacant(dav: DavRequest) -> Vacant:
    try:
        place = place_at(dav, dav.path)
    except DavError as error:
        if dav.path[2:3] != [dav.user.name]:
            raise
        raise DavError(409, text="There is nothing here in which it could be made.") from error
    if isinstance(place, Place) and place.member() is None:
        words = place.folder.words
        text = f"There are no collections within this {words.folder}."
        raise DavError(403, words.condition(f"{words.collection}-collection-location-ok"), text)
    if not isinstance(place, Vacant):
        text = "There is something at this address already."
        raise DavError(405, f"{DAV}resource-must-be-null", text, headers={"Allow": allowed(dav)})
    if not may_make_folders(dav, place.home.kind):
        raise refused("bind", place.home.href, "This device may make nothing here.")
    return place


def _make_book(dav: DavRequest, place: Vacant, patch: Patch) -> HttpResponse:
    if Space.objects.visible_to(dav.actor).filter(kind=Space.Kind.PRIVATE).count() >= MAX_OWN:
        raise DavError(507, f"{DAV}quota-not-exceeded", f"A person has at most {MAX_OWN} private address books.")
    title = patch.setting.pop(TITLE).text if TITLE in patch.setting else ""
    patch.setting.pop(f"{DAV}resourcetype", None)
    for name in patch.setting:
        if name.startswith((DAV, CARDDAV)) and name not in Book.reworded:
            patch.verdicts[name] = (403, f"{DAV}cannot-modify-protected-property")
    if not is_fine(patch):
        body = f'<?xml version="1.0" encoding="utf-8"?>\n{with_namespaces("d:mkcol-response", propstats(patch))}'
        return HttpResponse(body, status=403, content_type=XML)
    kept = _kept(patch, ())
    try:
        space = create(place.name, Space.Kind.PRIVATE, by=dav.actor, title=title[:MAX_TITLE].strip(), door=Door.DAV)
    except (NameTaken, ValidationError) as error:  # alike: whether somebody else has a space of this name is theirs
        raise DavError(
            403,
            text="An address book cannot have this name: 1 to 40 lower-case letters, digits or hyphens, and its own.",
        ) from error
    dead.change(dav, Book(space, Role.EDITOR, dav.user.name), kept, [])
    return HttpResponse(status=201)


def _make_calendar(dav: DavRequest, place: Vacant, patch: Patch) -> HttpResponse:
    """In the private space; under the address asked for, or, where somebody has that, under one that looks like it."""
    own, wrong = values_of({name: value for name, value in patch.setting.items() if name in SETTABLE})
    for status, condition in wrong.values():
        raise DavError(status, condition, "A property of the calendar cannot be so.")
    own["components"] = components_in(patch.setting.get(COMPONENT_SET))
    kept = _kept(patch, (DAV, CALDAV), besides=SETTABLE)
    space = Space.objects.editable_by(dav.actor).filter(kind=Space.Kind.PRIVATE, name=dav.user.name).first()
    if space is None:
        raise refused("bind", place.home.href, "This device does not see the person's own space.")
    name = own.pop("name", "").strip() or place.name
    for slug in (place.name, own_slug(dav.user.name, place.name)):
        try:
            calendar = create_calendar(space, name, slug=slug, by=dav.actor, door=Door.DAV, **own)
        except SlugTaken:
            continue
        except BadCalendar as error:
            many = error.reason == "many"
            raise DavError(507 if many else 403, f"{DAV}quota-not-exceeded" if many else "", f"{error}.") from error
        except NotAllowed as error:
            raise refused("bind", place.home.href, "This device may make no calendar.") from error
        dead.change(dav, CalendarFolder(calendar, Role.EDITOR, dav.user.name, place.name, dav.actor), kept, [])
        return HttpResponse(status=201)
    raise DavError(
        403, f"{DAV}resource-must-be-null", "There is a calendar at this address that the device does not see."
    )


def _asked(kind: Kind, body: Element | None) -> Patch:
    """What is to be set. Raises DavError (403 valid-resourcetype) for what is not of this kind."""
    props = [prop for act in (body.children if body else []) for prop in act.all(f"{DAV}prop")]
    kinds = [each for prop in props for each in prop.all(f"{DAV}resourcetype")]
    types = [each.name for found in kinds for each in found.children]
    if body is None or body.name != f"{DAV}mkcol" or sorted(types) != sorted([f"{DAV}collection", _TYPES[kind]]):
        what = "an address book" if kind is Kind.BOOKS else "a calendar"
        raise DavError(403, f"{DAV}valid-resourcetype", f"What is made here is {what}; say so in the body.")
    return read_patch(body)


def _kept(patch: Patch, own: tuple[str, ...], besides: frozenset[str] = frozenset()) -> dict[str, str]:
    """What is kept as it came. Raises DavError (507) where it is too much."""
    written = patch.written()
    kept = {name: xml for name, xml in written.items() if not name.startswith(own) and name not in besides}
    if len(kept) > dead.MAX_COUNT or any(len(xml.encode()) > dead.MAX_OCTETS for xml in kept.values()):
        raise DavError(507, text="These are more properties than are kept.")
    return kept
