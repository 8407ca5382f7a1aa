"""Groups: cards of KIND group that name their members, in an order of their own. RFC 6350 §6.6.5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card, Kind
from farley.contacts import links, operations, storing
from farley.contacts.models import Contact, bare_uid
from farley.contacts.storing import Condition, Stored, StoreProblem
from farley.journal.models import Batch, Door
from farley.spaces.models import Space

MAX_MEMBERS = 10_000  # that a group is given here: each change writes the whole card, and phones read it
_MEMBERS = {"4.0": "MEMBER"}
_MEMBERS_ELSE = "X-ADDRESSBOOKSERVER-MEMBER"


class TooManyMembers(StoreProblem):
    """The group would have more than MAX_MEMBERS."""

    def __init__(self) -> None:
        super().__init__(f"a group has at most {MAX_MEMBERS} members; a tag has no limit")


def create(space: Space, name: str, *, by: Actor, door: Door, batch: Batch | None) -> Stored:
    """A new group without members. Raises what `store` raises."""
    card = Card.new(uid=storing.new_uid(), kind=Kind.GROUP, full_name=name)
    return storing.store(space, None, card.octets, expected=Condition.ABSENT, by=by, door=door, batch=batch)


def add(group: Contact, contacts: Iterable[Contact], *, by: Actor, door: Door, batch: Batch) -> int:
    """Name `contacts` as members, behind those there are; return how many are new to the group.

    Those of other spaces, and the group itself, are left out. Raises NotAllowed, NoSuchSpace, TooManyMembers.
    """
    coming = [one for one in contacts if one.space_id == group.space_id and one.pk != group.pk]
    added = 0

    def filled(card: Card) -> Card:
        nonlocal added
        there = [bare_uid(prop.text) for prop in card.properties(*links.MEMBERS)]
        known = set(there)
        form = _property_of(card)
        new = {one.uid_key: _naming(one, form) for one in coming if one.uid_key not in known}
        if new and len(there) + len(new) > MAX_MEMBERS:
            raise TooManyMembers
        added = len(new)
        return card.with_more(form, list(new.values()))

    operations.rewrite([group], filled, by=by, door=door, batch=batch)
    return added


def remove(group: Contact, contacts: Iterable[Contact], *, by: Actor, door: Door, batch: Batch) -> int:
    """Take `contacts` out of the group, all others stay in their order; return how many were in it."""
    going = {one.uid_key for one in contacts if one.space_id == group.space_id}
    removed = 0

    def without(card: Card) -> Card:
        nonlocal removed
        lines = [prop for prop in card.properties(*links.MEMBERS) if bare_uid(prop.text) in going]
        removed = len({bare_uid(prop.text) for prop in lines})
        return card.without_all([prop.index for prop in lines])

    operations.rewrite([group], without, by=by, door=door, batch=batch)
    return removed


def rename(group: Contact, name: str, *, by: Actor, door: Door, batch: Batch) -> int:
    return operations.rewrite([group], lambda card: card.with_full_name(name), by=by, door=door, batch=batch)


def find(space: Space, name: str, *, by: Actor) -> Contact | None:
    """The group of `space` with this UID, else the one of this name; None where `by` sees none, or several."""
    groups = Contact.objects.visible_to(by).filter(space=space, kind=Contact.Kind.GROUP)
    group: Contact | None = groups.with_uids([name]).first()
    return group or links.called(name, space, by=by, kind=Contact.Kind.GROUP)


def of_space(space: Space, *, by: Actor) -> Sequence[Contact]:
    """The groups of `space` as `by` sees them, by name."""
    return list(Contact.objects.visible_to(by).groups().filter(space=space))


def _property_of(card: Card) -> str:
    """What names a member in this card: what does so already, else what its version has."""
    there = card.properties(*links.MEMBERS)
    return there[-1].name if there else _MEMBERS.get(card.version, _MEMBERS_ELSE)


def _naming(member: Contact, form: str) -> str:
    """What a group says of a member. Apple's programs know every one by `urn:uuid:`, also where it is no UUID."""
    prefixed = f"urn:uuid:{member.uid}"
    is_apples = form == "X-ADDRESSBOOKSERVER-MEMBER" and bare_uid(prefixed) == member.uid_key
    return links.uri_of(member) or (prefixed if is_apples else member.uid)
