"""Lists of contacts: their orders and filters (see `farley.lists`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from farley.accounts.models import User
from farley.contacts import filters as filtering
from farley.contacts.models import Contact, IndexRow, Tag, TagEntry, TagName, photo_mark
from farley.database import rows
from farley.fields.models import Field as OwnField
from farley.fields.sorts import sort_of
from farley.journal.models import Noun
from farley.lists.columns import Column
from farley.lists.filtering import Fields, Test, Tests, compiled
from farley.lists.language import Filter, written
from farley.lists.orders import Order, Sort
from farley.lists.paging import PAGE, Places, Selected
from farley.spaces.models import Space


def _sorts() -> Iterable[Sort]:
    names = ("sort_key",)
    yield Sort("name", _("Name"), _("Name, from Z to A"), names, "contacts_by_name")
    for name, column, label, backwards in (
        ("organisation", "organisation_key", _("Organisation"), _("Organisation, from Z to A")),
        ("city", "city_key", _("City"), _("City, from Z to A")),
    ):
        yield Sort(name, label, backwards, (column, *names), f"contacts_by_{name}", has_empty=True)
    own = ("owner", *names)
    yield Sort("owner", _("Owner"), _("Owner, from Z to A"), own, "contacts_by_owner", groups=filtering.owners)
    changed, created = _("Last change, the oldest first"), _("Creation, the oldest first")
    yield Sort("changed", _("Last change"), changed, ("changed_at",), "contacts_by_change", descends=True)
    yield Sort("created", _("Creation"), created, ("created_at",), "contacts_by_creation", descends=True)
    contacted, at = _("Last contact, the oldest first"), ("last_contact_at",)
    yield Sort("contacted", _("Last contact"), contacted, at, "contacts_by_last_contact", descends=True, has_null=True)
    latest, on = _("Follow-up, the latest first"), ("follow_up_on",)
    yield Sort("follow-up", _("Follow-up"), latest, on, "contacts_by_follow_up", has_null=True)


SORTS: Mapping[str, Sort] = {sort.name: sort for sort in _sorts()}
BY_NAME = Order(SORTS["name"])


def order_of(text: str, spaces: Sequence[Space]) -> Order | None:
    """The order that an address names, an own field of `spaces` too; None for a word that is none."""
    name = text.removeprefix("-")
    sort = _own_sort(name, spaces) if name.startswith("own.") else SORTS.get(name)
    return None if sort is None else Order(sort, is_reversed=text.startswith("-"))


def _own_sort(name: str, spaces: Sequence[Space]) -> Sort | None:
    fields = OwnField.objects.of(Noun.CONTACT, [space.pk for space in spaces])
    field = next((field for field in fields if field.name == name), None)
    return None if field is None else sort_of(field, BY_NAME.sort.columns, BY_NAME.sort.index)


class Line(NamedTuple):
    """What a list shows of a contact; `organisation` is the id of its organisation, where that is there to see."""

    pk: int
    space: int
    kind: int
    full_name: str
    email: str
    phone: str
    organisation_name: str
    organisation: int | None
    owner: str
    photo: str  # tells one picture from another; empty where there is none
    changed_at: dt.datetime
    more: Mapping[str, Any] = MappingProxyType({})  # by the name of the column: what not every list shows


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts in order; `after` asks for the ones behind them, None at the end."""

    contacts: list[Contact]
    after: str | None
    tags: dict[int, list[str]] = field(default_factory=dict)  # by contact id


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; the default is everything."""

    kinds: tuple[int, ...] = ()
    tag: str = ""
    group: Contact | None = None
    text: str = ""
    more: Filter | None = None  # in the language of filters
    pks: tuple[int, ...] = ()  # these alone


_LIVE = Contact.objects.filter(deleted_at=None)


@dataclass(frozen=True)
class Listed:
    """The contacts of `spaces`, which the reader sees, that pass `filters`. `reader` is who `me` means in them.

    What a filter cannot be asked is found when it is first used: BadFilter.
    """

    spaces: Sequence[Space]
    filters: Filters = field(default_factory=Filters)
    reader: User | None = None

    @cached_property
    def fields(self) -> Fields:
        """What its filters may ask for."""
        return filtering.fields(self.spaces, self.reader)

    def places(self, *, order: Order = BY_NAME, after: str = "", size: int = PAGE) -> Places:
        """The ids of a page. Raises BadCursor, TooSlow, BadFilter."""
        return self.selected.places(order, after=after, size=size)

    def page(self, *, order: Order = BY_NAME, after: str = "", size: int = PAGE) -> Page:
        """The contacts behind the place `after`, with owner and tags. Raises BadCursor, TooSlow, BadFilter."""
        places = self.places(order=order, after=after, size=size)
        found = Contact.objects.select_related("owner", "space", "organisation").in_bulk(places.ids)
        return Page([found[pk] for pk in places.ids if pk in found], places.after, tags_of(found))

    def count(self) -> int:
        """How many there are; EXACT_TO + 1 stands for any number beyond. Raises TooSlow."""
        return self.selected.count()

    def by_id(self, *, behind: int, up_to: int, size: int) -> list[int]:
        """The next `size` ids in ascending order: greater than `behind`, not greater than `up_to`."""
        return self.selected.by_id(behind=behind, up_to=up_to, size=size)

    @cached_property
    def selected(self) -> Selected[Contact]:
        """Those that pass, to be paged through. Raises BadFilter."""
        tests = tuple(self._tests())
        return Selected(_LIVE, [space.pk for space in self.spaces], Tests(tests) if tests else None)

    def _tests(self) -> Iterable[Test | Tests]:
        asked = self.filters
        if asked.pks:
            yield Test(Q(pk__in=asked.pks), lambda _, most: asked.pks if len(asked.pks) <= most else None)
        if asked.tag:
            yield filtering.tagged(asked.tag)
        if asked.group is not None:
            yield filtering.member_of(asked.group)
        if asked.text.strip():
            yield filtering.saying(asked.text, self.spaces)
        if asked.more is not None:
            more = compiled(asked.more, self.fields, written)
            yield from more.parts if isinstance(more, Tests) and not more.is_any else (more,)
        if asked.kinds:
            yield filtering.of_kind(asked.kinds)


_LINES = (
    "SELECT mine.id, mine.space_id, mine.kind, mine.full_name, mine.email, mine.phone, mine.organisation_name,"
    " theirs.id, COALESCE(NULLIF(owner.full_name, ''), owner.name, ''), mine.has_photo, mine.sha256, mine.changed_at"
    "{more}"
    " FROM contacts_contact mine"
    " LEFT JOIN accounts_user owner ON owner.id = mine.owner_id"
    " LEFT JOIN contacts_contact theirs ON theirs.id = mine.organisation_id"
    " AND theirs.space_id = mine.space_id AND theirs.deleted_at IS NULL"  # as Contact.linked_organisation
    " WHERE mine.id IN ({marks})"
)


def lines(pks: Sequence[int], columns: Sequence[Column] = ()) -> list[Line]:
    """What a list with these columns shows of these contacts, in their order.

    Not as models: fifty of them took longer than the rest.
    """
    more = [column for column in columns if column.asks]
    sql = _LINES.format(more="".join(f", {column.asks}" for column in more), marks=rows.marks(pks))
    found = {row[0]: _line(row, more) for row in rows.query(sql, pks)}
    return [found[pk] for pk in pks if pk in found]


def _line(row: Sequence[Any], more: Sequence[Column]) -> Line:
    known = len(row) - len(more)
    *told, has_photo, sha256, changed_at = row[:known] if more else row
    photo, space = photo_mark(bytes(sha256)) if has_photo else "", row[1]
    asked = zip(more, row[known:], strict=True) if more else ()
    extra = {column.name: column.value(each, space) for column, each in asked}
    return Line._make([*told, photo, rows.instant(changed_at), extra])


_TAGS = (  # as AS_WRITTEN says
    "SELECT mine.contact_id, COALESCE(NULLIF(mine.value, ''), mine.norm), tag.hue FROM contacts_indexrow mine"
    " LEFT JOIN contacts_tag tag ON tag.space_id = mine.space_id"
    " AND tag.name = COALESCE(NULLIF(mine.value, ''), mine.norm)"
    " WHERE mine.contact_id IN ({marks}) AND mine.kind = {kind} ORDER BY mine.contact_id, mine.n"
)


def tags_of(pks: Iterable[int]) -> dict[int, list[str]]:
    """The tags of these contacts in the order of their cards."""
    asked = list(pks)
    tags: dict[int, list[str]] = {}
    for pk, name, hue in rows.query(_TAGS.format(marks=rows.marks(asked), kind=int(IndexRow.Kind.TAG)), asked):
        tags.setdefault(pk, []).append(TagName(name, hue or ""))
    return tags


def tag_names(spaces: Sequence[Space], limit: int = 200) -> list[str]:
    """Names of tags in use, for completion."""
    return list(hues_in_use(spaces, limit))


def hues_in_use(spaces: Sequence[Space], limit: int = 200) -> dict[str, str]:
    """The first tags in use, by name, each with the colour that was chosen for it."""
    asked = [space.pk for space in spaces]
    sql = (  # no join: one entry is enough to know
        f"SELECT name, hue FROM contacts_tag WHERE space_id IN ({rows.marks(asked)})"  # noqa: S608
        " AND (hue <> '' OR EXISTS (SELECT 1 FROM contacts_tagentry WHERE tag_id = contacts_tag.id))"
        " ORDER BY name LIMIT %s"
    )
    return dict(rows.query(sql, [*asked, limit]))


def as_spelt(spaces: Sequence[Space], tag: str) -> str:
    """`tag` as it is in use in `spaces`: two that differ in their capitals only would be two tags."""
    in_use = Exists(TagEntry.objects.filter(tag=OuterRef("pk"))) | ~Q(hue="")
    names = set(Tag.objects.filter(in_use, space__in=spaces).values_list("name", flat=True))
    alike = sorted(name for name in names if name.casefold() == tag.casefold())
    return tag if tag in names else next(iter(alike), tag)


def groups_of(spaces: Sequence[Space]) -> list[tuple[int, int, str]]:
    """Id, space and name of every group in `spaces`, by name."""
    if not spaces:
        return []
    arm = (
        'SELECT id, space_id, full_name, sort_key FROM "contacts_contact"'  # noqa: S608
        f" WHERE kind = {int(Contact.Kind.GROUP)} AND deleted_at IS NULL AND space_id = %s"
    )
    arm = rows.hinted(arm, Contact, "groups_by_name")  # else SQLite walks all names of the space
    found = rows.query(" UNION ALL ".join([arm] * len(spaces)), [space.pk for space in spaces])
    return [(pk, space, name) for pk, space, name, _ in sorted(found, key=lambda row: (row[3], row[0]))]
