"""Half-sent and endless requests at a real server: nothing is changed, and others go on."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from farley.cli.answering import SMALL
from farley.contacts.storing import MAX_CARD
from tests.cli.conftest import Instance, databases, farley, template
from tests.cli.test_serve import serving, wait_for
from tests.dav.phone import basic

__all__ = ["databases", "farley", "template"]
BOOK = "/dav/addressbooks/alice/alice/"
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:Ada\r\nEND:VCARD\r\n"
HELD = 8  # connections that somebody leaves half-way: more than a worker has threads


class Server:
    """The address of a server, and a password for it."""

    def __init__(self, address: str, secret: str) -> None:
        parts = urlsplit(address)
        self.place = (str(parts.hostname), parts.port or 80)
        self.headers = {"Authorization": basic("alice", secret)}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.place, timeout=60)
        try:
            connection.request(method, path, body, self.headers | headers)  # type: ignore[arg-type]
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @contextlib.contextmanager
    def half(self, request: str, body: bytes = b"") -> Iterator[socket.socket]:
        """A connection that has sent so much and sends no more."""
        with socket.create_connection(self.place, timeout=60) as connection:
            lines = [request, "Host: localhost", f"Authorization: {self.headers['Authorization']}"]
            connection.sendall("\r\n".join(lines).encode() + b"\r\n" + body)
            yield connection

    def members(self) -> int:
        status, body = self.ask("PROPFIND", BOOK, Depth="1")
        assert status == 207
        return body.count(b"<d:response>") - 1


@pytest.fixture
def server(farley: Instance) -> Iterator[Server]:
    secret = farley.run("device", "add", "phone", "--as", "alice").stdout.strip()
    with serving(farley, "--workers", "1") as (_process, address):
        yield Server(address, secret)


def test_bodies_that_end_half_way_or_never_change_nothing_and_keep_nobody_waiting(server: Server) -> None:
    half = b"Content-Length: 1000\r\n\r\n" + CARD
    with server.half(f"PUT {BOOK}half.vcf HTTP/1.1", half):
        pass  # it hangs up
    chunk = b"14\r\n" + CARD[:20] + b"\r\n"  # a server cannot tell the end of these from an end: the card has to
    with server.half(f"PUT {BOOK}chunked.vcf HTTP/1.1", b"Transfer-Encoding: chunked\r\n\r\n" + chunk):
        pass
    with contextlib.ExitStack() as held:
        for number in range(HELD):
            held.enter_context(server.half(f"PUT {BOOK}held-{number}.vcf HTTP/1.1", half))
            held.enter_context(server.half(f"PUT {BOOK}begun-{number}.vcf HTTP/1.1"))  # not all of its headers
        assert server.ask("PUT", BOOK + "whole.vcf", CARD)[0] == 201
        assert server.members() == 1


def test_large_bodies_that_never_end_hold_some_threads_and_one_too_many_is_told_to_come_again(server: Server) -> None:
    half = f"Content-Length: {SMALL + 1}\r\n\r\n".encode() + CARD
    with contextlib.ExitStack() as held:
        for number in range(HELD):
            held.enter_context(server.half(f"PUT {BOOK}held-{number}.vcf HTTP/1.1", half))
        wait_for(lambda: server.ask("PUT", BOOK + "large.vcf", b"X" * (SMALL + 1))[0] == 503)
        assert server.ask("PUT", BOOK + "whole.vcf", CARD)[0] == 201
    wait_for(lambda: server.ask("PUT", BOOK + "large.vcf", b"X" * (SMALL + 1))[0] == 403)  # no card
    assert server.members() == 1


def test_a_body_that_comes_behind_its_head_leaves_the_connection_open_for_the_next_request(server: Server) -> None:
    """A client that is asked for a password sends the same again, on the same connection, as soon as it may."""
    ask = b'<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'
    head = f"PROPFIND /dav/ HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nContent-Length: {len(ask)}\r\n"
    with socket.create_connection(server.place, timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for authorization, status in (("", b"401"), (f"Authorization: {server.headers['Authorization']}\r\n", b"207")):
            connection.sendall(f"{head}{authorization}\r\n".encode())
            assert not select.select([connection], [], [], 0.3)[0]  # nothing is said before all of it is there
            connection.sendall(ask)
            assert connection.recv(65536)[9:12] == status


def test_what_is_too_large_is_refused_by_its_length_or_as_soon_as_it_is(server: Server) -> None:
    announced = f"Content-Length: {MAX_CARD + 1}\r\n\r\n".encode()
    with server.half(f"PUT {BOOK}large.vcf HTTP/1.1", announced) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 403")  # none of it was sent

    def endless() -> Iterator[bytes]:
        yield from (b"X" * 2**20 for _ in range(MAX_CARD // 2**20 + 2))

    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        status, body = server.ask("PUT", BOOK + "large.vcf", endless())
        assert (status, b"max-resource-size" in body) == (403, True)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        status, _ = server.ask("REPORT", BOOK, b"<a>" + b" " * (33 * 2**20) + b"</a>")
        assert status == 413
    assert server.members() == 0
