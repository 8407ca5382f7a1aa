"""What is done with notes and calls. Each act is undone by its batch."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db.models import Max
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.contacts.writing import SpaceWriter
from farley.conversations.mentions import mention
from farley.conversations.models import KINDS, MAX_LENGTH_S, MAX_NUMBER, MAX_TEXT, About, Call, Entry, Note
from farley.conversations.writing import EntryWriter
from farley.journal.models import Batch, Door
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

E = TypeVar("E", bound=Entry)
MAX_ABOUT = 50  # contacts of one entry
LATEST = dt.timedelta(minutes=5)  # clocks differ
_NOT_READABLE = re.compile(r"[\x00\ud800-\udfff]")


class BadEntry(ValueError):
    """An entry cannot be like that.

    `reason`: `empty`, `long` (its text), `number`, `length`, `ahead` (it has not happened yet), `nobody` (it is about
    none that are there), `many`, `apart` (the contacts lie in several spaces).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EntryConflict(ValueError):
    """Somebody has changed the entry since it was read. `current` is how it is now."""

    def __init__(self, current: Entry) -> None:
        super().__init__(f"{current.NOUN.label} {current.pk} was changed")
        self.current = current


def add(entry: E, contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch | None) -> E:
    """Store a new note or call about contacts of one space, whose editors may. Who is mentioned is told.

    Raises BadEntry, NotAllowed, NoSuchSpace.
    """
    _refuse(entry)
    with _among(contacts, by=by) as (space, current):
        EntryWriter(space, by=by, door=door, batch=batch).create(entry, [contact.pk for contact in current])
        mention(entry, former="", by=by)
        if isinstance(entry, Call):
            _note_contact(space, current, was=None, by=by, door=door, batch=batch)
    return entry


def change(
    entry: E, wanted: Mapping[str, Any], *, expected: int | None = None, by: Actor, door: Door, batch: Batch | None
) -> E:
    """Set values by name (`Entry.OWN`, and `contacts`, ids of contacts of its space). Who is newly mentioned is told.

    Raises BadEntry, NotAllowed, NoSuchSpace, EntryConflict where its revision is not `expected`, and
    `model.DoesNotExist` for one that is gone.
    """
    with _changing(entry, by=by) as (current, space):
        if expected is not None and current.revision != expected:
            raise EntryConflict(current)
        former, was_about, was_at = current.text, current.contact_ids, current.at
        _refuse(_with(current, wanted))
        wanted = dict(wanted)
        if "contacts" in wanted:
            wanted["contacts"] = _contacts_for(current, space, set(wanted["contacts"]))
        EntryWriter(space, by=by, door=door, batch=batch).put(current, wanted)
        mention(current, former=former, by=by)
        if isinstance(current, Call):
            touched = Contact.objects.filter(pk__in={*was_about, *current.contact_ids}, space=space, deleted_at=None)
            _note_contact(space, list(touched), was=was_at, by=by, door=door, batch=batch)
    return current


def delete(entry: Entry, *, by: Actor, door: Door, batch: Batch | None) -> None:
    """Take it out of the timelines. Raises NotAllowed, NoSuchSpace, `model.DoesNotExist`."""
    with _changing(entry, by=by) as (current, space):
        EntryWriter(space, by=by, door=door, batch=batch).put_live(current, is_live=False)
        if isinstance(current, Call):
            here = Contact.objects.filter(pk__in=current.contact_ids, space=space, deleted_at=None)
            _note_contact(space, list(here), was=current.at, by=by, door=door, batch=batch)


def move_along(
    source: Space, target: Space, contacts: Sequence[Contact], *, by: Actor, door: Door, batch: Batch | None
) -> None:
    """Contacts went from one locked space to another: what is about none that stayed goes along, deleted or not."""
    gone = {contact.pk for contact in contacts}
    leaving = EntryWriter(source, by=by, door=door, batch=batch)
    arriving = EntryWriter(target, by=by, door=door, batch=batch)
    for model in KINDS.values():
        entries = list(model.objects.filter(space=source).about(gone).select_for_update().order_by("pk"))
        about: dict[int, set[int]] = {}
        told = About.objects.filter(noun=model.NOUN, record__in=[entry.pk for entry in entries])
        for record, contact in told.values_list("record", "contact"):
            about.setdefault(record, set()).add(contact)
        staying = set(
            Contact.objects.filter(pk__in={pk for each in about.values() for pk in each} - gone, space=source)
            .values_list("pk", flat=True)
        )  # fmt: skip
        for entry in entries:
            if not about[entry.pk] & staying:
                leaving.move_out(entry)
                arriving.move_in(entry)


def _refuse(entry: Entry) -> None:
    """Raise BadEntry for values that cannot be kept."""
    if _NOT_READABLE.search(entry.text) or len(entry.text) > MAX_TEXT:
        raise BadEntry("long")
    if isinstance(entry, Note) and not entry.text.strip():
        raise BadEntry("empty")
    if isinstance(entry, Call):
        if len(entry.number) > MAX_NUMBER or _NOT_READABLE.search(entry.number):
            raise BadEntry("number")
        if entry.length_s is not None and not 0 <= entry.length_s <= MAX_LENGTH_S:
            raise BadEntry("length")
        if entry.at > timezone.now() + LATEST:
            raise BadEntry("ahead")


def _with(entry: Entry, wanted: Mapping[str, Any]) -> Entry:
    """A copy with these values, to be judged."""
    values = {name: getattr(entry, name) for name in entry.OWN}
    return type(entry)(**values | {name: value for name, value in wanted.items() if name in entry.OWN})


def _contacts_in(space: Space, pks: Sequence[int]) -> list[int]:
    found = sorted(Contact.objects.filter(pk__in=pks, space=space, deleted_at=None).values_list("pk", flat=True))
    if not found or len(found) < len(set(pks)):
        raise BadEntry("nobody")
    if len(found) > MAX_ABOUT:
        raise BadEntry("many")
    return found


def _contacts_for(entry: Entry, space: Space, pks: set[int]) -> list[int]:
    """Whom the entry is about from now on. Who was deleted or moved away meanwhile may stay, but not come."""
    was = set(entry.contact_ids)
    if new := pks - was:
        _contacts_in(space, sorted(new))
    if pks != was and not Contact.objects.filter(pk__in=pks, space=space, deleted_at=None).exists():
        raise BadEntry("nobody")
    if len(pks) > MAX_ABOUT:
        raise BadEntry("many")
    return sorted(pks)


@contextmanager
def _among(contacts: Sequence[Contact], *, by: Actor) -> Iterator[tuple[Space, list[Contact]]]:
    """The one space of these contacts, locked, and the contacts as they are now."""
    spaces = {contact.space_id for contact in contacts}
    if len(spaces) != 1:
        raise BadEntry("apart" if spaces else "nobody")
    with writing(spaces) as locked:
        [space] = locked.values()
        require(space, by, Role.EDITOR)
        current = Contact.objects.filter(pk__in=_contacts_in(space, [contact.pk for contact in contacts]))
        yield space, list(current.order_by("pk"))


@contextmanager
def _changing(entry: E, *, by: Actor) -> Iterator[tuple[E, Space]]:
    """The entry as it is now and its space, locked."""
    with writing([entry.space_id]) as locked:
        space = locked[entry.space_id]
        require(space, by, Role.EDITOR)
        current: E = type(entry).objects.select_for_update().get(pk=entry.pk, space=space, deleted_at=None)
        yield current, space


def _note_contact(
    space: Space, contacts: Sequence[Contact], *, was: dt.datetime | None, by: Actor, door: Door, batch: Batch | None
) -> None:
    """Have these contacts of a locked space remember when they were last spoken to.

    An instant that did not come from a call stays where it is later; the one that a call `was` at goes back to the
    call before.
    """
    counting = Call.objects.filter(space=space, deleted_at=None).exclude(outcome=Call.Outcome.MISSED)
    told = About.objects.filter(noun=Call.NOUN, contact__in=contacts, record__in=counting.values("pk"))
    newest = dict(told.values_list("contact").annotate(newest=Max("at")))
    writer = SpaceWriter(space, by=by, door=door, batch=batch)
    for contact in contacts:
        had, latest = contact.last_contact_at, newest.get(contact.pk)
        wanted = latest if had is None or had == was else max(had, latest or had)
        if wanted != had:
            writer.set_own(contact, last_contact=wanted.astimezone(dt.UTC).isoformat() if wanted else None)
    writer.flush()
