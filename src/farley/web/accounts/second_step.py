"""Between the password and the pages: the second factor, or setting one up; and a passkey instead of both."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from farley import __version__
from farley.accounts import passkeys, second_factor, throttling
from farley.accounts.actor import NOBODY
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.logins import address_of
from farley.accounts.models import User
from farley.accounts.passkeys import PasskeyRefused, TooManyPasskeys
from farley.accounts.second_factor import TooManyGuesses, WrongCode
from farley.accounts.signing_in import FACTOR, FactorStep, SetUpStep, Step, pending, sign_in
from farley.web.accounts.entrance import login_context, too_many_attempts
from farley.web.contacts.codes import qr_code
from farley.web.shell.navigation import back

_SECRET = "farley_new_app"  # noqa: S105 -- where a session keeps the app's secret, encrypted, until it is confirmed


@login_not_required
@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask who gave the right password for a code or a passkey."""
    step = pending(request, FactorStep)
    if step is None:
        return redirect("login")
    user, problem, status = step.login.user, "", 200
    if request.method == "POST":
        try:
            _show(request, user)
        except TooManyGuesses as error:
            problem, status = too_many_attempts(error.retry_after_s), 429
        except (WrongCode, PasskeyRefused) as error:
            problem, status = refusal(error), 422
            note(Verb.LOGIN_FAILED, by=NOBODY, door=Door.WEB, about=user, address=address_of(request))
        else:
            return step.pass_by(FACTOR)
    factors = second_factor.factors_of(user)
    context = {
        "version": __version__,
        "problem": problem,
        "has_app": factors.app is not None,
        "has_codes": bool(factors.codes_left),
        "options": json.dumps(passkeys.to_get(user)) if factors.passkeys else "",
    }
    return render(request, "gate/code.html", context, status=status)


@login_not_required
@never_cache
@sensitive_post_parameters("code", "credential")
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def login_set_up(request: HttpRequest) -> HttpResponse:
    """Have somebody set up the second factor that this house asks for; the answer shows the recovery codes once."""
    step = pending(request, SetUpStep)
    if step is None:
        return redirect("login")
    user: User = step.login.user
    if request.method == "POST" and second_factor.is_set_up(user):
        return step.pass_by(FACTOR) if _is_new(step) else redirect("login")
    if request.method == "GET" and _is_new(step):
        return render(request, "gate/codes.html", {"version": __version__})
    context: dict[str, Any] = {"version": __version__}
    status = 200
    if request.method == "POST":
        try:
            codes = add_factor(request, user)
        except (WrongCode, PasskeyRefused, TooManyPasskeys) as error:
            context["problem"], status = refusal(error), 429 if isinstance(error, TooManyGuesses) else 422
        else:
            step.state["is_new"] = True
            step.keep()
            return render(request, "gate/codes.html", context | {"codes": codes})
    return render(request, "gate/set_up.html", context | new_factor(request, user), status=status)


def _is_new(step: Step) -> bool:
    """Whether the factor was set up in this very log-in."""
    return bool(step.state.get("is_new"))


@login_not_required
@never_cache
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
def login_passkey(request: HttpRequest) -> HttpResponse:
    """GET: the challenge for a passkey instead of name and password. POST: its answer."""
    if request.method == "GET":
        return JsonResponse(passkeys.to_get(None))
    if request.user.is_authenticated:
        return back(request, settings.LOGIN_REDIRECT_URL)
    address = address_of(request)
    guesser = f"passkey from {address}"  # whose it is, is not known yet: others come in as fast as they like
    verdict = throttling.guess(guesser, address)
    problem, status = "", 422
    if verdict.is_refused:
        problem, status = too_many_attempts(verdict.retry_after_s), 429
    else:
        try:
            user = passkeys.check(None, request.POST.get("credential", ""))
        except PasskeyRefused as error:
            problem = refusal(error)
            note(Verb.LOGIN_FAILED, by=NOBODY, door=Door.WEB, address=address)
        else:
            throttling.forget(guesser, address)
            target = back(request, settings.LOGIN_REDIRECT_URL)["Location"]
            return sign_in(request, user, method=FACTOR, target=target, remember="remember" in request.POST)
    return render(request, "gate/login.html", login_context(request) | {"problem": problem}, status=status)


def new_factor(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the pages that set up a factor show: the secret of a new app, and what a browser is to be asked for."""
    adapter = second_factor.FactorAdapter()
    if _SECRET not in request.session:
        request.session[_SECRET] = adapter.encrypt(second_factor.new_secret())
    secret = adapter.decrypt(request.session[_SECRET])
    return {
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "picture": qr_code(second_factor.address_of_secret(user, secret), gettext("QR code for the app")),
        "options": json.dumps(passkeys.to_create(user)),
    }


@sensitive_variables("secret")
def add_factor(request: HttpRequest, user: User) -> list[str]:
    """Add the app or the passkey that the form speaks of; return new recovery codes, if it is the first factor.

    Raises WrongCode, PasskeyRefused, TooManyPasskeys.
    """
    if "credential" in request.POST:
        name = request.POST.get("name", "").strip() or gettext("Passkey")
        return passkeys.add(user, name, request.POST["credential"], by=user.actor, door=Door.WEB)
    encrypted = request.session.get(_SECRET, "")
    if not encrypted:
        raise WrongCode
    secret = second_factor.FactorAdapter().decrypt(encrypted)
    code = request.POST.get("code", "")
    codes = second_factor.add_app(user, secret, code, address_of(request), by=user.actor, door=Door.WEB)
    del request.session[_SECRET]
    return codes


def refusal(error: Exception) -> str:
    """Why a factor was not taken, for the person."""
    match error:
        case TooManyGuesses():
            return too_many_attempts(error.retry_after_s)
        case WrongCode():
            return gettext("This code is not right, or was used already. Wait for the next one and type that.")
        case TooManyPasskeys():
            return gettext("There are %(limit)s passkeys. Remove one first.") % {"limit": passkeys.MAX_PASSKEYS}
    return gettext("This passkey was not accepted. Try once more, or choose another way.")


def _show(request: HttpRequest, user: User) -> None:
    """Raises WrongCode, PasskeyRefused."""
    if "credential" in request.POST:
        passkeys.check(user, request.POST["credential"])
    else:
        second_factor.check_code(user, request.POST.get("code", ""), address_of(request), door=Door.WEB)
