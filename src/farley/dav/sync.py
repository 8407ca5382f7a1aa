"""sync-collection: what changed since a token. RFC 6578 §3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http.response import HttpResponseBase

from farley.contacts.members import Gone, Member
from farley.dav import tokens
from farley.dav.asked import book_at, limit_in, wanted_in
from farley.dav.books import Book, Changes
from farley.dav.cards import Wanted, cut_row, gone_row
from farley.dav.elements import Element
from farley.dav.errors import bad_request
from farley.dav.multistatus import multistatus
from farley.dav.names import DAV
from farley.dav.request import DavRequest
from farley.dav.synced import noting

_AT_ONCE = 500


def sync_collection(dav: DavRequest, body: Element) -> HttpResponseBase:
    """The changed members and the next token; cut by a limit, with 507 and a token that goes on just there."""
    book = book_at(dav)
    level = body.first(f"{DAV}sync-level")
    if level is not None and level.text.strip() not in ("1", "infinite", "infinity"):
        raise bad_request("DAV:sync-level is 1 or infinite.")
    given = body.first(f"{DAV}sync-token")
    text = given.text.strip() if given is not None else ""
    limit = limit_in(body, DAV)
    wanted = wanted_in(dav, book, body)
    if text:
        since = tokens.read(text, book.key)
        changes = book.changes(since, is_whole=since.version != dav.version)
    else:
        changes = book.changes(None)
    return multistatus(dav, _rows(dav, book, wanted, changes, limit))


def _rows(dav: DavRequest, book: Book, wanted: Wanted, changes: Changes, limit: int | None) -> Iterator[str]:
    until, told, is_cut = changes.until, 0, False
    while not is_cut and (page := list(islice(changes.rows, _size(limit, told)))):
        told += len(page)
        if told == limit and (following := next(changes.rows, None)) is not None:
            page, is_cut = (_cut(page, following), True) if book.can_be_cut else ([*page, following], False)
            until = book.state_after(page[-1]) if is_cut else until
        for each in page:
            if isinstance(each, Gone):
                yield gone_row(book.href_of(each.href))
        yield from wanted.rows(noting(dav, wanted, [each for each in page if not isinstance(each, Gone)]))
    if is_cut:
        yield cut_row(book.href)
    yield f"<d:sync-token>{tokens.written(book.key, until, dav.version)}</d:sync-token>"


def _cut(page: list[Member | Gone], following: Member | Gone) -> list[Member | Gone]:
    """`page`, not cut between the two halves of one change: a card at another address is gone from its first.

    The rest comes next time. Where the halves are all that was asked for, both are told.
    """
    if following.revision != page[-1].revision:
        return page
    return page[:-1] or [*page, following]


def _size(limit: int | None, told: int) -> int:
    """How many rows to fetch next; a merged book is told whole, whatever the limit."""
    return _AT_ONCE if limit is None or told >= limit else min(_AT_ONCE, limit - told)
