"""The calendars themselves: made, renamed, coloured, put in order, shared, archived, deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.calendars import operations
from farley.calendars.files import ics
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.calendars.operations import BadCalendar
from farley.exchange.exporting import note_export
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces import operations as spaces
from farley.spaces.models import Space
from farley.spaces.operations import NameTaken, require
from farley.web.calendar import entry_alarms
from farley.web.calendar.calendar_colours import HEX, hue_of
from farley.web.calendar.calendar_refusals import refused
from farley.web.calendar.calendar_sources import links_of, source_of
from farley.web.calendar.calendars_shown import ShownCalendar
from farley.web.contacts.listing import Choice
from farley.web.contacts.record import attachment
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import choices_of, home_of
from farley.web.spaces.spaces_pages import hues

_KINDS = {"events": Components.EVENTS, "tasks": Components.TASKS, "both": Components.EVENTS | Components.TASKS}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A space with its calendars."""

    space: Space
    icon: str
    calendars: list[ShownCalendar]


@require_GET
def calendars(request: PageRequest) -> HttpResponse:
    """All that one reads, by space, and the form for a new one."""
    return render(request, "calendar/calendars.html", _list_context(request))


@require_GET
def export_calendar(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """What one reads of a calendar, as an iCalendar file or with `version` 1.0 as vCalendar."""
    found = get_object_or_404(Calendar.objects.visible_to(request.actor).select_related("space"), pk=pk)
    version = "1.0" if request.GET.get("version") == "1.0" else "2.0"
    entries = CalendarObject.objects.told_to(request.actor).filter(calendar=found)
    note_export([found.space], by=request.actor, door=Door.WEB)
    pieces = ics(entries, name=found.name, colour=found.colour, version=version)
    response = StreamingHttpResponse(pieces, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = attachment(f"{found.name}.{'vcs' if version == '1.0' else 'ics'}")
    return response


@require_POST
def new_calendar(request: PageRequest) -> HttpResponse:
    """Make a calendar."""
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
    name = request.POST.get("name", "")
    try:
        with one_batch(Batch.Act.CREATE, by=request.actor, door=Door.WEB, title=name) as batch:
            made = operations.create(
                space,
                name,
                by=request.actor,
                door=Door.WEB,
                batch=batch,
                components=_KINDS.get(request.POST.get("kind", ""), Components.EVENTS),
                colour=HEX.get(request.POST.get("hue", ""), ""),
            )
    except BadCalendar as problem:
        context = _list_context(request) | {"problem": refused(problem), "typed": request.POST}
        return render(request, "calendar/calendars.html", context, status=422)
    toast(request, gettext("Calendar “{name}” made").format(name=made.name), undoes=batch)
    return redirect("calendars")


@require_http_methods(["GET", "POST"])
def calendar_settings(request: PageRequest, pk: int) -> HttpResponse:
    """What a calendar is called and how it looks; POST changes it."""
    calendar = _visible(request, pk)
    if request.method != "POST":
        return render(request, "calendar/settings.html", _settings_context(request, calendar))
    try:
        with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=calendar.name) as batch:
            operations.change(calendar, by=request.actor, door=Door.WEB, batch=batch, **_wanted(request, calendar))
    except BadCalendar as problem:
        context = _settings_context(request, calendar) | {"problem": refused(problem), "typed": request.POST}
        return render(request, "calendar/settings.html", context, status=422)
    toast(
        request, gettext("Calendar “{name}” saved").format(name=request.POST.get("name", calendar.name)), undoes=batch
    )
    return redirect("calendars")


@require_POST
def order_calendar(request: PageRequest, pk: int) -> HttpResponse:
    """Have it stand one place higher, or with `down` lower, in its space."""
    calendar = _visible(request, pk)
    require(calendar.space, request.actor, Role.EDITOR)
    there = list(Calendar.objects.visible_to(request.actor).filter(space=calendar.space).in_order())
    here = there.index(calendar)
    to = max(0, min(len(there) - 1, here + (1 if "down" in request.POST else -1)))
    there.insert(to, there.pop(here))
    with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=calendar.name) as batch:
        operations.order(there, by=request.actor, door=Door.WEB, batch=batch)
    toast(request, gettext("Order of the calendars changed"), undoes=batch)
    return redirect("calendars")


@require_POST
def share_calendar(request: PageRequest, pk: int) -> HttpResponse:
    """Move it into a space: one of its own, made for it, or one there is. Its address for programs stays."""
    calendar = _visible(request, pk)
    require(calendar.space, request.actor, Role.EDITOR)
    wanted = request.POST.get("space", "")
    if wanted:
        target = get_object_or_404(Space.objects.editable_by(request.actor), name=wanted)
    else:
        try:
            target = _space_for(calendar, request)
        except (ValidationError, NameTaken):
            warn(request, gettext("No space could be made of this name. Make one yourself, then move the calendar."))
            return redirect("calendar-settings", pk)
    with one_batch(Batch.Act.MOVE, by=request.actor, door=Door.WEB, title=calendar.name) as batch:
        operations.move(calendar, target, by=request.actor, door=Door.WEB, batch=batch)
    said = gettext("“{name}” lies in “{space}” now. Let people in here.")
    toast(request, said.format(name=calendar.name, space=target.title), undoes=batch)
    return redirect("space", target.name)


@require_POST
def delete_calendar(request: PageRequest, pk: int) -> HttpResponse:
    """Delete it with all that is in it; with undo."""
    calendar = _visible(request, pk)
    with one_batch(Batch.Act.DELETE, by=request.actor, door=Door.WEB, title=calendar.name) as batch:
        operations.delete(calendar, by=request.actor, door=Door.WEB, batch=batch)
    toast(request, gettext("Calendar “{name}” was deleted").format(name=calendar.name), undoes=batch)
    return redirect("calendars")


def _visible(request: PageRequest, pk: int) -> Calendar:
    found: Calendar = get_object_or_404(Calendar.objects.visible_to(request.actor).select_related("space"), pk=pk)
    return found


def _list_context(request: PageRequest) -> dict[str, Any]:
    known = standings(request)
    shelves: dict[int, Shelf] = {}
    found = Calendar.objects.visible_to(request.actor).in_order().select_related("space")
    for calendar in found:
        role = known.role_in(calendar.space) or Role.READER
        icon = SPACE_ICONS[Space.Kind(calendar.space.kind)]
        shelf = shelves.setdefault(calendar.space_id, Shelf(calendar.space, icon, []))
        shelf.calendars.append(ShownCalendar(calendar, role, is_on=calendar.archived_at is None))
    return {
        "place": "calendar",
        "shelves": sorted(shelves.values(), key=lambda shelf: (shelf.space.kind, shelf.space.title)),
        "spaces": choices_of(known.editable),
        "home": home_of(known.editable, known.home),
        "hues": hues("plum"),
        "kinds": _kinds(Components.EVENTS),
        "typed": {},
    }


def _settings_context(request: PageRequest, calendar: Calendar) -> dict[str, Any]:
    role = standings(request).role_in(calendar.space) or Role.READER
    alarms = calendar.default_alarms or {}
    shown = ShownCalendar(calendar, role, is_on=True)
    return {
        "place": "calendar",
        "calendar": calendar,
        "shown": shown,
        "can_edit": role >= Role.EDITOR,
        "hues": hues(hue_of(calendar.colour, shown.hue)),
        "kinds": _kinds(calendar.takes),
        "zones": sorted(available_timezones()),
        "alarms": entry_alarms.rows_of(entry_alarms.usual_in(alarms, "timed"), request.user),
        "day_alarms": entry_alarms.rows_of(entry_alarms.usual_in(alarms, "all_day"), request.user),
        "count": CalendarObject.objects.told_to(request.actor).filter(calendar=calendar).count(),
        "targets": [space for space in standings(request).editable if space.pk != calendar.space_id],
        "links": links_of(request, calendar) if role >= Role.EDITOR else [],
        "typed": {},
        **source_of(calendar),
    }


def _kinds(chosen: Components) -> list[Choice]:
    names = {
        "events": pgettext("what a calendar holds", "events"),
        "tasks": pgettext("what a calendar holds", "tasks"),
        "both": pgettext("what a calendar holds", "events and tasks"),
    }
    return [Choice(key, names[key], _KINDS[key] == chosen & _KINDS["both"]) for key in _KINDS]


def _wanted(request: PageRequest, calendar: Calendar) -> dict[str, Any]:
    """The columns that the form sets; a colour that is none of the eight stays unless another is chosen."""
    posted = request.POST
    if "archive" in posted:
        return {"is_archived": posted["archive"] == "1"}
    wanted: dict[str, Any] = {
        "name": posted.get("name", ""),
        "description": posted.get("description", "").replace("\r\n", "\n"),
        "zone": posted.get("zone", "") or calendar.zone,
        "is_transparent": "is_free" in posted,
    }
    hue = posted.get("hue", "")
    if hue in HEX and hue != hue_of(calendar.colour, ""):
        wanted["colour"] = HEX[hue]
    kind = _KINDS.get(posted.get("kind", ""))
    if kind is not None and kind != calendar.takes & _KINDS["both"]:
        wanted["components"] = kind | (calendar.takes & Components.JOURNALS)
    usual = dict(calendar.default_alarms or {})
    for which, name in (("timed", "alarm"), ("all_day", "day_alarm")):
        if name in posted:
            usual |= entry_alarms.as_usual(posted.getlist(name), which)
    return wanted | {"default_alarms": usual}


def _space_for(calendar: Calendar, request: PageRequest) -> Space:
    """A new space for this calendar alone."""
    plain = re.sub(r"[^a-z0-9]+", "-", calendar.name.casefold()).strip("-")[:30] or "calendar"
    taken = set(Space.objects.filter(name__startswith=plain).values_list("name", flat=True))
    name = next(candidate for candidate in (plain, *(f"{plain}-{n}" for n in range(2, 1000))) if candidate not in taken)
    return spaces.create(name, Space.Kind.TEAM, by=request.actor, title=calendar.name, hue=hue_of(calendar.colour))
