"""Answers of many parts: whole where they are small, else sent while they are made."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import chain

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from farley.dav.errors import XML
from farley.dav.names import opening
from farley.dav.request import DavRequest

AT_ONCE = 512 * 1024  # characters: what is longer is streamed, and an error in it cannot change its status any more
_PIECE = 128 * 1024
_BEFORE = f'<?xml version="1.0" encoding="utf-8"?>\n{opening("d:multistatus")}'
_AFTER = "</d:multistatus>"
log = logging.getLogger(__name__)


def multistatus(dav: DavRequest, parts: Iterable[str]) -> HttpResponseBase:
    """207 with these responses (and what else stands in it), flat in memory however many there are."""
    rest = iter(parts)
    begun, size = [_BEFORE], 0
    answer: HttpResponseBase
    for part in rest:
        begun.append(part)
        size += len(part)
        if size > AT_ONCE:
            answer = StreamingHttpResponse(_pieces(chain(begun, rest, [_AFTER])), status=207, content_type=XML)
            break
    else:
        answer = HttpResponse("".join([*begun, _AFTER]), status=207, content_type=XML)
    applied = [*(["return=minimal"] if dav.is_minimal else []), *(["depth-noroot"] if dav.is_rootless else [])]
    if applied:
        answer["Preference-Applied"] = ", ".join(applied)
    return answer


def _pieces(parts: Iterator[str]) -> Iterator[bytes]:
    gathered, size = [], 0
    try:
        for part in parts:
            gathered.append(part)
            size += len(part)
            if size > _PIECE:
                yield "".join(gathered).encode()
                gathered, size = [], 0
    except Exception:
        log.exception("a multistatus ended half-way")
        raise
    yield "".join(gathered).encode()
