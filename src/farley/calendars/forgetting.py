"""What calendars hold about a contact that is erased: its birthdays, and that it takes part in what others planned."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from farley.accounts.roles import Role
from farley.calendars.birthdays import uids_of
from farley.calendars.deriving import derive
from farley.calendars.erasing import ENTRY, purge
from farley.calendars.models import Attendee, Calendar, CalendarObject
from farley.calendars.people import reference_of
from farley.calendars.writing import CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.contacts.erasing import Traces, empty, overwrite_deleted, spaces_of
from farley.contacts.models import IndexRow
from farley.journal.models import Change, hash_of
from farley.journal.records import octets_of
from farley.spaces.models import Space

_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_AT_ONCE: Final = 200  # octets of so many are in memory


def forget(traces: Traces) -> None:
    """Erase the birthdays, and take the contact out of who takes part and of what is about it: entries, former states
    and deleted ones.

    Where the contact is and has been, as far as whoever erases it manages that. Not in calendars that are followed from
    outside, which would bring it back; nor an address that another contact there has, too; nor what somebody wrote in
    words.
    """
    been = [
        *Space.objects.filter(pk__in=spaces_of([traces.contact.pk]) - {traces.space.pk}).order_by("pk"),
        traces.space,
    ]
    for space in been:
        uids = [uid for own in traces.uids for uid in uids_of(space.pk, own)]
        birthdays = CalendarObject.objects.filter(space=space, uid__in=uids, calendar__kind=Calendar.Kind.BIRTHDAYS)
        purge(list(birthdays), space, by=traces.by, door=traces.door)
        if space != traces.space and (space.role_of(traces.by) or Role.FREEBUSY) < Role.MANAGER:
            continue
        if not traces.is_person:
            continue
        addresses = (traces.addresses - _held_by_others(space, traces)) | {reference_of(traces.contact).casefold()}
        _take_out(space, addresses, CalendarWriter(space, by=traces.by, door=traces.door, batch=None))
        purge(list(_deleted(space, addresses)), space, by=traces.by, door=traces.door)
        empty(_former(space, addresses))


def _held_by_others(space: Space, traces: Traces) -> set[str]:
    rows = IndexRow.objects.filter(space=space, kind=IndexRow.Kind.EMAIL, norm__in=traces.addresses)
    return set(rows.exclude(contact_id=traces.contact.pk).values_list("norm", flat=True))


def _entries(space: Space) -> Collection[int]:
    return Calendar.objects.filter(space=space).exclude(kind=Calendar.Kind.SUBSCRIPTION).values_list("pk", flat=True)


def _take_out(space: Space, addresses: Collection[str], writer: CalendarWriter) -> None:
    """Write the entries that name them anew, without."""
    overwrite_deleted()
    named = Attendee.objects.filter(address__in=addresses, calendar_id__in=_entries(space)).values("object_id")
    live = CalendarObject.objects.filter(pk__in=named, space=space, deleted_at=None).select_related("content")
    for entry in live:
        if places := _places(entry.content.data, addresses):
            octets = entry.ical.without(*places).octets
            [content] = writer.keep([(hash_of(octets), octets)])
            writer.replace(entry, octets, derive(ICalendar(octets)), content=content)
    writer.flush()


def _deleted(space: Space, addresses: Collection[str]) -> Iterator[CalendarObject]:
    gone = CalendarObject.objects.filter(calendar__in=_entries(space), space=space).exclude(deleted_at=None)
    of = dict(gone.values_list("content", "pk"))
    yield from CalendarObject.objects.filter(pk__in=[of[content] for content in _naming(of, addresses)])


def _former(space: Space, addresses: Collection[str]) -> list[int]:
    """The contents that entries had once in this space, wherever they are now, and that name them."""
    changes = Change.objects.filter(noun=ENTRY, space=space).exclude(before=None)
    mine = CalendarObject.objects.filter(pk__in=changes.values("subject"))
    mine = mine.exclude(calendar__kind=Calendar.Kind.SUBSCRIPTION)
    before = set(changes.filter(subject__in=mine.values("pk")).values_list("before", flat=True))
    return list(_naming(before - set(mine.values_list("content", flat=True)), addresses))


def _naming(contents: Collection[int], addresses: Collection[str]) -> Iterator[int]:
    left = sorted(contents)
    while left:
        for pk, octets in octets_of(left[:_AT_ONCE]).items():
            if _places(octets, addresses):
                yield pk
        left = left[_AT_ONCE:]


def _places(octets: bytes, addresses: Collection[str]) -> list[int]:
    """The lines that name one of them."""
    told = _FOLD.sub(b"", octets).decode(errors="replace").casefold()
    if not any(address in told for address in addresses):  # nearly all: reading takes a hundred times as long
        return []
    components = [part for each in ICalendar(octets).components for part in (each, *each.alarms)]
    people = [(prop, prop.address) for part in components for prop in part.properties("ATTENDEE", "ORGANIZER")]
    people += [(prop, prop.param("ALTREP") or "") for part in components for prop in part.properties("CONTACT")]
    return [prop.index for prop, address in people if address.casefold() in addresses]
