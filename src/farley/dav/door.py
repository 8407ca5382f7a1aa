"""The way in: who asks, by app password or token alone, and which method it is for.

It stands before sessions, languages and forms: a device has none of them.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from typing import Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from farley.accounts import throttling
from farley.accounts.devices import DeviceTrouble, SignedIn, note_trouble, recognise, sign_in, sign_in_by_token
from farley.accounts.logins import address_of
from farley.database.trouble import Trouble, trouble_of
from farley.dav.addresses import BASE, MAX_PATH, WELL_KNOWN
from farley.dav.copying import copy, move
from farley.dav.errors import DavError
from farley.dav.mkcol import mkcalendar, mkcol
from farley.dav.names import CALDAV, CARDDAV, DAV
from farley.dav.programs import named, reads
from farley.dav.propfind import propfind
from farley.dav.proppatch import proppatch
from farley.dav.put import delete, put
from farley.dav.reading import COMPLIANCE, allowed, get, options
from farley.dav.report import report
from farley.dav.request import DavRequest

Response = Callable[[HttpRequest], HttpResponseBase]
Method = Callable[[DavRequest], HttpResponseBase]

_METHODS: Final[dict[str, Method]] = {
    "OPTIONS": options,
    "GET": get,
    "HEAD": get,
    "PUT": put,
    "DELETE": delete,
    "MKCALENDAR": mkcalendar,
    "MKCOL": mkcol,
    "COPY": copy,
    "MOVE": move,
    "PROPFIND": propfind,
    "PROPPATCH": proppatch,
    "REPORT": report,
}
_WRITES: Final = frozenset({"PUT", "DELETE", "COPY", "MOVE"})
_TROUBLES: Final = {  # what a device was refused, for its owner to see: few programs show it
    f"{CARDDAV}max-resource-size": DeviceTrouble.Code.TOO_LARGE,
    f"{CARDDAV}valid-address-data": DeviceTrouble.Code.NOT_A_CARD,
    f"{CARDDAV}supported-address-data": DeviceTrouble.Code.NOT_A_CARD,
    f"{CARDDAV}no-uid-conflict": DeviceTrouble.Code.UID_TAKEN,
    f"{CALDAV}max-resource-size": DeviceTrouble.Code.TOO_LARGE,
    f"{CALDAV}valid-calendar-data": DeviceTrouble.Code.NOT_A_CARD,
    f"{CALDAV}valid-calendar-object-resource": DeviceTrouble.Code.NOT_A_CARD,
    f"{CALDAV}supported-calendar-data": DeviceTrouble.Code.NOT_A_CARD,
    f"{CALDAV}supported-calendar-component": DeviceTrouble.Code.NOT_A_CARD,
    f"{CALDAV}no-uid-conflict": DeviceTrouble.Code.UID_TAKEN,
    f"{DAV}need-privileges": DeviceTrouble.Code.READ_ONLY,
}
_ROOTS: Final = ("/", "*")  # the second: of the server as a whole, RFC 9110 §9.3.7
_AT_ROOT: Final = frozenset({"PROPFIND", "OPTIONS"})  # of "/", where some clients begin; the rest is the pages'
_HOW_TO_SIGN_IN = (
    "Sign in with your name and an app password. Make one on your account page, under devices; the password of the"
    " account itself is not taken here.\n"
)
RETRY_AFTER_S = 60
log = logging.getLogger(__name__)


class DavDoor:
    """Middleware that answers what is for CardDAV and CalDAV and hands everything else on."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path.rstrip("/") in WELL_KNOWN:
            return HttpResponse(status=301, headers={"Location": BASE})
        if path.startswith(BASE) or path == BASE.rstrip("/") or (path in _ROOTS and request.method in _AT_ROOT):
            return answer(request)
        return self.get_response(request)


def answer(request: HttpRequest) -> HttpResponseBase:
    """The answer to one request of a device, whatever goes wrong."""
    response: HttpResponseBase
    try:
        request.get_host()
        response = _answered(request)
    except DavError as error:
        response = error.response()
    except DisallowedHost:
        response = DavError(400, text="This server has another name.").response()
    except Exception as error:
        log.exception("a request of a device failed: %s", request.method)
        response = _failed(trouble_of(error)).response()
    if isinstance(response, HttpResponse):
        if response.status_code not in (204, 304):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        if not response.content:
            del response["Content-Type"]  # of nothing
    vars(response)["_has_been_logged"] = (
        True  # else Django warns of each challenge, and of what clients look up in vain
    )
    response["DAV"] = COMPLIANCE
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _failed(trouble: Trouble | None) -> DavError:
    """A full disk is told as RFC 4331 §6 has it; programs try again after what 503 says."""
    if trouble is Trouble.FULL:
        return DavError(507, f"{DAV}sufficient-disk-space", "The disk of the server is full. Nothing was changed.")
    if trouble is not None:
        text = "The database of the server cannot be written now. Nothing was changed."
        return DavError(503, text=text, headers={"Retry-After": str(RETRY_AFTER_S)})
    return DavError(500, text="Farley made a mistake here. Its log says more.")


def _answered(request: HttpRequest) -> HttpResponseBase:
    signed_in = _signed_in(request)
    if len(request.META.get("PATH_INFO", "")) > MAX_PATH:
        raise DavError(414, text=f"An address has at most {MAX_PATH} octets.")
    dav = DavRequest(request, signed_in.actor, signed_in.user, signed_in.device)
    agent = dav.header("User-Agent")
    recognise(dav.device, named(agent), reads(agent))
    method = _METHODS.get(dav.method)
    if method is None:
        raise DavError(405, text="There is no such method here.", headers={"Allow": allowed(dav)})
    try:
        return method(dav)
    except DavError as error:
        if (code := _TROUBLES.get(error.condition)) and dav.method in _WRITES:
            note_trouble(dav.device, code)
        raise


def _signed_in(request: HttpRequest) -> SignedIn:
    """Who asks. Raises DavError: 401 with a challenge, 429 for whoever guesses too often.

    An app password is looked up by its hash and cannot be guessed: 32 random bytes, like a token. So a right one is let
    in whatever was counted, and not counted itself, for counting writes. Wrong ones are counted to be quiet about them,
    apart from guesses at the account's password: a telephone that goes on with a removed one locks nobody out of the
    pages.
    """
    scheme, _, sent = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    address = address_of(request)
    if scheme.lower() == "bearer":
        found, guessed = sign_in_by_token(sent.strip(), address), "tokens"
    elif scheme.lower() == "basic" and (typed := _credentials(sent)):
        found, guessed = sign_in(*typed, address), f"devices of {typed[0]}"
    else:
        raise _challenge()
    if found is not None:
        return found
    verdict = throttling.guess(guessed, address)
    if verdict.is_refused:
        headers = {"Retry-After": str(verdict.retry_after_s)}
        raise DavError(429, text="Too many attempts with a wrong password.", headers=headers)
    raise _challenge()


def _credentials(encoded: str) -> tuple[str, str] | None:
    """Name and password of RFC 7617, in UTF-8 or, from older programs, Latin-1."""
    try:
        octets = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def _challenge() -> DavError:
    """Of the two ways the one that people type; some programs give up where a challenge names one they do not know."""
    return DavError(
        401, text=_HOW_TO_SIGN_IN.strip(), headers={"WWW-Authenticate": 'Basic realm="Farley", charset="UTF-8"'}
    )
