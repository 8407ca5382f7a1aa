"""One's own account: name, address, language, looks, time zone, password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from farley.accounts import throttling
from farley.accounts.administering import EmailTaken, set_details
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.logins import address_of
from farley.accounts.models import User
from farley.accounts.signing_in import keep_this_session
from farley.database.turns import write_turn
from farley.web.accounts.people_photos import photo_url
from farley.web.accounts.security import asked_first
from farley.web.shell.context import KEYS_COOKIE, THEME_COOKIE
from farley.web.shell.middleware import LANGUAGE_COOKIE
from farley.web.shell.navigation import back
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

YEAR_S = 31_536_000
LOCAL_ZONES = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@dataclass(slots=True)
class AccountField:
    name: str
    label: str
    autocomplete: str
    hint: str = ""
    error: str = ""
    value: str = ""
    kind: str = "text"


@require_GET
def account(request: PageRequest) -> HttpResponse:
    return _page(request)


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Choose looks and language: on the profile of who is signed in, in a cookie before that."""
    chosen = {
        name: request.POST[name]
        for name in ("language", "theme", "density", "time_zone", "first_weekday")
        if name in request.POST
    }
    user = request.user
    response = back(request, "contacts")
    if request.POST.get("keys") in ("on", "off"):
        response.set_cookie(KEYS_COOKIE, request.POST["keys"], max_age=YEAR_S, samesite="Lax", httponly=True)
    if isinstance(user, User):
        _keep(user, chosen)
        if chosen.keys() & {"language"}:
            response.delete_cookie(LANGUAGE_COOKIE)
        return response
    if chosen.get("theme") in User.Theme.values:
        response.set_cookie(THEME_COOKIE, chosen["theme"], max_age=YEAR_S, samesite="Lax", httponly=True)
    if chosen.get("language") in dict(settings.LANGUAGES):
        response.set_cookie(LANGUAGE_COOKIE, chosen["language"], max_age=YEAR_S, samesite="Lax", httponly=True)
    return response


@require_POST
def profile(request: PageRequest) -> HttpResponse:
    """Change one's name, e-mail address and time zone, with looks and language; all of it or nothing.

    One signs in by the address, and links for a new password go to it: who changes it shows first that it is them.
    """
    fields = _profile_fields(request.user)
    for field in fields:
        field.value = request.POST.get(field.name, field.value).strip()
    full_name, email, time_zone = fields
    wanted = User(name=request.user.name, full_name=full_name.value, email=User.objects.normalize_email(email.value))
    for field in (full_name, email):
        try:
            getattr(User, field.name).field.clean(field.value, wanted)
        except ValidationError as error:
            field.error = " ".join(error.messages)
    if time_zone.value not in available_timezones():
        time_zone.error = gettext("No time zone has this name. Choose one of the list, for example Europe/Berlin.")
    if not any(field.error for field in fields):
        if wanted.email != request.user.email and (first := asked_first(request, reverse("account"))):
            warn(request, gettext("Nothing was saved yet. Then type the new address once more."))
            return first
        try:
            set_details(request.user, full_name=full_name.value, email=email.value, by=request.actor, door=Door.WEB)
        except EmailTaken:
            email.error = gettext("Another account has this e-mail address.")
    if any(field.error for field in fields):
        return _page(request, settings_typed=fields, status=422)
    _keep(request.user, request.POST.dict() | {"time_zone": time_zone.value})
    with override(request.user.language or get_language()):  # the next page speaks the language just chosen
        toast(request, gettext("Settings saved"))
    return redirect("account")


@require_POST
@sensitive_post_parameters()
def password(request: PageRequest) -> HttpResponse:
    """Change one's own password; other devices are signed out by it."""
    current, new, again = _password_fields()
    if throttling.guess(request.user.name, address_of(request)).is_refused:
        current.error = gettext("Too many attempts. Try again in a quarter of an hour.")
    elif not request.user.check_password(request.POST.get(current.name, "")):
        current.error = gettext("This is not your password.")
    typed = request.POST.get(new.name, "")
    try:
        validate_password(typed, request.user)
    except ValidationError as error:
        new.error = " ".join(error.messages)
    if typed != request.POST.get(again.name, ""):
        again.error = gettext("The two are not the same.")
    if current.error or new.error or again.error:
        return _page(request, passwords=[current, new, again], status=422)
    request.user.set_password(typed)
    with write_turn():
        request.user.save(update_fields=["password"])
        note(Verb.PASSWORD_CHANGED, by=request.actor, door=Door.WEB, address=address_of(request))
    throttling.forget(request.user.name, address_of(request))
    keep_this_session(request, request.user)
    toast(request, gettext("Your password was changed. Other devices have to sign in again."))
    return redirect("account")


def _keep(user: User, chosen: dict[str, str]) -> None:
    allowed: dict[str, Any] = {
        "language": ["", *dict(settings.LANGUAGES)],
        "theme": User.Theme.values,
        "density": User.Density.values,
        "time_zone": available_timezones(),
        "first_weekday": User.Weekday.values,
    }
    good = {name: value for name, value in chosen.items() if value in allowed.get(name, ())}
    for name, value in good.items():
        setattr(user, name, value)
    user.save(update_fields=list(good))


def _page(
    request: PageRequest,
    *,
    settings_typed: list[AccountField] | None = None,
    passwords: list[AccountField] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "place": "account",
        "user": request.user,
        "focused": next((field for field in (*(settings_typed or ()), *(passwords or ())) if field.error), None),
        "profile_fields": settings_typed or _profile_fields(request.user),
        "password_fields": passwords or _password_fields(),
        "zones": sorted(zone for zone in available_timezones() if zone.startswith(LOCAL_ZONES)),
        "photo": photo_url(request.user.name, request.user.photo),
        "weekdays": [(value, str(label)) for value, label in User.Weekday.choices],
        "themes": [
            (User.Theme.SYSTEM, gettext("Like the system"), gettext("Light or dark, as this device is set.")),
            (User.Theme.LIGHT, gettext("Light"), gettext("Warm paper, dark ink.")),
            (User.Theme.DARK, gettext("Dark"), gettext("For dim rooms.")),
        ],
        "densities": [
            (User.Density.DENSE, gettext("Dense"), gettext("More rows on a page.")),
            (User.Density.ROOMY, gettext("Roomy"), gettext("Higher rows, easier to hit.")),
        ],
    }
    return render(request, "account/account.html", context, status=status)


def _profile_fields(user: User) -> list[AccountField]:
    return [
        AccountField("full_name", gettext("Your name"), "name", value=user.full_name),
        AccountField("email", gettext("E-mail address"), "email", value=user.email, kind="email"),
        AccountField("time_zone", gettext("Time zone"), "off", value=user.time_zone),
    ]


def _password_fields() -> list[AccountField]:
    hint = gettext("At least 10 characters, and no common word.")
    return [
        AccountField("current", gettext("Password so far"), "current-password"),
        AccountField("password", gettext("New password"), "new-password", hint),
        AccountField("again", gettext("New password once more"), "new-password"),
    ]
