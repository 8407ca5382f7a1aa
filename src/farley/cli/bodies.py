"""Bodies that are still on their way hold few of the threads that answer: who sends slowly keeps no reader waiting.

The web server hands a request on with its headers; reading the body then holds the thread for as long as the client
likes, and nothing can end that. So not all threads read at a time, and who finds no place is told to come again.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

PATIENCE_S = 0.5  # bodies that are there are read in far less
_REFUSED = b"Others are sending at this moment. Try again soon.\n"
_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_REFUSED))),
    ("Retry-After", "10"),
]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class NoPlace(OSError):
    """Too many bodies are on their way."""


class Bodies:
    """A WSGI application of whose requests `places` read their bodies at a time.

    For one too many the answer is 503, whatever `application` makes of a body that cannot be read.
    """

    def __init__(self, application: Application, places: int) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(places)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH") in (None, "", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._application(environ, start_response)
        body = _Body(environ["wsgi.input"], self._places)
        environ["wsgi.input"] = io.BufferedReader(body, 64 * 1024)
        begun: list[tuple[Any, ...]] = []
        try:
            answer = self._application(environ, lambda *arguments: begun.append(arguments))
        finally:
            body.let_go()
        if not body.is_refused:
            start_response(*begun[-1])
            return answer
        if close := getattr(answer, "close", None):
            close()
        start_response("503 Service Unavailable", _HEADERS)
        return [_REFUSED]


class _Body(io.RawIOBase):
    """A body that is read only with a place; it keeps it to its end."""

    def __init__(self, stream: Any, places: threading.BoundedSemaphore) -> None:
        self._stream, self._places = stream, places
        self._has_place = False
        self.is_refused = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises NoPlace."""
        if not self._has_place:
            self._has_place = not self.is_refused and self._places.acquire(timeout=PATIENCE_S)
            self.is_refused = not self._has_place
        if self.is_refused:
            raise NoPlace
        octets = self._stream.read(len(buffer))
        buffer[: len(octets)] = octets
        if not octets:
            self.let_go()
        return len(octets)

    def let_go(self) -> None:
        if self._has_place:
            self._has_place = False
            self._places.release()
