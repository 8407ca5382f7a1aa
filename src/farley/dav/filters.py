"""The filter of an addressbook-query: read once, then asked of each card. RFC 6352 §10.5."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from farley.codecs.vcard import Card, Property
from farley.dav.elements import Element
from farley.dav.errors import bad_request
from farley.dav.matching import MAX_TESTS, TextMatch, all_of, any_text, read_text_match
from farley.dav.names import CARDDAV


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """`match` is None where the parameter need only be there."""

    name: str
    is_undefined: bool
    match: TextMatch | None

    def holds(self, found: Property) -> bool:
        values = [value for key, several in found.params if key == self.name for value in several]
        if self.name == "TYPE":
            values += found.types
        if self.is_undefined:
            return not values
        return bool(values) and (self.match is None or any_text(values, self.match))


@dataclass(frozen=True, slots=True)
class PropFilter:
    """What is asked of the properties of one name: of each by itself, and one of them must do."""

    name: str
    group: str | None
    is_undefined: bool
    matches: tuple[TextMatch, ...]
    params: tuple[ParamFilter, ...]
    is_all: bool

    def holds(self, card: Card) -> bool:
        found = [p for p in card.properties(self.name) if self.group is None or (p.group or "").upper() == self.group]
        if self.is_undefined:
            return not found
        if not self.matches and not self.params:
            return bool(found)
        return any(self._is_met_by(each) for each in found)

    def _is_met_by(self, found: Property) -> bool:
        value = partial(any_text, _texts_of(found)) if self.matches else None
        tests = [value(match) for match in self.matches] if value else []
        tests += [param.holds(found) for param in self.params]
        return all(tests) if self.is_all else any(tests)


@dataclass(frozen=True, slots=True)
class Filter:
    """All of an addressbook-query's conditions. Without any, every card meets them."""

    props: tuple[PropFilter, ...]
    is_all: bool

    def holds(self, card: Card) -> bool:
        if not self.props:
            return True
        return all(p.holds(card) for p in self.props) if self.is_all else any(p.holds(card) for p in self.props)


def read_filter(element: Element | None) -> Filter:
    """Raises DavError: 400; 403 with supported-filter or supported-collation. Without one, as Evolution asks: all."""
    if element is None:
        return Filter((), is_all=False)
    filters = tuple(_prop_filter(each) for each in _all_of(element, "prop-filter", {"prop-filter"}))
    if sum(1 + len(each.matches) + len(each.params) for each in filters) > MAX_TESTS:
        raise bad_request(f"A filter has at most {MAX_TESTS} conditions.")
    return Filter(filters, _is_all(element))


def _prop_filter(element: Element) -> PropFilter:
    group, dot, name = element.attributes.get("name", "").upper().rpartition(".")
    if not name:
        raise bad_request("A prop-filter has the name of a property.")
    children = {"is-not-defined", "text-match", "param-filter"}
    matches = tuple(_text_match(each) for each in _all_of(element, "text-match", children))
    params = tuple(_param_filter(each) for each in _all_of(element, "param-filter", children))
    is_undefined = element.first(f"{CARDDAV}is-not-defined") is not None
    return PropFilter(name, group if dot else None, is_undefined, matches, params, _is_all(element))


def _param_filter(element: Element) -> ParamFilter:
    name = element.attributes.get("name", "").upper()
    if not name:
        raise bad_request("A param-filter has the name of a parameter.")
    matches = [_text_match(each) for each in _all_of(element, "text-match", {"is-not-defined", "text-match"})]
    is_undefined = element.first(f"{CARDDAV}is-not-defined") is not None
    return ParamFilter(name, is_undefined, matches[0] if matches else None)


def _text_match(element: Element) -> TextMatch:
    return read_text_match(element, CARDDAV, "default")


def _all_of(element: Element, name: str, known: set[str]) -> list[Element]:
    return all_of(element, CARDDAV, name, known)


def _is_all(element: Element) -> bool:
    test = element.attributes.get("test", "anyof")
    if test not in ("anyof", "allof"):
        raise bad_request("test is anyof or allof.")
    return test == "allof"


def _texts_of(found: Property) -> list[str]:
    """What a text may match: the value as text; of a structure its parts too, of a list each value."""
    texts = [found.text]
    if found.name in ("N", "ADR", "ORG"):
        texts += [value for part in found.components for value in part]
    elif found.name in ("NICKNAME", "CATEGORIES"):
        texts += found.texts
    return texts
