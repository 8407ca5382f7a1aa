"""The accounts of the house, for administrators: who they are, closing one, opening it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from farley.accounts import resetting, second_factor
from farley.accounts.administering import set_office
from farley.accounts.closing import LastAdministrator
from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.calendars.sharing import CalendarLink
from farley.contacts.offboarding import HandedOver, Private, UnfitHeir, belongings_of, let_in, offboard
from farley.contacts.sharing import ShareLink
from farley.journal.models import Batch, Door
from farley.mirrors.models import Mirror
from farley.spaces.models import Space
from farley.spaces.operations import LastManager, NameTaken, add_person
from farley.web.accounts.people_photos import photo_url
from farley.web.accounts.security import asked_first
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

OPENING = ("reset-link", "reset-factor", "admin")  # ways into an account: an open screen is not enough for them


@dataclass(frozen=True, slots=True)
class AccountRow:
    name: str
    title: str
    email: str
    is_admin: bool
    is_active: bool
    last_login: datetime | None
    photo: str


@require_http_methods(["GET", "POST"])
def accounts(request: PageRequest) -> HttpResponse:
    """Everybody who has an account; 404 for all but administrators. POST: make one."""
    _require_administrator(request)
    problem = ""
    if request.method == "POST":
        made = _made(request, request.POST)
        if isinstance(made, User):
            toast(request, gettext("The account of {name} is made").format(name=made.display_name))
            return redirect("account-state", made.name)
        problem = made
    found = User.objects.order_by("-is_active", "full_name", "name")
    rows = [
        AccountRow(
            each.name,
            each.display_name,
            each.email,
            each.is_admin,
            each.is_active,
            each.last_login,
            photo_url(each.name, each.photo),
        )
        for each in found
    ]
    context = {"place": "accounts", "accounts": rows, "problem": problem, "typed": request.POST}
    return render(request, "instance/accounts.html", context, status=422 if problem else 200)


def _made(request: PageRequest, form: QueryDict) -> User | str:
    """A new account, which nobody can sign in to before they have set its password; or why there is none."""
    name, email, full_name = (form.get(field, "").strip() for field in ("name", "email", "full_name"))
    try:
        return add_person(
            name.lower(), email, None, full_name=full_name, is_admin="admin" in form, by=request.actor, door=Door.WEB
        )
    except NameTaken:
        return gettext("Somebody else, or a space, is called “{name}” already.").format(name=name.lower())
    except ValidationError as error:
        return " ".join(error.messages)


@never_cache
@require_http_methods(["GET", "POST"])
def account_state(request: PageRequest, name: str) -> HttpResponse:
    """GET: what closing the account would leave behind. POST: close it, or open it again."""
    _require_administrator(request)
    person: User = get_object_or_404(User, name=name)
    is_opening = request.method == "POST" and request.POST.get("act") in OPENING
    if is_opening and (first := asked_first(request, reverse("account-state", args=[name]))):
        warn(request, gettext("Nothing was done yet. Then press it once more."))
        return first
    if request.method == "POST" and request.POST.get("act") == "open":
        let_in(person, by=request.actor, door=Door.WEB)
        toast(request, gettext("{name} can sign in again").format(name=person.display_name))
        return redirect("account-state", name)
    if request.method == "POST" and request.POST.get("act") == "reset-factor":
        return _factor_reset(request, person)
    if request.method == "POST" and request.POST.get("act") in ("admin", "no-admin"):
        return _office_set(request, person, is_admin=request.POST["act"] == "admin")
    link = ""
    if request.method == "POST" and request.POST.get("act") == "reset-link" and person.is_active:
        link = resetting.make_link(person, by=request.actor, door=Door.WEB)
    problem = ""
    if request.method == "POST" and request.POST.get("act") == "close":
        problem = _closed(request, person)
        if not problem:
            return redirect("account-state", name)
    context = {
        "place": "accounts",
        "person": person,
        "is_self": person.pk == request.user.pk,
        "belongings": belongings_of(person),
        "heirs": User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("full_name", "name"),
        "heir": request.POST.get("heir", ""),
        "private": request.POST.get("private", Private.KEEP),
        "problem": problem,
        "link": request.build_absolute_uri(reverse("reset", args=[link])) if link else "",
        "has_factor": second_factor.is_set_up(person),
        "ending": _ending_with(person),
    }
    return render(request, "instance/account.html", context, status=422 if problem else 200)


def _office_set(request: PageRequest, person: User, *, is_admin: bool) -> HttpResponse:
    try:
        set_office(person, is_admin, by=request.actor, door=Door.WEB)
    except LastAdministrator:
        warn(request, gettext("This is the last administrator. Make somebody else one first."))
    else:
        text = gettext("{name} is an administrator now") if is_admin else gettext("{name} is no administrator any more")
        toast(request, text.format(name=person.display_name))
    if person == request.user and not is_admin:
        return redirect("contacts")
    return redirect("account-state", person.name)


def _ending_with(person: User) -> list[str]:
    """What works in somebody's right, and so ends with their account."""
    now = timezone.now()
    shared = ShareLink.objects.filter(made_by=person, revoked_at=None, expires_at__gt=now).count()
    shared += CalendarLink.objects.filter(made_by=person, revoked_at=None).count()
    devices = Device.objects.filter(user=person).count()
    mirrors = Mirror.objects.filter(user=person, removed_at=None).exclude(space__kind=Space.Kind.PRIVATE).count()
    told = (
        (devices, ngettext("{count} device or token", "{count} devices and tokens", devices)),
        (shared, ngettext("{count} link to a contact or calendar", "{count} links to contacts and calendars", shared)),
        (
            mirrors,
            ngettext(
                "{count} mirror of an address book, until another manager saves it with an account of theirs",
                "{count} mirrors of address books, until another manager saves them with an account of theirs",
                mirrors,
            ),
        ),
    )
    return [text.format(count=count) for count, text in told if count]


def _factor_reset(request: PageRequest, person: User) -> HttpResponse:
    """For somebody who lost theirs: the next log-in asks for the password alone, or has a new one set up."""
    resetting.reset_second_factor(person, by=request.actor, door=Door.WEB)
    toast(request, gettext("The second factor of {name} is gone").format(name=person.display_name))
    return redirect("account-state", person.name)


def _closed(request: PageRequest, person: User) -> str:
    """Close the account as the form says; return why it was not closed, or nothing."""
    private = Private.HAND_OVER if request.POST.get("private") == Private.HAND_OVER else Private.KEEP
    heir = User.objects.filter(name=request.POST.get("heir", ""), is_active=True).first()
    try:
        done = offboard(person, heir=heir, private=private, by=request.actor, door=Door.WEB)
    except LastAdministrator:
        return gettext("This is the last administrator. Make somebody else one first.")
    except LastManager as error:
        return gettext("Nobody else manages “{space}”. Choose who takes over.").format(space=error.space.title)
    except UnfitHeir:
        return gettext("Choose who takes over: somebody else whose account is open.")
    toast(request, gettext("The account of {name} is closed").format(name=person.display_name))
    if done.batch is not None:
        _tell(request, done)
    return ""


def _tell(request: PageRequest, done: HandedOver) -> None:
    text = ngettext("{count} contact has another owner", "{count} contacts have another owner", done.owned)
    undoable = Batch.objects.undoable_by(request.actor).filter(pk=done.batch.pk).first() if done.batch else None
    toast(request, text.format(count=done.owned), undoes=undoable)


def _require_administrator(request: PageRequest) -> None:
    if not request.user.is_admin:
        raise Http404("not an administrator")
