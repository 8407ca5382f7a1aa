"""Reminders on pages: what an alarm has gone off for, until somebody says that they know, or not just now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from farley.calendars.answering import answer, unanswered
from farley.calendars.models import CalendarObject
from farley.calendars.reminding import Alarm
from farley.web.calendar.calendars_shown import calendars_of
from farley.web.calendar.entry_form import Span
from farley.web.calendar.entry_shown import told_time
from farley.web.calendar.occurrences import Look
from farley.web.shell.requests import PageRequest

SNOOZES: Final = (5, 15, 60)  # minutes


@dataclass(frozen=True, slots=True)
class Reminder:
    pk: int
    title: str
    when: str
    place: str
    url: str
    starts: str


@require_GET
def reminders(request: PageRequest) -> HttpResponse:
    """Those that wait for an answer: a part of every page, and a page of their own."""
    return _shown(request)


@require_POST
def answer_reminder(request: PageRequest, pk: int) -> HttpResponse:
    """Hear no more of it, or with `minutes` again after these."""
    entry = get_object_or_404(CalendarObject.objects.told_to(request.actor), pk=pk)
    now, minutes = timezone.now(), request.POST.get("minutes", "")
    try:
        starts = dt.datetime.fromisoformat(request.POST.get("starts", "")).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        starts = now
    until = next((now + dt.timedelta(minutes=each) for each in SNOOZES if str(each) == minutes), None)
    answer(entry, starts, request.user, now, until=until)
    return _shown(request) if request.htmx else redirect("reminders")


def _shown(request: PageRequest) -> HttpResponse:
    look = Look.of_now()
    asked = [shown.pk for shown in calendars_of(request) if shown.can_edit and shown.is_on]
    found = unanswered(CalendarObject.objects.told_to(request.actor), asked, request.user, look.now, zone=look.zone)
    context = {
        "place": "calendar",
        "reminders": [_of(alarm, look) for alarm in found],
        "snoozes": [
            (minutes, ngettext("in {count} minute", "in {count} minutes", minutes).format(count=minutes))
            for minutes in SNOOZES
        ],
    }
    name = "calendar/reminders.html#list" if request.htmx else "calendar/reminders.html"
    return render(request, name, context)


def _of(alarm: Alarm, look: Look) -> Reminder:
    each = alarm.occurrence
    begins, ends = (at.astimezone(look.zone).replace(tzinfo=None) for at in (each.start, each.end))
    last = ends - dt.timedelta(days=1) if each.is_all_day else ends
    at = each.recurrence_id.written() if each.recurrence_id else ""
    when = told_time(Span(begins, max(begins, last), each.is_all_day))
    title = " ".join(each.summary.split())
    return Reminder(each.entry.pk, title, when, each.location, look.url_of(each.entry.pk, at), each.start.isoformat())
