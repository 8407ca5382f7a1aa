"""Signing in, whichever way: who somebody is, then what else is asked of them, then the session.

The steps are django-allauth's: what is pending lies in a session that nobody is logged in to, so whoever has not passed
every step reaches no page.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login, stash_login
from allauth.account.models import Login
from allauth.account.stages import LoginStage, LoginStageController
from allauth.usersessions.models import UserSession
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from farley.accounts import second_factor, sessions
from farley.accounts.doors import Door
from farley.accounts.logins import address_of
from farley.accounts.models import User

REMEMBER_S = 60 * 60 * 24 * 30
FRESH_S = 600  # so long somebody who signed in or proved it again may change how they sign in
FACTOR = "mfa"  # how records of it call a second factor
_REMEMBER = "farley_remember"


class Step(LoginStage):  # type: ignore[misc] # allauth has no types
    """Something that is asked between the password and the session. `urlname` is its page."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user: User | None = self.login.user
        if user is None or not self.is_asked_of(user):
            return None, True
        self.login.state["password"] = user.get_session_auth_hash()
        return redirect(str(self.urlname)), True

    def is_asked_of(self, user: User) -> bool:
        raise NotImplementedError

    def keep(self) -> None:
        """Remember what `state` holds until the next request."""
        stash_login(self.request, self.login)

    def pass_by(self, method: str) -> HttpResponse:
        """Somebody did what was asked: go on."""
        record_authentication(self.request, self.login.user, method)
        response: HttpResponse = self.exit()
        return response


class FactorStep(Step):
    """Show the second factor, where one is set up and the log-in did not begin with a passkey."""

    key = "second_factor"
    urlname = "login-code"

    def is_asked_of(self, user: User) -> bool:
        return second_factor.is_set_up(user) and not has_shown_factor(self.request, user)


class SetUpStep(Step):
    """Set a second factor up, where this house asks for one and the person has none."""

    key = "set_up"
    urlname = "login-set-up"

    def is_asked_of(self, user: User) -> bool:
        return second_factor.is_required_of(user) and not has_shown_factor(self.request, user)


def pending(request: HttpRequest, kind: type[Step]) -> Step | None:
    """The step that somebody stands at, if it is of this kind; with `login.user`, who is not signed in yet.

    None when it took too long, when the account was closed or its password changed meanwhile.
    """
    if request.user.is_authenticated:
        return None
    step = LoginStageController.enter(request, kind.key)
    if not isinstance(step, kind):
        return None
    user = step.login.user
    if user is None or not user.is_active or user.get_session_auth_hash() != step.login.state.get("password"):
        clear_login(request)
        return None
    return step


def has_shown_factor(request: HttpRequest, user: User) -> bool:
    """Whether a second factor is part of this session."""
    return any(record.get("method") == FACTOR for record in get_authentication_records(request, user))


def is_fresh(request: HttpRequest, user: User) -> bool:
    """Whether somebody proved lately, in this session, to be `user`."""
    return any(time.time() - record["at"] < FRESH_S for record in get_authentication_records(request, user))


def renew(request: HttpRequest, user: User, method: str) -> None:
    """Somebody who is signed in proved it again."""
    record_authentication(request, user, method)


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


def keep_this_session(request: HttpRequest, user: User) -> None:
    """The password changed: all sessions of `user` end but this one, which gets another key."""
    auth.update_session_auth_hash(request, user)
    sessions.end_all(user, by=user.actor, door=Door.WEB)
    UserSession.objects.create_from_request(request)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """What django-allauth asks of Farley. It sends no mail and shows no messages of its own."""

    def get_login_stages(self) -> list[str]:
        return ["farley.accounts.signing_in.FactorStep", "farley.accounts.signing_in.SetUpStep"]

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
