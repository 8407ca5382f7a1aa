"""Signing in and out, and the first account of a new server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from farley import __version__
from farley.accounts import first_run, throttling
from farley.accounts.actor import NOBODY
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.logins import address_of
from farley.accounts.models import User
from farley.accounts.signing_in import sign_in
from farley.spaces.operations import NameTaken, NotTheFirst, add_person
from farley.web.accounts.entrance import login_context, too_many_attempts
from farley.web.shell.navigation import back


@dataclass(slots=True)
class SetupField:
    """One question of the first form."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    value: str = ""
    error: str = ""
    is_half: bool = False
    is_plain: bool = False


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in by name or e-mail address."""
    if request.user.is_authenticated:
        return back(request, settings.LOGIN_REDIRECT_URL)
    if first_run.is_open():
        return redirect("setup")
    form = request.POST
    context = login_context(request)
    if request.method == "GET":
        return render(request, "gate/login.html", context)
    username, address = form.get("username", "").strip(), address_of(request)
    verdict = throttling.guess(username, address)
    if verdict.is_refused:
        if verdict.is_first_refusal:
            note(Verb.LOGIN_THROTTLED, by=NOBODY, door=Door.WEB, address=address)
        return _too_often(request, context, verdict.retry_after_s)
    user = auth.authenticate(request, username=username, password=form.get("password", ""))
    if user is None:
        context["problem"] = gettext("Name and password do not belong together. The password is case-sensitive.")
        return render(request, "gate/login.html", context, status=422)
    throttling.forget(username, address)
    target = back(request, settings.LOGIN_REDIRECT_URL)["Location"]
    return sign_in(request, user, method="password", target=target, remember=context["remember"])


def _too_often(request: HttpRequest, context: dict[str, Any], retry_after_s: int) -> HttpResponse:
    context["problem"] = too_many_attempts(retry_after_s)
    answer = render(request, "gate/login.html", context, status=429)
    answer["Retry-After"] = str(retry_after_s)
    return answer


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Out; and the browser forgets the pages and drafts that it kept."""
    auth.logout(request)
    response = redirect("login")
    response.headers["Clear-Site-Data"] = '"storage"'  # heard over TLS and on the machine itself; script does it, too
    return response


@login_not_required
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first administrator; asks for the printed code unless the browser runs on this very machine."""
    if not first_run.is_open():
        return redirect("login")
    fields = _setup_fields(request)
    problem, status = "", 200
    if request.method == "POST":
        try:
            user = _first_person(request, fields)
        except NotTheFirst:
            user, status = None, 409
            problem = gettext("Somebody else has just made the first account. Ask them for one of your own.")
        if user is not None:
            return sign_in(request, user, method="password", target=reverse("import"))
        if not problem:
            problem, status = gettext("The account was not made. Please look at the marked answers."), 422
    focused = next((field for field in fields if field.error), fields[0])
    context = {"fields": fields, "focused": focused, "problem": problem, "version": __version__}
    return render(request, "gate/setup.html", context, status=status)


def _setup_fields(request: HttpRequest) -> list[SetupField]:
    fields = [
        SetupField("full_name", gettext("Your name"), autocomplete="name", is_half=True),
        SetupField(
            "name",
            gettext("Name to sign in with"),
            autocomplete="username",
            hint=gettext("Lower-case letters and digits, for example “ada”."),
            is_half=True,
            is_plain=True,
        ),
        SetupField("email", gettext("E-mail address"), "email", "email", is_half=True, is_plain=True),
        SetupField(
            "password",
            gettext("Password"),
            "password",
            "new-password",
            password_validators_help_texts()[1],
            is_half=True,
        ),
    ]
    if first_run.needs_code(request.META, request.get_host()):
        hint = gettext("It stands in the output of “farley serve”.")
        fields.append(SetupField("code", gettext("One-time code"), hint=hint, is_plain=True))
    for field in fields:
        if field.kind != "password":
            field.value = request.POST.get(field.name, "")[:254]
    return fields


def _first_person(request: HttpRequest, fields: list[SetupField]) -> User | None:
    """The new administrator, or None with the reasons in `fields`. Raises NotTheFirst."""
    by_name = {field.name: field for field in fields}
    password = request.POST.get("password", "")
    for field in fields:
        if not request.POST.get(field.name, "").strip():
            field.error = gettext("Please answer this.")
        elif field.name in ("full_name", "name", "email"):
            try:
                getattr(User, field.name).field.clean(field.value.strip(), None)
            except ValidationError as error:
                field.error = " ".join(error.messages)
    if "code" in by_name:
        if throttling.guess("first administrator", address_of(request)).is_refused:
            by_name["code"].error = gettext("Too many attempts. Try again in a quarter of an hour.")
        elif not first_run.is_valid(request.POST.get("code", "")):
            by_name["code"].error = gettext("This is not the code that the server printed last.")
    try:
        validate_password(password, User(name=by_name["name"].value, email=by_name["email"].value))
    except ValidationError as error:
        by_name["password"].error = " ".join(error.messages)
    if any(field.error for field in fields):
        return None
    try:
        user = add_person(
            by_name["name"].value.strip(),
            by_name["email"].value.strip(),
            password,
            is_admin=True,
            as_first=True,
            full_name=by_name["full_name"].value.strip()[:200],
            language=get_language() or "",
        )
    except NameTaken:
        by_name["name"].error = gettext("This name is taken.")
    except ValidationError as error:
        by_name["email" if error.code == "invalid" else "name"].error = " ".join(error.messages)
    else:
        return user
    return None
