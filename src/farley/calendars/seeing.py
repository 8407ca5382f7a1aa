"""How much of an entry somebody is told, besides whether they see it at all. RFC 5545 §3.8.1.3."""

from __future__ import annotations

from farley.accounts.roles import Role
from farley.calendars.models import CalendarObject


def is_told(entry: CalendarObject, role: Role | None) -> bool:
    """Whether somebody with `role` in its space reads what the entry says, or only when it is.

    What is private or confidential is for those who change the calendar, whose own entries these are.
    """
    if role is None or role < Role.READER:
        return False
    return role >= Role.EDITOR or entry.classification == CalendarObject.Class.PUBLIC
