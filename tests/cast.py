"""Everybody who appears in tests: Alice owns, Bob shares, Mallory is a stranger."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.calendars.storing import store as store_entry
from farley.contacts import storing
from farley.contacts.models import Contact
from farley.contacts.storing import Condition, Entry, Expected, Stored
from farley.journal.models import Batch, Door, Noun
from farley.search.models import Entry as SearchEntry
from farley.search.models import place
from farley.spaces.models import Membership, Space

_numbers = itertools.count(1)


def person(name: str, *, is_admin: bool = False) -> User:
    """An account and its private space; quicker than `add_person`, for it hashes no password."""
    user = User.objects.create(
        name=name, email=f"{name}@example.org", is_admin=is_admin, password=UNUSABLE_PASSWORD_PREFIX
    )
    private = Space.objects.create(name=name, title=name.title(), kind=Space.Kind.PRIVATE)
    Membership.objects.create(space=private, user=user, role=Role.MANAGER, given_by=user)
    return user


def space_of(user: User) -> Space:
    """The private space that every account has."""
    space: Space = Space.objects.get(name=user.name)
    return space


def team(name: str, *, kind: Space.Kind = Space.Kind.TEAM, **roles: Role) -> Space:
    """A space that the people named by keyword have these roles in."""
    space: Space = Space.objects.create(name=name, title=name.title(), kind=kind)
    for member, role in roles.items():
        Membership.objects.create(space=space, user=User.objects.get(name=member), role=role)
    return space


def a_card(name: str = "Ada King", *lines: str, uid: str | None = None, version: str = "3.0") -> bytes:
    """A card with a UID of its own; `lines` are further content lines. An empty `uid`: none at all."""
    uid = f"card-{next(_numbers)}" if uid is None else uid
    head = ["BEGIN:VCARD", f"VERSION:{version}", *([f"UID:{uid}"] if uid else []), f"FN:{name}"]
    return "".join(f"{line}\r\n" for line in [*head, *lines, "END:VCARD"]).encode()


def a_calendar(space: Space, name: str = "Work", *, components: Components = Components.EVENTS) -> Calendar:
    """A calendar that nobody made: nothing is journaled."""
    slug = f"calendar-{next(_numbers)}"
    calendar: Calendar = Calendar.objects.create(space=space, slug=slug, name=name, components=components)
    return calendar


def an_event(summary: str = "Lunch", *lines: str, uid: str | None = None, kind: str = "VEVENT") -> bytes:
    """An object with a UID of its own, at noon (UTC) of 1 December 2026 unless `lines`, further ones, say otherwise."""
    own = (
        ["DTSTART:20261201T120000Z"]
        if kind == "VEVENT" and not any(each.startswith("DTSTART") for each in lines)
        else []
    )
    own += [
        f"UID:{f'event-{next(_numbers)}' if uid is None else uid}",
        "DTSTAMP:20260101T000000Z",
        f"SUMMARY:{summary}",
    ]
    return a_vcalendar(f"BEGIN:{kind}", *own, *lines, f"END:{kind}")


def a_vcalendar(*lines: str) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//tests//EN"]
    return "".join(f"{line}\r\n" for line in [*head, *lines, "END:VCALENDAR"]).encode()


@dataclass(frozen=True)
class Hand:
    """Somebody's hand: writes through `store` as the faces do, with less to say each time."""

    by: Actor
    door: Door = Door.WEB

    def store(
        self,
        space: Space,
        octets: bytes | None = None,
        *,
        href: str | None = None,
        expected: Expected = Condition.ANY,
        batch: Batch | None = None,
    ) -> Stored:
        octets = a_card() if octets is None else octets
        return storing.store(space, href, octets, expected=expected, by=self.by, door=self.door, batch=batch)

    def contact(self, space: Space, octets: bytes | None = None, *, batch: Batch | None = None) -> Contact:
        """A new contact."""
        found: Contact = Contact.objects.get(pk=self.store(space, octets, batch=batch).pk)
        return found

    def put(
        self,
        calendar: Calendar,
        octets: bytes | None = None,
        *,
        href: str | None = None,
        expected: Expected = Condition.ANY,
        batch: Batch | None = None,
    ) -> Stored:
        """An event into a calendar."""
        octets = an_event() if octets is None else octets
        return store_entry(calendar, href, octets, expected=expected, by=self.by, door=self.door, batch=batch)

    def entry(self, calendar: Calendar, octets: bytes | None = None, *, batch: Batch | None = None) -> CalendarObject:
        """A new entry of a calendar."""
        found: CalendarObject = CalendarObject.objects.get(pk=self.put(calendar, octets, batch=batch).pk)
        return found

    def many(self, space: Space, cards: Sequence[bytes], *, batch: Batch | None = None) -> list[Stored]:
        """New contacts, all of which must go in."""
        stored = storing.store_many(space, [Entry(card) for card in cards], batch=batch, by=self.by, door=self.door)
        problems = [result for result in stored if isinstance(result, Exception)]
        if problems:
            raise problems[0]
        return [result for result in stored if isinstance(result, Stored)]


def entries_of(contact: int) -> QuerySet[SearchEntry]:
    """What search holds of a contact, in whichever space."""
    spaces = Space.objects.values_list("pk", flat=True)
    return SearchEntry.objects.filter(pk__in=[place(space, Noun.CONTACT, contact) for space in spaces])


def hand_of(user: User, door: Door = Door.WEB) -> Hand:
    return Hand(user.actor, door)
