"""What a page tells of an event or a task besides its form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from farley.accounts.actor import Actor
from farley.calendars import details
from farley.calendars.details import concerned_of
from farley.calendars.people import contacts_meant, contacts_with
from farley.codecs.icalendar import Property, When
from farley.codecs.zones import DatabaseZone
from farley.contacts.models import Contact
from farley.journal.models import Noun
from farley.search import finding
from farley.web.calendar.calendars_shown import ShownCalendar
from farley.web.calendar.entry_alarms import told_alarms
from farley.web.calendar.entry_form import Source, Span
from farley.web.calendar.recurring import in_words
from farley.web.contacts.people import name_of, url_of
from farley.web.dates import written_day
from farley.web.shell.requests import PageRequest
from farley.web.templatetags.farley import relative_day

MAX_PEOPLE = 100  # on the page
MAX_COMPLETED = 10
MAX_LINKS = 20


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is asked to come, or who asks."""

    name: str
    address: str
    url: str  # of the contact of this address
    answer: str
    icon: str
    is_organiser: bool = False


@dataclass(frozen=True, slots=True)
class Concerned:
    """A contact that it is about; without a `url` one that the reader does not see."""

    name: str
    uri: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Facts:
    when: str
    rule: str
    place: str
    notes: str
    links: list[Link] = field(default_factory=list)
    about: list[Concerned] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    more_guests: int = 0
    alarms: list[str] = field(default_factory=list)
    elsewhere: str = ""  # the same by the reader’s clock
    calendar: str = ""
    status: str = ""


def facts_of(request: PageRequest, shown: ShownCalendar, source: Source) -> Facts:
    component, main = source.component, source.main
    assert component is not None
    assert main is not None
    people = [*component.properties("ORGANIZER"), *component.attendees]
    contacts = contacts_with({prop.address.casefold() for prop in people[:MAX_PEOPLE]}, by=request.actor)
    return Facts(
        when=told_time(source.span),
        rule=told_rule(main.text("RRULE"), main.start_at),
        place=component.text("LOCATION"),
        notes=component.text("DESCRIPTION")[:100_000],
        links=_links(component.properties("URL", "ATTACH", "CONFERENCE")),
        about=_about(concerned_of(component), request.actor),
        guests=[_guest(prop, contacts) for prop in people[:MAX_PEOPLE]],
        more_guests=max(0, len(people) - MAX_PEOPLE),
        alarms=told_alarms(component, request.user.email),
        elsewhere=_elsewhere(source),
        calendar=shown.name,
        status=_status(component.text("STATUS").strip().upper()),
    )


def told_time(span: Span) -> str:
    """When, in words: "Thu 3 December, 14:00–15:00"."""
    start, end = span.start or span.end, span.end
    if start is None:
        return ""
    first = _day(start.date())
    if span.start is None or end is None or end == start:
        return first if span.is_all_day else gettext("{day}, {time}").format(day=first, time=f"{start:%H:%M}")
    if span.is_all_day:
        return gettext("{first} – {last}").format(first=first, last=_day(end.date()))
    if start.date() == end.date():
        return gettext("{day}, {start}–{end}").format(day=first, start=f"{start:%H:%M}", end=f"{end:%H:%M}")
    return gettext("{first} – {last}").format(
        first=gettext("{day}, {time}").format(day=first, time=f"{start:%H:%M}"),
        last=gettext("{day}, {time}").format(day=_day(end.date()), time=f"{end:%H:%M}"),
    )


def _day(day: dt.date) -> str:
    if day == timezone.localdate():
        return relative_day(day)
    if day.year == timezone.localdate().year:
        return written_day(day, pgettext("date format: weekday, day and month, short", "D j F"))
    return written_day(day, pgettext("date format: weekday, day, month and year, short", "D j F Y"))


def told_rule(rule: str, start: When | None) -> str:
    """The rule of a series in words; "" where there is none."""
    if not rule or start is None:
        return ""
    return in_words(rule, start, DatabaseZone(ZoneInfo(str(timezone.get_current_timezone()))))


def asked_people(typed: str, by: Actor) -> list[Contact]:
    """Contacts with an e-mail address whom somebody may mean who has typed this."""
    if not typed:
        return []
    hits = finding.find(typed, by=by, nouns=[Noun.CONTACT], limit=MAX_COMPLETED * 4)
    there = Contact.objects.visible_to(by).exclude(email="").in_bulk([hit.record for hit in hits])
    return [there[hit.record] for hit in hits if hit.record in there][:MAX_COMPLETED]


def _about(concerned: Sequence[details.Concerned], by: Actor) -> list[Concerned]:
    known = contacts_meant(concerned[:MAX_PEOPLE], by=by)
    return [
        Concerned(name_of(known[each.uri]), each.uri, url_of(known[each.uri]))
        if each.uri in known
        else Concerned(each.name, each.uri, "")
        for each in concerned[:MAX_PEOPLE]
    ]


def _guest(prop: Property, contacts: dict[str, Contact]) -> Guest:
    contact = contacts.get(prop.address.casefold())
    answers = {
        "ACCEPTED": (gettext("comes"), "circle-check"),
        "DECLINED": (gettext("does not come"), "circle-x"),
        "TENTATIVE": (gettext("comes perhaps"), "circle-question-mark"),
        "DELEGATED": (gettext("sends somebody else"), "corner-up-right"),
    }
    is_organiser = prop.name == "ORGANIZER"
    told = (gettext("organises it"), "star") if is_organiser else (gettext("has not answered"), "circle")
    answer, icon = answers.get((prop.param("PARTSTAT") or "").upper(), told)
    name = prop.param("CN") or (contact.full_name if contact else "") or prop.address or prop.text
    return Guest(name, prop.address, url_of(contact) if contact else "", answer, icon, is_organiser)


def _links(props: Sequence[Property]) -> list[Link]:
    """What can be followed; what is attached inline is only named."""
    found = []
    for prop in props[:MAX_LINKS]:
        text = prop.text.strip()
        if urlsplit(text).scheme.lower() in ("http", "https") if _is_url(text) else False:
            found.append(Link(prop.param("FILENAME") or prop.param("LABEL") or text[:200], text))
        elif prop.name == "ATTACH":
            found.append(Link(prop.param("FILENAME") or gettext("an attached file"), ""))
    return found


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text).netloc)
    except ValueError:
        return False


def _elsewhere(source: Source) -> str:
    """The same by the clock of whoever reads, where the entry is written for another place."""
    here = str(timezone.get_current_timezone())
    if source.zone in ("", here) or source.span.is_all_day or source.span.start is None:
        return ""
    wall = DatabaseZone(ZoneInfo(here))
    start, end = (
        wall.from_utc(source.wall.to_utc(moment)) if moment else None for moment in (source.span.start, source.span.end)
    )
    if start == source.span.start:
        return ""
    return gettext("{when} where you are").format(when=told_time(Span(start, end)))


def _status(status: str) -> str:
    words = {
        "TENTATIVE": gettext("tentative"),
        "CANCELLED": gettext("cancelled"),
        "COMPLETED": pgettext("a task", "done"),
        "IN-PROCESS": pgettext("a task", "begun"),
    }
    return words.get(status, "")
