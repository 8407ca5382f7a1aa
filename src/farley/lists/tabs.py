"""In which order somebody has the saved views of a list as tabs, and which of them stand in the navigation.

Kept with the account like columns: it is about whoever looks, and about nothing that others have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.lists.columns import moved, remember, remembered
from farley.lists.models import View

MAX_PINNED = 20
_ORDER, _PINNED = "{} tabs", "{} pinned"  # as an account keeps those of a list


def in_order(list_name: str, views: Sequence[View], user: User) -> list[View]:
    """The views as somebody put them; those that came since behind them, by title."""
    places = {pk: place for place, pk in enumerate(_read(_ORDER.format(list_name), user))}
    return sorted(views, key=lambda view: places.get(view.pk, len(places)))


def move(list_name: str, view: View, by_places: int, views: Sequence[View], *, by: Actor) -> None:
    """Put the tab of a view so many places further on among `views`, which `by` has in this order."""
    names = [str(each.pk) for each in views]
    if str(view.pk) in names:
        remember(_ORDER.format(list_name), ",".join(moved(names, str(view.pk), by_places)), by=by)


def pinned(list_name: str, user: User) -> list[int]:
    """The ids of the views that somebody has in the navigation; some may be gone by now."""
    return _read(_PINNED.format(list_name), user)


def pin(list_name: str, view: View, *, is_on: bool, by: Actor) -> None:
    """Have a view in the navigation, as the last one, or no longer."""
    if by.user is None:
        return
    left = [pk for pk in pinned(list_name, by.user) if pk != view.pk]
    kept = [*left, view.pk][-MAX_PINNED:] if is_on else left
    remember(_PINNED.format(list_name), ",".join(map(str, kept)), by=by)


def with_views_called(columns: Mapping[str, Any], called: Mapping[int, int]) -> dict[str, Any]:
    """What an account keeps of lists (`User.columns`), each view named otherwise; what `called` has not is left out."""
    told = dict(columns)
    for name, held in columns.items():
        if name.endswith((_ORDER.format(""), _PINNED.format(""))) and isinstance(held, str):
            told[name] = ",".join(str(called[pk]) for pk in _numbers(held) if pk in called)
    return told


def _read(name: str, user: User) -> list[int]:
    return _numbers(remembered(name, user))


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each.isascii() and each.isdigit()]
