"""By what lists of contacts are put in groups (see `farley.lists.grouping`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from farley.accounts.models import User
from farley.contacts.listing import SORTS, Listed
from farley.contacts.models import Contact
from farley.fields import values
from farley.fields.models import Field as OwnField
from farley.fields.sorts import sort_of
from farley.journal.models import Noun
from farley.lists.filtering import Text
from farley.lists.grouping import Group, Grouped, Key, Part
from farley.lists.orders import Order, Sort
from farley.spaces.models import Space

NAMES: Mapping[str, Text] = {
    "organisation": _("Organisation"),
    "city": _("City"),
    "owner": _("Owner"),
    "kind": _("Kind"),
    "letter": _("First letter"),
}
OF_CHOICE = (OwnField.Kind.CHOICE, OwnField.Kind.YES_NO)
_PEOPLE = int(Contact.Kind.INDIVIDUAL)


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a list is grouped by. Without a `sort` its own order stays within each group."""

    name: str  # in addresses
    label: Text
    sort: Sort | None = None
    field: OwnField | None = None

    def of(self, listed: Listed, order: Order) -> Grouped[Contact]:
        """The list in groups; its own order where that is by the same, or where the groups let it be."""
        if self.sort is None:
            return Grouped(list(_kinds(listed)), order)
        is_reversed = order.sort.name == self.sort.name and order.is_reversed
        return Grouped([Part(listed.selected)], Order(self.sort, is_reversed), by_letter=self.name == "letter")


def grouping_of(name: str, spaces: Sequence[Space]) -> Grouping | None:
    """What an address calls so; None for a word that is none."""
    if name.startswith("own."):
        fields = OwnField.objects.of(Noun.CONTACT, [space.pk for space in spaces])
        field = next((field for field in fields if field.name == name and field.kind in OF_CHOICE), None)
        by_name = SORTS["name"]
        return (
            None
            if field is None
            else Grouping(name, field.label, sort_of(field, by_name.columns, by_name.index), field)
        )
    if name not in NAMES:
        return None
    return Grouping(name, NAMES[name], SORTS.get({"letter": "name"}.get(name, name)))


def _kinds(listed: Listed) -> Iterator[Part[Contact]]:
    asked = listed.filters
    kinds = {int(kind) for kind in Contact.Kind}
    for kind in (_PEOPLE, int(Contact.Kind.ORG), int(Contact.Kind.GROUP)):
        mine = kinds - {int(Contact.Kind.ORG), int(Contact.Kind.GROUP)} if kind == _PEOPLE else {kind}
        wanted = tuple(sorted(mine & set(asked.kinds) if asked.kinds else mine))
        if wanted:
            yield Part(replace(listed, filters=replace(asked, kinds=wanted)).selected, kind, is_group=True)


def labels(grouping: Grouping, groups: Iterable[Group]) -> dict[Key, str]:
    """What the groups are called, by their keys: as the first of their contacts writes it."""
    groups = list(groups)
    keys = {group.key for group in groups}
    if grouping.name == "kind":
        names: dict[Key, str] = {
            _PEOPLE: gettext("People"),
            int(Contact.Kind.ORG): gettext("Organisations"),
            int(Contact.Kind.GROUP): gettext("Groups"),
        }
        return names
    if grouping.name == "letter":
        return {key: str(key or "").upper() or gettext("No name") for key in keys}
    if grouping.name == "owner":
        owners = User.objects.in_bulk([key for key in keys if key is not None])
        return {None: gettext("Nobody"), **{pk: user.display_name for pk, user in owners.items()}}
    if grouping.field is not None:
        return {
            None: gettext("Nothing given"),
            **{key: _choice(grouping.field, key) for key in keys if key is not None},
        }
    column = "city" if grouping.name == "city" else "organisation_name"
    none = gettext("No city") if grouping.name == "city" else gettext("No organisation")
    firsts = {group.first for group in groups if group.key is not None}
    written = dict(Contact.objects.filter(pk__in=firsts).values_list("pk", column))  # rows that the reader was shown
    return {None: none, **{group.key: written.get(group.first, "") for group in groups if group.key is not None}}


def _choice(field: OwnField, key: Key) -> str:
    if field.kind == OwnField.Kind.YES_NO:
        return gettext("yes") if key == values.norm_of(True) else gettext("no")
    for number, label in field.options:
        if values.norm_of(number) == key:
            return label
    return gettext("no longer there")
