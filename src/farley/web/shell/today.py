"""The start page: what waits today, what comes, and what is new since one was here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from farley.accounts.devices import Device
from farley.contacts import due
from farley.contacts.models import Contact
from farley.exchange.demo import sample
from farley.journal.models import Change, Door, Noun
from farley.journal.undo import undo
from farley.notifications.models import Notification
from farley.notifications.visits import look_in, settle_in
from farley.spaces.audience import count_readers
from farley.spaces.models import Space
from farley.web.calendar.calendars_shown import calendars_of
from farley.web.calendar.occurrences import Item, spots_of
from farley.web.calendar.tasks import Group, Row, tasks_context
from farley.web.contacts.people import Person, person_of
from farley.web.dates import written_day
from farley.web.shell.notifications import told_of
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.templatetags.farley import relative_day
from farley.web.timeline.events import Event, subject_events

BIRTHDAY_DAYS = 14
SHOWN = 12  # lines of a kind
NEW = 15  # changes that are told
_READ = 240  # changes that are looked at for them: a calendar of holidays alone has half of that


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps."""

    label: str
    why: str
    icon: str
    url: str
    is_done: bool


@require_http_methods(["GET", "POST"])
def today(request: PageRequest) -> HttpResponse:
    """GET: the page. POST: one has settled in and wants the first steps no more."""
    if request.method == "POST":
        settle_in(request.user, is_settled="back" not in request.POST)
        return redirect("today")
    visit = look_in(request.user)
    now, spaces = timezone.localdate(), standings(request).in_use
    follow_ups = due.follow_ups(spaces, now, by=request.user, limit=SHOWN + 1)
    birthdays = due.birthdays(spaces, now, BIRTHDAY_DAYS, limit=SHOWN)
    steps = [] if visit.has_settled_in else _steps(request, spaces)
    waiting = list(Notification.objects.visible_to(request.actor).unread().select_related("by").order_by("-at")[:SHOWN])
    context = {
        "place": "today",
        "day": now,
        "follow_ups": [_follow_up(contact) for contact in follow_ups[:SHOWN]],
        "more_follow_ups": len(follow_ups) > SHOWN,
        "follow_ups_url": f"{reverse('contacts')}?filter=follow-up+until+today&sort=follow-up",
        "birthdays": [_birthday(birthday) for birthday in birthdays],
        "agenda": _agenda(request, now),
        "tasks": _tasks(request),
        "waiting": told_of(request, waiting),
        "news": _news(request, spaces, visit.since),
        "since": visit.since,
        "steps": steps,
        "has_hidden_steps": visit.has_settled_in,
        "is_settled": not any(not step.is_done for step in steps),
        "example": sample.there_for(request.user),
        "is_empty": not follow_ups and not birthdays and not _has_contacts(request),
    }
    return render(request, "today/today.html", context)


@require_POST
def example(request: PageRequest) -> HttpResponse:
    """Put the example people in, or take them out again."""
    there = sample.there_for(request.user)
    if "out" in request.POST:
        if there is not None:
            result = undo(there, by=request.actor, door=Door.WEB)
            text = (
                gettext("The example data is gone")
                if not result.kept
                else gettext("What you changed of the example data stays")
            )
            toast(request, text, undoes=result.batch)
    elif there is not None:
        warn(request, gettext("The example data is there already."))
    elif (home := next((space for space in standings(request).editable if space.is_private), None)) is not None:
        batch = sample.fill(home, request.user, door=Door.WEB)
        toast(request, gettext("Example data is in"), undoes=batch)
    return redirect("today")


def _has_contacts(request: PageRequest) -> bool:
    return bool(Contact.objects.visible_to(request.actor).exists())


def _follow_up(contact: Contact) -> Person:
    on = contact.follow_up_on
    return person_of(contact, relative_day(on) if on is not None else "")


def _birthday(birthday: due.Birthday) -> Person:
    day = gettext("today") if birthday.on == timezone.localdate() else _long(birthday.on)
    if birthday.age is None:
        return person_of(birthday.contact, day)
    return person_of(birthday.contact, gettext("{day}, turns {age}").format(day=day, age=birthday.age))


def _long(day: dt.date) -> str:
    return written_day(day, pgettext("date format: weekday, day and month", "l j F"))


def _news(request: PageRequest, spaces: Sequence[Space], since: dt.datetime) -> list[Event]:
    """What others did since then, one line a record: the newest of each. What a calendar is filled with is no news."""
    changes = [
        change
        for change in Change.objects.newest_of(spaces, _READ)
        if change.at > since
        and change.user_id != request.user.pk
        and change.noun != Noun.VIEW
        and not (change.noun == Noun.CALENDAR_OBJECT and change.door == Door.RULE)
    ]
    newest = {(change.noun, change.subject): change for change in reversed(changes)}
    return subject_events(sorted(newest.values(), key=lambda change: -change.pk)[:NEW], request.actor)


def _agenda(request: PageRequest, day: dt.date) -> list[Item]:
    """The appointments of the day, in the calendars that are switched on."""
    zone, following = timezone.get_current_timezone(), day + dt.timedelta(days=1)
    start = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    end = dt.datetime(following.year, following.month, following.day, tzinfo=zone)
    calendars = [shown for shown in calendars_of(request) if shown.is_on and not shown.is_busy_only]
    items = spots_of(request, calendars, start, end).items
    return [item for item in items if not (item.is_task or item.is_cancelled)][:SHOWN]


def _tasks(request: PageRequest) -> list[Row]:
    """Open tasks that are due today or were before."""
    groups: list[Group] = tasks_context(request, shows_done=False)["groups"]
    return [row for group in groups if group.key in ("overdue", "today") for row in group.rows][:SHOWN]


def _steps(request: PageRequest, spaces: Sequence[Space]) -> list[Step]:
    """What one does first, and what of it is done."""
    shared = [space for space in spaces if not space.is_private]
    is_alone = not any(count > 1 for count in count_readers(shared).values())
    return [
        Step(
            gettext("Bring your contacts in"),
            gettext("From a file of your phone, Outlook, Google or Apple. It can be undone."),
            "upload", reverse("import"), _has_contacts(request),
        ),
        Step(
            gettext("Connect a phone"),
            gettext("Its address book and Farley then say the same."),
            "smartphone", reverse("devices"), bool(Device.objects.visible_to(request.actor).exists()),
        ),
        Step(
            gettext("Add a space"),
            gettext("What lies in it is seen by those you choose."),
            "users", reverse("new-space"), bool(shared),
        ),
        Step(
            gettext("Invite a colleague"),
            gettext("By a link, into one of your spaces."),
            "user-plus", reverse("space", args=[shared[0].name]) if shared else reverse("spaces"), not is_alone,
        ),
    ]  # fmt: skip
