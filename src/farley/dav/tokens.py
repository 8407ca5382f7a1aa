"""Tokens of a collection's state: `urn:x-farley:sync:EPOCH:KEY:REVISION[:VERSION]`. They do not expire. RFC 6578 §3.

They look like URIs, for some clients drop what does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from farley.dav.errors import DavError
from farley.dav.names import DAV
from farley.journal import epochs

_STATE = r"[0-9]{1,18}(?:\.[0-9]{1,18}-[0-9]{1,18})*"
_TOKEN = re.compile(rf"urn:x-farley:sync:([0-9a-f]{{1,16}}):([a-z0-9]{{1,40}}):({_STATE})(:[34])?")


@dataclass(frozen=True, slots=True)
class Token:
    """`state` is what the collection makes of it; `version` the one its members were read in."""

    epoch: str
    state: str
    version: str


def written(key: str, state: str, version: str) -> str:
    ending = f":{version[0]}" if version else ""
    return f"urn:x-farley:sync:{epochs.current().name}:{key}:{state}{ending}"


def read(text: str, key: str) -> Token:
    """Raises DavError (403 valid-sync-token) for a token that is not this collection's, or none at all. Whether its
    epoch still counts depends on the revisions in its state (`epochs.is_valid`).
    """
    found = _TOKEN.fullmatch(text.strip())
    if found is None or found[2] != key:
        raise invalid()
    return Token(found[1], found[3], f"{found[4][1]}.0" if found[4] else "")


def invalid() -> DavError:
    return DavError(403, f"{DAV}valid-sync-token", "Sync anew, without a token: this one is not of this collection.")
