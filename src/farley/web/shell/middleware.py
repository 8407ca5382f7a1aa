"""Who asks, in which language and in which time zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from farley.accounts import second_factor, sessions
from farley.accounts.actor import NOBODY
from farley.accounts.models import User
from farley.accounts.signing_in import has_shown_factor
from farley.journal.undo import NoSuchBatch
from farley.spaces.operations import NoSuchSpace, NotAllowed
from farley.web.shell.errors import bad_request, not_allowed, not_found, wrong_method

LANGUAGE_COOKIE = "farley_language"
Response = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Answers in the language chosen before log-in, else in the one the browser asks for."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or language)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ("Accept-Language", "Cookie", "HX-Request"))
        return response


class HeadMiddleware:
    """Answers HEAD as GET is answered, without the body. RFC 9110 §9.3.2."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"  # each page says what it takes, and none means less by this than by GET
        response: HttpResponseBase = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()  # what was to be sent is closed with the response
        elif isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response


class ActorMiddleware:
    """Puts `actor` on the request, and takes language and time zone from the profile of whoever is logged in."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user = get_user(request)  # itself, not what looks it up: pages ask it a hundred times
        if isinstance(user, User) and second_factor.is_required_of(user) and not has_shown_factor(request, user):
            auth.logout(request)  # it was asked for after this session began
            user = request.user
        if not isinstance(user, User):
            vars(request)["actor"] = NOBODY
            return self._answer(request)
        sessions.seen(request)
        vars(request)["actor"] = user.actor
        if user.language:
            translation.activate(user.language)  # LanguageMiddleware puts back what was before
            request.LANGUAGE_CODE = user.language
        with timezone.override(_zone(user.time_zone)):
            return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """The answer; Django's for a wrong method is an empty page."""
        response = self.get_response(request)
        return wrong_method(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """Refuse a NUL in what was typed: no text holds one, and PostgreSQL breaks on it."""
        sent = (text for query in (request.GET, request.POST) for _, texts in query.lists() for text in texts)
        return bad_request(request) if any("\0" in str(text) for text in sent) else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What the domain refuses, as the pages say it; anything else fails loudly."""
        if isinstance(exception, NotAllowed):
            return not_allowed(request, exception)
        if isinstance(exception, NoSuchSpace | NoSuchBatch):
            return not_found(request, exception)
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a zone that this machine's tables do not know (any more)
        return ZoneInfo("UTC")
