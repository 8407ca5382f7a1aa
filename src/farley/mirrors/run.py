"""What one run of a mirror keeps at hand: the server, its log, its batch, and how long it may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.database.turns import write_turn
from farley.journal.models import Batch, Door
from farley.journal.writing import close_batch, open_batch
from farley.mirrors.carddav import Book
from farley.mirrors.models import MAX_NOTED, Mirror, MirrorItem, MirrorNote, MirrorRun
from farley.spaces.models import Space
from farley.spaces.operations import require

BUDGET_S = 300.0  # then others of the queue have their turn, and it goes on behind them
MAX_NOTES = 500  # of one run


class CutShort(Exception):
    """The run is to go on later where it stands."""


class Stopped(Exception):
    """Somebody has paused the mirror meanwhile, or removed it."""


class Held(Exception):
    """The mirror waits for a manager. `code` is one of `wording.HOLDS`."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass
class Run:
    """One run of `mirror`. Nothing of it is written before there is something to tell."""

    mirror: Mirror
    book: Book
    log: MirrorRun
    stopping: Callable[[], bool]
    paused_too: bool = True  # it was asked for while the mirror was paused
    sent: set[int] = field(default_factory=set)  # ids of items that were sent by it
    unchanged: int = 0  # cards that were listed as changed and are not
    began: float = field(default_factory=time.monotonic)
    _notes: int = 0

    @classmethod
    def of(cls, mirror: Mirror, book: Book, stopping: Callable[[], bool], *, paused_too: bool = True) -> Run:
        """A new run, or the one that was cut short."""
        log = MirrorRun.objects.filter(mirror=mirror, finished_at=None).select_related("batch").last()
        return cls(mirror, book, log or MirrorRun(mirror=mirror), stopping, paused_too)

    @property
    def by(self) -> Actor:
        return self.mirror.actor

    @property
    def door(self) -> Door:
        return Door.RULE

    def batch(self) -> Batch:
        """The batch of this run. Called before a transaction begins that writes into it."""
        self.keep()
        if self.log.batch is None or self.log.batch.state != Batch.State.RUNNING:
            with write_turn():
                self.log.batch = open_batch(Batch.Act.IMPORT, by=self.by, door=self.door, title=self.mirror.name)
                self.log.save(update_fields=["batch"])
        return self.log.batch

    def keep(self) -> None:
        """Write the run down, if it is not yet."""
        if self.log._state.adding:
            with write_turn():
                self.log.save()

    def note(self, item: MirrorItem, code: str, *, name: str, contact: Contact | int | None, **details: Any) -> None:
        """Say something of one card; `keep` was called before. Within the caller's transaction."""
        self._notes += 1
        if self._notes <= MAX_NOTES:
            pk = contact.pk if isinstance(contact, Contact) else contact
            MirrorNote.objects.create(run=self.log, contact_id=pk, name=name[:MAX_NOTED], code=code, details=details)

    def problem(self, item: MirrorItem, code: str, *, name: str = "", is_final: bool = False, **details: Any) -> None:
        """Note that a card did not get across; in the log only where that is new. Within the caller's transaction."""
        if (item.problem, item.details) != (code, details):
            self.note(item, code, name=name, contact=item.contact_id, **details)
        item.problem, item.details = code, details
        if is_final:  # it will be the same until one of the sides changes
            item.todo, item.tag = MirrorItem.Todo.NOTHING, item.listed_tag
        item.save(update_fields=["problem", "details", "todo", "tag"])

    def count(self, **more: int) -> None:
        """Add to the numbers of the log, within the caller's transaction."""
        for name, number in more.items():
            setattr(self.log, name, getattr(self.log, name) + number)
        if any(more.values()):
            self.log.save(update_fields=list(more))

    def go_on(self) -> None:
        """Raise CutShort where it is time to, and what `require_wanted` raises. Between two transactions."""
        if self.stopping() or time.monotonic() - self.began > BUDGET_S:
            raise CutShort
        self.require_wanted()

    def require_wanted(self) -> None:
        """Raise Stopped, Held where what a run brought is undone, NotAllowed, NoSuchSpace: asked anew for each page."""
        state = Mirror.objects.values_list("state", flat=True).get(pk=self.mirror.pk)
        if state == Mirror.State.REMOVED or (state == Mirror.State.PAUSED and not self.paused_too):
            raise Stopped
        require(Space.objects.get(pk=self.mirror.space_id), self.by, Role.EDITOR)
        undone = MirrorRun.objects.of_undone(self.mirror).order_by("-pk").first()
        if undone is not None:  # the next run would bring it again, or delete it outside
            raise Held("undone", at=undone.started_at.isoformat(timespec="minutes"))

    def end(self, trouble: str = "", **details: Any) -> None:
        """Close what was opened; a run that has nothing to tell leaves nothing."""
        if trouble and (trouble, details) != (self.mirror.trouble, self.mirror.trouble_details):
            self.keep()
        if self.log._state.adding:
            return
        with write_turn():
            batch = self.log.batch
            if batch is not None:
                batch.refresh_from_db()
                if not batch.size:
                    self.log.batch = None
                elif batch.state == Batch.State.RUNNING:
                    close_batch(batch)
            log = self.log
            log.finished_at, log.trouble, log.details = timezone.now(), trouble, details
            log.save()
            if batch is not None and not batch.size:
                batch.delete()
            counted = (log.added, log.changed, log.deleted, log.sent_added, log.sent_changed, log.sent_deleted)
            if not (trouble or any(counted) or log.batch or log.notes.exists()):
                log.delete()
