"""A record's earlier states: look at one, compare it, bring it back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import keeping
from farley.contacts.keeping import Version
from farley.contacts.models import Contact
from farley.contacts.storing import StoreProblem, octets_of
from farley.journal.access import Way, note_access
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.operations import require
from farley.web.contacts.facts import FactGroup, fact_groups
from farley.web.contacts.record import visible_contact
from farley.web.dates import written_day
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.timeline.events import Detail, Event, differences, events_of, own_field_detail, version_events

PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A state of the card, in the list or in full."""

    at: dt.datetime
    what: str
    by: str
    icon: str
    is_current: bool
    is_shown: bool = False
    url: str = ""
    restore_url: str = ""
    groups: list[FactGroup] = field(default_factory=list)
    differences: list[Detail] = field(default_factory=list)


@require_GET
def history(request: PageRequest, pk: int) -> HttpResponse:
    """Every state of the card; with `version` or `at`, one of them in full."""
    contact = visible_contact(request, pk)
    note_access(contact.space_id, Way.OPENED, [contact.pk], by=request.actor, door=Door.WEB)
    found = keeping.versions(contact, request.actor)
    start = _number(request.GET.get("from", "0"))
    day, chosen = _on_day(request.GET.get("at", ""), found)
    if day is None:
        chosen = _chosen(request, found)
    listed = found[start : start + PAGE]
    events = version_events(contact, listed, request.actor)
    versions = [
        replace(_shown(event, version is found[0]), url=_url(contact, version), is_shown=version is chosen)
        for event, version in zip(events, listed, strict=True)
    ]
    context: dict[str, Any] = {
        "place": "contacts",
        "contact": contact,
        "can_edit": (contact.space.role_of(request.actor) or Role.READER) >= Role.EDITOR,
        "versions": versions,
        "day": day,
        "told_day": written_day(day, pgettext("date format: weekday, day, month and year, short", "D j F Y"))
        if day
        else "",
        "is_gone": chosen is not None and chosen.content is None,
        "today": timezone.localdate(),
        "older_url": f"?from={start + PAGE}" if len(found) > start + PAGE else "",
        "shown": _in_full(contact, chosen, request.actor) if chosen else None,
    }
    return render(request, "contacts/history.html", context)


@require_POST
def restore(request: PageRequest, pk: int, version: int) -> HttpResponse:
    """Make an earlier state the current one; the states in between stay in the history."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    try:
        with one_batch(Batch.Act.RESTORE, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            keeping.restore_version(contact, version, by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return redirect("contact-history", pk)
    toast(request, gettext("The earlier version is back"), undoes=batch)
    return redirect("contact", pk)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _chosen(request: PageRequest, found: list[Version]) -> Version | None:
    if wanted := request.GET.get("version", ""):
        for version in found:
            if str(version.change.pk) == wanted:
                return version
        raise Http404("no such version")
    return next((version for version in found if version.content is not None), None)


def _on_day(text: str, found: list[Version]) -> tuple[dt.date | None, Version | None]:
    """The day that was asked for, and the version that held at its end; None where it was not there then."""
    try:
        day = dt.date.fromisoformat(text)
        end = timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))
    except (ValueError, OverflowError):
        return None, None
    return day, next((version for version in found if version.change.at < end), None)


def _url(contact: Contact, version: Version) -> str:
    page = reverse("contact-history", args=[contact.pk])
    return f"{page}?version={version.change.pk}#version"  # on a phone the version stands below the list


def _shown(event: Event, is_current: bool) -> Shown:
    told = ", ".join(dict.fromkeys(detail.label for detail in event.details)) if event.version_url else ""
    return Shown(event.at, f"{told} {event.what}" if told else event.what, event.by, event.icon, is_current)


def _in_full(contact: Contact, version: Version, by: Actor) -> Shown | None:
    if version.content is None:
        return None
    octets = octets_of([version.content])[version.content]
    [event] = events_of([version.change])
    now = contact.content.data
    own = [own_field_detail(each) for each in keeping.fields_since(contact, version.change, by)]
    return replace(
        _shown(event, octets == now and not own),
        is_shown=True,
        restore_url=reverse("restore-version", args=[contact.pk, version.change.pk]),
        groups=fact_groups(Card.parse(octets)),
        differences=[*differences(octets, now), *own],
    )
