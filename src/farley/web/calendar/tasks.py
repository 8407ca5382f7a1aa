"""The tasks: what is due when, its parts below it, done by one key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from farley.calendars import occurrences, series
from farley.calendars.details import Details
from farley.calendars.models import CLOSED, CalendarObject, Components
from farley.calendars.occurrences import Occurrence
from farley.calendars.series import Scope
from farley.codecs.icalendar import When
from farley.codecs.icalendar_values import plus
from farley.journal.models import Batch, Door
from farley.journal.records import StoreProblem
from farley.journal.writing import one_batch
from farley.web.calendar.calendar_live import live_url
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of, editable
from farley.web.calendar.occurrences import url_of
from farley.web.calendar.opened import opened_entry, require_editable
from farley.web.shell.navigation import back
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

MOST = 500  # on the page
MOST_DONE = 100
MOST_RECURRING = 50  # whose next time is looked up
MOST_TIMES = 1_000  # of a series that are looked through
_AHEAD, _BEHIND, _FAR = dt.timedelta(days=400), dt.timedelta(days=100), dt.timedelta(days=4000)
_SLACK = dt.timedelta(days=2)


@dataclass(slots=True)
class Row:
    """A task in the list; of a series its next one that is not done."""

    pk: int
    uid: str
    at: str
    title: str
    url: str
    hue: str
    calendar: str
    calendar_pk: int
    can_edit: bool
    due: dt.datetime | None  # by the reader’s clock
    has_time: bool
    priority: int
    percent: int
    is_done: bool
    is_recurring: bool
    tags: list[str]
    related_to: str
    parts: list[Row] = field(default_factory=list)

    @property
    def is_overdue(self) -> bool:
        if self.due is None or self.is_done:
            return False
        now = timezone.localtime().replace(tzinfo=None)
        return self.due < now if self.has_time else self.due.date() < now.date()

    @property
    def due_on(self) -> dt.date | None:
        return self.due.date() if self.due else None

    @property
    def due_clock(self) -> str:
        return f"{self.due:%H:%M}" if self.due and self.has_time else ""

    @property
    def urgency(self) -> str:
        """high, medium or low; "" where nothing is said. RFC 5545 §3.8.1.9."""
        return "" if not self.priority else "high" if self.priority < 5 else "medium" if self.priority == 5 else "low"


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    rows: list[Row]


@require_GET
def tasks(request: PageRequest) -> HttpResponse:
    """The list: open ones, with `done` also those that are done."""
    return render(request, "calendar/tasks.html", tasks_context(request, shows_done="done" in request.GET))


@require_POST
def task_done(request: PageRequest, pk: int) -> HttpResponse:
    """Say that a task is done, or with `open` that it is not."""
    opened = opened_entry(request, pk, request.POST.get("at", ""))
    require_editable(opened)
    is_done = "open" not in request.POST
    now = When.of(timezone.now())
    details = (
        Details(status="COMPLETED", percent=100, completed=now)
        if is_done
        else Details(status="NEEDS-ACTION", percent=0)
    )
    title = opened.title
    try:
        with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=title) as batch:
            series.change(
                opened.entry,
                details,
                at=opened.at,
                scope=Scope.ONE,
                expected=opened.entry.etag,
                by=request.actor,
                door=Door.WEB,
                batch=batch,
            )
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        said = gettext("“{title}” is done") if is_done else gettext("“{title}” is open again")
        toast(request, said.format(title=title), undoes=batch)
    if not request.htmx:
        return back(request, "tasks")
    context = tasks_context(request, shows_done="done=" in request.headers.get("HX-Current-URL", ""))
    html = render_to_string("calendar/tasks.html#body", context, request)
    return HttpResponse(html + render_to_string("components/toasts.html", {"is_swap": True}, request))


def tasks_context(request: PageRequest, *, shows_done: bool) -> dict[str, Any]:
    calendars = [shown for shown in calendars_of(request) if shown.takes(Components.TASKS) and not shown.is_busy_only]
    on = {shown.pk: shown for shown in calendars if shown.is_on}
    found = CalendarObject.objects.told_to(request.actor).filter(
        calendar__in=list(on), component=CalendarObject.Kind.TASK
    )
    still_open = list(found.still_open().order_by("due_at", "pk")[: MOST + 1])
    rows = rows_of(still_open[:MOST], on)
    done: list[Row] = []
    if shows_done:
        closed = found.filter(completed_at__isnull=False).order_by("-completed_at")[:MOST_DONE]
        done = [_row(entry, on[entry.calendar_id]) for entry in closed]
    return {
        "place": "tasks",
        "live_url": live_url(request),
        "calendars": calendars,
        "groups": _groups(_nested(rows)),
        "done": done,
        "shows_done": shows_done,
        "is_empty": not rows,
        "has_more": len(still_open) > MOST,
        "can_add": bool(editable(calendars, Components.TASKS)),
    }


def rows_of(entries: Sequence[CalendarObject], calendars: Mapping[int, ShownCalendar]) -> list[Row]:
    """Tasks of these calendars as lists show them; without series of which each time is done."""
    rows = [_row(entry, calendars[entry.calendar_id]) for entry in entries]
    return _next_of_series(rows, entries)


def _row(entry: CalendarObject, shown: ShownCalendar) -> Row:
    is_done = entry.completed_at is not None or entry.status in CLOSED
    return Row(
        entry.pk, entry.uid, "", entry.summary or gettext("No title"), url_of(entry), shown.hue, shown.name, shown.pk,
        shown.can_edit, due_of(entry), not entry.is_all_day, entry.priority, entry.percent or 0, is_done,
        entry.is_recurring, list(entry.categories), entry.related_to,
    )  # fmt: skip


def due_of(entry: CalendarObject) -> dt.datetime | None:
    """When a task is due, by the reader’s clock; its day alone counts where it says no more."""
    if entry.due_at is None:
        return None
    zone = dt.UTC if entry.is_all_day or entry.is_floating else timezone.get_current_timezone()
    return entry.due_at.astimezone(zone).replace(tzinfo=None)


def _next_of_series(rows: Sequence[Row], entries: Sequence[CalendarObject]) -> list[Row]:
    """Have rows of series tell of the first time that is not done; those where there is none any more are left out."""
    by_pk = {entry.pk: entry for entry in entries}
    zone, now = timezone.get_current_timezone(), timezone.now()
    over: set[int] = set()
    for row in [row for row in rows if row.is_recurring][:MOST_RECURRING]:
        following, is_over = _following(by_pk[row.pk], now, zone)
        if is_over:
            over.add(row.pk)
        elif following is not None and following.recurrence_id is not None:
            row.at, row.due = following.recurrence_id.written(), _end_of(following, zone)
            row.url = url_of(by_pk[row.pk], row.at)
    return [row for row in rows if row.pk not in over]


def _following(entry: CalendarObject, now: dt.datetime, zone: dt.tzinfo) -> tuple[Occurrence | None, bool]:
    """What of a series is to be done next, of late rather than long ago; and whether it is known that nothing is."""
    if entry.first_at is None or entry.last_at is None:
        return None, False
    first, latest = plus(entry.first_at, -_SLACK), now + _FAR
    start, last = max(now - _BEHIND - _SLACK, first), min(entry.last_at, latest) + _SLACK
    is_complete = entry.last_at < latest
    for since, until in ((start, start + _AHEAD), (first, start), (start + _AHEAD, last)):
        if since >= until:
            continue
        found = occurrences.of_object(entry, since, until, zone=zone, most=MOST_TIMES)
        following = next((each for each in found if each.status not in CLOSED), None)
        if following is not None:
            return following, False
        is_complete = is_complete and found.is_complete
    return None, is_complete


def _end_of(each: Occurrence, zone: dt.tzinfo) -> dt.datetime:
    if each.is_all_day:
        return dt.datetime.combine(each.last_day, dt.time())
    return each.end.astimezone(zone).replace(tzinfo=None)


def _nested(rows: Sequence[Row]) -> list[Row]:
    """Parts below what they are parts of; those of something that is not in the list, or of one another, by itself."""
    by_uid = {(row.calendar_pk, row.uid): row for row in rows}
    parents = {id(row): by_uid.get((row.calendar_pk, row.related_to)) for row in rows if row.related_to}
    top = []
    for row in rows:
        parent, seen = parents.get(id(row)), {id(row)}
        while parent is not None and id(parent) not in seen:
            seen.add(id(parent))
            parent = parents.get(id(parent))
        direct = parents.get(id(row))
        if direct is not None and parent is None:
            direct.parts.append(row)
        else:
            top.append(row)
    return top


def _groups(rows: Sequence[Row]) -> list[Group]:
    today = timezone.localdate()
    titles = {
        "overdue": gettext("Overdue"),
        "today": gettext("Today"),
        "week": gettext("The next seven days"),
        "later": gettext("Later"),
        "undated": gettext("Without a date"),
    }
    found: dict[str, list[Row]] = {key: [] for key in titles}
    for row in rows:
        found[_group_of(row, today)].append(row)
    for mine in found.values():
        mine.sort(
            key=lambda row: (row.due or dt.datetime.combine(dt.date.max, dt.time()), row.priority or 10, row.title)
        )
    return [Group(key, title, found[key]) for key, title in titles.items() if found[key]]


def _group_of(row: Row, today: dt.date) -> str:
    if row.due is None:
        return "undated"
    if row.is_overdue:
        return "overdue"
    days = (row.due.date() - today).days
    return "today" if days <= 0 else "week" if days <= 7 else "later"
