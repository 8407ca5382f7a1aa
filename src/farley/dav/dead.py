"""Dead properties: kept as they came, each person's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from farley.database.turns import write_turn
from farley.dav.addresses import Kind
from farley.dav.folders import Folder
from farley.dav.models import DeadProperty
from farley.dav.request import DavRequest
from farley.dav.resources import Collection, Home, Principal

MAX_OCTETS = 64 * 1024  # of one
MAX_COUNT = 100  # of one resource

_Place = DeadProperty.Place


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a collection, by its id."""

    folder: Folder
    member: int


Subject = Collection | Leaf


def keeps(subject: Subject) -> bool:
    """Whether there is a place for dead properties of this resource."""
    return isinstance(subject, Principal | Home | Folder | Leaf)


def of(dav: DavRequest, subject: Collection) -> dict[str, str]:
    """Those of a collection: the elements, by name."""
    return dict(_at(dav, subject).values_list("name", "xml")) if keeps(subject) else {}


def of_members(dav: DavRequest, folder: Folder) -> dict[int, dict[str, str]]:
    """Those of all members of a collection, by id: there are few."""
    found: dict[int, dict[str, str]] = {}
    field, among = folder.dead_among()
    for member, name, xml in DeadProperty.objects.filter(user=dav.user, **among).values_list(field, "name", "xml"):
        found.setdefault(member, {})[name] = xml
    return found


def change(dav: DavRequest, subject: Subject, setting: Mapping[str, str], removing: Sequence[str]) -> None:
    """Set and remove, together. Who may is asked before."""
    key = _key(subject)
    with write_turn():
        _at(dav, subject).filter(name__in=[*setting, *removing]).delete()
        DeadProperty.objects.bulk_create(
            DeadProperty(user=dav.user, name=name, xml=xml, **key) for name, xml in setting.items()
        )


def copy(dav: DavRequest, source: Leaf, to: Leaf) -> None:
    """A copied member has the properties of the first. RFC 4918 §9.8.2."""
    with write_turn():
        kept = _at(dav, source)
        _at(dav, to).delete()
        DeadProperty.objects.bulk_create(
            DeadProperty(user=dav.user, name=each.name, xml=each.xml, **_key(to)) for each in kept
        )


def names(dav: DavRequest, subject: Subject) -> set[str]:
    """What there is, of any resource."""
    return set(_at(dav, subject).values_list("name", flat=True)) if keeps(subject) else set()


def _at(dav: DavRequest, subject: Subject) -> QuerySet[DeadProperty]:
    return DeadProperty.objects.filter(user=dav.user, **_key(subject))


def _key(subject: Subject) -> dict[str, Any]:
    match subject:
        case Principal():
            return {"place": _Place.PRINCIPAL}
        case Home(Kind.BOOKS):
            return {"place": _Place.HOME}
        case Home(Kind.CALENDARS):
            return {"place": _Place.CALENDAR_HOME}
        case Folder():
            return subject.dead_key
        case Leaf(folder, member):
            return folder.dead_key_of(member)
    raise TypeError(subject)
