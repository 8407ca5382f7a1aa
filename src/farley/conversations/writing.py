"""What every write of an entry ends in: the record, its places in timelines, its words for search, the journal.

All in locked spaces, within their transaction; who may is judged before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.conversations.models import About, Entry
from farley.journal.models import Batch, Door, Verb
from farley.journal.writing import Written, append
from farley.notifications import operations as notifications
from farley.search import writing as search
from farley.search.models import Texts, place, texts
from farley.spaces.models import Space

Own = Mapping[str, Any]  # values as the record has them; `contacts` is a sorted list of ids


class EntryWriter:
    """Writes to one space, which is locked; each verb is a Change."""

    def __init__(self, space: Space, *, by: Actor, door: Door, batch: Batch | None) -> None:
        self.space, self.by, self.door, self.batch = space, by, door, batch
        self.at: dt.datetime = timezone.now()

    def create(self, entry: Entry, contacts: Sequence[int]) -> None:
        """Store an entry that is not stored yet."""
        entry.space, entry.revision = self.space, self.space.revision + 1
        entry.author, entry.author_label = self.by.user, self.by.label[:200]
        entry.created_at = entry.changed_at = self.at
        entry.save(force_insert=True)
        _place(entry, contacts)
        self._index([entry])
        self._journal(entry, Verb.CREATED)

    def put(self, entry: Entry, wanted: Own) -> bool:
        """Set what differs; False where nothing did."""
        former = {name: now for name in wanted if (now := own_of(entry, name)) != wanted[name]}
        if not former:
            return False
        columns = [name for name in former if name != "contacts"]
        for name in columns:
            setattr(entry, name, wanted[name])
        self._change(entry, *columns)
        _place(entry, wanted.get("contacts", entry.contact_ids))
        if entry.deleted_at is None:
            self._index([entry])
        self._journal(entry, Verb.SET, {name: written(value) for name, value in former.items()})
        return True

    def put_live(self, entry: Entry, *, is_live: bool) -> bool:
        """Take it away or bring it back; False where it is so already."""
        if (entry.deleted_at is None) is is_live:
            return False
        entry.deleted_at = None if is_live else self.at
        self._change(entry, "deleted_at")
        if is_live:
            self._index([entry])
        else:
            search.remove([_place_of(entry)])
            notifications.withdraw(entry.NOUN, [entry.pk])
        self._journal(entry, Verb.RESTORED if is_live else Verb.DELETED)
        return True

    def move_out(self, entry: Entry) -> None:
        """The first half of a move; `move_in` of the other space's writer follows."""
        search.remove([_place_of(entry)])
        self._journal(entry, Verb.MOVED_OUT, {"space": self.space.pk})

    def move_in(self, entry: Entry) -> None:
        entry.space = self.space
        self._change(entry, "space")
        notifications.move(entry.NOUN, entry.pk, self.space.pk)
        if entry.deleted_at is None:
            self._index([entry])
        self._journal(entry, Verb.MOVED_IN)

    def index_again(self, entries: Sequence[Entry]) -> None:
        """Write anew what search finds them by: no revision, nothing for the journal."""
        self._index(entries)

    def _change(self, entry: Entry, *columns: str) -> None:
        entry.revision, entry.changed_at = self.space.revision + 1, self.at
        entry.save(update_fields=[*columns, "revision", "changed_at"])

    def _index(self, entries: Sequence[Entry]) -> None:
        search.replace([(_place_of(entry), *said_by(entry), int(entry.changed_at.timestamp())) for entry in entries])

    def _journal(self, entry: Entry, verb: Verb, former: dict[str, Any] | None = None) -> None:
        told = [Written(verb, entry.pk, own_before=former)]
        append(self.space, entry.NOUN, told, by=self.by, door=self.door, batch=self.batch, at=self.at)


def own_of(entry: Entry, name: str) -> Any:
    """A value of the entry as `EntryWriter.put` takes it."""
    return entry.contact_ids if name == "contacts" else getattr(entry, name)


def written(value: Any) -> Any:
    """A value as the journal keeps it."""
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value


def read(name: str, value: Any) -> Any:
    """A value that the journal kept, as the record has it."""
    return dt.datetime.fromisoformat(value) if name == "at" else value


def said_by(entry: Entry) -> Texts:
    """What search finds an entry by."""
    return texts("", f"{getattr(entry, 'number', '')} {entry.text}".replace("\0", " "), {})


def purge(model: type[Entry], entries: Iterable[Entry]) -> None:
    """Take entries away for good, deleted or not. Their changes stay in the journal, of which the caller takes care."""
    gone = list(entries)
    pks = [entry.pk for entry in gone]
    search.remove([_place_of(entry) for entry in gone])
    notifications.withdraw(model.NOUN, pks)
    About.objects.filter(noun=model.NOUN, record__in=pks).delete()
    model.objects.filter(pk__in=pks).delete()


def _place(entry: Entry, contacts: Sequence[int]) -> None:
    """Have the entry stand in the timelines of just these contacts."""
    places = About.objects.filter(noun=entry.NOUN, record=entry.pk)
    places.exclude(contact__in=contacts).delete()
    order = {"is_pinned": getattr(entry, "is_pinned", False), "at": entry.at}
    places.update(**order)
    there = set(places.values_list("contact_id", flat=True))
    new = [About(contact_id=pk, noun=entry.NOUN, record=entry.pk, **order) for pk in contacts if pk not in there]
    About.objects.bulk_create(new)


def _place_of(entry: Entry) -> int:
    return place(entry.space_id, entry.NOUN, entry.pk)
