"""Dead properties as lines of the whole instance: of what, in the names that it has everywhere, whose, and the XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Q

from farley.accounts.models import User
from farley.calendars.models import Calendar, CalendarObject
from farley.contacts.models import Contact
from farley.dav.models import DeadProperty
from farley.exchange.further import Further
from farley.spaces.models import Space

_Place = DeadProperty.Place
_GONE: Final = (
    Q(contact__deleted_at__isnull=False)
    | Q(calendar__deleted_at__isnull=False)
    | Q(entry__deleted_at__isnull=False)
    | Q(entry__calendar__deleted_at__isnull=False)
)


def _write() -> Iterator[dict[str, Any]]:
    kept = DeadProperty.objects.exclude(_GONE).order_by("pk")
    for each in kept.select_related("user", "space", "contact__space", "calendar", "entry__calendar").iterator(500):
        yield {"user": each.user.name, "of": _Place(each.place).name.lower(), **_at(each), **_said(each)}


def _at(each: DeadProperty) -> dict[str, str]:
    if each.space is not None:
        return {"space": each.space.name}
    if each.contact is not None:
        return {"space": each.contact.space.name, "href": each.contact.href}
    if each.calendar is not None:
        return {"calendar": each.calendar.slug}
    if each.entry is not None:
        return {"calendar": each.entry.calendar.slug, "href": each.entry.href}
    return {}


def _said(each: DeadProperty) -> dict[str, str]:
    return {"name": each.name, "xml": each.xml}


def _read(row: dict[str, Any]) -> None:
    place = DeadProperty.Place[row["of"].upper()]
    on: dict[str, Any] = {}
    match place:
        case _Place.BOOK:
            on["space"] = Space.objects.get(name=row["space"])
        case _Place.CARD:
            on["contact"] = Contact.objects.get(space__name=row["space"], href=row["href"], deleted_at=None)
        case _Place.CALENDAR:
            on["calendar"] = Calendar.objects.get(slug=row["calendar"])
        case _Place.ENTRY:
            on["entry"] = CalendarObject.objects.get(calendar__slug=row["calendar"], href=row["href"], deleted_at=None)
    user = User.objects.get(name=row["user"])
    kept = DeadProperty(user=user, place=place, name=row["name"], xml=row["xml"], **on)
    kept.clean_fields(exclude=["user", "space", "contact", "calendar", "entry"])
    kept.save(force_insert=True)


PROPERTIES: Final = Further("properties-of-devices", _write, _read)
