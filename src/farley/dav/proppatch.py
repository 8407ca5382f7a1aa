"""PROPPATCH. RFC 4918 §9.2: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.dav import dead
from farley.dav.books import Book
from farley.dav.cards import card_properties
from farley.dav.elements import Element
from farley.dav.errors import bad_request, not_found, refused
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV, element, empty, href
from farley.dav.properties import properties_of
from farley.dav.request import DavRequest
from farley.dav.resources import CardAt, Collection, resource_at
from farley.spaces.operations import NotAllowed
from farley.spaces.operations import change as change_space

_TITLE = f"{DAV}displayname"
_STATUS = {
    200: "200 OK",
    403: "403 Forbidden",
    409: "409 Conflict",
    424: "424 Failed Dependency",
    507: "507 Insufficient Storage",
}


@dataclass
class Patch:
    """What is to be set and removed, and what became of each."""

    setting: dict[str, str] = field(default_factory=dict)  # whole elements
    removing: list[str] = field(default_factory=list)
    title: str | None = None  # of a book
    verdicts: dict[str, tuple[int, str]] = field(default_factory=dict)  # by name: status, condition


def proppatch(dav: DavRequest) -> HttpResponseBase:
    resource = resource_at(dav, dav.path)
    body = dav.xml()
    if body is None or body.name != f"{DAV}propertyupdate":
        raise bad_request("The body of PROPPATCH is a DAV:propertyupdate.")
    if not _is_writable(dav, resource):
        raise refused("write-properties", resource.href, "This device may read this and not change it.")
    patch = read_patch(body)
    subject: dead.Subject | None = resource.member() if isinstance(resource, CardAt) else resource
    if subject is None:
        raise not_found()
    if isinstance(resource, CardAt):
        live: Iterable[str] = [*card_properties(dav, resource.book), f"{DAV}getcontentlength"]
    else:
        live = properties_of(dav, resource)
    _judge(dav, subject, patch, set(live))
    if isinstance(resource, Book) and patch.title is not None and _is_fine(patch):
        retitle(dav, resource, patch)
    if _is_fine(patch):
        dead.change(dav, subject, patch.setting, patch.removing)
    return multistatus(dav, [answer_row(resource, patch)])


def _is_writable(dav: DavRequest, resource: Collection | CardAt) -> bool:
    match resource:
        case CardAt(book, name):
            return book.is_writable_at(name)
        case Book():
            return resource.is_writable
    return dav.actor.max_role >= Role.EDITOR  # what lies there is its person's own


def read_patch(body: Element) -> Patch:
    """The instructions, in order: the last one about a name counts."""
    patch = Patch()
    for act in body.children:
        if act.name not in (f"{DAV}set", f"{DAV}remove"):
            continue
        for prop in act.all(f"{DAV}prop"):
            for each in prop.children:
                patch.setting.pop(each.name, None)
                patch.removing = [name for name in patch.removing if name != each.name]
                patch.verdicts[each.name] = (200, "")
                if act.name == f"{DAV}set":
                    patch.setting[each.name] = each.written()
                    if each.name == _TITLE:
                        patch.title = each.text
                else:
                    patch.removing.append(each.name)
    if not patch.verdicts:
        raise bad_request("A DAV:propertyupdate sets or removes something.")
    return patch


def _judge(dav: DavRequest, subject: dead.Subject, patch: Patch, live: set[str]) -> None:
    is_full = len(patch.setting) + (dead.count(dav, subject) if dead.keeps(subject) else 0) > dead.MAX_COUNT
    for name in patch.verdicts:
        if name == _TITLE and isinstance(subject, Book) and name in patch.setting:
            del patch.setting[name]
        elif name in live or name.startswith(DAV) or not dead.keeps(subject):
            patch.verdicts[name] = (403, f"{DAV}cannot-modify-protected-property")
        elif name in patch.setting and (len(patch.setting[name].encode()) > dead.MAX_OCTETS or is_full):
            patch.verdicts[name] = (507, "")


def retitle(dav: DavRequest, book: Book, patch: Patch) -> None:
    """Give the space another title: for whoever manages it, which no device does by itself."""
    try:
        change_space(book.spaces[0], title=patch.title, by=dav.actor, door=Door.DAV)
    except NotAllowed:
        patch.verdicts[_TITLE] = (403, f"{DAV}need-privileges")
    except ValidationError:
        patch.verdicts[_TITLE] = (409, "")


def _is_fine(patch: Patch) -> bool:
    return all(status == 200 for status, _ in patch.verdicts.values())


def answer_row(resource: Collection | CardAt, patch: Patch) -> str:
    """One propstat for each outcome; what would have gone well failed with the rest."""
    stats: dict[tuple[int, str], list[str]] = {}
    for name, (status, condition) in patch.verdicts.items():
        verdict = (424, "") if status == 200 and not _is_fine(patch) else (status, condition)
        stats.setdefault(verdict, []).append(name)
    parts = []
    for (status, condition), names in stats.items():
        error = element(f"{DAV}error", empty(condition)) if condition else ""
        told = f"<d:status>HTTP/1.1 {_STATUS[status]}</d:status>{error}"
        parts.append(f"<d:propstat><d:prop>{''.join(map(empty, names))}</d:prop>{told}</d:propstat>")
    return f"<d:response>{href(resource.href)}{''.join(parts)}</d:response>"
