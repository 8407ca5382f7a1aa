"""What the ways in share: the log-in page, and what it says to who guesses."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import ngettext

from farley import __version__


def login_context(request: HttpRequest) -> dict[str, Any]:
    """What the log-in page shows, by whichever way somebody comes to it."""
    form, provider = request.POST, settings.CONFIGURATION.single_sign_on
    return {
        "version": __version__,
        "next": form.get("next", "") or request.GET.get("next", ""),
        "username": form.get("username", "")[:254],
        "remember": "remember" in form,
        "provider": provider.name if provider else "",
        "has_password_form": provider is None or provider.password_form or "password" in request.GET or bool(form),
    }


def too_many_attempts(retry_after_s: int) -> str:
    minutes = -(-retry_after_s // 60)
    text = ngettext(
        "Too many attempts. Try again in %(minutes)s minute.",
        "Too many attempts. Try again in %(minutes)s minutes.",
        minutes,
    )
    return text % {"minutes": minutes}
