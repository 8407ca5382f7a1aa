"""Dead properties: kept as they came, each person's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from farley.contacts.members import Member
from farley.database.turns import write_turn
from farley.dav.books import Book
from farley.dav.models import DeadProperty
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Home, Principal

MAX_OCTETS = 64 * 1024  # of one
MAX_COUNT = 100  # of one resource

_Place = DeadProperty.Place
Subject = Collection | Member


def keeps(subject: Subject) -> bool:
    """Whether there is a place for dead properties of this resource."""
    return isinstance(subject, Principal | Home | Book | Member)


def of(dav: DavRequest, subject: Collection) -> dict[str, str]:
    """Those of a collection: the elements, by name."""
    return dict(_at(dav, subject).values_list("name", "xml")) if keeps(subject) else {}


def of_cards(dav: DavRequest, book: Book) -> dict[int, dict[str, str]]:
    """Those of all cards of a book, by contact: there are few."""
    found: dict[int, dict[str, str]] = {}
    spaces = [space.pk for space in book.spaces]
    kept = DeadProperty.objects.filter(user=dav.user, place=_Place.CARD, contact__space__in=spaces)
    for contact, name, xml in kept.values_list("contact", "name", "xml"):
        found.setdefault(contact, {})[name] = xml
    return found


def change(dav: DavRequest, subject: Subject, setting: Mapping[str, str], removing: Sequence[str]) -> None:
    """Set and remove, together. Who may is asked before."""
    key = _key(subject)
    with write_turn():
        _at(dav, subject).filter(name__in=[*setting, *removing]).delete()
        DeadProperty.objects.bulk_create(
            DeadProperty(user=dav.user, name=name, xml=xml, **key) for name, xml in setting.items()
        )


def copy(dav: DavRequest, contact: int, to: int) -> None:
    """A copied card has the properties of the first. RFC 4918 §9.8.2."""
    with write_turn():
        kept = DeadProperty.objects.filter(user=dav.user, place=_Place.CARD, contact=contact)
        DeadProperty.objects.filter(user=dav.user, place=_Place.CARD, contact=to).delete()
        DeadProperty.objects.bulk_create(
            DeadProperty(user=dav.user, place=_Place.CARD, contact_id=to, name=each.name, xml=each.xml) for each in kept
        )


def count(dav: DavRequest, subject: Subject) -> int:
    return _at(dav, subject).count()


def _at(dav: DavRequest, subject: Subject) -> QuerySet[DeadProperty]:
    return DeadProperty.objects.filter(user=dav.user, **_key(subject))


def _key(subject: Subject) -> dict[str, Any]:
    match subject:
        case Principal():
            return {"place": _Place.PRINCIPAL}
        case Home():
            return {"place": _Place.HOME}
        case Book():
            return {"place": _Place.BOOK, "space_id": subject.spaces[0].pk}
        case Member():
            return {"place": _Place.CARD, "contact_id": subject.pk}
    raise TypeError(subject)
