"""How much of an entry somebody is told, besides whether they see it at all. RFC 5545 §3.8.1.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.database import rows
from farley.spaces.models import Space, held_by

if TYPE_CHECKING:
    from farley.calendars.timed import Timed

_READER, _EDITOR, _PUBLIC = map(int, (Role.READER, Role.EDITOR, CalendarObject.Class.PUBLIC))  # asked of thousands


def is_told(entry: CalendarObject | Timed, standing: Role | None) -> bool:
    """Whether somebody with the role `standing` in its space reads what the entry says, or only when it keeps busy.

    The rule of `CalendarObjectQuerySet.told_to`, for entries that one has before one.
    """
    if standing is None or standing < _READER:
        return False
    return standing >= _EDITOR or entry.classification == _PUBLIC


def told_to(by: Actor) -> tuple[str, list[Any]]:
    """What `CalendarObjectQuerySet.told_to` says, as a condition on `entry` for a statement of one’s own; values."""
    visible, held = _visible_to(by)
    told, standing = _told_to(by)
    return f"{visible} AND {told}", [*held, *standing]


def shown_to(by: Actor) -> tuple[str, list[Any]]:
    """Likewise what `CalendarObjectQuerySet.shown_to` says."""
    visible, held = _visible_to(by)
    told, standing = _told_to(by)
    free = "SELECT 1 FROM calendars_calendar mine WHERE mine.id = entry.calendar_id AND mine.is_transparent"
    busy = (
        f"entry.component = {Components.EVENTS.value} AND NOT entry.is_transparent"
        f" AND entry.status <> 'CANCELLED' AND NOT EXISTS ({free})"
    )
    return f"{visible} AND ({told} OR ({busy}))", [*held, *standing]


def calendars_of(by: Actor) -> list[Calendar]:
    """`Calendar.objects.busy_to(by)`, those in use, in order and with their spaces: every page of a calendar asks."""
    spaces, held = held_by(by.among_calendars, Role.FREEBUSY)
    chosen = sorted(by.calendars) if by.calendars is not None else None
    among = "" if chosen is None else f" AND calendar.id IN ({rows.marks(chosen)})"
    sql = (
        "SELECT {calendar}, {space} FROM calendars_calendar calendar"  # noqa: S608 -- our names
        " JOIN spaces_space space ON space.id = calendar.space_id WHERE calendar.deleted_at IS NULL"
        " AND calendar.archived_at IS NULL AND space.archived_at IS NULL"
        f" AND calendar.space_id IN ({spaces}){among} ORDER BY calendar.position, calendar.name, calendar.id"
    )
    found = []
    for calendar, space in rows.load_by({"calendar": Calendar, "space": Space}, sql, [*held, *(chosen or ())]):
        calendar.space = space
        found.append(calendar)
    return found


def _visible_to(by: Actor) -> tuple[str, list[Any]]:
    spaces, held = held_by(by.among_calendars, Role.READER)
    chosen = sorted(by.calendars) if by.calendars is not None else None
    among = "" if chosen is None else f" AND id IN ({rows.marks(chosen)})"
    sql = (
        "entry.deleted_at IS NULL AND entry.calendar_id IN (SELECT id FROM calendars_calendar"  # noqa: S608 -- our names
        f" WHERE deleted_at IS NULL AND space_id IN ({spaces}){among})"
    )
    return sql, [*held, *(chosen or ())]


def _told_to(by: Actor) -> tuple[str, list[Any]]:
    own, standing = held_by(by.in_person, Role.EDITOR)
    return f"(entry.classification = {_PUBLIC} OR entry.space_id IN ({own}))", list(standing)
