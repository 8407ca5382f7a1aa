"""How much of an entry somebody is told, besides whether they see it at all. RFC 5545 §3.8.1.3."""

from __future__ import annotations

from farley.accounts.roles import Role
from farley.calendars.models import CalendarObject
from farley.calendars.timed import Timed


def is_told(entry: CalendarObject | Timed, standing: Role | None) -> bool:
    """Whether somebody with the role `standing` in its space reads what the entry says, or only when it keeps busy.

    The rule of `CalendarObjectQuerySet.told_to`, for entries that one has before one.
    """
    if standing is None or standing < Role.READER:
        return False
    return standing >= Role.EDITOR or entry.classification == CalendarObject.Class.PUBLIC
