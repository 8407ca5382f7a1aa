"""Imports that recognise who is here by a key, and change them by a rule: what becomes of each entry of a chunk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card
from farley.contacts import matching, storing
from farley.contacts.combining import Combined, Rule, combine
from farley.contacts.comparing import Difference, differences
from farley.contacts.matching import Key
from farley.contacts.models import Contact
from farley.contacts.storing import Entry, KnownAlready, Prepared, Problem, Stored, StoreProblem
from farley.exchange import own_lines
from farley.exchange.models import Import
from farley.fields.models import Document, Field
from farley.fields.values import Value, shown
from farley.journal.models import Change, Noun
from farley.spaces.models import Space

_KEY_LINES = {"email": "EMAIL", "phone": "TEL"}
Said = Mapping[Field, Value | None]
Outcome = Prepared | Problem | Stored  # an entry to store, or what there is to say of it


class SeveralFit(StoreProblem):
    """By `key` the entry may be about several contacts, and nobody but a person can tell. `names` are some of them."""

    def __init__(self, key: str, names: Sequence[str]) -> None:
        super().__init__(f"by its {key} it may be any of {len(names)} contacts")
        self.key, self.names = key, names


class MatchedAgain(StoreProblem):
    """By `key` the entry is a contact that one before it in this import made or changed, and says otherwise."""

    def __init__(self, key: str, name: str) -> None:
        super().__init__(f"by its {key} it is “{name}”, whom this import made or changed already")
        self.key, self.name = key, name


@dataclass(frozen=True, slots=True)
class Told:
    """What the entry does to a contact that is here."""

    name: str
    before: Card
    after: Card
    own: list[Difference]  # own fields that change
    left: list[Difference]  # what is not taken, beside what stays

    @property
    def changes(self) -> list[Difference]:
        return [*differences(self.before, self.after), *self.own]


@dataclass(slots=True)
class Plan:
    """What becomes of the entries of a chunk, in its order."""

    revision: int  # of the space it was made for
    items: list[Outcome] = field(default_factory=list)
    told: dict[int, Told] = field(default_factory=dict)  # by place
    own: dict[int, Said] = field(default_factory=dict)  # by place: values for a contact that is here


class _Met(NamedTuple):
    """A contact as it is here, or as entries before this one leave it."""

    ident: str  # its id; of one that is not stored yet another mark
    name: str
    kind: int
    octets: bytes
    own: Document
    values: list[tuple[str, str]] | None  # of the key; None: as it was found
    contact: Contact | None = None
    uid: str = ""  # under which it is stored, or will be


class _Looked(NamedTuple):
    """What was looked up for a chunk at once."""

    said: list[tuple[Said, Card | None]]  # own fields of each entry; the card without them, where it has some
    values: list[list[tuple[str, str]]]
    by_uid: dict[str, Contact]
    fitting: list[list[Contact]]
    here: dict[str, Contact]  # all of these, and those whom entries before were about, by UID
    octets: dict[int, bytes]
    touched: set[int]  # contacts this import made or changed in an earlier chunk


class Updating:
    """Plans the chunks of one import. What its entries did before is remembered in a dry run; else it is stored."""

    def __init__(self, run: Import, *, by: Actor) -> None:
        self.run, self.space, self.rule = run, run.space, Rule(run.rule)
        self.fields = own_lines.fields_here(self.space, by)
        self.key = Key.named(run.key, self.fields)
        self._pending = _Pending()

    def close(self) -> None:
        self._pending.close()

    def plan(self, items: Sequence[Prepared | Problem]) -> Plan:
        """What becomes of these entries, as the space is now; may be asked again for the same."""
        if not self.run.is_dry_run:
            self._pending.clear()
        self._pending.forget(self.run.done_entries)
        revision = Space.objects.values_list("revision", flat=True).get(pk=self.space.pk)
        plan = Plan(revision)
        looked = self._look(items)
        for place, item in enumerate(items):
            plan.items.append(self._planned(plan, place, item, looked) if isinstance(item, Prepared) else item)
        return plan

    def _look(self, items: Sequence[Prepared | Problem]) -> _Looked:
        said = [self._said(item) if isinstance(item, Prepared) else ({}, None) for item in items]
        values = [
            self.key.values_of(item, own) if isinstance(item, Prepared) else []
            for item, (own, _) in zip(items, said, strict=True)
        ]
        uids = [item.uid for item in items if isinstance(item, Prepared)]
        by_uid = matching.with_uids(self.space, [*uids, *self._pending.meant(uids).values()])
        fitting = matching.fitting(self.space, self.key, values)
        here = {contact.pk: contact for contact in by_uid.values()} | {c.pk: c for each in fitting for c in each}
        octets = storing.octets_of(contact.content_id for contact in here.values())
        touched: set[int] = set()
        if self.run.batch_id is not None and here:
            mine = Change.objects.filter(noun=Noun.CONTACT, subject__in=list(here), batch=self.run.batch_id)
            touched = set(mine.values_list("subject", flat=True))
        named = {contact.uid: contact for contact in here.values()}
        return _Looked(said, values, by_uid, fitting, named, octets, touched)

    def _said(self, item: Prepared) -> tuple[Said, Card | None]:
        if not own_lines.are_in(item.entry.octets):
            return {}, None
        return own_lines.split(Card.parse(item.entry.octets), self.fields)

    def _planned(self, plan: Plan, place: int, item: Prepared, looked: _Looked) -> Outcome:
        found, key = self._meant(place, item, looked)
        own, card = looked.said[place]
        values = looked.values[place]
        if not found:
            name, kind = item.derived.full_name, item.derived.kind
            self._pending.add(_Met("", name, kind, item.entry.octets, _document(own), values), item.uid)
            return item
        if len(found) > 1:
            return SeveralFit(self._called(key), [met.name for met in found[:3]])
        [met] = found
        if key != "uid" and item.derived.uid:
            self._pending.mean(item.uid, met.uid, self.run.done_entries + place)
        is_again = self._pending.met_before(met.ident, self.run.done_entries + place)
        is_again = is_again or met.contact is None or met.contact.pk in looked.touched
        if self.rule is Rule.KEEP and key == "uid" and not is_again:
            return item  # as an import without a key: it is there already, or its UID is taken
        before = Card.parse(met.octets)
        if card is None:
            card = Card.parse(item.entry.octets)
        combined = combine(before, card, self.rule, self.space.default_region)
        given, changes, left = self._own(met.own, own)
        left = [*combined.left, *left]
        changes_it = combined.card.octets != met.octets or bool(given)
        if is_again and (changes_it or left):
            return self._again(key, met)
        if self.rule is Rule.KEEP and left:
            return self._known(key, met)
        if changes_it or left:
            plan.told[place] = Told(met.name, before, combined.card, changes, left)
        if changes_it:
            return self._changed(plan, place, met, before, combined, given)
        return storing.unchanged(met.contact) if met.contact else _nothing(item)

    def _changed(self, plan: Plan, place: int, met: _Met, before: Card, combined: Combined, given: Said) -> Outcome:
        """The contact's own entry, with what it was given."""
        contact = met.contact
        assert contact is not None
        octets = combined.card.octets
        if given:
            plan.own[place] = given
        if self.run.is_dry_run and len(octets) <= storing.MAX_CARD and not self._touches_key(before, combined, given):
            # What it is derived to, which takes as long as all the rest, is for nobody to see.
            own = met.own | _document(given)
            self._pending.add(_Met(met.ident, met.name, met.kind, octets, own, met.values), contact.uid)
            return storing.unchanged(contact)._replace(changed=True)
        entry = Entry(octets, contact.href, contact.etag)
        item = storing.prepare_card(combined.card, entry, self.space.default_region)
        if not isinstance(item, Prepared):
            return item
        own = met.own | _document(given)
        values = self.key.values_of(item, {each: own.get(str(each.pk)) for each in self.fields})
        self._pending.add(_Met(met.ident, met.name, met.kind, octets, own, values), contact.uid)
        return item if octets != met.octets else storing.unchanged(contact)._replace(changed=True)  # its own fields

    def _touches_key(self, before: Card, combined: Combined, given: Said) -> bool:
        """Whether what contacts are recognised by may become another."""
        if self.key.field is not None:
            return self.key.field in given
        name = _KEY_LINES.get(self.key.name)
        if name is None:
            return self.key.name != "uid"
        was, becomes = before.properties(name), combined.card.properties(name)
        return [found.line.octets for found in was] != [found.line.octets for found in becomes]

    def _meant(self, place: int, item: Prepared, looked: _Looked) -> tuple[list[_Met], str]:
        """Whom the entry is about, and by what: its UID, else the key."""
        if (contact := looked.by_uid.get(item.uid)) is not None:
            return [self._here(contact, looked)], "uid"
        if met := self._pending.of([("uid", item.uid)]):
            return met, "uid"
        for uid in self._pending.meant([item.uid]).values():  # an entry before it says the same UID and was recognised
            contact = looked.here.get(uid)
            if met := [self._here(contact, looked)] if contact else self._pending.of([("uid", uid)]):
                return met, "uid"
        values = looked.values[place]
        found = {str(contact.pk): self._here(contact, looked) for contact in looked.fitting[place]}
        found |= {met.ident: met for met in self._pending.of(values)}
        fits = [met for met in found.values() if met.kind == item.derived.kind]
        # One that an entry before this one took the value from does not fit any more.
        return [met for met in fits if met.values is None or set(values) & set(met.values)], self.key.name

    def _here(self, contact: Contact, looked: _Looked) -> _Met:
        if met := self._pending.get(str(contact.pk)):
            return met._replace(contact=contact)
        octets, own = looked.octets[contact.content_id], contact.own or {}
        return _Met(str(contact.pk), contact.full_name, contact.kind, octets, own, None, contact, contact.uid)

    def _called(self, key: str) -> str:
        return self.key.field.label if self.key.field is not None and key == self.key.name else key

    def _again(self, key: str, met: _Met) -> MatchedAgain:
        return MatchedAgain(self._called(key), met.name)

    def _known(self, key: str, met: _Met) -> KnownAlready:
        return KnownAlready(self._called(key), met.contact.href if met.contact else "", met.name)

    def _own(self, here: Document, coming: Said) -> tuple[Said, list[Difference], list[Difference]]:
        """Values of own fields that are taken, and told as such; and those that are left."""
        given: dict[Field, Value | None] = {}
        changes: list[Difference] = []
        left: list[Difference] = []
        for each, value in coming.items():
            had = here.get(str(each.pk))
            if value is None or had == value:
                continue
            told = Difference(own_lines.NAME, each.label, "" if had is None else shown(each, had), shown(each, value))
            takes = self.rule is Rule.OVERWRITE or (had is None and self.rule is not Rule.KEEP)
            (changes if takes else left).append(told)
            if takes:
                given[each] = value
        return given, changes, left


def _document(said: Said) -> Document:
    return {str(each.pk): value for each, value in said.items() if value is not None}


def _nothing(item: Prepared) -> Stored:
    """For an entry that says nothing new of one that is not stored yet."""
    return Stored(0, item.uid, "", "", 0, created=False, changed=False)


class _Pending:
    """Contacts as entries of this import leave them, before they are stored; on disk, where there are many."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # no name: a file of its own that goes with it
        self._rows.execute("CREATE TABLE met (ident TEXT PRIMARY KEY, met TEXT, octets BLOB) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE first (ident TEXT PRIMARY KEY, entry INT) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE meaning (uid TEXT PRIMARY KEY, meant TEXT, entry INT) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE holder (value TEXT, ident TEXT, PRIMARY KEY (value, ident)) WITHOUT ROWID")
        self._new = 0

    def close(self) -> None:
        self._rows.close()

    def clear(self) -> None:
        self._rows.execute("DELETE FROM met")
        self._rows.execute("DELETE FROM holder")

    def forget(self, entry: int) -> None:
        """What the entries from that number on were about: they are planned again."""
        self._rows.execute("DELETE FROM first WHERE entry >= ?", [entry])
        self._rows.execute("DELETE FROM meaning WHERE entry >= ?", [entry])

    def add(self, met: _Met, uid: str) -> None:
        ident = met.ident
        if not ident:
            self._new += 1
            ident = f"new {self._new}"
        told = json.dumps([met.name, met.kind, met.own, met.values, uid])
        self._rows.execute("INSERT OR REPLACE INTO met VALUES (?, ?, ?)", [ident, told, met.octets])
        holding = [(json.dumps(value), ident) for value in [("uid", uid), *(met.values or ())]]
        self._rows.executemany("INSERT OR IGNORE INTO holder VALUES (?, ?)", holding)

    def met_before(self, ident: str, entry: int) -> bool:
        """Whether an entry before `entry`, a number, was about this one; those before a crash are forgotten."""
        self._rows.execute("INSERT OR IGNORE INTO first VALUES (?, ?)", [ident, entry])
        found = self._rows.execute("SELECT entry FROM first WHERE ident = ?", [ident]).fetchone()
        return bool(found[0] < entry)

    def mean(self, uid: str, meant: str, entry: int) -> None:
        """Remember whom an entry, a number, was about, by UID, that has another one than it was recognised as."""
        self._rows.execute("INSERT OR IGNORE INTO meaning VALUES (?, ?, ?)", [uid, meant, entry])

    def meant(self, uids: Iterable[str]) -> dict[str, str]:
        """By UID, whom entries that had it were about."""
        asked = json.dumps(list(uids))
        sql = "SELECT uid, meant FROM meaning WHERE uid IN (SELECT value FROM json_each(?))"
        return dict(self._rows.execute(sql, [asked]))

    def get(self, ident: str) -> _Met | None:
        found = self._rows.execute("SELECT met, octets FROM met WHERE ident = ?", [ident]).fetchone()
        if found is None:
            return None
        name, kind, own, values, uid = json.loads(found[0])
        told = None if values is None else [(str(system), str(key)) for system, key in values]
        return _Met(ident, name, kind, found[1], own, told, uid=uid)

    def of(self, values: Iterable[tuple[str, str]]) -> list[_Met]:
        """Those that have one of these values."""
        idents = {ident: None for value in values for ident in self._holding(value)}
        return [met for ident in idents if (met := self.get(ident)) is not None]

    def _holding(self, value: tuple[str, str]) -> Iterator[str]:
        for (ident,) in self._rows.execute("SELECT ident FROM holder WHERE value = ?", [json.dumps(value)]):
            yield ident
