"""Importing files: a batch of short transactions that can be watched, cancelled, resumed and undone."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.models import Calendar
from farley.contacts.combining import Rule
from farley.contacts.matching import Key
from farley.contacts.writing import TABLES
from farley.database import rows
from farley.database.turns import write_turn
from farley.exchange import chunks, defined, own_lines
from farley.exchange.chunks import Chunks
from farley.exchange.formats import archives_held
from farley.exchange.models import Import
from farley.exchange.reading import collecting_rarely
from farley.exchange.reporting import COUNTS, Tell
from farley.exchange.sources import Source, described_of, fingerprint_of
from farley.jobs.worker import held, is_held
from farley.journal.models import Batch, Door
from farley.journal.undo import NoSuchBatch, NotUndoable, Undone, undo
from farley.journal.writing import close_batch, open_batch
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed, require

log = logging.getLogger(__name__)
_NOT_OVER = (Import.State.WAITING, Import.State.RUNNING)


class ImportBusy(RuntimeError):
    """Another process is working on this import."""


def lacks_room() -> bool:
    """Whether the disk under the database has no room for what an import writes next: then it waits."""
    return connection.vendor == "sqlite" and shutil.disk_usage(settings.DATA).free < chunks.CHUNK_OCTETS


class Described(NamedTuple):
    """Files as `Import.files` keeps them, and what recognises them: all of them have been read for it."""

    files: list[dict[str, Any]]
    fingerprint: str


def described(sources: Sequence[Source]) -> Described:
    """Raises NothingToImport for a file that is missing, unreadable or empty."""
    with archives_held():
        files = [file for source in sources for file in described_of(source)]
    return Described(files, fingerprint_of(sources, files))


def prepare(
    space: Space,
    sources: Sequence[Source] | Described,
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
    into `calendar`, else where it fits (`CalendarEntries`). Who holds the turn to write has `described` the sources
    before, for that reads them whole. Raises NotAllowed, NoSuchSpace, NoSuchKey;
    NothingToImport for a file that is missing, unreadable or empty, before anything is written.
    """
    require(space, by, Role.EDITOR)
    assert by.user is not None
    Key.named(key, own_lines.fields_here(space, by))
    files, fingerprint = sources if isinstance(sources, Described) else described(sources)
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
            with closing(Chunks(run, by=by, tell=tell)) as carrying, collecting_rarely(), archives_held():
                if not _carry_out(run, carrying, progress=progress, stopping=stopping):
                    return False
            if not _finish(run):
                _undo_all(run, by=by)
    except BlockingIOError as error:
        raise ImportBusy from error
    return True


def _carry_out(
    run: Import, carrying: Chunks, *, progress: Callable[[Import], None], stopping: Callable[[], bool]
) -> bool:
    """Store what is left of the files, until it is cancelled; return False if `stopping` cut it short."""
    statistics_at = 1_000
    for index in range(run.file, len(run.files)):
        for chunk in carrying.of(index):
            if run.batch is not None and run.batch.size >= statistics_at:
                rows.refresh_statistics(*TABLES)
                statistics_at = 10 * run.batch.size
            if run.is_cancelled or _is_cancelled(run):
                return True
            carrying.carry_out(index, chunk)
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
                if run.batch is not None and run.batch.size > chunks.CHUNK:
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
        run.save(update_fields=["state", "started_at", "batch", *COUNTS, "file"])


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
    defined.take_along(run, is_undone=True, by=by, door=Door(run.door))
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
