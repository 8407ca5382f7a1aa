"""How contacts come back: undo, and a record as it was at an earlier time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import affiliations
from farley.contacts.affiliations import Part
from farley.contacts.deriving import Derived, derive
from farley.contacts.models import Contact
from farley.contacts.operations import move_between, set_fields
from farley.contacts.storing import EditConflict, Stored, free_href, octets_of, store, taken_uids
from farley.contacts.writing import OWN_COLUMNS, Own, SpaceWriter, own_of
from farley.database import rows
from farley.fields.models import Document, Field
from farley.fields.values import Value
from farley.journal.models import ERASED, MOST_ID, Batch, Change, Content, Door, Noun, Verb
from farley.journal.undo import Former, PutBack
from farley.spaces.models import Space, held_by
from farley.spaces.operations import writing

AT_ONCE = 200  # changes of a contact that are read


class ContactKeeper:
    """What the journal asks of contacts (`journal.undo.Keeper`)."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return _Return(former)

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state for state in states}
        found = Contact.objects.filter(pk__in=wanted).only(*_COMPARED)
        hashes = _hashes(state.content for state in wanted.values() if state.content is not None)
        parts = affiliations.parts_of(pk for pk, state in wanted.items() if "affiliations" in state.own)
        reasons = dict.fromkeys(wanted, "gone")
        for contact in found:
            same_parts = contact.pk not in parts or parts[contact.pk] == _parts_in(wanted[contact.pk])
            if same_parts and _is_as(contact, wanted[contact.pk], hashes):
                del reasons[contact.pk]
            elif not contact.is_deleted:
                reasons[contact.pk] = "changed"
        return reasons

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        return dict(Contact.objects.known_to(by).filter(pk__in=list(subjects)).values_list("pk", "full_name"))


def emptied_of(contents: Iterable[int]) -> set[int]:
    """Those of these contents whose octets are erased."""
    asked = sorted(set(contents))
    sql = f"SELECT id FROM journal_content WHERE LENGTH(octets) = 0 AND id IN ({rows.marks(asked)})"  # noqa: S608
    return {pk for (pk,) in rows.query(sql, asked)} if asked else set()


def _parts_in(state: Former) -> list[Part]:
    return [Part.read(written) for written in state.own.get("affiliations", ())]


_COMPARED = ("deleted_at", "sha256", "space_id", "uid", "owner_id", "follow_up_on", "own")


def _hashes(contents: Iterable[int]) -> dict[int, bytes]:
    found = Content.objects.filter(pk__in=list(contents)).values_list("pk", "sha256")
    return {pk: bytes(sha256) for pk, sha256 in found}


def _is_as(contact: Contact, state: Former, hashes: dict[int, bytes]) -> bool:
    """Whether the contact is as `state` says.

    The organisation does not count: it is linked by itself, for instance when the organisation's card comes
    in, and nobody who does that means to hold on to its people. Nor does the last contact, which a message moves,
    nor the href, which nobody sees.
    """
    if state.live is not None and state.live is contact.is_deleted:
        return False
    if state.content is not None and bytes(contact.sha256) != hashes.get(state.content):
        return False
    if ERASED in state.own:  # nobody knows any more
        return False
    own: dict[str, Own] = {"space": contact.space_id, "uid": contact.uid}
    own |= {name: own_of(contact, name) for name in ("owner", "follow_up", "fields")}
    return all(state.own.get(name, value) == value for name, value in own.items())


class _Return:
    """Brings contacts back: everything slow is done when it is made (`journal.undo.PutBack`)."""

    def __init__(self, former: Sequence[Former]) -> None:
        self.states = {state.subject: state for state in former}
        self.octets: dict[int, bytes] = {}
        self._known: dict[tuple[int, str], Derived] = {}
        regions = dict(Space.objects.values_list("pk", "default_region"))
        self._emptied = emptied_of(state.content for state in former if state.content is not None)
        contacts = [c for c in Contact.objects.filter(pk__in=self.states) if not self._is_only_gone(c)]
        contacts = [contact for contact in contacts if not self._is_emptied(contact.pk)]
        self._read(contacts)
        for contact in contacts:
            state = self.states[contact.pk]
            self.derived(_content_of(contact, state), regions[state.own.get("space", contact.space_id)])

    def __call__(
        self, former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
    ) -> dict[int, str]:
        wanted = [state.subject for state in former]
        emptied = {pk for pk in wanted if self._is_emptied(pk)}
        wanted = [pk for pk in wanted if pk not in emptied]
        contacts = list(Contact.objects.filter(pk__in=wanted).order_by("pk"))
        self._read([contact for contact in contacts if not self._is_only_gone(contact)])
        there = [contact for contact in contacts if contact.space_id in spaces]
        kept = dict.fromkeys((set(wanted) - {contact.pk for contact in contacts}) | emptied, "gone")
        kept |= {contact.pk: "changed" for contact in contacts if contact.space_id not in spaces}
        writers = _Writers(spaces, batch=batch, by=by, door=door)
        # Deleted first: what they leave free (an href, a UID) may be what another one gets back.
        gone = [contact for contact in there if self._is_only_gone(contact) and not contact.is_deleted]
        for contact in gone:
            writers[contact.space_id].delete(contact)
        writers.flush()
        staying = [contact for contact in there if not self._is_only_gone(contact)]
        # Then those that were restored and changed: they go as they were when they had been deleted before, to be
        # found so by an earlier undo.
        last = [contact for contact in staying if self.states[contact.pk].live is False]
        self._settle(last, writers, spaces, batch=batch, by=by, door=door)
        for contact in last:
            contact.refresh_from_db()
            if not contact.is_deleted:
                writers[contact.space_id].delete(contact)
        writers.flush()
        staying = [contact for contact in staying if contact not in last]
        return kept | self._settle(staying, writers, spaces, batch=batch, by=by, door=door)

    def _settle(
        self,
        contacts: Sequence[Contact],
        writers: _Writers,
        spaces: dict[int, Space],
        *,
        batch: Batch,
        by: Actor,
        door: Door,
    ) -> dict[int, str]:
        """Give the contacts their former space, octets and own fields, alive."""
        kept: dict[int, str] = {}
        for contact in contacts:  # moved, then deleted: is brought back where it lies, and goes on from there
            if contact.is_deleted and self._target(contact) != contact.space_id:
                kept |= self._bring_back([contact], writers[contact.space_id])
                writers.flush()
                contact.refresh_from_db()
        not_moved = self._move_back(contacts, spaces, batch=batch, by=by, door=door)
        kept |= dict.fromkeys((contact.pk for contact in not_moved), "taken")
        moved = [contact for contact in contacts if contact not in not_moved]
        for space_id in sorted({contact.space_id for contact in moved}):
            kept |= self._bring_back([c for c in moved if c.space_id == space_id], writers[space_id])
        writers.flush()
        return kept

    def _is_emptied(self, pk: int) -> bool:
        """Whether the octets or values that would come back were erased or thinned out since."""
        return self.states[pk].content in self._emptied or ERASED in self.states[pk].own

    def _is_only_gone(self, contact: Contact) -> bool:
        state = self.states[contact.pk]
        return state.live is False and state.content is None and not state.own

    def derived(self, content: int, region: str) -> Derived:
        if (content, region) not in self._known:
            self._known[content, region] = derive(Card.parse(self.octets[content]), region)
        return self._known[content, region]

    def _read(self, contacts: Sequence[Contact]) -> None:
        wanted = {_content_of(contact, self.states[contact.pk]) for contact in contacts}
        wanted |= {contact.content_id for contact in contacts}
        self.octets |= octets_of(wanted - self.octets.keys())

    def _move_back(
        self, contacts: Sequence[Contact], spaces: dict[int, Space], *, batch: Batch, by: Actor, door: Door
    ) -> list[Contact]:
        """Return those whose UID has been taken in the space they came from."""
        moves: dict[tuple[int, int], list[Contact]] = {}
        for contact in contacts:
            target = self._target(contact)
            if target != contact.space_id and not contact.is_deleted:
                moves.setdefault((contact.space_id, target), []).append(contact)
        not_moved: list[Contact] = []
        for (source, target), mine in sorted(moves.items()):
            space = spaces[target]
            taken = taken_uids(space, mine)
            not_moved += [contact for contact in mine if contact.uid in taken]
            going = [contact for contact in mine if contact.uid not in taken]
            derived = {c.pk: self.derived(c.content_id, space.default_region) for c in going}
            hrefs = {c.pk: str(self.states[c.pk].own.get("href", c.href)) for c in going}
            own = {c.pk: self._own_fields(c) for c in going}
            move_between(spaces[source], space, going, derived, hrefs=hrefs, own=own, by=by, door=door, batch=batch)
            for contact in going:
                contact.refresh_from_db()
        return not_moved

    def _bring_back(self, contacts: Sequence[Contact], writer: SpaceWriter) -> dict[int, str]:
        """Restore, replace and set own fields, in one space."""
        region = writer.space.default_region
        uids = {c.pk: self._former_uid(c, region) for c in contacts}
        taken = _holders(writer.space, uids)
        owners = {owner for c in contacts if (owner := self.states[c.pk].own.get("owner")) is not None}
        gone = owners - set(User.objects.filter(pk__in=owners).values_list("pk", flat=True)) if owners else set()
        organisations = self._organisations()
        parts = affiliations.parts_of(c.pk for c in contacts if "affiliations" in self.states[c.pk].own)
        hrefs: set[str] = set()
        kept = {}
        for contact in contacts:
            state = self.states[contact.pk]
            if contact.is_deleted and state.live is None:
                kept[contact.pk] = "gone"
                continue
            if taken.get(uids[contact.pk], contact.pk) != contact.pk:
                kept[contact.pk] = "taken"
                continue
            content = _content_of(contact, state)
            derived = self.derived(content, region)
            if contact.is_deleted:
                href = free_href(writer.space, contact.href, besides=hrefs)
                hrefs.add(href)
                writer.restore(contact, derived, href=href)
            own: dict[str, Own] = {name: state.own[name] for name in OWN_COLUMNS if name in state.own}
            if own.get("owner") in gone:  # their account was deleted
                own["owner"] = None
            if own.get("organisation") not in organisations:  # it was erased
                own = {**own, "organisation": None} if "organisation" in own else own
            own = {name: value for name, value in own.items() if own_of(contact, name) != value}
            if content != contact.content_id:
                writer.replace(contact, self.octets[content], derived, content=content, own=own, uid=uids[contact.pk])
            elif own:
                writer.set_own(contact, derived, **own)
            former = [part for part in _parts_in(state) if part.organisation in organisations]
            if parts.get(contact.pk, former) != former:
                affiliations.put(writer, contact, parts[contact.pk], former)
        return kept

    def _organisations(self) -> set[int]:
        """Those that are to come back and are still there."""
        named = {pk for state in self.states.values() if (pk := state.own.get("organisation")) is not None}
        named |= {part.organisation for state in self.states.values() for part in _parts_in(state)}
        return set(Contact.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()

    def _own_fields(self, contact: Contact) -> dict[str, Own]:
        former = self.states[contact.pk].own
        own: dict[str, Own] = {name: former.get(name, own_of(contact, name)) for name in OWN_COLUMNS}
        if former.get("organisation") is not None and former["organisation"] not in self._organisations():
            own["organisation"] = None  # it was erased
        return own

    def _target(self, contact: Contact) -> int:
        return int(self.states[contact.pk].own.get("space", contact.space_id))

    def _former_uid(self, contact: Contact, region: str) -> str:
        state = self.states[contact.pk]
        written = self.derived(_content_of(contact, state), region).uid
        return written or str(state.own.get("uid", contact.uid))


class _Writers(dict[int, SpaceWriter]):
    """A writer for each space, made when it is first asked for."""

    def __init__(self, spaces: dict[int, Space], *, batch: Batch, by: Actor, door: Door) -> None:
        super().__init__()
        self._make = partial(SpaceWriter, by=by, door=door, batch=batch)
        self._spaces = spaces

    def __missing__(self, space: int) -> SpaceWriter:
        made = self[space] = self._make(self._spaces[space])
        return made

    def flush(self) -> None:
        for _, writer in sorted(self.items()):
            writer.flush()
        self.clear()


def _content_of(contact: Contact, state: Former) -> int:
    return contact.content_id if state.content is None else state.content


def _holders(space: Space, uids: dict[int, str]) -> dict[str, int]:
    """Who will have these UIDs (by contact) when all of them are given: another live contact, or the first."""
    staying = Contact.objects.with_uids(uids.values()).filter(space=space, deleted_at=None).exclude(pk__in=uids)
    holders = dict(staying.values_list("uid", "pk"))
    for pk, uid in uids.items():
        holders.setdefault(uid, pk)
    return holders


@dataclass(frozen=True, slots=True)
class Version:
    """A contact as it was after `change`, and until the next one of `until`."""

    change: Change
    content: int | None  # None: it did not exist, or was deleted
    until: dt.datetime | None


def versions(contact: Contact, by: Actor, *, newest: int | None = None, before: int | None = None) -> list[Version]:
    """Every state of the octets that `by` may know of, newest first; or only as many of them as `newest` says, and
    only those older than the change `before` (its id).

    Of the time the contact spent in a space that `by` does not see, nothing is told.
    """
    found: list[Version] = []
    content: int | None = None if contact.is_deleted else contact.content_id
    until: dt.datetime | None = None
    emptied: set[int] = set()  # what the contact holds now is not among them
    if before is not None:
        content, until = _until(contact, before, content)
        emptied = emptied_of([content] if content is not None else [])
    for change, is_told, is_emptied in _changes(contact.pk, before or MOST_ID, by):
        if newest is not None and len(found) == newest:
            break
        if change.verb == Verb.MOVED_OUT and is_told:
            found.append(Version(change, None, until))  # it was not in this space any more
            until = change.at
        elif is_told:
            found.append(Version(change, content, until))
            until = change.at
        if is_emptied and change.before_id is not None:
            emptied.add(change.before_id)
        if change.verb in (Verb.CHANGED, Verb.DELETED):
            content = change.before_id
        elif change.verb in (Verb.CREATED, Verb.RESTORED):
            content = None
    return [replace(version, content=None) if version.content in emptied else version for version in found]


_CHANGES = (
    "SELECT {change}, {maker}, {batch}, change.space_id IN (<spaces>), LENGTH(former.octets) = 0"
    " FROM journal_change change LEFT JOIN journal_content former ON former.id = change.before_id"
    " LEFT JOIN accounts_user maker ON maker.id = change.user_id"
    " LEFT JOIN journal_batch batch ON batch.id = change.batch_id"
    " WHERE change.noun = %s AND change.subject = %s AND change.id < %s ORDER BY change.id DESC LIMIT %s"
)


def _until(contact: Contact, change: int, current: int | None) -> tuple[int | None, dt.datetime | None]:
    """What the contact held until `change`, None where nothing, and when that was; `current` is what it holds now."""
    since = Change.objects.of(Noun.CONTACT, contact.pk).filter(pk__gte=change)
    first = since.first()
    telling = since.filter(verb__in=(Verb.CREATED, Verb.CHANGED, Verb.DELETED, Verb.RESTORED)).first()
    if telling is not None:
        current = telling.before_id if telling.verb in (Verb.CHANGED, Verb.DELETED) else None
    return current, first.at if first is not None else None


def _changes(contact: int, end: int, by: Actor) -> Iterator[tuple[Change, bool, bool]]:
    """What happened to a contact before the change `end`, newest first, each with who did it and in which act; and
    whether `by` sees the space it happened in, and whether the octets before it are erased."""
    kinds = {"change": Change, "maker": User, "batch": Batch}
    spaces, held = held_by(by, Role.READER)
    sql = _CHANGES.replace("<spaces>", spaces)
    while True:
        found = rows.load_by(kinds, sql, [*held, int(Noun.CONTACT), contact, end, AT_ONCE])
        for change, maker, batch, is_told, is_emptied in found:
            change.user, change.batch = maker, batch
            yield change, bool(is_told), bool(is_emptied)
        if len(found) < AT_ONCE:
            return
        end = found[-1][0].pk


class FieldChange(NamedTuple):
    """A value of an own field that a change made another one; None: there was, or is, none."""

    field: Field
    before: Value | None
    after: Value | None


def field_changes(contact: Contact, changes: Iterable[Change], by: Actor) -> dict[int, list[FieldChange]]:
    """By change, what it did to own fields that `by` sees."""
    told = [(each.pk, each.own_before or {}) for each in changes]
    before: dict[int, Document] = {pk: own["fields"] or {} for pk, own in told if "fields" in own}
    if not before:
        return {}
    fields = {str(field.pk): field for field in Field.objects.visible_to(by).filter(noun=Noun.CONTACT)}
    since = Change.objects.of(Noun.CONTACT, contact.pk).filter(pk__gte=min(before), own_before__isnull=False)
    after: Document = contact.own or {}  # the journal keeps what was: what became of it is what the next change found
    found = {}
    for pk, own in since.order_by("-pk").values_list("pk", "own_before"):
        if own is None or "fields" not in own:
            continue
        former: Document = own["fields"] or {}
        if pk in before:
            differing = [number for number in fields if former.get(number) != after.get(number)]
            found[pk] = [FieldChange(fields[each], former.get(each), after.get(each)) for each in differing]
        after = former
    return found


def _own_fields_after(contact: Contact, change: Change) -> Document:
    if (change.space_id, change.revision) != (contact.space_id, contact.revision):  # else it is the last one
        since = Change.objects.of(Noun.CONTACT, contact.pk).filter(pk__gt=change.pk, own_before__isnull=False)
        for own in since.order_by("pk").values_list("own_before", flat=True):
            if own is not None and "fields" in own:  # the journal keeps what was before
                return own["fields"] or {}
    return contact.own or {}


def fields_since(contact: Contact, change: Change, by: Actor) -> list[FieldChange]:
    """The own fields that the contact has where it lies whose values were others after `change`."""
    former, now = _own_fields_after(contact, change), contact.own or {}
    if former == now:
        return []
    fields = Field.objects.visible_to(by).of(Noun.CONTACT, [contact.space_id])
    found = [FieldChange(field, former.get(str(field.pk)), now.get(str(field.pk))) for field in fields]
    return [each for each in found if each.before != each.after]


def card_of(version: Version | None) -> Card | None:
    """The card of a version; None where there was none."""
    if version is None or version.content is None:
        return None
    return Card.parse(octets_of([version.content])[version.content])


def restore_version(contact: Contact, change: int, *, by: Actor, door: Door, batch: Batch | None) -> Stored:
    """Make the octets as they were after `change` (its id) the current ones again, and the own fields of its space.

    Raises EditConflict where there was no card at that time, and what `store` raises.
    """
    for version in versions(contact, by):
        if version.change.pk == change and version.content is not None:
            octets = octets_of([version.content])[version.content]
            expected = contact.etag
            with writing([contact.space_id]):
                stored = store(contact.space, contact.href, octets, expected=expected, by=by, door=door, batch=batch)
                current = Contact.objects.select_related("space").get(pk=contact.pk)
                former = {each.field: each.before for each in fields_since(current, version.change, by)}
                set_fields([current], former, by=by, door=door, batch=batch)
            return stored
    raise EditConflict(contact.href, contact.etag)
