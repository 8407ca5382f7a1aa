"""Derived columns and rows of calendars, read out of the octets again: a check, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from farley.accounts.actor import Actor, ActorKind
from farley.calendars.deriving import DERIVED_COLUMNS, Derived, derive
from farley.calendars.models import Attendee, Calendar, CalendarObject
from farley.calendars.writing import PERSON_COLUMNS, CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.database import rows
from farley.database.turns import write_turn
from farley.journal.models import Door, Noun, hash_of
from farley.search import writing as search
from farley.search.models import Entry, place, places
from farley.spaces.models import Space
from farley.spaces.operations import writing

PAGE = 500
SYSTEM = Actor(ActorKind.SYSTEM, None, "farley")


def rebuild(
    *, progress: Callable[[int], None] = lambda _done: None, stopping: Callable[[], bool] = lambda: False
) -> int | None:
    """Derive every entry anew and write what differs; return how many did, or None if `stopping` cut it short.

    No client sees a change.
    """
    mended = 0
    for calendar in Calendar.objects.order_by("pk"):
        for page in _pages(calendar):
            differing = list(_differing(page))
            if differing:
                mended += _mend(calendar, differing)
            progress(len(page))
            if stopping():
                return None
    return mended + _drop_left_behind() + _drop_words()


def differences(*, progress: Callable[[int], None] = lambda _done: None) -> Iterator[str]:
    """What `rebuild` would mend, a line each: `space/calendar/href: what`."""
    for calendar in Calendar.objects.select_related("space").order_by("pk"):
        for page in _pages(calendar):
            for found in _differing(page):
                yield f"{calendar.space.name}/{calendar.slug}/{found.entry.href}: {', '.join(found.what)}"
            progress(len(page))
    for pk in _left_behind():
        yield f"attendees of the entry {pk}, which is not there"
    for left in _words_left():
        yield f"search finds the calendar entry {left.record}, which is not there"


@dataclass(frozen=True, slots=True)
class _Differing:
    """An entry whose derived columns or rows are not what its octets say; `what` names them."""

    entry: CalendarObject
    derived: Derived
    what: list[str]


def _pages(calendar: Calendar) -> Iterator[list[CalendarObject]]:
    last = 0
    live = CalendarObject.objects.filter(calendar=calendar, deleted_at=None).select_related("content").order_by("pk")
    while page := list(live.filter(pk__gt=last)[:PAGE]):
        yield page
        last = page[-1].pk


def _mend(calendar: Calendar, differing: Sequence[_Differing]) -> int:
    with writing([calendar.space_id]) as locked:
        writer = CalendarWriter(locked[calendar.space_id], by=SYSTEM, door=Door.CLI, batch=None)
        derived = {found.entry.pk: (found.entry.content_id, found.derived) for found in differing}
        live = CalendarObject.objects.filter(pk__in=derived, space=calendar.space_id, deleted_at=None)
        mended = 0
        for entry in live.select_related("content"):
            content, now = derived[entry.pk]
            # who has written to it since has derived it, too
            if entry.content_id == content:
                writer.rederive(entry, now)
                mended += 1
        writer.flush()
    return mended


def _differing(page: Sequence[CalendarObject]) -> Iterator[_Differing]:
    people: dict[int, list[tuple[object, ...]]] = {entry.pk: [] for entry in page}
    found = Attendee.objects.filter(object_id__in=people).order_by("object_id", "n")
    for pk, n, calendar, *person in found.values_list("object_id", "n", "calendar_id", *PERSON_COLUMNS):
        people[pk].append((n, calendar, *person))
    mine = [place(entry.space_id, Noun.CALENDAR_OBJECT, entry.pk) for entry in page]
    said = {each.record: each.texts for each in Entry.objects.filter(pk__in=mine)}
    for entry in page:
        derived = derive(ICalendar(entry.content.data))
        what = [
            name
            for name, value in zip(DERIVED_COLUMNS, derived.columns, strict=True)
            if getattr(entry, name) != (list(value) if isinstance(value, tuple) else value)
        ]
        if bytes(entry.sha256) != hash_of(entry.content.data):
            what.append("sha256")
        if people[entry.pk] != [(n, entry.calendar_id, *person) for n, person in enumerate(derived.people)]:
            what.append("attendees")
        if said.get(entry.pk) != derived.search:
            what.append("search text")
        if what:
            yield _Differing(entry, derived, what)


def _left_behind() -> list[int]:
    sql = (
        "SELECT DISTINCT object_id FROM calendars_attendee WHERE NOT EXISTS (SELECT 1 FROM calendars_calendarobject"
        " entry WHERE entry.id = calendars_attendee.object_id AND entry.deleted_at IS NULL)"
    )
    return [pk for (pk,) in rows.query(sql, [])]


def _words_left() -> list[Entry]:
    """What search holds of entries that are not in its space."""
    left = []
    for space in Space.objects.order_by("pk"):
        live = set(CalendarObject.objects.filter(space=space, deleted_at=None).values_list("pk", flat=True))
        held = Entry.objects.filter(pk__range=places(space.pk, Noun.CALENDAR_OBJECT)).only("pk")
        left += [each for each in held if each.record not in live]
    return left


def _drop_words() -> int:
    gone = _words_left()
    with write_turn():
        search.remove([each.pk for each in gone])
    return len(gone)


def _drop_left_behind() -> int:
    gone = _left_behind()
    Attendee.objects.filter(object_id__in=gone).delete()
    return len(gone)
