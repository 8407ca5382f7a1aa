"""All changes to the entries of calendars in one locked space, gathered and written together, and journaled."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.calendars.deriving import DERIVED_COLUMNS, Derived, Person
from farley.calendars.models import Attendee, Calendar, CalendarObject
from farley.database import rows
from farley.journal.models import Batch, Content, Door, Noun, Tombstone, Verb, hash_of
from farley.journal.writing import Grave, Written, append, bury, keep, unbury
from farley.search import writing as search
from farley.search.models import Texts, place
from farley.spaces.models import Space

OBJECT_COLUMNS = (
    "id", "calendar_id", "space_id", "href", "uid", "content_id", "sha256", "size", *DERIVED_COLUMNS,
    "revision", "octets_revision", "was_public", "created_at", "changed_at",
)  # fmt: skip
PERSON_COLUMNS = ("address", "name", "role", "partstat", "is_organiser")
ATTENDEE_KEY = ("object_id", "n")
ATTENDEE_COLUMNS = (*ATTENDEE_KEY, "calendar_id", *PERSON_COLUMNS)


class New(NamedTuple):
    """An object that is to be made."""

    calendar: int
    href: str
    sha256: bytes
    octets: bytes
    derived: Derived


def _is_public(derived: Derived) -> bool:
    return derived.classification == CalendarObject.Class.PUBLIC


class CalendarWriter:
    """Writes to one space, which is locked. Call the verbs in order, then `flush`.

    A revision is claimed with each verb, so the journal tells them in that order.
    """

    def __init__(self, space: Space, *, by: Actor, door: Door, batch: Batch | None) -> None:
        self.space, self.by, self.door, self.batch = space, by, door, batch
        self.at: dt.datetime = timezone.now()
        self._written: list[Written] = []
        self._created: list[tuple[Any, ...]] = []
        self._updates: dict[int, dict[str, Any]] = defaultdict(dict)
        self._people: dict[int, tuple[int, list[Person]]] = {}  # by object: its calendar, and whom it names from now on
        self._had: set[int] = set()  # objects that may have rows of people already
        self._said: dict[int, Texts] = {}  # by object: what search finds it by from now on
        self._new: set[int] = set()  # of these, those that search does not know yet
        self._unsaid: set[int] = set()  # objects that search finds here no more
        self._said_at: dict[int, dt.datetime] = {}  # when what is only derived anew was changed
        self._gone: dict[int, list[Grave]] = defaultdict(list)  # by calendar
        self._here: dict[int, list[str]] = defaultdict(list)
        self._hidden: dict[int, dict[str, int]] = defaultdict(dict)  # of these, by calendar, who is not told to readers
        self._newest: dict[int, int] = {}  # by calendar: the last revision that its clients must hear of
        self._ids: dict[type[models.Model], Callable[[], Sequence[int]]] = {}

    def expect(self, count: int) -> None:
        """Ask for the ids that so many new or replaced objects will need, so that they need not be waited for later."""
        if count:
            self._ids = {model: rows.ask_ids(model, count) for model in (CalendarObject, Content)}

    def keep(self, octets: Sequence[tuple[bytes, bytes]]) -> Sequence[int]:
        """Store (SHA-256, octets) that `replace` will refer to, or `create_many`; return the ids of their Content."""
        return keep(octets, ids=self._new_ids(Content, len(octets)))

    def create_many(self, new: Sequence[New]) -> list[tuple[int, int]]:
        """Create objects; return (id, revision) of each."""
        if not new:
            return []
        ids = self._new_ids(CalendarObject, len(new))
        contents = self.keep([(each.sha256, each.octets) for each in new])
        space, made = self.space.pk, []
        for pk, content, (calendar, href, sha256, octets, derived) in zip(ids, contents, new, strict=True):
            revision = self._write(Verb.CREATED, pk)
            self._created.append(
                (
                    pk, calendar, space, href, derived.uid, content, sha256, len(octets),
                    *derived.columns, revision, revision, _is_public(derived), self.at, self.at,
                )
            )  # fmt: skip
            self._people[pk] = (calendar, derived.people)
            self._said[pk] = derived.search
            self._new.add(pk)
            self._arrived(calendar, href, revision)
            if not _is_public(derived):
                self._hidden[calendar][href] = pk
            made.append((pk, revision))
        return made

    def replace(self, entry: CalendarObject, octets: bytes, derived: Derived, *, content: int) -> int:
        """Put `octets`, which lie in `content`, in place of the entry's; return the revision."""
        own = {"uid": entry.uid} if derived.uid != entry.uid else None
        revision = self._write(Verb.CHANGED, entry.pk, entry.content_id, own)
        update: dict[str, Any] = dict(zip(DERIVED_COLUMNS, derived.columns, strict=True))
        update |= {"uid": derived.uid, "content_id": content, "sha256": hash_of(octets), "size": len(octets)}
        update["was_public"] = entry.was_public or _is_public(derived)
        self._change(entry, revision, **update)
        self._note_people(entry, entry.calendar_id, derived)
        self._newest[entry.calendar_id] = revision
        return revision

    def rename(self, entry: CalendarObject, href: str) -> int:
        """Another address in the same calendar."""
        revision = self._write(Verb.SET, entry.pk, own={"href": entry.href})
        self._change(entry, revision, href=href)
        self._left(entry, revision)
        self._arrived(entry.calendar_id, href, revision)
        if not entry.was_public:
            self._hidden[entry.calendar_id][href] = entry.pk
        return revision

    def delete(self, entry: CalendarObject) -> int:
        """Take the entry out of its calendar; the row stays and can be restored."""
        revision = self._write(Verb.DELETED, entry.pk, entry.content_id)
        self._change(entry, revision, deleted_at=self.at)
        self._note_people(entry, entry.calendar_id, None)
        self._left(entry, revision)
        return revision

    def erase(self, entry: CalendarObject) -> int:
        """Take all that was read out of the entry away, whose row and octets follow (`erasing.purge`)."""
        revision = self._write(Verb.ERASED, entry.pk, entry.content_id)
        self._note_people(entry, entry.calendar_id, None)
        if not entry.is_deleted:  # else its href may be another's by now
            self._left(entry, revision)
        return revision

    def restore(self, entry: CalendarObject, derived: Derived, *, href: str) -> int:
        """Bring a deleted entry back, at `href`."""
        revision = self._write(Verb.RESTORED, entry.pk)
        self._change(entry, revision, deleted_at=None, href=href)
        self._note_people(entry, entry.calendar_id, derived)
        self._arrived(entry.calendar_id, href, revision)
        if not entry.was_public:
            self._hidden[entry.calendar_id][href] = entry.pk
        return revision

    def move_out(self, entry: CalendarObject) -> int:
        """The first half of a move: the entry leaves its calendar. `move_in` follows, of this writer or another's."""
        self._unsaid.add(entry.pk)
        before = {"space": self.space.pk, "calendar": entry.calendar_id, "href": entry.href}
        revision = self._write(Verb.MOVED_OUT, entry.pk, own=before)
        self._left(entry, revision)
        return revision

    def move_in(self, entry: CalendarObject, calendar: int, derived: Derived, *, href: str) -> int:
        revision = self._write(Verb.MOVED_IN, entry.pk)
        self._change(
            entry, revision, space_id=self.space.pk, calendar_id=calendar, href=href, was_public=_is_public(derived)
        )
        self._note_people(entry, calendar, derived)
        self._arrived(calendar, href, revision)
        if not _is_public(derived):
            self._hidden[calendar][href] = entry.pk
        return revision

    def rederive(self, entry: CalendarObject, derived: Derived) -> None:
        """Write derived columns and rows anew: no revision, nothing for the journal or a client to see."""
        update = dict(zip(DERIVED_COLUMNS, derived.columns, strict=True))
        self._updates[entry.pk] |= update | {"sha256": hash_of(entry.content.data)}
        self._note_people(entry, entry.calendar_id, derived)
        self._said_at[entry.pk] = entry.changed_at

    def flush(self) -> None:
        """Write everything. Rows that did not change are not touched."""
        rows.insert(CalendarObject, OBJECT_COLUMNS, self._created)
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for pk, update in self._updates.items():
            alike[tuple(update)].append((*update.values(), pk))
        for columns, values in alike.items():
            rows.update(CalendarObject, columns, values)
        self._flush_people()
        self._flush_search()
        for calendar, gone in self._gone.items():
            bury(self.space, Noun.CALENDAR_OBJECT, gone, collection=calendar)
        self._note_known()
        for calendar, here in self._here.items():
            unbury(self.space, Noun.CALENDAR_OBJECT, here, collection=calendar)
        rows.update(Calendar, ("octets_revision",), [(revision, pk) for pk, revision in self._newest.items()])
        append(
            self.space, Noun.CALENDAR_OBJECT, self._written, by=self.by, door=self.door, batch=self.batch, at=self.at
        )  # fmt: skip
        for done in (
            self._written,
            self._created,
            self._updates,
            self._people,
            self._had,
            self._gone,
            self._here,
            self._hidden,
        ):
            done.clear()
        for told in (self._newest, self._said, self._new, self._unsaid, self._said_at):
            told.clear()

    def _new_ids(self, model: type[models.Model], count: int) -> Sequence[int]:
        claimed = self._ids.pop(model, list)()
        if len(claimed) < count:
            claimed = rows.ask_ids(model, count)()
        rest = claimed[count:]
        self._ids[model] = lambda: rest
        return claimed[:count]

    def _write(self, verb: Verb, subject: int, before: int | None = None, own: dict[str, Any] | None = None) -> int:
        self._written.append(Written(verb, subject, before, own))
        return self.space.revision + len(self._written)

    def _change(self, entry: CalendarObject, revision: int, **columns: Any) -> None:
        columns |= {"revision": revision, "octets_revision": revision, "changed_at": self.at}
        self._updates[entry.pk] |= columns

    def _arrived(self, calendar: int, href: str, revision: int) -> None:
        self._here[calendar].append(href)
        self._newest[calendar] = revision

    def _left(self, entry: CalendarObject, revision: int) -> None:
        self._gone[entry.calendar_id].append(Grave(entry.href, revision, is_hidden=not entry.was_public))
        self._newest[entry.calendar_id] = revision

    def _note_people(self, entry: CalendarObject, calendar: int, derived: Derived | None) -> None:
        self._people[entry.pk] = (calendar, derived.people if derived else [])
        self._had.add(entry.pk)
        if derived is not None:
            self._said[entry.pk] = derived.search
        else:
            self._said.pop(entry.pk, None)
            self._unsaid.add(entry.pk)

    def _note_known(self) -> None:
        """Who is not told to readers, but lies where one lay that was: they must hear that it is gone."""
        for calendar, hidden in self._hidden.items():
            where = {"space_id": self.space.pk, "noun": int(Noun.CALENDAR_OBJECT), "collection": calendar}
            told = rows.select(Tombstone, ("href",), where | {"href": [*hidden], "is_hidden": False})
            rows.update(CalendarObject, ("was_public",), [(True, hidden[href]) for (href,) in told])

    def _flush_search(self) -> None:
        search.remove([self._place(pk) for pk in sorted(self._unsaid - self._said.keys())])
        written: dict[bool, list[search.Written]] = {True: [], False: []}
        for pk, said in sorted(self._said.items()):
            at = int(self._said_at.get(pk, self.at).timestamp())
            written[pk in self._new].append((self._place(pk), said.name, said.text, said.fields, at))
        search.add(written[True])
        search.replace(written[False])

    def _place(self, pk: int) -> int:
        return place(self.space.pk, Noun.CALENDAR_OBJECT, pk)

    def _flush_people(self) -> None:
        wanted = {
            (pk, n): (calendar, *person)
            for pk, (calendar, people) in self._people.items()
            for n, person in enumerate(people)
        }
        found = rows.select(Attendee, ATTENDEE_COLUMNS, {"object_id": sorted(self._had)})
        former = {(pk, n): (calendar, *person[:-1], bool(person[-1])) for pk, n, calendar, *person in found}
        rows.delete(Attendee, ATTENDEE_KEY, [key for key in former if key not in wanted])
        changed = [(*key, *row) for key, row in sorted(wanted.items()) if former.get(key) != row]
        if self._had:
            rows.upsert(Attendee, ATTENDEE_KEY, ATTENDEE_COLUMNS, changed)
        else:
            rows.insert(Attendee, ATTENDEE_COLUMNS, changed)
