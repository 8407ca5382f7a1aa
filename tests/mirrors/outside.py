"""An address book on another server, for mirrors to be tested with: it speaks CardDAV, and misbehaves where told to."""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

BOOK = "/book/"
LOGIN, PASSWORD = "ada", "an outside secret"
DAV, CARD = "{DAV:}", "{urn:ietf:params:xml:ns:carddav}"


def tag_of(octets: bytes) -> str:
    return f'"{hashlib.sha256(octets).hexdigest()[:20]}"'


@dataclass
class Outside:
    """The book, by name of the card, and what is wrong with the server. `asked` is every request it got."""

    cards: dict[str, bytes] = field(default_factory=dict)
    has_tokens: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    fault: Callable[[Handler], bool] | None = None  # answers a request itself, and says so
    rewrite: Callable[[bytes], bytes] = lambda octets: octets  # what becomes of a card that is put
    tags: Callable[[str, bytes], str] = lambda _name, octets: tag_of(octets)
    undelivered: set[str] = field(default_factory=set)
    renames: str = ""  # what new cards are called where it puts them elsewhere: `silently`, or `aloud` by Location
    forgetful: bool = False  # takes cards and does not have them
    tells_tags: bool = True  # in the answer to a PUT
    keeps_back: bool = False  # tells nobody of deletions who comes with a token
    limit: int = 0  # members in one answer to a sync
    books: dict[str, str] = field(default_factory=dict)  # further ones, by path
    port: int = 0
    _log: list[tuple[int, str]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{BOOK}"

    def put(self, name: str, octets: bytes) -> None:
        """As if somebody else had put it there."""
        with self._lock:
            self.cards[name] = octets
            self._log.append((len(self._log) + 1, name))

    def delete(self, name: str) -> None:
        with self._lock:
            del self.cards[name]
            self._log.append((len(self._log) + 1, name))

    def writes(self) -> list[tuple[str, str]]:
        return [each for each in self.asked if each[0] in ("PUT", "DELETE")]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    outside: Outside

    def log_message(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        outside = self.outside
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        outside.asked.append((self.command, self.path))
        if outside.fault is not None and outside.fault(self):
            return
        wanted = "Basic " + base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.say(401, headers={"WWW-Authenticate": 'Basic realm="outside"'})
            return
        with outside._lock:
            {
                "PROPFIND": self._propfind,
                "REPORT": self._report,
                "GET": self._get,
                "PUT": self._put,
                "DELETE": self._delete,
            }[self.command]()

    def say(self, status: int, body: bytes | str = b"", headers: dict[str, str] | None = None) -> None:
        octets = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def multistatus(self, inner: str) -> None:
        space = 'xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"'
        text = f'<?xml version="1.0"?><d:multistatus {space}>{inner}</d:multistatus>'
        self.say(207, text, {"Content-Type": "application/xml"})

    def _name(self) -> str:
        return unquote(self.path.removeprefix(BOOK))

    def _propfind(self) -> None:
        book = "<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"
        principal = "<d:current-user-principal><d:href>/me/</d:href></d:current-user-principal>"
        home = "<card:addressbook-home-set><d:href>/home/</d:href></card:addressbook-home-set>"
        if self.path == BOOK:
            inner = self._response(BOOK, book + "<d:displayname>Friends</d:displayname>")
            if self.headers["Depth"] == "1":
                inner += "".join(self._listed(name) for name in self.outside.cards)
            self.multistatus(inner)
        elif self.path == "/.well-known/carddav":
            self.say(301, headers={"Location": "/dav/"})
        elif self.path in ("/", "/dav/"):
            self.multistatus(self._response(self.path, principal))
        elif self.path == "/me/":
            self.multistatus(self._response("/me/", home))
        elif self.path == "/home/":
            books = {BOOK: "Friends", **self.outside.books}
            named = [self._response(at, f"{book}<d:displayname>{title}</d:displayname>") for at, title in books.items()]
            self.multistatus(self._response("/home/", "") + "".join(named))
        else:
            self.say(404)

    def _report(self) -> None:
        root = ET.fromstring(self.body)
        if root.tag == f"{DAV}sync-collection":
            self._sync(root.findtext(f"{DAV}sync-token") or "")
            return
        parts = []
        for href in root.iter(f"{DAV}href"):
            name = unquote((href.text or "").removeprefix(BOOK))
            octets = self.outside.cards.get(name)
            if octets is None:
                parts.append(self._gone(name))
            elif name not in self.outside.undelivered:
                data = f"<card:address-data>{escape(octets.decode())}</card:address-data>"
                parts.append(self._listed(name, data))
        self.multistatus("".join(parts))

    def _sync(self, token: str) -> None:
        outside = self.outside
        if not outside.has_tokens:
            self.say(403, '<d:error xmlns:d="DAV:"><d:supported-report/></d:error>')
            return
        since = int(token.rpartition(":")[2]) if token else 0
        newest = len(outside._log)
        if since > newest:
            self.say(403, '<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>')
            return
        log = [each for each in outside._log if each[0] > since]
        cut = ""
        if outside.limit and len(log) > outside.limit:
            log = log[: outside.limit]
            status = "<d:status>HTTP/1.1 507 Insufficient Storage</d:status>"
            cut = f"<d:response><d:href>{BOOK}</d:href>{status}</d:response>"
            newest = log[-1][0]
        names = dict.fromkeys(name for _, name in log)
        if outside.keeps_back and token:
            names = dict.fromkeys(name for name in names if name in outside.cards)
        inner = "".join(self._listed(name) if name in outside.cards else self._gone(name) for name in names)
        self.multistatus(f"{inner}{cut}<d:sync-token>urn:outside:{newest}</d:sync-token>")

    def _listed(self, name: str, more: str = "") -> str:
        tag = self.outside.tags(name, self.outside.cards[name])
        return self._response(BOOK + quote(name), f"<d:getetag>{escape(tag)}</d:getetag>{more}")

    def _gone(self, name: str) -> str:
        return (
            f"<d:response><d:href>{BOOK}{quote(name)}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"
        )

    def _response(self, href: str, props: str) -> str:
        prop = f"<d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status>"
        return f"<d:response><d:href>{href}</d:href><d:propstat>{prop}</d:propstat></d:response>"

    def _get(self) -> None:
        octets = self.outside.cards.get(self._name())
        if octets is None:
            self.say(404)
        else:
            self.say(200, octets, {"ETag": tag_of(octets), "Content-Type": "text/vcard"})

    def _put(self) -> None:
        name = self._name()
        there = self.outside.cards.get(name)
        if self._is_stale(there):
            self.say(412)
            return
        octets = self.outside.rewrite(self.body)
        told = {"ETag": tag_of(octets)} if self.outside.tells_tags else {}
        if self.outside.renames and there is None:
            name = f"{self.outside.renames}-{len(self.outside._log)}.vcf"
            told |= {"Location": f"{BOOK}{name}"} if self.outside.renames == "aloud" else {}
        if not self.outside.forgetful:
            self.outside.put(name, octets)
        self.say(201 if there is None else 204, headers=told)

    def _delete(self) -> None:
        there = self.outside.cards.get(self._name())
        if there is None or self._is_stale(there):
            self.say(404 if there is None else 412)
            return
        self.outside.delete(self._name())
        self.say(204)

    def _is_stale(self, there: bytes | None) -> bool:
        match = self.headers.get("If-Match")
        if self.headers.get("If-None-Match") == "*" and there is not None:
            return True
        return match is not None and (there is None or match != self.outside.tags(self._name(), there))


@contextmanager
def serving(outside: Outside, tls: ssl.SSLContext | None = None) -> Iterator[Outside]:
    handler = type("Bound", (Handler,), {"outside": outside})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    outside.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield outside
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
