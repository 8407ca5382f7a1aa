"""The list of contacts, its preview, new contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from farley.codecs.vcard import Card
from farley.contacts import listing, storing
from farley.contacts.columns import COLUMNS, DEFAULT
from farley.contacts.storing import Condition
from farley.contacts.tasks import rederive
from farley.jobs.worker import is_waiting
from farley.journal.access import Way, note_access
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.lists import paging
from farley.lists.grouping import Groups
from farley.lists.language import BadFilter
from farley.lists.paging import BadCursor, TooSlow
from farley.spaces.models import Space
from farley.web.contacts import bulk_fields, list_groups, quick_preview, views
from farley.web.contacts import listing as asking
from farley.web.contacts.filters import problem_of, slowness_of
from farley.web.contacts.peek import Preview, preview_of
from farley.web.contacts.quick_line import card_of
from farley.web.contacts.record import visible_contact
from farley.web.contacts.rows import drawn
from farley.web.shell.navigation import back
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import home_of
from farley.web.templatetags.farley import changed_query


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters and forms of the list offer."""

    spaces: list[Space]
    editable: list[Space]
    home: str
    tags: list[str]


@require_GET
def contacts(request: PageRequest) -> HttpResponse:
    """The list: a page of it, the next rows of it, or one preview beside it."""
    if request.htmx.target == "peek":
        return render(request, "contacts/peek.html", {"peeked": _peeked(request)})
    if leads_to := views.first_page(request):
        return redirect(leads_to)
    asked = asking.asked(request)
    shown, problem = _shown(request, asked)
    if problem and request.htmx and asked.after:
        raise Http404("no such place in the list")
    if request.htmx and (asked.after or request.htmx.target == "rows"):
        part = {"drawn_rows": shown.rows, "next_cursor": shown.after, "counting": shown.counting}
        return render(request, "contacts/list.html#rows", part)
    choices = _choices(request, asked)
    changeable = standings(request).changeable
    saved = views.tabs_of(request, changeable)
    peeked = _peeked(request) if request.GET.get("peek") else None
    return render(
        request,
        "contacts/list.html",
        {
            "place": "organisations" if asked.kind == "org" else "contacts",
            "heading": asked.heading,
            "filters": asked,
            "tabs": asking.kind_tabs(),
            "views": saved,
            "current_view": next((tab for tab in saved if tab.is_current), None),
            "lacks_view": request.GET.get("view", "").isdigit() and not any(tab.is_current for tab in saved),
            "has_first": any(tab.is_default for tab in saved),
            "view_query": views.query_of(request.GET, asked.named_columns),
            "has_chosen": asked.columns is not DEFAULT or bool(asked.widths),
            "headings": asking.headings(asked),
            "problem": problem,
            "sort": _sort_context(asked),
            "choices": choices,
            "can_change": any(space.pk in changeable for space in asked.shown_spaces),
            "settable": {"": bulk_fields.settable_in_cards()},
            "can_change_all": all(space.pk in changeable for space in asked.shown_spaces),
            "changeable": changeable,
            "drawn_rows": shown.rows,
            "counting": shown.counting,
            "is_rederiving": not shown.rows and asked.is_filtered and is_waiting(rederive),
            "next_cursor": shown.after,
            "peeked": peeked,
        },
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the list, drawn; `after` asks for what is behind it."""

    rows: str = ""
    after: str | None = None
    counting: str = ""  # what asks how many are in groups that are not all here


def _shown(request: PageRequest, asked: asking.Asked) -> tuple[Shown, str]:
    """A part of the list, and what is wrong with what was asked for: then it is the first one, or an empty one."""
    problem = asked.problem
    try:
        try:
            return _page(request, asked, asked.after), problem
        except BadCursor:
            problem = gettext("This address names no place in the list. It begins at the top again.")
            return _page(request, asked, ""), problem
    except BadFilter as error:
        return Shown(), problem_of(error)
    except TooSlow as error:
        return Shown(), slowness_of(error, asked.listed.fields)


def _page(request: PageRequest, asked: asking.Asked, after: str) -> Shown:
    """The rows behind the place `after`. Raises BadCursor, TooSlow, BadFilter."""
    if (grouped := list_groups.grouped_of(asked)) is None:
        places = asked.listed.places(order=asked.order, after=after, size=asked.size)
        return Shown(_rows(request, asked, places.ids), places.after)
    found = list_groups.groups_of(asked, grouped, after=after)
    return _in_groups(request, asked, found)


def _in_groups(request: PageRequest, asked: asking.Asked, found: Groups) -> Shown:
    """A page of groups: each heading stands before the first row behind it; those at the end have none."""
    assert asked.grouping is not None
    width = len(asked.columns) + 2  # with the box and the name
    above = list_groups.headings(request, asked.grouping, found.groups, fold=asked.fold, columns=width)
    before: dict[int, str] = {}
    waiting = ""
    for at, group in enumerate(found.groups):
        waiting += above.get(at, "")
        if group.ids:
            before[group.ids[0]], waiting = waiting, ""
    rows = _rows(request, asked, [pk for group in found.groups for pk in group.ids], before)
    counting = list_groups.counting(request, found.groups)
    return Shown(rows + mark_safe(waiting), found.after, mark_safe(counting))  # noqa: S308 -- each text is escaped


def _rows(
    request: PageRequest, asked: asking.Asked, ids: Sequence[int], headings: Mapping[int, str] | None = None
) -> SafeString:
    """The rows of a page, drawn; empty where there are none."""
    number = request.GET.get("peek", "")
    return drawn(
        listing.lines(ids, asked.columns),
        asked.columns,
        listing.tags_of(ids) if COLUMNS["tag"] in asked.columns else {},
        query=changed_query(request, peek=None),
        editable=standings(request).changeable,
        peeked=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None,
        headings=headings,
    )


@require_GET
def contact_count(request: PageRequest) -> HttpResponse:
    """How many contacts the list holds: exact to 1,000, fetched after the page; nothing where that takes too long."""
    asked = asking.asked(request)
    try:
        found = asked.listed.count()
    except (BadFilter, TooSlow):
        return HttpResponse("")
    exact = found <= paging.EXACT_TO
    number = number_format(min(found, paging.EXACT_TO), use_l10n=True, force_grouping=True)
    return HttpResponse(number if exact else f"{number}+")


@require_http_methods(["GET", "POST"])
def quick_add(request: PageRequest) -> HttpResponse:
    """Make a contact of one line: name, organisation, e-mail address and phone in any order.

    From the list it leads back there, for the next one; the message leads to the new contact. GET: what the line is
    understood as, and who is there already.
    """
    if request.method == "GET":
        return quick_preview.preview(request) if request.htmx else redirect("contacts")
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
    line = request.POST.get("line", "").strip()[: quick_preview.MAX_LINE]
    if not line:
        warn(request, gettext("Type a name, an e-mail address or a phone number."))
        return back(request, "contacts")
    return back(request, reverse("contact", args=[make(request, space, card_of(line, storing.new_uid()))]))


def make(request: PageRequest, space: Space, card: Card) -> int:
    """Store a new card as its maker's, say so with undo, and return the contact's id."""
    assert request.actor.user is not None
    with one_batch(Batch.Act.CREATE, by=request.actor, door=Door.WEB, title=card.full_name) as batch:
        stored = storing.store(
            space,
            None,
            card.octets,
            expected=Condition.ABSENT,
            by=request.actor,
            door=Door.WEB,
            batch=batch,
            owner=request.actor.user.pk,
        )
    link = format_html('<a class="a" href="{}">{}</a>', reverse("contact", args=[stored.pk]), card.full_name)
    toast(request, format_html(gettext("“{name}” was added"), name=link), undoes=batch)
    return stored.pk


def _sort_context(asked: asking.Asked) -> dict[str, Any]:
    label = str(asked.order.label)
    caption = gettext("sorted by {order}").format(order=label)
    if asked.grouping is not None:
        caption = gettext("grouped by {field}").format(field=asked.grouping.label) + f", {caption}"
    return {
        "label": label,
        "choices": asking.orders(asked),
        "groupings": asking.groupings(asked),
        "grouped_by": str(asked.grouping.label) if asked.grouping is not None else "",
        "caption": caption,
    }


def _choices(request: PageRequest, asked: asking.Asked) -> Choices:
    editable = standings(request).editable
    home = asked.space_name if asked.space in editable else home_of(editable, standings(request).home)
    return Choices(list(asked.spaces), editable, home, listing.tag_names(asked.shown_spaces))


def _peeked(request: PageRequest) -> Preview:
    number = request.GET.get("peek", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404("no such contact")
    contact = visible_contact(request, int(number))
    note_access(contact.space_id, Way.OPENED, [contact.pk], by=request.actor, door=Door.WEB)
    return preview_of(request, contact)
