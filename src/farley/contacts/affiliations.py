"""Which parts people have in organisations, besides the one their card names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts import seeing
from farley.contacts.models import Affiliation, Contact
from farley.contacts.storing import EditConflict, StoreProblem
from farley.contacts.writing import SpaceWriter
from farley.journal.models import Batch, Door
from farley.spaces.operations import require, writing

MAX_ROLE = 200  # characters
MAX_PARTS = 200  # of one person


class UnusableAffiliation(StoreProblem):
    """It cannot be kept. `reason` is a code: `order` (it ends before it begins), `elsewhere` (no organisation of the
    person's space that the actor sees), `role` (too long), `many`, `day` (cannot be read)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the affiliation cannot be kept: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """One affiliation as a value: who has it does not belong to it. `organisation` is an id."""

    organisation: int
    role: str = ""
    from_on: dt.date | None = None
    to_on: dt.date | None = None

    @classmethod
    def of(cls, affiliation: Affiliation) -> Self:
        return cls(affiliation.organisation_id, affiliation.role, affiliation.from_on, affiliation.to_on)

    @property
    def written(self) -> list[Any]:
        """As JSON, for the journal."""
        days = (self.from_on, self.to_on)
        return [self.organisation, self.role, *(day.isoformat() if day else None for day in days)]

    @classmethod
    def read(cls, written: Sequence[Any]) -> Self:
        organisation, role, *days = written
        return cls(organisation, role, *(dt.date.fromisoformat(day) if day else None for day in days))


def parts_of(people: Iterable[int]) -> dict[int, list[Part]]:
    """The affiliations of these people, by id, in the order in which they were made."""
    found: dict[int, list[Part]] = {pk: [] for pk in people}
    for affiliation in Affiliation.objects.filter(person__in=list(found)).order_by("pk"):
        found[affiliation.person_id].append(Part.of(affiliation))
    return found


def of_person(person: Contact, *, by: Actor, today: dt.date) -> list[Affiliation]:
    """Those of `person` in organisations that `by` sees, the ones that last first."""
    return sorted(seeing.parts_of(person.pk, by=by), key=lambda each: is_over(each, today))


def is_over(affiliation: Affiliation, today: dt.date) -> bool:
    return affiliation.to_on is not None and affiliation.to_on < today


def add(person: Contact, part: Part, *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Give `person` one more. Raises NotAllowed, NoSuchSpace, EditConflict for one who is gone, UnusableAffiliation."""
    _check(person, part, by)
    _write(person, lambda parts: [*parts, part], by=by, door=door, batch=batch)


def change(person: Contact, old: Part, new: Part, *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Put `new` in place of `old`. Raises what `add` raises; EditConflict where `old` is not there any more, too."""
    _check(person, new, by)
    _write(person, lambda parts: _without(person, parts, old, new), by=by, door=door, batch=batch)


def remove(person: Contact, old: Part, *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Take one away. Raises NotAllowed, NoSuchSpace, EditConflict."""
    _write(person, lambda parts: _without(person, parts, old), by=by, door=door, batch=batch)


def _without(person: Contact, parts: list[Part], old: Part, *instead: Part) -> list[Part]:
    if old not in parts:
        raise EditConflict(person.href, person.etag)
    at = parts.index(old)
    return [*parts[:at], *instead, *parts[at + 1 :]]


def _check(person: Contact, part: Part, by: Actor) -> None:
    if part.from_on and part.to_on and part.to_on < part.from_on:
        raise UnusableAffiliation("order")
    if len(part.role) > MAX_ROLE:
        raise UnusableAffiliation("role")
    here = Contact.objects.visible_to(by).filter(space=person.space_id, kind=Contact.Kind.ORG)
    if part.organisation == person.pk or not here.filter(pk=part.organisation).exists():
        raise UnusableAffiliation("elsewhere")


def _write(
    person: Contact, changed: Callable[[list[Part]], list[Part]], *, by: Actor, door: Door, batch: Batch | None
) -> None:
    with writing([person.space_id]) as spaces:
        space = spaces[person.space_id]
        require(space, by, Role.EDITOR)
        current = Contact.objects.filter(pk=person.pk, space=space, deleted_at=None).first()
        if current is None:
            raise EditConflict(person.href, None)
        before = parts_of([person.pk])[person.pk]
        after = changed(before)
        if len(after) > MAX_PARTS:
            raise UnusableAffiliation("many")
        if after != before:
            writer = SpaceWriter(space, by=by, door=door, batch=batch)
            put(writer, current, before, after)
            writer.flush()


def put(writer: SpaceWriter, person: Contact, before: Sequence[Part], after: Sequence[Part]) -> None:
    """Make these the affiliations of `person`, in the writer's transaction. They keep their order."""
    writer.set_beside(person, affiliations=[part.written for part in before])
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    there = list(Affiliation.objects.filter(person=person).order_by("pk").values_list("pk", flat=True))
    Affiliation.objects.filter(pk__in=there[same:]).delete()
    Affiliation.objects.bulk_create(
        Affiliation(
            person=person, organisation_id=part.organisation, role=part.role, from_on=part.from_on, to_on=part.to_on
        )
        for part in after[same:]
    )
