"""Tokens of a collection's state: `urn:x-farley:sync:EPOCH:BOOK:REVISION[:VERSION]`. They do not expire. RFC 6578 §3.

They look like URIs, for some clients drop what does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from farley.dav.errors import DavError
from farley.dav.names import DAV

EPOCH: Final = 1  # of the journal; another one after a restore
_TOKEN = re.compile(
    r"urn:x-farley:sync:([0-9]{1,18}):([a-z0-9]{1,40}):([0-9]{1,18}(?:,[0-9]{1,18}-[0-9]{1,18})*)(:[34])?"
)


@dataclass(frozen=True, slots=True)
class Token:
    """`state` is what the book makes of it; `version` the one its cards were read in."""

    state: str
    version: str


def written(book: str, state: str, version: str) -> str:
    ending = f":{version[0]}" if version else ""
    return f"urn:x-farley:sync:{EPOCH}:{book}:{state}{ending}"


def read(text: str, book: str) -> Token:
    """Raises DavError (403 valid-sync-token) for a token that is not this book's, or of a time that never was."""
    found = _TOKEN.fullmatch(text.strip())
    if found is None or int(found[1]) != EPOCH or found[2] != book:
        raise invalid()
    return Token(found[3], f"{found[4][1]}.0" if found[4] else "")


def invalid() -> DavError:
    return DavError(403, f"{DAV}valid-sync-token", "Sync anew, without a token: this one is not of this address book.")
