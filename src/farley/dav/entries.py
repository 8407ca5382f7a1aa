"""Entries of calendars as answers have them: whole or in part, a series written out or not. RFC 4791 §9.6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from farley.calendars.parsed import parsed
from farley.codecs.calendar_parts import Selection, expanded, selected, with_busy_within, with_overrides_within
from farley.codecs.calendar_ranges import TimeRange
from farley.codecs.calendar_zones import by_name, with_definitions
from farley.codecs.icalendar import ICalendar, InvalidICalendar, When
from farley.codecs.recurrence import as_zone
from farley.codecs.recurrence_rule import Allowance, Budget
from farley.codecs.zones import Zone, Zones, named_zone
from farley.dav.calendar_filters import read_time_range
from farley.dav.elements import Element
from farley.dav.errors import DavError
from farley.dav.folders import Words
from farley.dav.names import CALDAV
from farley.dav.versions import as_text
from farley.journal.members import Member

MAX_INSTANCES = 5_000  # that one object is written out as, announced as max-instances
LONG, MAX_AT_LENGTH = 1_000, 50_000  # instances of what fills an answer by itself, and how many of all of that kind
MAX_IN_ALL = 100_000  # of everything else in one answer
STEPS_IN_ALL = 1_000_000  # of all rules that one answer is about: ten seconds at the worst
ENTRY_WORDS = Words(
    namespace=CALDAV,
    data="calendar-data",
    member="calendar entry",
    folder="calendar",
    collection="calendar",
    types=frozenset({"text/calendar"}),
    media="text/calendar; charset=utf-8",
)

Zoned = Callable[[ICalendar], bytes]
_ZONED: dict[str, Zoned] = {"T": with_definitions, "F": by_name}
Cut = Callable[[ICalendar, tzinfo | Zone], tuple[bytes, int] | None]  # and how many occurrences that makes; None: many


@dataclass
class CalendarData:
    """How entries are wanted within an answer."""

    cut: Cut | None = None
    busy: TimeRange | None = None
    only: Selection | None = None
    zones: Zoned | None = None
    floating: tzinfo | Zone = field(default=UTC)
    told_of: int = 0  # occurrences so far
    told_at_length: int = 0  # of series that are written out very often
    budget: Budget = field(default_factory=lambda: Allowance(STEPS_IN_ALL))

    @property
    def is_full(self) -> bool:
        """More is asked for than an answer holds; what comes now is told as it is."""
        return self.told_of > MAX_IN_ALL

    def tag(self, etag: str) -> str:
        return etag

    def told(self, member: Member, octets: bytes) -> tuple[str, str]:
        """A series that is too much by itself is told as it is: it must not keep anybody from reading the others."""
        return member.etag, as_text(self._shown(member, octets))

    def _shown(self, member: Member, octets: bytes) -> bytes:
        if self.cut is None and self.busy is None and self.only is None and self.zones is None:
            return octets
        ical = parsed(member.sha256, octets)
        if self.cut is not None:
            ical = self._cut(self.cut, ical)
        if self.busy is not None:
            ical = ICalendar(with_busy_within(ical, self.busy, floating=self.floating))
        if self.zones is not None:
            ical = ICalendar(self.zones(ical))
        return ical.octets if self.only is None else selected(ical, self.only)

    def _cut(self, cut: Cut, ical: ICalendar) -> ICalendar:
        if self.is_full or (done := cut(ical, self.floating)) is None:
            return ical
        octets, count = done
        if count <= LONG:
            self.told_of += count
        elif self.told_at_length + count > MAX_AT_LENGTH:
            return ical
        else:
            self.told_at_length += count
        return ICalendar(octets)


def zoned_as(wish: str) -> Zoned | None:
    """What the header CalDAV-Timezones wants done to each entry; None: as it is stored. RFC 7809 §3.1."""
    return _ZONED.get(wish.strip().upper())


def calendar_data(asked: Element | None, floating: tzinfo | Zone, zones: Zoned | None = None) -> CalendarData:
    """Raises DavError (403 supported-calendar-data) for what an entry cannot be sent as."""
    if asked is None:
        return CalendarData(floating=floating, zones=zones)
    kind = asked.attributes.get("content-type", "text/calendar").partition(";")[0].strip().lower()
    if kind not in ENTRY_WORDS.types or asked.attributes.get("version", "2.0") != "2.0":
        raise DavError(403, f"{CALDAV}supported-calendar-data", "Entries are sent as text/calendar, version 2.0.")
    data = CalendarData(floating=floating, zones=zones)
    expand, limit = asked.first(f"{CALDAV}expand"), asked.first(f"{CALDAV}limit-recurrence-set")
    if expand is not None:
        span = read_time_range(expand, "valid-calendar-data", is_whole=True)
        data.cut = lambda ical, floating: expanded(
            ical, span, floating=floating, limit=MAX_INSTANCES, shared=data.budget
        )
    elif limit is not None:
        span = read_time_range(limit, "valid-calendar-data", is_whole=True)
        data.cut = lambda ical, floating: (with_overrides_within(ical, span, floating=floating, shared=data.budget), 0)
    busy = asked.first(f"{CALDAV}limit-freebusy-set")
    if busy is not None:
        data.busy = read_time_range(busy, "valid-calendar-data", is_whole=True)
    comp = asked.first(f"{CALDAV}comp")
    if comp is not None and comp.attributes.get("name", "").upper() == "VCALENDAR":
        data.only = _selection(comp, 0)
    return data


def zone_asked(body: Element) -> tzinfo | Zone | None:
    """Where dates and floating times are for this request, if it says so. RFC 4791 §9.8, RFC 7809 §5.

    Raises DavError (403 valid-calendar-data; valid-timezone for a name that there is not).
    """
    named, defined = body.first(f"{CALDAV}timezone-id"), body.first(f"{CALDAV}timezone")
    if named is not None:
        found = named_zone(named.text)
        if found is None:
            raise DavError(403, f"{CALDAV}valid-timezone", "There is no time zone of this name.")
        return found
    return zone_defined(defined.text) if defined is not None else None


def zone_defined(text: str) -> Zone:
    """The zone that a calendar with one VTIMEZONE defines. Raises DavError (403 valid-calendar-data)."""
    try:
        ical = ICalendar.parse(text.strip().encode())
    except InvalidICalendar as error:
        raise DavError(403, f"{CALDAV}valid-calendar-data", f"This is no time zone: {error}.") from error
    tzid = zone_name(ical)
    return Zones(ical, as_zone(UTC)).of(When.of(TimeRange().end.replace(tzinfo=None), tzid))


def zone_name(ical: ICalendar) -> str:
    """The TZID of the one VTIMEZONE there is. Raises DavError (403 valid-calendar-data) for none and for several."""
    zones = list(ical.zones)
    if len(zones) != 1 or ical.components:
        raise DavError(403, f"{CALDAV}valid-calendar-data", "A time zone is a calendar with one VTIMEZONE alone.")
    return zones[0]


def _selection(comp: Element, depth: int) -> Selection:
    if depth > 5:
        raise DavError(403, f"{CALDAV}valid-calendar-data", "Components are not within one another so deep.")
    props, comps = list(comp.all(f"{CALDAV}prop")), list(comp.all(f"{CALDAV}comp"))
    if not comp.children:  # as the standard's own example asks for all of a time zone
        return Selection()
    properties = {each.attributes.get("name", "").upper(): each.attributes.get("novalue") == "yes" for each in props}
    components = {each.attributes.get("name", "").upper(): _selection(each, depth + 1) for each in comps}
    return Selection(
        None if comp.first(f"{CALDAV}allprop") is not None else properties,
        None if comp.first(f"{CALDAV}allcomp") is not None else components,
    )
