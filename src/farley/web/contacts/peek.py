"""A contact in the panel beside the list: what is read before a talk, and changed without leaving the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from farley.accounts.roles import Role
from farley.contacts import listing
from farley.contacts.models import Contact
from farley.journal.models import Change, Noun
from farley.spaces.models import Space
from farley.web.contacts.facts import FactGroup, fact_groups
from farley.web.contacts.people import MAX_TAGS, name_of, photo_of, shape_of, url_of
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.navigation import page_of
from farley.web.shell.requests import PageRequest, standings
from farley.web.timeline.events import Event, events_of

PEEK_EVENTS = 4
PEEK_FACTS = ("reach", "work", "dates", "notes")


@dataclass(frozen=True, slots=True)
class Preview:
    """A contact in the side panel."""

    contact: Contact
    can_edit: bool
    name: str
    url: str
    photo: str
    shape: str
    role: str
    organisation: str
    organisation_url: str
    owner: str
    space: str
    space_icon: str
    changed_at: Any
    tags: list[str] = field(default_factory=list)
    groups: list[FactGroup] = field(default_factory=list)
    recent: list[Event] = field(default_factory=list)


def preview_of(request: PageRequest, contact: Contact) -> Preview:
    linked = contact.linked_organisation
    can_edit = (standings(request).role_in(contact.space) or Role.READER) >= Role.EDITOR
    changes = Change.objects.visible_to(request.actor).of(Noun.CONTACT, contact.pk).order_by("-id")
    return Preview(
        contact=contact,
        can_edit=can_edit,
        name=name_of(contact),
        url=url_of(contact),
        photo=photo_of(contact),
        shape=shape_of(contact),
        role=contact.job_title,
        organisation="" if contact.kind == Contact.Kind.ORG else contact.organisation_name,
        organisation_url=url_of(linked) if linked else "",
        owner=contact.owner.display_name if contact.owner else "",
        space=contact.space.title,
        space_icon=SPACE_ICONS[Space.Kind(contact.space.kind)],
        changed_at=contact.changed_at,
        tags=listing.tags_of([contact.pk]).get(contact.pk, [])[:MAX_TAGS],
        groups=shown_in_preview(fact_groups(contact.card), can_edit=can_edit),
        recent=events_of(changes.select_related("user")[:PEEK_EVENTS]),
    )


def shown_in_preview(groups: Sequence[FactGroup], *, can_edit: bool) -> list[FactGroup]:
    """The groups of facts that the panel has room for."""
    return [
        group for group in groups if group.key in PEEK_FACTS and (group.facts or (can_edit and group.key == "reach"))
    ]


def is_in_preview(request: HttpRequest) -> bool:
    """Whether somebody edits in the panel beside the list, rather than on the record page."""
    return page_of(request).partition("?")[0] == reverse("contacts")
