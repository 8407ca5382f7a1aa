"""The filter of a calendar-query: read once, then asked of each object. RFC 4791 §9.7 to §9.9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from farley.codecs.calendar_ranges import (
    FIRST_MOMENT,
    LAST_MOMENT,
    TimeRange,
    components_within,
    property_within,
    rings_within,
)
from farley.codecs.icalendar import Component, ICalendar, Property, When
from farley.codecs.recurrence_rule import Budget
from farley.codecs.zones import Zone
from farley.dav.elements import Element
from farley.dav.errors import DavError, bad_request
from farley.dav.matching import MAX_TESTS, TextMatch, all_of, any_text, read_text_match
from farley.dav.names import CALDAV

_LISTS = frozenset({"CATEGORIES", "RESOURCES"})
_CASEMAP = "i;ascii-casemap"  # where a filter names no collation, RFC 4791 §9.7.5


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """`match` is None where the parameter need only be there."""

    name: str
    is_undefined: bool
    match: TextMatch | None

    def holds(self, found: Property) -> bool:
        values = [value for key, several in found.params if key == self.name for value in several]
        if self.is_undefined:
            return not values
        return any_text(values, self.match) if self.match and values else bool(values)


@dataclass(frozen=True, slots=True)
class PropFilter:
    """What is asked of the properties of one name: one of them must meet all of it."""

    name: str
    is_undefined: bool
    span: TimeRange | None
    match: TextMatch | None
    params: tuple[ParamFilter, ...]

    def holds(self, component: Component, floating: tzinfo | Zone) -> bool:
        found = component.properties(self.name)
        if self.is_undefined:
            return not found
        return any(self._is_met_by(each, floating) for each in found)

    def _is_met_by(self, found: Property, floating: tzinfo | Zone) -> bool:
        if self.span is not None and not property_within(found, self.span, floating=floating):
            return False
        if self.match is not None and not any_text(_texts_of(found), self.match):
            return False
        return all(param.holds(found) for param in self.params)


@dataclass(frozen=True, slots=True)
class CompFilter:
    """What is asked of the components of one name within another: one of them must meet all of it."""

    name: str
    is_undefined: bool = False
    span: TimeRange | None = None
    props: tuple[PropFilter, ...] = ()
    comps: tuple[CompFilter, ...] = ()

    def holds(self, ical: ICalendar, floating: tzinfo | Zone, shared: Budget) -> bool:
        """Of the whole object, where this is about its VCALENDAR. Its series take of what is `shared` with others."""
        return ical.root.name == self.name and self._is_met_by(ical.root, floating, shared)

    def _holds_within(self, parent: Component, floating: tzinfo | Zone, shared: Budget) -> bool:
        found = [each for each in parent.components if each.name == self.name]
        if self.is_undefined:
            return not found
        if self.span is not None and found:
            found = _within(parent, found, self.span, floating, shared)
        return any(self._is_met_by(each, floating, shared) for each in found)

    def _is_met_by(self, component: Component, floating: tzinfo | Zone, shared: Budget) -> bool:
        return all(prop.holds(component, floating) for prop in self.props) and all(
            comp._holds_within(component, floating, shared) for comp in self.comps
        )

    @property
    def size(self) -> int:
        """How many tests it takes."""
        return 1 + sum(1 + len(prop.params) for prop in self.props) + sum(comp.size for comp in self.comps)


EVERYTHING = CompFilter("VCALENDAR")


def read_calendar_filter(element: Element | None) -> CompFilter:
    """Raises DavError: 400; 403 with valid-filter, supported-filter or supported-collation. Without one: everything."""
    if element is None:
        return EVERYTHING
    found = all_of(element, CALDAV, "comp-filter", {"comp-filter"})
    if not found:
        return EVERYTHING
    if len(found) > 1 or found[0].attributes.get("name", "").upper() != "VCALENDAR":
        raise _invalid("A filter has one comp-filter, for VCALENDAR.")
    conditions = _comp_filter(found[0], depth=0)
    if conditions.size > MAX_TESTS:
        raise bad_request(f"A filter has at most {MAX_TESTS} conditions.")
    if conditions.span is not None or conditions.is_undefined:
        raise _invalid("A VCALENDAR has no time of its own, and is always there.")
    return conditions


def read_time_range(element: Element, condition: str = "valid-filter", *, is_whole: bool = False) -> TimeRange:
    """Raises DavError (403) for times that are not in UTC or not in order, or, where it must be whole, not both."""
    start, end = (_utc(element.attributes.get(name), condition) for name in ("start", "end"))
    if (start is None and end is None) or (is_whole and (start is None or end is None)):
        raise _invalid("A time-range has a start, an end or both.", condition)
    span = TimeRange(start or FIRST_MOMENT, end or LAST_MOMENT)
    if span.start >= span.end:
        raise _invalid("A time-range ends after it begins.", condition)
    return span


def _comp_filter(element: Element, depth: int) -> CompFilter:
    name = element.attributes.get("name", "").upper()
    if not name:
        raise _invalid("A comp-filter has the name of a component.")
    if depth > 5:
        raise _invalid("Components are not within one another so deep.")
    known = {"is-not-defined", "time-range", "prop-filter", "comp-filter"}
    spans = [read_time_range(each) for each in all_of(element, CALDAV, "time-range", known)]
    if len(spans) > 1:
        raise _invalid("A comp-filter has one time-range.")
    return CompFilter(
        name,
        element.first(f"{CALDAV}is-not-defined") is not None,
        spans[0] if spans else None,
        tuple(_prop_filter(each) for each in element.all(f"{CALDAV}prop-filter")),
        tuple(_comp_filter(each, depth + 1) for each in element.all(f"{CALDAV}comp-filter")),
    )


def _prop_filter(element: Element) -> PropFilter:
    name = element.attributes.get("name", "").upper()
    if not name:
        raise _invalid("A prop-filter has the name of a property.")
    known = {"is-not-defined", "time-range", "text-match", "param-filter"}
    matches = [_text_match(each) for each in all_of(element, CALDAV, "text-match", known)]
    spans = [read_time_range(each) for each in element.all(f"{CALDAV}time-range")]
    if len(matches) + len(spans) > 1:
        raise _invalid("A prop-filter has one time-range or one text-match.")
    return PropFilter(
        name,
        element.first(f"{CALDAV}is-not-defined") is not None,
        spans[0] if spans else None,
        matches[0] if matches else None,
        tuple(_param_filter(each) for each in element.all(f"{CALDAV}param-filter")),
    )


def _param_filter(element: Element) -> ParamFilter:
    name = element.attributes.get("name", "").upper()
    if not name:
        raise _invalid("A param-filter has the name of a parameter.")
    matches = [_text_match(each) for each in all_of(element, CALDAV, "text-match", {"is-not-defined", "text-match"})]
    is_undefined = element.first(f"{CALDAV}is-not-defined") is not None
    return ParamFilter(name, is_undefined, matches[0] if matches else None)


def _text_match(element: Element) -> TextMatch:
    return read_text_match(element, CALDAV, _CASEMAP)


def _within(
    parent: Component, found: list[Component], span: TimeRange, floating: tzinfo | Zone, shared: Budget
) -> list[Component]:
    if found[0].name == "VALARM":
        return [each for each in found if rings_within(each, parent, span, floating=floating, shared=shared)]
    if parent.name != "VCALENDAR":
        return []
    return components_within(parent.ical, found[0].name, span, floating=floating, shared=shared)


def _texts_of(found: Property) -> Sequence[str]:
    """What a text may match: the value, of a list each entry too."""
    return [found.text, *found.texts] if found.name in _LISTS else [found.text]


def _utc(text: str | None, condition: str) -> datetime | None:
    if text is None:
        return None
    when = When.parse(text)
    if when is None or when.zone != "UTC":
        raise _invalid("The times of a time-range are written in UTC.", condition)
    return when.local.replace(tzinfo=UTC)


def _invalid(text: str, condition: str = "valid-filter") -> DavError:
    return DavError(403, f"{CALDAV}{condition}", text)
