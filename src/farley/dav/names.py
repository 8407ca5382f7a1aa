"""Names of XML elements: as `{namespace}local`, and as answers write them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape, quoteattr

DAV: Final = "{DAV:}"
CARDDAV: Final = "{urn:ietf:params:xml:ns:carddav}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
CALENDARSERVER: Final = "{http://calendarserver.org/ns/}"
APPLE: Final = "{http://apple.com/ns/ical/}"
FARLEY: Final = "{urn:x-farley:dav}"
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"  # the attribute xml:lang

_PREFIXES = {
    "DAV:": "d",
    CARDDAV[1:-1]: "card",
    CALDAV[1:-1]: "cal",
    CALENDARSERVER[1:-1]: "cs",
    APPLE[1:-1]: "ical",
    FARLEY[1:-1]: "f",
}
_DECLARED: Final = "".join(f' xmlns:{prefix}="{space}"' for space, prefix in _PREFIXES.items())


def split(name: str) -> tuple[str, str]:
    """Namespace and local name."""
    space, brace, local = name[1:].partition("}") if name[:1] == "{" else ("", "}", name)
    return (space, local) if brace else ("", name)


def namespace_of(name: str) -> str:
    """With its braces, as names begin."""
    return f"{{{split(name)[0]}}}"


@lru_cache(maxsize=500)
def tag(name: str) -> str:
    """The name with the prefix that every answer declares; only for the namespaces it does."""
    space, local = split(name)
    return f"{_PREFIXES[space]}:{local}"


@lru_cache(maxsize=500)
def empty(name: str) -> str:
    """An empty element of any namespace."""
    return element(name, "")


def element(name: str, inner: str) -> str:
    """An element of any namespace; `inner` is XML."""
    space, local = split(name)
    if prefix := _PREFIXES.get(space):
        opened = closed = f"{prefix}:{local}"
    elif space:
        opened, closed = f"x:{local} xmlns:x={quoteattr(space)}", f"x:{local}"
    else:
        opened = closed = local
    return f"<{opened}>{inner}</{closed}>" if inner else f"<{opened}/>"


def with_namespaces(name: str, inner: str) -> str:
    """A root element: all prefixes are declared here."""
    return f"{opening(name)}{inner}</{name}>"


def opening(name: str) -> str:
    return f"<{name}{_DECLARED}>"


def href(path: str) -> str:
    """DAV:href with a path that is percent-encoded already."""
    return f"<d:href>{escape(path)}</d:href>"
