"""The live properties of everything but members: which there are, and what they say."""

from __future__ import annotations

import shutil
from functools import partial
from xml.sax.saxutils import escape

from django.conf import settings

from farley.accounts.roles import Role
from farley.dav import tokens
from farley.dav.addresses import PRINCIPALS, Kind, home_of
from farley.dav.folders import Folder, Properties
from farley.dav.names import CALDAV, CALENDARSERVER, CARDDAV, DAV, href
from farley.dav.privileges import READING, acl_properties, granted_on, owner_of, reports, resource_id
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Home, HomeList, Principal, PrincipalList, Root

_HOMES = {Kind.BOOKS: "home", Kind.CALENDARS: "calendars"}  # as identifiers name them
_PRINCIPAL_REPORTS = tuple(
    f"{DAV}{name}"
    for name in ("expand-property", "principal-match", "principal-property-search", "principal-search-property-set")
)


def properties_of(dav: DavRequest, resource: Collection) -> Properties:
    """All live properties of a collection, by name."""
    found: Properties = {
        f"{DAV}current-user-principal": lambda: href(dav.principal),
        f"{DAV}principal-collection-set": lambda: href(PRINCIPALS),
        f"{DAV}resourcetype": lambda: "<d:collection/>",
        f"{DAV}supported-report-set": lambda: reports(_PRINCIPAL_REPORTS),
        **acl_properties(dav, READING),
    }
    match resource:
        case Principal():
            found |= _of_principal(dav)
        case Home(kind):
            found |= _of_home(dav, kind)
        case Folder():
            found |= _of_folder(dav, resource) | resource.properties(dav)
        case Root():
            found[f"{DAV}displayname"] = lambda: "Farley"
        case PrincipalList() | HomeList():
            pass
    return found


def may_make_folders(dav: DavRequest, kind: Kind) -> bool:
    """A device of chosen spaces or calendars would not see what it made."""
    is_seen = kind is Kind.BOOKS or dav.actor.calendars is None
    return is_seen and dav.actor.spaces is None and dav.actor.max_role >= Role.EDITOR


def token_of(dav: DavRequest, folder: Folder) -> str:
    return tokens.written(folder.sync_key, folder.state(), folder.version(dav))


def _of_principal(dav: DavRequest) -> Properties:
    address = escape(dav.user.email)
    return {
        f"{DAV}resourcetype": lambda: "<d:collection/><d:principal/>",
        f"{DAV}displayname": lambda: escape(dav.user.display_name),
        f"{DAV}principal-URL": lambda: href(dav.principal),
        f"{DAV}alternate-URI-set": lambda: href(f"mailto:{dav.user.email}"),
        f"{DAV}group-member-set": lambda: "",
        f"{DAV}group-membership": lambda: "",
        f"{DAV}owner": lambda: href(dav.principal),
        f"{DAV}resource-id": lambda: resource_id(f"principal:{dav.user.pk}"),
        **_home_sets(dav),
        f"{CALDAV}calendar-user-address-set": lambda: href(f"mailto:{dav.user.email}") + href(dav.principal),
        f"{CALDAV}calendar-user-type": lambda: "INDIVIDUAL",
        f"{CALENDARSERVER}email-address-set": lambda: f"<cs:email-address>{address}</cs:email-address>",
    }


def _home_sets(dav: DavRequest) -> Properties:
    return {
        f"{CARDDAV}addressbook-home-set": lambda: href(home_of(Kind.BOOKS, dav.user.name)),
        f"{CALDAV}calendar-home-set": lambda: href(home_of(Kind.CALENDARS, dav.user.name)),
    }


def _of_home(dav: DavRequest, kind: Kind) -> Properties:
    granted = (*READING, "d:bind") if may_make_folders(dav, kind) else READING
    return {
        f"{DAV}displayname": lambda: escape(dav.user.display_name),
        **acl_properties(dav, granted),
        f"{DAV}owner": lambda: href(dav.principal),
        f"{DAV}resource-id": lambda: resource_id(f"{_HOMES[kind]}:{dav.user.pk}"),
        f"{DAV}principal-URL": lambda: href(dav.principal),
        **_home_sets(dav),
        **_quota(),
    }


def _of_folder(dav: DavRequest, folder: Folder) -> Properties:
    return {
        f"{DAV}displayname": lambda: escape(folder.title),
        **acl_properties(dav, granted_on(folder, is_writable=folder.is_writable)),
        f"{DAV}owner": lambda: owner_of(dav, folder),
        f"{DAV}supported-report-set": lambda: reports([*folder.reports, f"{DAV}sync-collection", *_PRINCIPAL_REPORTS]),
        f"{DAV}sync-token": lambda: token_of(dav, folder),
        f"{DAV}resource-id": lambda: resource_id(folder.key),
        f"{CALENDARSERVER}getctag": lambda: token_of(dav, folder),
        **_quota(),
    }


def _quota() -> Properties:
    """Of the disk that all share. RFC 4331 §3, §4."""
    usage = partial(shutil.disk_usage, settings.DATA)
    return {
        f"{DAV}quota-available-bytes": lambda: str(usage().free),
        f"{DAV}quota-used-bytes": lambda: str(usage().used),
    }
