"""addressbook-query. RFC 6352 §8.6. Index rows say which cards may match; the cards decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http.response import HttpResponseBase

from farley.codecs.vcard import Card, InvalidVCard
from farley.dav.asked import folder_at, limit_in, not_here, wanted_in
from farley.dav.books import Book
from farley.dav.elements import Element
from farley.dav.filters import Filter, read_filter
from farley.dav.multistatus import multistatus
from farley.dav.names import CARDDAV
from farley.dav.preselecting import preselection
from farley.dav.request import DavRequest
from farley.dav.rows import Wanted, cut_row
from farley.dav.synced import noting
from farley.journal import members
from farley.journal.members import Member


def query(dav: DavRequest, body: Element) -> HttpResponseBase:
    book = folder_at(dav)
    if not isinstance(book, Book):
        raise not_here()
    conditions = read_filter(body.first(f"{CARDDAV}filter"))
    limit = limit_in(body, CARDDAV)
    return multistatus(dav, _rows(dav, book, wanted_in(dav, book, body), conditions, limit))


def _rows(dav: DavRequest, book: Book, wanted: Wanted, conditions: Filter, limit: int | None) -> Iterator[str]:
    told = 0
    for page in _candidates(book, conditions):
        found = _matching(page, conditions)
        is_cut = limit is not None and told + len(found) > limit
        if is_cut:
            found = found[: (limit or 0) - told]
        told += len(found)
        yield from wanted.rows(noting(dav, wanted, found))
        if is_cut:
            yield cut_row(book.href)
            return


def _candidates(book: Book, conditions: Filter) -> Iterable[list[Member]]:
    """All members that may meet the conditions, and others."""
    if choose := preselection(conditions):
        return book.picked(choose)
    return book.pages()


def _matching(page: list[Member], conditions: Filter) -> list[Member]:
    if not conditions.props:
        return page
    return [member for member, octets in members.with_octets(page) if _holds(conditions, octets)]


def _holds(conditions: Filter, octets: bytes) -> bool:
    try:
        return conditions.holds(Card.parse(octets))
    except InvalidVCard:
        return False
