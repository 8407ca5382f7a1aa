"""addressbook-multiget, calendar-multiget. RFC 6352 §8.7, RFC 4791 §7.9."""

from __future__ import annotations

from collections.abc import Iterator

from django.http.response import HttpResponseBase

from farley.dav.addresses import read_href
from farley.dav.asked import folder_at, wanted_in
from farley.dav.elements import Element
from farley.dav.errors import bad_request
from farley.dav.folders import Folder
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV, namespace_of
from farley.dav.request import DavRequest
from farley.dav.rows import Wanted, gone_row
from farley.dav.synced import noting

_AT_ONCE = 500  # hrefs of one query


def multiget(dav: DavRequest, body: Element) -> HttpResponseBase:
    folder = folder_at(dav, namespace_of(body.name))
    wanted = wanted_in(dav, folder, body)
    hrefs = [each.text.strip() for each in body.all(f"{DAV}href")]
    if not hrefs:
        raise bad_request("A multiget names at least one href.")
    return multistatus(dav, _rows(dav, folder, wanted, hrefs))


def _rows(dav: DavRequest, folder: Folder, wanted: Wanted, hrefs: list[str]) -> Iterator[str]:
    for start in range(0, len(hrefs), _AT_ONCE):
        asked = {}  # by href as it was asked for, the name of the member
        for href in hrefs[start : start + _AT_ONCE]:
            path = read_href(href)
            asked[href] = path[-1] if path and path[:-1] == folder.path else None
        found = folder.at(list({name for name in asked.values() if name}))
        yield from wanted.rows(noting(dav, wanted, list(found.values())))
        for href, name in asked.items():
            if name is None or name not in found:
                yield gone_row(href)
