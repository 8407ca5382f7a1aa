"""What is told of a calendar, and what a device may change of it: RFC 4791 §5.2, RFC 7809 §5.2, and Apple's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.calendars import operations
from farley.calendars.models import COMPONENTS, Calendar, Components
from farley.calendars.operations import BadCalendar
from farley.calendars.storing import NoSuchCalendar
from farley.codecs.icalendar import MAX_OBJECT, ICalendar, InvalidICalendar
from farley.codecs.zone_writing import vtimezone
from farley.codecs.zones import DatabaseZone, named_zone
from farley.dav.elements import Element
from farley.dav.entries import zone_name
from farley.dav.errors import DavError
from farley.dav.folders import Properties, Verdict
from farley.dav.matching import COLLATIONS
from farley.dav.names import APPLE, CALDAV, DAV, element
from farley.dav.versions import as_text
from farley.spaces.operations import NotAllowed

TITLE: Final = f"{DAV}displayname"
_DESCRIPTION: Final = f"{CALDAV}calendar-description"
_ZONE: Final = f"{CALDAV}calendar-timezone"
_ZONE_ID: Final = f"{CALDAV}calendar-timezone-id"
_TRANSPARENCY: Final = f"{CALDAV}schedule-calendar-transp"
_COLOUR: Final = f"{APPLE}calendar-color"
_ORDER: Final = f"{APPLE}calendar-order"
COMPONENT_SET: Final = f"{CALDAV}supported-calendar-component-set"
SETTABLE: Final = frozenset({TITLE, _DESCRIPTION, _ZONE, _ZONE_ID, _TRANSPARENCY, _COLOUR, _ORDER})
_SHORT = re.compile(r"#([0-9A-Fa-f])([0-9A-Fa-f])([0-9A-Fa-f])")
_MAX_POSITION = 2**31 - 1
_REASONS: Final[dict[str, str]] = {"name": TITLE, "long": TITLE, "colour": _COLOUR, "zone": _ZONE_ID}


def calendar_properties(calendar: Calendar) -> Properties:
    """What calendars tell besides what all collections do."""
    return {
        f"{DAV}resourcetype": lambda: "<d:collection/><cal:calendar/>",
        f"{DAV}creationdate": lambda: calendar.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        _DESCRIPTION: lambda: escape(calendar.description),
        _ZONE: lambda: as_text(_zone_text(calendar.zone)),
        _ZONE_ID: lambda: escape(calendar.zone),
        _TRANSPARENCY: lambda: "<cal:transparent/>" if calendar.is_transparent else "<cal:opaque/>",
        _COLOUR: lambda: calendar.colour,
        _ORDER: lambda: str(calendar.position),
        COMPONENT_SET: lambda: "".join(f'<cal:comp name="{name}"/>' for name in calendar.takes.names),
        f"{CALDAV}supported-calendar-data": lambda: '<cal:calendar-data content-type="text/calendar" version="2.0"/>',
        f"{CALDAV}max-resource-size": lambda: str(MAX_OBJECT),
        f"{CALDAV}min-date-time": lambda: "00010101T000000Z",
        f"{CALDAV}max-date-time": lambda: "99991231T235959Z",
        f"{CALDAV}supported-collation-set": lambda: "".join(
            element(f"{CALDAV}supported-collation", name) for name in COLLATIONS
        ),
    }


def values_of(setting: Mapping[str, Element]) -> tuple[dict[str, Any], dict[str, Verdict]]:
    """Columns of a calendar that these properties set, and what is wrong with others of them, by name."""
    own: dict[str, Any] = {}
    wrong: dict[str, Verdict] = {}
    for name, value in setting.items():
        try:
            own |= _READERS[name](value)
        except DavError as error:
            wrong[name] = (error.status, error.condition)
    return own, wrong


def changed_by(
    calendar: Calendar, setting: Mapping[str, Element], removing: Sequence[str], *, by: Actor
) -> dict[str, Verdict]:
    """Set and take away properties, all or none; what stands in the way, by the name of a property."""
    own, wrong = values_of(setting)
    for name in removing:
        if name in _WITHOUT:
            own |= _WITHOUT[name]
        else:
            wrong[name] = (403, f"{DAV}cannot-modify-protected-property")
    if wrong or not own:
        return wrong
    names = [*setting, *removing]
    try:
        operations.change(calendar, by=by, door=Door.DAV, **own)
    except (NotAllowed, NoSuchCalendar):
        return dict.fromkeys(names, (403, f"{DAV}need-privileges"))
    except BadCalendar as error:
        at_fault = _REASONS.get(error.reason, "")
        return {name: (409, "") for name in names if name == at_fault} or dict.fromkeys(names, (409, ""))
    return {}


def components_in(value: Element | None) -> Components:
    """Of supported-calendar-component-set; all where nothing is said. Raises DavError (403) where none is kept here."""
    if value is None:
        return Components.EVENTS | Components.TASKS | Components.JOURNALS
    found = Components(0)
    for each in value.all(f"{CALDAV}comp"):
        found |= COMPONENTS.get(each.attributes.get("name", "").upper(), Components(0))
    if not found:
        text = f"A calendar holds {', '.join(COMPONENTS)}."
        raise DavError(403, f"{CALDAV}supported-calendar-component", text)
    return found


def _colour(value: Element) -> dict[str, Any]:
    text = value.text.strip()
    if short := _SHORT.fullmatch(text):
        text = "#" + "".join(2 * digit for digit in short.groups())
    return {"colour": text}


def _order(value: Element) -> dict[str, Any]:
    text = value.text.strip()
    if not text.isascii() or not text.isdecimal():
        raise DavError(409, text="An order is a whole number from 0.")
    return {"position": min(int(text[:12]), _MAX_POSITION)}


def _transparency(value: Element) -> dict[str, Any]:
    return {"is_transparent": value.first(f"{CALDAV}transparent") is not None}


def _zone_id(value: Element) -> dict[str, Any]:
    zone = named_zone(value.text)
    if not isinstance(zone, DatabaseZone):
        raise DavError(403, f"{CALDAV}valid-timezone", "There is no time zone of this name.")
    return {"zone": zone.info.key}


def _zone(value: Element) -> dict[str, Any]:
    """The zone of the tz database that a definition stands for; one that there is not has the clock of one there is."""
    try:
        ical = ICalendar.parse(value.text.strip().encode())
    except InvalidICalendar as error:
        raise DavError(403, f"{CALDAV}valid-calendar-data", f"This is no time zone: {error}.") from error
    tzid = zone_name(ical)
    for name in (tzid, ical.zones[tzid].text("X-LIC-LOCATION")):
        zone = named_zone(name)
        if isinstance(zone, DatabaseZone):
            return {"zone": zone.info.key}
    raise DavError(403, f"{CALDAV}valid-calendar-data", "This time zone is none that the world knows.")


def _zone_text(key: str) -> bytes:
    begin, end = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Farley//EN\r\n", b"END:VCALENDAR\r\n"
    return begin + vtimezone(key, timezone.now().year) + end


_READERS: Final[dict[str, Callable[[Element], dict[str, Any]]]] = {
    TITLE: lambda value: {"name": value.text},
    _DESCRIPTION: lambda value: {"description": value.text},
    _ZONE: _zone,
    _ZONE_ID: _zone_id,
    _TRANSPARENCY: _transparency,
    _COLOUR: _colour,
    _ORDER: _order,
}
_WITHOUT: Final[dict[str, dict[str, Any]]] = {
    _DESCRIPTION: {"description": ""},
    _COLOUR: {"colour": ""},
    _ORDER: {"position": 0},
    _TRANSPARENCY: {"is_transparent": False},
}
