"""REPORT: which one is asked for. RFC 3253 §3.6."""

from __future__ import annotations

from collections.abc import Callable

from django.http.response import HttpResponseBase

from farley.dav import addressbook_query, calendar_query
from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request
from farley.dav.free_busy_query import free_busy_query
from farley.dav.multiget import multiget
from farley.dav.names import CALDAV, CARDDAV, DAV
from farley.dav.principals import (
    expand_property,
    principal_match,
    principal_property_search,
    principal_search_property_set,
)
from farley.dav.request import DavRequest
from farley.dav.resources import resource_at
from farley.dav.sync import sync_collection

Report = Callable[[DavRequest, Element], HttpResponseBase]

_REPORTS: dict[str, Report] = {
    f"{CARDDAV}addressbook-multiget": multiget,
    f"{CARDDAV}addressbook-query": addressbook_query.query,
    f"{CALDAV}calendar-multiget": multiget,
    f"{CALDAV}calendar-query": calendar_query.query,
    f"{CALDAV}free-busy-query": free_busy_query,
    f"{DAV}sync-collection": sync_collection,
    f"{DAV}expand-property": expand_property,
    f"{DAV}principal-match": principal_match,
    f"{DAV}principal-property-search": principal_property_search,
    f"{DAV}principal-search-property-set": principal_search_property_set,
}


def report(dav: DavRequest) -> HttpResponseBase:
    body = dav.xml()
    if body is None:
        raise bad_request("REPORT needs a body that says which one.")
    answer = _REPORTS.get(body.name)
    if answer is None:
        resource_at(dav, dav.path)
        raise not_supported()
    return answer(dav, body)


def not_supported() -> DavError:
    return DavError(403, f"{DAV}supported-report", "There is no such report here.")
