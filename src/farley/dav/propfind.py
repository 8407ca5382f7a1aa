"""PROPFIND. RFC 4918 §9.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http.response import HttpResponseBase

from farley.dav import dead
from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request, not_found
from farley.dav.folders import Folder
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV
from farley.dav.properties import properties_of
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Place, children_of, resource_at
from farley.dav.rows import IN_ALLPROP, Wanted, response_row


@dataclass(frozen=True, slots=True)
class Asked:
    """What a propfind or report wants to know. `names` is None for allprop; `include` goes with that."""

    names: list[str] | None
    include: tuple[str, ...] = ()
    names_only: bool = False


def propfind(dav: DavRequest) -> HttpResponseBase:
    asked = asked_in(dav.xml())
    depth = dav.depth("infinity")
    resource = resource_at(dav, dav.path)
    if depth == "infinity":
        raise DavError(403, f"{DAV}propfind-finite-depth", "Ask with Depth 0 or 1.")
    return multistatus(dav, _rows(dav, resource, asked, is_deep=depth == "1"))


def asked_in(body: Element | None) -> Asked:
    """What a propfind element asks for; without one, everything. Raises DavError (400)."""
    if body is None:
        return Asked(None)
    if body.name != f"{DAV}propfind":
        raise bad_request("The body of PROPFIND is a DAV:propfind.")
    prop, is_all = body.first(f"{DAV}prop"), body.first(f"{DAV}allprop")
    only_names = body.first(f"{DAV}propname")
    if sum(each is not None for each in (prop, is_all, only_names)) != 1:
        raise bad_request("A DAV:propfind holds one of prop, allprop and propname.")
    if prop is not None:
        return Asked(list(dict.fromkeys(child.name for child in prop.children)))
    include = body.first(f"{DAV}include")
    return Asked(None, tuple(child.name for child in include.children) if include else (), only_names is not None)


def _rows(dav: DavRequest, resource: Collection | Place, asked: Asked, *, is_deep: bool) -> Iterator[str]:
    if isinstance(resource, Place):
        member = resource.member()
        if member is None:
            raise not_found()
        yield from wanted_of(dav, resource.folder, asked).rows([member])
        return
    if not dav.is_rootless:
        yield collection_row(dav, resource, asked)
    if not is_deep:
        return
    for child in children_of(dav, resource):
        yield collection_row(dav, child, asked)
    if isinstance(resource, Folder):
        wanted = wanted_of(dav, resource, asked)
        for page in resource.pages():
            yield from wanted.rows(page)


def wanted_of(dav: DavRequest, folder: Folder, asked: Asked) -> Wanted:
    """The same question, put to the members of a collection."""
    names = asked.names
    if names is None and asked.include:
        names = [*sorted(IN_ALLPROP), *asked.include]
    return Wanted(folder, dav, names, folder.data_in(dav, None), names_only=asked.names_only)


def collection_row(dav: DavRequest, resource: Collection, asked: Asked) -> str:
    """The response about one collection."""
    live = properties_of(dav, resource)
    names = asked.names
    reworded = resource.reworded if isinstance(resource, Folder) else frozenset[str]()
    is_known = names is not None and all(name in live and name not in reworded for name in names)
    kept = {} if is_known else dead.of(dav, resource)
    if asked.names_only:
        return response_row(resource.href, dict.fromkeys([*live, *kept], ""), {}, [], dav)
    if names is None:
        names = [
            *(name for name in live if name in IN_ALLPROP),
            *(name for name in kept if name not in live),
            *asked.include,
        ]
    found = {name: live[name]() for name in names if name in live and name not in kept}
    missing = [name for name in names if name not in live and name not in kept]
    return response_row(resource.href, found, {name: kept[name] for name in names if name in kept}, missing, dav)
