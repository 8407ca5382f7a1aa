"""The live properties of everything but cards: which there are, and what they say."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable
from email.utils import format_datetime
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings

from farley.accounts.roles import Role
from farley.contacts.storing import MAX_CARD
from farley.dav import tokens
from farley.dav.addresses import PRINCIPALS, home_of
from farley.dav.books import Book
from farley.dav.names import CALENDARSERVER, CARDDAV, DAV, element, href, tag
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Home, HomeList, Principal, PrincipalList, Root

Inner = Callable[[], str]  # what makes the XML within a property
Properties = dict[str, Inner]

COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
IN_ALLPROP = frozenset(  # RFC 4918 §9.1.5: those of that document alone
    f"{DAV}{name}"
    for name in (
        "creationdate",
        "displayname",
        "getcontentlength",
        "getcontenttype",
        "getetag",
        "getlastmodified",
        "resourcetype",
    )
)


def _privilege(name: str, meaning: str, *within: str, is_abstract: bool = False) -> str:
    """A privilege that there is, with those it is made of. RFC 3744 §5.3."""
    abstract = "<d:abstract/>" if is_abstract else ""
    told = f'<d:description xml:lang="en">{meaning}</d:description>'
    named = f"<d:privilege><d:{name}/></d:privilege>{abstract}{told}"
    return f"<d:supported-privilege>{named}{''.join(within)}</d:supported-privilege>"


_READING = ("read", "read-acl", "read-current-user-privilege-set")
_WRITING = ("write", "write-properties", "write-content", "bind", "unbind")
_SUPPORTED = _privilege(
    "all",
    "Everything that roles on Farley's pages give",
    _privilege(
        "read",
        "See it",
        _privilege("read-acl", "See what one may"),
        _privilege("read-current-user-privilege-set", "See what one may do"),
    ),
    _privilege(
        "write",
        "Change it",
        _privilege("write-properties", "Change its properties"),
        _privilege("write-content", "Change a card"),
        _privilege("bind", "Add a card"),
        _privilege("unbind", "Delete a card"),
    ),
    is_abstract=True,
)
_PRINCIPAL_REPORTS = tuple(
    f"{DAV}{name}"
    for name in ("expand-property", "principal-match", "principal-property-search", "principal-search-property-set")
)
_BOOK_REPORTS = (f"{CARDDAV}addressbook-query", f"{CARDDAV}addressbook-multiget", f"{DAV}sync-collection")


def properties_of(dav: DavRequest, resource: Collection) -> Properties:
    """All live properties of a collection, by name."""
    found: Properties = {
        f"{DAV}current-user-principal": lambda: href(dav.principal),
        f"{DAV}principal-collection-set": lambda: href(PRINCIPALS),
        f"{DAV}resourcetype": lambda: "<d:collection/>",
        f"{DAV}current-user-privilege-set": lambda: privileges(_READING),
        f"{DAV}supported-report-set": lambda: _reports(_PRINCIPAL_REPORTS),
        **acl_properties(dav, _READING),
    }
    match resource:
        case Principal():
            found |= _of_principal(dav)
        case Home():
            found |= _of_home(dav)
        case Book():
            found |= _of_book(dav, resource)
        case Root():
            found[f"{DAV}displayname"] = lambda: "Farley"
        case PrincipalList() | HomeList():
            pass
    return found


def may_make_books(dav: DavRequest) -> bool:
    """A device of chosen spaces would not see what it made."""
    return dav.actor.spaces is None and dav.actor.max_role >= Role.EDITOR


def granted_on(*, is_writable: bool) -> tuple[str, ...]:
    """The privileges on a book and its cards."""
    return _READING + _WRITING if is_writable else _READING


def acl_properties(dav: DavRequest, granted: Iterable[str]) -> Properties:
    """What RFC 3744 §5 tells of access: to the person who asks what the device may, and of others nothing.

    Roles are given on the pages: the one entry is protected, and there is no method to change it.
    """
    names = tuple(granted)
    own = f"<d:principal>{href(dav.principal)}</d:principal><d:grant>{privileges(names)}</d:grant><d:protected/>"
    return {
        f"{DAV}current-user-privilege-set": lambda: privileges(names),
        f"{DAV}acl": lambda: f"<d:ace>{own}</d:ace>",
        f"{DAV}acl-restrictions": lambda: "<d:grant-only/><d:no-invert/>",
        f"{DAV}supported-privilege-set": lambda: _SUPPORTED,
        f"{DAV}inherited-acl-set": lambda: "",
        f"{DAV}group": lambda: "",
    }


def privileges(names: Iterable[str]) -> str:
    return "".join(f"<d:privilege><d:{name}/></d:privilege>" for name in names)


def resource_id(of: str) -> str:
    """RFC 5842 §3.1: a name for what is at an address, whichever that is."""
    return href(uuid.uuid5(uuid.NAMESPACE_OID, f"farley:{of}").urn)


def owner_of(dav: DavRequest, book: Book) -> str:
    """A shared space is owned by nobody in particular."""
    return href(dav.principal) if book.is_own else ""


def http_date(moment: Any) -> str:
    return format_datetime(moment, usegmt=True)


def token_of(dav: DavRequest, book: Book) -> str:
    return tokens.written(book.key, book.state(), dav.version)


def address_data_types(version: str) -> str:
    """What is announced. Whoever hears of 4.0 here begins to write it, so it is told on wish alone."""
    return f'<card:address-data-type content-type="text/vcard" version="{version or "3.0"}"/>'


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
        f"{CARDDAV}addressbook-home-set": lambda: href(home_of(dav.user.name)),
        f"{CALENDARSERVER}email-address-set": lambda: f"<cs:email-address>{address}</cs:email-address>",
    }


def _of_home(dav: DavRequest) -> Properties:
    granted = (*_READING, "bind") if may_make_books(dav) else _READING
    return {
        f"{DAV}displayname": lambda: escape(dav.user.display_name),
        **acl_properties(dav, granted),
        f"{DAV}owner": lambda: href(dav.principal),
        f"{DAV}resource-id": lambda: resource_id(f"home:{dav.user.pk}"),
        f"{DAV}principal-URL": lambda: href(dav.principal),
        f"{CARDDAV}addressbook-home-set": lambda: href(home_of(dav.user.name)),
        **_quota(),
    }


def _of_book(dav: DavRequest, book: Book) -> Properties:
    return {
        f"{DAV}resourcetype": lambda: "<d:collection/><card:addressbook/>",
        f"{DAV}displayname": lambda: escape(book.title),
        f"{DAV}creationdate": lambda: book.space.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **acl_properties(dav, granted_on(is_writable=book.is_writable)),
        f"{DAV}owner": lambda: owner_of(dav, book),
        f"{DAV}supported-report-set": lambda: _reports(_BOOK_REPORTS + _PRINCIPAL_REPORTS),
        f"{DAV}sync-token": lambda: token_of(dav, book),
        f"{DAV}resource-id": lambda: resource_id(book.key),
        f"{CALENDARSERVER}getctag": lambda: token_of(dav, book),
        f"{CARDDAV}addressbook-description": lambda: escape(book.title),
        f"{CARDDAV}max-resource-size": lambda: str(MAX_CARD),
        f"{CARDDAV}max-image-size": lambda: str(MAX_CARD * 3 // 4),
        f"{CARDDAV}supported-address-data": lambda: address_data_types(dav.version),
        f"{CARDDAV}supported-collation-set": lambda: "".join(
            element(f"{CARDDAV}supported-collation", name) for name in COLLATIONS
        ),
        **_quota(),
    }


def _quota() -> Properties:
    """Of the disk that all share. RFC 4331 §3, §4."""
    usage = partial(shutil.disk_usage, settings.DATA)
    return {
        f"{DAV}quota-available-bytes": lambda: str(usage().free),
        f"{DAV}quota-used-bytes": lambda: str(usage().used),
    }


def _reports(names: Iterable[str]) -> str:
    return "".join(f"<d:supported-report><d:report><{tag(name)}/></d:report></d:supported-report>" for name in names)
