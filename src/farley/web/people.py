"""Contacts as lists, previews and asides show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext

from farley.contacts.models import Contact

MAX_TAGS = 20  # of one contact in a list
SHAPES = {Contact.Kind.ORG: "org", Contact.Kind.LOCATION: "org", Contact.Kind.GROUP: "org"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of contacts."""

    id: int
    name: str
    url: str
    shape: str
    photo: str
    organisation: str
    organisation_url: str
    email: str
    phone: str
    owner: str
    changed_at: dt.datetime
    tags: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Person:
    """A contact named beside another one. `ref` and `was` address what names them, where it can be changed."""

    name: str
    note: str = ""
    url: str = ""
    photo: str = ""
    shape: str = ""
    ref: str = ""
    was: str = ""
    pk: int = 0


def name_of(contact: Contact) -> str:
    """What to call the contact: some cards hold nothing but an address."""
    return contact.full_name or contact.email or contact.phone or gettext("No name")


def url_of(contact: Contact) -> str:
    return reverse("contact", args=[contact.pk])


def photo_of(contact: Contact) -> str:
    """The address of the thumbnail, another one for another picture; empty where there is none."""
    if not contact.has_photo:
        return ""
    return f"{reverse('contact-photo', args=[contact.pk])}?v={contact.etag[1:13]}"


def shape_of(contact: Contact) -> str:
    return SHAPES.get(Contact.Kind(contact.kind), "")


def row_of(contact: Contact, tags: Sequence[str]) -> Row:
    organisation = "" if contact.kind == Contact.Kind.ORG else contact.organisation_name
    return Row(
        id=contact.pk,
        name=name_of(contact),
        url=url_of(contact),
        shape=shape_of(contact),
        photo=photo_of(contact),
        organisation=organisation,
        organisation_url=url_of(linked) if (linked := contact.linked_organisation) else "",
        email=contact.email,
        phone=contact.phone,
        owner=contact.owner.display_name if contact.owner else "",
        changed_at=contact.changed_at,
        tags=tags[:MAX_TAGS],
    )


def person_of(contact: Contact, note: str = "", *, was: str = "") -> Person:
    return Person(name_of(contact), note, url_of(contact), photo_of(contact), shape_of(contact), was=was, pk=contact.pk)


def persons(contacts: Iterable[Contact]) -> list[Person]:
    return [person_of(contact, contact.job_title) for contact in contacts]
