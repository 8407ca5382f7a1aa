"""Erasing entries and calendars for good: the octets and all that was read out of them go, the acts stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb as EventVerb
from farley.accounts.events import note
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.writing import CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.contacts.erasing import (
    contents_of,
    empty,
    forget_in_titles,
    forget_own_fields,
    overwrite_deleted,
    scrub,
    spaces_of,
)
from farley.journal.models import Batch, Change, Noun, Tombstone, Verb
from farley.journal.records import octets_of
from farley.journal.writing import Written, append
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

ENTRY, CALENDAR = Noun.CALENDAR_OBJECT, Noun.CALENDAR
_AT_ONCE: Final = 100  # octets of so many are in memory


def erase(entry: CalendarObject, *, by: Actor, door: Door) -> None:
    """Erase an entry, deleted or not, with its whole history in every space it has been in.

    Raises NotAllowed unless `by` manages its space, NoSuchSpace, and CalendarObject.DoesNotExist where it is gone.
    """
    with writing(spaces_of([entry.pk], ENTRY) | {entry.space_id}) as spaces:
        space = spaces[entry.space_id]
        require(space, by, Role.MANAGER)
        purge([CalendarObject.objects.get(pk=entry.pk, space=space)], space, by=by, door=door)
        title = "" if space.is_private else space.title
        note(EventVerb.ERASED, by=by, door=door, subject=title, private=space.is_private)
    scrub()


def purge(entries: Sequence[CalendarObject], space: Space, *, by: Actor, door: Door) -> None:
    """Erase entries of a locked space, within its transaction. `scrub` follows when that is committed."""
    overwrite_deleted()
    pks = [entry.pk for entry in entries]
    acts = Change.objects.filter(noun=ENTRY, subject__in=pks).exclude(batch=None).values("batch")
    contents = contents_of(pks, ENTRY) | {entry.content_id for entry in entries}
    forget_in_titles(Batch.objects.filter(pk__in=acts), _summaries(contents))
    writer = CalendarWriter(space, by=by, door=door, batch=None)
    for entry in entries:
        writer.erase(entry)
    writer.flush()
    CalendarObject.objects.filter(pk__in=pks).delete()
    empty(contents)
    forget_own_fields(pks, ENTRY)


def _summaries(contents: Collection[int]) -> set[str]:
    """What entries have been called: acts are, after them."""
    found, left = set(), sorted(contents)
    while left:
        for octets in octets_of(left[:_AT_ONCE]).values():
            if octets:  # else emptied by a rule
                found |= {component.text("SUMMARY") for component in ICalendar(octets).components}
        left = left[_AT_ONCE:]
    return {said for text in found for said in (text, text.strip(), " ".join(text.split())) if said}


def purge_calendars(calendars: Sequence[Calendar], space: Space, *, by: Actor, door: Door) -> None:
    """Erase calendars in which nothing is, of a locked space; what they were called goes from the journal, too."""
    overwrite_deleted()
    pks = [calendar.pk for calendar in calendars]
    changes = Change.objects.filter(noun=CALENDAR, subject__in=pks)
    acts = changes.exclude(batch=None).values("batch")
    former = {(own or {}).get("name", "") for own in changes.values_list("own_before", flat=True)}
    names = former | {calendar.name for calendar in calendars}
    forget_in_titles(Batch.objects.filter(pk__in=acts), names - {""})
    for calendar in calendars:
        append(space, CALENDAR, [Written(Verb.ERASED, calendar.pk)], by=by, door=door, batch=None, at=timezone.now())
    changes.update(own_before=None)
    Tombstone.objects.filter(noun=ENTRY, collection__in=pks).delete()
    Calendar.objects.filter(pk__in=pks).delete()
