"""How one signs in: second factor, passkeys, recovery codes, and where one is signed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import auth
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts import passkeys, second_factor, sessions, throttling
from farley.accounts.doors import Door
from farley.accounts.logins import address_of
from farley.accounts.passkeys import PasskeyRefused, TooManyPasskeys
from farley.accounts.second_factor import NoSuchFactor, StillRequired, TooManyGuesses, WrongCode
from farley.accounts.sessions import NoSuchSession, Signed
from farley.accounts.signing_in import FACTOR, is_fresh, renew
from farley.web.accounts.second_step import add_factor, new_factor, refusal
from farley.web.shell.navigation import back
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

View = Callable[..., HttpResponse]
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class ShownSession:
    title: str
    icon: str
    session: Signed


def freshly(view: View) -> View:
    """Only for who proved lately that they are themselves: an open screen is not enough to change how one signs in."""

    @wraps(view)
    def asked(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        target = request.get_full_path() if request.method == "GET" else reverse("security")
        return asked_first(request, target) or view(request, *args, **kwargs)

    return asked


def asked_first(request: PageRequest, target: str) -> HttpResponse | None:
    """To the page where one shows that it is oneself, which leads on to `target`; None for who did so lately."""
    if is_fresh(request, request.user):
        return None
    return redirect(f"{reverse('confirm')}?next={quote(target)}")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def confirm(request: PageRequest) -> HttpResponse:
    """Prove once more who one is, by password, code or passkey."""
    user = request.user
    factors = second_factor.factors_of(user)
    context = {
        "place": "account",
        "next": request.POST.get("next", "") or request.GET.get("next", ""),
        "has_password": user.has_usable_password(),
        "has_app": factors.app is not None,
    }
    status = 200
    if request.method == "POST":
        try:
            renew(request, user, _proved(request))
        except (WrongCode, PasskeyRefused) as error:
            context["problem"], status = refusal(error), 429 if isinstance(error, TooManyGuesses) else 422
        else:
            return back(request, "security")
        if "password" in request.POST and status == 422:
            context["problem"] = gettext("This is not your password.")
    context["options"] = json.dumps(passkeys.to_get(user)) if factors.passkeys else ""
    return render(request, "account/confirm.html", context, status=status)


def _proved(request: PageRequest) -> str:
    """By which way; raises WrongCode, PasskeyRefused."""
    user, address = request.user, address_of(request)
    if "credential" in request.POST:
        passkeys.check(user, request.POST["credential"])
        return FACTOR
    if "code" in request.POST:
        second_factor.check_code(user, request.POST["code"], address, door=Door.WEB)
        return FACTOR
    verdict = throttling.guess(user.name, address)
    if verdict.is_refused:
        raise TooManyGuesses(verdict.retry_after_s)
    if not user.check_password(request.POST.get("password", "")):
        raise WrongCode
    throttling.forget(user.name, address)
    return "password"


@never_cache
@require_GET
def security(request: PageRequest) -> HttpResponse:
    context = {
        "place": "account",
        "factors": second_factor.factors_of(request.user),
        "is_required": second_factor.is_required_of(request.user),
        "sessions": [_shown(each) for each in sessions.sessions_of(request.user, request)],
    }
    return render(request, "account/security.html", context)


@freshly
@never_cache
@sensitive_post_parameters("code", "credential")
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def new_second_factor(request: PageRequest) -> HttpResponse:
    """Add an app or a passkey; with the first one the answer shows the recovery codes, and nothing will again."""
    context: dict[str, Any] = {"place": "account"}
    status = 200
    if request.method == "POST":
        try:
            codes = add_factor(request, request.user)
        except (WrongCode, PasskeyRefused, TooManyPasskeys) as error:
            context["problem"], status = refusal(error), 429 if isinstance(error, TooManyGuesses) else 422
        else:
            renew(request, request.user, FACTOR)
            if codes:
                return render(request, "account/codes.html", context | {"codes": codes})
            toast(request, gettext("Added"))
            return redirect("security")
    return render(request, "account/new_factor.html", context | new_factor(request, request.user), status=status)


@freshly
@require_POST
def remove_factor(request: PageRequest, pk: int) -> HttpResponse:
    try:
        second_factor.remove(request.user, pk, by=request.actor, door=Door.WEB)
    except NoSuchFactor as gone:
        raise Http404("no such factor") from gone
    except StillRequired:
        warn(request, gettext("Add another way first: here nobody signs in without a second factor."))
    else:
        toast(request, gettext("Removed. It does not open your account any more."))
    return redirect("security")


@freshly
@never_cache
@require_POST
def recovery_codes(request: PageRequest) -> HttpResponse:
    """New codes in place of the old ones, shown once."""
    if not second_factor.is_set_up(request.user):
        raise Http404("no second factor")
    codes = second_factor.make_codes(request.user, by=request.actor, door=Door.WEB)
    return render(request, "account/codes.html", {"place": "account", "codes": codes})


@require_POST
def end_session(request: PageRequest, pk: int) -> HttpResponse:
    is_this = any(each.pk == pk and each.is_this for each in sessions.sessions_of(request.user, request))
    try:
        sessions.end(request.user, pk, by=request.actor, door=Door.WEB)
    except NoSuchSession as ended:
        raise Http404("no such session") from ended
    if is_this:
        auth.logout(request)
        return redirect("login")
    toast(request, gettext("Signed out there"))
    return redirect("security")


@require_POST
def end_sessions(request: PageRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    key = request.session.session_key
    count = sessions.end_all(request.user, except_key=key, by=request.actor, door=Door.WEB)
    text = ngettext("Signed out in {count} other place", "Signed out in {count} other places", count)
    toast(request, text.format(count=count))
    return redirect("security")


def _shown(session: Signed) -> ShownSession:
    browser = next((name for mark, name in BROWSERS if mark in session.agent), "")
    system = next((name for mark, name in SYSTEMS if mark in session.agent), "")
    icon = "smartphone" if system in ("iPhone", "iPad", "Android") else "monitor"
    return ShownSession(", ".join(filter(None, (browser, system))) or gettext("Unknown browser"), icon, session)
