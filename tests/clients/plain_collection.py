"""A plain collection in front of an address book, for programs that put texts there: they travel as notes of cards."""

from __future__ import annotations

import base64
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COLLECTION = "/litmus/"  # that the program makes for itself, and is there
_OWN = frozenset({"connection", "content-length", "date", "expect", "server", "te", "transfer-encoding"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_at: str
    book: str
    authorization: str
    uids: dict[str, str]  # by path: what is put again has the one it had

    def log_message(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._pass_on
        raise AttributeError(name)

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == COLLECTION and self.command in ("DELETE", "MKCOL"):
            self._answer(204 if self.command == "DELETE" else 201, {}, b"")
            return
        headers = {name: text for name, text in self.headers.items() if name.lower() not in _OWN}
        headers["Authorization"] = self.authorization
        for name in {"Destination", "If"} & headers.keys():
            headers[name] = self._inside(headers[name])
        if self.command == "PUT":
            uid = self.uids.setdefault(self.path, f"text-{len(self.uids)}")
            body, headers["Content-Type"] = _card(uid, body), "text/vcard"
        connection = http.client.HTTPConnection(self.server_at, timeout=60)
        try:
            connection.request(self.command, self._inside(self.path), body, headers)
            answer = connection.getresponse()
            octets = answer.read()
        finally:
            connection.close()
        if self.command == "MOVE" and answer.status < 300:
            self.uids[f"moved from {self.path}"] = self.uids.pop(self.path)
        if self.command == "GET" and answer.status == 200:
            octets = base64.b64decode(octets.partition(b"\nNOTE:")[2].partition(b"\r\n")[0])
        told = {name: text for name, text in answer.getheaders() if name.lower() not in _OWN}
        self._answer(answer.status, told, octets.replace(self.book.encode(), COLLECTION.encode()))

    def _inside(self, address: str) -> str:
        return address.replace(COLLECTION, self.book, 1)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        with suppress(ConnectionError):  # it has read what it wants to know
            self.wfile.write(b"" if self.command == "HEAD" else body)


def _card(uid: str, text: bytes) -> bytes:
    lines = ("BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", "FN:A text")
    return "\r\n".join((*lines, f"NOTE:{base64.b64encode(text).decode()}", "END:VCARD", "")).encode()


@contextmanager
def plain_collection(server: str, book: str, authorization: str) -> Iterator[str]:
    """The address of the root in which the collection is. `server` is a host and its port, `book` a path."""
    bound = type("Bound", (_Handler,), {"server_at": server, "book": book, "authorization": authorization, "uids": {}})
    front = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    front.daemon_threads = True
    thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{front.server_address[1]}/"
    finally:
        front.shutdown()
        front.server_close()
        thread.join()
