"""Contacts and the entries of calendars that name them: by the addresses that both have, or by a URI of the contact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from dataclasses import replace
from urllib.parse import quote, unquote

from django.db.models import Q, QuerySet

from farley.accounts.actor import Actor
from farley.calendars.deriving import names_in
from farley.calendars.details import Concerned, Details, Invited
from farley.calendars.models import MAX_ADDRESS, Attendee, CalendarObject, CalendarObjectQuerySet
from farley.calendars.occurrences import Occurrence
from farley.contacts import links, seeing
from farley.contacts.models import Contact, IndexRow, bare_uid
from farley.database import rows
from farley.spaces.models import Space

_OWN_URN = "urn:x-farley:uid:"  # of a contact whose UID is no UUID


def naming(contacts: Iterable[Contact], *, by: Actor) -> CalendarObjectQuerySet:
    """The entries that ask one of these contacts to come, are about them or were made by them, of those `by` reads."""
    addresses, references = _meant(contacts)
    is_named = Q(address__in=addresses.values("norm")) | Q(address__in=sorted(references))
    named = Attendee.objects.filter(is_named).values("object_id")
    found: CalendarObjectQuerySet = CalendarObject.objects.told_to(by).filter(pk__in=named)
    return found


def with_any(found: Iterable[Occurrence], addresses: Collection[str]) -> list[Occurrence]:
    """Those occurrences that name one of `addresses` themselves: in a series, each may be with other people."""
    return [each for each in found if (named := names_of(each)) is None or not named.isdisjoint(addresses)]


def names_of(each: Occurrence) -> Set[str] | None:
    """How an occurrence names people; None where it is all there is of its entry, which names the same."""
    component = each.component
    if component is None:
        return None
    known: dict[int, Set[str]] = component.ical.once(names_in, dict)  # by component
    if component.start not in known:
        known[component.start] = names_in(component)
    return known[component.start]


def all_addresses_of(contacts: Iterable[Contact]) -> set[str]:
    """What entries may name any of these contacts by, as `naming` looks for them."""
    addresses, references = _meant(contacts)
    return {*addresses.values_list("norm", flat=True), *references}


def _meant(contacts: Iterable[Contact]) -> tuple[QuerySet[IndexRow], set[str]]:
    """Where the e-mail addresses of contacts stand, as `norm`; and the URIs that mean them."""
    meant = {contact.pk: reference_of(contact).casefold()[:MAX_ADDRESS] for contact in contacts}
    emails = IndexRow.objects.filter(contact_id__in=list(meant), kind=IndexRow.Kind.EMAIL)
    return emails, set(meant.values())


def addresses_of(contact: Contact) -> list[str]:
    """What entries may name a contact by: its e-mail addresses, and the URI that means it."""
    told = [prop.text.strip().removeprefix("mailto:").casefold() for prop in contact.card.properties("EMAIL")]
    return sorted({reference_of(contact).casefold(), *told} - {""})


def reference_of(contact: Contact) -> str:
    """The URI by which entries name a contact that is not asked to come, or has no address to be asked at."""
    return links.uri_of(contact) or f"{_OWN_URN}{quote(contact.uid_key, safe='')}"


def with_contact(details: Details, contact: Contact, *, organiser: Invited, is_task: bool) -> Details:
    """`details` of something with `contact`: they are asked to come to a meeting; a task is about them."""
    if not is_task and contact.email:
        others = [each for each in details.attendees or () if each.address.casefold() != contact.email.casefold()]
        invited = Invited(contact.email, contact.full_name)
        return replace(details, attendees=(*others, invited), organiser=details.organiser or organiser)
    meant = Concerned(reference_of(contact), contact.full_name)
    return replace(details, concerned=(*(details.concerned or ()), meant))


def contacts_meant(concerned: Iterable[Concerned], *, by: Actor) -> dict[str, Contact]:
    """By URI the contact that it means, of those that `by` sees: the one that was made first."""
    keys = {each.uri: _key_of(each.uri) for each in concerned}
    found = {contact.uid_key: contact for contact in _with_keys(sorted(set(keys.values()) - {""}), by)}
    return {uri: found[key] for uri, key in keys.items() if key in found}


def _key_of(uri: str) -> str:
    return bare_uid(unquote(uri[len(_OWN_URN) :]) if uri.lower().startswith(_OWN_URN) else uri)


def _with_keys(keys: list[str], by: Actor) -> list[Contact]:
    if not keys:
        return []
    where = f"contacts_contact.uid_key IN ({rows.marks(keys)})"
    found = seeing.contacts(where, [*keys], by=by, limit=len(keys) * 10)
    return sorted(found, key=lambda contact: -contact.pk)


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
