"""Reading an address outside again and again: what it answers, unless it is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from farley.configuration import load
from farley.mirrors.reaching import Answer, Reach, Unreachable

MAX_ADDRESS: Final = 2000  # characters
PATIENCE_S: Final = 25.0  # of somebody who waits for the first answer
_STATUSES = {401: "login", 403: "forbidden", 404: "missing", 410: "gone", 429: "busy", 503: "busy"}
_MAX_MARK = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What an address answered, to be read within the `with`. `mark` tells this answer from another one."""

    answer: Answer
    host: str | None
    mark: str


def plain(address: str) -> str:
    """The address as it was typed, if it can be one. Raises Unreachable."""
    address = address.strip()
    is_odd = not address.isprintable() or not address.isascii() or "@" in urlsplit(address).netloc
    if len(address) > MAX_ADDRESS or is_odd:
        raise Unreachable("address")
    return address


@contextmanager
def asked(address: str, *, accept: str, mark: str = "", patience_s: float | None = None) -> Iterator[Reply | None]:
    """What the address answers; None where it is as `mark` says. Raises Unreachable, also while it is read."""
    headers = {"Accept": accept}
    if mark.startswith("etag "):
        headers["If-None-Match"] = mark.removeprefix("etag ")
    elif mark.startswith("date "):
        headers["If-Modified-Since"] = mark.removeprefix("date ")
    reach = Reach(address, "", "", load().mirror_networks, patience_s)
    try:
        with reach.ask("GET", address, headers=headers) as answer:
            if answer.status == 304 and mark:
                yield None
                return
            host = urlsplit(answer.url).hostname
            if answer.status != 200:
                code = _STATUSES.get(answer.status, "server" if answer.status >= 500 else "status")
                raise Unreachable(code, host=host, status=answer.status)
            etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
            found = f"etag {etag}" if etag else f"date {modified}" if modified else ""
            yield Reply(answer, host, found if len(found) <= _MAX_MARK else "")
    finally:
        reach.close()
