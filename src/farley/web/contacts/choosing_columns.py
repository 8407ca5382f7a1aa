"""Which columns the list of contacts shows, and in which order: a menu of the list, and a page without script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from farley.contacts.columns import columns_of
from farley.lists import columns
from farley.lists.columns import Column
from farley.lists.models import MAX_QUERY
from farley.web.contacts import listing as asking
from farley.web.contacts import views
from farley.web.shell.requests import PageRequest, standings


@dataclass(frozen=True, slots=True)
class Offered:
    """Columns under one heading."""

    heading: str
    columns: Sequence[Column]


@require_http_methods(["GET", "POST"])
def list_columns(request: PageRequest) -> HttpResponse:
    """The form; of a POST that only moves a column in it, the form with that in its new place.

    What is chosen is kept for its reader, so that the list has it from now on. While a view is open it is of the
    address alone, and the view has it when it is saved.
    """
    if request.method == "GET":
        return _form(request, [column.name for column in asking.asked(request).columns], _query_of(request.GET))
    if request.POST.get("act") == "width":
        return _widened(request)
    query = _query_of(QueryDict(request.POST.get("query", "")[: 2 * MAX_QUERY]))
    names = request.POST.getlist("column")[: columns.MAX_COLUMNS]
    for way, by in (("up", -1), ("down", 1)):
        if (name := request.POST.get(way, "")) and name in names:
            return _form(request, columns.moved(names, name, by), query, moved=f"{way}-{name}")
    is_default = request.POST.get("act") == "default"
    chosen = (
        "" if is_default else columns.written(columns.chosen(",".join(names), columns_of(standings(request).spaces)))
    )
    if not _is_of_view(query):
        columns.remember(asking.LIST, chosen, by=request.actor)
    asked = {**query, "columns": chosen} if chosen else query
    return redirect(f"{reverse('contacts')}?{urlencode(asked, safe=',')}" if asked else reverse("contacts"))


def _widened(request: PageRequest) -> HttpResponse:
    """Keep how wide a column is; of a name that is none, nothing."""
    name, width = request.POST.get("column", ""), request.POST.get("width", "")
    is_number = width.isascii() and width.isdigit() and len(width) < 6
    if name == columns.NONE or name in columns_of(standings(request).spaces):
        columns.remember_width(asking.LIST, name, int(width) if is_number else None, by=request.actor)
    return HttpResponse(status=204)


def _query_of(query: QueryDict) -> dict[str, str]:
    """What of the list's address stays."""
    return {name: value for name, value in views.parts_of(query) if name != "columns"}


def _is_of_view(query: dict[str, str]) -> bool:
    return query.get("view", "").isdecimal()  # `all` is none


def _form(request: PageRequest, names: Sequence[str], query: dict[str, str], moved: str = "") -> HttpResponse:
    known = columns_of(standings(request).spaces)
    shown = columns.chosen(",".join(names), known)
    left: dict[str, list[Column]] = {}
    for column in known.values():
        if column not in shown:
            left.setdefault(str(column.heading), []).append(column)
    context: dict[str, Any] = {
        "place": "contacts",
        "shown": shown,
        "left": [Offered(heading, offered) for heading, offered in left.items()],
        "moved": moved,  # the button that was pressed, which keeps the focus
        "list_query": urlencode(query),
        "is_of_view": _is_of_view(query),
    }
    whole = "contacts/columns.html"
    return render(request, f"{whole}#form" if request.htmx else whole, context)
