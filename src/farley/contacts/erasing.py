"""Erasing for good: the octets and all that was read out of them go, the acts stay. Nothing here can be undone.

What is told of a record afterwards: that it was made, changed and erased, when, by whom and through which door, the
hashes of its octets, and its tombstone with the href, which devices need in order to delete it, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import OperationalError, connection
from django.db.models import Model, Q, QuerySet

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb as EventVerb
from farley.accounts.events import note
from farley.accounts.roles import Role
from farley.codecs.vcard import Card, InvalidVCard
from farley.contacts.models import MAX_TAG, Contact, Tag, TagEntry
from farley.contacts.storing import octets_of
from farley.contacts.writing import SpaceWriter
from farley.journal.models import ERASED, Batch, Change, Content, Noun, Tombstone, Verb
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

GONE = "…"  # in place of a name in the title of an act
CHECKPOINT_TRIES = 20
_witnesses: list[Callable[[Traces], None]] = []
_tables: list[type[Model]] = []  # that those delete from, besides the contacts' own
_TELLING: dict[Noun, tuple[str, ...]] = {Noun.CONTACT: ("affiliations", "fields")}  # former own fields of a version


@dataclass(frozen=True, slots=True)
class Traces:
    """What a contact was called, its tags, and the acts that touched it: for whoever keeps more about it."""

    contact: Contact
    names: frozenset[str]
    tags: frozenset[str]
    batches: frozenset[int]
    uids: frozenset[str]
    addresses: frozenset[str]  # e-mail, folded; none where no person is erased
    is_person: bool  # not so where a rule takes away what was deleted
    space: Space  # where it lies, locked; as are all it has been in
    by: Actor
    door: Door


class NotConfirmed(ValueError):
    """What was typed is not what the contact is called."""


def on_erasing(forget: Callable[[Traces], None], *tables: type[Model]) -> None:
    """Have `forget` called in the transaction that erases a contact, before it is gone. Called by an AppConfig.ready.

    Files and the like must be such that deleting them twice, or for nothing, does no harm. `tables` are what it
    deletes from.
    """
    _witnesses.append(forget)
    _tables.extend(tables)


def tells(noun: Noun, *names: str) -> None:
    """Have it known which former own fields of a noun's changes say what was. Called once by an AppConfig.ready."""
    _TELLING[noun] = names


def confirmation_of(contact: Contact) -> str:
    """What must be typed to erase it: its name, or its UID where it has none."""
    return " ".join(contact.full_name.split()) or contact.uid


def erase(contact: Contact, *, confirmed: str, by: Actor, door: Door) -> None:
    """Erase a contact, deleted or not, with its whole history in every space it has been in.

    `confirmed` is what the user typed. Raises NotAllowed unless `by` manages its space, NoSuchSpace, NotConfirmed,
    and Contact.DoesNotExist where it is gone or has been moved.
    """
    if " ".join(confirmed.split()) != confirmation_of(contact):
        raise NotConfirmed
    with writing(spaces_of([contact.pk]) | {contact.space_id}) as spaces:
        space = spaces[contact.space_id]
        require(space, by, Role.MANAGER)
        contact = Contact.objects.get(pk=contact.pk, space=space)
        purge([contact], space, by=by, door=door, is_person=True)
        title = "" if space.is_private else space.title
        note(EventVerb.ERASED, by=by, door=door, subject=title, private=space.is_private)
    scrub()


def purge(contacts: Sequence[Contact], space: Space, *, by: Actor, door: Door, is_person: bool = False) -> None:
    """Erase contacts of a locked space, within its transaction. `scrub` follows when that is committed.

    `is_person`: and what others planned with them, which a rule about deleted records leaves.
    """
    overwrite_deleted()
    tags: set[str] = set()
    for contact in contacts:
        traces = _traces_of(contact, space, is_person=is_person, by=by, door=door)
        tags |= traces.tags
        for forget in _witnesses:
            forget(traces)
        _forget_acts(traces)
    writer = SpaceWriter(space, by=by, door=door, batch=None)
    for contact in contacts:
        writer.erase(contact)
    writer.flush()
    contents = contents_of([contact.pk for contact in contacts]) | {contact.content_id for contact in contacts}
    pks = [contact.pk for contact in contacts]
    Contact.objects.filter(pk__in=pks).delete()
    empty(contents)
    forget_own_fields(pks)
    been = spaces_of(pks) | {space.pk}
    for tag in Tag.objects.filter(space__in=been, name__in=tags):  # a word that only they had may say who they were
        if not TagEntry.objects.filter(tag=tag).exists():
            tag.delete()


def overwrite_deleted() -> None:
    """Have SQLite write zeros over what this connection deletes from now on; many builds of it do not."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def empty(contents: Iterable[int]) -> int:
    """Take the octets out of these Contents, by id; their hashes stay. Return how many had any."""
    return Content.objects.filter(pk__in=list(contents)).exclude(octets=b"").update(octets=b"")


def scrub() -> None:
    """Have the database forget what was deleted: what its log still holds goes, as far as nobody is reading it.

    SQLite: deleted values are overwritten with zeros (`secure_delete`) and the log is copied back and cut. PostgreSQL:
    old versions of rows are given free; the server overwrites them in its own time.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            if not connection.in_atomic_block:
                tables: list[type[Model]] = [Content, Contact, Change, Batch, Tombstone, *_tables]
                cursor.execute(f"VACUUM {', '.join(connection.ops.quote_name(t._meta.db_table) for t in tables)}")
            return
        for _ in range(CHECKPOINT_TRIES if not connection.in_atomic_block else 0):
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if not cursor.fetchone()[0]:
                    return
            except OperationalError:
                pass  # busy
            time.sleep(0.05)  # somebody reads an older state; the next checkpoint takes it along


def remaining_copies(folder_names: Iterable[str]) -> list[str]:
    """Of the files in a folder of backups, those that may still hold what was erased."""
    return sorted(name for name in folder_names if name.startswith("before-") or name.endswith(".farley"))


def _traces_of(contact: Contact, space: Space, *, is_person: bool, by: Actor, door: Door) -> Traces:
    names, tags, addresses = {" ".join(contact.full_name.split())}, set(), set()
    for octets in octets_of(contents_of([contact.pk]) | {contact.content_id}).values():
        try:
            card = Card.parse(octets)
        except InvalidVCard:  # emptied by a rule
            continue
        names.add(" ".join(card.full_name.split()))
        tags |= {text.strip()[:MAX_TAG] for prop in card.properties("CATEGORIES") for text in prop.texts}
        if is_person:
            addresses |= {prop.text.strip().removeprefix("mailto:").casefold() for prop in card.properties("EMAIL")}
    changes = Change.objects.of(Noun.CONTACT, contact.pk).exclude(batch=None)
    batches = frozenset(changes.values_list("batch", flat=True).distinct())
    former = Change.objects.of(Noun.CONTACT, contact.pk).filter(own_before__has_key="uid")
    uids = {contact.uid, *former.values_list("own_before__uid", flat=True)}
    return Traces(
        *(contact, frozenset(names - {""}), frozenset(tags), batches, frozenset(uids), frozenset(addresses - {""})),
        *(is_person, space, by, door),
    )


def _forget_acts(traces: Traces) -> None:
    """Acts are called after the people they were about."""
    touched = Batch.objects.filter(pk__in=traces.batches)
    linked = Batch.objects.filter(act=Batch.Act.LINK, touched__space=traces.contact.space_id)
    forget_in_titles({*touched, *linked}, traces.names)


def forget_in_titles(acts: Iterable[Batch], names: Iterable[str]) -> None:
    """Take these names out of what acts are called."""
    longest_first = sorted(names, key=len, reverse=True)
    for batch in acts:
        title = batch.title
        for name in longest_first:
            title = title.replace(name[:300], GONE)
        if title != batch.title:
            Batch.objects.filter(pk=batch.pk).update(title=title)


_WHO_IT_WAS = ("uid", "href")  # own fields of a change that say something of a person by themselves


def telling(changes: QuerySet[Change]) -> QuerySet[Change]:
    """Those that keep former own fields of a version."""
    any_of_them = Q(pk__in=[])
    for noun, names in _TELLING.items():
        any_of_them |= Q(noun=noun, own_before__has_any_keys=names)
    return changes.filter(any_of_them)


def thin_out(changes: Iterable[Change]) -> int:
    """Take the own fields of former versions out of these changes, and mark that they are gone. Return of how many."""
    return _forget(changes, {ERASED: True})


def forget_own_fields(pks: Sequence[int], noun: Noun = Noun.CONTACT) -> None:
    """Take what says who or what a record was out of its changes."""
    changes = Change.objects.filter(noun=noun, subject__in=pks).exclude(own_before=None)
    _forget(changes, {}, also=_WHO_IT_WAS)


def _forget(changes: Iterable[Change], mark: dict[str, bool], *, also: Sequence[str] = ()) -> int:
    done = 0
    for change in changes:
        own, names = change.own_before or {}, (*_TELLING.get(Noun(change.noun), ()), *also)
        kept = {name: value for name, value in own.items() if name not in names}
        if kept != own:
            Change.objects.filter(pk=change.pk).update(own_before=(kept | mark) or None)
            done += 1
    return done


def contents_of(pks: Sequence[int], noun: Noun = Noun.CONTACT) -> set[int]:
    """The former octets of these records, as ids of their Content."""
    changes = Change.objects.filter(noun=noun, subject__in=pks).exclude(before=None)
    return set(changes.values_list("before", flat=True))


def spaces_of(pks: Sequence[int], noun: Noun = Noun.CONTACT) -> set[int]:
    """The spaces these records came from and went to: what `purge` touches, besides where they are."""
    changes = Change.objects.filter(noun=noun, subject__in=pks, verb__in=(Verb.MOVED_OUT, Verb.MOVED_IN))
    return set(changes.values_list("space", flat=True))
