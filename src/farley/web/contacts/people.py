"""Contacts as lists, previews and asides show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from farley.contacts.listing import Line
from farley.contacts.models import Contact
from farley.web.addresses import address

MAX_TAGS = 20  # of one contact in a list
SHAPES: dict[int, str] = {Contact.Kind.ORG: "org", Contact.Kind.LOCATION: "org", Contact.Kind.GROUP: "org"}


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


def name_of(contact: Contact | Line) -> str:
    """What to call the contact: some cards hold nothing but an address."""
    return contact.full_name or contact.email or contact.phone or gettext("No name")


def url_of(contact: Contact) -> str:
    return address("contact", contact.pk)


def photo_of(contact: Contact) -> str:
    """The address of the thumbnail, another one for another picture; empty where there is none."""
    return f"{address('contact-photo', contact.pk)}?v={contact.photo_mark}" if contact.has_photo else ""


def shape_of(contact: Contact) -> str:
    return SHAPES.get(contact.kind, "")


def person_of(contact: Contact, note: str = "", *, was: str = "") -> Person:
    return Person(name_of(contact), note, url_of(contact), photo_of(contact), shape_of(contact), was=was, pk=contact.pk)


def persons(contacts: Iterable[Contact]) -> list[Person]:
    return [person_of(contact, contact.job_title) for contact in contacts]
