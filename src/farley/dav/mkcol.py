"""Extended MKCOL: a new private space. RFC 5689, RFC 6352 §6.3.1."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.dav import dead
from farley.dav.books import Book
from farley.dav.elements import Element
from farley.dav.errors import DavError, refused
from farley.dav.names import CARDDAV, DAV
from farley.dav.properties import may_make_books
from farley.dav.proppatch import read_patch
from farley.dav.request import DavRequest
from farley.dav.resources import Vacant, place_at
from farley.spaces.models import Space
from farley.spaces.operations import MAX_TITLE, NameTaken, create

MAX_OWN = 20  # private spaces of one person, that devices make


def mkcol(dav: DavRequest) -> HttpResponse:
    place = place_at(dav, dav.path)
    if not isinstance(place, Vacant):
        raise DavError(405, text="There is something at this address already.")
    if not may_make_books(dav):
        raise refused("bind", place.home.href, "This device may make no address book.")
    body = dav.xml()
    title, kept = _asked(body)
    if Space.objects.visible_to(dav.actor).filter(kind=Space.Kind.PRIVATE).count() >= MAX_OWN:
        raise DavError(507, f"{DAV}quota-not-exceeded", f"A person has at most {MAX_OWN} private address books.")
    try:
        space = create(place.name, Space.Kind.PRIVATE, by=dav.actor, title=title[:MAX_TITLE].strip(), door=Door.DAV)
    except (NameTaken, ValidationError) as error:  # alike: whether somebody else has a space of this name is theirs
        raise DavError(
            403,
            text="An address book cannot have this name: 1 to 40 lower-case letters, digits or hyphens, and its own.",
        ) from error
    dead.change(dav, Book(space, Role.EDITOR, dav.user.name), kept, [])
    return HttpResponse(status=201)


def _asked(body: Element | None) -> tuple[str, dict[str, str]]:
    """The title and the dead properties. Raises DavError (403 valid-resourcetype) for what is no address book."""
    kinds = [
        kind for act in (body.children if body else []) for prop in act.all(f"{DAV}prop") for kind in prop.children
    ]
    types = [each.name for kind in kinds if kind.name == f"{DAV}resourcetype" for each in kind.children]
    if (
        body is None
        or body.name != f"{DAV}mkcol"
        or sorted(types) != sorted([f"{DAV}collection", f"{CARDDAV}addressbook"])
    ):
        raise DavError(403, f"{DAV}valid-resourcetype", "What is made here is an address book; say so in the body.")
    patch = read_patch(body)
    kept = {name: xml for name, xml in patch.setting.items() if not name.startswith((DAV, CARDDAV))}
    if len(kept) > dead.MAX_COUNT or any(len(xml.encode()) > dead.MAX_OCTETS for xml in kept.values()):
        raise DavError(507, text="These are more properties than are kept.")
    return patch.title or "", kept
