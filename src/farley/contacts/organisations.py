"""What an organisation holds together: its people now and before, what it is part of, what is part of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts import bulk, links, seeing
from farley.contacts.affiliations import is_over
from farley.contacts.bulk import Deed, Job, Selection, Verb
from farley.contacts.deriving import MAX_NORM
from farley.contacts.links import MAX_SHOWN
from farley.contacts.models import Affiliation, Contact, IndexRow, bare_uid
from farley.database import rows
from farley.journal.models import Door
from farley.lists.paging import EXACT_TO
from farley.search.folding import search_fold
from farley.spaces.operations import require

LEVELS = 5  # of a tree, up and down
SHOWN = 50  # people beside an organisation; the list has all
MAX_RENAMED = 200_000  # people of one organisation whose cards are rewritten in one act

OpenThings = Callable[[Contact, Sequence[Contact], Actor], Iterable[Any]]
_open_things: list[OpenThings] = []


def register_open_things(found: OpenThings) -> None:
    """Called by the AppConfig.ready of a floor that knows of unfinished work with an organisation or its people.

    `found` is given the organisation, its people and the reader; what it returns has `label`, `due_on` and `url`.
    """
    _open_things.append(found)


def open_things(organisation: Contact, people: Sequence[Contact], *, by: Actor) -> list[Any]:
    """Unfinished work with the organisation or its people, as far as `by` sees it."""
    return [thing for found in _open_things for thing in found(organisation, people, by)]


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of an organisation: `affiliation` says how, None means that their card names it."""

    person: Contact
    role: str
    unit: str = ""  # department, as the card has it
    affiliation: Affiliation | None = None
    is_former: bool = False


def staff(organisation: Contact, *, by: Actor, today: dt.date) -> list[Staff]:
    """The people that `by` sees: current ones, then former ones, by name; of each way to be here SHOWN and one more.

    Whose card names the organisation and who also has a part in it that lasts is told once, with that role.
    """
    named = links.people_of(organisation, by=by, limit=SHOWN + 1)
    units = _units(named)
    listed = seeing.parts_in(organisation, by=by, limit=2 * SHOWN)
    current = [part for part in listed if not is_over(part, today)]
    told = {part.person_id for part in current}
    people = [Staff(one, one.job_title, units.get(one.pk, "")) for one in named if one.pk not in told]
    people += [Staff(part.person, part.role, "", part) for part in current]
    people.sort(key=lambda one: (one.person.sort_key, one.person.pk))
    return people + [Staff(part.person, part.role, "", part, True) for part in listed if part not in current]


def _units(people: Sequence[Contact]) -> dict[int, str]:
    """The departments that cards name behind the organisation. RFC 6350 §6.6.4."""
    keys = {one.pk: one.organisation_key[:MAX_NORM] for one in people}
    sql = (
        f"SELECT contact_id, COALESCE(NULLIF(value, ''), norm), norm FROM contacts_indexrow"  # noqa: S608 - as AS_WRITTEN
        f" WHERE contact_id IN ({rows.marks(people)}) AND kind = {int(IndexRow.Kind.UNIT)} ORDER BY contact_id, n"
    )
    units: dict[int, str] = {}
    for pk, unit, organisation in rows.query(sql, list(keys)):
        if organisation == keys[pk]:
            units.setdefault(pk, unit)
    return units


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation in the tree it belongs to; the topmost has depth 0."""

    organisation: Contact
    depth: int
    is_here: bool


def tree(organisation: Contact, *, by: Actor) -> list[Node]:
    """What the organisation is part of, itself, and what is part of it, in the order of a tree; alone it is no tree.

    One organisation is part of another that its card names as parent (RELATED;TYPE=parent, or a relation with that
    label), or that names it as child. RFC 6350 §6.6.6 leaves the words to the kind of the card.
    """
    path = [organisation]
    while len(path) <= LEVELS and (above := _above(path[0], by)) is not None and above not in path:
        path.insert(0, above)
    nodes = [Node(one, depth, one == organisation) for depth, one in enumerate(path)]
    nodes += _ordered(organisation, len(path), _below(organisation, {one.pk for one in path}, by))
    return nodes if len(nodes) > 1 else []


def _above(organisation: Contact, by: Actor) -> Contact | None:
    for prop in organisation.card.properties(*links.RELATIONS):
        if _says(prop.label or ",".join(prop.types), "parent"):
            text = prop.text.strip()
            uid = next(iter(_beside(organisation, "uid_key = %s", [bare_uid(text)], by)), None) if ":" in text else None
            found = uid or links.called(text, organisation.space, by=by, kind=Contact.Kind.ORG)
            if found is not None and found.pk != organisation.pk:
                return found
    parents = _naming([organisation], "child", by)[organisation.pk]
    return next((one for one in parents if one.pk != organisation.pk), None)


def _below(top: Contact, seen: set[int], by: Actor) -> dict[int, list[Contact]]:
    """What is part of each organisation below `top`, by id: a look-up a level, and each organisation once."""
    parts: dict[int, list[Contact]] = {}
    level = [top]
    for _ in range(LEVELS):
        found = _naming(level, "parent", by)
        level = []
        for pk, children in found.items():
            parts[pk] = [one for one in children if one.pk not in seen][: max(0, MAX_SHOWN - len(seen))]
            seen.update(one.pk for one in parts[pk])
            level += parts[pk]
        if not level:
            break
    return parts


def _ordered(top: Contact, depth: int, parts: dict[int, list[Contact]]) -> Iterator[Node]:
    for one in parts.get(top.pk, ()):
        yield Node(one, depth, is_here=False)
        yield from _ordered(one, depth + 1, parts)


def _naming(named: Sequence[Contact], relation: str, by: Actor) -> dict[int, list[Contact]]:
    """The organisations whose cards name each of these so, by its id, in the order of their names."""
    norms = {norm: one.pk for one in named for norm in (one.uid_key, search_fold(one.full_name)[:MAX_NORM]) if norm}
    sql = (
        f"SELECT contact_id, value, norm FROM contacts_indexrow WHERE space_id = %s"  # noqa: S608 - no text from outside
        f" AND norm IN ({rows.marks([*norms])}) AND kind = {int(IndexRow.Kind.RELATED)} LIMIT {MAX_SHOWN * 5}"
    )
    told = rows.query(sql, [named[0].space_id, *norms])
    meant = {pk: norms[norm] for pk, label, norm in told if _says(label, relation)}
    found: dict[int, list[Contact]] = {one.pk: [] for one in named}
    for one in _beside(named[0], f"id IN ({rows.marks([*meant])})", [*meant], by) if meant else ():
        found[meant[one.pk]].append(one)
    return found


def _beside(organisation: Contact, where: str, values: Sequence[Any], by: Actor) -> list[Contact]:
    """Organisations of the same space that `by` sees."""
    where = f"contacts_contact.space_id = %s AND {where} AND kind = {int(Contact.Kind.ORG)}"
    return seeing.contacts(where, [organisation.space_id, *values], by=by, limit=MAX_SHOWN)


def _says(label: str, relation: str) -> bool:
    return relation in label.casefold().split(",")


def misnamed(organisation: Contact, people: Iterable[Contact]) -> list[str]:
    """What the cards of these call the organisation, where that is not its name: it was renamed since."""
    names = {
        one.organisation_name: None
        for one in people
        if one.organisation_id == organisation.pk and one.organisation_key != organisation.organisation_key
    }
    return list(names)


def rename_in_cards(organisation: Contact, *, by: Actor, door: Door) -> Job:
    """Begin to write the organisation's name into the cards of its people that call it otherwise; units stay.

    Raises NotAllowed. The job is of size 0 where all cards are right.
    """
    require(organisation.space, by, Role.EDITOR)
    people = Contact.objects.visible_to(by).filter(organisation=organisation, space=organisation.space_id)
    wrong = people.exclude(organisation_key=organisation.organisation_key).exclude(kind=Contact.Kind.ORG)
    selection = Selection.of(list(wrong.values_list("pk", flat=True)[:MAX_RENAMED]), by=by)
    deed = Deed(Verb.RENAME_ORGANISATION, organisation.full_name)
    batch = bulk.begin(deed, selection, title=organisation.full_name, door=door)
    return Job(batch, deed, selection, min(len(selection.pks), EXACT_TO + 1))
