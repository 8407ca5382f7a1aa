"""Calendars of a device's home: each one that it sees. RFC 4791 §4.2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.calendars import members, operations, storing
from farley.calendars.models import COMPONENTS, Calendar
from farley.calendars.occurrences import zone_named
from farley.calendars.parsed import parsed
from farley.codecs.icalendar import MAX_OBJECT
from farley.dav import tokens
from farley.dav.addresses import Kind
from farley.dav.calendar_properties import SETTABLE, calendar_properties, changed_by
from farley.dav.elements import Element
from farley.dav.entries import ENTRY_WORDS, CalendarData, calendar_data, zoned_as
from farley.dav.errors import DavError
from farley.dav.folders import Changes, Folder, Properties, Render, Sent, Verdict
from farley.dav.models import DeadProperty
from farley.dav.names import CALDAV, DAV
from farley.dav.privileges import member_id
from farley.dav.request import DavRequest
from farley.dav.tokens import Token
from farley.journal import epochs
from farley.journal.members import Member, Members
from farley.journal.models import Noun
from farley.journal.records import Expected, Stored

_OWN = "~"  # between the name of a person and what they call a calendar, where that was taken
_MEDIA = {int(bit): f"{ENTRY_WORDS.media}; component={name.lower()}" for name, bit in COMPONENTS.items()}


@dataclass
class CalendarFolder(Folder):
    """One calendar, under the name that it has in the home of one person."""

    kind: ClassVar[Kind] = Kind.CALENDARS
    words = ENTRY_WORDS
    noun: ClassVar[Noun] = Noun.CALENDAR_OBJECT
    max_size: ClassVar[int] = MAX_OBJECT
    settable: ClassVar[frozenset[str]] = SETTABLE
    more_reading: ClassVar[tuple[str, ...]] = ("cal:read-free-busy",)
    reports: ClassVar[tuple[str, ...]] = tuple(
        f"{CALDAV}{name}" for name in ("calendar-query", "calendar-multiget", "free-busy-query")
    )
    calendar: Calendar
    role: Role
    home: str
    shown_as: str
    by: Actor

    @property
    def name(self) -> str:
        return self.shown_as

    @property
    def title(self) -> str:
        return str(self.calendar.name)

    @property
    def key(self) -> str:
        """Revisions are counted by the space: a calendar in another one is another collection to sync."""
        return f"{self.calendar.space_id}c{self.calendar.pk}"

    @property
    def sync_key(self) -> str:
        """Whoever is told of more or less than before, for their role is another one, syncs anew."""
        return self.key if self.tells_all else f"{self.key}p"

    @cached_property
    def tells_all(self) -> bool:
        """What is private in it, too."""
        return self.is_writable or self.calendar.tells_all_to(self.by)

    @cached_property
    def members(self) -> Members:
        """Those that the device is told of."""
        return members.of(self.calendar, tells_all=self.tells_all)

    @property
    def is_writable(self) -> bool:
        return self.role >= Role.EDITOR

    @property
    def is_own(self) -> bool:
        return bool(self.calendar.space.is_private)

    def state(self) -> str:
        return str(members.newest(self.calendar))

    def pages(self) -> Iterator[list[Member]]:
        return self.members.pages()

    def at(self, names: Sequence[str]) -> dict[str, Member]:
        return self.members.at(names)

    def changes(self, since: Token | None, *, is_whole: bool = False) -> Changes:
        until = int(self.state())
        if since is None:
            return Changes(self.members.changes(0, until, with_gone=False), str(until))
        if not since.state.isdecimal() or not epochs.is_valid(since.epoch, int(since.state), self.calendar.space):
            raise tokens.invalid()
        return Changes(self.members.changes(0 if is_whole else int(since.state), until), str(until))

    def store(self, name: str, octets: bytes, *, expected: Expected, by: Actor) -> Stored:
        return storing.store(self.calendar, name, octets, expected=expected, by=by, door=Door.DAV)

    def delete(self, name: str, *, etag: str | None, by: Actor) -> bool:
        entry = members.entry_at(self.calendar, name)
        if entry is None:
            return False
        return bool(operations.delete_objects([entry], by=by, door=Door.DAV, batch=None, expected=etag))

    def move(self, name: str, target: Folder, to: str, *, is_overwriting: bool, by: Actor) -> bool | None:
        entry = members.entry_at(self.calendar, name)
        if entry is None or not isinstance(target, CalendarFolder):
            return None
        return operations.place_object(entry, target.calendar, to, is_overwriting=is_overwriting, by=by, door=Door.DAV)

    def change(self, dav: DavRequest, setting: Mapping[str, Element], removing: Sequence[str]) -> dict[str, Verdict]:
        return changed_by(self.calendar, setting, removing, by=dav.actor)

    def properties(self, dav: DavRequest) -> Properties:
        return calendar_properties(self.calendar)

    def member_properties(self, dav: DavRequest) -> dict[str, Render]:
        return {
            f"{DAV}getcontenttype": lambda member, _: _MEDIA.get(member.sort, ENTRY_WORDS.media),
            f"{DAV}resource-id": member_id("entry"),
        }

    def data_in(self, dav: DavRequest, asked: Element | None) -> CalendarData:
        zones = zoned_as(dav.header("CalDAV-Timezones"))
        return calendar_data(asked, zone_named(self.calendar.zone), zones)

    def sent(self, dav: DavRequest, member: Member, stored: bytes) -> Sent:
        zoned = zoned_as(dav.header("CalDAV-Timezones"))
        octets = stored if zoned is None else zoned(parsed(member.sha256, stored))
        return Sent(octets, member.etag, _MEDIA.get(member.sort, ENTRY_WORDS.media))

    def refuse_octets(self, octets: bytes) -> None:
        try:
            octets.decode()
        except UnicodeDecodeError as error:
            text = f"The entry is not in UTF-8: octet {error.start}."
            raise DavError(403, f"{CALDAV}valid-calendar-data", text) from error

    @property
    def dead_key(self) -> dict[str, Any]:
        return {"place": DeadProperty.Place.CALENDAR, "calendar_id": self.calendar.pk}

    def dead_key_of(self, member: int) -> dict[str, Any]:
        return {"place": DeadProperty.Place.ENTRY, "entry_id": member}

    def dead_among(self) -> tuple[str, dict[str, Any]]:
        return "entry", {"place": DeadProperty.Place.ENTRY, "entry__calendar": self.calendar}


def calendar_named(name: str, *, home: str, by: Actor) -> CalendarFolder | None:
    """The calendar of this name in the home; None where there is none, or none for this device."""
    return next(_found(Calendar.objects.visible_to(by), home, by, name), None)


def calendars_of(home: str, *, by: Actor) -> list[CalendarFolder]:
    """All of the home, those of private spaces first. Archived ones are in no list."""
    listed = Calendar.objects.visible_to(by).in_use().order_by("space__kind", "space__title", "position", "name", "pk")
    return list(_found(listed, home, by))


def busy_calendar_named(name: str, *, home: str, by: Actor) -> CalendarFolder | None:
    """As `calendar_named`, of those too of which one may know when somebody is busy, and nothing else."""
    return next(_found(Calendar.objects.busy_to(by), home, by, name), None)


def own_slug(home: str, name: str) -> str:
    """The address of a calendar that a person wants to have under a name that somebody else has taken."""
    return f"{home}{_OWN}{name}"


def _found(among: QuerySet[Calendar], home: str, by: Actor, name: str | None = None) -> Iterator[CalendarFolder]:
    """With the names that they have in a home: a slug of one's own loses its beginning, and goes before another's."""
    if name is not None:
        stem, _, number = name.rpartition(_OWN)
        slugs = [name, own_slug(home, name), *([stem, own_slug(home, stem)] if number.isdecimal() else [])]
        among = among.filter(slug__in=slugs)
    found = list(among.select_related("space"))
    own = {each.slug.removeprefix(own_slug(home, "")) for each in found if each.slug.startswith(own_slug(home, ""))}
    for calendar in found:
        shown = calendar.slug.removeprefix(own_slug(home, ""))
        if shown == calendar.slug and shown in own:
            shown = f"{shown}{_OWN}{calendar.pk}"
        role = calendar.role_of(by)
        if role is not None and name in (None, shown):
            yield CalendarFolder(calendar, role, home, shown, by)
