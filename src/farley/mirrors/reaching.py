"""Requests to other servers: only to where they may go, with bounds on size and time.

A name is resolved once a connection. Every address it has must be allowed, and the connection goes to the very address
that was looked at: a name that answers otherwise the next moment leads nowhere. Redirects are looked at likewise.
"""

from __future__ import annotations

import base64
import errno
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPMessage
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit, urlunsplit

import certifi

from farley import __version__

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

CONNECT_S = 10.0
READ_S = 30.0  # without a single octet
ANSWER_S = 180.0  # for one request with its whole answer
MAX_ANSWER = 64 * 2**20  # octets
MAX_REDIRECTS = 5
CHUNK = 64 * 1024
_REDIRECTS = (301, 302, 307, 308)
_SAFE = ":@!$&'()*+,;=~-._"
_READING = ("PROPFIND", "REPORT", "GET", "OPTIONS")
_SECOND_LEVELS = ("ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org")  # as in co.uk: nobody's own
_GZIP = ("gzip", "x-gzip")  # RFC 9110 §8.4.1.3
_WITH_HEAD = 16 + zlib.MAX_WBITS  # how zlib is told of gzip
_NAT64 = IPv6Network("64:ff9b::/96")
_NOWHERE = (  # counted as public: machines of some providers with their secrets, and ways into networks of one's own
    IPv4Network("192.0.0.0/24"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, RFC 7526
    IPv6Network("::/96"),  # an address of IPv4 within, RFC 4291 §2.5.5.1
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of one's own, RFC 8215
    IPv6Network("5f00::/16"),  # segments of one's own, RFC 9602
    IPv6Network("fec0::/10"),  # local to a site, RFC 3879
)


class Unreachable(Exception):
    """A request came to nothing. `code` says why, one of `wording.TROUBLES`; `details` fill in its sentence."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(f"{code} {details}" if details else code)
        self.code, self.details = code, details


@dataclass(slots=True)
class Answer:
    """What a server answered. `parts` can be read once, within the `with` of `Reach.ask`."""

    status: int
    headers: HTTPMessage
    url: str  # after redirects
    parts: Iterator[bytes]

    def body(self) -> bytes:
        return b"".join(self.parts)


@dataclass
class Reach:
    """The way to one server, as somebody with `login` and `password`; without a login that is a bearer token.

    With neither it is nobody in particular: then it may also lead elsewhere, and over a way that is not encrypted.
    """

    home: str  # the address that was typed: its host gets the password, and its siblings
    login: str
    password: str = field(repr=False)
    networks: tuple[Network, ...] = ()  # own ones that are allowed
    patience_s: float | None = None  # for all requests together, where somebody waits
    _began: float = field(default_factory=time.monotonic)
    _kept: dict[tuple[str, str, int], http.client.HTTPConnection] = field(default_factory=dict)

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    @contextmanager
    def ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Iterator[Answer]:
        """Send one request and hand out its answer, whatever its status. Reading ones follow redirects.

        Raises Unreachable.
        """
        deadline = time.monotonic() + ANSWER_S
        if self.patience_s is not None:
            deadline = min(deadline, self._began + self.patience_s)
        for _ in range(MAX_REDIRECTS + 1):
            parts = self._checked(url)
            connection, watch, response = self._answered(method, parts, body, headers or {}, deadline)
            try:
                target = response.headers.get("Location", "")
                if response.status not in _REDIRECTS or not target:
                    yield Answer(response.status, response.headers, url, _parts(response, watch, parts))
                    return
                if method not in _READING:
                    raise Unreachable("redirect", host=parts.hostname)
                url = urljoin(url, _quoted(target))
            finally:
                watch.cancel()
                if response.isclosed() and connection.sock is not None:
                    self._kept[_key(parts)] = connection
                else:  # what is left of an answer would be in the way of the next
                    response.close()
                    connection.close()
        raise Unreachable("redirect", host=urlsplit(url).hostname)

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 -- reading it is the check
        except ValueError as error:
            raise Unreachable("address") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable("address")
        if not self._is_trusted(parts):
            is_home = parts.hostname == urlsplit(self.home).hostname
            raise Unreachable("downgrade" if is_home else "elsewhere", host=parts.hostname)
        return parts

    def _is_trusted(self, parts: SplitResult) -> bool:
        """Whether a host may be given the password: the one that was typed, or by TLS one of the same domain."""
        if self.is_anonymous:
            return True
        home = urlsplit(self.home)
        host, own = parts.hostname or "", home.hostname or ""
        if host == own:
            return parts.scheme == "https" or home.scheme == "http"
        is_name = not host.replace(".", "").isdigit() and ":" not in host
        return parts.scheme == "https" and is_name and _domain(own) != "" and _domain(host) == _domain(own)

    def _answered(
        self, method: str, parts: SplitResult, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[http.client.HTTPConnection, _Watch, http.client.HTTPResponse]:
        """Send the request and read the head of its answer; once more where a kept connection was closed meanwhile."""
        kept = self._kept.pop(_key(parts), None)
        for connection in (kept, None) if kept is not None else (None,):
            is_kept = connection is not None
            connection = connection or self._connection(parts)
            watch = _Watch(connection.sock, deadline)
            try:
                with _named(parts):
                    connection.request(method, urlunsplit(("", "", parts.path or "/", parts.query, "")), body or None, {
                        "User-Agent": f"Farley/{__version__} (mirror)",
                        "Accept-Encoding": "identity",
                        **self._authorization(),
                        **headers,
                    })  # fmt: skip
                    response = connection.getresponse()
                if not watch.is_over:
                    return connection, watch, response
                response.close()  # its head may be half of what it was to be
                watch.look(parts)
            except Unreachable as error:
                watch.cancel()
                connection.close()
                watch.look(parts)
                if not is_kept or error.code != "cut":
                    raise
        raise AssertionError("unreachable")

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        _, host, port = _key(parts)
        plain = self._connected(parts, host, port)
        if parts.scheme == "http":
            connection = http.client.HTTPConnection(host, port)
        else:
            context = _context()
            connection = http.client.HTTPSConnection(host, port, context=context)
            try:
                plain = context.wrap_socket(plain, server_hostname=host)
            except OSError as error:
                plain.close()
                if isinstance(error, ssl.SSLError):
                    raise Unreachable("tls", host=host, reason=_tls_reason(error)) from error
                raise Unreachable("network", host=host) from error
        plain.settimeout(READ_S)
        connection.auto_open = 0  # it would connect to wherever the name leads by then
        connection.sock = plain
        return connection

    def _connected(self, parts: SplitResult, host: str, port: int) -> socket.socket:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable("name", host=host) from error
        addresses = [(each[0], ip_address(str(each[4][0]).partition("%")[0])) for each in found]
        for _, address in addresses:
            if not is_allowed(address, self.networks):
                raise Unreachable("private", host=host, address=str(address))
            if (
                parts.scheme == "http"
                and not self.is_anonymous
                and not any(address in network for network in self.networks)
            ):
                raise Unreachable("plain", host=host)
        for family, address in addresses:
            plain = socket.socket(family, socket.SOCK_STREAM)
            plain.settimeout(CONNECT_S)
            try:
                plain.connect((str(address), port))
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                plain.close()
                continue
            return plain
        raise Unreachable("network", host=host)

    @property
    def is_anonymous(self) -> bool:
        return not (self.login or self.password)

    def _authorization(self) -> dict[str, str]:
        if self.is_anonymous:
            return {}
        if not self.login:
            return {"Authorization": f"Bearer {self.password}"}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.login}:{self.password}".encode()).decode()}


def is_allowed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether a mirror may connect to `address`: public ones, and those in `networks`, which the operator named."""
    if any(address in network for network in networks):
        return True
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_allowed(inner, networks)
    return address.is_global and not address.is_multicast and not any(address in each for each in _NOWHERE)


def _domain(host: str) -> str:
    """What somebody registered of a host's name; "" where there is no such thing."""
    labels = host.split(".")
    count = 3 if len(labels[-1]) == 2 and labels[-2:][0] in _SECOND_LEVELS else 2
    return ".".join(labels[-count:]) if len(labels) >= count else ""


def canonical(path: str) -> str:
    """A path with every character encoded in one way: servers spell the same one differently."""
    return "/".join(quote(unquote_to_bytes(part), safe=_SAFE) for part in path.split("/"))


def _key(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _parts(response: http.client.HTTPResponse, watch: _Watch, parts: SplitResult) -> Iterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from _sent_parts(response, watch, parts)
    elif encoding in _GZIP:  # though it was asked not to
        yield from _unpacked(_sent_parts(response, watch, parts), parts)
    else:
        raise Unreachable("encoding", host=parts.hostname)


def _unpacked(packed: Iterator[bytes], parts: SplitResult) -> Iterator[bytes]:
    """What was packed by gzip, with the same bound as what was not: little can become very much."""
    unpacking, size = zlib.decompressobj(_WITH_HEAD), 0
    for part in packed:
        rest = part
        while rest:
            if unpacking.eof:  # there may be several, one behind the other. RFC 1952 §2.2
                unpacking = zlib.decompressobj(_WITH_HEAD)
            try:
                found = unpacking.decompress(rest, CHUNK)
            except zlib.error as error:
                raise Unreachable("encoding", host=parts.hostname) from error
            rest = unpacking.unconsumed_tail or unpacking.unused_data
            size += len(found)
            if size > MAX_ANSWER:
                raise Unreachable("large", host=parts.hostname, limit=MAX_ANSWER // 2**20)
            if found:
                yield found
    if not unpacking.eof:
        raise Unreachable("cut", host=parts.hostname)


def _sent_parts(response: http.client.HTTPResponse, watch: _Watch, parts: SplitResult) -> Iterator[bytes]:
    size, expected = 0, response.length
    while True:
        try:
            with _named(parts):
                part = response.read1(CHUNK)
        except Unreachable:
            watch.look(parts)
            raise
        watch.look(parts)
        size += len(part)
        if size > MAX_ANSWER:
            raise Unreachable("large", host=parts.hostname, limit=MAX_ANSWER // 2**20)
        if not part:
            break
        yield part
    if expected is not None and size < expected:
        raise Unreachable("cut", host=parts.hostname)
    response.close()


@contextmanager
def _named(parts: SplitResult) -> Iterator[None]:
    """Whatever goes wrong on the way is raised as Unreachable."""
    host = parts.hostname
    try:
        yield
    except TimeoutError as error:
        raise Unreachable("slow", host=host) from error
    except ssl.SSLError as error:
        raise Unreachable("cut", host=host) from error
    except (http.client.IncompleteRead, ConnectionError) as error:
        raise Unreachable("cut", host=host) from error
    except http.client.HTTPException as error:
        raise Unreachable("http", host=host) from error
    except OSError as error:
        code = "slow" if error.errno in (errno.EBADF, errno.ESHUTDOWN) else "network"
        raise Unreachable(code, host=host) from error
    except ValueError as error:  # what is read from a socket that the watch has closed
        raise Unreachable("slow", host=host) from error


class _Watch:
    """Ends a connection at `deadline`, however slowly its server goes on: what is read then looks like an end."""

    def __init__(self, sock: Any, deadline: float) -> None:
        self.is_over = False
        self._sock = sock
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0.1), self._end)
        self._timer.daemon = True
        self._timer.start()

    def look(self, parts: SplitResult) -> None:
        """Raise Unreachable where the time is over."""
        if self.is_over:
            raise Unreachable("slow", host=parts.hostname)

    def cancel(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


def _context() -> ssl.SSLContext:
    """Certificates as the system knows them, which an operator may add to, and those of the usual list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or "").replace("_", " ").lower()


def _quoted(target: str) -> str:
    """A Location as it can be asked for: some servers write spaces and umlauts bare."""
    return quote(target.encode("latin-1", "replace"), safe="/:?#[]@!$&'()*+,;=%~-._")
