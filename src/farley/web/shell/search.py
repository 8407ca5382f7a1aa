"""Search: what is found while one types in the bar, and the page of results."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from farley.contacts import seeing
from farley.contacts.models import Contact
from farley.contacts.tasks import rederive
from farley.conversations.models import KINDS, Entry, links_of
from farley.database import rows
from farley.jobs.worker import is_waiting
from farley.journal.models import Noun
from farley.search import queries
from farley.search.finding import find
from farley.spaces.models import Space
from farley.web.contacts.people import name_of, photo_of, shape_of, url_of
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.requests import PageRequest, standings

IN_BAR = 8
ON_PAGE = 100
ENTRIES = 20  # notes and calls on the page
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A line of results."""

    name: str
    url: str
    photo: str
    shape: str
    note: str
    reach: str
    space: str
    space_icon: str


@require_GET
def search(request: PageRequest) -> HttpResponse:
    """The page of results; for the bar the first of them alone."""
    text = request.GET.get("q", "").strip()[:MAX_TEXT]
    is_bar = bool(request.htmx) and request.htmx.target == "found"
    limit = IN_BAR if is_bar else ON_PAGE
    results = _found(request, text, limit + 1) if text else []
    most_entries = min(IN_BAR - 1 - len(results), 3) if is_bar else ENTRIES
    entries = entry_lines(request, text, most_entries) if text and most_entries > 0 else []
    faults = [] if is_bar and (results or entries) else queries.faults(text)  # in the bar one is still typing
    context = {
        "text": text,
        "faults": faults,
        "results": results[:limit],
        "entries": entries,
        "has_more": len(results) > limit,
        "most": limit,
        "is_rederiving": not is_bar and is_waiting(rederive),
    }
    response = render(request, "search/results.html#bar" if is_bar else "search/results.html", context)
    response.headers["Vary"] = "HX-Request, HX-Target"
    return response


def _found(request: PageRequest, text: str, limit: int) -> list[Found]:
    pks = [hit.record for hit in find(text, by=request.actor, nouns=[Noun.CONTACT], limit=limit)]
    seen = seeing.contacts(f"id IN ({rows.marks(pks)})", pks, by=request.actor, limit=len(pks))
    contacts = {contact.pk: contact for contact in seen}
    spaces = {space.pk: space for space in standings(request).spaces}
    found = [contacts[pk] for pk in pks if pk in contacts]
    return [_line(contact, spaces[contact.space_id]) for contact in found if contact.space_id in spaces]


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """A note or call among results."""

    name: str
    note: str
    url: str
    icon: str
    at: dt.datetime


def entry_lines(request: PageRequest, text: str, limit: int) -> list[FoundEntry]:
    """Notes and calls that say what is looked for, the newest of them first, each with whom it is about."""
    hits = find(text, by=request.actor, nouns=[*KINDS], limit=limit)
    entries: dict[tuple[int, int], Entry] = {}
    for noun, model in KINDS.items():
        pks = [hit.record for hit in hits if hit.noun == noun]
        if pks:
            found = model.objects.visible_to(request.actor).filter(pk__in=pks)
            entries |= {(noun, entry.pk): entry for entry in found}
    names = _names_of(request, list(entries))
    return [
        FoundEntry(
            entry.title or str(entry),
            ", ".join(names.get(key, [])),
            reverse("timeline-entry", args=[entry.NOUN.name.lower(), entry.pk]),
            "sticky-note" if entry.NOUN == Noun.NOTE else "phone",
            entry.at,
        )
        for hit in hits
        if (entry := entries.get(key := (hit.noun, hit.record))) is not None
    ]


def _names_of(request: PageRequest, keys: list[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    links = links_of(keys)
    pks = sorted({contact for _, _, contact in links})
    seen = seeing.contacts(f"id IN ({rows.marks(pks)})", pks, by=request.actor, limit=len(pks)) if pks else []
    names = {contact.pk: name_of(contact) for contact in seen}
    found: dict[tuple[int, int], list[str]] = {}
    for noun, pk, contact in links:
        if contact in names:
            found.setdefault((noun, pk), []).append(names[contact])
    return found


def _line(contact: Contact, space: Space) -> Found:
    organisation = "" if contact.kind == Contact.Kind.ORG else contact.organisation_name
    return Found(
        name=name_of(contact),
        url=url_of(contact),
        photo=photo_of(contact),
        shape=shape_of(contact),
        note=", ".join(filter(None, [contact.job_title, organisation])) or contact.city,
        reach=contact.email or contact.phone,
        space=space.title,
        space_icon=SPACE_ICONS[Space.Kind(space.kind)],
    )
