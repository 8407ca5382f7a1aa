"""sync-collection: what changed since a token. RFC 6578 §3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile

from django.http.response import HttpResponseBase

from farley.dav import tokens
from farley.dav.asked import folder_at, limit_in, wanted_in
from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request
from farley.dav.folders import Changes, Folder
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV
from farley.dav.request import DavRequest
from farley.dav.rows import Wanted, cut_row, gone_row
from farley.dav.synced import noting
from farley.journal.members import Gone, Member

_AT_ONCE = 500


def sync_collection(dav: DavRequest, body: Element) -> HttpResponseBase:
    """The changed members and the next token; cut by a limit, with 507 and a token that goes on just there."""
    folder = folder_at(dav)
    level = body.first(f"{DAV}sync-level")
    if level is not None and level.text.strip() not in ("1", "infinite", "infinity"):
        raise bad_request("DAV:sync-level is 1 or infinite.")
    given = body.first(f"{DAV}sync-token")
    text = given.text.strip() if given is not None else ""
    limit = limit_in(body, DAV)
    if limit == 0:  # no token goes on from there
        raise DavError(507, f"{DAV}number-of-matches-within-limits", "At least one change is told at a time.")
    wanted = wanted_in(dav, folder, body)
    if text:
        since = tokens.read(text, folder.sync_key)
        changes = folder.changes(since, is_whole=since.version != folder.version(dav))
    else:
        changes = folder.changes(None)
    return multistatus(dav, _rows(dav, folder, wanted, changes, limit))


def _rows(dav: DavRequest, folder: Folder, wanted: Wanted, changes: Changes, limit: int | None) -> Iterator[str]:
    until, told, is_cut = changes.until, 0, False
    while not is_cut and (page := list(islice(changes.rows, _size(limit, told)))):
        told += len(page)
        if told == limit and (following := next(changes.rows, None)) is not None:
            page, is_cut = (
                (_cut(page, following, changes.rows), True) if folder.can_be_cut else ([*page, following], False)
            )
            until = folder.state_after(page[-1]) if is_cut else until
        for each in page:
            if isinstance(each, Gone):
                yield gone_row(folder.href_of(each.href))
        yield from wanted.rows(noting(dav, wanted, [each for each in page if not isinstance(each, Gone)]))
    if is_cut:
        yield cut_row(folder.href)
    yield f"<d:sync-token>{tokens.written(folder.sync_key, until, folder.version(dav))}</d:sync-token>"


def _cut(page: list[Member | Gone], following: Member | Gone, rest: Iterator[Member | Gone]) -> list[Member | Gone]:
    """`page`, not cut within what happened at once: a member at another address is gone from its first.

    The rest comes next time. Where that is all that was asked for, it is told whole.
    """
    revision = page[-1].revision
    if following.revision != revision:
        return page
    before = [each for each in page if each.revision != revision]
    return before or [*page, following, *takewhile(lambda each: each.revision == revision, rest)]


def _size(limit: int | None, told: int) -> int:
    """How many rows to fetch next; a merged folder is told whole, whatever the limit."""
    return _AT_ONCE if limit is None or told >= limit else min(_AT_ONCE, limit - told)
