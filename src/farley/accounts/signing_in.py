"""Signing in, whichever way: who somebody is, then what else is asked of them, then the session.

The steps are django-allauth's: what is pending lies in a session that nobody is logged in to, so whoever has not passed
every step reaches no page.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from farley.accounts.logins import address_of
from farley.accounts.models import User

REMEMBER_S = 60 * 60 * 24 * 30
_REMEMBER = "farley_remember"


def sign_in(request: HttpRequest, user: User, *, method: str, target: str, remember: bool = False) -> HttpResponse:
    """Go on with somebody who proved to be `user`: to the next step, or signed in to `target`.

    `target` is a page of our own; the caller has seen to that. The session gets another key already here: one that
    somebody planted beforehand is not worth having.
    """
    record_authentication(request, user, method)
    request.session[_REMEMBER] = remember
    request.session.cycle_key()
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=target))
    return response


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """What django-allauth asks of Farley. It sends no mail and shows no messages of its own."""

    def get_login_stages(self) -> list[str]:
        return []

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("login")

    def post_login(self, request: HttpRequest, user: User, **hints: Any) -> HttpResponse:
        request.session.set_expiry(REMEMBER_S if request.session.pop(_REMEMBER, False) else 0)
        response: HttpResponse = super().post_login(request, user, **hints)
        return response

    def logout(self, request: HttpRequest) -> None:
        auth.logout(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say what happened in their own words."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The instance journal tells administrators; mail is sent to who asked for it."""
