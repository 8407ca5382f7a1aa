"""Events and tasks with a contact: written on its page, and what is planned shown beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils import timezone
from django.utils.translation import gettext

from farley.calendars.details import Details, Invited
from farley.calendars.models import CalendarObject, Components
from farley.calendars.people import with_contact
from farley.codecs.icalendar import When
from farley.contacts.models import Contact
from farley.journal.models import Batch
from farley.web.calendar import event_line
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of, editable
from farley.web.calendar.entries import made
from farley.web.calendar.entry_form import HOUR, here
from farley.web.calendar.entry_lines import details_of
from farley.web.calendar.opened import KINDS
from farley.web.shell.requests import PageRequest

MAX_TITLE, MAX_NOTES = 1000, 100_000
MAX_MINUTES = 7 * 24 * 60


class BadPlan(ValueError):
    """What was typed makes no event or task. `said` is what helps."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class PlanForm:
    """An event or a task being written beside a contact, as a form holds it."""

    kind: str
    title: str = ""
    at: str = ""  # of an event: when it begins, in the reader's zone, to the minute
    minutes: str = ""
    place: str = ""
    due: str = ""  # of a task: a day
    calendar: str = ""
    text: str = ""
    calendars: list[ShownCalendar] = field(default_factory=list)  # to choose from
    error: str = ""

    @property
    def is_task(self) -> bool:
        return self.kind == "task"

    @property
    def component(self) -> CalendarObject.Kind:
        return KINDS[self.kind]


def plan_form(request: PageRequest, contact: Contact, kind: str, data: Mapping[str, str] | None = None) -> PlanForm:
    """An empty form, or one with what was typed. A calendar of the contact's own space is the one meant first."""
    names = ("title", "at", "minutes", "place", "due", "calendar", "text")
    typed = {name: data[name].strip() for name in names if name in data} if data else {}
    choices = editable(calendars_of(request), Components(KINDS[kind]))
    choices.sort(key=lambda shown: shown.space.pk != contact.space_id)
    return PlanForm(kind, calendars=choices, **typed)


def add_plan(request: PageRequest, contact: Contact, form: PlanForm) -> tuple[str, Batch]:
    """Keep what the form says; return its title and what undoes it. Raises BadPlan, and what `storing.store` raises."""
    if not form.calendars:
        raise BadPlan(gettext("There is no calendar for this that you may change. Make one first."))
    chosen = next((each for each in form.calendars if str(each.pk) == form.calendar), form.calendars[0])
    me = Invited(request.user.email, request.user.display_name)
    details = with_contact(_details(request, form), contact, organiser=me, is_task=form.is_task)
    return details.summary or "", made(request, chosen, form.component, details)


def _details(request: PageRequest, form: PlanForm) -> Details:
    if len(form.title) > MAX_TITLE or len(form.text) > MAX_NOTES:
        raise BadPlan(gettext("This is longer than Farley keeps."))
    draft = event_line.draft_of(
        form.title,
        now=timezone.now(),
        zone=timezone.get_current_timezone(),
        language=request.LANGUAGE_CODE or "en",
        is_task=form.is_task,
    )
    start, due = _moment(form.at), _day(form.due)
    is_told = start is not None if not form.is_task else due is not None
    if draft.unsure and not is_told and not form.is_task:  # a task can do without
        said = gettext("What “{words}” means is not sure. Set day and time below.")
        raise BadPlan(said.format(words=", ".join(draft.unsure)))
    details = Details(summary=form.title) if is_told else details_of(draft)
    if not details.summary:
        raise BadPlan(gettext("Type a title."))
    details = replace(details, description=form.text.replace("\r\n", "\n") or None)
    if form.is_task:
        return details if due is None else replace(details, end=When.of(due))
    details = replace(details, location=form.place or details.location)
    if start is not None:
        end = start + _length(form.minutes)
        return replace(details, start=When.of(start, here()), end=When.of(end, here()))
    if details.start is None:
        raise BadPlan(gettext("Say when: in the line, as in “Lunch tomorrow 12:30”, or below it."))
    return details


def _moment(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError as error:
        raise BadPlan(gettext("This is no time that can be read. Give day and time.")) from error
    if at is not None and at.year not in event_line.YEARS:
        raise BadPlan(gettext("This is no time that can be read. Give day and time."))
    return at


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadPlan(gettext("This is no date. Type it like 1978-12-08.")) from error


def _length(text: str) -> dt.timedelta:
    if not text:
        return HOUR
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MAX_MINUTES):
        raise BadPlan(gettext("Give the length in minutes, up to {limit}.").format(limit=MAX_MINUTES))
    return dt.timedelta(minutes=int(text))
