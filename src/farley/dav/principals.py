"""The reports about principals: of nobody but the person whose device asks is anything told. RFC 3744 §9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import unescape

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from farley.dav.addresses import read_href
from farley.dav.elements import Element
from farley.dav.errors import XML, DavError, bad_request
from farley.dav.matching import unicode_casemap
from farley.dav.multistatus import multistatus
from farley.dav.names import CALENDARSERVER, DAV, tag, with_namespaces
from farley.dav.properties import properties_of
from farley.dav.propfind import Asked, collection_row
from farley.dav.request import DavRequest
from farley.dav.resources import Place, Principal, resource_at
from farley.dav.rows import Wanted, gone_row, response_row
from farley.journal.members import Member

MAX_EXPANDED = 500  # resources of one expand-property
_HREF = re.compile(r"<d:href>([^<]*)</d:href>")
_PARTS = frozenset(f"{DAV}{name}" for name in ("property-search", "apply-to-principal-collection-set", "prop", "self"))
_SEARCHED = (f"{DAV}displayname", f"{CALENDARSERVER}email-address-set")


def expand_property(dav: DavRequest, body: Element) -> HttpResponseBase:
    """Properties that hold hrefs, with properties of what is there in their place. RFC 3253 §3.8."""
    resource = resource_at(dav, dav.path)
    budget = [MAX_EXPANDED]
    return multistatus(dav, [_expanded(dav, dav.path, resource.href, body, budget)])


def principal_search_property_set(dav: DavRequest, _body: Element) -> HttpResponseBase:
    """By which properties principals are found."""
    resource_at(dav, dav.path)
    words = {_SEARCHED[0]: "Name", _SEARCHED[1]: "E-mail address"}
    told = "".join(
        f"<d:principal-search-property><d:prop><{tag(name)}/></d:prop>"
        f'<d:description xml:lang="en">{word}</d:description></d:principal-search-property>'
        for name, word in words.items()
    )
    return HttpResponse(with_namespaces("d:principal-search-property-set", told), content_type=XML)


def principal_property_search(dav: DavRequest, body: Element) -> HttpResponseBase:
    """The own principal where it matches all that is asked for (or any: test="anyof"); where nothing is, too."""
    resource_at(dav, dav.path)
    tests = [_matches(dav, each) for each in body.all(f"{DAV}property-search")]
    found = any(tests) if body.attributes.get("test") == "anyof" else all(tests)
    return multistatus(dav, [_own_row(dav, body)] if found else [])


def principal_match(dav: DavRequest, body: Element) -> HttpResponseBase:
    """The own principal; what it owns is listed in its home."""
    resource_at(dav, dav.path)
    if body.first(f"{DAV}self") is None:
        raise DavError(403, f"{DAV}supported-report", "Only DAV:self is looked for here.")
    return multistatus(dav, [_own_row(dav, body)])


def _own_row(dav: DavRequest, body: Element) -> str:
    prop = body.first(f"{DAV}prop")
    names = [child.name for child in prop.children] if prop is not None else []
    if not names:  # Python's caldav writes them beside a DAV:prop that is empty
        names = [child.name for child in body.children if child.name not in _PARTS]
    return collection_row(dav, Principal(dav.user.name), Asked(names))


def _matches(dav: DavRequest, search: Element) -> bool:
    prop, match = search.first(f"{DAV}prop"), search.first(f"{DAV}match")
    wanted = unicode_casemap(match.text.strip()) if match is not None else ""
    own = {_SEARCHED[0]: dav.user.display_name, _SEARCHED[1]: dav.user.email}
    names = [child.name for child in prop.children] if prop is not None else []
    return bool(names) and all(wanted in unicode_casemap(own[name]) if name in own else False for name in names)


def _expanded(dav: DavRequest, path: list[str], address: str, asked: Element, budget: list[int]) -> str:
    """The response about one resource, its properties expanded as far as `asked` says."""
    budget[0] -= 1
    if budget[0] < 0:
        raise DavError(507, text=f"At most {MAX_EXPANDED} resources are expanded at once.")
    try:
        resource = resource_at(dav, path or read_href(address) or [])
    except DavError:
        return gone_row(address)
    wanted = {_name_of(each): each for each in asked.all(f"{DAV}property")}
    if isinstance(resource, Place):
        member = resource.member()
        return _member_row(dav, resource, member, list(wanted)) if member else gone_row(address)
    live = properties_of(dav, resource)
    found = {}
    for name, inner in wanted.items():
        if name in live:
            told = live[name]()
            found[name] = "".join(_inner_rows(dav, told, inner, budget)) if inner.children else told
    return response_row(resource.href, found, {}, [name for name in wanted if name not in live], dav)


def _inner_rows(dav: DavRequest, told: str, asked: Element, budget: list[int]) -> Iterator[str]:
    for address in _HREF.findall(told):
        yield _expanded(dav, [], unescape(address), asked, budget)


def _member_row(dav: DavRequest, place: Place, member: Member, names: list[str]) -> str:
    return next(Wanted(place.folder, dav, names, place.folder.data_in(dav, None)).rows([member]))


def _name_of(element: Element) -> str:
    name = element.attributes.get("name", "")
    if not name:
        raise bad_request("A DAV:property has a name.")
    return f"{{{element.attributes.get('namespace', 'DAV:')}}}{name}"
