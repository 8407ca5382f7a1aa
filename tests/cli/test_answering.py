"""What the server makes of requests and answers; over real sockets in tests/dav/test_hostile_server.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from farley.cli import answering
from farley.cli.answering import HELD, SMALL, Answering

Environ = dict[str, Any]
NEVER = {"type": "never"}
T = TypeVar("T")


class Client:
    """One request whose body comes in `messages`, and what is answered."""

    def __init__(
        self,
        *messages: dict[str, Any],
        path: bytes = b"/",
        headers: Iterable[tuple[bytes, bytes]] = (),
        version: str = "1.1",
    ):
        self._messages = list(messages)
        self._scope = {
            "type": "http",
            "method": "PUT",
            "http_version": version,
            "scheme": "https",
            "raw_path": path,
            "query_string": b"a=%C3%A4",
            "headers": list(headers),
            "client": ("192.0.2.1", 4711),
            "server": ("127.0.0.1", 8000),
        }
        self.answered: list[dict[str, Any]] = []

    async def _receive(self) -> dict[str, Any]:
        message = self._messages.pop(0) if self._messages else {"type": "http.disconnect"}
        if message is NEVER:
            await asyncio.Event().wait()
        return message

    def _send(self, message: dict[str, Any]) -> Awaitable[None]:
        """As the web server has it: no coroutine, and of the loop that asks."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        self.answered.append(message)
        return sent

    async def met(self, application: Answering) -> None:
        await asyncio.wait_for(application(self._scope, self._receive, self._send), 30)

    def ask(self, application: answering.Application) -> Client:
        in_a_loop(lambda: self.met(Answering(application, threads=2)))
        return self

    @property
    def status(self) -> int:
        return int(self.answered[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.answered[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.answered[1:])


def in_a_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop of its own running in this one
        return thread.submit(lambda: asyncio.run(work())).result()


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def keeping(seen: list[Environ]) -> answering.Application:
    """An application that answers with the body it reads."""

    def application(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        seen.append(environ)
        start("201 Created", [("ETag", '"1"')])
        return [environ["wsgi.input"].read()]

    return application


def never(_environ: Environ, _start: Callable[..., Any]) -> list[bytes]:
    raise AssertionError("asked before all of the request was there")


def test_the_octets_of_address_and_headers_arrive_and_no_header_passes_for_another() -> None:
    seen: list[Environ] = []
    headers = [
        (b"host", b"farley.example.org"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"if-match", b'"1"'),
        (b"if-match", b'"2"'),
        (b"x-name", "Jürgen".encode()),
        (b"x_forwarded_for", b"198.51.100.1"),
        (b"content-type", b"text/vcard"),
    ]
    client = Client(path=b"/dav/a%2Fb%0A%FF/\xc3\xa4", headers=headers).ask(keeping(seen))
    assert (client.status, client.headers, client.body) == (201, {b"etag": b'"1"'}, b"")
    assert seen[0]["PATH_INFO"].encode("latin-1") == b"/dav/a/b\n\xff/\xc3\xa4"
    assert (seen[0]["HTTP_COOKIE"], seen[0]["HTTP_IF_MATCH"]) == ("a=1; b=2", '"1","2"')
    assert seen[0]["HTTP_X_NAME"].encode("latin-1").decode() == "Jürgen"
    assert "HTTP_X_FORWARDED_FOR" not in seen[0]
    assert (seen[0]["CONTENT_TYPE"], seen[0]["REMOTE_ADDR"]) == ("text/vcard", "192.0.2.1")
    assert (seen[0]["HTTP_HOST"], seen[0]["wsgi.url_scheme"], seen[0]["QUERY_STRING"]) == (
        "farley.example.org",
        "https",
        "a=%C3%A4",
    )


def test_a_body_in_chunks_has_its_length_when_it_is_handed_on() -> None:
    seen: list[Environ] = []
    chunks = [part(b"BEGIN:"), part(b""), part(b"VCARD"), part(b"", more=False)]
    client = Client(*chunks, headers=[(b"transfer-encoding", b"chunked")]).ask(keeping(seen))
    assert (client.body, seen[0]["CONTENT_LENGTH"]) == (b"BEGIN:VCARD", "11")
    assert b"connection" not in client.headers


@pytest.mark.parametrize(
    "messages",
    [
        [part(b"BEGIN"), {"type": "http.disconnect"}],
        [part(b"BEGIN", more=False)],  # fewer octets than were announced
    ],
)
def test_half_a_request_is_answered_by_nobody(messages: list[dict[str, Any]]) -> None:
    assert Client(*messages, headers=[(b"content-length", b"11")]).ask(never).answered == []


def test_who_is_too_slow_is_told_and_the_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PATIENCE_S", 0.05)
    client = Client(part(b"BEGIN"), NEVER, headers=[(b"content-length", b"11")]).ask(never)
    assert (client.status, client.headers[b"connection"], client.body) == (
        408,
        b"close",
        b"The body did not come in time.\n",
    )


def test_a_large_body_that_stops_is_ended_whatever_the_application_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PATIENCE_S", 0.05)
    monkeypatch.setattr(answering, "SLOWEST", 2**40)
    stopped: list[OSError] = []

    def lenient(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            stopped.append(error)
        start("200 OK", [])
        return [b"all well"]

    client = Client(part(b"x" * SMALL), NEVER, headers=[(b"content-length", b"%d" % (2 * SMALL))]).ask(lenient)
    assert (client.status, len(stopped)) == (408, 1)


def test_a_large_body_is_read_on_its_way_and_left_unread_closes_the_connection() -> None:
    seen: list[Environ] = []
    messages = [part(b"x" * SMALL) for _ in range(3)]
    length = (b"content-length", b"%d" % (3 * SMALL + 1))
    read = Client(*messages, part(b"y", more=False), headers=[length]).ask(keeping(seen))
    assert read.body == b"x" * 3 * SMALL + b"y"

    def refusing(_environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        start("413 Too Large", [])
        return [b"no"]

    unread = Client(*messages, headers=[length]).ask(refusing)
    assert (unread.status, unread.headers) == (413, {b"connection": b"close"})


def test_what_waits_in_a_process_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "HELD", 10)
    client = Client(part(b"x" * 11, more=False), headers=[(b"content-length", b"11")]).ask(never)
    assert (client.status, client.headers[b"retry-after"]) == (503, b"10")
    assert HELD >= 32 * SMALL


def test_a_long_answer_goes_out_in_pieces_and_is_closed() -> None:
    closed = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a" * 1000] * 200)

        def close(self) -> None:
            closed.append(True)

    def application(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/vcard")])
        return Answer()

    client = Client(NEVER).ask(application)
    assert client.body == b"a" * 200_000
    assert [message.get("more_body", False) for message in client.answered[1:]] == [True, True, True, False]
    assert closed == [True]


def test_bodies_that_come_at_the_same_time_are_counted_once_each() -> None:
    """What the first has sent and taken back while the second waits stays out of the count of the second."""
    length = [(b"content-length", b"3")]

    async def run() -> int:
        served = Answering(keeping([]), threads=2)
        came: list[asyncio.Queue[dict[str, Any]]] = [asyncio.Queue(), asyncio.Queue()]
        asked = []
        for client, queue in zip((Client(headers=length), Client(headers=length)), came, strict=True):
            asked.append(asyncio.create_task(served(client._scope, queue.get, client._send)))
            await asyncio.sleep(0)
            queue.put_nowait(part(b"ab"))
            while not queue.empty() or (queue is came[0] and not served._held):
                await asyncio.sleep(0)
        for queue, task in zip(came, asked, strict=True):
            queue.put_nowait(part(b"c", more=False))
            await asyncio.wait_for(task, 30)
        return served._held

    assert in_a_loop(run) == 0


def test_a_body_without_length_is_read_where_no_header_needs_to_announce_one() -> None:
    """RFC 9113, section 8.1: HTTP/2 has neither to say how long a body is, nor that there is one."""
    client = Client(part(b"BEGIN:"), part(b"VCARD", more=False), version="2").ask(keeping([]))
    assert client.body == b"BEGIN:VCARD"
    assert Client(part(b"", more=False), version="2").ask(keeping([])).status == 201


def test_an_answer_in_pieces_ends_when_nobody_is_there_any_more() -> None:
    made = 0

    def application(_environ: Environ, start: Callable[..., Any]) -> Iterator[bytes]:
        nonlocal made
        start("200 OK", [])
        for _ in range(1000):
            made += 1
            yield b"a" * 100_000

    client = Client(part(b"", more=False)).ask(application)  # what comes behind it is the end of the connection
    assert made < 20
    assert all(message.get("more_body", True) for message in client.answered)


def test_who_takes_an_answer_slowly_keeps_nobody_else_waiting() -> None:
    """Two threads, two who take nothing for a while, and a third who asks for little; then all of it comes."""
    begun: list[Environ] = []

    def application(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        begun.append(environ)
        start("200 OK", [])
        return [b"little"] if environ["PATH_INFO"] == "/" else iter([b"a" * 100_000] * 20)

    async def run() -> list[Client]:
        served, takes = Answering(application, threads=2), asyncio.Event()
        slow = [Client(NEVER, path=b"/long"), Client(NEVER, path=b"/long")]

        def send_slowly(client: Client) -> Callable[[dict[str, Any]], Awaitable[None]]:
            async def send(message: dict[str, Any]) -> None:
                await takes.wait()
                await client._send(message)

            return send

        asked = [asyncio.create_task(served(each._scope, each._receive, send_slowly(each))) for each in slow]
        while len(begun) < len(slow):
            await asyncio.sleep(0)
        quick = Client(NEVER)
        try:
            await asyncio.wait_for(served(quick._scope, quick._receive, quick._send), 10)
        finally:
            takes.set()
            await asyncio.wait_for(asyncio.gather(*asked), 30)
        return [quick, *slow]

    assert [len(client.body) for client in in_a_loop(run)] == [6, 2_000_000, 2_000_000]


def test_who_sends_much_and_who_takes_an_answer_slowly_share_the_places_to_wait() -> None:
    """All but one thread may wait; a place is given back however the request ends."""
    length = [(b"content-length", b"%d" % (SMALL + 1))]

    def failing(_environ: Environ, _start: Callable[..., Any]) -> list[bytes]:
        raise ZeroDivisionError

    def large() -> Client:
        return Client(part(b"x" * (SMALL + 1), more=False), headers=length)

    refused = large()

    async def asked() -> None:
        application = Answering(failing, threads=2)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await large().met(application)
        assert application._places.acquire(blocking=False)  # as who takes an answer slowly does
        await refused.met(application)

    in_a_loop(asked)
    assert refused.status == 503
