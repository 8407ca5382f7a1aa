"""Everything a contact is made of, as one value to compare; and what the database must never show."""

from __future__ import annotations

from typing import Any

from farley.contacts import affiliations
from farley.contacts.models import Contact, IndexRow, TagEntry, Thumbnail
from farley.contacts.rebuilding import differences
from farley.journal.models import Change, Noun, Tombstone, etag_of, hash_of
from farley.search.models import Entry
from farley.spaces.models import Space
from tests.cast import entries_of

State = dict[int, tuple[Any, ...]]


def state_of(*spaces: Space) -> State:
    """All live contacts by id: where they are, octets, own fields and everything derived."""
    live = Contact.objects.filter(deleted_at=None).select_related("content").order_by("pk")
    found = live.filter(space__in=spaces) if spaces else live
    return {
        contact.pk: (
            contact.space_id,
            contact.uid,
            contact.content.data,
            contact.owner_id,
            contact.organisation_id,
            contact.own,
            contact.full_name,
            list(
                IndexRow.objects.filter(contact_id=contact.pk).order_by("n").values_list("n", "kind", "value", "norm")
            ),
            sorted(TagEntry.objects.filter(contact_id=contact.pk).values_list("tag__name", "sort_key")),
            list(entries_of(contact.pk).values_list("pk", "name", "text", "fields")),
            Thumbnail.objects.filter(pk=contact.pk).exists(),
            affiliations.parts_of([contact.pk])[contact.pk],
        )
        for contact in found
    }


def faults() -> list[str]:
    """What is wrong in the database: derived that is not the octets', gaps, wrong revisions, rows left behind."""
    found = list(differences())
    for space in Space.objects.all():
        revisions = list(Change.objects.filter(space=space).order_by("revision").values_list("revision", flat=True))
        if revisions != list(range(1, space.revision + 1)):
            found.append(f"{space.name}: revisions are not 1 to {space.revision}")
        found += _faults_in(space)
    live = set(Contact.objects.filter(deleted_at=None).values_list("pk", flat=True))
    for model, column in ((IndexRow, "contact_id"), (TagEntry, "contact_id"), (Thumbnail, "pk")):
        left = set(model.objects.values_list(column, flat=True)) - live
        found += [f"{model.__name__} left behind by {pk}" for pk in left]
    of_contacts = (entry for entry in Entry.objects.all() if entry.noun == Noun.CONTACT)
    found += [f"Entry left behind by {entry}" for entry in of_contacts if entry.record not in live]
    return found


def _faults_in(space: Space) -> list[str]:
    found = []
    live = {contact.href: contact for contact in Contact.objects.filter(space=space, deleted_at=None)}
    graves = dict(Tombstone.objects.filter(space=space).values_list("href", "octets_revision"))
    found += [f"{space.name}/{href}: a tombstone over a living one" for href in live.keys() & graves.keys()]
    found += [f"{space.name}/{href}: a tombstone of the future" for href, r in graves.items() if r > space.revision]
    for href, contact in live.items():
        newest = Change.objects.of(Noun.CONTACT, contact.pk).filter(space=space).last()
        if newest is None or newest.revision != contact.revision:
            found.append(f"{space.name}/{href}: revision {contact.revision} is not its newest change's")
        if contact.octets_revision > contact.revision:
            found.append(f"{space.name}/{href}: octets newer than the record")
        if contact.etag != etag_of(hash_of(contact.content.data)) or contact.size != len(contact.content.data):
            found.append(f"{space.name}/{href}: hash or size are not the octets'")
        if contact.organisation_id and not Contact.objects.filter(pk=contact.organisation_id).exists():
            found.append(f"{space.name}/{href}: linked to nothing")
    return found
