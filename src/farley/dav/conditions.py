"""The conditions under which a request goes ahead: by tags and dates, RFC 9110 §13.1, and by If, RFC 4918 §10.4."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from farley.dav.addresses import read_href
from farley.dav.errors import DavError, bad_request
from farley.dav.folders import Folder
from farley.dav.properties import token_of
from farley.dav.request import DavRequest
from farley.dav.resources import Place, resource_at
from farley.dav.versions import stored_tag
from farley.journal.members import Member
from farley.journal.records import Condition, Expected

_TAGS = re.compile(r'\s*(?:(W/)?("[^"]*")|([^\s,"]+))\s*(?:,|$)')
_LISTS = re.compile(r"\s*(?:<([^<>]*)>|\(([^()]*)\))")
_STATES = re.compile(r'\s*(Not\b)?\s*(?:<([^<>]*)>|\[\s*((?:W/)?"[^"]*")\s*\])', re.IGNORECASE)


def expected(dav: DavRequest, there: Member | None) -> Expected:
    """What must be stored for the write to go ahead; `there` is what is.

    The write itself looks again, under its lock. Raises DavError: 412 where it need not even try, 400.
    """
    guarded = guard(dav, there)
    header = dav.header("If-None-Match").strip()
    if not header:
        return guarded
    if there is not None and (header == "*" or there.etag in tags(header, is_weak=True)):
        raise failed()
    return there.etag if there else Condition.ABSENT


def guard(dav: DavRequest, there: Member | None) -> Expected:
    """The same, but for If-None-Match, which means something else to those who read."""
    etag = there.etag if there else None
    if header := dav.header("If"):
        if not _holds(dav, header):
            raise failed()
        guarded: Expected = etag or Condition.ABSENT
    else:
        guarded = Condition.ANY
    if header := dav.header("If-Match").strip():
        if etag is None or (header != "*" and etag not in tags(header)):
            raise failed()
        return etag
    since = _date(dav.header("If-Unmodified-Since"))
    if since is not None and there is not None:
        if there.changed_at.replace(microsecond=0) > since:
            raise failed()
        return there.etag
    return guarded


def tags(header: str, *, is_weak: bool = False) -> list[str]:
    """The stored tags behind a list of tags. A weak one only matches weakly; one without quotes is taken for one."""
    found = []
    for weak, quoted, bare in _TAGS.findall(header):
        if not weak or is_weak:
            found.append(stored_tag(quoted or f'"{bare}"'))
    return found


def _date(text: str) -> datetime | None:
    """An HTTP date; None for what is none."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):  # the second of numbers with twenty digits
        return None
    return found if found is not None and found.tzinfo is not None else None


def failed() -> DavError:
    return DavError(412, text="What is there is not, or not any more, what this was meant for.")


def _holds(dav: DavRequest, header: str) -> bool:
    """Whether one of the lists of an If header is true."""
    about, place, holds = dav.path, 0, False
    while place < len(header.rstrip()):
        found = _LISTS.match(header, place)
        if found is None:
            raise bad_request("The If header cannot be read.")
        if found[1] is not None:
            about = read_href(found[1]) or []
        else:
            holds = _list_holds(found[2], *_states(dav, about)) or holds
        place = found.end()
    return holds


def _list_holds(text: str, etag: str | None, token: str | None) -> bool:
    place = 0
    while place < len(text.rstrip()):
        found = _STATES.match(text, place)
        if found is None:
            raise bad_request("The If header cannot be read.")
        negated, state, tag = found.groups()
        is_so = token is not None and state == token if tag is None else etag is not None and stored_tag(tag) == etag
        if is_so == bool(negated):
            return False
        place = found.end()
    return True


def _states(dav: DavRequest, path: list[str]) -> tuple[str | None, str | None]:
    """The tag of the member at an address, or the token of the collection."""
    try:
        found = resource_at(dav, path)
    except DavError:
        return None, None
    if isinstance(found, Place):
        member = found.member()
        return (member.etag if member else None), None
    return None, token_of(dav, found) if isinstance(found, Folder) else None
