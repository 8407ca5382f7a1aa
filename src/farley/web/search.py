"""Search: what is found while one types in the bar, and the page of results."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from farley.contacts import seeing
from farley.contacts.models import Contact
from farley.contacts.tasks import rederive
from farley.database import rows
from farley.jobs.worker import is_waiting
from farley.journal.models import Noun
from farley.search import queries
from farley.search.finding import find
from farley.spaces.models import Space
from farley.web.context import SPACE_ICONS
from farley.web.people import name_of, photo_of, shape_of, url_of
from farley.web.requests import PageRequest, standings

IN_BAR = 8
ON_PAGE = 100
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
    faults = [] if is_bar and results else queries.faults(text)  # in the bar one is still typing
    context = {
        "text": text,
        "faults": faults,
        "results": results[:limit],
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
