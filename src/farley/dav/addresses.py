"""Addresses below /dav/, and how hrefs are read and written.

The web server hands paths over decoded. So a slash within an href cannot be told from one between two, and there is
none: what is written here is encoded one way, what is read may be encoded any way.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

BASE: Final = "/dav/"
PRINCIPALS: Final = f"{BASE}principals/"
WELL_KNOWN: Final = frozenset({"/.well-known/carddav", "/.well-known/caldav"})
MAX_PATH = 4096  # octets, decoded
_AS_THEY_ARE = "@:!$()*+,=~"  # besides letters, digits and _.-: clients write them so, and XML need not escape them


class Kind(StrEnum):
    """What a home is full of, as its address calls it."""

    BOOKS = "addressbooks"
    CALENDARS = "calendars"


def encoded(segment: str) -> str:
    """A segment of a path, percent-encoded: always in the same way."""
    return quote(segment, safe=_AS_THEY_ARE)


def principal_of(name: str) -> str:
    return f"{PRINCIPALS}{encoded(name)}/"


def homes_of(kind: Kind) -> str:
    return f"{BASE}{kind.value}/"


def home_of(kind: Kind, name: str) -> str:
    return f"{homes_of(kind)}{encoded(name)}/"


def folder_of(kind: Kind, name: str, folder: str) -> str:
    return f"{home_of(kind, name)}{encoded(folder)}/"


def segments(path: str) -> list[str]:
    """The segments of a decoded path; that of a collection may end in a slash."""
    return path.removeprefix("/").removesuffix("/").split("/")


def read_href(text: str) -> list[str] | None:
    """The segments of an href or URL as a client writes it; None for one that leads nowhere here."""
    try:
        path = urlsplit(text.strip()).path
        decoded = unquote_to_bytes(path).decode()
    except ValueError:
        return None
    if not decoded.startswith("/") or "%2f" in path.lower() or "\0" in decoded:
        return None
    return segments(decoded)
