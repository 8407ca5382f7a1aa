"""Signing in by the provider of the house: to it, and back from it."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from farley.accounts import single_sign_on, throttling
from farley.accounts.actor import NOBODY
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.logins import address_of
from farley.accounts.signing_in import FACTOR, sign_in
from farley.accounts.single_sign_on import NotConfigured, ProviderFailed, SignOnRefused
from farley.spaces.newcomers import NotLetIn, account_of
from farley.web.accounts.entrance import login_context
from farley.web.shell.navigation import back

log = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_GET
def sign_on(request: HttpRequest) -> HttpResponse:
    """To the provider."""
    if request.user.is_authenticated:
        return back(request, settings.LOGIN_REDIRECT_URL)
    target = back(request, settings.LOGIN_REDIRECT_URL)["Location"]
    server = settings.CONFIGURATION.url or f"{request.scheme}://{request.get_host()}"
    try:
        address = single_sign_on.begin(request, target, server + reverse("sso-callback"))
    except NotConfigured as error:
        raise Http404("no single sign-on") from error
    except ProviderFailed:
        log.exception("single sign-on: the provider failed")
        return _refused(request, gettext("The sign-in service does not answer. Try again in a moment."), 502)
    return HttpResponseRedirect(address)


@login_not_required
@never_cache
@require_GET
def signed_on(request: HttpRequest) -> HttpResponse:
    """Back from the provider."""
    if request.user.is_authenticated:
        return back(request, settings.LOGIN_REDIRECT_URL)
    try:
        identity, target = single_sign_on.complete(request)
        user = account_of(identity)
    except NotConfigured as error:
        raise Http404("no single sign-on") from error
    except ProviderFailed:
        log.exception("single sign-on: the provider failed")
        return _refused(request, gettext("The sign-in service does not answer. Try again in a moment."), 502)
    except (SignOnRefused, NotLetIn) as error:
        log.warning("single sign-on refused: %s", error)
        address = address_of(request)
        if not throttling.guess(f"single sign-on from {address}", address).is_refused:  # anybody can ask for this page
            note(Verb.LOGIN_FAILED, by=NOBODY, door=Door.WEB, address=address, by_single_sign_on=True)
        if isinstance(error, NotLetIn):
            return _refused(request, gettext("You have no account here. Ask an administrator for one."), 403)
        return _refused(request, gettext("Signing in was not finished. Please begin once more."), 403)
    return sign_in(request, user, method=FACTOR if identity.has_shown_factor else "single sign-on", target=target)


def _refused(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return render(request, "gate/login.html", login_context(request) | {"problem": problem}, status=status)
