"""What may be done with a resource, as RFC 3744 tells it, and other small things that properties are made of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from email.utils import format_datetime
from typing import Any

from farley.dav.folders import Folder, Properties, Render
from farley.dav.names import DAV, href, tag
from farley.dav.request import DavRequest


def _privilege(name: str, meaning: str, *within: str, is_abstract: bool = False) -> str:
    """A privilege that there is, with those it is made of. RFC 3744 §5.3."""
    abstract = "<d:abstract/>" if is_abstract else ""
    told = f'<d:description xml:lang="en">{meaning}</d:description>'
    named = f"<d:privilege><{name}/></d:privilege>{abstract}{told}"
    return f"<d:supported-privilege>{named}{''.join(within)}</d:supported-privilege>"


READING = ("d:read", "d:read-acl", "d:read-current-user-privilege-set")
WRITING = ("d:write", "d:write-properties", "d:write-content", "d:bind", "d:unbind")
_SUPPORTED = _privilege(
    "d:all",
    "Everything that roles on Farley's pages give",
    _privilege(
        "d:read",
        "See it",
        _privilege("d:read-acl", "See what one may"),
        _privilege("d:read-current-user-privilege-set", "See what one may do"),
        _privilege("cal:read-free-busy", "See when somebody is busy"),
    ),
    _privilege(
        "d:write",
        "Change it",
        _privilege("d:write-properties", "Change its properties"),
        _privilege("d:write-content", "Change a member"),
        _privilege("d:bind", "Add a member"),
        _privilege("d:unbind", "Delete a member"),
    ),
    is_abstract=True,
)


def granted_on(folder: Folder, *, is_writable: bool) -> tuple[str, ...]:
    """The privileges on a collection and its members."""
    return READING + folder.more_reading + (WRITING if is_writable else ())


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
    return "".join(f"<d:privilege><{name}/></d:privilege>" for name in names)


def resource_id(of: str) -> str:
    """RFC 5842 §3.1: a name for what is at an address, whichever that is."""
    return href(uuid.uuid5(uuid.NAMESPACE_OID, f"farley:{of}").urn)


def member_id(kind: str) -> Render:
    """DAV:resource-id of members that are counted as this kind."""
    return lambda member, _: resource_id(f"{kind}:{member.pk}")


def owner_of(dav: DavRequest, folder: Folder) -> str:
    """A shared space is owned by nobody in particular."""
    return href(dav.principal) if folder.is_own else ""


def http_date(moment: Any) -> str:
    return format_datetime(moment, usegmt=True)


def reports(names: Iterable[str]) -> str:
    return "".join(f"<d:supported-report><d:report><{tag(name)}/></d:report></d:supported-report>" for name in names)
