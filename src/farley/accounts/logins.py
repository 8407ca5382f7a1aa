"""Who signed in, who signed out, who could not: noted in the instance journal, whichever way they came.

By Django's own signals, which every way of signing in passes: a password, a passkey, single sign-on.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from farley.accounts.actor import NOBODY
from farley.accounts.authentication import account_called
from farley.accounts.doors import Door
from farley.accounts.events import MAX_ADDRESS, Verb, note
from farley.accounts.models import User


def address_of(request: HttpRequest | None) -> str:
    """The address somebody comes from; behind a proxy that is trusted, the one the proxy added last."""
    if request is None:
        return ""
    if settings.CONFIGURATION.trust_proxy and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR", "")):
        return str(forwarded).rpartition(",")[2].strip()[:MAX_ADDRESS]
    return str(request.META.get("REMOTE_ADDR", ""))[:MAX_ADDRESS]


def watch() -> None:
    """Called once by AppConfig.ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="farley")
    user_logged_out.connect(_signed_out, dispatch_uid="farley")
    user_login_failed.connect(_failed, dispatch_uid="farley")


def _signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    note(Verb.LOGGED_IN, by=user.actor, door=Door.WEB, address=address_of(request))


def _signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None:
        note(Verb.LOGGED_OUT, by=user.actor, door=Door.WEB, address=address_of(request))


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Of a name that no account has, nothing is kept: people type their password there by mistake."""
    user = account_called(str(credentials.get("username") or ""))
    note(Verb.LOGIN_FAILED, by=NOBODY, door=Door.WEB, about=user, address=address_of(request))
