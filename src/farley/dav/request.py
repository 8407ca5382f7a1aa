"""One request of a device, as the methods see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from farley.accounts.actor import Actor
from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.dav.addresses import principal_of, segments
from farley.dav.elements import Element, parse
from farley.dav.errors import DavError, bad_request
from farley.dav.versions import AS_STORED

MAX_XML = 32 * 2**20  # octets of a body that is no card
_PIECE = 2**20
_PREFERENCE = re.compile(r'([A-Za-z0-9-]+)(?:\s*=\s*"?([^",;]*)"?)?')


@dataclass
class DavRequest:
    """What was asked, by which device."""

    http: HttpRequest
    actor: Actor
    user: User
    device: Device

    @property
    def method(self) -> str:
        return self.http.method or ""

    def header(self, name: str) -> str:
        return str(self.http.META.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    @cached_property
    def path(self) -> list[str]:
        """The decoded segments of the address. Octets that are no UTF-8 stay percent-encoded, as Django has them."""
        return segments(self.http.path_info)

    @property
    def version(self) -> str:
        """The vCard version that the device reads; empty: as stored."""
        return self.device.vcard or AS_STORED

    @property
    def principal(self) -> str:
        return principal_of(self.user.name)

    @cached_property
    def preferences(self) -> dict[str, str]:
        """RFC 7240, and Apple's older `Brief`."""
        found = {name.lower(): value for name, value in _PREFERENCE.findall(self.header("Prefer"))}
        if self.header("Brief").strip().lower() == "t":
            found.setdefault("return", "minimal")
        return found

    @property
    def is_minimal(self) -> bool:
        return self.preferences.get("return") == "minimal"

    @property
    def is_rootless(self) -> bool:
        """Whether of a collection only what is in it is asked for. RFC 8144 §3."""
        is_listing = self.method == "PROPFIND" and self.header("Depth").strip() == "1"
        return is_listing and "depth-noroot" in self.preferences

    def depth(self, missing: str) -> str:
        """0, 1 or infinity. Raises DavError (400) for anything else."""
        depth = self.header("Depth").strip().lower() or missing
        if depth not in ("0", "1", "infinity"):
            raise bad_request("Depth is 0, 1 or infinity.")
        return depth

    def body(self, limit: int, refusal: DavError) -> bytes:
        """The body, of `limit` octets at most. Raises `refusal` for a longer one, DavError (400) for half of one."""
        length = self.http.META.get("CONTENT_LENGTH") or ""
        if self.header("Content-Encoding").strip().lower() not in ("", "identity"):
            raise DavError(415, text="A body is not compressed here.")
        if not length.isdecimal() and not self.header("Transfer-Encoding"):
            return b""
        announced = int(length) if length.isdecimal() else None
        if announced is not None and announced > limit:
            raise refusal
        return _read(self.http.META["wsgi.input"], limit, announced, refusal)

    def xml(self) -> Element | None:
        """The body, read; None where there is none."""
        refusal = DavError(413, text=f"A request has at most {MAX_XML} octets.")
        body = self.body(MAX_XML, refusal)
        return parse(body) if body.strip() else None


def _read(stream: Any, limit: int, announced: int | None, refusal: DavError) -> bytes:
    pieces, size = [], 0
    while announced is None or size < announced:
        try:
            piece = stream.read(_PIECE if announced is None else min(_PIECE, announced - size))
        except OSError as error:
            raise bad_request("The body could not be read to its end.") from error
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise refusal
    if announced is not None and size < announced:
        raise bad_request(f"Of {announced} octets of the body {size} came.")
    return b"".join(pieces)
