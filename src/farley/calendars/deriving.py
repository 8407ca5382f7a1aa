"""What is read out of a calendar object: times, words, people.

A pure function of the octets and nothing else, run before a transaction begins.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from farley.calendars.details import concerned_of
from farley.calendars.models import COMPONENTS, ENDLESS, MAX_ADDRESS, MAX_UID, Attendee, CalendarObject, Components
from farley.codecs.icalendar import Component, ICalendar, Property, When
from farley.codecs.recurrence import bounds, extent
from farley.codecs.zones import FixedZone, Zones, named_zone
from farley.search.models import MAX_TEXT, Texts, texts

MAX_ATTENDEES = 2000  # of one object that are found by their address
MAX_CATEGORIES = 200
_POINTS = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE")
_WEST, _EAST = dt.timedelta(hours=12), dt.timedelta(hours=14)  # how far clocks are from UTC
# Between these any clock on earth can tell the time without leaving the years that Python counts.
_EARLIEST = dt.datetime(1, 1, 3, tzinfo=dt.UTC)
_LATEST = dt.datetime(9999, 12, 29, tzinfo=dt.UTC)
_CLASSES = {
    "": CalendarObject.Class.PUBLIC,
    "PUBLIC": CalendarObject.Class.PUBLIC,
    "CONFIDENTIAL": CalendarObject.Class.CONFIDENTIAL,
}

Person = tuple[str, str, str, str, bool]  # address, name, role, participation, whether they organise it


class Derived(NamedTuple):
    """All derived columns and rows of one object. Text holds no NUL and fits its column."""

    uid: str
    component: int
    summary: str
    location: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    spread: int
    is_all_day: bool
    is_floating: bool
    is_recurring: bool
    status: str
    is_transparent: bool
    classification: int
    organiser: str
    due_at: dt.datetime | None
    completed_at: dt.datetime | None
    priority: int
    percent: int | None
    related_to: str
    has_alarms: bool
    has_mail_alarms: bool
    categories: tuple[str, ...]
    people: list[Person]
    search: Texts

    @property
    def columns(self) -> tuple[object, ...]:
        """Values for DERIVED_COLUMNS."""
        return self[1:-2]


DERIVED_COLUMNS = Derived._fields[1:-2]


def _class(component: Component) -> CalendarObject.Class:
    return _CLASSES.get(component.text("CLASS").strip().upper(), CalendarObject.Class.PRIVATE)


def derive(ical: ICalendar) -> Derived:
    """Everything about an object that has been judged to be one: its main component decides where several differ."""
    main = ical.main
    assert main is not None
    zones = Zones(ical, FixedZone(dt.timedelta(0)))
    all_of_it, first = bounds(ical), extent(main)
    is_floating = _is_floating(ical)
    early, late = (_EAST, _WEST) if is_floating else (dt.timedelta(0), dt.timedelta(0))
    is_task = main.name == "VTODO"
    has_start = main.start_at is not None
    people = _people(ical)
    alarms = [alarm for component in ical.components for alarm in component.alarms]
    first_at = _kept(all_of_it.start, -early) if all_of_it else None
    last_at = _last(all_of_it.end, late) if all_of_it else None
    return Derived(
        uid=_text(ical.uid or "", MAX_UID + 1),
        component=int(COMPONENTS.get(main.name, Components.EVENTS)),
        summary=_text(main.text("SUMMARY"), 1000),
        location=_text(main.text("LOCATION"), 500),
        starts_at=_kept(first.start) if first and has_start else None,
        ends_at=_kept(first.end) if first and first.end and has_start else None,
        first_at=first_at,
        last_at=last_at,
        spread=int(CalendarObject.Spread.of(first_at, last_at)),
        is_all_day=main.is_all_day,
        is_floating=is_floating,
        is_recurring=bool(main.first("RRULE") or main.first("RDATE") or ical.overrides),
        status=_word(main.text("STATUS"), 20),
        is_transparent=main.text("TRANSP").strip().upper() == "TRANSPARENT",
        classification=int(max(map(_class, ical.components))),  # an object is told whole or not at all
        organiser=next((person[0] for person in people if person[4]), ""),
        due_at=_due(main, zones, first.end if first else None) if is_task else None,
        completed_at=_instant(main.when("COMPLETED"), zones) if is_task else None,
        priority=_between(main.number("PRIORITY"), 0, 9) or 0,
        percent=_between(main.number("PERCENT-COMPLETE"), 0, 100),
        related_to=_parent(main),
        has_alarms=bool(alarms),
        has_mail_alarms=any(alarm.text("ACTION").strip().upper() == "EMAIL" for alarm in alarms),
        categories=tuple(_text(each, 200) for each in main.categories[:MAX_CATEGORIES]),
        people=people,
        search=_said(main, people),
    )


def _said(main: Component, people: list[Person]) -> Texts:
    """What search finds it by."""
    told = [main.text(name)[: 4 * MAX_TEXT] for name in ("LOCATION", "DESCRIPTION", "COMMENT", "CONTACT")]
    told += main.categories[:MAX_CATEGORIES]
    told += [part for address, name, role, *_ in people if role != Attendee.CONCERNED for part in (name, address)]
    return texts(_text(main.text("SUMMARY"), 1000), " ".join(told).replace("\0", " "), {})


def _due(task: Component, zones: Zones, end: dt.datetime | None) -> dt.datetime | None:
    """DUE, or the end of its DURATION."""
    if task.end_at is not None:
        return _instant(task.end_at, zones)
    return _kept(end) if end and task.start_at is not None and task.duration is not None else None


def _instant(when: When | None, zones: Zones) -> dt.datetime | None:
    return _kept(zones.instant(when).replace(tzinfo=dt.UTC)) if when is not None else None


def _kept(moment: dt.datetime, shift: dt.timedelta = dt.timedelta(0)) -> dt.datetime:
    return min(max(moment, _EARLIEST), _LATEST) + shift


def _last(end: dt.datetime | None, shift: dt.timedelta) -> dt.datetime:
    return ENDLESS if end is None else _kept(end, shift)


def _is_floating(ical: ICalendar) -> bool:
    known = ical.zones.keys()
    zones = {
        when.zone for component in ical.components for found in component.properties(*_POINTS) for when in found.whens
    }
    return any(zone is None or (zone != "UTC" and zone not in known and not named_zone(zone)) for zone in zones)


def _people(ical: ICalendar) -> list[Person]:
    """Each once, the main component's word before that of overrides; the organiser first.

    Whom it is about, but who is not asked to come, has the role CONCERNED.
    """
    found: dict[tuple[bool, str], Person] = {}
    main = ical.main
    for component in sorted(ical.components, key=lambda each: each is not main):
        for prop in component.properties("ORGANIZER"):
            _note(prop, found, is_organiser=True)
        for prop in component.attendees:
            _note(prop, found, is_organiser=False)
    for uri, name in (each for component in ical.components for each in concerned_of(component)):
        address = _concerned(uri)
        found.setdefault((False, address), (address, _text(name, 500), Attendee.CONCERNED, "", False))
    return sorted(found.values(), key=lambda person: not person[4])[:MAX_ATTENDEES]


def names_in(component: Component) -> set[str]:
    """How one component of an object names people: as `Attendee.address` keeps them of all of it."""
    stated = [_address(prop) for prop in (*component.properties("ORGANIZER"), *component.attendees)]
    return {*stated, *(_concerned(uri) for uri, _ in concerned_of(component))}


def _address(prop: Property) -> str:
    return _text(prop.address.casefold() or prop.text.strip(), MAX_ADDRESS)


def _concerned(uri: str) -> str:
    return _text(uri.casefold().removeprefix("mailto:"), MAX_ADDRESS)


def _note(prop: Property, found: dict[tuple[bool, str], Person], *, is_organiser: bool) -> None:
    address = _address(prop)
    if address and (is_organiser, address) not in found and len(found) <= MAX_ATTENDEES:
        name, role, partstat = (prop.param(each) or "" for each in ("CN", "ROLE", "PARTSTAT"))
        found[is_organiser, address] = (address, _text(name, 500), _word(role, 40), _word(partstat, 40), is_organiser)


def _parent(component: Component) -> str:
    """The UID of what it is a part of. RFC 5545 §3.8.4.5."""
    for prop in component.properties("RELATED-TO"):
        if (prop.param("RELTYPE") or "PARENT").upper() == "PARENT":
            return _text(prop.text.strip(), MAX_UID)
    return ""


def _between(number: int | None, least: int, most: int) -> int | None:
    return number if number is not None and least <= number <= most else None


def _word(text: str, limit: int) -> str:
    return _text(text.strip().upper(), limit)


def _text(text: str, limit: int) -> str:
    """`text` without NUL, which PostgreSQL cannot hold; the octets keep it."""
    return text.replace("\0", "")[:limit]
