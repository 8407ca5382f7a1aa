"""The access log of a space, for its managers: who had which contact before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.calendars.models import CalendarObject
from farley.contacts.models import Contact
from farley.journal.access import (
    DEFAULT_DAYS,
    EVERYTHING,
    MAX_DAYS,
    Access,
    AccessRule,
    Way,
    accesses,
    switch_off,
    switch_on,
)
from farley.journal.models import Noun
from farley.spaces.models import Space
from farley.spaces.operations import find, require_standing
from farley.web.contacts.people import name_of
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.instance import through

PAGE = 100
_ICONS = {Way.OPENED: "eye", Way.EXPORTED: "download", Way.SYNCED: "smartphone", Way.LINK_OPENED: "link"}


@dataclass(frozen=True, slots=True)
class ShownAccess:
    name: str
    url: str
    what: str
    icon: str
    by: str
    through: str
    at: datetime


@require_http_methods(["GET", "POST"])
def access_log(request: PageRequest, name: str) -> HttpResponse:
    """The log, newest first; the form switches it on and off."""
    space = find(name, by=request.actor)
    require_standing(space, request.actor, Role.MANAGER)
    if request.method == "POST":
        return _switched(request, space)
    accesses.flush()
    found = Access.objects.of(space, by=request.actor).select_related("user").order_by("-id")
    before = _number(request.GET.get("before", ""))
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    rule = AccessRule.objects.filter(space=space).first()
    context: dict[str, Any] = {
        "place": "spaces",
        "space": space,
        "is_on": rule is not None,
        "days": rule.days if rule else DEFAULT_DAYS,
        "max_days": MAX_DAYS,
        "accesses": _shown(request, rows[:PAGE]),
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
    }
    return render(request, "spaces/access.html", context)


def _switched(request: PageRequest, space: Space) -> HttpResponse:
    if "off" in request.POST:
        switch_off(space, by=request.actor, door=Door.WEB)
        toast(request, gettext("The access log is off, and what it kept is deleted."))
        return redirect("access-log", space.name)
    days = _number(request.POST.get("days", ""))
    if 1 <= days <= MAX_DAYS:
        switch_on(space, days, by=request.actor, door=Door.WEB)
        toast(request, gettext("The access log is on."))
    else:
        warn(request, gettext("Type a number of days from 1 to {limit}.").format(limit=MAX_DAYS))
    return redirect("access-log", space.name)


def _shown(request: PageRequest, rows: list[Access]) -> list[ShownAccess]:
    contacts = {row.subject for row in rows if row.noun == Noun.CONTACT}
    entries = {row.subject for row in rows if row.noun == Noun.CALENDAR_OBJECT}
    known = Contact.objects.known_to(request.actor).filter(pk__in=contacts).in_bulk()
    planned = CalendarObject.objects.named_to(request.actor).filter(pk__in=entries).in_bulk()
    return [
        _row(row, *_of_entry(planned.get(row.subject)))
        if row.noun == Noun.CALENDAR_OBJECT
        else _row(row, *_of_contact(row, known.get(row.subject)))
        for row in rows
    ]


def _of_contact(row: Access, contact: Contact | None) -> tuple[str, str]:
    """What it is called, and where it is."""
    if row.subject == EVERYTHING:
        return gettext("everything in the space"), ""
    if contact is None:
        return gettext("a contact that is gone"), ""
    return name_of(contact), "" if contact.is_deleted else reverse("contact", args=[contact.pk])


def _of_entry(entry: CalendarObject | None) -> tuple[str, str]:
    return (entry.summary or gettext("without a name")) if entry else gettext("a calendar entry that is gone"), ""


def _row(row: Access, name: str, url: str) -> ShownAccess:
    return ShownAccess(
        name,
        url,
        str(Way(row.way).label),
        _ICONS[Way(row.way)],
        row.user.display_name if row.user else row.actor_label or gettext("somebody who was not signed in"),
        through(row),
        row.at,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
