"""COPY and MOVE of members, within a collection and between two of a kind. RFC 4918 §9.8, §9.9."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.http import HttpResponse

from farley.dav import dead
from farley.dav.addresses import read_href
from farley.dav.conditions import expected, failed
from farley.dav.errors import DavError, bad_request, not_found
from farley.dav.put import PROBLEMS, refusal, require_writable
from farley.dav.request import DavRequest
from farley.dav.resources import Place, resource_at
from farley.journal.members import Member
from farley.journal.records import Condition, octets_of

_OWN_PORT: Final = re.compile(r":(?:80|443)?$")


class _Journey(NamedTuple):
    member: Member
    source: Place
    target: Place
    is_overwriting: bool


def copy(dav: DavRequest) -> HttpResponse:
    """A second member of the same content: in another collection, for in one a UID is there once."""
    going = _journey(dav)
    target = going.target
    octets = octets_of([going.member.content])[going.member.content]
    condition = Condition.ANY if going.is_overwriting else Condition.ABSENT
    try:
        stored = target.folder.store(target.name, octets, expected=condition, by=dav.actor)
    except PROBLEMS as error:
        raise refusal(error, target) from error
    dead.copy(dav, dead.Leaf(going.source.folder, going.member.pk), dead.Leaf(target.folder, stored.pk))
    return HttpResponse(status=201 if stored.created else 204)


def move(dav: DavRequest) -> HttpResponse:
    """The same member, with its history, at another address: one act."""
    going = _journey(dav)
    source, target = going.source, going.target
    require_writable(source, "unbind")
    try:
        created = source.folder.move(
            source.name, target.folder, target.name, is_overwriting=going.is_overwriting, by=dav.actor
        )
    except PROBLEMS as error:
        raise refusal(error, target) from error
    if created is None:
        raise not_found()
    return HttpResponse(status=201 if created else 204)


def _journey(dav: DavRequest) -> _Journey:
    source = resource_at(dav, dav.path)
    if not isinstance(source, Place):
        raise DavError(403, text="Only members of address books and calendars are copied and moved.")
    member = source.member()
    if member is None:
        raise not_found()
    target = _destination(dav)
    if target.folder.kind is not source.folder.kind:
        words = target.folder.words
        raise DavError(403, words.condition("supported-…"), f"There is no place for it in the {words.folder}.")
    if target.href == source.href:
        raise DavError(403, text="Source and destination are the same.")
    require_writable(target, "bind")
    overwrite = dav.header("Overwrite").strip().upper() or "T"
    if overwrite not in ("T", "F"):
        raise bad_request("Overwrite is T or F.")
    expected(dav, member)
    if overwrite == "F" and target.member() is not None:
        raise failed()
    return _Journey(member, source, target, overwrite == "T")


def _bare(host: str) -> str:
    """A host without the port that its scheme has by itself: programs write it, and proxies take it away."""
    return _OWN_PORT.sub("", host.lower())


def _destination(dav: DavRequest) -> Place:
    text = dav.header("Destination")
    if not text:
        raise bad_request("The Destination header says where to.")
    try:
        host = urlsplit(text).netloc
    except ValueError as error:
        raise bad_request("The Destination is no address.") from error
    if host and _bare(host) != _bare(dav.http.get_host()):
        raise DavError(502, text="The Destination is on another server.")
    path = read_href(text)
    if path is None:
        raise bad_request("The Destination is no address of a member.")
    try:
        target = resource_at(dav, path)
    except DavError as error:
        raise DavError(409, text="There is no address book or calendar at the Destination.") from error
    if not isinstance(target, Place):
        raise DavError(403, text="The Destination is no address of a member.")
    return target
