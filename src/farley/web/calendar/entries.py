"""One event or task: its form, and what is saved, moved and deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import available_timezones

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.calendars import operations, series
from farley.calendars.details import Details, Invited
from farley.calendars.models import CalendarObject, Components
from farley.calendars.rules import CODES
from farley.calendars.series import Scope
from farley.journal.access import Way, note_access
from farley.journal.models import Batch, Door, Noun
from farley.journal.records import EditConflict, StoreProblem
from farley.journal.writing import one_batch
from farley.spaces.operations import NotAllowed
from farley.web.calendar import entry_alarms, entry_form
from farley.web.calendar.calendar import asked_before, calendar_context, day_in
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of, editable
from farley.web.calendar.entry_alarms import KEPT
from farley.web.calendar.entry_form import Source, Span, Unusable
from farley.web.calendar.entry_shown import facts_of, told_rule, told_time
from farley.web.calendar.opened import KINDS, Opened, opened_entry, require_editable, scope_of
from farley.web.shell.navigation import back, page_of
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

FIRST = dt.time(9)  # when something begins if nothing is said
MOST_MINUTES = 60 * 24 * 366  # that something is moved by
DIALOG = "event-dialog"


@require_http_methods(["GET", "POST"])
def new_entry(request: PageRequest) -> HttpResponse:
    """An empty form, or with what the address says; POST: keep what was typed."""
    asked = request.POST if request.method == "POST" else request.GET
    kind = KINDS.get(asked.get("kind", ""), CalendarObject.Kind.EVENT)
    source = entry_form.new_source(kind, _asked_span(request.GET, kind))
    choices = editable(calendars_of(request), Components(kind))
    if not choices:
        context = {"place": list_of(kind), "is_task": source.is_task}
        return render(request, "calendar/nowhere.html", context, status=422 if request.method == "POST" else 200)
    if request.method == "POST":
        chosen = _chosen(choices, request.POST.get("calendar", ""))
        try:
            details = entry_form.details_of(request.POST, source, Scope.ALL, me=_me(request))
            batch = made(request, chosen, kind, details)
        except (Unusable, StoreProblem) as problem:
            return _form(request, source, choices, None, problem=problem)
        toast(request, gettext("“{title}” added").format(title=details.summary), undoes=batch)
        return back(request, list_of(kind))
    return _form(request, source, choices, None)


@require_http_methods(["GET", "POST"])
def entry(request: PageRequest, pk: int) -> HttpResponse:
    """What there is to say of it; whoever may change it has the form."""
    opened = opened_entry(request, pk, (request.POST if request.method == "POST" else request.GET).get("at", ""))
    kind = CalendarObject.Kind(opened.entry.component)
    source = entry_form.source_of(opened.entry, opened.occurrence)
    if request.method != "POST":
        found, noun = opened.entry, Noun.CALENDAR_OBJECT
        note_access(found.space_id, Way.OPENED, [found.pk], by=request.actor, door=Door.WEB, noun=noun)
    if not opened.shown.can_edit:
        if request.method == "POST":
            raise NotAllowed(opened.shown.space, Role.EDITOR)
        context = {"place": list_of(kind), "opened": opened, "entry": opened.entry, **_told(request, opened, source)}
        context["is_dialog"] = request.htmx.target == DIALOG
        name = "calendar/entry.html#dialog" if context["is_dialog"] else "calendar/entry.html"
        return render(request, name, context)
    choices = editable(calendars_of(request), Components(kind))
    if request.method != "POST":
        return _form(request, source, choices, opened)
    scope = scope_of(request.POST, opened)
    try:
        details = entry_form.details_of(request.POST, source, scope, me=_me(request))
        chosen = _chosen(choices, request.POST.get("calendar", str(opened.entry.calendar_id)))
        if scope is Scope.ONE and chosen.pk != opened.shown.pk:
            text = gettext(
                "One alone cannot lie in another calendar: choose below that all are meant, or this and the following."
            )
            raise Unusable({"calendar": text})
        batch = _saved(request, opened, details, scope, chosen)
    except EditConflict:
        text = gettext("Somebody else changed this meanwhile. What you typed is here; nothing was saved yet.")
        return _form(request, source, choices, opened, conflict=text)
    except (Unusable, StoreProblem) as problem:
        return _form(request, source, choices, opened, problem=problem)
    title = details.summary or opened.title
    toast(request, gettext("“{title}” saved").format(title=title), undoes=batch)
    return back(request, list_of(kind))


@require_POST
def delete_entry(request: PageRequest, pk: int) -> HttpResponse:
    """Delete it, or take one occurrence or all from it on out of its series; with undo."""
    opened = opened_entry(request, pk, request.POST.get("at", ""))
    require_editable(opened)
    title = opened.title
    with one_batch(Batch.Act.DELETE, by=request.actor, door=Door.WEB, title=title) as batch:
        series.take_away(
            opened.entry,
            at=opened.at,
            scope=scope_of(request.POST, opened),
            expected=None,
            by=request.actor,
            door=Door.WEB,
            batch=batch,
        )
    toast(request, gettext("“{name}” was deleted").format(name=title), undoes=batch)
    return back(request, list_of(CalendarObject.Kind(opened.entry.component)))


@require_POST
def move_entry(request: PageRequest, pk: int) -> HttpResponse:
    """Have it take place so many minutes later, by the clock, or end so many later; negative ones are earlier."""
    opened = opened_entry(request, pk, request.POST.get("at", ""))
    require_editable(opened)
    source = entry_form.source_of(opened.entry, opened.occurrence)
    by, longer = (_minutes(request.POST.get(name, "")) for name in ("by", "longer"))
    try:
        moved = _moved(source.span, by, longer)
        values = entry_form.values_of(source) | times_of(moved)
        scope = scope_of(request.POST, opened)
        posted = _query({name: values[name] for name in values if name != "repeat"})
        details = entry_form.details_of(posted, source, scope, me=_me(request))
        batch = _saved(request, opened, details, scope, opened.shown)
    except Unusable:
        warn(request, gettext("It cannot be moved there: it would end before it begins."))
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        title = opened.title
        said = gettext("“{title}”: {when}").format(title=title, when=told_time(moved))
        toast(request, said, undoes=batch)
    if not request.htmx:
        return back(request, "calendar")
    context = calendar_context(request, asked_before(request))
    html = render_to_string("calendar/calendar.html#body", context, request)
    return HttpResponse(html + render_to_string("components/toasts.html", {"is_swap": True}, request))


def _chosen(choices: list[ShownCalendar], number: str) -> ShownCalendar:
    return next((shown for shown in choices if str(shown.pk) == number), choices[0])


def _me(request: PageRequest) -> Invited:
    return Invited(request.user.email, request.user.display_name)


# Saving


def made(request: PageRequest, chosen: ShownCalendar, kind: CalendarObject.Kind, details: Details) -> Batch:
    title = details.summary or ""
    with one_batch(Batch.Act.CREATE, by=request.actor, door=Door.WEB, title=title) as batch:
        series.make(chosen.calendar, Components(kind), details, by=request.actor, door=Door.WEB, batch=batch)
    return batch


def _saved(request: PageRequest, opened: Opened, details: Details, scope: Scope, target: ShownCalendar) -> Batch:
    found = opened.entry
    expected = request.POST.get("was", "") or found.etag
    with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=found.summary) as batch:
        stored = series.change(
            found, details, at=opened.at, scope=scope, expected=expected, by=request.actor, door=Door.WEB, batch=batch
        )
        if target.pk != opened.shown.pk:
            moving = list(CalendarObject.objects.filter(pk=stored.pk))
            operations.move_objects(moving, target.calendar, by=request.actor, door=Door.WEB, batch=batch)
    return batch


def _moved(span: Span, by: int, longer: int) -> Span:
    if span.start is None and span.end is None:
        raise Unusable({"start_on": gettext("Type the day.")})
    shift, more = dt.timedelta(minutes=by), dt.timedelta(minutes=longer)
    if span.is_all_day:
        shift, more = dt.timedelta(days=by // 1440), dt.timedelta(days=longer // 1440)
    try:
        start = span.start + shift if span.start else None
        end = span.end + shift + more if span.end else None
    except OverflowError:
        raise Unusable({"start_on": gettext("Type the day.")}) from None
    if start is not None and end is not None and (end < start or (longer and end == start and not span.is_all_day)):
        raise Unusable({"end_on": gettext("It ends before it begins.")})
    return Span(start, end, span.is_all_day)


def times_of(span: Span) -> dict[str, str]:
    values = {}
    for name, moment in (("start", span.start), ("end", span.end)):
        values[f"{name}_on"] = f"{moment:%Y-%m-%d}" if moment else ""
        values[f"{name}_at"] = f"{moment:%H:%M}" if moment and not span.is_all_day else ""
    return values


def _minutes(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
        return 0
    return max(-MOST_MINUTES, min(int(text), MOST_MINUTES))


def _query(values: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query[name] = value
    return query


# The form


def _asked_span(query: QueryDict, kind: CalendarObject.Kind) -> Span:
    """From when to when a new one is to be, as the address says it; an hour of today where it says nothing."""
    if kind == CalendarObject.Kind.TASK and not query.get("end_on") and not query.get("start_on"):
        return Span(None, None, is_all_day=True)
    on = day_in(query.get("start_on", "") or query.get("on", "") or query.get("end_on", ""))
    if query.get("all_day"):
        until = day_in(query.get("end_on", "")) if query.get("end_on") else on
        start, end = (dt.datetime.combine(day, dt.time()) for day in (on, max(on, until)))
        return Span(start if kind == CalendarObject.Kind.EVENT else None, end, is_all_day=True)
    try:
        start_at = dt.time.fromisoformat(query.get("start_at", "") or FIRST.isoformat())
    except ValueError:
        start_at = FIRST
    start = dt.datetime.combine(on, start_at.replace(tzinfo=None))
    try:
        end_at = dt.time.fromisoformat(query.get("end_at", ""))
        end = dt.datetime.combine(day_in(query.get("end_on", "")) if query.get("end_on") else on, end_at)
    except ValueError:
        end = start + entry_form.HOUR
    return Span(start, end if end > start else start + entry_form.HOUR)


def _form(
    request: PageRequest,
    source: Source,
    choices: list[ShownCalendar],
    opened: Opened | None,
    *,
    problem: Exception | None = None,
    conflict: str = "",
) -> HttpResponse:
    values = entry_form.values_of(source)
    days, alarms = list(source.rule.days), entry_form.alarms_of(source, _me(request))
    if request.method == "POST":
        values |= {name: request.POST.get(name, values[name] if name == "notes" else "") for name in values}
        days, alarms = (request.POST.getlist(name) for name in ("days", "alarm"))
    else:
        values |= {
            name: request.GET[name][:1000] for name in ("title", "place") if opened is None and name in request.GET
        }
    errors = problem.errors if isinstance(problem, Unusable) else {}
    said = conflict or ("" if problem is None or errors else explained(problem))
    found = opened.entry if opened else None
    kind = source.kind
    status = 409 if conflict else 422 if problem is not None else 200
    is_dialog = request.htmx.target == DIALOG and status == 200
    chosen = request.POST.get("calendar", "") or (str(opened.shown.pk) if opened else str(choices[0].pk))
    context = {
        "place": list_of(kind),
        "opened": opened,
        "entry": found,
        "source": source,
        "heading": _heading(kind, is_new=opened is None and not source.is_task),
        "values": values,
        "notes": f"\n{values['notes']}" if values["notes"].startswith("\n") else values["notes"],  # a browser drops one
        "has_long_notes": len(values["notes"]) > entry_form.MAX_TEXT["notes"] and "notes" not in request.POST,
        "days": days,
        "attached": entry_form.attached_to(source),
        "typed_link": request.POST.get("add_link", ""),
        "typed_people": request.POST.get("add_person", ""),
        "links_stay": request.POST.getlist("link") if "links" in request.POST else None,
        "people_stay": request.POST.getlist("person") if "people" in request.POST else None,
        "errors": errors,
        "problem": said,
        "unsure": "" if request.method == "POST" else request.GET.get("unsure", "")[:200],
        "choices": choices,
        "chosen": chosen,
        "was": _was(request, opened, conflict),
        "at": opened.at.written() if opened and opened.at else "",
        "scope": request.POST.get("scope", "one"),
        "next": request.POST.get("next", "") or request.GET.get("next", "") or _came_from(request, kind),
        "zones": sorted(available_timezones()),
        "is_dialog": is_dialog,
        "alarms": entry_alarms.rows_of(alarms, request.user, is_new=opened is None and not source.is_task),
        "parents": _parents(request, found) if source.is_task else [],
        "weekdays": [(code, str(WEEKDAYS_ABBR[day])) for day, code in enumerate(CODES)],
        "has_errors": bool(errors),
        **(_told(request, opened, source) if opened else {}),
    }
    return render(request, "calendar/form.html#dialog" if is_dialog else "calendar/form.html", context, status=status)


def _heading(kind: CalendarObject.Kind, *, is_new: bool) -> str:
    if kind == CalendarObject.Kind.TASK:
        return gettext("New task") if is_new else gettext("Change the task")
    return gettext("New event") if is_new else gettext("Change the event")


def _was(request: PageRequest, opened: Opened | None, conflict: str) -> str:
    if opened is None:
        return ""
    return opened.entry.etag if conflict else request.POST.get("was", "") or opened.entry.etag


def _told(request: PageRequest, opened: Opened, source: Source) -> dict[str, Any]:
    return {
        "facts": facts_of(request, opened.shown, source),
        "rule_words": told_rule(
            source.main.text("RRULE") if source.main else "", source.main.start_at if source.main else None
        ),
        "is_recurring": opened.at is not None,
        "keeps_rule": source.rule.repeat == KEPT,
        "zone_problem": source.written_zone if not source.is_known_zone else "",
    }


def _parents(request: PageRequest, found: CalendarObject | None) -> list[CalendarObject]:
    """The tasks that this one could be a part of: open ones of the calendars one changes."""
    calendars = [shown.pk for shown in editable(calendars_of(request), Components.TASKS)]
    tasks = CalendarObject.objects.told_to(request.actor).filter(
        calendar__in=calendars, component=CalendarObject.Kind.TASK, completed_at=None
    )
    own = [found.pk] if found else []
    return list(tasks.exclude(pk__in=own).order_by("summary")[:200])


def _came_from(request: PageRequest, kind: CalendarObject.Kind) -> str:
    """The page one came from, if that is one of the calendar’s; else its list."""
    if request.htmx:
        return page_of(request)
    return reverse(list_of(kind))


def list_of(kind: CalendarObject.Kind) -> str:
    return "tasks" if kind == CalendarObject.Kind.TASK else "calendar"
