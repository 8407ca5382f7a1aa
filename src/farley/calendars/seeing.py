"""How much of an entry somebody is told, besides whether they see it at all. RFC 5545 §3.8.1.3."""

from __future__ import annotations

from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.models import CalendarObject
from farley.calendars.timed import Timed
from farley.database import rows
from farley.spaces.models import held_by


def is_told(entry: CalendarObject | Timed, standing: Role | None) -> bool:
    """Whether somebody with the role `standing` in its space reads what the entry says, or only when it keeps busy.

    The rule of `CalendarObjectQuerySet.told_to`, for entries that one has before one.
    """
    if standing is None or standing < Role.READER:
        return False
    return standing >= Role.EDITOR or entry.classification == CalendarObject.Class.PUBLIC


def told_to(by: Actor) -> tuple[str, list[Any]]:
    """What `CalendarObjectQuerySet.told_to` says, as a condition on `entry` for a statement of one’s own; values."""
    spaces, held = held_by(by.among_calendars, Role.READER)
    own, standing = held_by(by.in_person, Role.EDITOR)
    chosen = sorted(by.calendars) if by.calendars is not None else None
    among = "" if chosen is None else f" AND id IN ({rows.marks(chosen)})"
    sql = (
        "entry.deleted_at IS NULL AND entry.calendar_id IN (SELECT id FROM calendars_calendar"  # noqa: S608 -- our names
        f" WHERE deleted_at IS NULL AND space_id IN ({spaces}){among})"
        f" AND (entry.classification = {int(CalendarObject.Class.PUBLIC)} OR entry.space_id IN ({own}))"
    )
    return sql, [*held, *(chosen or ()), *standing]
