"""Contacts and the entries of calendars that name them, by the addresses that both have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from farley.accounts.actor import Actor
from farley.calendars.models import Attendee, CalendarObject, CalendarObjectQuerySet
from farley.contacts.models import Contact, IndexRow
from farley.database import rows
from farley.spaces.models import Space


def naming(contacts: Iterable[Contact], *, by: Actor) -> CalendarObjectQuerySet:
    """The entries that ask one of these contacts to come or were made by them, of those that `by` reads."""
    pks = [contact.pk for contact in contacts]
    addresses = IndexRow.objects.filter(contact_id__in=pks, kind=IndexRow.Kind.EMAIL).values("norm")
    named = Attendee.objects.filter(address__in=addresses).values("object_id")
    found: CalendarObjectQuerySet = CalendarObject.objects.told_to(by).filter(pk__in=named)
    return found


def attendees_of(entries: Iterable[CalendarObject]) -> dict[int, list[Attendee]]:
    """Whom each of `entries` names, the organiser first, by the id of the entry."""
    found: dict[int, list[Attendee]] = {entry.pk: [] for entry in entries}
    for attendee in Attendee.objects.filter(object_id__in=list(found)).order_by("object_id", "n"):
        found[attendee.object_id].append(attendee)
    return found


def contacts_with(addresses: Collection[str], *, by: Actor) -> dict[str, Contact]:
    """By folded address the contact that has it, of those that `by` sees: the one that was made first."""
    wanted = sorted({address for address in addresses if address})
    if not wanted:
        return {}
    spaces = Space.objects.visible_to(by).values_list("pk", flat=True)
    where = {"space_id": sorted(spaces), "kind": IndexRow.Kind.EMAIL, "norm": wanted}
    holders = rows.select(IndexRow, ("norm", "contact_id"), where)
    there = Contact.objects.visible_to(by).in_bulk([pk for _, pk in holders])
    return {address: there[pk] for address, pk in sorted(holders, key=lambda row: -row[1]) if pk in there}
