"""What is kept about people: everything about one in a file, erasing one, and how long spaces keep things."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.contacts import erasing, retaining
from farley.contacts.erasing import NotConfirmed
from farley.contacts.models import Contact
from farley.contacts.retaining import Kept, NoRetention, Retention
from farley.exchange import archive
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.contacts.people import name_of
from farley.web.contacts.record import attachment
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

CHUNK = 64 * 2**10  # octets


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a space keeps things, and what the rule would take away now."""

    name: str
    title: str
    deleted_days: int | None
    versions_days: int | None
    contacts: int
    others: int
    versions: int


@require_GET
def privacy(request: PageRequest) -> HttpResponse:
    """One's own data, and the rules of the spaces one manages."""
    spaces = list(Space.objects.managed_by(request.actor).order_by("kind", "title"))
    rules = {rule.space_id: rule for rule in Retention.objects.filter(space__in=spaces).select_related("space")}
    due = {kept.space.pk: kept for kept in retaining.retain(rules.values(), dry_run=True)}
    context = {
        "place": "privacy",
        "rules": [_rule(space, rules.get(space.pk), due.get(space.pk, Kept(space))) for space in spaces],
        "max_days": retaining.MAX_DAYS,
    }
    return render(request, "privacy/privacy.html", context)


@require_GET
def own_archive(request: PageRequest) -> StreamingHttpResponse:
    """Everything about one's own account."""
    write = partial(archive.write_account, user=request.user, by=request.actor, door=Door.WEB)
    return _download(write, f"{request.user.name}.zip")


@require_GET
def contact_archive(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Everything about a contact, as far as one may know it."""
    write = partial(archive.write_contact, contact=_known(request, pk), by=request.actor, door=Door.WEB)
    return _download(write, f"contact-{pk}.zip")


@require_http_methods(["GET", "POST"])
def erase_contact(request: PageRequest, pk: int) -> HttpResponse:
    """Erase a contact for good, once its name has been typed."""
    contact = _known(request, pk)
    require(contact.space, request.actor, Role.MANAGER)
    problem = ""
    if request.method == "POST":
        name = name_of(contact)
        try:
            erasing.erase(contact, confirmed=request.POST.get("name", ""), by=request.actor, door=Door.WEB)
        except NotConfirmed:
            problem = gettext("This is not the name. Nothing was erased.")
        else:
            toast(request, gettext("“{name}” was erased for good").format(name=name))
            return redirect("contacts")
    context = {"contact": contact, "confirmation": erasing.confirmation_of(contact), "problem": problem}
    return render(request, "privacy/erase.html", context, status=422 if problem else 200)


@require_POST
def retention(request: PageRequest, name: str) -> HttpResponse:
    """Say how long a space keeps what was deleted and replaced."""
    space: Space = get_object_or_404(Space.objects.visible_to(request.actor), name=name)
    try:
        retaining.set_rule(
            space,
            deleted_days=_days(request.POST.get("deleted_days", "")),
            versions_days=_days(request.POST.get("versions_days", "")),
            by=request.actor,
            door=Door.WEB,
        )
    except NoRetention:
        limit = retaining.MAX_DAYS
        warn(request, gettext("Nothing was changed: give days from 1 to {limit}, or nothing.").format(limit=limit))
    else:
        toast(request, gettext("Saved how long “{space}” keeps things").format(space=space.title))
    return redirect("privacy")


def _download(write: Callable[[IO[bytes]], None], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_octets(write), content_type="application/zip")
    response.headers["Content-Disposition"] = attachment(name)
    return response


def _octets(write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """What `write` writes; nothing is begun, nor left over, where nobody reads it."""
    with tempfile.TemporaryFile() as file:
        write(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _known(request: PageRequest, pk: int) -> Contact:
    known = Contact.objects.known_to(request.actor).select_related("space", "content", "owner", "organisation")
    found: Contact = get_object_or_404(known, pk=pk)
    return found


def _days(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise NoRetention
    return int(text)


def _rule(space: Space, rule: Retention | None, due: Kept) -> Rule:
    return Rule(
        space.name,
        space.title,
        rule.deleted_days if rule else None,
        rule.versions_days if rule else None,
        due.contacts,
        due.others,
        due.versions,
    )
