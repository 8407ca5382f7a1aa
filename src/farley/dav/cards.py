"""Cards as rows of an answer. What is asked for is looked up once; then ten thousand rows are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from farley.contacts import members
from farley.contacts.members import Member
from farley.dav import dead
from farley.dav.books import Book
from farley.dav.names import CARDDAV, DAV, element, empty, href, tag
from farley.dav.properties import IN_ALLPROP, acl_properties, granted_on, http_date, owner_of, resource_id
from farley.dav.request import DavRequest
from farley.dav.versions import as_text, in_version, partial_card, tag_for

CONTENT_TYPE = "text/vcard; charset=utf-8"
ADDRESS_DATA = f"{CARDDAV}address-data"
OK = "<d:status>HTTP/1.1 200 OK</d:status>"
NOT_FOUND = "<d:status>HTTP/1.1 404 Not Found</d:status>"

Render = Callable[[Member, str], str]  # the XML within a property of a member, whose entity tag is given


@dataclass
class AddressData:
    """How cards are wanted within an answer: in which version, and which properties of them. RFC 6352 §10.4."""

    version: str
    is_explicit: bool = False  # the request said so; then only a converted card has another tag
    only: Mapping[str, bool] | None = None  # the properties wanted, by name; True: without their values

    def octets(self, stored: bytes) -> bytes:
        return in_version(stored, self.version)

    def cut(self, octets: bytes) -> bytes:
        """The properties that were asked for, of a card; VERSION is among them always."""
        if self.only is None:
            return octets
        return partial_card(octets, self.only)


@dataclass
class Wanted:
    """Which properties of each card are told."""

    book: Book
    dav: DavRequest
    names: Sequence[str] | None  # None: those of RFC 4918 (allprop)
    data: AddressData
    names_only: bool = False

    def __post_init__(self) -> None:
        live = card_properties(self.dav, self.book)
        asked = [name for name in live if name in IN_ALLPROP] if self.names is None else self.names
        if self.names_only:
            asked = list(live)
        self.has_data = ADDRESS_DATA in asked
        self._rendered: list[tuple[str, Render]] = [(name, live[name]) for name in asked if name in live]
        self._tagged = [(tag(name), render) for name, render in self._rendered]
        unknown = [name for name in asked if name not in live and name != ADDRESS_DATA]
        self._unknown = dict.fromkeys(unknown)
        has_dead = bool(unknown) or self.names is None
        self.dead = dead.of_cards(self.dav, self.book) if has_dead else {}  # by card, whole elements by name

    def rows(self, page: Iterable[Member]) -> Iterator[str]:
        """A response for each member of a page."""
        if not self.has_data:
            for member in page:
                yield self._row(member, tag_for(member.etag, self.dav.version), "")
            return
        for member, octets in members.with_octets(list(page)):
            sent = self.data.octets(octets)
            etag = tag_for(member.etag, self._tagged_as(is_converted=sent is not octets))
            yield self._row(member, etag, f"<card:address-data>{as_text(self.data.cut(sent))}</card:address-data>")

    def _tagged_as(self, *, is_converted: bool) -> str:
        """The version that the tag of a card names; see `versions`."""
        if not self.data.is_explicit or self.data.version == self.dav.version:
            return self.dav.version
        return self.data.version if is_converted else ""

    def _row(self, member: Member, etag: str, data: str) -> str:
        if self.names_only:
            parts = [empty(name) for name, _ in self._rendered]
        else:
            parts = [f"<{name}>{render(member, etag)}</{name}>" for name, render in self._tagged]
        kept = self.dead.get(member.pk, {})
        if self.names is None:
            parts += [empty(name) if self.names_only else xml for name, xml in kept.items()]
        missing = ""
        if self._unknown:
            parts += [kept[name] for name in self._unknown if name in kept]
            missing = missing_stat([name for name in self._unknown if name not in kept], self.dav)
        if data:
            parts.append(data)
        found = f"<d:propstat><d:prop>{''.join(parts)}</d:prop>{OK}</d:propstat>" if parts or not missing else ""
        return f"<d:response>{href(self.book.href_of(member.href))}{found}{missing}</d:response>"


def missing_stat(names: Sequence[str], dav: DavRequest) -> str:
    """The 404 part of a response, which `return=minimal` leaves out. RFC 8144 §2.1."""
    if not names or dav.is_minimal:
        return ""
    return f"<d:propstat><d:prop>{''.join(map(empty, names))}</d:prop>{NOT_FOUND}</d:propstat>"


def card_properties(dav: DavRequest, book: Book) -> dict[str, Render]:
    """The live properties of a card, by name."""
    owner, version = owner_of(dav, book), dav.version
    writing, reading = (
        {name: tell() for name, tell in acl_properties(dav, granted_on(is_writable=may)).items()}
        for may in (True, False)
    )
    found: dict[str, Render] = {
        f"{DAV}getetag": lambda _, etag: etag,
        f"{DAV}getcontenttype": lambda _, _etag: CONTENT_TYPE,
        f"{DAV}getlastmodified": lambda member, _: http_date(member.changed_at),
        f"{DAV}creationdate": lambda member, _: member.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{DAV}displayname": lambda member, _: escape(member.full_name),
        f"{DAV}resourcetype": lambda _, _etag: "",
        f"{DAV}owner": lambda _, _etag: owner,
        f"{DAV}current-user-principal": lambda _, _etag: href(dav.principal),
        f"{DAV}supported-report-set": lambda _, _etag: "",
        f"{DAV}resource-id": lambda member, _: resource_id(f"card:{member.pk}"),
    }
    for name in writing:
        found[name] = _of_access(book, writing[name], reading[name])
    if not version:  # else it is not known before it is converted
        found[f"{DAV}getcontentlength"] = lambda member, _: str(member.size)
    return found


def _of_access(book: Book, writing: str, reading: str) -> Render:
    """A property that tells what may be done with a member."""
    return lambda member, _: writing if book.is_writable_at(member.href) else reading


def gone_row(path: str) -> str:
    """A member that is no more: RFC 6578 §3.5, and of multiget RFC 6352 §8.7."""
    return f"<d:response>{href(path)}{NOT_FOUND}</d:response>"


def cut_row(path: str, condition: str = f"{DAV}number-of-matches-within-limits") -> str:
    """There is more than the limit lets through: RFC 6578 §3.6, RFC 6352 §8.6.1."""
    return (
        f"<d:response>{href(path)}<d:status>HTTP/1.1 507 Insufficient Storage</d:status>"
        f"<d:error>{empty(condition)}</d:error></d:response>"
    )


def response_row(
    path: str, inner: Mapping[str, str], kept: Mapping[str, str], missing: Sequence[str], dav: DavRequest
) -> str:
    """A response of anything else than a card: by name, XML within each live property and whole dead ones."""
    parts = "".join([*(element(name, xml) for name, xml in inner.items()), *kept.values()])
    absent = missing_stat(missing, dav)
    found = f"<d:propstat><d:prop>{parts}</d:prop>{OK}</d:propstat>" if parts or not absent else ""
    return f"<d:response>{href(path)}{found}{absent}</d:response>"
