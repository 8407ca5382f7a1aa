"""What is done with calendars and their entries, storing aside: make, change, order, delete, restore, move."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import available_timezones

from django.db.models import Max
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.deriving import Derived, derive
from farley.calendars.details import MOST_MINUTES
from farley.calendars.filling import empty
from farley.calendars.models import MAX_SLUG, Calendar, CalendarObject, CalendarObjectQuerySet, Components
from farley.calendars.storing import (
    NoSuchCalendar,
    WrongComponent,
    conflict_with,
    free_href,
    require_editor,
    require_writable,
    taken_uids,
)
from farley.calendars.writing import CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.journal.models import Batch, Door, Noun, Tombstone, Verb
from farley.journal.records import EditConflict, octets_of, refuse_bad_href
from farley.journal.writing import Grave, Written, append, bury
from farley.search import writing as search
from farley.search.models import Entry, place
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

MAX_NAME = 200
MAX_DESCRIPTION = 5000
MAX_CALENDARS = 500  # of one space
ALARMS = ("timed", "all_day", "timed_mail", "all_day_mail")  # what a calendar keeps of usual reminders
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:+=~-]*")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_OWN: Final = ("name", "colour", "description", "position", "components", "zone", "default_alarms", "is_transparent")


class BadCalendar(ValueError):
    """A calendar cannot be made or changed so. `reason` is a code.

    `name` (none, or unreadable), `long`, `slug`, `colour`, `zone`, `components`, `alarms`, `many`; `holds`: entries of
    a kind that it would not take any more.
    """

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(f"{_REASONS[reason]}{f': {value[:60]!r}' if value else ''}")
        self.reason, self.value = reason, value


_REASONS = {
    "name": "a calendar needs a name that can be read",
    "long": f"a name has {MAX_NAME} characters at most, a description {MAX_DESCRIPTION}",
    "slug": "this cannot be the address of a calendar",
    "colour": "a colour is written #RRGGBB or #RRGGBBAA",
    "zone": "there is no such time zone",
    "components": "a calendar takes events, tasks or journal entries",
    "alarms": "alarms are minutes before the start",
    "many": f"a space has {MAX_CALENDARS} calendars at most",
    "holds": "there are entries in it that it would not take any more",
}


class SlugTaken(ValueError):
    """Another calendar has this address."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is a calendar at {slug!r} already")
        self.slug = slug


def create(
    space: Space,
    name: str,
    *,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
    slug: str | None = None,
    components: Components = Components.EVENTS,
    zone: str = "",
    kind: Calendar.Kind = Calendar.Kind.PLAIN,
    **own: Any,
) -> Calendar:
    """Make a calendar, the last one of its space; `own` are values for its other columns.

    Without a `zone` it is in that of `by`. Raises NotAllowed, NoSuchSpace, BadCalendar, SlugTaken.
    """
    zone = zone or (by.user.time_zone if by.user else "UTC")
    wanted = _checked({"name": name, "components": components, "zone": zone, **own})
    slug = slug or str(uuid.uuid4())
    if len(slug) > MAX_SLUG or not _SLUG.fullmatch(slug):
        raise BadCalendar("slug", slug)
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.EDITOR)
        there = Calendar.objects.filter(space=space, deleted_at=None)
        if there.count() >= MAX_CALENDARS:
            raise BadCalendar("many")
        if Calendar.objects.filter(slug=slug, deleted_at=None).exists():
            raise SlugTaken(slug)
        last = there.aggregate(last=Max("position"))["last"]
        wanted = {"position": 0 if last is None else last + 1} | wanted
        calendar: Calendar = Calendar.objects.create(space=space, slug=slug, kind=kind, **wanted)
        _journal(calendar, space, Verb.CREATED, by=by, door=door, batch=batch)
    return calendar


def change(calendar: Calendar, *, by: Actor, door: Door, batch: Batch | None = None, **own: Any) -> Calendar:
    """Set columns of the calendar: `name`, `colour`, `description`, `position`, `components`, `zone`,
    `default_alarms`, `is_transparent`, and `is_archived`.

    Raises NotAllowed, NoSuchSpace, NoSuchCalendar, BadCalendar.
    """
    is_archived = own.pop("is_archived", None)
    wanted = _checked(own)
    with writing([calendar.space_id]) as locked:
        current = _current(calendar, locked, by)
        if "components" in wanted:
            _refuse_unfit(current, wanted["components"])
        if is_archived is not None and is_archived is not (current.archived_at is not None):
            wanted["archived_at"] = timezone.now() if is_archived else None
        put(current, wanted, by=by, door=door, batch=batch)
    return current


def order(calendars: Sequence[Calendar], *, by: Actor, door: Door, batch: Batch | None = None) -> None:
    """Put calendars, of one space or several, into this order. Raises NotAllowed, NoSuchSpace, NoSuchCalendar."""
    with writing({calendar.space_id for calendar in calendars}) as locked:
        for position, calendar in enumerate(calendars):
            put(_current(calendar, locked, by), {"position": position}, by=by, door=door, batch=batch)


def delete(calendar: Calendar, *, by: Actor, door: Door, batch: Batch | None = None) -> None:
    """Delete a calendar with all that is in it, restorable. Raises NotAllowed, NoSuchSpace, NoSuchCalendar."""
    with writing([calendar.space_id]) as locked:
        put_live(_current(calendar, locked, by), is_live=False, by=by, door=door, batch=batch)


def restore(calendar: Calendar, *, by: Actor, door: Door, batch: Batch | None = None) -> Calendar:
    """Bring a deleted calendar back with all that was in it, at its address if that is free.

    Raises NotAllowed, NoSuchSpace.
    """
    with writing([calendar.space_id]) as locked:
        require_editor(calendar, locked[calendar.space_id], by)
        current: Calendar = Calendar.objects.select_related("space").get(pk=calendar.pk, space=calendar.space_id)
        current.space = locked[calendar.space_id]
        put_live(current, is_live=True, by=by, door=door, batch=batch)
    return current


def move(calendar: Calendar, target: Space, *, by: Actor, door: Door, batch: Batch | None = None) -> None:
    """Move a calendar with all that is in it to another space; its address stays.

    Raises NotAllowed, NoSuchSpace, NoSuchCalendar.
    """
    if calendar.space_id == target.pk:
        return
    with writing([calendar.space_id, target.pk]) as locked:
        require(locked[target.pk], by, Role.EDITOR)
        current = _current(calendar, locked, by)
        put_into(current, locked[target.pk], by=by, door=door, batch=batch)


def delete_objects(
    entries: Sequence[CalendarObject], *, by: Actor, door: Door, batch: Batch | None, expected: str | None = None
) -> int:
    """Delete entries (of one calendar or several), restorable; return how many were still there.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, NoSuchCalendar, and EditConflict where `expected`, an
    ETag, is not the stored one.
    """
    done = 0
    with writing({entry.space_id for entry in entries}) as spaces:
        for space, mine in _afresh(spaces, entries, by).items():
            writer = CalendarWriter(space, by=by, door=door, batch=batch)
            for entry in mine:
                if expected is not None and entry.etag != expected:
                    raise EditConflict(entry.href, entry.etag)
                writer.delete(entry)
            writer.flush()
            done += len(mine)
    return done


def restore_object(entry: CalendarObject, *, by: Actor, door: Door, batch: Batch | None = None) -> None:
    """Bring a deleted entry back. Raises NotAllowed, NoSuchSpace, NoSuchCalendar, UidConflict, WrongComponent."""
    with writing([entry.space_id]) as spaces:
        space = spaces[entry.space_id]
        current = CalendarObject.objects.select_related("calendar").get(pk=entry.pk)
        if not current.is_deleted or current.space_id != space.pk:
            return
        calendar = require_writable(current.calendar, space, by)
        _refuse_misplaced(calendar, [current])
        writer = CalendarWriter(space, by=by, door=door, batch=batch)
        [derived] = derived_of([current]).values()
        writer.restore(current, derived, href=free_href(calendar.pk, current.href))
        writer.flush()


def move_objects(
    entries: Sequence[CalendarObject], target: Calendar, *, by: Actor, door: Door, batch: Batch | None
) -> int:
    """Move entries to the calendar `target`, all or none; return how many moved.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, NoSuchCalendar, UidConflict, WrongComponent.
    """
    moved = 0
    with writing({target.space_id, *(entry.space_id for entry in entries)}) as spaces:
        target = require_writable(target, spaces[target.space_id], by)
        for space, mine in _afresh(spaces, entries, by).items():
            going = [entry for entry in mine if entry.calendar_id != target.pk]
            move_between(space, target, going, by=by, door=door, batch=batch)
            moved += len(going)
    return moved


def place_object(
    entry: CalendarObject,
    target: Calendar,
    href: str,
    *,
    is_overwriting: bool,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> bool:
    """Put `entry` at `href` of `target`, its own calendar or another; False where an entry was there, now deleted.

    Raises NotAllowed, NoSuchSpace, NoSuchCalendar, BadHref, UidConflict, WrongComponent, and EditConflict: it is gone,
    or what is there shall stay.
    """
    refuse_bad_href(href)
    with writing({entry.space_id, target.space_id}) as spaces:
        target = require_writable(target, spaces[target.space_id], by)
        [current] = next(iter(_afresh(spaces, [entry], by).values()), [None])
        if current is None:
            raise EditConflict(entry.href, None)
        live = CalendarObject.objects.filter(calendar=target, href=href, deleted_at=None)
        there = live.exclude(pk=entry.pk).first()
        if there is not None and not is_overwriting:
            raise EditConflict(href, there.etag)
        writer = CalendarWriter(target.space, by=by, door=door, batch=batch)
        if there is not None:
            writer.delete(there)
        if current.calendar_id == target.pk:
            writer.rename(current, href)
        writer.flush()
        if current.calendar_id != target.pk:
            source = spaces[current.space_id]
            move_between(source, target, [current], hrefs={current.pk: href}, by=by, door=door, batch=batch)
    return there is None


# In locked spaces, by somebody who may; for `keeping`, too


def put(calendar: Calendar, wanted: Mapping[str, Any], *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Set what differs, and journal how it was."""
    former = {name: getattr(calendar, name) for name, value in wanted.items() if getattr(calendar, name) != value}
    if not former:
        return
    for name in former:
        setattr(calendar, name, wanted[name])
    calendar.save(update_fields=list(former))
    told = {name: value.isoformat() if name == "archived_at" and value else value for name, value in former.items()}
    _journal(calendar, calendar.space, Verb.SET, by=by, door=door, batch=batch, former=told)


def put_live(calendar: Calendar, *, is_live: bool, by: Actor, door: Door, batch: Batch | None) -> None:
    """Delete it or bring it back, where it is not so already."""
    if calendar.is_deleted is not is_live:
        return
    calendar.deleted_at = None if is_live else timezone.now()
    if is_live and Calendar.objects.filter(slug=calendar.slug, deleted_at=None).exists():
        calendar.slug = str(uuid.uuid4())
    calendar.save(update_fields=["deleted_at", "slug"])
    verb = Verb.RESTORED if is_live else Verb.DELETED
    _journal(calendar, calendar.space, verb, by=by, door=door, batch=batch)


def put_into(calendar: Calendar, target: Space, *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Have it lie in `target`, with its entries. Revisions count anew there, so whoever syncs it begins anew."""
    former = {"space": calendar.space_id}
    if calendar.kind == Calendar.Kind.BIRTHDAYS:
        empty(calendar)  # they are of the contacts of the space that it leaves
    _journal(calendar, calendar.space, Verb.MOVED_OUT, by=by, door=door, batch=batch, former=former)
    calendar.space = target
    _journal(calendar, target, Verb.MOVED_IN, by=by, door=door, batch=batch)
    calendar.octets_revision = target.revision
    calendar.save(update_fields=["space", "octets_revision"])
    entries = CalendarObject.objects.filter(calendar=calendar)
    entries.update(space=target, revision=target.revision, octets_revision=target.revision)
    _move_graves(calendar, former["space"], target)
    _move_words(entries.filter(deleted_at=None), former["space"], target.pk)


def _move_graves(calendar: Calendar, source: int, target: Space) -> None:
    """Have who knows the calendar from an earlier time in `target` hear of what went while it lay in `source`."""
    noun = Noun.CALENDAR_OBJECT
    graves = Tombstone.objects.filter(noun=noun, collection=calendar.pk)
    there = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    graves.filter(space=target, href__in=there.values("href")).delete()
    gone = graves.filter(space=source).values_list("href", "is_hidden")
    bury(target, noun, [Grave(href, target.revision, hidden) for href, hidden in gone], collection=calendar.pk)


def _move_words(entries: CalendarObjectQuerySet, source: int, target: int) -> None:
    """Have search find them in another space."""
    noun, last = Noun.CALENDAR_OBJECT, 0
    while pks := list(entries.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:500]):
        found = Entry.objects.filter(pk__in=[place(source, noun, pk) for pk in pks])
        moved = [(place(target, noun, each.record), *each.texts, each.at) for each in found]
        search.remove([place(source, noun, pk) for pk in pks])
        search.add(moved)
        last = pks[-1]


def move_between(
    source: Space,
    target: Calendar,
    entries: Sequence[CalendarObject],
    *,
    hrefs: Mapping[int, str] | None = None,
    by: Actor,
    door: Door,
    batch: Batch | None,
) -> None:
    """Move entries of `source` to a calendar, to `hrefs` (by id) or their own, as far as these are free.

    Raises UidConflict, WrongComponent.
    """
    _refuse_misplaced(target, entries)
    leaving = CalendarWriter(source, by=by, door=door, batch=batch)
    is_one_space = source == target.space
    arriving = leaving if is_one_space else CalendarWriter(target.space, by=by, door=door, batch=batch)
    derived = derived_of(entries)
    taken: set[str] = set()
    for entry in entries:
        href = free_href(target.pk, (hrefs or {}).get(entry.pk, entry.href), besides=taken)
        taken.add(href)
        leaving.move_out(entry)
        arriving.move_in(entry, target.pk, derived[entry.pk], href=href)
    leaving.flush()
    if not is_one_space:
        arriving.flush()


def derived_of(entries: Sequence[CalendarObject]) -> dict[int, Derived]:
    """What is read out of each, by id."""
    octets = octets_of(entry.content_id for entry in entries)
    return {entry.pk: derive(ICalendar(octets[entry.content_id])) for entry in entries}


def _refuse_misplaced(calendar: Calendar, entries: Sequence[CalendarObject]) -> None:
    for other in taken_uids(calendar.pk, entries).values():
        raise conflict_with(other)
    for entry in entries:
        if Components(entry.component) not in calendar.takes:
            raise WrongComponent(Components(entry.component).names[0], calendar.takes)


def _afresh(
    spaces: Mapping[int, Space], entries: Sequence[CalendarObject], by: Actor
) -> dict[Space, list[CalendarObject]]:
    """The entries as they are now, under the lock, by space; those gone or moved since are left out."""
    pks = [entry.pk for entry in entries]
    current = CalendarObject.objects.filter(pk__in=pks, deleted_at=None, calendar__deleted_at=None)
    found = list(current.select_related("calendar").order_by("pk"))
    for space in spaces.values():
        require(space, by.among_calendars, Role.EDITOR)
    mine: dict[Space, list[CalendarObject]] = {}
    for calendar in {entry.calendar for entry in found if entry.space_id in spaces}:
        require_writable(calendar, spaces[calendar.space_id], by)
    for entry in found:
        if entry.space_id in spaces:
            mine.setdefault(spaces[entry.space_id], []).append(entry)
    return mine


def _current(calendar: Calendar, locked: Mapping[int, Space], by: Actor) -> Calendar:
    """The calendar as it is now, of a locked space; whoever edits the space may change it, read-only or not."""
    space = locked[calendar.space_id]
    require_editor(calendar, space, by)
    current: Calendar | None = Calendar.objects.filter(pk=calendar.pk, space=space, deleted_at=None).first()
    if current is None:
        raise NoSuchCalendar(calendar.name)
    current.space = space
    return current


def _journal(
    calendar: Calendar,
    space: Space,
    verb: Verb,
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    former: dict[str, Any] | None = None,
) -> None:
    written = [Written(verb, calendar.pk, own_before=former)]
    append(space, Noun.CALENDAR, written, by=by, door=door, batch=batch, at=timezone.now())
    calendar.revision = space.revision
    Calendar.objects.filter(pk=calendar.pk).update(revision=space.revision)


def _refuse_unfit(calendar: Calendar, components: int) -> None:
    held = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    if any(not kind & components for kind in held.values_list("component", flat=True).distinct()):
        raise BadCalendar("holds")


def _checked(own: dict[str, Any]) -> dict[str, Any]:
    """Values for columns. Raises BadCalendar."""
    if unknown := own.keys() - set(_OWN):
        raise TypeError(f"a calendar has no {', '.join(sorted(unknown))}")
    wanted = dict(own)
    if "name" in wanted:
        wanted["name"] = " ".join(wanted["name"].split())
        if not wanted["name"] or _UNREADABLE.search(wanted["name"]):
            raise BadCalendar("name", wanted["name"])
    if len(wanted.get("name", "")) > MAX_NAME or len(wanted.get("description", "")) > MAX_DESCRIPTION:
        raise BadCalendar("long")
    if _UNREADABLE.search(wanted.get("description", "")):
        raise BadCalendar("name")
    if wanted.get("colour") and not _COLOUR.fullmatch(wanted["colour"]):
        raise BadCalendar("colour", wanted["colour"])
    if "zone" in wanted and wanted["zone"] not in available_timezones():
        raise BadCalendar("zone", wanted["zone"])
    if "components" in wanted:
        wanted["components"] = int(wanted["components"])
        if not 0 < wanted["components"] < 8:
            raise BadCalendar("components")
    if "default_alarms" in wanted and not _are_alarms(wanted["default_alarms"]):
        raise BadCalendar("alarms")
    return wanted


def _are_alarms(given: Any) -> bool:
    lists = given.values() if isinstance(given, dict) and given.keys() <= set(ALARMS) else [None]
    return all(
        isinstance(each, list)
        and len(each) <= 10
        and all(isinstance(minutes, int) and abs(minutes) <= MOST_MINUTES for minutes in each)
        for each in lists
    )
