"""Saved views of lists: one's own, and those shared with a space by whoever may edit it.

What becomes of a view stands in the journal of the space it is shared with; of a private one, in that of its owner's
private space, which nobody else reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.database import rows
from farley.journal.models import Batch, Door, Noun, Verb
from farley.journal.writing import Written, append, one_batch
from farley.lists import language
from farley.lists.language import BadFilter, Filter
from farley.lists.models import MAX_QUERY, MAX_TITLE, DefaultView, View
from farley.spaces.models import Space, held_by
from farley.spaces.operations import require, writing

MAX_VIEWS = 100  # of a person, or shared with a space
_NOT_READABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class BadView(ValueError):
    """A view cannot be like that. `reason`: `title`, `long`, `many`, `owner` (who is still there)."""

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


def save_view(
    list_name: str, *, title: str, query: str, space: Space | None, by: Actor, door: Door
) -> tuple[View, Batch]:
    """Keep a view, shared with `space` if given. Raises BadView, NotAllowed, NoSuchSpace."""
    if by.user is None:
        raise NotYours
    title = _title(title)
    _refuse_long(query)
    view = View(list=list_name, owner=by.user, space=space, title=title, query=query)
    with one_batch(Batch.Act.VIEW, by=by, door=door, title=title) as batch, writing(_homes(view)) as spaces:
        _require(view, by)
        _refuse_many(view)
        view.save(force_insert=True)
        journal(view, Verb.CREATED, spaces.values(), by=by, door=door, batch=batch)
    return view, batch


def change_view(view: View, *, title: str | None = None, query: str | None = None, by: Actor, door: Door) -> Batch:
    """Call it otherwise, or have it show something else. Raises BadView, NotYours, NotAllowed, NoSuchSpace."""
    wanted: dict[str, Any] = {} if title is None else {"title": _title(title)}
    if query is not None:
        _refuse_long(query)
        wanted["query"] = query
    with _changing(view, by=by, door=door) as (current, spaces, batch):
        put(current, wanted, spaces.values(), by=by, door=door, batch=batch)
    return batch


def share_view(view: View, space: Space | None, *, by: Actor, door: Door) -> Batch:
    """Share it with `space`, or with nobody: then it is its owner's alone, who must ask for that.

    Raises BadView, NotYours, NotAllowed, NoSuchSpace.
    """
    if space is None and (by.user is None or view.owner_id != by.user.pk):
        raise NotYours
    with _changing(view, _homes(View(owner=view.owner, space=space)), by=by, door=door) as (current, spaces, batch):
        if space is not None:
            require(space, by, Role.EDITOR)
        wanted = View(list=view.list, owner=current.owner, space=space)
        if current.space_id != wanted.space_id:
            _refuse_many(wanted)
            put(current, {"space_id": wanted.space_id}, spaces.values(), by=by, door=door, batch=batch)
    return batch


def take_over(view: View, *, by: Actor, door: Door) -> Batch:
    """Become the owner of a shared view whose owner has left. Raises BadView, NotYours, NotAllowed, NoSuchSpace."""
    if by.user is None or view.space is None:
        raise NotYours
    with _changing(view, by=by, door=door) as (current, spaces, batch):
        if not is_left(current):
            raise BadView("owner")
        put(current, {"owner_id": by.user.pk}, spaces.values(), by=by, door=door, batch=batch)
    return batch


def is_left(view: View) -> bool:
    """Whether a shared view is of somebody whose account is gone or closed, or who does not see its space any more."""
    if view.space is None:
        return False
    return view.owner is None or not view.owner.is_active or view.space.standing_of(view.owner.actor) is None


def remove_view(view: View, *, by: Actor, door: Door) -> Batch:
    """Take it away. Raises NotYours, NotAllowed, NoSuchSpace."""
    with _changing(view, by=by, door=door) as (current, spaces, batch):
        put_live(current, spaces.values(), is_live=False, by=by, door=door, batch=batch)
    return batch


def begin_with(view: View, *, by: Actor, door: Door, is_on: bool) -> Batch:
    """Have the list begin with this view for whoever asks, who sees it; or no longer."""
    if by.user is None:
        raise NotYours
    home = _private_space_of(by.user)
    with one_batch(Batch.Act.VIEW, by=by, door=door, title=view.title) as batch, writing(home) as spaces:
        first = first_of(by.user.pk, view.list)
        if (first == view.pk) is not is_on:
            wanted = view.pk if is_on else None
            put_first(view, by.user.pk, wanted, spaces.values(), by=by, door=door, batch=batch)
    return batch


def may_change(view: View, by: Actor, editable: Collection[int]) -> bool:
    """Whether `by`, who edits the spaces `editable`, may change the view."""
    if view.space_id is not None:
        return view.space_id in editable
    return by.user is not None and view.owner_id == by.user.pk


def leave_to(space: Space, user: User, *, by: Actor, door: Door) -> None:
    """Share the private views of somebody who leaves with what was their private space, which is locked."""
    for view in View.objects.filter(space=None, owner=user).order_by("pk"):
        put(view, {"space_id": space.pk}, [space], by=by, door=door, batch=None)


# Rewriting what a view asks for, when something that it names is called otherwise

Address = Mapping[str, str]


def rewrite(
    list_name: str,
    naming: str,
    change: Callable[[View, Address], Address],
    *,
    spaces: Sequence[Space] = (),
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> int:
    """Have `change` say what the views of a list whose address holds the word `naming` ask for from now on; deleted
    ones too, which may come back.

    For something that happens in `spaces`, which are locked, its journal tells of it: whoever takes that back takes
    this back. Without, that of each view's own. A view that would become too long stays as it is. Returns how many.
    """
    known = View.objects.filter(list=list_name, query__contains=naming).select_related("space", "owner")
    asked = {view.pk: (view, query) for view in known if (query := _rewritten(view, change)) is not None}
    homes = [] if spaces else [home for view, _ in asked.values() for home in _homes(view)]
    with writing(homes) as locked:
        count = 0
        for view in View.objects.filter(pk__in=asked).select_for_update().order_by("pk"):
            before, query = asked[view.pk]
            if view.query == before.query:  # else it has just been changed, by somebody who knows better
                heard = spaces or [locked[home] for home in _homes(before)]
                put(view, {"query": query}, heard, by=by, door=door, batch=batch)
                count += 1
    return count


def _rewritten(view: View, change: Callable[[View, Address], Address]) -> str | None:
    """What it asks for from now on; None where that is what it asks for already, or too long."""
    address = dict(parse_qsl(view.query, keep_blank_values=True))
    query = urlencode(sorted(change(view, address).items()))
    return query if query != urlencode(sorted(address.items())) and len(query) <= MAX_QUERY else None


def with_filter(address: Address, change: Callable[[Filter | None], Filter | None]) -> str:
    """What the filter of an address becomes by `change`; empty where there is none, or none that can be read."""
    text = address.get("filter", "")
    try:
        asked = language.parse(text)
        changed = change(asked)
        written = text if changed == asked else language.written(changed)
        language.parse(written)
    except BadFilter:
        return ""
    return written


def concerns(view: View, space: Space, by: Actor) -> bool:
    """Whether a view may tell of what is called so in `space`: those who have it see that anyhow, or `by`, who does
    see it, may change the view."""
    if view.space is not None:
        return view.space == space or (view.space.role_of(by) or Role.READER) >= Role.EDITOR
    return view.owner is not None and space.standing_of(view.owner.actor) is not None


# Writing and journaling, in locked spaces; for `keeping`, too


def put(
    view: View, wanted: Mapping[str, Any], spaces: Collection[Space], *, by: Actor, door: Door, batch: Batch | None
) -> None:
    """Set what differs."""
    former = {name: getattr(view, name) for name, value in wanted.items() if getattr(view, name) != value}
    for name in former:
        setattr(view, name, wanted[name])
    if former:
        view.save(update_fields=list(former))
        journal(view, Verb.SET, spaces, by=by, door=door, batch=batch, former=former)


def put_live(
    view: View, spaces: Collection[Space], *, is_live: bool, by: Actor, door: Door, batch: Batch | None
) -> None:
    """Take it away or bring it back, where it is not so already."""
    if (view.deleted_at is None) is is_live:
        return
    view.deleted_at = None if is_live else timezone.now()
    view.save(update_fields=["deleted_at"])
    journal(view, Verb.RESTORED if is_live else Verb.DELETED, spaces, by=by, door=door, batch=batch)


def put_first(
    view: View,
    user: int,
    wanted: int | None,
    spaces: Collection[Space],
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
) -> None:
    """Have the list begin with the view `wanted` for a user; `view` is the one that was asked about."""
    former = {f"{FIRST}{user}": first_of(user, view.list)}
    if wanted is None:
        DefaultView.objects.filter(user=user, list=view.list).delete()
    else:
        DefaultView.objects.update_or_create(user_id=user, list=view.list, defaults={"view_id": wanted})
    journal(view, Verb.SET, spaces, by=by, door=door, batch=batch, former=former)


FIRST = "first-"  # in the journal, before the id of whose list begins with a view


def first_of(user: int, list_name: str) -> int | None:
    """The view that somebody's list begins with."""
    found: int | None = DefaultView.objects.filter(user=user, list=list_name).values_list("view", flat=True).first()
    return found


def journal(
    view: View,
    verb: Verb,
    spaces: Collection[Space],
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    former: dict[str, Any] | None = None,
) -> None:
    at = timezone.now()
    for space in spaces:
        append(space, Noun.VIEW, [Written(verb, view.pk, own_before=former)], by=by, door=door, batch=batch, at=at)


@contextmanager
def _changing(
    view: View, also: Sequence[int] = (), *, by: Actor, door: Door
) -> Iterator[tuple[View, dict[int, Space], Batch]]:
    """The view as it is now, the spaces (locked; `also` these) that hear of what becomes of it, and the act.

    Raises NotYours, NotAllowed, NoSuchSpace.
    """
    homes = [*_homes(view), *also]
    with one_batch(Batch.Act.VIEW, by=by, door=door, title=view.title) as batch, writing(homes) as spaces:
        current: View = View.objects.select_for_update(of=("self",)).select_related("space", "owner").get(pk=view.pk)
        _require(current, by)
        yield current, spaces, batch


def _homes(view: View) -> list[int]:
    """The spaces whose journals tell of a view. None where a private one has nobody any more."""
    if view.space_id is not None:
        return [view.space_id]
    return _private_space_of(view.owner) if view.owner is not None else []


def _private_space_of(user: User) -> list[int]:
    """The first one, in a list; a closed account may have none."""
    mine = Space.objects.filter(kind=Space.Kind.PRIVATE, memberships__user=user, memberships__role=Role.MANAGER)
    return list(mine.order_by("pk").values_list("pk", flat=True)[:1])


def _require(view: View, by: Actor) -> None:
    if view.space is not None:
        require(view.space, by, Role.EDITOR)
    elif by.user is None or view.owner_id != by.user.pk:
        raise NotYours


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title or _NOT_READABLE.search(title):
        raise BadView("title")
    if len(title) > MAX_TITLE:
        raise BadView("long")
    return title


def _refuse_long(query: str) -> None:
    if len(query) > MAX_QUERY:
        raise BadView("long")


def _refuse_many(view: View) -> None:
    mine: dict[str, Any] = {"space": view.space} if view.space is not None else {"space": None, "owner": view.owner}
    if View.objects.filter(**mine, deleted_at=None).count() >= MAX_VIEWS:
        raise BadView("many")
