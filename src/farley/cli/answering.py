"""The ASGI application of the web server: its loop takes requests in, threads answer them by a WSGI application.

A thread gets a request when all of its body is there, so that who sends slowly, or stops half-way, keeps nobody
waiting; and no answer goes out before its request has come in: the server would close the connection behind it, and a
client that goes on with the next request finds it closed. Only a body of more than SMALL octets reaches a thread on its
way, to be refused unread or written to disk; fewer threads than there are read such at a time.

An answer that comes in pieces is sent by its thread, which waits for who takes it slowly. The last thread does not: it
writes such an answer to disk, from where the loop sends it, so that short questions are answered whoever is slow.

ASGI 3.0, PEP 3333.
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import unquote_to_bytes

SMALL = 1024 * 1024  # octets
HELD = 64 * SMALL  # of all bodies together that wait in a process
PATIENCE_S = 60.0  # for what has not come, and for what is not taken
SLOWEST = 16 * 1024  # octets a second beyond that
WAIT_S = 0.5  # for a place to read a large body
_TRIES = 10
_PIECE = 64 * 1024

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Gone(OSError):
    """The client has ended the connection."""


class _Refused(OSError):
    """The body is not read on."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Answering:
    """An ASGI application of one process that answers by `application`, `threads` requests at a time.

    To who sends too slowly the answer is 408; 503 while too much waits or too many send large bodies.
    """

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answering")  # none before the first request
        self._places = threading.Semaphore(threads - 1)  # to wait for who sends much, or takes an answer, slowly
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        body = _Body(receive, scope)
        try:
            await self._take_in(body)
            await self._answer(scope, body, send)
        except _Refused as error:
            await _tell(error, send)
        except _Gone:
            return
        finally:
            self._held -= body.held

    async def _take_in(self, body: _Body) -> None:
        """What is small, wholly; of what may not be, the first part."""
        while not body.is_whole and (body.length or 0) <= SMALL and body.held <= SMALL:
            octets = await body.take()
            self._held += octets  # in a line of its own: += reads what is on its left before it waits
            if self._held > HELD:
                raise _Refused(503, "Others are sending at this moment. Try again soon.")

    async def _answer(self, scope: Scope, body: _Body, send: Send) -> None:
        if body.is_whole:
            await self._in_a_thread(scope, body, send)
            return
        for _ in range(_TRIES):
            if self._places.acquire(blocking=False):
                break
            await asyncio.sleep(WAIT_S / _TRIES)
        else:
            raise _Refused(503, "Others are sending at this moment. Try again soon.")
        await self._in_a_thread(scope, body, send, has_place=True)

    async def _in_a_thread(self, scope: Scope, body: _Body, send: Send, *, has_place: bool = False) -> None:
        loop = asyncio.get_running_loop()
        exchange = _Exchange(self._application, scope, body, send, loop, self._places, has_place=has_place)
        rest = await loop.run_in_executor(self._threads, exchange.run)
        for message in rest:
            await send(message)
        if exchange.kept is not None:
            await _send_kept(exchange.kept, body, send)


class _Body:
    """The body of a request as it comes; kept to the pace that is asked for."""

    def __init__(self, receive: Receive, scope: Scope) -> None:
        named = dict(scope["headers"])
        length = named.get(b"content-length", b"")
        self.length = int(length) if length.isdigit() else None
        is_open = self.length is None and not scope["http_version"].startswith("1")  # RFC 9113: nothing announces it
        self.is_whole = not self.length and not is_open and b"transfer-encoding" not in named
        self._pieces: list[bytes] = []
        self.held = 0
        self._receive = receive
        self._octets = 0
        self._waited_s = 0.0

    async def take(self) -> int:
        """Hold the next piece; its octets. Raises what `more` does."""
        piece = await self.more()
        self._pieces.append(piece)
        self.held += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        return b"".join(self._pieces)

    async def more(self) -> bytes:
        """The next piece, empty at the end. Raises _Gone, and _Refused (408) for who is too slow."""
        while not self.is_whole:
            left = PATIENCE_S + self._octets / SLOWEST - self._waited_s
            began = time.monotonic()
            try:
                async with asyncio.timeout(max(0, left)):
                    message = await self._receive()
            except TimeoutError:
                raise _Refused(408, "The body did not come in time.") from None
            self._waited_s += time.monotonic() - began
            if message["type"] != "http.request":
                raise _Gone
            self.is_whole = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            self._octets += len(piece)
            if self.is_whole and self.length is not None and self._octets < self.length:
                raise _Gone
            if piece:
                return piece
        return b""

    async def gone(self) -> None:
        """Returns once the client has ended the connection. Only for a body that is whole."""
        while (await self._receive())["type"] == "http.request":
            pass


class _Exchange:
    """One request and its answer, in a thread."""

    def __init__(
        self,
        application: Application,
        scope: Scope,
        body: _Body,
        send: Send,
        loop: asyncio.AbstractEventLoop,
        places: threading.Semaphore,
        *,
        has_place: bool,
    ) -> None:
        self._application, self._scope, self._body, self._send, self._loop = application, scope, body, send, loop
        self._begun: tuple[str, list[tuple[str, str]]] = ("500 Internal Server Error", [])
        self._gone: Future[None] | None = None  # of an answer in pieces: done when nobody is there any more
        self._places = places
        self._has_place: bool | None = has_place or None  # to wait; None until there is something to wait for
        self.kept: SpooledTemporaryFile[bytes] | None = None  # what the loop is to send behind what `run` returns

    def run(self) -> list[dict[str, Any]]:
        """Answer; what is left to be sent: all of it, where it is short. Raises _Gone and _Refused.

        A place to wait is given back.
        """
        try:
            return self._run()
        finally:
            if self._has_place:
                self._places.release()

    def _run(self) -> list[dict[str, Any]]:
        stream: _Stream | None = None
        environ = _environ(self._scope)
        if self._body.is_whole:
            octets = self._body.taken()
            environ |= {"CONTENT_LENGTH": str(len(octets))} if octets else {}
            environ["wsgi.input"] = io.BytesIO(octets)
        else:
            stream = _Stream(self._body, self._loop)
            environ["wsgi.input"] = io.BufferedReader(stream, _PIECE)
        answer = self._application(environ, self._start)
        try:
            if stream is not None and stream.trouble is not None:
                raise stream.trouble
            return self._sent(_in_pieces(answer))
        except BaseException:
            if self.kept is not None:
                self.kept.close()
            raise
        finally:
            if self._gone is not None:
                self._gone.cancel()
            if close := getattr(answer, "close", None):
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], _trouble: Any = None) -> None:
        self._begun = (status, headers)

    def _sent(self, pieces: Iterator[bytes]) -> list[dict[str, Any]]:
        """Send all but the last piece, or keep all of them; what is left."""
        held = [next(pieces, b"")]
        status, headers = self._begun
        told = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if not self._body.is_whole:
            told.append((b"connection", b"close"))  # behind it comes what nobody reads
        left = [{"type": "http.response.start", "status": int(status[:3]), "headers": told}]
        for piece in pieces:
            self._look_who_is_there()
            if self._has_place is None:
                self._has_place = self._places.acquire(blocking=False)
            if self._has_place:
                for message in (*left, _part(held.pop())):
                    _wait_for(_sent(self._send, message), self._loop)
                left = []
            else:
                self.kept = self.kept or SpooledTemporaryFile(SMALL)  # noqa: SIM115 -- closed by whoever sends it
                self.kept.write(held.pop())
            held.append(piece)
        if self.kept is None:
            return [*left, {"type": "http.response.body", "body": held.pop()}]
        self.kept.write(held.pop())
        self.kept.seek(0)
        return left

    def _look_who_is_there(self) -> None:
        """Raises _Gone for who has left, of which `receive` is told alone."""
        if self._gone is None and self._body.is_whole:
            self._gone = asyncio.run_coroutine_threadsafe(self._body.gone(), self._loop)
        if self._gone is not None and self._gone.done():
            raise _Gone


class _Stream(io.RawIOBase):
    """`wsgi.input` of a body that is still coming. What stops it is raised to the reader and kept."""

    def __init__(self, body: _Body, loop: asyncio.AbstractEventLoop) -> None:
        self._body, self._loop = body, loop
        self._rest = memoryview(body.taken())
        self.trouble: OSError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises _Gone and _Refused."""
        if self.trouble is not None:
            raise self.trouble
        if not self._rest:
            try:
                self._rest = memoryview(_wait_for(self._body.more(), self._loop))
            except OSError as error:
                self.trouble = error
                raise
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _wait_for(work: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
    """What the loop makes of `work`, from a thread. Raises _Gone when that takes too long."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result(2 * PATIENCE_S)
    except TimeoutError:
        future.cancel()
        raise _Gone from None


async def _sent(send: Send, message: dict[str, Any]) -> None:
    """`send` gives something to wait for, of the loop in which it is called, and no coroutine."""
    await send(message)


def _part(octets: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": octets, "more_body": True}


async def _send_kept(kept: SpooledTemporaryFile[bytes], body: _Body, send: Send) -> None:
    """Raises _Gone for who has left, and for who takes nothing for so long."""
    gone = asyncio.ensure_future(body.gone()) if body.is_whole else None
    try:
        with kept:
            while piece := kept.read(_PIECE):
                if gone is not None and gone.done():
                    raise _Gone
                async with asyncio.timeout(2 * PATIENCE_S):
                    await send(_part(piece))
        await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        raise _Gone from None
    finally:
        if gone is not None:
            gone.cancel()


def _in_pieces(answer: Iterable[bytes]) -> Iterator[bytes]:
    """The answer in pieces of about _PIECE octets, at most: each costs a turn of the loop."""
    if isinstance(answer, list):
        yield b"".join(answer)
        return
    held, size = [], 0
    for piece in answer:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _environ(scope: Scope) -> dict[str, Any]:
    """PEP 3333, of an ASGI scope. The path is that of the octets sent; names with _ could be mistaken for others."""
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        if key in environ:  # RFC 9113, section 8.2.3: a cookie in parts
            text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    return environ


async def _tell(refusal: _Refused, send: Send) -> None:
    told = f"{refusal.why}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(told)).encode()),
        (b"connection", b"close"),
        *([(b"retry-after", b"10")] if refusal.status == 503 else []),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": told})
