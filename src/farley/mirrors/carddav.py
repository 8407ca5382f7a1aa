"""An address book on another server, as its client: RFC 6352, 6578, 6764. Nothing here knows what is kept in Farley."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from xml.sax.saxutils import escape

from farley.codecs.xml_tree import BadXml, Element, parse, parse_parts
from farley.mirrors.reaching import Answer, Reach, Unreachable, canonical

DAV: Final = "{DAV:}"
CARD: Final = "{urn:ietf:params:xml:ns:carddav}"
_SPACES = 'xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"'
XML_TYPE = "application/xml; charset=utf-8"
CARD_TYPE = "text/vcard; charset=utf-8"
MAX_ELEMENTS = 3_000_000  # of a listing: half a million members
MAX_LISTED = 500_000  # members
MAX_PATH = 1000  # characters of a member's path
MAX_TAG = 500  # of an ETag
MAX_TOKEN = 10_000
MAX_BOOKS = 100
MAX_STEPS = 10  # from the address that was typed to a book
_STATUS = {401: "login", 403: "forbidden", 404: "missing", 410: "gone", 429: "busy", 503: "busy", 507: "full"}


@dataclass(frozen=True, slots=True)
class Found:
    """An address book that a server has for us."""

    address: str
    title: str


@dataclass(slots=True)
class Listing:
    """What a server lists: the tags of members by path. `is_whole`: all there are; else those changed, and the gone."""

    tags: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    token: str = ""
    is_whole: bool = False
    is_cut: bool = False  # there is more behind the token
    too_long: int = 0  # members that have a longer path or tag than is kept


@dataclass(frozen=True, slots=True)
class Card:
    """One card as the server has it now."""

    tag: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """What a server made of a card or a deletion that was sent. `tag` is empty where it does not say."""

    status: int
    tag: str = ""
    reason: str = ""  # the condition that was not met, as RFC 4918 §16 names it
    path: str = ""  # where it was put, if that is elsewhere

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300


class TokenRefused(Exception):
    """The server does not know this token any more, or has none: list everything."""


@dataclass(frozen=True, slots=True)
class Book:
    """The collection at `address`, an address with a path that ends in a slash."""

    reach: Reach
    address: str

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""

    @property
    def _path(self) -> str:
        return canonical(urlsplit(self.address).path)

    def look(self, token: str) -> Listing:
        """What has changed since `token`, or without one everything. Raises TokenRefused, Unreachable.

        It asks for no limit: there are servers that keep to it and do not say that there is more.
        """
        body = (
            f"<d:sync-collection {_SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
            f"<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
        )
        listing = Listing(is_whole=not token)
        with self.reach.ask("REPORT", self.address, body.encode(), _xml("0")) as answer:
            if answer.status != 207:
                self._raise_unless_about_sync(answer)
                raise TokenRefused
            root = _each(answer, lambda response: self._take(listing, response))
        told = root.first(f"{DAV}sync-token")
        listing.token = (told.text.strip() if told is not None else "")[:MAX_TOKEN]
        if not listing.token:
            raise TokenRefused
        return listing

    def list_all(self) -> Listing:
        """Everything, asked for without a token: for servers that have none. Raises Unreachable."""
        listing = Listing(is_whole=True)
        body = f"<d:propfind {_SPACES}><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>"
        with self.reach.ask("PROPFIND", self.address, body.encode(), _xml("1")) as answer:
            _raise_unless(answer, 207)
            _each(answer, lambda response: self._take(listing, response))
        return listing

    def multiget(self, paths: Sequence[str]) -> dict[str, Card | int]:
        """The cards at these paths, or the status that the server gives for one. Left out is what it says nothing of.

        XML has one kind of line break, so a card comes without its carriage returns; they are put back, as RFC 6350
        §3.2 has them. Raises Unreachable; BadXml where the answer cannot be read.
        """
        hrefs = "".join(f"<d:href>{escape(path)}</d:href>" for path in paths)
        body = (
            f"<card:addressbook-multiget {_SPACES}><d:prop><d:getetag/><card:address-data/></d:prop>{hrefs}"
            "</card:addressbook-multiget>"
        )
        found: dict[str, Card | int] = {}

        def take(response: Element) -> None:
            path = self._member(response)
            if path is None:
                return
            properties = _properties(response)
            data, tag = properties.get(f"{CARD}address-data"), properties.get(f"{DAV}getetag")
            if data is not None and data.text.strip():
                found[path] = Card(_tag(tag), _with_line_breaks(data.text))
            else:
                found[path] = _status_of(response) or 404

        with self.reach.ask("REPORT", self.address, body.encode(), _xml("1")) as answer:
            _raise_unless(answer, 207)
            parse_parts(answer.parts, lambda each: take(each) if each.name == f"{DAV}response" else None)
        return found

    def get(self, path: str) -> Card | int:
        """One card by itself, octet for octet; or the status. Raises Unreachable for what is not about this card."""
        with self.reach.ask("GET", self._at(path), headers={"Accept": "text/vcard"}) as answer:
            if answer.status == 200:
                return Card(answer.headers.get("ETag", "")[:MAX_TAG], answer.body())
            if answer.status in (404, 410, 403, 406, 415, 500):
                return answer.status
            raise _trouble(answer)

    def put(self, path: str, octets: bytes, *, tag: str) -> Put:
        """Send a card: in place of the one with `tag`, or with none as a new one. Raises Unreachable."""
        condition = {"If-Match": tag} if tag else {"If-None-Match": "*"}
        headers = {"Content-Type": CARD_TYPE, **condition}
        with self.reach.ask("PUT", self._at(path), octets, headers) as answer:
            return self._told(answer)

    def delete(self, path: str, *, tag: str) -> Put:
        """Delete the card that has `tag`. Raises Unreachable."""
        with self.reach.ask("DELETE", self._at(path), headers={"If-Match": tag}) as answer:
            return self._told(answer)

    def new_path(self, segment: str) -> str:
        """Where a new card with this last segment goes."""
        return canonical(f"{self._path}{segment}")

    def _told(self, answer: Answer) -> Put:
        if answer.status in (401, 429, 503, 507) or answer.status >= 500:
            raise _trouble(answer)
        tag, path = answer.headers.get("ETag", ""), self._inside(answer.headers.get("Location", ""))
        tag = "" if tag.startswith("W/") else tag[:MAX_TAG]
        return Put(answer.status, tag, _error_of(answer.body()), path if path and len(path) <= MAX_PATH else "")

    def _at(self, path: str) -> str:
        parts = urlsplit(self.address)
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    def _raise_unless_about_sync(self, answer: Answer) -> None:
        """A refusal may be about the token, or about all of it: listing everything tells which."""
        if answer.status in (401, 404, 410, 429, 503):
            raise _trouble(answer)

    def _take(self, listing: Listing, response: Element) -> None:
        path = self._member(response)
        status = _status_of(response)
        if path is None:
            if status == 507 and self._is_self(response):
                listing.is_cut = True
            return
        tag = _tag(_properties(response).get(f"{DAV}getetag"))
        if status == 404:
            listing.gone.append(path)
        elif len(path) > MAX_PATH or len(listing.tags) >= MAX_LISTED:
            listing.too_long += 1
        elif tag or not _is_collection(response):
            listing.tags[path] = tag

    def _member(self, response: Element) -> str | None:
        """The path of the member that `response` is about; None for the collection and what does not lie in it."""
        href = response.first(f"{DAV}href")
        return self._inside(href.text.strip()) if href is not None else None

    def _inside(self, href: str) -> str | None:
        """The path of a member, as it is written in one way; None for what is none."""
        try:
            parts = urlsplit(urljoin(self.address, href))
            parts.port  # noqa: B018 -- reading it is the check
        except ValueError:
            return None
        path = canonical(parts.path)
        inside = path.removeprefix(self._path)
        if _place(parts) != _place(urlsplit(self.address)) or not path.startswith(self._path):
            return None
        return path if inside and "/" not in inside else None

    def _is_self(self, response: Element) -> bool:
        href = response.first(f"{DAV}href")
        told = canonical(urlsplit(urljoin(self.address, href.text.strip())).path) if href is not None else ""
        return told.rstrip("/") == self._path.rstrip("/")


def discover(reach: Reach) -> list[Found]:
    """The address books at the address that `reach` was given: itself, or what the server there has for us.

    Raises Unreachable.
    """
    problem: Unreachable | None = None
    seen: set[str] = set()
    home = reach.home if urlsplit(reach.home).path.strip("/") else urljoin(reach.home, "/.well-known/carddav")
    for address in dict.fromkeys((home, urljoin(reach.home, "/.well-known/carddav"), urljoin(reach.home, "/"))):
        try:
            if books := _books_from(reach, address, seen):
                return books
        except Unreachable as error:
            if error.code not in ("missing", "gone", "forbidden", "method", "xml", "server", "status"):
                raise
            problem = problem or error
    raise problem if problem is not None and problem.code == "forbidden" else Unreachable("no_book")


def _books_from(reach: Reach, address: str, seen: set[str]) -> list[Found]:
    """`address` as a book, a home of books, a principal, or what leads to one; none for what was `seen` before."""
    if address.rstrip("/") in seen or len(seen) > MAX_STEPS:
        return []
    seen.add(address.rstrip("/"))
    at, told = _asked(reach, address, "0")
    own = told.get(canonical(urlsplit(at).path).rstrip("/")) or next(iter(told.values()), None)
    if own is None:
        return []
    if _is_book(own):
        return [_found(at, own)]
    books: list[Found] = []
    for home in _links(own, f"{CARD}addressbook-home-set"):
        books += _books_in(reach, urljoin(at, home))
    for principal in _links(own, f"{DAV}current-user-principal") if not books else ():
        books += _books_from(reach, urljoin(at, principal), seen)
    return books[:MAX_BOOKS]


def _links(own: dict[str, Element], name: str) -> list[str]:
    return [href.text.strip() for href in own[name].all(f"{DAV}href")][:MAX_STEPS] if name in own else []


def _books_in(reach: Reach, home: str) -> list[Found]:
    at, told = _asked(reach, home, "1")
    return [_found(urljoin(at, path + "/"), own) for path, own in told.items() if _is_book(own)]


def _asked(reach: Reach, address: str, depth: str) -> tuple[str, dict[str, dict[str, Element]]]:
    """Where the answer came from, and the properties that tell of books, by path without its last slash."""
    body = (
        f"<d:propfind {_SPACES}><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/>"
        "<card:addressbook-home-set/></d:prop></d:propfind>"
    )
    told: dict[str, dict[str, Element]] = {}
    with reach.ask("PROPFIND", address, body.encode(), _xml(depth)) as answer:
        _raise_unless(answer, 207)
        at = answer.url

        def take(response: Element) -> None:
            href = response.first(f"{DAV}href")
            if href is not None and len(told) < MAX_BOOKS * 10:
                target = urlsplit(urljoin(at, href.text.strip()))
                told[canonical(target.path).rstrip("/")] = _properties(response)

        _each(answer, take)
    return at, told


def _found(address: str, own: dict[str, Element]) -> Found:
    parts = urlsplit(address)
    path = canonical(parts.path).rstrip("/") + "/"
    title = own[f"{DAV}displayname"].text.strip() if f"{DAV}displayname" in own else ""
    return Found(
        urlunsplit((parts.scheme, parts.netloc, path, "", "")), title[:200] or path.rstrip("/").rpartition("/")[2]
    )


def _place(parts: SplitResult) -> tuple[str, int | None]:
    """Host and port. Some write the port that the scheme has anyway, and some the scheme of a proxy behind."""
    port = None if parts.port in (80, 443) else parts.port
    return (parts.hostname or "").lower(), port


def _is_book(own: dict[str, Element]) -> bool:
    kind = own.get(f"{DAV}resourcetype")
    return kind is not None and kind.first(f"{CARD}addressbook") is not None


def _is_collection(response: Element) -> bool:
    kind = _properties(response).get(f"{DAV}resourcetype")
    return kind is not None and kind.first(f"{DAV}collection") is not None


def _each(answer: Answer, take: Callable[[Element], None]) -> Element:
    """Hand each response of a multistatus to `take`; return what else stands in it. Raises Unreachable."""
    rest: list[Element] = []

    def child(element: Element) -> None:
        if element.name == f"{DAV}response":
            take(element)
        elif len(rest) < 10:
            rest.append(element)

    try:
        root = parse_parts(answer.parts, child, most=MAX_ELEMENTS)
    except BadXml as error:
        raise Unreachable("xml", host=urlsplit(answer.url).hostname) from error
    if root.name != f"{DAV}multistatus":
        raise Unreachable("xml", host=urlsplit(answer.url).hostname)
    root.content = [*rest]
    return root


def _properties(response: Element) -> dict[str, Element]:
    """Those that the server has: the ones with a status of 200."""
    found: dict[str, Element] = {}
    for propstat in response.all(f"{DAV}propstat"):
        props = propstat.first(f"{DAV}prop")
        if props is not None and _code(propstat.first(f"{DAV}status")) in (200, 0):
            found |= {each.name: each for each in props.children}
    return found


def _status_of(response: Element) -> int:
    """The status of the response as a whole, or 0."""
    return _code(response.first(f"{DAV}status"))


def _code(status: Element | None) -> int:
    words = status.text.split() if status is not None else []
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() and len(words[1]) == 3 else 0


def _tag(element: Element | None) -> str:
    return element.text.strip()[:MAX_TAG] if element is not None else ""


def _with_line_breaks(text: str) -> bytes:
    text = text.lstrip("\ufeff\r\n\t ")
    text = text if "\r\n" in text else text.replace("\n", "\r\n")
    text = text.rstrip(" \t") if text.endswith((" ", "\t")) else text  # the indentation of the closing element
    return text.encode("utf-8", "surrogatepass")


def _xml(depth: str) -> dict[str, str]:
    return {"Content-Type": XML_TYPE, "Depth": depth}


def _raise_unless(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise _trouble(answer)


def _trouble(answer: Answer) -> Unreachable:
    """What a status means for all that we want."""
    host = urlsplit(answer.url).hostname
    offered = ", ".join(answer.headers.get_all("WWW-Authenticate", [])).lower()  # iCloud: two, its own one first
    if answer.status == 401 and offered and not any(way in offered for way in ("basic", "bearer")):
        return Unreachable("scheme", host=host, scheme=offered.split()[0][:20])
    code = _STATUS.get(answer.status) or ("server" if answer.status >= 500 else "status")
    code = "method" if answer.status == 405 else code
    after = answer.headers.get("Retry-After", "").strip()
    wait = {"after_s": min(int(after), 86_400)} if after.isascii() and after.isdigit() and len(after) < 9 else {}
    return Unreachable(code, host=host, status=answer.status, **wait)


def _error_of(body: bytes) -> str:
    """The condition that an error's body names, without its namespace; empty for any other body."""
    try:
        root = parse(body)
    except BadXml:
        return ""
    if root.name != f"{DAV}error" or not root.children:
        return ""
    return root.children[0].name.rpartition("}")[2][:60]
