"""Importing files: a batch of short transactions that can be watched, cancelled, resumed and undone."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.models import Calendar
from farley.calendars.storing import Problem as EntryProblem
from farley.codecs.tables import NotATable
from farley.codecs.unreadable import Unreadable
from farley.codecs.vcard import Card
from farley.contacts import storing
from farley.contacts.combining import Rule
from farley.contacts.comparing import Difference
from farley.contacts.external_ids import Named
from farley.contacts.matching import Key
from farley.contacts.models import Contact
from farley.contacts.operations import set_fields_of
from farley.contacts.storing import KnownAlready, Prepared, Problem, Stored, TooLarge, UidConflict
from farley.contacts.writing import TABLES
from farley.database import rows
from farley.database.turns import write_turn
from farley.exchange import calendar_entries, own_lines
from farley.exchange.calendar_entries import CalendarEntries, ReadEntry
from farley.exchange.formats import (
    FIND_OUT,
    ColumnsNotChosen,
    How,
    Look,
    Member,
    NotAnArchive,
    archives_held,
    entries,
    format_of,
    found_out,
    members_of,
    size_of,
)
from farley.exchange.mapping import BadMapping
from farley.exchange.models import Import, ImportOutcome, ImportProblem
from farley.exchange.reading import Read, collecting_rarely, read
from farley.exchange.updating import MatchedAgain, Outcome, Plan, Said, SeveralFit, Told, Updating
from farley.jobs.worker import held, is_held
from farley.journal.models import Batch, Change, Door, Noun, Verb
from farley.journal.records import without_last_break
from farley.journal.undo import NoSuchBatch, NotUndoable, Undone, undo
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed, require, writing

log = logging.getLogger(__name__)
CHUNK = 500  # cards a transaction, at the most
LEAST = 100  # at the least: below, each waits for the disk longer than for the rest
TURN_S = 0.1  # what a transaction should take before its commit, for other writers wait so long
TOLD = 1000  # changes that a check tells field by field; it counts them all
NAMED = 50  # new contacts that a check names
_COUNTS = ("created", "changed", "unchanged", "failed", "conflicts", "entries", "octets")
CHUNK_OCTETS = 4 * 2**20  # of one chunk at the most, so that photos do not fill the memory
REASONS = {
    "invalid": gettext_noop("%(reason)s"),
    "twice": gettext_noop("The same UID stands in this import twice; the first card is in, this one is not."),
    "taken": gettext_noop(
        "Its UID belongs to “%(name)s” in this space already, with other contents; the stored contact stays as it is."
    ),
    "known": gettext_noop(
        "By its %(prop)s it is “%(name)s”, who is in this space already with other contents; the stored contact stays "
        "as it is."
    ),
    "large": gettext_noop("The %(what)s is longer than %(limit)s."),
    "several": gettext_noop("By its %(prop)s it may be any of these contacts: %(names)s. None of them was changed."),
    "again": gettext_noop(
        "By its %(prop)s it is “%(name)s”, whom an entry before it in this import made or changed; this one is not in."
    ),
}
REASONS |= calendar_entries.REASONS
KEYS = {
    "uid": gettext_noop("UID"),
    "external-id": gettext_noop("number in another system"),
    "email": gettext_noop("e-mail address"),
    "phone": gettext_noop("phone number"),
}


FAILURES = {
    "file": gettext_noop("One of the files cannot be read any more."),
    "database": gettext_noop("The database refused to store what was in it."),
    "role": gettext_noop("You may not change this space any more."),
    "calendar": gettext_noop("The calendar is not there any more."),
    "key": gettext_noop("The own field by which contacts were to be recognised is not there any more."),
    "killed": gettext_noop("The server was ended several times while it worked on it."),
}


_TOO_LARGE = re.compile(r"this vCard is larger than ([\d,]+) octets")


class NothingToImport(ValueError):
    """A file cannot be imported at all. `file` is its name, `reason` an English sentence."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file, self.reason = file, reason


class ColumnsToChoose(NothingToImport):
    """A table whose layout nobody knows. `look` is what there is to choose from."""

    def __init__(self, file: str, look: Look) -> None:
        super().__init__(file, "the layout of this table is not known: what its columns become has to be chosen")
        self.look = look


_NOT_OVER = (Import.State.WAITING, Import.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry. `what`: `new`, `changed`, `unchanged`, or the code of its problem."""

    file: str
    line: int
    name: str
    what: str
    changes: Sequence[Difference] = ()
    left: Sequence[Difference] = ()  # of what it says: what stays instead, and what was not taken
    problem: ImportProblem | None = None


Tell = Callable[[Verdict], None]


class ImportBusy(RuntimeError):
    """Another process is working on this import."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import: its name as the user knows it, where it lies, and how it is read, as far as that is given."""

    name: str
    path: Path
    how: How = FIND_OUT


def reason_of(problem: ImportProblem) -> str:
    """Why the entry did not come in, in the active language."""
    details = dict(problem.details)
    if problem.code == "invalid":
        if too_large := _TOO_LARGE.fullmatch(details["reason"]):  # the codec's words have a number in them
            limit = number_format(int(too_large[1].replace(",", "")), force_grouping=True)
            return gettext("this vCard is larger than {limit} octets").format(limit=limit)
        return gettext(details["reason"])
    if word := KEYS.get(details.get("prop", "")):
        details["prop"] = gettext(word)
    return gettext(REASONS[problem.code]) % details


def lacks_room() -> bool:
    """Whether the disk under the database has no room for what an import writes next: then it waits."""
    return connection.vendor == "sqlite" and shutil.disk_usage(settings.DATA).free < CHUNK_OCTETS


def failure_of(run: Import) -> str:
    """Why the import as a whole failed, in the active language; empty for one that did not."""
    return gettext(FAILURES[run.error]) if run.error else ""


def prepare(
    space: Space,
    sources: Sequence[Source],
    *,
    by: Actor,
    door: Door,
    key: str = "uid",
    rule: Rule = Rule.KEEP,
    calendar: Calendar | None = None,
    is_dry_run: bool = False,
) -> Import:
    """Set up an import into `space`, or find the same one that was cut short.

    Who is there is recognised by `key` (a `Key`'s name), and treated as `rule` says. What is in calendar files goes
    into `calendar`, else where it fits (`CalendarEntries`). Raises NotAllowed, NoSuchSpace, NoSuchKey;
    NothingToImport for a file that is missing, unreadable or empty, before anything is written.
    """
    require(space, by, Role.EDITOR)
    assert by.user is not None
    Key.named(key, own_lines.fields_here(space, by))
    with archives_held():
        files = [file for source in sources for file in described(source)]
    fingerprint = _fingerprint(sources, files)
    asked: dict[str, Any] = {"space": space, "fingerprint": fingerprint, "key": key, "rule": rule, "calendar": calendar}
    unfinished = Import.objects.visible_to(by).filter(
        is_dry_run=False, is_cancelled=False, state=Import.State.RUNNING, **asked
    )
    for found in unfinished if not is_dry_run else ():
        if not is_held(_lock_of(found)):
            taken_up: Import = found
            taken_up.files = files  # the same octets, which may lie elsewhere by now
            with write_turn():
                taken_up.save(update_fields=["files"])
            return taken_up
    with write_turn():
        return Import.objects.create(user=by.user, door=door, is_dry_run=is_dry_run, files=files, **asked)


def cards_of(sources: Sequence[Source]) -> Iterator[Card]:
    """The cards of these files. Raises NothingToImport for a file that cannot be read; OSError."""
    for file in (file for source in sources for file in described(source)):
        if file.get("is_calendar"):
            continue
        for found in entries(Path(file["path"]), How.from_json(file.get("how", {}))):
            if isinstance(found.card, Card):
                yield found.card


def run(
    run: Import,
    *,
    by: Actor,
    progress: Callable[[Import], None] = lambda _run: None,
    stopping: Callable[[], bool] = lambda: False,
    tell: Tell | None = None,
) -> bool:
    """Carry the import out, from where it stands; return False if `stopping` cut it short.

    `tell` hears of each entry. A cancelled one is undone. Raises ImportBusy, NotAllowed; OSError if a file cannot be
    read on.
    """
    try:
        with held(_lock_of(run)):
            run.refresh_from_db()
            if run.is_over:
                return True
            _begin(run, by)
            with closing(_Chunks(run, by=by, tell=tell)) as chunks, collecting_rarely(), archives_held():
                if not _carry_out(run, chunks, progress=progress, stopping=stopping):
                    return False
            if not _finish(run):
                _undo_all(run, by=by)
    except BlockingIOError as error:
        raise ImportBusy from error
    return True


def _carry_out(
    run: Import, chunks: _Chunks, *, progress: Callable[[Import], None], stopping: Callable[[], bool]
) -> bool:
    """Store what is left of the files, until it is cancelled; return False if `stopping` cut it short."""
    statistics_at = 1_000
    for index in range(run.file, len(run.files)):
        for chunk in chunks.of(index):
            if run.batch is not None and run.batch.size >= statistics_at:
                rows.refresh_statistics(*TABLES)
                statistics_at = 10 * run.batch.size
            if run.is_cancelled or _is_cancelled(run):
                return True
            chunks.carry_out(index, chunk)
            progress(run)
            if stopping():
                return False
        _next_file(run, index)
    return True


def fail(run: Import, failure: str, *, by: Actor) -> None:
    """End an import that cannot go on, for one of FAILURES, and undo it.

    Where `by` may not undo it any more, or the database does not let them, what is in stays and can be undone.
    """
    with write_turn():
        Import.objects.filter(pk=run.pk, state__in=_NOT_OVER).update(is_cancelled=True, error=failure)
    with held(_lock_of(run)):
        run.refresh_from_db()
        if run.is_over:
            return
        try:
            _undo_all(run, by=by)
        except (NotAllowed, NoSuchBatch, DatabaseError):
            log.exception("import %s failed and could not be undone", run.pk)
            _end(run)


def cancel(run: Import, *, by: Actor) -> bool:
    """Ask an import to stop; whoever carries it out undoes it. One that nobody works on is undone here.

    False if it is too much to undo here: `run` does it, by whomever it is called next.
    """
    with write_turn():
        Import.objects.filter(pk=run.pk, state__in=_NOT_OVER).update(is_cancelled=True)
    try:
        with held(_lock_of(run)):
            run.refresh_from_db()
            if run.is_cancelled and not run.is_over:
                if run.batch is not None and run.batch.size > CHUNK:
                    return False
                _undo_all(run, by=by)
    except BlockingIOError:
        run.refresh_from_db()
    return True


def take_back(batch: Batch, *, by: Actor, door: Door, progress: Callable[[int], None] = lambda _done: None) -> Undone:
    """`journal.undo.undo`; an import that was cut short and that nobody works on is ended first.

    Raises what `undo` raises: NotUndoable also for an import that is being carried out now.
    """
    for run in Import.objects.filter(batch=batch, state=Import.State.RUNNING).select_related("space"):
        require(run.space, by, Role.EDITOR)
        try:
            with held(_lock_of(run)):
                run.refresh_from_db()
                if not run.is_over:
                    run.is_cancelled = True
                    _end(run)
        except BlockingIOError as error:
            raise NotUndoable(batch) from error
    batch.refresh_from_db()
    return undo(batch, by=by, door=door, progress=progress)


def _lock_of(run: Import) -> Path:
    return Path(settings.DATA) / "run" / f"import-{run.pk}.lock"


def described(source: Source) -> list[dict[str, Any]]:
    """A file as `Import.files` keeps it; of an archive, each file in it. Raises NothingToImport."""
    try:
        str(source.path).encode()
    except UnicodeEncodeError as error:
        raise NothingToImport(ascii(source.name), "its name is not UTF-8; rename the file") from error
    if source.path.exists() and not source.path.is_file():
        raise NothingToImport(source.name, "is no file, but a folder, device or pipe")
    try:
        size = source.path.stat().st_size
        with source.path.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise NothingToImport(source.name, error.strerror or str(error)) from error
    if not first:
        raise NothingToImport(source.name, "the file is empty")
    path = str(source.path.absolute())
    if path != _printable(path):
        raise NothingToImport(_printable(source.name), "the name of the file is not UTF-8; rename it")
    described: dict[str, Any] = {"name": _printable(source.name)[:300], "path": path, "size": size}
    if source.how == FIND_OUT and calendar_entries.is_calendar(source.path):
        return [described | {"is_calendar": True}]
    how = _how(source)
    if how.member:
        described["size"] = size_of(source.path, how)
    if how.format == "zip":
        with archives_held():
            return [_of_archive(source, path, member) for member in _members(source)]
    return [described if how.is_plain else described | {"how": how.to_json()}]


def _members(source: Source) -> list[Member]:
    try:
        members = members_of(source.path)
    except NotAnArchive as error:
        raise NothingToImport(source.name, error.reason) from error
    if not members:
        raise NothingToImport(source.name, "there are no contacts in this archive")
    return members


def files_in(source: Source) -> list[Source]:
    """The files of an archive that hold contacts; of what is none, itself. Raises NothingToImport, OSError."""
    if source.how.member or (source.how.format or format_of(source.path)) != "zip":
        return [source]
    return [_inside(source, member) for member in _members(source)]


def _inside(source: Source, member: Member) -> Source:
    how = replace(source.how, format=member.format, member=member.name)
    return Source(_printable(f"{source.name}/{member.name}")[-300:], source.path, how)


def _of_archive(source: Source, path: str, member: Member) -> dict[str, Any]:
    inside = _inside(source, member)
    return {"name": inside.name, "path": path, "size": member.size, "how": _how(inside).to_json()}


def _how(source: Source) -> How:
    """How the file is read: settled before the import begins, so that all of it is read alike."""
    try:
        return found_out(source.path, source.how)
    except ColumnsNotChosen as error:
        raise ColumnsToChoose(source.name, error.look) from error
    except (BadMapping, NotATable, NotAnArchive) as error:
        raise NothingToImport(source.name, error.reason) from error
    except LookupError as error:
        raise NothingToImport(source.name, "there is no encoding of this name") from error


def _printable(name: str) -> str:
    """`name` as every database can hold it: a file name may be any octets."""
    return name.encode(errors="replace").decode().replace("\0", "?")


def _fingerprint(sources: Sequence[Source], files: Sequence[dict[str, Any]]) -> str:
    """What recognises the same files, read in the same way."""
    digest = hashlib.sha256()
    digests: dict[Path, bytes] = {}
    for source in sources:
        if source.path not in digests:  # else a further file of the same archive
            with source.path.open("rb") as stream:
                digests[source.path] = hashlib.file_digest(stream, "sha256").digest()
        digest.update(digests[source.path])
    if manners := [file["how"] for file in files if "how" in file]:
        digest.update(json.dumps(manners, sort_keys=True).encode())
    return digest.hexdigest()


def _begin(run: Import, by: Actor) -> None:
    require(run.space, by, Role.EDITOR)
    with write_turn():
        run.state, run.started_at = Import.State.RUNNING, run.started_at or timezone.now()
        if run.is_dry_run:  # what a killed one had seen is gone: from the start
            run.problems.all().delete()
            run.outcomes.all().delete()
            run.file = run.entries = run.octets = run.created = run.changed = run.unchanged = run.failed = 0
            run.conflicts = 0
        elif run.batch is None:
            run.batch = open_batch(Batch.Act.IMPORT, by=by, door=Door(run.door), title=str(run))
        run.save(update_fields=["state", "started_at", "batch", *_COUNTS, "file"])


class _Pace:
    """How many cards go into one transaction: fewer where the machine is slow or busy."""

    def __init__(self) -> None:
        self.cards = CHUNK

    def took(self, seconds: float) -> None:
        """Note how long the last transaction worked; its commit takes the same for few cards and many."""
        if seconds > TURN_S:
            self.cards = min(CHUNK, max(LEAST, self.cards // 2))
        elif seconds < 0.7 * TURN_S:
            self.cards = min(CHUNK, self.cards + LEAST)


R = TypeVar("R", Read, ReadEntry)


def _chunks(found: Generator[R], pace: _Pace) -> Iterator[list[R]]:
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


class _Chunks:
    """Carries out one chunk after the other: in a dry run only as far as to say what would come of it."""

    def __init__(self, run: Import, *, by: Actor, tell: Tell | None) -> None:
        self.run, self.by, self.tell = run, by, tell
        self.pace = _Pace()
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
        path = Path(run.files[index]["path"])
        if run.files[index].get("is_calendar"):
            yield from _chunks(calendar_entries.read(path, skip=run.entries), self.pace)
        else:
            how = How.from_json(run.files[index].get("how", {}))
            yield from _chunks(read(path, skip=run.entries, region=run.space.default_region, how=how), self.pace)

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
            self.pace.took(time.monotonic() - began)

    def _count_entries(self, index: int, chunk: Sequence[ReadEntry], results: Sequence[Stored | EntryProblem]) -> None:
        run = self.run
        mine = self._entries.made_here([result.href for result in results if isinstance(result, UidConflict)])
        told = _Told(run, index, self.tell)
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
            results = _stored(run, plan.items if plan is not None else prepared, by=self.by)
            _set_own_fields(run, prepared, results, plan.own if plan is not None else {}, by=self.by)
            _count(run, index, chunk, results, plan, self.tell)
            self.pace.took(time.monotonic() - began)

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


def _stored(run: Import, items: Sequence[Outcome], *, by: Actor) -> list[Stored | Problem]:
    stored = iter(storing.store_prepared(run.space, _to_store(items), batch=run.batch, by=by, door=Door(run.door)))
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


class _Told:
    """What is counted, kept and told of the entries of one chunk."""

    def __init__(self, run: Import, index: int, tell: Tell | None) -> None:
        self.run, self.file, self.tell = run, run.files[index]["name"], tell
        self.problems: list[ImportProblem] = []
        self.outcomes: list[ImportOutcome] = []

    def comes_in(self, line: int, name: str, result: Stored) -> None:
        run = self.run
        if result.created and run.is_dry_run and run.created < NAMED:
            verdict = ImportOutcome.Verdict.NEW
            self.outcomes.append(ImportOutcome(run=run, file=self.file, line=line, name=name[:200], verdict=verdict))
        run.created += result.created
        run.changed += result.changed and not result.created
        run.unchanged += not result.changed
        if self.tell is not None:
            what = "new" if result.created else "changed" if result.changed else "unchanged"
            self.tell(Verdict(self.file, line, name, what))

    def changes(self, line: int, told: Told, result: Stored) -> None:
        """An entry about somebody who is here."""
        run = self.run
        self.outcomes += _outcome(run, self.file, line, told, result)
        run.changed += result.changed
        run.unchanged += not result.changed
        run.conflicts += bool(told.left)
        if self.tell is not None:
            what = "changed" if result.changed else "unchanged"
            self.tell(Verdict(self.file, line, told.name, what, told.changes, told.left))

    def stays_out(self, line: int, name: str, code: str, details: dict[str, Any]) -> None:
        problem = ImportProblem(run=self.run, file=self.file, line=line, name=name[:200], code=code, details=details)
        self.problems.append(problem)
        self.run.failed += 1
        if self.tell is not None:
            self.tell(Verdict(self.file, line, name, code, problem=problem))

    def write(self, count: int, octets: int) -> None:
        ImportProblem.objects.bulk_create(self.problems)
        ImportOutcome.objects.bulk_create(self.outcomes)
        self.run.entries += count
        self.run.octets += octets
        self.run.save(update_fields=_COUNTS)


def _count(
    run: Import,
    index: int,
    chunk: Sequence[Read],
    results: Sequence[Stored | Problem],
    plan: Plan | None,
    tell: Tell | None,
) -> None:
    mine = _hrefs_of_this_import(run, [result.href for result in results if isinstance(result, UidConflict)])
    counted = _Told(run, index, tell)
    for place, (entry, result) in enumerate(zip(chunk, results, strict=True)):
        name = entry.item.derived.full_name if isinstance(entry.item, Prepared) else ""
        told = plan.told.get(place) if plan is not None else None
        if not isinstance(result, Stored):
            counted.stays_out(entry.line, name, *_problem(result, mine))
        elif told is not None:
            counted.changes(entry.line, told, result)
        else:
            counted.comes_in(entry.line, name, result)
    counted.write(len(chunk), sum(entry.size for entry in chunk))


def _outcome(run: Import, file: str, line: int, told: Told, result: Stored) -> list[ImportOutcome]:
    """What is kept of an entry about somebody who is here; of what changed the journal tells once it is done."""
    tells_changes = run.is_dry_run and result.changed and run.changed < TOLD
    if not tells_changes and not told.left:
        return []
    return [
        ImportOutcome(
            run=run,
            file=file,
            line=line,
            name=told.name[:200],
            verdict=ImportOutcome.Verdict.CHANGED if result.changed else ImportOutcome.Verdict.LEFT,
            changes=[astuple(each) for each in told.changes] if tells_changes else [],
            left=[astuple(each) for each in told.left],
        )
    ]


def _problem(problem: Problem, mine: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The code of REASONS, and what fills it in."""
    if isinstance(problem, Unreadable):
        return "invalid", {"reason": problem.reason}
    if isinstance(problem, UidConflict):
        return "twice" if problem.href in mine else "taken", {"uid": problem.uid, "name": problem.name}
    if isinstance(problem, MatchedAgain):
        return "twice" if problem.key == "uid" else "again", {"prop": problem.key, "name": problem.name}
    if isinstance(problem, SeveralFit):
        return "several", {"prop": problem.key, "names": ", ".join(f"“{name}”" for name in problem.names)}
    if isinstance(problem, KnownAlready):
        return "known", {"prop": problem.prop, "name": problem.name}
    if isinstance(problem, TooLarge):
        return "large", {"what": problem.what, "limit": problem.limit}
    raise problem


def _hrefs_of_this_import(run: Import, hrefs: Sequence[str]) -> frozenset[str]:
    """Those of `hrefs` that the import made itself; or, in a dry run, would have made: nothing is there."""
    if not hrefs:
        return frozenset()
    there = dict(Contact.objects.filter(space=run.space, href__in=hrefs, deleted_at=None).values_list("pk", "href"))
    made = Change.objects.filter(noun=Noun.CONTACT, subject__in=list(there), verb=Verb.CREATED, batch=run.batch)
    mine = {there[pk] for pk in made.values_list("subject", flat=True)} if run.batch is not None else set()
    return frozenset(mine | (set(hrefs) - set(there.values())))


def _next_file(run: Import, index: int) -> None:
    run.file, run.entries = index + 1, 0
    with write_turn():
        run.save(update_fields=["file", "entries"])


def _is_cancelled(run: Import) -> bool:
    return Import.objects.filter(pk=run.pk, is_cancelled=True).exists()


def _undo_all(run: Import, *, by: Actor) -> None:
    """Undo an import that was cancelled or failed; one that is cut short in this is taken up again."""
    if run.batch is not None:
        run.batch.refresh_from_db()
        if run.batch.state == Batch.State.RUNNING:
            close_batch(run.batch)
        if run.batch.size and run.batch.state != Batch.State.UNDONE:
            undo(run.batch, by=by, door=Door(run.door))
    _end(run)


def _finish(run: Import) -> bool:
    """End the import as done, unless it has been cancelled at the last moment."""
    with write_turn():
        if Import.objects.select_for_update().filter(pk=run.pk, is_cancelled=True).exists():
            return False
        _end(run)
    return True


def _end(run: Import) -> None:
    state = Import.State.CANCELLED if run.is_cancelled else Import.State.DONE
    run.state, run.finished_at = Import.State.FAILED if run.error else state, timezone.now()
    with write_turn():
        run.save(update_fields=["state", "finished_at", "is_cancelled"])
        if run.batch is None:
            return
        run.batch.refresh_from_db()
        if run.batch.state == Batch.State.RUNNING:
            close_batch(run.batch)
