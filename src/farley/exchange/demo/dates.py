"""What stands in the calendars of the example: series, meetings with contacts, days off, tasks; around today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone

from farley.accounts.models import User
from farley.calendars import birthdays, operations, storing
from farley.calendars.files import PRODID
from farley.calendars.models import Calendar, Components
from farley.codecs.contentline import fold
from farley.codecs.vcard_values import escape
from farley.contacts.models import Contact
from farley.journal.models import Door
from farley.journal.records import Condition, Entry
from farley.spaces.models import Space

ZONE = "Europe/Berlin"


class _Event(NamedTuple):
    """`day` is counted from the Monday of this week; without an hour it lasts all day, `length` days long."""

    title: str
    day: int
    hour: float | None
    length: float = 1
    place: str = ""
    rule: str = ""
    guest: int | None = None  # which of the contacts is asked to come


class _Task(NamedTuple):
    """`due` is counted in days from the Monday of this week."""

    title: str
    due: int | None
    priority: int = 0
    is_done: bool = False


_SALES = (
    _Event("Jour fixe Vertrieb", 0, 9, 0.75, "Besprechungsraum Nord", "FREQ=WEEKLY;BYDAY=MO"),
    _Event("Musterprüfung Tresen", 1, 14, 1.5, "Werkstatt", guest=0),
    _Event("Angebot besprechen", 2, 10.5, 1, "", guest=1),
    _Event("Mittagessen", 2, 12.5, 1, "Kantine am Hafen", guest=2),
    _Event("Messe Leipzig", 8, None, 3, "Leipzig, Halle 3"),
    _Event("Aufmaß vor Ort", 3, 8, 2, "Baustelle Ostkai", guest=3),
    _Event("Nachfassen", -5, 15, 0.5, "", guest=0),
    _Event("Quartalszahlen", 17, 11, 1, "", "FREQ=MONTHLY;BYDAY=3TH"),
)
_COMPANY = (
    _Event("Betriebsversammlung", 4, 13, 1, "Große Halle"),
    _Event("Brückentag", 11, None),
    _Event("Wartung der Absaugung", 5, None, 1, "Werkstatt", "FREQ=MONTHLY;BYDAY=1SA"),
)
_OWN = (
    _Event("Laufen", 1, 18.5, 1, "", "FREQ=WEEKLY;BYDAY=TU,TH"),
    _Event("Zahnarzt", 9, 8.25, 0.75),
    _Event("Urlaub", 21, None, 7),
)
_TASKS = (
    _Task("Preisliste nachreichen", 1, 1),
    _Task("Angebot Ostkai schreiben", 3, 3),
    _Task("Muster zur Messe packen", 7),
    _Task("Kundenkartei durchsehen", None),
    _Task("Reisekosten abrechnen", -4, 0, is_done=True),
)


def keep_dates(made: dict[str, Space], users: dict[str, User], *, today: dt.date | None = None) -> None:
    """Make calendars in two of the spaces, and put dates into them and into those that Jana has."""
    today = today or timezone.localdate()
    monday = today - dt.timedelta(days=today.weekday())
    tobias, jana = users["tobias"], users["jana"]
    sales, company = made["vertrieb"], made["hallberg"]
    asked = Contact.objects.filter(space=sales, deleted_at=None).exclude(email="").order_by("pk")
    guests = list(asked[:4])
    _keep(_made(sales, "Termine Vertrieb", "#2F7D5B", tobias), _SALES, monday, tobias, guests)
    _keep(_made(company, "Betriebskalender", "#C2762B", jana), _COMPANY, monday, jana)
    todo = operations.create(sales, "Aufgaben Vertrieb", components=Components.TASKS, by=tobias.actor, door=Door.CLI)
    _store(todo, [_task(task, monday) for task in _TASKS], tobias)
    own = (
        Calendar.objects.visible_to(jana.actor).filter(space=made["jana"]).taking(Components.EVENTS).in_order().first()
    )
    if own is not None:
        _keep(own, _OWN, monday, jana)
    birthdays.refresh(birthdays.create(sales, by=tobias.actor, door=Door.CLI))


def _made(space: Space, name: str, colour: str, by: User) -> Calendar:
    return operations.create(space, name, colour=colour, zone=ZONE, by=by.actor, door=Door.CLI)


def _keep(
    calendar: Calendar, events: Sequence[_Event], monday: dt.date, by: User, guests: Sequence[Contact] = ()
) -> None:
    _store(calendar, [_event(event, monday, by, guests) for event in events], by)


def _store(calendar: Calendar, octets: Sequence[bytes], by: User) -> None:
    entries = [Entry(each, None, Condition.ABSENT) for each in octets]
    for result in storing.store_many(calendar, entries, batch=None, by=by.actor, door=Door.CLI):
        if isinstance(result, Exception):
            raise result


def _event(event: _Event, monday: dt.date, by: User, guests: Sequence[Contact]) -> bytes:
    day = monday + dt.timedelta(days=event.day)
    if event.hour is None:
        until = day + dt.timedelta(days=int(event.length))
        lines = [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{until:%Y%m%d}", "TRANSP:TRANSPARENT"]
    else:
        start = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=event.hour)
        end = start + dt.timedelta(hours=event.length)
        lines = [f"DTSTART;TZID={ZONE}:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID={ZONE}:{end:%Y%m%dT%H%M%S}"]
    lines += [f"LOCATION:{escape(event.place)}"] if event.place else []
    lines += [f"RRULE:{event.rule}"] if event.rule else []
    if event.guest is not None and event.guest < len(guests):
        guest = guests[event.guest]
        name = guest.full_name.replace('"', "'")
        lines += [f'ORGANIZER;CN="{by.display_name}":mailto:{by.email}']
        lines += [f'ATTENDEE;CN="{name}";PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:{guest.email}']
    return _object("VEVENT", f"{event.title} {event.day}", event.title, lines)


def _task(task: _Task, monday: dt.date) -> bytes:
    lines = [f"PRIORITY:{task.priority}"] if task.priority else []
    if task.due is not None:
        lines.append(f"DUE;VALUE=DATE:{monday + dt.timedelta(days=task.due):%Y%m%d}")
    lines += ["STATUS:COMPLETED", "PERCENT-COMPLETE:100"] if task.is_done else ["STATUS:NEEDS-ACTION"]
    return _object("VTODO", task.title, task.title, lines)


def _object(kind: str, known: str, title: str, lines: Sequence[str]) -> bytes:
    uid = "demo-" + "".join(c for c in known.lower().replace(" ", "-") if c.isascii() and (c.isalnum() or c == "-"))
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", f"BEGIN:{kind}", f"UID:{uid}"]
    head += ["DTSTAMP:20260101T000000Z", f"SUMMARY:{escape(title)}"]
    return b"".join(map(fold, [*head, *lines, f"END:{kind}", "END:VCALENDAR"]))
