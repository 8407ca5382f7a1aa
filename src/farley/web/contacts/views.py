"""Saved views of the list of contacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from farley.journal.models import Batch, Door
from farley.lists import saving, tabs
from farley.lists.models import MAX_QUERY, View
from farley.lists.saving import BadView, NotYours
from farley.spaces.models import Space
from farley.spaces.operations import find
from farley.web.contacts import listing as asking
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn

_OF_A_PAGE = ("after", "peek", "size", "edit", "fold")  # parts of an address


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view above the list."""

    pk: int
    title: str
    url: str
    is_current: bool
    is_changed: bool  # the address asks for something else by now
    is_default: bool
    is_shared: bool
    space: str  # whom it is shared with
    can_change: bool
    is_mine: bool
    is_left: bool  # by its owner; told of the current one alone
    is_pinned: bool  # in the navigation
    is_first: bool = False
    is_last: bool = False


def seen(request: PageRequest) -> list[View]:
    """The views that somebody sees, as they put them: asked for once a request."""
    held: dict[str, list[View]] = vars(request)
    if "views" not in held:
        found = saving.views_of(asking.LIST, by=request.actor)
        held["views"] = tabs.in_order(asking.LIST, found, request.user)
    return held["views"]


def tabs_of(request: PageRequest, editable: Collection[int]) -> list[Tab]:
    """Views as tabs above the list."""
    asked = request.GET.get("view", "")
    now = query_of(request.GET)
    pinned = tabs.pinned(asking.LIST, request.user)
    names: dict[int | None, str] = {space.pk: space.name for space in standings(request).spaces}
    shown = seen(request)
    return [
        Tab(
            pk=view.pk,
            title=view.title,
            url=address_of(view),
            is_current=asked == str(view.pk),
            is_changed=asked == str(view.pk) and now != view.query,
            is_default=view.is_default,
            is_shared=view.space_id is not None,
            space=names.get(view.space_id, ""),
            can_change=saving.may_change(view, request.actor, editable),
            is_mine=view.owner_id == request.user.pk,
            is_pinned=view.pk in pinned,
            is_first=at == 0,
            is_last=at == len(shown) - 1,
            is_left=asked == str(view.pk) and view.owner_id != request.user.pk and saving.is_left(view),
        )
        for at, view in enumerate(shown)
    ]


def address_of(view: View) -> str:
    return f"{reverse('contacts')}?view={view.pk}" + (f"&{view.query}" if view.query else "")


def query_of(query: QueryDict, columns: str = "") -> str:
    """What of an address a view keeps; `columns` are those that the list shows where the address names none."""
    parts = dict(parts_of(query))
    parts.pop("view", "")
    if columns:
        parts.setdefault("columns", columns)
    return urlencode(sorted(parts.items()))


def parts_of(query: QueryDict) -> list[tuple[str, str]]:
    """What of an address says which list it is, rather than which part of it is shown."""
    return [(name, str(query[name])) for name in query if name not in _OF_A_PAGE and query[name]]


@require_POST
def save_view(request: PageRequest) -> HttpResponse:
    """Keep what the list shows under a name, for oneself or for a space."""
    query = query_of(QueryDict(request.POST.get("query", "")[: 2 * MAX_QUERY]))
    title, space = request.POST.get("title", ""), _space_of(request)
    try:
        how: dict[str, Any] = {"by": request.actor, "door": Door.WEB}
        view, batch = saving.save_view(asking.LIST, title=title, query=query, space=space, **how)
    except BadView as problem:
        warn(request, _refused(problem))
        return redirect(f"{reverse('contacts')}?{query}")
    toast(request, gettext("View “{title}” saved").format(title=view.title), undoes=batch)
    return redirect(address_of(view))


@require_POST
def change_view(request: PageRequest, pk: int) -> HttpResponse:
    """One act a form: save what the list shows now, its name and who has it, begin with it, take it over, delete it."""
    view = get_object_or_404(View.objects.known_to(request.actor).select_related("space", "owner"), pk=pk)
    act, title = request.POST.get("act", ""), view.title
    if act in _PLACES:
        return _placed(request, view, act)
    try:
        said, batch = _do(request, view, act)
    except NotYours as error:
        raise PermissionDenied from error
    except BadView as problem:
        warn(request, _refused(problem))
        return redirect(address_of(view))
    view.refresh_from_db()
    if batch.pk:
        toast(request, said.format(title=title, space=view.space.title if view.space else ""), undoes=batch)
    if act == "remove":
        return redirect(f"{reverse('contacts')}?view=all")
    return redirect(address_of(view))


_PLACES = {"earlier": -1, "later": 1, "pin": 0, "unpin": 0}


def _placed(request: PageRequest, view: View, act: str) -> HttpResponse:
    """Where somebody has it is theirs alone: nobody else is told."""
    if step := _PLACES[act]:
        tabs.move(asking.LIST, view, step, seen(request), by=request.actor)
    else:
        tabs.pin(asking.LIST, view, is_on=act == "pin", by=request.actor)
    return redirect(address_of(view))


def _do(request: PageRequest, view: View, act: str) -> tuple[str, Batch]:
    """What to say of it, and the act. Raises what the domain raises."""
    how: dict[str, Any] = {"by": request.actor, "door": Door.WEB}
    match act:
        case "remove":
            return gettext("View “{title}” deleted"), saving.remove_view(view, **how)
        case "first":
            return gettext("The list begins with “{title}” now"), saving.begin_with(view, is_on=True, **how)
        case "not-first":
            return gettext("The list does not begin with “{title}” any more"), saving.begin_with(
                view, is_on=False, **how
            )
        case "take-over":
            return gettext("“{title}” is your view now"), saving.take_over(view, **how)
        case "rename":
            return gettext("View “{title}” renamed"), saving.change_view(
                view, title=request.POST.get("title", ""), **how
            )
        case "share":
            space = _space_of(request)
            said = gettext("“{title}” is shared with {space} now") if space else gettext("“{title}” is yours alone now")
            return said, saving.share_view(view, space, **how)
    query = query_of(QueryDict(request.POST.get("query", "")[: 2 * MAX_QUERY]))
    return gettext("View “{title}” saved"), saving.change_view(view, query=query, **how)


def _space_of(request: PageRequest) -> Space | None:
    name = request.POST.get("space", "")
    return find(name, by=request.actor) if name else None


def _refused(problem: BadView) -> str:
    return {
        "title": gettext("Type a name of readable characters."),
        "long": gettext("This view is too long: take some filters away."),
        "many": gettext("There are 100 views already. Delete one first."),
        "owner": gettext("Whoever made this view still has it."),
    }[problem.reason]


def first_page(request: PageRequest) -> str:
    """Where a bare address of the list leads for whoever begins with a view; else empty."""
    if request.GET or request.htmx:
        return ""
    view = next((each for each in seen(request) if each.is_default), None)
    return address_of(view) if view is not None else ""
