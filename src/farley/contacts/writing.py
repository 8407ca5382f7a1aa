"""All changes to contacts of one locked space, gathered and written together: records, rows, journal."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.contacts.deriving import DERIVED_COLUMNS, Derived, Row
from farley.contacts.external_ids import remember
from farley.contacts.models import MAX_TAG, Contact, IndexRow, Tag, TagEntry, Thumbnail, bare_uid
from farley.database import rows
from farley.fields.models import Document, Value
from farley.fields.values import NOTHING, Had, had_in, searched_too
from farley.journal.models import Batch, Change, Content, Door, Noun, Verb, hash_of
from farley.journal.writing import Grave, Written, append, bury, keep, unbury
from farley.search import writing as search
from farley.search.models import Entry, place
from farley.spaces.models import Space

CONTACT_COLUMNS = (
    "id", "space_id", "href", "uid", "uid_key", "content_id", "sha256", "size", *DERIVED_COLUMNS,
    "owner_id", "organisation_id", "revision", "octets_revision", "created_at", "changed_at",
)  # fmt: skip
ROW_COLUMNS = ("contact_id", "n", "space_id", "kind", "value", "norm")
TABLES = (Contact, IndexRow, TagEntry, Entry, Change, Content)  # that grow with every contact
OWN_COLUMNS = {
    "owner": "owner_id",
    "organisation": "organisation_id",
    "follow_up": "follow_up_on",
    "last_contact": "last_contact_at",
    "fields": "own",
}
Own = int | str | Document | None  # as the journal keeps it: days and instants are texts
LINKED_AT_ONCE = 500  # people of new organisations a transaction: for any more, others would have to wait


class SpaceWriter:
    """Writes to one space, which is locked. Call the verbs in order, then `flush` once.

    A revision is claimed with each verb, so the journal tells them in that order.
    """

    def __init__(self, space: Space, *, by: Actor, door: Door, batch: Batch | None) -> None:
        self.space, self.by, self.door, self.batch = space, by, door, batch
        self.at: dt.datetime = timezone.now()
        self._written: list[Written] = []
        self._created: list[tuple[Any, ...]] = []
        self._updates: dict[int, dict[str, Any]] = defaultdict(dict)
        self._derived: dict[int, Derived] = {}
        self._before: dict[int, Contact] = {}  # contacts whose derived rows exist, as they were
        self._new_rows: set[int] = set()  # contacts that have no derived rows yet
        self._changed_at: dict[int, int] = {}  # of those of them that are not new themselves
        self._gone: list[Grave] = []
        self._here: list[str] = []
        self._own: dict[int, Document | None] = {}  # values of own fields of those whose derived rows are written
        self._had: dict[int, Had] = {}  # of them what is for this space to find
        self._organisations: list[tuple[int, Derived]] = []
        self._tags: Callable[[], list[tuple[Any, ...]]] = list  # those asked for ahead, with their ids
        self._ids: dict[type[models.Model], Callable[[], Sequence[int]]] = {}  # likewise, for rows that will be new

    def expect(self, derived: Sequence[Derived]) -> None:
        """Ask for what creating or replacing these will need, so that it need not be waited for later."""
        if names := {tag for each in derived for tag in each.tags}:
            self._tags = rows.ask(Tag, ("name", "id"), {"space_id": self.space.pk, "name": sorted(names)})
        if derived:
            self._ids = {model: rows.ask_ids(model, len(derived)) for model in (Contact, Content)}

    def _new_ids(self, model: type[models.Model], count: int) -> Sequence[int]:
        claimed = self._ids.pop(model, list)()
        if len(claimed) < count:
            claimed = rows.ask_ids(model, count)()
        rest = claimed[count:]
        self._ids[model] = lambda: rest
        return claimed[:count]

    def keep(self, octets: Sequence[tuple[bytes, bytes]]) -> Sequence[int]:
        """Store (SHA-256, octets) that `replace` will refer to, or `create_many`; return the ids of their Content."""
        return keep(octets, ids=self._new_ids(Content, len(octets)))

    @property
    def _revision(self) -> int:
        return self.space.revision + len(self._written)

    def _write(self, verb: Verb, subject: int, before: int | None = None, own: dict[str, Any] | None = None) -> int:
        self._written.append(Written(verb, subject, before, own))
        return self._revision

    def create_many(
        self, new: Sequence[tuple[str, str, bytes, bytes, Derived, int | None]], *, organisations: dict[str, int]
    ) -> list[tuple[int, int]]:
        """Create contacts from (href, uid, SHA-256, octets, derived, owner); return (id, revision) of each."""
        if not new:
            return []
        ids = self._new_ids(Contact, len(new))
        organisations = organisations | {
            derived.organisation_key: pk
            for pk, (_, _, _, _, derived, _) in reversed([*zip(ids, new, strict=True)])
            if derived.kind == Contact.Kind.ORG and derived.organisation_key not in organisations
        }
        contents = self.keep([(sha256, octets) for _, _, sha256, octets, _, _ in new])
        space, made = self.space.pk, []
        for pk, content, (href, uid, sha256, octets, derived, owner) in zip(ids, contents, new, strict=True):
            revision = self._write(Verb.CREATED, pk)
            organisation = organisations.get(derived.organisation_key) if derived.kind != Contact.Kind.ORG else None
            self._created.append(
                (
                    pk, space, href, uid, bare_uid(uid), content, sha256, len(octets),
                    *derived.columns, owner, organisation, revision, revision, self.at, self.at,
                )
            )  # fmt: skip
            self._index_new(pk, derived)
            self._here.append(href)
            made.append((pk, revision))
        return made

    def replace(
        self,
        contact: Contact,
        octets: bytes,
        derived: Derived,
        *,
        content: int,
        own: Mapping[str, Own] | None = None,
        uid: str | None = None,
    ) -> int:
        """Put `octets`, which lie in `content`, in place of the contact's; return the revision.

        `own` holds own fields that change with them, by name; `uid` is for octets that have none.
        """
        own = own or {}
        own_before: dict[str, Any] = {name: own_of(contact, name) for name in own}
        uid = derived.uid or uid or contact.uid
        if uid != contact.uid:
            own_before["uid"] = contact.uid
        revision = self._write(Verb.CHANGED, contact.pk, contact.content_id, own_before or None)
        update: dict[str, Any] = dict(zip(DERIVED_COLUMNS, derived.columns, strict=True))
        update |= _columns_of(own)
        update |= {"content_id": content, "sha256": hash_of(octets), "size": len(octets)}
        if uid != contact.uid:
            update |= {"uid": uid, "uid_key": bare_uid(uid)}
        self._change(contact, revision, octets_changed=True, **update)
        self._index_again(contact, derived, own=own.get("fields", contact.own))
        return revision

    def set_own(self, contact: Contact, derived: Derived | None = None, /, **own: Own) -> int:
        """Set own fields; return the revision. No client downloads anything for it.

        `fields` (values of own fields) are searched, and need what is `derived` of the card.
        """
        revision = self._write(Verb.SET, contact.pk, own={name: own_of(contact, name) for name in own})
        self._change(contact, revision, **_columns_of(own))
        if "fields" in own:
            assert derived is not None
            self._index_again(contact, derived, own=own["fields"])
        return revision

    def set_beside(self, contact: Contact, **before: Any) -> int:
        """Journal own data that lies in a table of its own, with how it was; the caller changes it."""
        revision = self._write(Verb.SET, contact.pk, own=before)
        self._change(contact, revision)
        return revision

    def rename(self, contact: Contact, href: str) -> int:
        """Another address in the same collection."""
        revision = self._write(Verb.SET, contact.pk, own={"href": contact.href})
        self._change(contact, revision, octets_changed=True, href=href)
        self._gone.append(Grave(contact.href, revision))
        self._here.append(href)
        return revision

    def delete(self, contact: Contact) -> int:
        """Take the contact out of the collection; the row stays and can be restored."""
        revision = self._write(Verb.DELETED, contact.pk, contact.content_id)
        self._change(contact, revision, octets_changed=True, deleted_at=self.at)
        self._before[contact.pk] = contact
        self._gone.append(Grave(contact.href, revision))
        return revision

    def erase(self, contact: Contact) -> int:
        """Take all that was read out of the contact away, whose row and octets follow (`erasing.purge`)."""
        revision = self._write(Verb.ERASED, contact.pk, contact.content_id)
        self._before[contact.pk] = contact
        if not contact.is_deleted:  # else its href may be another's by now
            self._gone.append(Grave(contact.href, revision))
        return revision

    def restore(self, contact: Contact, derived: Derived, *, href: str) -> int:
        """Bring a deleted contact back, at `href`."""
        revision = self._write(Verb.RESTORED, contact.pk)
        self._change(contact, revision, octets_changed=True, deleted_at=None, href=href)
        self._index_new(contact.pk, derived, own=contact.own)
        self._here.append(href)
        return revision

    def move_out(self, contact: Contact, **own: Own) -> int:
        """The first half of a move: the record leaves this space. `move_in` of the other one follows.

        `own` holds what the own fields will be there, by name.
        """
        before: dict[str, Any] = {"space": self.space.pk, "href": contact.href}
        before |= {name: old for name in own if (old := own_of(contact, name)) != own[name]}
        revision = self._write(Verb.MOVED_OUT, contact.pk, own=before)
        self._before[contact.pk] = contact
        self._gone.append(Grave(contact.href, revision))
        return revision

    def move_in(self, contact: Contact, derived: Derived, *, href: str, **own: Own) -> int:
        revision = self._write(Verb.MOVED_IN, contact.pk)
        self._change(contact, revision, octets_changed=True, space_id=self.space.pk, href=href, **_columns_of(own))
        self._index_new(contact.pk, derived, own=own.get("fields", contact.own))
        self._here.append(href)
        return revision

    def rederive(self, contact: Contact, derived: Derived) -> None:
        """Write derived columns and rows anew: no revision, nothing for the journal or a client to see."""
        update = dict(zip(DERIVED_COLUMNS, derived.columns, strict=True))
        self._updates[contact.pk] |= update | {
            "sha256": hash_of(contact.content.data),
            "uid_key": bare_uid(contact.uid),
        }
        self._index_again(contact, derived, own=contact.own)

    def index(self, contact: Contact, derived: Derived) -> None:
        """Write the derived rows of a contact that has none, and leave all else of it as it is."""
        self._changed_at[contact.pk] = int(contact.changed_at.timestamp())
        self._derived[contact.pk] = derived
        self._new_rows.add(contact.pk)
        if contact.own:
            self._own[contact.pk] = contact.own

    def flush(self) -> None:
        """Write everything. Rows that did not change are not touched."""
        rows.insert(Contact, CONTACT_COLUMNS, self._created)
        remember((pk, self._derived[pk].external_ids) for pk, *_ in self._created)
        self._flush_updates()
        self._flush_rows()
        self._link_people()
        bury(self.space, Noun.CONTACT, self._gone)
        if self._here:
            unbury(self.space, Noun.CONTACT, self._here)
        append(
            self.space, Noun.CONTACT, self._written, by=self.by, door=self.door, batch=self.batch, at=self.at
        )  # fmt: skip
        self._written.clear()

    def _change(self, contact: Contact, revision: int, *, octets_changed: bool = False, **columns: Any) -> None:
        update = self._updates[contact.pk]
        update |= columns
        update |= {"revision": revision, "changed_at": self.at}
        if octets_changed:
            update["octets_revision"] = revision

    def _index_new(self, pk: int, derived: Derived, own: Any = None) -> None:
        self._derived[pk] = derived
        if own:
            self._own[pk] = own
        self._new_rows.add(pk)
        if derived.kind == Contact.Kind.ORG:
            self._organisations.append((pk, derived))

    def _index_again(self, contact: Contact, derived: Derived, own: Any) -> None:
        self._derived[contact.pk] = derived
        if own or contact.own:
            self._own[contact.pk] = own
        if contact.pk not in self._new_rows:
            self._before[contact.pk] = contact
        if derived.kind == Contact.Kind.ORG and derived.organisation_key != contact.organisation_key:
            self._organisations.append((contact.pk, derived))

    def _link_people(self) -> None:
        """Link who named an organisation before it was there."""
        if not self._organisations:
            return
        by_key = {derived.organisation_key: pk for pk, derived in reversed(self._organisations)}
        by_key.pop("", None)
        if self.link(by_key) == LINKED_AT_ONCE:
            from farley.contacts.linking import link_people  # it writes through this module

            link_people.enqueue(self.space.pk, sorted(by_key.values()))

    def link(self, organisations: dict[str, int]) -> int:
        """Link people to the organisations they name, given by folded name; return how many: LINKED_AT_ONCE at most."""
        people = people_to_link(self.space, organisations)[:LINKED_AT_ONCE]
        # changed_at stays: nobody did anything to these people
        linked = [
            (organisations[key], self._write(Verb.SET, pk, own={"organisation": before}), pk)
            for pk, key, before in people
        ]
        rows.update(Contact, ("organisation_id", "revision"), linked)
        return len(linked)

    def _flush_updates(self) -> None:
        renamed = [pk for pk, update in self._updates.items() if "uid" in update]
        if len(self._updates) > 1:  # two may exchange their UIDs, and a unique index looks at each row by itself
            rows.update(Contact, ("uid",), [(f"\x01{pk}", pk) for pk in renamed])
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for pk, update in self._updates.items():
            alike[tuple(update)].append((*update.values(), pk))
        for columns, values in alike.items():
            rows.update(Contact, columns, values)

    def _flush_rows(self) -> None:
        old = self._old_rows([pk for pk in self._before if pk not in self._new_rows])
        derived, space = self._derived, self.space.pk  # `pk` is looked up anew each time, which adds up
        added: list[tuple[Any, ...]] = []
        removed: list[tuple[int, int]] = []
        changed: list[tuple[Any, ...]] = []
        self._had = had_in(space, self._own)
        for pk in sorted(self._new_rows):  # as they will lie
            added += [(pk, n, space, *row) for n, row in enumerate(derived[pk].rows)]
        for pk, former in old.items():
            now = dict(enumerate(derived[pk].rows)) if pk in derived else {}
            changed += [(pk, n, space, *row) for n, row in now.items() if former.get(n) != row]
            removed += [(pk, n) for n in former if n not in now]
        rows.delete(IndexRow, ("contact_id", "n"), removed)
        rows.insert(IndexRow, ROW_COLUMNS, added)
        rows.upsert(IndexRow, ("contact_id", "n"), ROW_COLUMNS, changed)
        self._flush_tags(old)
        self._flush_search()
        self._flush_values()
        self._flush_thumbnails()

    def _old_rows(self, pks: list[int]) -> dict[int, dict[int, Row]]:
        old: dict[int, dict[int, Row]] = {pk: {} for pk in pks}
        columns = ("contact_id", "n", "kind", "value", "norm")
        for pk, n, kind, value, norm in rows.select(IndexRow, columns, {"contact_id": pks}):
            old[pk][n] = (kind, value, norm)
        return old

    def _flush_tags(self, old: dict[int, dict[int, Row]]) -> None:
        before = {
            ((row[1] or row[2])[:MAX_TAG], self._before[pk].sort_key, pk)
            for pk, former in old.items()
            for row in former.values()
            if row[0] == IndexRow.Kind.TAG
        }
        now = {
            (tag, d.sort_key, pk)
            for pk, d in self._derived.items()
            if pk in self._new_rows or pk in old
            for tag in d.tags
        }
        ids = self._tag_ids({name for name, _, _ in before ^ now})
        key = ("tag_id", "sort_key", "contact_id")
        rows.delete(TagEntry, key, [(ids[name], sort_key, pk) for name, sort_key, pk in before - now])
        added = sorted((ids[name], sort_key, pk) for name, sort_key, pk in now - before)
        rows.insert(TagEntry, key, [entry for entry in added if entry[2] in self._new_rows])
        rows.upsert(TagEntry, key, key, [entry for entry in added if entry[2] not in self._new_rows])

    def _tag_ids(self, names: set[str]) -> dict[str, int]:
        if not names:
            return {}
        ids: dict[str, int] = dict(self._tags())
        self._tags = list
        if unknown := sorted(names - ids.keys()):
            ids |= rows.select(Tag, ("name", "id"), {"space_id": self.space.pk, "name": unknown})
        for name in sorted(names - ids.keys()):
            ids[name] = Tag.objects.create(space=self.space, name=name).pk
        return ids

    def _flush_search(self) -> None:
        search.remove([self._place(pk) for pk in self._before if pk not in self._derived])
        at = int(self.at.timestamp())
        new: list[search.Written] = []
        again: list[search.Written] = []
        first = self._place(0)
        for pk, derived in self._derived.items():
            said, is_new = searched_too(derived.search, self._had.get(pk, NOTHING)), pk in self._new_rows
            changed_at = at if is_new or "revision" in self._updates[pk] else self._seconds(pk)
            changed_at = self._changed_at.get(pk, changed_at)
            (new if is_new else again).append((first | pk, said.name, said.text, said.fields, changed_at))
        search.add(new)
        search.replace(again)

    def _place(self, pk: int) -> int:
        return place(self.space.pk, Noun.CONTACT, pk)

    def _seconds(self, pk: int) -> int:
        """When a contact last changed whose rows alone are derived anew."""
        return int(self._before[pk].changed_at.timestamp())

    def _flush_values(self) -> None:
        gone = [pk for pk, contact in self._before.items() if contact.own and pk not in self._derived]
        if touched := [*self._had, *gone]:
            former = [(pk, field) for pk, field in rows.select(Value, ("record", "field_id"), {"record": touched})]
            rows.delete(Value, ("record", "field_id"), former)
        norms = [(pk, had.norms) for pk, had in self._had.items()]
        kept = [(pk, field, self.space.pk, norm) for pk, mine in norms for field, norm in mine.items()]
        rows.insert(Value, ("record", "field_id", "space_id", "norm"), kept)

    def _flush_thumbnails(self) -> None:
        gone = [pk for pk, c in self._before.items() if c.has_photo and not _has_photo(self._derived.get(pk))]
        if gone:
            Thumbnail.objects.filter(pk__in=gone).delete()
        rows.upsert(
            Thumbnail,
            ("contact_id",),
            ("contact_id", "webp"),
            [(pk, d.thumbnail) for pk, d in self._derived.items() if d.thumbnail is not None],
        )


def own_of(contact: Contact, name: str) -> Own:
    """An own field as the journal keeps it."""
    value = getattr(contact, OWN_COLUMNS[name])
    told: Own = value.isoformat() if isinstance(value, dt.date) else value
    return told


def _columns_of(own: Mapping[str, Own]) -> dict[str, Any]:
    return {OWN_COLUMNS[name]: _READ.get(name, _as_it_is)(value) for name, value in own.items()}


def _as_it_is(value: Any) -> Any:
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "follow_up": lambda value: value and dt.date.fromisoformat(value),
    "last_contact": lambda value: value and dt.datetime.fromisoformat(value),
}


def _has_photo(derived: Derived | None) -> bool:
    return derived is not None and derived.thumbnail is not None


def organisations_named(space: Space, keys: Iterable[str]) -> Callable[[], dict[str, int]]:
    """What fetches the ids of the organisations of `space` with these folded names."""
    wanted = {key for key in keys if key}
    found = rows.ask(
        Contact,
        ("organisation_key", "id"),
        {"space_id": space.pk, "kind": Contact.Kind.ORG, "organisation_key": sorted(wanted), "deleted_at": None},
        index="organisations_by_name",
    )
    return lambda: dict(sorted(found(), key=lambda row: -row[1]))  # of several with this name the first


def people_to_link(space: Space, keys: Iterable[str]) -> models.QuerySet[Contact, tuple[int, str, int | None]]:
    """Id, folded organisation and link of those who name one of `keys` and are linked to nothing that is there."""
    people = Contact.objects.filter(space=space, organisation_key__in=list(keys), deleted_at=None)
    linked = Q(organisation__deleted_at=None, organisation__space=space, organisation__isnull=False)
    people = people.exclude(linked).exclude(kind__in=[Contact.Kind.ORG, Contact.Kind.GROUP])
    found: models.QuerySet[Contact, tuple[int, str, int | None]] = people.order_by("pk").values_list(
        "pk", "organisation_key", "organisation"
    )
    return found
