"""What else is done with contacts: delete, restore, move, assign, tag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts.deriving import Derived, derive
from farley.contacts.models import MAX_TAG, Contact
from farley.contacts.storing import (
    EditConflict,
    Entry,
    Prepared,
    Problem,
    StoreProblem,
    TooLarge,
    free_href,
    octets_of,
    prepare_many,
    raise_if_taken,
    refuse_bad_href,
    store_prepared,
)
from farley.contacts.writing import Own, SpaceWriter, organisations_named, own_of
from farley.fields.models import Field
from farley.fields.values import Value
from farley.journal.models import Batch, Door
from farley.spaces.audience import readers_among
from farley.spaces.models import Space
from farley.spaces.operations import require, writing


def delete(
    contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch | None, expected: str | None = None
) -> int:
    """Delete contacts (of one space or several), restorable; return how many were still there.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, and EditConflict where `expected`, an ETag, is
    not the stored one.
    """
    done = 0
    with writing({contact.space_id for contact in contacts}) as spaces:
        for space, mine in _afresh(spaces, contacts, by).items():
            writer = SpaceWriter(space, by=by, door=door, batch=batch)
            for contact in mine:
                if expected is not None and contact.etag != expected:
                    raise EditConflict(contact.href, contact.etag)
                writer.delete(contact)
            writer.flush()
            done += len(mine)
    return done


def restore(contact: Contact, *, by: Actor, door: Door, batch: Batch | None = None) -> None:
    """Bring a deleted contact back. Raises NotAllowed, NoSuchSpace, UidConflict where its UID is taken by now."""
    derived = _derived_of([contact], contact.space.default_region)
    with writing([contact.space_id]) as spaces:
        space = spaces[contact.space_id]
        require(space, by, Role.EDITOR)
        contact = Contact.objects.get(pk=contact.pk)
        if not contact.is_deleted or contact.space_id != space.pk:
            return
        raise_if_taken(space, [contact])
        writer = SpaceWriter(space, by=by, door=door, batch=batch)
        [current] = _current([contact], derived, space.default_region).values()
        writer.restore(contact, current, href=free_href(space, contact.href))
        writer.flush()


def move(contacts: Sequence[Contact], target: Space, *, by: Actor, door: Door, batch: Batch | None) -> int:
    """Move contacts to `target`, all or none; return how many moved. An owner who cannot see them there is none.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, UidConflict.
    """
    going = [contact for contact in contacts if contact.space_id != target.pk]
    derived = _derived_of(going, target.default_region)
    moved = 0
    with writing({target.pk, *(contact.space_id for contact in going)}) as spaces:
        target = spaces[target.pk]
        require(target, by, Role.EDITOR)
        for space, mine in _afresh(spaces, going, by).items():
            if space != target:  # somebody else may have moved them there just now
                current = _current(mine, derived, target.default_region)
                move_between(space, target, mine, current, by=by, door=door, batch=batch)
                moved += len(mine)
    return moved


def place(
    contact: Contact,
    target: Space,
    href: str,
    *,
    is_overwriting: bool,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> bool:
    """Put `contact` at `href` of `target`, its own space or another one; False where a contact was there, now deleted.

    Raises NotAllowed, NoSuchSpace, BadHref, UidConflict, and EditConflict: it is gone, or who is there shall stay.
    """
    refuse_bad_href(href)
    derived = _derived_of([contact], target.default_region)
    with writing({contact.space_id, target.pk}) as spaces:
        source, target = spaces[contact.space_id], spaces[target.pk]
        for space in spaces.values():
            require(space, by, Role.EDITOR)
        here = {"space": source.pk, "deleted_at": None}
        current = Contact.objects.filter(pk=contact.pk, **here).first()
        if current is None:
            raise EditConflict(contact.href, None)
        there = Contact.objects.filter(space=target, href=href, deleted_at=None).exclude(pk=contact.pk).first()
        if there is not None and not is_overwriting:
            raise EditConflict(href, there.etag)
        writer = SpaceWriter(target, by=by, door=door, batch=batch)
        if there is not None:
            writer.delete(there)
        if source == target:
            writer.rename(current, href)
        writer.flush()
        if source != target:
            read = _current([current], derived, target.default_region)
            move_between(source, target, [current], read, hrefs={current.pk: href}, by=by, door=door, batch=batch)
    return there is None


class Following(Protocol):
    def __call__(
        self, source: Space, target: Space, contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch | None
    ) -> None:
        """Contacts went from one locked space to another, in this transaction."""


_followers: list[Following] = []


def on_moving(follow: Following) -> None:
    """Have `follow` move along what belongs to contacts that are moved. Called once by an AppConfig.ready."""
    _followers.append(follow)


def move_between(
    source: Space,
    target: Space,
    contacts: Sequence[Contact],
    derived: dict[int, Derived],
    *,
    hrefs: dict[int, str] | None = None,
    own: dict[int, dict[str, Own]] | None = None,
    by: Actor,
    door: Door,
    batch: Batch | None,
) -> None:
    """Move contacts between two locked spaces, to `hrefs` (by id) or their own, as far as these are free.

    The organisation is the one of that name there, and an owner who cannot see it is none, unless `own` says
    what these fields shall be. Raises UidConflict.
    """
    raise_if_taken(target, contacts)
    leaving = SpaceWriter(source, by=by, door=door, batch=batch)
    arriving = SpaceWriter(target, by=by, door=door, batch=batch)
    organisations = organisations_named(target, (derived[contact.pk].organisation_key for contact in contacts))()
    seeing = readers_among(target, {contact.owner_id for contact in contacts})
    taken: set[str] = set()
    for contact in contacts:
        href = free_href(target, (hrefs or {}).get(contact.pk, contact.href), besides=taken)
        taken.add(href)
        is_organisation = contact.kind == Contact.Kind.ORG
        organisation = None if is_organisation else organisations.get(derived[contact.pk].organisation_key)
        fields: dict[str, Own] = {"owner": contact.owner_id if contact.owner_id in seeing else None}
        fields["organisation"] = organisation
        fields |= (own or {}).get(contact.pk, {})
        leaving.move_out(contact, **fields)
        arriving.move_in(contact, derived[contact.pk], href=href, **fields)
    leaving.flush()
    arriving.flush()
    for follow in _followers:
        follow(source, target, contacts, by=by, door=door, batch=batch)


def _derived_of(contacts: Sequence[Contact], region: str) -> dict[int, tuple[int, Derived]]:
    """By contact, the content read and what was read out of it: before the transaction, for it is slow."""
    octets = octets_of(contact.content_id for contact in contacts)
    return {c.pk: (c.content_id, derive(Card.parse(octets[c.content_id]), region)) for c in contacts}


def _current(contacts: Sequence[Contact], derived: dict[int, tuple[int, Derived]], region: str) -> dict[int, Derived]:
    """`derived`, read again where somebody has written to the contact in the meantime. Under the lock."""
    stale = [contact for contact in contacts if derived[contact.pk][0] != contact.content_id]
    derived = derived | _derived_of(stale, region)
    return {contact.pk: derived[contact.pk][1] for contact in contacts}


Guard = Callable[[Contact], None]  # is shown each contact under the lock, and may raise


def _any(_contact: Contact) -> None:
    """Whatever somebody else made of it in the meantime."""


def assign(
    contacts: Sequence[Contact],
    owner: User | None,
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    guard: Guard = _any,
) -> int:
    """Make `owner`, who must see each contact's space, responsible for `contacts`; return how many changed.

    Raises NotAllowed, OwnerOutside for an owner who could not see what they own, and what `guard` raises.
    """
    done = 0
    with writing({contact.space_id for contact in contacts}) as spaces:
        for space, mine in _afresh(spaces, contacts, by).items():
            if owner is not None and (space.role_of(owner.actor) or Role.FREEBUSY) < Role.READER:
                raise OwnerOutside(owner.name, space.name)
            writer = SpaceWriter(space, by=by, door=door, batch=batch)
            for contact in mine:
                guard(contact)
                if contact.owner_id != (owner.pk if owner else None):
                    writer.set_own(contact, owner=owner.pk if owner else None)
                    done += 1
            writer.flush()
    return done


def follow_up(
    contacts: Sequence[Contact],
    on: dt.date | None,
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    guard: Guard = _any,
) -> int:
    """Set the day on which somebody is to come back to `contacts`; return how many changed.

    Raises NotAllowed, and what `guard` raises.
    """

    def day(contact: Contact) -> Own:
        guard(contact)
        return on.isoformat() if on else None

    return _set_each(contacts, "follow_up", day, by=by, door=door, batch=batch)


def set_fields(
    contacts: Sequence[Contact],
    values: Mapping[Field, Value | None],
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    guard: Guard = _any,
) -> int:
    """Give `contacts` these values of own fields, None for none; return how many changed.

    Of a field that a contact's space does not have it is left as it is. Raises NotAllowed, NoSuchSpace, and what
    `guard` raises.
    """
    return set_fields_of([(contact, values) for contact in contacts], by=by, door=door, batch=batch, guard=guard)


def set_fields_of(
    given: Sequence[tuple[Contact, Mapping[Field, Value | None]]],
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
    guard: Guard = _any,
) -> int:
    """`set_fields` with values of its own for each contact."""
    contacts = [contact for contact, _ in given]
    values_of = {contact.pk: values for contact, values in given}
    regions = {contact.pk: contact.space.default_region for contact in contacts}
    derived = {pk: found for contact in contacts for pk, found in _derived_of([contact], regions[contact.pk]).items()}
    done = 0
    with writing({contact.space_id for contact in contacts}) as spaces:
        for space, mine in _afresh(spaces, contacts, by).items():
            writer = SpaceWriter(space, by=by, door=door, batch=batch)
            current = _current(mine, derived, space.default_region)
            for contact in mine:
                guard(contact)
                values = values_of[contact.pk].items()
                here = {str(field.pk): value for field, value in values if field.is_of(space.pk)}
                wanted = {**(contact.own or {}), **here}
                document = {number: value for number, value in wanted.items() if value is not None}
                if document != (contact.own or {}):
                    writer.set_own(contact, current[contact.pk], fields=document or None)
                    done += 1
            writer.flush()
    return done


def note_last_contact(
    contacts: Sequence[Contact], at: dt.datetime, *, by: Actor, door: Door, batch: Batch | None
) -> int:
    """Remember that somebody spoke or wrote with `contacts` at that instant; return of how many it is the latest.

    Raises NotAllowed.
    """

    def latest(contact: Contact) -> Own:
        return max(at, contact.last_contact_at or at).astimezone(dt.UTC).isoformat()

    return _set_each(contacts, "last_contact", latest, by=by, door=door, batch=batch)


def _set_each(
    contacts: Sequence[Contact],
    name: str,
    value: Callable[[Contact], Own],
    *,
    by: Actor,
    door: Door,
    batch: Batch | None,
) -> int:
    done = 0
    with writing({contact.space_id for contact in contacts}) as spaces:
        for space, mine in _afresh(spaces, contacts, by).items():
            writer = SpaceWriter(space, by=by, door=door, batch=batch)
            for contact in mine:
                if own_of(contact, name) != value(contact):
                    writer.set_own(contact, None, **{name: value(contact)})
                    done += 1
            writer.flush()
    return done


class OwnerOutside(StoreProblem):
    """This person does not see the space and cannot own a contact there."""

    def __init__(self, user: str, space: str) -> None:
        super().__init__(f"{user} does not see the space {space}")
        self.user, self.space = user, space


def retag(
    contacts: Sequence[Contact],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: Actor,
    door: Door,
    batch: Batch,
) -> int:
    """Add and remove tags in the cards' CATEGORIES; return how many cards changed. Those gone since are left out.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, TooLarge; then none of them is changed.
    """
    refuse_long_tags(add)

    def retagged(card: Card) -> Card:
        tags = [text.strip() for prop in card.properties("CATEGORIES") for text in prop.texts]
        return card.with_categories([tag for tag in dict.fromkeys([*tags, *add]) if tag and tag not in remove])

    return rewrite(contacts, retagged, by=by, door=door, batch=batch)


def rename_tag(contacts: Sequence[Contact], old: str, new: str, *, by: Actor, door: Door, batch: Batch) -> int:
    """Call the tag `old` `new`, in its place on each card that has it. As `retag`."""
    refuse_long_tags([new])
    return rewrite(contacts, lambda card: card.with_category_renamed(old, new), by=by, door=door, batch=batch)


def rename_organisation(contacts: Sequence[Contact], name: str, *, by: Actor, door: Door, batch: Batch) -> int:
    """Write another name of the organisation that each card names first; its units stay. As `retag`."""

    def renamed(card: Card) -> Card:
        prop = card.first("ORG")
        return card if prop is None else card.with_components(prop.index, [name, *prop.parts[1:]])

    return rewrite(contacts, renamed, by=by, door=door, batch=batch)


def rewrite(contacts: Sequence[Contact], change: Callable[[Card], Card], *, by: Actor, door: Door, batch: Batch) -> int:
    """Store what `change` makes of each card; return how many cards changed. Those gone since are left out.

    It may be called twice for a card that somebody else changes meanwhile. Give at most 500 contacts at a time.
    Raises NotAllowed, NoSuchSpace, StoreProblem; then none of them is changed.
    """
    current = Contact.objects.filter(pk__in=[contact.pk for contact in contacts], deleted_at=None)
    spaces = Space.objects.in_bulk({contact.space_id for contact in contacts})
    prepared = {pk: _rewritten(list(current.filter(space=pk)), space, change) for pk, space in spaces.items()}
    changed = 0
    with writing(spaces) as locked:
        for pk, space in locked.items():
            results = store_prepared(space, prepared[pk], batch=batch, by=by, door=door)
            overtaken = [result.href for result in results if isinstance(result, EditConflict)]
            if overtaken:  # written to since they were read: once more, now that nobody can come in between
                again = _rewritten(list(current.filter(space=pk, href__in=overtaken)), space, change)
                results = [result for result in results if not isinstance(result, EditConflict)]
                results += store_prepared(space, again, batch=batch, by=by, door=door)
            for result in results:
                if isinstance(result, Exception):
                    raise result
                changed += result.changed
    return changed


def refuse_long_tags(tags: Iterable[str]) -> None:
    """Raise TooLarge for a tag that would not be kept whole."""
    if any(len(tag) > MAX_TAG for tag in tags):
        raise TooLarge("tag", MAX_TAG)


def _rewritten(contacts: Sequence[Contact], space: Space, change: Callable[[Card], Card]) -> list[Prepared | Problem]:
    octets = octets_of(contact.content_id for contact in contacts)
    entries = [
        Entry(change(Card.parse(octets[contact.content_id])).octets, contact.href, contact.etag) for contact in contacts
    ]
    return prepare_many(entries, space.default_region)


def _afresh(spaces: dict[int, Space], contacts: Sequence[Contact], by: Actor) -> dict[Space, list[Contact]]:
    """The contacts as they are now, under the lock, by space; those gone or moved since are left out."""
    for space in spaces.values():
        require(space, by, Role.EDITOR)
    current = Contact.objects.filter(pk__in=[contact.pk for contact in contacts], deleted_at=None).order_by("pk")
    mine: dict[Space, list[Contact]] = {}
    for contact in current:
        if contact.space_id in spaces:
            mine.setdefault(spaces[contact.space_id], []).append(contact)
    return mine
