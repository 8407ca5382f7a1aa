"""The timeline of a contact as pages show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext

from farley.accounts.models import User
from farley.calendars.models import CalendarObject
from farley.calendars.occurrences import Occurrence
from farley.contacts import seeing
from farley.contacts.models import Contact
from farley.conversations import timeline
from farley.conversations.mentions import meant_in
from farley.conversations.models import Call, Entry, Note, links_of
from farley.conversations.plans import Plan
from farley.conversations.timeline import BadCursor, Moment
from farley.database import rows
from farley.spaces.models import Space
from farley.web.calendar.occurrences import url_of
from farley.web.calendar.tasks import due_of
from farley.web.contacts.people import Person, person_of
from farley.web.shell.requests import PageRequest
from farley.web.templatetags.farley import coming_day
from farley.web.timeline.events import Day, Event, days_of, version_events
from farley.web.timeline.markdown import drawn

MAX_SHOWN = 4000  # characters of an entry in a timeline; its own page has all
MAX_OTHERS = 20  # of those an entry is also about


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A note or call, with what may be done to it."""

    kind: str
    pk: int
    url: str
    html: SafeString
    revision: int
    is_cut: bool = False
    is_pinned: bool = False
    can_edit: bool = False
    others: list[Person] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownTimeline:
    """A page of it. `more` leads to the next one; `show` is what it is narrowed to."""

    days: list[Day]
    pinned: list[Event]
    more: str
    show: str
    is_first: bool


def timeline_of(request: PageRequest, contact: Contact, *, can_edit: bool) -> ShownTimeline:
    """What the address asks for: `show` narrows, `behind` is where the page before ended. Raises Http404."""
    show, behind = request.GET.get("show", ""), request.GET.get("behind", "")
    show = show if show in timeline.kinds() else ""
    try:
        page = timeline.page(contact, by=request.actor, only=[show] if show else (), behind=behind)
    except BadCursor as error:
        raise Http404("no such place in the timeline") from error
    entries = [moment.what for moment in page.moments if moment.source == "entries"]
    shown = {
        id(entry): event for entry, event in zip(entries, _events(request, entries, contact, can_edit), strict=True)
    }
    found = [moment.what for moment in page.moments if moment.source == "changes"]
    changed = version_events(contact, found, request.actor, can_undo=can_edit)
    shown |= {id(version): event for version, event in zip(found, changed, strict=True)}
    plans = [moment for moment in page.moments if moment.source == "plans"]
    shown |= {id(moment.what): _plan_event(moment, contact) for moment in plans}
    return ShownTimeline(
        days=days_of(shown[id(moment.what)] for moment in page.moments if not moment.is_pinned),
        pinned=[shown[id(moment.what)] for moment in page.moments if moment.is_pinned],
        more=page.behind,
        show=show,
        is_first=not behind,
    )


def entry_event(request: PageRequest, entry: Entry, *, can_edit: bool, is_whole: bool = False) -> Event:
    """An entry for itself, named with everybody it is about that the reader sees."""
    [event] = _events(request, [entry], None, can_edit, is_whole=is_whole)
    return event


def _events(
    request: PageRequest, entries: Sequence[Entry], contact: Contact | None, can_edit: bool, *, is_whole: bool = False
) -> list[Event]:
    others = _others(request, entries, contact)
    meant: dict[int, dict[str, User]] = {}
    for space in {entry.space_id for entry in entries if "@" in entry.text}:
        meant[space] = meant_in([entry.text for entry in entries if entry.space_id == space], Space(pk=space))
    events = []
    for entry in entries:
        text = entry.text if is_whole else entry.text[:MAX_SHOWN]
        kind = entry.NOUN.name.lower()
        may = can_edit and (contact is None or entry.space_id == contact.space_id)
        shown = ShownEntry(
            kind=kind,
            pk=entry.pk,
            url=reverse("timeline-entry", args=[kind, entry.pk]),
            html=drawn(text, meant.get(entry.space_id)),
            revision=entry.revision,
            is_cut=len(text) < len(entry.text),
            is_pinned=getattr(entry, "is_pinned", False),
            can_edit=may,
            others=others.get((kind, entry.pk), []),
        )
        what, icon, told = _told(entry)
        events.append(Event(entry.at, what, told, icon, entry=shown))
    return events


def _plan_event(moment: Moment, contact: Contact) -> Event:
    """A meeting or a task, with the way back here from its page."""
    plan: Plan = moment.what
    entry, each = plan.entry, plan.occurrence
    at = each.recurrence_id.written() if each and each.recurrence_id else ""
    back = quote(f"{reverse('contact', args=[contact.pk])}?seg=timeline")
    url = url_of(entry, at)
    told = _told_task(entry) if plan.is_task else _told_meeting(each or entry, moment.at)
    icon = ("circle-check" if entry.completed_at else "circle") if plan.is_task else "calendar"
    title = (each or entry).summary or gettext("No title")
    return Event(moment.at, "", told, icon, title, f"{url}{'&' if '?' in url else '?'}next={back}")


def _told_task(entry: CalendarObject) -> str:
    told = [gettext("Task")]
    if entry.completed_at:
        told.append(pgettext("a task", "done"))
    elif (due := due_of(entry)) is not None:
        told.append(gettext("due {day}").format(day=coming_day(due.date())))
    return ", ".join(told)


def _told_meeting(each: Occurrence | CalendarObject, begun: dt.datetime) -> str:
    told = [gettext("Meeting")]
    end = each.end if isinstance(each, Occurrence) else each.ends_at
    if not each.is_all_day and end and end > begun:
        told.append(f"{timezone.localtime(begun):%H:%M}–{timezone.localtime(end):%H:%M}")
    told += [each.location] if each.location else []
    return ", ".join([*told, gettext("cancelled")] if each.status == "CANCELLED" else told)


def _told(entry: Entry) -> tuple[str, str, str]:
    """What to call an entry, its icon, and the line beside its name."""
    author = entry.author.display_name if entry.author else entry.author_label
    if isinstance(entry, Note):
        return gettext("Note"), "sticky-note", author
    assert isinstance(entry, Call)
    icon = {"in": "phone-incoming", "out": "phone-outgoing"}[entry.direction]
    icon = "phone-missed" if entry.outcome == Call.Outcome.MISSED else icon
    told = [author, str(Call.Direction(entry.direction).label), entry.number, length(entry.length_s)]
    return gettext("Call"), icon, ", ".join(filter(None, [*told, str(Call.Outcome(entry.outcome).label)]))


def length(seconds: int | None) -> str:
    """How long, in minutes; empty where nobody said."""
    if seconds is None:
        return ""
    minutes = max(1, round(seconds / 60))
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)


def _others(
    request: PageRequest, entries: Iterable[Entry], contact: Contact | None
) -> dict[tuple[str, int], list[Person]]:
    """By kind and id, whom the entries are about besides `contact`, as far as the reader sees them."""
    keys = {(int(entry.NOUN), entry.pk): entry.NOUN.name.lower() for entry in entries}
    if not keys:
        return {}
    links = links_of(list(keys), besides=contact.pk if contact is not None else 0)
    pks: list[Any] = sorted({other for _, _, other in links})
    if not pks:
        return {}
    seen = seeing.contacts(f"id IN ({rows.marks(pks)})", pks, by=request.actor, limit=len(pks))
    people = {other.pk: person_of(other) for other in seen}
    found: dict[tuple[str, int], list[Person]] = {}
    for noun, pk, other in links:
        if other in people:
            found.setdefault((keys[noun, pk], pk), []).append(people[other])
    return {key: mine[:MAX_OTHERS] for key, mine in found.items()}
