"""Storing cards: the one path that pages, API, DAV, command and importer share."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.codecs.vcard import Card, InvalidVCard
from farley.contacts.deriving import Derived, derive
from farley.contacts.external_ids import Named, ask_holders
from farley.contacts.models import MAX_UID, Contact, bare_uid
from farley.contacts.writing import SpaceWriter, organisations_named
from farley.database import rows
from farley.journal import records
from farley.journal.models import Batch, Door, hash_of
from farley.journal.records import BadHref as BadHref  # noqa: PLC0414 -- these belong to `store`
from farley.journal.records import Condition as Condition  # noqa: PLC0414
from farley.journal.records import EditConflict as EditConflict  # noqa: PLC0414
from farley.journal.records import Entry as Entry  # noqa: PLC0414
from farley.journal.records import Expected as Expected  # noqa: PLC0414
from farley.journal.records import Stored as Stored  # noqa: PLC0414
from farley.journal.records import StoreProblem as StoreProblem  # noqa: PLC0414
from farley.journal.records import TooLarge as TooLarge  # noqa: PLC0414
from farley.journal.records import UidConflict as UidConflict  # noqa: PLC0414
from farley.journal.records import href_for as href_for  # noqa: PLC0414
from farley.journal.records import is_href, not_as_expected, without_last_break
from farley.journal.records import new_uid as new_uid  # noqa: PLC0414
from farley.journal.records import octets_of as octets_of  # noqa: PLC0414
from farley.journal.records import refuse_bad_href as refuse_bad_href  # noqa: PLC0414
from farley.journal.verdicts import Again, Create, Leave, Replace, Verdict, carry_out, foresee
from farley.journal.verdicts import Problem as Problem  # noqa: PLC0414
from farley.journal.verdicts import unchanged as unchanged  # noqa: PLC0414
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

MAX_CARD = 10 * 2**20  # octets, announced to DAV clients as max-resource-size


class KnownAlready(StoreProblem):
    """The card has no UID, or who is here has none; by its `prop` it is a contact that is here with other contents."""

    def __init__(self, prop: str, href: str, name: str) -> None:
        super().__init__(f"by its {prop} it is “{name}”, who is in this space already with other contents")
        self.prop, self.href, self.name = prop, href, name


class Prepared(NamedTuple):
    """An entry, read: everything slow is done."""

    entry: Entry
    derived: Derived
    uid: str
    sha256: bytes


def store(
    space: Space,
    href: str | None,
    octets: bytes,
    *,
    expected: Expected,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
    owner: int | None = None,
) -> Stored:
    """Create or replace the contact at `href`, keeping `octets` as they are.

    Raises InvalidVCard, NotAllowed, NoSuchSpace, EditConflict, UidConflict, TooLarge, BadHref. Octets that
    are there already change nothing. RFC 6352 §6.3.2.
    """
    entry = Entry(octets, href, expected, owner)
    [result] = store_many(space, [entry], batch=batch, by=by, door=door)
    if isinstance(result, Exception):
        raise result
    return result


def store_many(
    space: Space, entries: Sequence[Entry], *, batch: Batch | None, by: Actor, door: Door
) -> list[Stored | Problem]:
    """Store `entries` in one transaction; those with a problem are left out, in place the problem.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace for all of them together.
    """
    return store_prepared(space, prepare_many(entries, space.default_region), batch=batch, by=by, door=door)


def prepare_many(entries: Iterable[Entry], region: str) -> list[Prepared | Problem]:
    """Read and derive, outside any transaction."""
    return [_prepared(entry, region) for entry in entries]


def store_prepared(
    space: Space, prepared: Sequence[Prepared | Problem], *, batch: Batch | None, by: Actor, door: Door
) -> list[Stored | Problem]:
    """The second half of `store_many`: lock, check, write. Inside `writing` it joins that transaction."""
    with writing([space.pk]) as locked:
        return store_locked(locked[space.pk], prepared, batch=batch, by=by, door=door)


def store_locked(
    space: Space, prepared: Sequence[Prepared | Problem], *, batch: Batch | None, by: Actor, door: Door
) -> list[Stored | Problem]:
    """`store_prepared` for a `space` that `writing` has just locked and read; what this raises, ends the transaction.

    One transaction within another is a savepoint, which has SQLite copy each page that is changed, and PostgreSQL wait.
    """
    items = [item for item in prepared if isinstance(item, Prepared)]
    plan = _Plan(space, items)
    organisations = organisations_named(space, [item.derived.organisation_key for item in items])
    writer = SpaceWriter(space, by=by, door=door, batch=batch)
    writer.expect([item.derived for item in items])
    require(space, by, Role.EDITOR)  # its answer comes with those to what was asked before
    verdicts = [plan.judge(item) if isinstance(item, Prepared) else item for item in prepared]
    results = _carry_out(verdicts, writer, organisations())
    writer.flush()
    return results


def judge_prepared(space: Space, prepared: Sequence[Prepared | Problem], *, by: Actor) -> list[Stored | Problem]:
    """What `store_prepared` would answer now; nothing is written, and what it would make has the id and revision 0."""
    require(space, by, Role.EDITOR)
    plan = _Plan(space, [item for item in prepared if isinstance(item, Prepared)])
    return foresee([plan.judge(item) if isinstance(item, Prepared) else item for item in prepared])


def uid_for(octets: bytes) -> str:
    """The UID under which a card without one is known: the same octets get the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, hash_of(octets).hex()))


def free_href(space: Space, href: str, *, besides: Container[str] = ()) -> str:
    """`href`, or one like it that no contact of the locked `space` has."""
    return records.free_href(Contact.objects.filter(space=space, deleted_at=None), href, besides)


def taken_uids(space: Space, contacts: Sequence[Contact]) -> dict[str, Contact]:
    """The UIDs of `contacts` that others in `space` have, and who has them."""
    wanted = {contact.uid for contact in contacts}
    live = Contact.objects.with_uids(wanted).filter(space=space, deleted_at=None)
    return {other.uid: other for other in live.exclude(pk__in=[contact.pk for contact in contacts])}


def raise_if_taken(space: Space, contacts: Sequence[Contact]) -> None:
    """Raise UidConflict if another contact of `space` has the UID of one of `contacts`."""
    for uid, other in taken_uids(space, contacts).items():
        raise UidConflict(uid, other.href, other.full_name)


def prepare_card(card: Card, entry: Entry, region: str, *, in_brief: bool = False) -> Prepared | Problem:
    """`prepare_many` for one entry whose octets have been read already; `in_brief` only to be judged, not stored."""
    if len(entry.octets) > MAX_CARD:
        return TooLarge("card", MAX_CARD)
    if entry.href is not None and not is_href(entry.href):
        return BadHref(entry.href)
    derived = derive(card, region, in_brief=in_brief)
    if derived.uid is not None and len(derived.uid) > MAX_UID:
        return TooLarge("UID", MAX_UID)
    return Prepared(entry, derived, derived.uid or uid_for(entry.octets), hash_of(entry.octets))


def _prepared(entry: Entry, region: str) -> Prepared | Problem:
    try:
        return prepare_card(Card.parse(entry.octets), entry, region)
    except InvalidVCard as error:
        return error


_Create: TypeAlias = Create[Prepared]
_Replace: TypeAlias = Replace[Prepared, Contact]
_Verdict: TypeAlias = Verdict[Prepared, Contact]


class _Plan:
    """Decides, under the lock, what becomes of each entry; entries of the same call are seen too."""

    def __init__(self, space: Space, items: Sequence[Prepared]) -> None:
        self.space = space
        live = {"space_id": space.pk, "deleted_at": None}
        self._asked = rows.ask_whole(
            Contact,
            live | {"href": [item.entry.href or href_for(item.uid) for item in items]},
            live | {"uid_key": [bare_uid(item.uid) for item in items]},
        )
        nameless = [item for item in items if _is_imported(item) and not item.derived.uid]
        self._asked_alike = rows.ask_whole(
            Contact,  # equal octets have equal sort keys, and an index has these
            {"space_id": space.pk, "sort_key": sorted({item.derived.sort_key for item in nameless}), "deleted_at": None}
            | {"sha256": [item.sha256 for item in nameless]},
        )
        self._asked_holders = ask_holders(
            space.pk, [name for item in items if _is_imported(item) for name in item.derived.external_ids]
        )
        self.new: dict[str, _Create | _Replace] = {}  # by UID
        self.new_named: dict[Named, _Create | _Replace] = {}
        self.hrefs: set[str] = set()

    @cached_property
    def there(self) -> list[Contact]:
        return self._asked()

    @cached_property
    def by_href(self) -> dict[str, Contact]:
        return {contact.href: contact for contact in self.there}

    @cached_property
    def by_uid(self) -> dict[str, Contact]:
        return {contact.uid: contact for contact in self.there}

    @cached_property
    def by_sha256(self) -> dict[bytes, Contact]:
        return {bytes(contact.sha256): contact for contact in self._asked_alike()}

    @cached_property
    def by_name(self) -> dict[Named, Contact]:
        return self._asked_holders()

    def judge(self, item: Prepared) -> _Verdict:
        entry = item.entry
        there = self.by_uid.get(item.uid) if entry.href is None else self.by_href.get(entry.href)
        if there is None and _is_imported(item) and not item.derived.uid:
            there = self.by_sha256.get(item.sha256)
        if conflict := not_as_expected(entry, item.uid, there):
            return conflict
        if (first := self.new.get(item.uid)) and (entry.href is None or item.derived.uid):
            if entry.href is None and _are_alike(first.item, item):
                return Again(first.href)
            return UidConflict(item.uid, first.href, first.item.derived.full_name)
        if entry.href is not None and entry.href in self.hrefs:
            return EditConflict(entry.href, None)
        if there is None and _is_imported(item) and (known := self._known(item)):
            return known
        verdict = self._create(item) if there is None else self._replace(item, there)
        if isinstance(verdict, Create | Replace):
            self.new[verdict.item.uid] = verdict
            self.new_named |= dict.fromkeys(verdict.item.derived.external_ids, verdict)
            self.hrefs.add(verdict.href)
        return verdict

    def _known(self, item: Prepared) -> KnownAlready | None:
        """Whom another system calls as it calls this one. Where both cards have a UID, that one decides."""
        for name in item.derived.external_ids:
            there, new = self.by_name.get(name), self.new_named.get(name)
            if there is not None and not (item.derived.uid and there.card.uid):
                return KnownAlready(name[0], there.href, there.full_name)
            if new is not None and not (item.derived.uid and new.item.derived.uid):
                return KnownAlready(name[0], new.href, new.item.derived.full_name)
        return None

    def _create(self, item: Prepared) -> _Create | UidConflict:
        if item.entry.href is not None and not item.derived.uid and self._is_known(item.uid):
            item = item._replace(uid=new_uid())  # the same card, without a UID, at another href
        if other := self.by_uid.get(item.uid):
            return UidConflict(item.uid, other.href, other.full_name)
        href = item.entry.href or href_for(item.uid)
        if item.entry.href is None and (href in self.by_href or href in self.hrefs):
            href = free_href(self.space, href, besides=self.hrefs)
        return Create(item, href)

    def _replace(self, item: Prepared, there: Contact) -> _Replace | Leave[Contact] | UidConflict:
        if bytes(there.sha256) == item.sha256:
            return Leave(there)
        other = self.by_uid.get(item.uid) if item.derived.uid else None
        if other is not None and other.pk != there.pk:
            return UidConflict(item.uid, other.href, other.full_name)
        if item.entry.expected is Condition.ABSENT:
            if _is_but_for_its_end(item, there):
                return Leave(there)
            return UidConflict(item.uid, there.href, there.full_name)
        if not item.derived.uid:
            item = item._replace(uid=there.uid)
        return Replace(item, there)

    def _is_known(self, uid: str) -> bool:
        return uid in self.by_uid or uid in self.new


def _is_imported(item: Prepared) -> bool:
    return item.entry.href is None and item.entry.expected is Condition.ABSENT


def _are_alike(one: Prepared, other: Prepared) -> bool:
    return without_last_break(one.entry.octets) == without_last_break(other.entry.octets)


def _is_but_for_its_end(item: Prepared, there: Contact) -> bool:
    """Whether the card is the stored one, with or without a last line break."""
    bare = without_last_break(item.entry.octets)
    if not len(bare) <= there.size <= len(bare) + 2:
        return False
    return bytes(there.sha256) in {hash_of(bare), hash_of(bare + b"\n"), hash_of(bare + b"\r\n")}


def _carry_out(
    verdicts: Sequence[_Verdict], writer: SpaceWriter, organisations: dict[str, int]
) -> list[Stored | Problem]:
    def create(new: list[_Create]) -> list[tuple[int, int]]:
        items = [(each.href, each.item) for each in new]
        return writer.create_many(
            [(href, item.uid, item.sha256, item.entry.octets, item.derived, item.entry.owner) for href, item in items],
            organisations=organisations,
        )

    def replace(changed: list[_Replace]) -> Iterator[int]:
        contents = writer.keep([(each.item.sha256, each.item.entry.octets) for each in changed])
        for verdict, content in zip(changed, contents, strict=True):
            item, another = verdict.item, _names_another_organisation(verdict)
            own = {"organisation": organisations.get(item.derived.organisation_key)} if another else {}
            yield writer.replace(verdict.there, item.entry.octets, item.derived, content=content, own=own)

    return carry_out(verdicts, create=create, replace=replace)


def _names_another_organisation(verdict: _Replace) -> bool:
    """Whether the card says something new of where the person belongs; else the link stays, however it was made."""
    derived = verdict.item.derived
    return derived.kind != Contact.Kind.ORG and derived.organisation_key != verdict.there.organisation_key
