"""How contacts hang together: relations in both directions, groups, members, people of an organisation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farley.accounts.actor import Actor
from farley.codecs.vcard import Property
from farley.contacts import seeing
from farley.contacts.deriving import MAX_NORM
from farley.contacts.models import Contact, IndexRow, bare_uid
from farley.database import rows
from farley.journal.models import Noun
from farley.search import finding
from farley.search.folding import search_fold
from farley.spaces.models import Space

MEMBERS = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
MAX_SHOWN = 200  # of each kind on a page
MAX_KEYS = 500  # that are looked up at once
MAX_FOUND = 2000  # of them
MAX_COMPLETED = 10
MAX_WORDS = 8  # of a name
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RELATIONS = ("RELATED", "X-ABRELATEDNAMES", "X-RELATED")


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
    uids = {bare_uid(prop.text): prop for prop in named if ":" in prop.text}
    names = {search_fold(prop.text.strip()): prop for prop in named if ":" not in prop.text and prop.text.strip()}
    by_uid = {found.uid_key: found for found in _here(contact, "uid_key", list(uids)[:MAX_KEYS], by)}
    by_name: dict[str, Contact] = {}
    for found in _here(contact, "sort_key", list(_sort_keys(names))[:MAX_KEYS], by):
        by_name.setdefault(search_fold(found.full_name), found)
    outward = []
    for prop in named[:MAX_SHOWN]:
        text = prop.text.strip()
        other = by_uid.get(bare_uid(text)) or by_name.get(search_fold(text))
        if text:
            outward.append(Relation(other.full_name if other else text, prop.label or "", other, prop))
    mine = {relation.contact.pk for relation in outward if relation.contact is not None}
    return outward + [back for back in _backward(contact, by) if back.contact and back.contact.pk not in mine]


def _here(contact: Contact, column: str, keys: Sequence[str], by: Actor) -> list[Contact]:
    """Contacts beside `contact`, with one of these keys."""
    if not keys:
        return []
    where = f"contacts_contact.space_id = %s AND contacts_contact.{column} IN ({rows.marks(keys)})"
    return seeing.contacts(where, [contact.space_id, *keys], by=by, limit=MAX_FOUND)


def called(name: str, space: Space, *, by: Actor, kind: Contact.Kind | None = None) -> Contact | None:
    """The one contact of `space` that `by` sees and that is called so; None where there is none, or several."""
    wanted = search_fold(name.strip())
    visible = Contact.objects.visible_to(by).filter(space=space, sort_key__in=_sort_keys([wanted]))
    if kind is not None:
        visible = visible.filter(kind=kind)
    found = [contact for contact in visible.order_by("pk")[:MAX_SHOWN] if search_fold(contact.full_name) == wanted]
    exact = [contact for contact in found if contact.full_name == name.strip()]
    best = exact or found
    return best[0] if len(best) == 1 else None


def linked(uri: str, space: Space, *, by: Actor) -> Contact | None:
    """The contact of `space` that a URI in a card means, as far as `by` sees it."""
    visible = Contact.objects.visible_to(by).filter(space=space, uid_key=bare_uid(uri))
    contact: Contact | None = visible.order_by("pk").first()
    return contact


def uri_of(contact: Contact) -> str:
    """How cards name this contact: its UID as a URN; "" where that is no UUID, and names have to do. RFC 4122 §3."""
    return f"urn:uuid:{contact.uid_key}" if _UUID.fullmatch(contact.uid_key) else ""


def completions(text: str, space: Space, *, by: Actor, kind: Contact.Kind | None = None) -> list[Contact]:
    """Contacts of `space` that `by` sees and that somebody who has typed `text` may mean, the likeliest first."""
    hits = finding.find(f"{text} space:{space.name}", by=by, nouns=[Noun.CONTACT], limit=MAX_COMPLETED * 10)
    there = Contact.objects.visible_to(by).filter(space=space).in_bulk([hit.record for hit in hits])
    found = [there[hit.record] for hit in hits if hit.record in there]
    return [contact for contact in found if kind is None or contact.kind == kind][:MAX_COMPLETED]


def groups_of(contact: Contact, *, by: Actor) -> list[Contact]:
    """The groups that name this contact as a member."""
    where = (
        f"kind = {int(Contact.Kind.GROUP)} AND id IN"  # noqa: S608 - no text from outside
        f" (SELECT contact_id FROM contacts_indexrow WHERE space_id = %s AND kind = {int(IndexRow.Kind.MEMBER)}"
        " AND norm = %s)"
    )
    return seeing.contacts(where, [contact.space_id, contact.uid_key], by=by, limit=MAX_SHOWN)


def members(group: Contact, *, by: Actor) -> list[Contact]:
    """The first MAX_SHOWN contacts, by name, that a group's card names and `by` sees."""
    return list(Contact.objects.visible_to(by).members_of(group).order_by("sort_key", "pk")[:MAX_SHOWN])


def members_in_order(group: Contact, *, by: Actor) -> list[Contact]:
    """All contacts that a group's card names and `by` sees, in the order of the card."""
    order = {uid: at for at, prop in enumerate(group.card.properties(*MEMBERS)) if (uid := bare_uid(prop.text))}
    found = Contact.objects.visible_to(by).members_of(group)
    return sorted(found, key=lambda contact: order.get(contact.uid_key, len(order)))


def count_members(group: Contact, *, by: Actor) -> int:
    """How many contacts a group's card names that `by` sees: `members` shows the first of them."""
    return Contact.objects.visible_to(by).members_of(group).count()


def people_of(organisation: Contact, *, by: Actor, limit: int = MAX_SHOWN) -> list[Contact]:
    """Whose organisation this is: the first of them, by name."""
    where = (  # ids alone are sorted, of which there may be a thousand; the sign keeps SQLite from the space's names
        "id IN (SELECT id FROM contacts_contact WHERE organisation_id = %s AND +space_id = %s AND deleted_at IS NULL"
        " ORDER BY sort_key, id LIMIT %s)"
    )
    return seeing.contacts(where, [organisation.pk, organisation.space_id, limit], by=by, limit=limit)


def _backward(contact: Contact, by: Actor) -> list[Relation]:
    norms = sorted({contact.uid_key, search_fold(contact.full_name)[:MAX_NORM]} - {""})
    sql = (
        f"SELECT contact_id, value FROM contacts_indexrow WHERE space_id = %s AND norm IN ({rows.marks(norms)})"  # noqa: S608
        f" AND kind = {int(IndexRow.Kind.RELATED)} LIMIT {MAX_SHOWN}"
    )
    labels = dict(rows.query(sql, [contact.space_id, *norms]))
    labels.pop(contact.pk, None)
    if not labels:
        return []
    pks = list(labels)
    found = seeing.contacts(f"id IN ({rows.marks(pks)})", pks, by=by, limit=MAX_SHOWN)
    return [Relation(other.full_name, labels[other.pk], other, None) for other in found]


def _sort_keys(names: Iterable[str]) -> set[str]:
    """How a person called so may be sorted: as it is written, or by a family name of one or more words at its end."""
    keys = set()
    for name in names:
        words = name.split()
        keys |= {" ".join([*words[at:], *words[:at]])[:250] for at in range(min(len(words), MAX_WORDS))}
        keys.add(name[:250])
    return keys
