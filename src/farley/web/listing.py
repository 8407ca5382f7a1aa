"""What the address of the list of contacts asks for: filters, order, preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from farley.contacts.deriving import MAX_VALUE
from farley.contacts.listing import PAGE, Filters, Listed, Sort, as_spelt
from farley.contacts.models import Contact
from farley.spaces.models import Space
from farley.web.requests import PageRequest

KINDS: dict[str, tuple[int, ...]] = {
    "": (),
    "person": (Contact.Kind.INDIVIDUAL,),
    "org": (Contact.Kind.ORG,),
    "group": (Contact.Kind.GROUP,),
    "other": (Contact.Kind.LOCATION, Contact.Kind.OTHER),
}
MAX_TEXT = 200
MAX_ROWS = 2000  # that a list one comes back to has at once


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set; `url` is the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. `sort` is the order its heading asks for."""

    css: str
    label: str
    sort: str = ""
    direction: str = ""

    @property
    def is_sorted(self) -> bool:
        return bool(self.direction)


@dataclass(frozen=True, slots=True)
class Asked:
    """The list a request asks for, checked against what its actor may see."""

    spaces: Sequence[Space]  # all visible ones
    space: Space | None
    group: Contact | None
    kind: str
    tag: str
    text: str
    sort: Sort
    after: str
    size: int
    query: QueryDict

    @property
    def space_name(self) -> str:
        return self.space.name if self.space else ""

    @property
    def shown_spaces(self) -> list[Space]:
        return [self.space] if self.space else list(self.spaces)

    @property
    def is_filtered(self) -> bool:
        return bool(self.space or self.group or self.kind or self.tag or self.text)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a search keeps of the address."""
        return [
            (name, str(self.query[name])) for name in ("space", "group", "tag", "kind", "sort") if self.query.get(name)
        ]

    @property
    def kept_by_form(self) -> list[tuple[str, str]]:
        """What the form of filters keeps of the address."""
        return [(name, str(self.query[name])) for name in ("q", "kind", "sort") if self.query.get(name)]

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
        if self.space:
            chips.append(Chip(gettext("Space"), self.space.title, self._without("space")))
        if self.group:
            chips.append(Chip(gettext("Group"), self.group.full_name, self._without("group")))
        if self.tag:
            chips.append(Chip(gettext("Tag"), self.tag, self._without("tag")))
        return chips

    @property
    def listed(self) -> Listed:
        """The contacts that are asked for."""
        return Listed(self.shown_spaces, Filters(KINDS[self.kind], self.tag, self.group, self.text))

    def _without(self, name: str) -> str:
        left = {key: value for key, value in self.query.items() if key not in (name, "after", "peek", "size")}
        return f"{reverse('contacts')}?{urlencode(left)}"


def asked(request: PageRequest) -> Asked:
    """Read the address. Raises Http404 for a space or group that is not there to see."""
    query = request.GET
    spaces = list(Space.objects.visible_to(request.actor).order_by("kind", "title"))
    tag = query.get("tag", "").strip()[:MAX_VALUE]
    kind, sort = query.get("kind", ""), query.get("sort", "")
    return Asked(
        spaces=[space for space in spaces if space.archived_at is None],
        space=_space(query.get("space", ""), spaces),  # one that is archived too, but only by its name
        group=_group(query.get("group", ""), request),
        kind=kind if kind in KINDS else "",
        tag=as_spelt(spaces, tag) if tag else "",
        text=query.get("q", "").strip()[:MAX_TEXT],
        sort=Sort(sort) if sort in {each.value for each in Sort} else Sort.NAME,
        after=query.get("after", "")[:2000],
        size=_size(query.get("size", "")),
        query=query,
    )


def columns(sort: Sort) -> list[Column]:
    """The table's columns; the heading of the one that orders the list asks for the other way round."""

    def ordered(css: str, label: str, mine: Sort) -> Column:
        if mine is not sort.forwards:
            return Column(css, label, mine.value)
        return Column(css, label, sort.reverse.value, "descending" if sort.descends else "ascending")

    return [
        ordered("c-name", gettext("Name"), Sort.NAME),
        ordered("c-org", gettext("Organisation"), Sort.ORGANISATION),
        Column("c-mail", gettext("E-mail")),
        Column("c-phone", gettext("Phone")),
        Column("c-tags", gettext("Tags")),
        Column("c-own", gettext("Owner")),
        ordered("c-last", gettext("Changed"), Sort.CHANGED),
    ]


def sorts(current: Sort) -> list[Choice]:
    labels = {
        Sort.NAME: gettext("Name"),
        Sort.NAME_BACKWARDS: gettext("Name, from Z to A"),
        Sort.ORGANISATION: gettext("Organisation"),
        Sort.ORGANISATION_BACKWARDS: gettext("Organisation, from Z to A"),
        Sort.CHANGED: gettext("Last change"),
        Sort.OLDEST: gettext("Last change, the oldest first"),
    }
    return [Choice(sort.value, label, sort is current) for sort, label in labels.items()]


def kind_tabs() -> list[Choice]:
    return [
        Choice("", gettext("All")),
        Choice("person", gettext("People")),
        Choice("org", gettext("Organisations")),
        Choice("group", gettext("Groups")),
    ]


def _size(text: str) -> int:
    return max(PAGE, min(int(text), MAX_ROWS)) if text.isascii() and text.isdigit() and len(text) < 6 else PAGE


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
