"""Saved views of lists: one's own, and those shared with a space by whoever may edit it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.database import rows
from farley.database.turns import write_turn
from farley.lists.models import MAX_QUERY, MAX_TITLE, DefaultView, View
from farley.spaces.models import Space, held_by
from farley.spaces.operations import require

MAX_VIEWS = 100  # of a person, or shared with a space
_NOT_READABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class BadView(ValueError):
    """A view cannot be like that. `reason`: `title`, `long`, `many`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYours(PermissionError):
    """A private view is for its owner alone to change."""


_SEEN = (
    "SELECT {view}, EXISTS (SELECT 1 FROM lists_defaultview first WHERE first.user_id = %s AND first.view_id = view.id)"
    " FROM lists_view view WHERE view.list = %s AND view.deleted_at IS NULL"
    " AND (view.space_id IN ({spaces}) OR view.space_id IS NULL AND view.owner_id = %s) ORDER BY view.title, view.id"
)


def views_of(list_name: str, *, by: Actor) -> list[View]:
    """One's own, and those shared with spaces that one sees, by title, each with whether one begins with it.

    In a statement of its own, for every page of a list asks.
    """
    user = by.user.pk if by.user is not None else None
    spaces, values = held_by(by, Role.READER)
    views = []
    sql = _SEEN.replace("{spaces}", spaces)
    for view, is_default in rows.load_by({"view": View}, sql, [user, list_name, *values, user]):
        view.is_default = bool(is_default)
        views.append(view)
    return views


def save_view(list_name: str, *, title: str, query: str, space: Space | None, by: Actor) -> View:
    """Keep a view, shared with `space` if given. Raises BadView, NotAllowed, NoSuchSpace."""
    if by.user is None:
        raise NotYours
    title = " ".join(title.split())
    if not title or _NOT_READABLE.search(title):
        raise BadView("title")
    if len(title) > MAX_TITLE or len(query) > MAX_QUERY:
        raise BadView("long")
    if space is not None:
        require(space, by, Role.EDITOR)
    with write_turn():
        mine: dict[str, Any] = {"space": space} if space is not None else {"space": None, "owner": by.user}
        others = View.objects.filter(**mine)
        if others.filter(deleted_at=None).count() >= MAX_VIEWS:
            raise BadView("many")
        view: View = View.objects.create(list=list_name, owner=by.user, space=space, title=title, query=query)
    return view


def change_view(view: View, *, query: str, by: Actor) -> None:
    """Have it show something else. Raises BadView, NotYours, NotAllowed, NoSuchSpace."""
    _require(view, by)
    if len(query) > MAX_QUERY:
        raise BadView("long")
    with write_turn():
        view.query = query
        view.save(update_fields=["query"])


def remove_view(view: View, *, by: Actor, is_back: bool = False) -> None:
    """Take it away, or bring it back. Raises NotYours, NotAllowed, NoSuchSpace."""
    _require(view, by)
    with write_turn():
        view.deleted_at = None if is_back else timezone.now()
        view.save(update_fields=["deleted_at"])


def begin_with(view: View, *, by: Actor, is_on: bool) -> None:
    """Have the list begin with this view for whoever asks, who sees it; or no longer."""
    if by.user is None:
        raise NotYours
    with write_turn():
        if is_on:
            DefaultView.objects.update_or_create(user=by.user, list=view.list, defaults={"view": view})
        else:
            DefaultView.objects.filter(user=by.user, list=view.list, view=view).delete()


def may_change(view: View, by: Actor, editable: Collection[int]) -> bool:
    """Whether `by`, who edits the spaces `editable`, may change the view."""
    if view.space_id is not None:
        return view.space_id in editable
    return by.user is not None and view.owner_id == by.user.pk


def _require(view: View, by: Actor) -> None:
    if view.space is not None:
        require(view.space, by, Role.EDITOR)
    elif by.user is None or view.owner_id != by.user.pk:
        raise NotYours
