"""How contacts hang together: relations in both directions, groups, members, people of an organisation."""

from __future__ import annotations

from dataclasses import dataclass

from farley.accounts.actor import Actor
from farley.codecs.vcard import Property
from farley.contacts.deriving import MAX_NORM, bare_uid
from farley.contacts.models import Contact, IndexRow
from farley.search.folding import search_fold

MAX_SHOWN = 200  # of each kind on a page
RELATIONS = ("RELATED", "X-ABRELATEDNAMES")


@dataclass(frozen=True, slots=True)
class Relation:
    """One line that tells of somebody. `contact` is who it means, where they are known and seen.

    `prop` is the line where it stands on the contact's own card; None for a line on the other's.
    """

    name: str
    label: str
    contact: Contact | None
    prop: Property | None


def relations(contact: Contact, *, by: Actor) -> list[Relation]:
    """Whom the card names, then who names this contact, as far as `by` sees them."""
    named = contact.card.properties(*RELATIONS)
    visible = Contact.objects.visible_to(by).filter(space=contact.space_id)
    uids = {bare_uid(prop.text): prop for prop in named if ":" in prop.text}
    names = {search_fold(prop.text.strip()): prop for prop in named if ":" not in prop.text and prop.text.strip()}
    by_uid = {found.uid_key: found for found in visible.filter(uid_key__in=list(uids)[:500])}
    by_name: dict[str, Contact] = {}
    for found in visible.filter(sort_key__in=list(_sort_keys(names))[:500]):
        by_name.setdefault(search_fold(found.full_name), found)
    outward = []
    for prop in named[:MAX_SHOWN]:
        text = prop.text.strip()
        other = by_uid.get(bare_uid(text)) or by_name.get(search_fold(text))
        if text:
            outward.append(Relation(other.full_name if other else text, prop.label or "", other, prop))
    mine = {relation.contact.pk for relation in outward if relation.contact is not None}
    return outward + [back for back in _backward(contact, by) if back.contact and back.contact.pk not in mine]


def groups_of(contact: Contact, *, by: Actor) -> list[Contact]:
    """The groups that name this contact as a member."""
    rows = IndexRow.objects.filter(space=contact.space_id, kind=IndexRow.Kind.MEMBER, norm=contact.uid_key)
    visible = Contact.objects.visible_to(by).filter(pk__in=rows.values("contact_id"), kind=Contact.Kind.GROUP)
    return list(visible.order_by("sort_key", "pk")[:MAX_SHOWN])


def members(group: Contact, *, by: Actor) -> list[Contact]:
    """The first MAX_SHOWN contacts, by name, that a group's card names and `by` sees."""
    return list(Contact.objects.visible_to(by).members_of(group).order_by("sort_key", "pk")[:MAX_SHOWN])


def count_members(group: Contact, *, by: Actor) -> int:
    """How many contacts a group's card names that `by` sees: `members` shows the first of them."""
    return Contact.objects.visible_to(by).members_of(group).count()


def people_of(organisation: Contact, *, by: Actor) -> list[Contact]:
    """Whose organisation this is."""
    people = Contact.objects.visible_to(by).filter(organisation=organisation, space=organisation.space_id)
    return list(people.order_by("sort_key", "pk")[:MAX_SHOWN])


def _backward(contact: Contact, by: Actor) -> list[Relation]:
    norms = {contact.uid_key, search_fold(contact.full_name)[:MAX_NORM]} - {""}
    rows = IndexRow.objects.filter(space=contact.space_id, kind=IndexRow.Kind.RELATED, norm__in=norms)
    labels = dict(rows.values_list("contact_id", "label")[:MAX_SHOWN])
    labels.pop(contact.pk, None)
    found = Contact.objects.visible_to(by).filter(pk__in=labels).order_by("sort_key", "pk")
    return [Relation(other.full_name, labels[other.pk], other, None) for other in found]


def _sort_keys(names: dict[str, Property]) -> set[str]:
    """How a person called so may be sorted: by what comes last in the name, or as it is written."""
    keys = set()
    for name in names:
        words = name.split()
        keys |= {name[:250], " ".join([*words[-1:], *words[:-1]])[:250]}
    return keys
