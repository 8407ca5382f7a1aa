"""Carrying out an import, one chunk of its entries after the other: each is a transaction, or the check of one."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from farley.accounts.actor import Actor
from farley.contacts import storing
from farley.contacts.external_ids import Named
from farley.contacts.models import Contact
from farley.contacts.operations import set_fields_of
from farley.contacts.storing import KnownAlready, Prepared, Problem, Stored, UidConflict
from farley.database.turns import write_back, write_turn
from farley.exchange import calendar_entries, own_lines
from farley.exchange.calendar_entries import CalendarEntries, ReadEntry
from farley.exchange.formats import How
from farley.exchange.models import Import
from farley.exchange.reading import Read, read
from farley.exchange.reporting import Report, Tell, problem_of
from farley.exchange.updating import Outcome, Plan, Said, Updating
from farley.journal.models import Change, Door, Noun, Verb
from farley.journal.records import without_last_break
from farley.spaces.models import Space
from farley.spaces.operations import writing

CHUNK = 500  # cards a transaction, at the most
LEAST = 100  # at the least: below, each waits for the disk longer than for the rest
TURN_S = 0.14  # that a transaction should take with its commit: another writer waits for the rest of one, at most
TURNS = 3  # transactions after which the log of SQLite is written back: a fourth one would have to do it on its way
CHUNK_OCTETS = 4 * 2**20  # of one chunk at the most, so that photos do not fill the memory


class Pace:
    """How many cards go into one transaction: fewer where the machine is slow or busy."""

    def __init__(self) -> None:
        self.cards = CHUNK
        self._each = 0.0  # seconds that a card took of late

    def took(self, cards: int, seconds: float) -> None:
        """Note how long the last transaction took with its commit. Fewer cards than LEAST tell nothing of more."""
        if cards < LEAST:
            return
        each = seconds / cards
        self._each = (self._each + each) / 2 if self._each else each
        fitting = min(max(int(TURN_S / self._each), self.cards // 2), self.cards + LEAST)
        self.cards = min(CHUNK, max(LEAST, fitting))


R = TypeVar("R", Read, ReadEntry)


def _chunks(found: Generator[R], pace: Pace) -> Iterator[list[R]]:
    """What is `found`, in chunks bounded by number and size."""
    chunk: list[R] = []
    size = 0
    with closing(found):
        for entry in found:
            chunk.append(entry)
            size += entry.size
            if len(chunk) >= pace.cards or size >= CHUNK_OCTETS:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk


class Chunks:
    """Carries out one chunk after the other: in a dry run only as far as to say what would come of it."""

    def __init__(self, run: Import, *, by: Actor, tell: Tell | None) -> None:
        self.run, self.by, self.tell = run, by, tell
        self.pace = Pace()
        self._turns = 0
        self._seen = _Seen()
        self._entries = CalendarEntries(run, by=by)
        self._updating = Updating(run, by=by) if run.changes_who_is_here else None

    def close(self) -> None:
        self._seen.close()
        if self._updating is not None:
            self._updating.close()

    def of(self, index: int) -> Iterator[Sequence[Read] | Sequence[ReadEntry]]:
        """The entries of one file that are not done yet."""
        run = self.run
        file = run.files[index]
        if file.get("is_calendar"):
            yield from _chunks(calendar_entries.read(file, skip=run.entries), self.pace)
        else:
            path, how = Path(file["path"]), How.from_json(file.get("how", {}))
            brief = run.is_dry_run and not run.changes_who_is_here
            region = run.space.default_region
            yield from _chunks(read(path, skip=run.entries, region=region, how=how, in_brief=brief), self.pace)

    def carry_out(self, index: int, chunk: Sequence[Read] | Sequence[ReadEntry]) -> None:
        if self.run.files[index].get("is_calendar"):
            self._carry_out_entries(index, [entry for entry in chunk if isinstance(entry, ReadEntry)])
        else:
            self._carry_out_cards(index, [entry for entry in chunk if isinstance(entry, Read)])

    def _carry_out_entries(self, index: int, chunk: Sequence[ReadEntry]) -> None:
        run, items = self.run, [entry.item for entry in chunk]
        if run.is_dry_run:
            judged = self._entries.judged(items)
            with write_turn():
                self._count_entries(index, chunk, judged)
            return
        with writing([run.space_id]):
            began = time.monotonic()
            self._count_entries(index, chunk, self._entries.stored(index, items))
        self._has_taken_a_turn(len(chunk), time.monotonic() - began)

    def _count_entries(self, index: int, chunk: Sequence[ReadEntry], results: Sequence[Stored | Problem]) -> None:
        run = self.run
        mine = self._entries.made_here([result.href for result in results if isinstance(result, UidConflict)])
        told = Report(run, index, self.tell)
        for entry, result in zip(chunk, results, strict=True):
            name = calendar_entries.name_of(entry.item)
            if isinstance(result, Stored):
                told.comes_in(entry.line, name, result)
            else:
                code, details = calendar_entries.problem_of(result, mine, run.calendar.name if run.calendar else "")
                told.stays_out(entry.line, name, code, details)
        told.write(len(chunk), sum(entry.size for entry in chunk))

    def _carry_out_cards(self, index: int, chunk: Sequence[Read]) -> None:
        run, prepared = self.run, [entry.item for entry in chunk]
        plan = self._updating.plan(prepared) if self._updating is not None else None
        if run.is_dry_run:
            results = self._judged(prepared, plan)
            with write_turn():
                _count(run, index, chunk, results, plan, self.tell)
            return
        with writing([run.space_id]) as locked:
            began = time.monotonic()
            if self._updating is not None and plan is not None and locked[run.space_id].revision != plan.revision:
                plan = self._updating.plan(prepared)  # somebody wrote in between
            items = plan.items if plan is not None else prepared
            results = _stored(run, locked[run.space_id], items, by=self.by)
            _set_own_fields(run, prepared, results, plan.own if plan is not None else {}, by=self.by)
            _count(run, index, chunk, results, plan, self.tell)
        self._has_taken_a_turn(len(chunk), time.monotonic() - began)

    def _has_taken_a_turn(self, cards: int, seconds: float) -> None:
        self.pace.took(cards, seconds)
        self._turns += 1
        if self._turns % TURNS == 0:
            write_back()

    def _judged(self, prepared: Sequence[Prepared | Problem], plan: Plan | None) -> list[Stored | Problem]:
        items: Sequence[Outcome] = plan.items if plan is not None else prepared
        judged = iter(storing.judge_prepared(self.run.space, _to_store(items), by=self.by))
        results = [item if isinstance(item, Stored) else next(judged) for item in items]
        # Those that change somebody were met by the plan.
        return [
            self._seen.once(item, result) if item is read else result
            for item, read, result in zip(items, prepared, results, strict=True)
        ]


def _to_store(items: Sequence[Outcome]) -> list[Prepared | Problem]:
    return [item for item in items if not isinstance(item, Stored)]


def _stored(run: Import, space: Space, items: Sequence[Outcome], *, by: Actor) -> list[Stored | Problem]:
    stored = iter(storing.store_locked(space, _to_store(items), batch=run.batch, by=by, door=Door(run.door)))
    return [item if isinstance(item, Stored) else next(stored) for item in items]


def _set_own_fields(
    run: Import,
    prepared: Sequence[Prepared | Problem],
    results: Sequence[Stored | Problem],
    given: Mapping[int, Said],
    *,
    by: Actor,
) -> None:
    """Give contacts that are new what their cards say of the own fields they have here; others, by place, `given`."""
    saying = {
        result.pk: item.entry.octets
        for item, result in zip(prepared, results, strict=True)
        if isinstance(item, Prepared) and isinstance(result, Stored) and result.created
        if own_lines.are_in(item.entry.octets)
    }
    changed = {result.pk: said for place, said in given.items() if isinstance(result := results[place], Stored)}
    if not saying and not changed:
        return
    fields = own_lines.fields_here(run.space, by)
    contacts = Contact.objects.filter(pk__in=[*saying, *changed]).select_related("space")
    told = [
        (each, changed[each.pk] if each.pk in changed else own_lines.read_own_lines(saying[each.pk], fields))
        for each in contacts
    ]
    set_fields_of([each for each in told if each[1]], by=by, door=Door(run.door), batch=run.batch)


class _Seen:
    """What a dry run would have stored goes by, for a later card to meet: on disk, where there is much."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # no name: a file of its own that goes with it
        self._rows.execute("CREATE TABLE seen (uid BLOB PRIMARY KEY, card BLOB) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE named (name BLOB PRIMARY KEY, full_name TEXT, has_uid INT) WITHOUT ROWID")

    def close(self) -> None:
        self._rows.close()

    def once(self, item: Prepared | Problem, result: Stored | Problem) -> Stored | Problem:
        """What a real run would answer, for what the judgement of `item` by the database alone was."""
        if not isinstance(item, Prepared):
            return result
        uid = hashlib.blake2b(item.uid.encode(), digest_size=16).digest()
        card = hashlib.blake2b(without_last_break(item.entry.octets), digest_size=16).digest()
        first = self._rows.execute("SELECT card FROM seen WHERE uid = ?", [uid]).fetchone()
        if first == (card,):
            return Stored(0, item.uid, "", "", 0, created=False, changed=False)
        if first is not None:
            return UidConflict(item.uid, "", "")
        if isinstance(result, Stored) and result.created:
            if known := self._known(item):
                return known
            self._rows.execute("INSERT INTO seen VALUES (?, ?)", [uid, card])
            called = [
                (_key(name), item.derived.full_name, bool(item.derived.uid)) for name in item.derived.external_ids
            ]
            self._rows.executemany("INSERT OR IGNORE INTO named VALUES (?, ?, ?)", called)
        return result

    def _known(self, item: Prepared) -> KnownAlready | None:
        for name in item.derived.external_ids:
            asked = self._rows.execute("SELECT full_name, has_uid FROM named WHERE name = ?", [_key(name)])
            first = asked.fetchone()
            if first is not None and not (item.derived.uid and first[1]):
                return KnownAlready(name[0], "", first[0])
        return None


def _key(name: Named) -> bytes:
    return hashlib.blake2b("\0".join(name).encode(), digest_size=16).digest()


def _count(
    run: Import,
    index: int,
    chunk: Sequence[Read],
    results: Sequence[Stored | Problem],
    plan: Plan | None,
    tell: Tell | None,
) -> None:
    mine = _hrefs_of_this_import(run, [result.href for result in results if isinstance(result, UidConflict)])
    counted = Report(run, index, tell)
    for place, (entry, result) in enumerate(zip(chunk, results, strict=True)):
        name = entry.item.derived.full_name if isinstance(entry.item, Prepared) else ""
        told = plan.told.get(place) if plan is not None else None
        if not isinstance(result, Stored):
            counted.stays_out(entry.line, name, *problem_of(result, mine))
        elif told is not None:
            counted.changes(entry.line, told, result)
        else:
            counted.comes_in(entry.line, name, result)
    counted.write(len(chunk), sum(entry.size for entry in chunk))


def _hrefs_of_this_import(run: Import, hrefs: Sequence[str]) -> frozenset[str]:
    """Those of `hrefs` that the import made itself; or, in a dry run, would have made: nothing is there."""
    if not hrefs:
        return frozenset()
    there = dict(Contact.objects.filter(space=run.space, href__in=hrefs, deleted_at=None).values_list("pk", "href"))
    made = Change.objects.filter(noun=Noun.CONTACT, subject__in=list(there), verb=Verb.CREATED, batch=run.batch)
    mine = {there[pk] for pk in made.values_list("subject", flat=True)} if run.batch is not None else set()
    return frozenset(mine | (set(hrefs) - set(there.values())))
