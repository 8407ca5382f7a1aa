"""If-Match, If-None-Match and If, as the condition under which a write goes ahead. RFC 9110 §13.1, RFC 4918 §10.4."""

from __future__ import annotations

import re
from collections.abc import Callable

from farley.dav.addresses import read_href
from farley.dav.errors import DavError, bad_request
from farley.dav.request import DavRequest
from farley.dav.versions import stored_tag
from farley.journal.records import Condition, Expected

States = Callable[[list[str]], tuple[str | None, str | None]]  # of an address: stored tag, sync token

_TAGS = re.compile(r'\s*(?:(W/)?("[^"]*")|([^\s,"]+))\s*(?:,|$)')
_LISTS = re.compile(r"\s*(?:<([^<>]*)>|\(([^()]*)\))")
_STATES = re.compile(r'\s*(Not\b)?\s*(?:<([^<>]*)>|\[\s*((?:W/)?"[^"]*")\s*\])', re.IGNORECASE)


def expected(dav: DavRequest, etag: str | None, states: States) -> Expected:
    """What must be stored for the write to go ahead; `etag` is what is (None: nothing).

    The write itself looks again, under its lock. Raises DavError: 412 where it need not even try, 400.
    """
    if header := dav.header("If"):
        if not _holds(header, dav.path, states):
            raise failed()
        guarded: Expected = etag or Condition.ABSENT
    else:
        guarded = Condition.ANY
    if header := dav.header("If-Match").strip():
        if etag is None or (header != "*" and etag not in tags(header)):
            raise failed()
        return etag
    if header := dav.header("If-None-Match").strip():
        if etag is not None and (header == "*" or etag in tags(header, is_weak=True)):
            raise failed()
        return Condition.ABSENT if header == "*" else etag or Condition.ABSENT
    return guarded


def tags(header: str, *, is_weak: bool = False) -> list[str]:
    """The stored tags behind a list of tags. A weak one only matches weakly; one without quotes is taken for one."""
    found = []
    for weak, quoted, bare in _TAGS.findall(header):
        if not weak or is_weak:
            found.append(stored_tag(quoted or f'"{bare}"'))
    return found


def failed() -> DavError:
    return DavError(412, text="What is there is not, or not any more, what this was meant for.")


def _holds(header: str, path: list[str], states: States) -> bool:
    """Whether one of the lists of an If header is true."""
    about, place, holds = path, 0, False
    while place < len(header.rstrip()):
        found = _LISTS.match(header, place)
        if found is None:
            raise bad_request("The If header cannot be read.")
        if found[1] is not None:
            about = read_href(found[1]) or []
        else:
            holds = _list_holds(found[2], about, states) or holds
        place = found.end()
    return holds


def _list_holds(text: str, about: list[str], states: States) -> bool:
    etag, token = states(about)
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
