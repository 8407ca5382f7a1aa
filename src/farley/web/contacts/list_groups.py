"""The list in groups: a heading between its rows for each, which folds it away, and how many are in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.views.decorators.http import require_GET

from farley.contacts import groupings
from farley.contacts.groupings import Grouping
from farley.contacts.models import Contact
from farley.lists.grouping import Group, Grouped, Groups, Key
from farley.lists.language import BadFilter
from farley.lists.paging import EXACT_TO, BadCursor, TooSlow
from farley.web.contacts import listing as asking
from farley.web.shell.requests import PageRequest
from farley.web.templatetags.farley import changed_query, escaped, icon

MAX_FOLDED = 2000  # characters of an address


@dataclass(frozen=True, slots=True)
class Folding:
    """Which groups are folded, as an address says it: their marks; behind a star, those of the ones that are not."""

    marks: tuple[str, ...] = ()
    is_all: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        is_all = text.startswith("*")
        return cls(tuple(filter(None, text[:MAX_FOLDED].lstrip("*").split(","))), is_all)

    def is_folded(self, key: Key) -> bool:
        return (mark_of(key) in self.marks) is not self.is_all

    def turned(self, key: Key) -> str:
        """The address in which this one is the other way round."""
        mark = mark_of(key)
        left = [each for each in self.marks if each != mark]
        return ("*" if self.is_all else "") + ",".join(left if len(left) < len(self.marks) else [*left, mark])


def mark_of(key: Key) -> str:
    """Tells one group of a list from another in its address, where a name would be long."""
    return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def grouped_of(asked: asking.Asked) -> Grouped[Contact] | None:
    return asked.grouping.of(asked.listed, asked.order) if asked.grouping is not None else None


def groups_of(asked: asking.Asked, grouped: Grouped[Contact], *, after: str) -> Groups:
    """A page of the list in groups. Raises BadCursor, TooSlow, BadFilter."""
    folding = Folding.read(asked.fold)
    return grouped.page(after=after, size=asked.size, is_folded=folding.is_folded, folds_all=folding.is_all)


def headings(
    request: PageRequest, grouping: Grouping, groups: Sequence[Group], *, fold: str, columns: int
) -> Mapping[int, str]:
    """The headings, drawn, by the place of their group on the page; one that began earlier has none."""
    folding = Folding.read(fold)
    labels = groupings.labels(grouping, groups)
    return {
        at: _heading(request, group, labels.get(group.key, ""), folding, columns)
        for at, group in enumerate(groups)
        if not group.is_begun
    }


def _heading(request: PageRequest, group: Group, label: str, folding: Folding, columns: int) -> str:
    address = escaped(changed_query(request, fold=folding.turned(group.key), after=None, peek=None, size=None))
    count = _said(len(group.ids)) if group.is_whole else ""
    mark = mark_of(group.key)
    name = escaped(label)
    return (
        f'<tr class="group-head" role="row"><th scope="rowgroup" role="rowheader" colspan="{columns}">'
        f'<a href="{address}" id="fold-{mark}" aria-expanded="{"false" if group.is_folded else "true"}"'
        f' hx-get="{address}" hx-target="#rows" hx-swap="innerHTML" hx-push-url="true">'
        f'{icon("chevron-right" if group.is_folded else "chevron-down")}<span class="cut">{name}</span></a>'
        f' <span class="n" id="count-{mark}">{count}</span></th></tr>\n'
    )


@require_GET
def group_counts(request: PageRequest) -> HttpResponse:
    """How many are in the groups of a page that goes beyond it or is folded; nothing where that takes too long."""
    asked = asking.asked(request)
    grouped = grouped_of(asked)
    if grouped is None or not request.htmx:
        return HttpResponse("")
    counts = []
    try:
        for group in groups_of(asked, grouped, after=asked.after).groups:
            if not group.is_whole and not group.is_begun:
                said = _said(grouped.count(group))
                mark = mark_of(group.key)
                counts.append(f'<span class="n" id="count-{mark}" hx-swap-oob="true">{said}</span>')
    except (BadCursor, BadFilter, TooSlow):
        pass
    return HttpResponse("".join(counts))


def counting(request: PageRequest, groups: Sequence[Group]) -> str:
    """What fetches the counts that are not known yet, as a row behind those of the page."""
    if all(group.is_whole or group.is_begun for group in groups):
        return ""
    address = escaped(reverse("group-counts") + changed_query(request, peek=None))
    return f'<tr hidden class="counting"><td hx-get="{address}" hx-trigger="load" hx-swap="none"></td></tr>\n'


def _said(count: int) -> str:
    number = number_format(min(count, EXACT_TO), use_l10n=True, force_grouping=True)
    return number if count <= EXACT_TO else f"{number}+"
