"""Which cards a filter can match at all, by index rows: a superset, for the cards decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from farley.contacts.members import spelled
from farley.contacts.models import IndexRow
from farley.dav.filters import Filter, PropFilter
from farley.dav.matching import TextMatch, unicode_casemap
from farley.spaces.models import Space

Choose = Callable[[Space], set[int]]

_Kind = IndexRow.Kind
_ROWS: Final[dict[str, tuple[_Kind | None, ...]]] = {  # where every value of a property stands; None: the name
    "FN": (None, _Kind.NICKNAME),  # where a second one is
    "NICKNAME": (_Kind.NICKNAME,),
    "EMAIL": (_Kind.EMAIL,),
    "TEL": (_Kind.PHONE,),
}
_CUT = 1000  # characters: a value this long may not be all there was


def preselection(conditions: Filter) -> Choose | None:
    """What chooses the contacts of a space that are worth reading; None where all of them are."""
    chosen = [_of_prop(each) for each in conditions.props]
    if conditions.is_all:
        return next((each for each in chosen if each is not None), None)
    return _any_of(chosen)


def _of_prop(condition: PropFilter) -> Choose | None:
    kinds = _ROWS.get(condition.name)
    if kinds is None or condition.is_undefined or not condition.matches:
        return None
    chosen = [_of_match(condition.name, kinds, each) for each in condition.matches]
    if condition.is_all:
        return next((each for each in chosen if each is not None), None)
    return None if condition.params else _any_of(chosen)


def _of_match(name: str, kinds: tuple[_Kind | None, ...], match: TextMatch) -> Choose | None:
    wanted = unicode_casemap(match.wanted).strip()  # rows are stripped; whichever the collation, this finds no less
    if match.is_negated or not wanted or (name == "NICKNAME" and "," in wanted):
        return None
    return partial(_chosen, kinds, wanted)


def _any_of(chosen: list[Choose | None]) -> Choose | None:
    known = [each for each in chosen if each is not None]
    if not known or len(known) < len(chosen):
        return None
    return lambda space: set().union(*(choose(space) for choose in known))


def _chosen(kinds: tuple[_Kind | None, ...], wanted: str, space: Space) -> set[int]:
    return {
        pk
        for kind in kinds
        for pk, value in spelled(space, kind, wanted)
        if len(value) >= _CUT or wanted in unicode_casemap(value)
    }
