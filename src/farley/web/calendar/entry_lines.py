"""The line that makes an event or a task, and names completed in the form of one."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from farley.calendars.details import Details
from farley.calendars.models import CalendarObject, Components
from farley.codecs.icalendar import When
from farley.journal.records import StoreProblem
from farley.web.calendar import entry_form, event_line
from farley.web.calendar.calendars_shown import calendars_of, editable
from farley.web.calendar.entries import list_of, made, times_of
from farley.web.calendar.entry_form import Span
from farley.web.calendar.entry_shown import asked_people, told_rule, told_time
from farley.web.calendar.opened import KINDS
from farley.web.shell.navigation import back
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn


@require_POST
def quick_entry(request: PageRequest) -> HttpResponse:
    """One line as an event or a task. What it leaves unsure is asked in the form."""
    kind = KINDS.get(request.POST.get("kind", ""), CalendarObject.Kind.EVENT)
    line = request.POST.get("line", "").strip()
    draft = event_line.draft_of(
        line,
        now=timezone.now(),
        zone=timezone.get_current_timezone(),
        language=request.LANGUAGE_CODE or "en",
        is_task=kind == CalendarObject.Kind.TASK,
    )
    kind = CalendarObject.Kind.TASK if draft.is_task else kind
    choices = editable(calendars_of(request), Components(kind))
    if not line:
        return back(request, list_of(kind))
    if not choices or not draft.is_sure:
        return redirect(f"{reverse('new-entry')}?{urlencode(_address_of(draft, request))}")
    details = details_of(draft)
    try:
        batch = made(request, choices[0], kind, details)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return back(request, list_of(kind))
    told = told_rule(draft.rule, details.start) or told_time(_span_of(draft))
    said = gettext("“{title}” added: {when}") if told else gettext("“{title}” added")
    toast(request, said.format(title=draft.title, when=told), undoes=batch)
    return back(request, list_of(kind))


@require_GET
def people(request: PageRequest) -> HttpResponse:
    """Contacts with an e-mail address that somebody may mean who types this."""
    typed = request.GET.get("add_person", "").rpartition(",")[2].strip()[:200]
    return render(request, "calendar/people.html", {"people": asked_people(typed, request.actor)})


def _span_of(draft: event_line.Draft) -> Span:
    if draft.start is not None:
        return Span(draft.start, draft.end or draft.start + entry_form.HOUR)
    if draft.on is None:
        return Span(None, None)
    first = dt.datetime.combine(draft.on, dt.time())
    last = dt.datetime.combine(draft.until or draft.on, dt.time())
    return Span(first, last, is_all_day=True)


def details_of(draft: event_line.Draft) -> Details:
    """What a line that is sure says; of a task its day is when it is due."""
    span, zone = _span_of(draft), entry_form.here()
    start: When | None = None
    end: When | None = None
    if span.is_all_day and span.start is not None and span.end is not None:
        start = When.of(span.start.date())
        end = When.of(span.end.date() if draft.is_task else span.end.date() + entry_form.DAY)
    elif span.start is not None and span.end is not None:
        start, end = When.of(span.start, zone), When.of(span.end, zone)
    if draft.is_task:  # a day or a time is when it is due; a series has to begin somewhere
        due = end if draft.end is not None or draft.until is not None else start
        start, end = (due if draft.rule else None), due
    return Details(
        summary=draft.title,
        start=start,
        end=end,
        location=draft.place or None,
        rule=draft.rule or None,
        priority=draft.priority or None,
    )


def _address_of(draft: event_line.Draft, request: PageRequest) -> dict[str, str]:
    """The draft as the address of the form has it."""
    span = _span_of(draft)
    asked = {"title": draft.title, "place": draft.place, "unsure": ", ".join(draft.unsure), **times_of(span)}
    asked |= {"kind": "task" if draft.is_task else "", "all_day": "on" if span.is_all_day else ""}
    asked["next"] = request.POST.get("next", "")
    return {name: value for name, value in asked.items() if value}
