"""A new password for who forgot theirs: asking for the link, and following it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from farley import __version__
from farley.accounts import resetting, throttling
from farley.accounts.logins import address_of
from farley.accounts.resetting import NoSuchReset
from farley.web.accounts.entrance import too_many_attempts
from farley.web.shell.toasts import toast


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. Whoever has no account is answered in the same words."""
    context = {"version": __version__, "has_mail": settings.CONFIGURATION.mail is not None}
    if request.method == "GET" or not context["has_mail"]:
        return render(request, "gate/ask_reset.html", context)
    typed, address = request.POST.get("username", "").strip()[:254], address_of(request)
    verdict = throttling.guess(f"reset {typed}", address)
    if verdict.is_refused:
        problem = too_many_attempts(verdict.retry_after_s)
        return render(request, "gate/ask_reset.html", context | {"problem": problem}, status=429)
    server = settings.CONFIGURATION.url or f"{request.scheme}://{request.get_host()}"
    resetting.ask(typed, get_language() or "", server, address)
    return render(request, "gate/ask_reset.html", context | {"is_sent": True, "minutes": resetting.VALID_MINUTES})


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, link: str) -> HttpResponse:
    """Set a new password. Links that do not open are all answered alike."""
    try:
        user = resetting.owner_of(link)
    except NoSuchReset as error:
        raise Http404("no such reset") from error
    context = {"version": __version__, "name": user.name}
    status = 200
    if request.method == "POST":
        typed = request.POST.get("password", "")
        try:
            validate_password(typed, user)
            resetting.reset_password(link, typed, address_of(request))
        except ValidationError as error:
            context["problem"], status = " ".join(error.messages), 422
        except NoSuchReset as error:
            raise Http404("no such reset") from error
        else:
            toast(request, gettext("The new password is set. Sign in with it."))
            return redirect("login")
    response = render(request, "gate/reset.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
