"""What the database must never show of calendars."""

from __future__ import annotations

from farley.calendars.models import Attendee, Calendar, CalendarObject
from farley.calendars.rebuilding import differences
from farley.journal.models import Change, Noun, Tombstone
from farley.spaces.models import Space


def faults() -> list[str]:
    """What is wrong: derived that is not the octets', gaps, wrong revisions, rows left behind."""
    found = list(differences())
    for space in Space.objects.all():
        revisions = list(Change.objects.filter(space=space).order_by("revision").values_list("revision", flat=True))
        if revisions != list(range(1, space.revision + 1)):
            found.append(f"{space.name}: revisions are not 1 to {space.revision}")
    for calendar in Calendar.objects.all():
        entries = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
        graves = Tombstone.objects.filter(noun=Noun.CALENDAR_OBJECT, collection=calendar.pk, space=calendar.space_id)
        both = set(entries.values_list("href", flat=True)) & set(graves.values_list("href", flat=True))
        found += [f"{calendar}: {href} is there and buried" for href in both]
        told = [*entries.values_list("octets_revision", flat=True), *graves.values_list("octets_revision", flat=True)]
        if told and max(told) > calendar.octets_revision:
            found.append(f"{calendar}: its revision lags behind its members")
        found += [f"{entry}: not in the space of its calendar" for entry in entries.exclude(space=calendar.space_id)]
    live = set(CalendarObject.objects.filter(deleted_at=None).values_list("pk", flat=True))
    left = set(Attendee.objects.values_list("object_id", flat=True)) - live
    return found + [f"attendees left behind by {pk}" for pk in left]
