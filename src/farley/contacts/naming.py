"""Saved views follow when something that their filters name is called otherwise."""

from __future__ import annotations

from dataclasses import replace

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.contacts.models import Tag, TagEntry
from farley.journal.models import Batch
from farley.lists import language, saving
from farley.lists.language import Condition, Filter, Group, Operator
from farley.lists.models import View
from farley.lists.saving import Address
from farley.spaces.models import Space

LIST = "contacts"


def rename_tag_in_views(space: Space, old: str, new: str, *, by: Actor, door: Door, batch: Batch) -> int:
    """Have the views that ask for the tag `old` of the locked `space` ask for `new`, in the same act.

    One that shows spaces beside it where `old` is still in use asks for both. Returns how many changed.
    """
    still = TagEntry.objects.filter(tag__in=Tag.objects.filter(name=old).exclude(space=space).values("pk"))
    others = list(Space.objects.filter(pk__in=still.values("tag__space")))

    def change(view: View, address: Address) -> Address:
        if address.get("space", space.name) != space.name or not saving.concerns(view, space, by):
            return address
        keeps = "space" not in address and any(_shows(view, other) for other in others)
        return _retagged(address, old, new, keeps=keeps)

    return saving.rewrite(LIST, "tag", change, spaces=[space], by=by, door=door, batch=batch)


def _shows(view: View, space: Space) -> bool:
    """Whether a view over all spaces may show this one to somebody."""
    return view.space_id is not None or view.owner is None or space.standing_of(view.owner.actor) is not None


def _retagged(address: Address, old: str, new: str, *, keeps: bool) -> Address:
    def change(condition: Condition) -> Filter:
        if condition.field != "tag" or old not in condition.values:
            return condition
        names = {old: [old, new] if keeps else [new]}
        values = tuple(dict.fromkeys(name for value in condition.values for name in names.get(value, [value])))
        if condition.operator is Operator.IS_NOT:
            parts = tuple(replace(condition, values=(value,)) for value in values)
            return parts[0] if len(parts) == 1 else Group(parts)
        operator = Operator.IN if len(values) > 1 else Operator.IS
        return replace(condition, operator=operator, values=values)

    changed = dict(address)
    if address.get("tag") == old:
        changed["tag"] = new
        if keeps:  # which that part of an address cannot say
            del changed["tag"]
            both = Condition("tag", Operator.IN, (old, new))
            found = saving.with_filter(address, lambda filter_: language.all_of([both, *language.parts_of(filter_)]))
            return changed | {"filter": found} if found else address
    found = saving.with_filter(address, lambda filter_: filter_ and language.mapped(filter_, change))
    return changed | {"filter": found} if found else changed
