"""What the reports on collections have in common: the properties they ask for."""

from __future__ import annotations

from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request
from farley.dav.folders import Folder
from farley.dav.names import DAV
from farley.dav.request import DavRequest
from farley.dav.resources import resource_at
from farley.dav.rows import Wanted


def folder_at(dav: DavRequest, namespace: str = "") -> Folder:
    """The collection that a report is asked of, of the kind that has this namespace (of any).

    Raises DavError (404; 403 supported-report elsewhere).
    """
    found = resource_at(dav, dav.path)
    if not isinstance(found, Folder) or namespace not in ("", found.words.namespace):
        raise not_here()
    return found


def not_here() -> DavError:
    return DavError(403, f"{DAV}supported-report", "This report is not asked of what is at this address.")


def wanted_in(dav: DavRequest, folder: Folder, body: Element) -> Wanted:
    """The properties and the data that a report asks for."""
    prop = body.first(f"{DAV}prop")
    if prop is None:
        is_names = body.first(f"{DAV}propname") is not None
        return Wanted(folder, dav, None, folder.data_in(dav, None), names_only=is_names)
    names = list(dict.fromkeys(child.name for child in prop.children))
    return Wanted(folder, dav, names, folder.data_in(dav, prop.first(folder.words.condition("…"))))


def limit_in(body: Element, namespace: str) -> int | None:
    """How many the client wants at most. RFC 5323 §5.17, RFC 6352 §10.6."""
    limit = body.first(f"{namespace}limit")
    if limit is None:
        return None
    number = limit.first(f"{namespace}nresults")
    text = number.text.strip() if number is not None else ""
    if not text.isdecimal():
        raise bad_request("nresults is a number.")
    return int(text[:9])
