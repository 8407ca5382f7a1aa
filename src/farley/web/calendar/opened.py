"""An entry that somebody opened, and which occurrence of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext

from farley.accounts.roles import Role
from farley.calendars import occurrences
from farley.calendars.models import CalendarObject
from farley.calendars.occurrences import Occurrence
from farley.calendars.series import Scope
from farley.codecs.icalendar import When
from farley.spaces.operations import NotAllowed
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of
from farley.web.shell.requests import PageRequest

KINDS: Final = {"event": CalendarObject.Kind.EVENT, "task": CalendarObject.Kind.TASK}
_WIDE = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry that somebody opened: `occurrence` is the one of a series that was meant."""

    entry: CalendarObject
    shown: ShownCalendar
    occurrence: Occurrence | None

    @property
    def at(self) -> When | None:
        return self.occurrence.recurrence_id if self.occurrence else None

    @property
    def title(self) -> str:
        """What it is called: of a series, the one that was meant."""
        return (self.occurrence or self.entry).summary or gettext("No title")


def opened_entry(request: PageRequest, pk: int, at: str) -> Opened:
    """The entry, and the occurrence that `at` names; 404 for what one may not read or what does not take place."""
    entries = CalendarObject.objects.told_to(request.actor).select_related("calendar", "content")
    found: CalendarObject = get_object_or_404(entries, pk=pk, component__in=list(KINDS.values()))
    shown = next((each for each in calendars_of(request) if each.pk == found.calendar_id), None)
    if shown is None:  # of a calendar that is archived
        shown = ShownCalendar(found.calendar, Role.READER, is_on=True)
    found.calendar = shown.calendar
    return Opened(found, shown, _occurrence(found, at) if at else None)


def _occurrence(found: CalendarObject, at: str) -> Occurrence:
    """The occurrence of a series that is called so, wherever it was moved to."""
    named = When.parse(at)
    if named is None:
        raise Http404("no such occurrence")
    middle = named.local.replace(tzinfo=dt.UTC)
    zone = timezone.get_current_timezone()
    moved = [each.start_at for each in found.ical.overrides if _is_called(each.recurrence_id, at)]
    middles = [middle, *(when.local.replace(tzinfo=dt.UTC) for when in moved if when)]
    for around in middles:
        for each in occurrences.of_object(found, around - _WIDE, around + _WIDE, zone=zone):
            if _is_called(each.recurrence_id, at):
                return each
    raise Http404("no such occurrence")


def _is_called(identity: When | None, at: str) -> bool:
    return identity is not None and identity.written() == at


def require_editable(opened: Opened) -> None:
    if not opened.shown.can_edit:
        raise NotAllowed(opened.shown.space, Role.EDITOR)


def scope_of(posted: QueryDict, opened: Opened) -> Scope:
    wanted = posted.get("scope", "")
    if opened.at is None:
        return Scope.ALL
    return Scope(wanted) if wanted in set(Scope) else Scope.ONE
