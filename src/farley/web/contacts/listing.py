"""What the address of the list of contacts asks for: filters, order, preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from farley.accounts.models import User
from farley.contacts.columns import asked_for
from farley.contacts.deriving import MAX_VALUE
from farley.contacts.filters import KINDS
from farley.contacts.groupings import NAMES, Grouping, grouping_of
from farley.contacts.listing import BY_NAME, SORTS, Filters, Listed, as_spelt, order_of
from farley.contacts.models import Contact
from farley.contacts.setting import IN_CARDS
from farley.lists import columns, language
from farley.lists.columns import Column
from farley.lists.filtering import Kind
from farley.lists.language import BadFilter, Condition, Filter
from farley.lists.models import MAX_QUERY
from farley.lists.orders import Order
from farley.lists.paging import PAGE
from farley.spaces.models import Space
from farley.web.contacts.filters import alternatives_of, described, problem_of
from farley.web.contacts.rows import css_of
from farley.web.shell.requests import PageRequest, standings

LIST = "contacts"  # as what people chose for it is kept
NARROWING = ("space", "group", "tag", "kind", "filter", "by")  # parts of the address, besides the search
_OF_A_PAGE = ("after", "peek", "size", "fold")
_OF_A_FORM = ("field", "operator", "value", "join", "at", "words", "remove")  # of filters
BESIDE_CARDS = ("tag", "owner", "follow-up")
MAX_TEXT = 200
NARROW = 12  # characters that every column has room for
FIRST = 30  # rows that a list begins with, as many as a window shows; more come in full pages
MAX_ROWS = 2000  # that a list one comes back to has at once


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set; `url` is the list without it."""

    label: str
    value: str
    url: str
    is_gone: bool = False  # it asks for a field that is not there
    edit_url: str = ""  # where it is changed; empty: in the menu of filters
    alternatives: Sequence[Chip] = ()  # one of which is enough
    or_url: str = ""  # where one more is added


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_current: bool = False
    ends_groups: bool = False  # of an order that the groups of the list do not lie in


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column. `sort` is the order it asks for."""

    css: str
    label: str
    column: str
    sort: str = ""
    direction: str = ""
    width: int = 0  # CSS pixels; 0: as wide as it comes
    is_editable: bool = False
    ends_groups: bool = False  # whoever sorts by it does without the groups

    @property
    def is_sorted(self) -> bool:
        return bool(self.direction)

    @property
    def is_long(self) -> bool:
        """Whether its column may be too narrow for it."""
        return len(self.label) > NARROW


@dataclass(frozen=True)
class Asked:
    """The list a request asks for, checked against what its actor may see."""

    reader: User
    spaces: Sequence[Space]  # all visible ones that are in use
    known_spaces: Sequence[Space]  # and those that are archived
    space: Space | None
    group: Contact | None
    kind: str
    tag: str
    text: str
    filter: str
    order: Order
    grouping: Grouping | None
    fold: str
    after: str
    size: int
    query: QueryDict
    named_columns: str  # in the address, else as the reader chose them last; empty: those that a list comes with
    lacks: str = ""  # `space` or `group`: a view that somebody shared names one that its reader does not see

    @property
    def space_name(self) -> str:
        return self.space.name if self.space else ""

    @property
    def shown_spaces(self) -> list[Space]:
        if self.lacks:
            return []
        return [self.space] if self.space else list(self.spaces)

    @property
    def is_filtered(self) -> bool:
        return bool(self.space) or self.is_narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether less than all of a space is asked for."""
        return bool(self.lacks or self.group or self.kind or self.tag or self.text or self.filter)

    @property
    def is_ordered_by_groups(self) -> bool:
        """Whether the groups say the order."""
        return self.grouping is not None and self.grouping.sort is not None

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a search keeps of the address."""
        return [
            (name, str(self.query[name])) for name in (*NARROWING, "sort", "columns", "view") if self.query.get(name)
        ]

    @property
    def kept_by_form(self) -> list[tuple[str, str]]:
        """What the form of filters keeps of the address."""
        names = ("q", "kind", "sort", "filter", "columns", "view", "by")
        return [(name, str(self.query[name])) for name in names if self.query.get(name)]

    @property
    def heading(self) -> str:
        if self.group:
            return self.group.full_name
        return gettext("Organisations") if self.kind == "org" else gettext("Contacts")

    @property
    def chips(self) -> list[Chip]:
        chips = []
        if self.text:
            chips.append(Chip(gettext("Search"), self.text, self._without("q")))
        if self.lacks:
            label = gettext("Space") if self.lacks == "space" else gettext("Group")
            chips.append(Chip(label, str(self.query[self.lacks])[:60], self._without(self.lacks), is_gone=True))
        if self.space:
            chips.append(Chip(gettext("Space"), self.space.title, self._without("space")))
        if self.group:
            chips.append(Chip(gettext("Group"), self.group.full_name, self._without("group")))
        if self.tag:
            chips.append(Chip(gettext("Tag"), self.tag, self._without("tag")))
        return chips + self._chips_of_filter()

    def _chips_of_filter(self) -> list[Chip]:
        parsed, problem = self._parsed
        if problem is not None:
            return [Chip(gettext("Filter"), self.filter[:60], self._without("filter"), True, self._form("words"))]
        parts = language.parts_of(parsed)
        chips = []
        for number, part in enumerate(parts):
            left = language.written(language.all_of([*parts[:number], *parts[number + 1 :]]))
            alternatives = alternatives_of(part)
            shown = [self._chip_of(each, f"{number}.{n}") for n, each in enumerate(alternatives)]
            more = self._form(f"{number}.{len(alternatives)}")
            url = self.with_filter(left)
            if len(shown) == 1:
                chips.append(replace(shown[0], url=url, or_url=more))
            else:
                is_gone = any(each.is_gone for each in shown)
                chips.append(Chip("", described(part, self.listed.fields)[1], url, is_gone, "", shown, more))
        return chips

    def _chip_of(self, part: Filter, at: str) -> Chip:
        is_gone = any(condition.field not in self.listed.fields for condition in language.conditions(part))
        edit_url = self._form(at if isinstance(part, Condition) else "words")  # for what is in parentheses
        return Chip(*described(part, self.listed.fields), "", is_gone, edit_url)

    def _form(self, at: str) -> str:
        """The page where a condition of the filter is changed, or all of it."""
        left = {key: value for key, value in self.query.items() if key not in (*_OF_A_PAGE, *_OF_A_FORM)}
        return f"{reverse('contact-filter')}?{urlencode(left | ({'at': at} if at else {}), safe='(),:')}"

    @cached_property
    def _parsed(self) -> tuple[Filter | None, BadFilter | None]:
        try:
            return language.parse(self.filter), None
        except BadFilter as error:
            return None, error

    @property
    def problem(self) -> str:
        """What is wrong with what is asked for; the list is empty then."""
        if self.lacks:
            return gettext("This view is of a space or group that you do not see, or that is not there any more.")
        error = self._parsed[1]
        return problem_of(error) if error is not None else ""

    @cached_property
    def listed(self) -> Listed:
        """The contacts that are asked for. Of a filter that cannot be read, none."""
        parsed, problem = self._parsed
        filters = Filters(KINDS.get(self.kind, ()), self.tag, self.group, self.text, parsed)
        return Listed(self.shown_spaces if problem is None else [], filters, self.reader)

    @cached_property
    def widths(self) -> dict[str, int]:
        return columns.widths(LIST, self.reader)

    @cached_property
    def columns(self) -> Sequence[Column]:
        return asked_for(self.named_columns, self.known_spaces)

    def with_filter(self, written: str) -> str:
        """The address of the list with another filter in its language."""
        return self._address({"filter": written} if written else {}, without=("filter",))

    def _without(self, name: str) -> str:
        return self._address({}, without=(name,))

    def _address(self, more: dict[str, str], *, without: Sequence[str]) -> str:
        left = {key: value for key, value in self.query.items() if key not in (*without, *_OF_A_PAGE, *_OF_A_FORM)}
        return f"{reverse('contacts')}?{urlencode(left | more, safe='(),:')}"


def asked(request: PageRequest) -> Asked:
    """Read the address. Raises Http404 for a space or group that is not there to see, unless a view names it."""
    query = request.GET
    spaces = standings(request).spaces
    tag = query.get("tag", "").strip()[:MAX_VALUE]
    kind = query.get("kind", "")
    space, group, lacks = None, None, ""
    try:
        space = _space(query.get("space", ""), spaces)  # one that is archived too, but only by its name
        group = _group(query.get("group", ""), request)
    except Http404:
        if not query.get("view"):
            raise
        lacks = "space" if query.get("space") and space is None else "group"
    named = query.get("columns", "")[:MAX_QUERY] or columns.remembered(LIST, request.user)
    grouping = grouping_of(query.get("by", ""), spaces) if query.get("by") else None
    order = order_of(query.get("sort", ""), spaces) or BY_NAME
    if grouping is not None and grouping.sort is not None:  # the groups lie in the order of what they are named by
        order = Order(grouping.sort, order.is_reversed and order.sort.name == grouping.sort.name)
    return Asked(
        reader=request.user,
        spaces=standings(request).in_use,
        known_spaces=spaces,
        space=space,
        group=group,
        kind=kind if kind in KINDS else "",
        tag=as_spelt(spaces, tag) if tag else "",
        text=query.get("q", "").strip()[:MAX_TEXT],
        filter=query.get("filter", "").strip()[: language.MAX_LENGTH + 1],  # one more is one too many
        order=order,
        grouping=grouping,
        fold=query.get("fold", "")[:MAX_QUERY],
        after=query.get("after", "")[:4000],
        size=_size(query),
        query=query,
        named_columns=named,
        lacks=lacks,
    )


def headings(asked: Asked) -> list[Heading]:
    """The name and the columns; that of the one that orders the list asks for the other way round."""
    order = asked.order

    def heading(css: str, label: str, column: str, name: str) -> Heading:
        more: dict[str, Any] = {"width": asked.widths.get(column, 0), "is_editable": is_editable(column)}
        if name != order.sort.name:
            return Heading(css, label, column, name, **more, ends_groups=asked.is_ordered_by_groups)
        direction = "descending" if order.descends else "ascending"
        return Heading(css, label, column, order.reverse.value, direction, **more)

    shown = [heading(css_of(column), str(column.label), column.name, column.sort) for column in asked.columns]
    return [heading("c-name", gettext("Name"), "name", "name"), *shown]


def is_editable(column: str) -> bool:
    """Whether a list lets the cells of a column be edited."""
    return column in IN_CARDS or column in BESIDE_CARDS or column.startswith("own.")


def orders(asked: Asked) -> list[Choice]:
    """Of those by own fields, which are many, the current one and what is shown: a phone has no headings."""
    current = asked.order
    sorts = list(SORTS.values())
    if current.sort.name not in SORTS:
        sorts.append(current.sort)
    both = [Order(sort, is_reversed=back) for sort in sorts for back in (False, True)]
    named = {"", *(sort.name for sort in sorts)}
    shown = [Choice(column.sort, str(column.label)) for column in asked.columns if column.sort not in named]
    is_fixed = asked.is_ordered_by_groups
    known = [Choice(o.value, str(o.label), o == current, is_fixed and o.sort != current.sort) for o in both]
    return known + [replace(each, ends_groups=is_fixed) for each in shown]


def groupings(asked: Asked) -> list[Choice]:
    """By what the list can be grouped; own fields where they are shown."""
    current = asked.grouping.name if asked.grouping is not None else ""
    names = {"": gettext("No groups"), **{name: str(label) for name, label in NAMES.items()}}
    if asked.grouping is not None:
        names.setdefault(current, str(asked.grouping.label))
    for column in asked.columns:
        if column.name.startswith("own.") and column.kind in (Kind.CHOICE, Kind.YES_NO):
            names.setdefault(column.name, str(column.label))
    return [Choice(name, label, name == current) for name, label in names.items()]


def kind_tabs() -> list[Choice]:
    return [
        Choice("", gettext("All")),
        Choice("person", gettext("People")),
        Choice("org", gettext("Organisations")),
        Choice("group", gettext("Groups")),
    ]


def _size(query: QueryDict) -> int:
    text, usual = query.get("size", ""), PAGE if query.get("after") else FIRST
    return max(usual, min(int(text), MAX_ROWS)) if text.isascii() and text.isdigit() and len(text) < 6 else usual


def _space(name: str, spaces: Sequence[Space]) -> Space | None:
    if not name:
        return None
    for space in spaces:
        if space.name == name:
            return space
    raise Http404(f"no space {name[:60]!r}")


def _group(number: str, request: PageRequest) -> Contact | None:
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404("no such group")
    groups = Contact.objects.visible_to(request.actor).filter(kind=Contact.Kind.GROUP)
    group: Contact | None = groups.filter(pk=int(number)).first()
    if group is None:
        raise Http404("no such group")
    return group
