"""Contacts that somebody sees, found by statements of one's own.

They say what `Contact.objects.visible_to` says. A page asks for a dozen kinds of contacts, and the ORM takes ten times
as long to put one such question together as the database to answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Affiliation, Contact
from farley.database import rows
from farley.journal.models import Content
from farley.spaces.models import Space, held_by

_SEEN = "{alias}.deleted_at IS NULL AND {alias}.space_id IN ({spaces})"
_RECORD = (
    "SELECT {mine}, {space}, {content}, {owner}, {theirs} FROM contacts_contact mine"
    " JOIN spaces_space space ON space.id = mine.space_id"
    " JOIN journal_content content ON content.id = mine.content_id"
    " LEFT JOIN accounts_user owner ON owner.id = mine.owner_id"
    " LEFT JOIN contacts_contact theirs ON theirs.id = mine.organisation_id"
    " WHERE mine.id = %s AND "
)
_PARTS = (
    "SELECT {part}, {theirs} FROM contacts_affiliation part"
    " JOIN contacts_contact theirs ON theirs.id = part.organisation_id"
    " WHERE part.person_id = %s AND "
)
_STAFF = (
    "SELECT {part}, {person} FROM contacts_affiliation part"
    " JOIN contacts_contact person ON person.id = part.person_id"
    " WHERE part.organisation_id = %s AND person.space_id = %s AND "
)


def record_of(pk: int, *, by: Actor) -> Contact | None:
    """The contact with its space, octets, owner and organisation; None where `by` sees none of this id."""
    seen, values = _seen("mine", by)
    kinds = {"mine": Contact, "space": Space, "content": Content, "owner": User, "theirs": Contact}
    for contact, space, content, owner, organisation in rows.load_by(kinds, _RECORD + seen, [pk, *values]):
        contact.space, contact.content, contact.owner, contact.organisation = space, content, owner, organisation
        return contact  # type: ignore[no-any-return]
    return None


def contacts(where: str, values: Sequence[Any], *, by: Actor, limit: int) -> list[Contact]:
    """The first contacts, by name, that `by` sees and for which `where` holds, a condition on `contacts_contact`.

    Few may pass `where`: all of them are read and sorted. To meet the first ones on the way through all names of a
    space, which planners like to choose for the sake of the order, may take seconds.
    """
    seen, more = _seen("contacts_contact", by)
    by_name = "sort_key || '', id"  # what no index is in the order of
    sql = f"SELECT {{contacts_contact}} FROM contacts_contact WHERE {where} AND {seen} ORDER BY {by_name} LIMIT %s"  # noqa: S608
    return [contact for (contact,) in rows.load_by({"contacts_contact": Contact}, sql, [*values, *more, limit])]


def parts_of(person: int, *, by: Actor) -> list[Affiliation]:
    """The affiliations of a person, as they were made, in the organisations that `by` sees, each with its own."""
    seen, values = _seen("theirs", by)
    sql = f"{_PARTS}{seen} ORDER BY part.id"
    found = []
    for part, organisation in rows.load_by({"part": Affiliation, "theirs": Contact}, sql, [person, *values]):
        part.organisation = organisation
        found.append(part)
    return found


def parts_in(organisation: Contact, *, by: Actor, limit: int) -> list[Affiliation]:
    """The affiliations in an organisation of the people beside it whom `by` sees, by their names, each with its own."""
    seen, values = _seen("person", by)
    sql = f"{_STAFF}{seen} ORDER BY person.sort_key, part.id LIMIT %s"
    asked = [organisation.pk, organisation.space_id, *values, limit]
    found = []
    for part, person in rows.load_by({"part": Affiliation, "person": Contact}, sql, asked):
        part.person = person
        found.append(part)
    return found


def _seen(alias: str, by: Actor) -> tuple[str, list[int]]:
    spaces, values = held_by(by, Role.READER)
    return _SEEN.format(alias=alias, spaces=spaces), values
