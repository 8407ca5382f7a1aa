"""Undoing a batch: former octets and own fields come back; what was changed since stays and is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import Max
from django.utils.translation import gettext_noop

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.database.turns import write_turn
from farley.journal.models import Batch, BatchSpace, Change, Door, LeftOut, Noun, Verb
from farley.journal.writing import close_batch, leave_out, open_batch
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed, require, writing

CHUNK = 500  # records a transaction, so that phones and pages go on working


TROUBLES = {
    "role": gettext_noop("It was not undone to the end: who asked for it may not change all of it any more."),
    "error": gettext_noop("It was not undone to the end: something went wrong. The log of the server says what."),
}


class NoSuchBatch(LookupError):
    """There is no such batch, or it is not for this actor to know."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no batch {number}")
        self.number = number


class NotUndoable(ValueError):
    """The batch is undone already or still running. `state` is what it is in."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(f"batch {batch.pk} is {batch.get_state_display()}")
        self.batch, self.state = batch, Batch.State(batch.state)


class TouchesHidden(NotAllowed):
    """The batch changed something in a space the actor must not know of, too; only who sees it may undo it.

    `space` is one the actor sees.
    """

    def __init__(self, batch: Batch, space: Space) -> None:
        super().__init__(space, Role.EDITOR)
        self.args = (f"batch {batch.pk} also changed what you do not see",)
        self.batch = batch


@dataclass(frozen=True, slots=True)
class Former:
    """How a record was before some changes; None means: they did not touch that side of it.

    `own` may hold `space` and `href`, where the record was moved, and `uid`, where the octets have none.
    """

    subject: int
    live: bool | None = None
    content: int | None = None
    own: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that an act left as it is, because of `reason` (`changed`, `taken`, `gone`, `too_large`, `owner`).

    `label` is empty where the actor does not see it any more.
    """

    noun: Noun
    subject: int
    label: str
    reason: str


@dataclass(slots=True)
class Undone:
    """What `undo` did: of one that was taken up again, the rest is in `restored`, and all it left in `kept`."""

    batch: Batch
    restored: int = 0
    kept: list[Kept] = field(default_factory=list)


class PutBack(Protocol):
    def __call__(
        self, former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
    ) -> dict[int, str]:
        """Bring the records into their former state, in the locked `spaces`; return those it could not, and why."""


class Keeper(Protocol):
    """What a noun hands to the journal so that its records can be brought back."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        """Do what is slow about it, outside any transaction; some of `former` may not be put back after all."""

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        """The records that are not as `states` say, by id, and the reason: `changed` or `gone`."""

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        """What a user calls these records, deleted ones too, as far as `by` sees their spaces."""


class Follower(Protocol):
    """What else goes with a batch, and is no record."""

    def __call__(self, batch: Batch, *, is_undone: bool, by: Actor, door: Door) -> None:
        """`batch` has just been undone; or its undoing has been, so that it is in force again."""


_keepers: dict[Noun, Keeper] = {}
_followers: list[Follower] = []


def register(noun: Noun, keeper: Keeper) -> None:
    """Called once by the noun's AppConfig.ready."""
    _keepers[noun] = keeper


def on_undoing(follow: Follower) -> None:
    """Have `follow` called when all of a batch is undone, in that transaction. Called by an AppConfig.ready."""
    _followers.append(follow)


def labels(noun: Noun, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
    """What a user calls these records, as far as `by` sees their spaces."""
    wanted = list(subjects)
    return _keepers[noun].labels(wanted, by=by) if wanted else {}


def find_batch(number: int, *, by: Actor) -> Batch:
    """The batch, if it touched a space that `by` sees; NoSuchBatch otherwise."""
    if not 0 < number < 2**63:
        raise NoSuchBatch(number)
    batch = Batch.objects.visible_to(by).filter(pk=number).first()
    if batch is None:
        raise NoSuchBatch(number)
    found: Batch = batch
    return found


def undo(batch: Batch, *, by: Actor, door: Door, progress: Callable[[int], None] = lambda _done: None) -> Undone:
    """Undo `batch` as a batch of its own, which can be undone in turn; then `batch` can be undone again.

    A record that is not as the batch left it is kept and listed; changes that came to nothing do not count.
    Where all of them are kept, nothing was undone: `batch` stays done, and can be undone later.
    Goes in transactions of 500 changes, newest first; one that was cut short is taken up where it stood by
    calling this again. Raises NotAllowed (TouchesHidden is one) unless `by` edits every space the batch
    touched, NoSuchBatch for one who sees none of them, NotUndoable.
    """
    spaces = _spaces_of(batch, by)
    undoing = _begin(batch, by=by, door=door)
    is_taken_up = Change.objects.filter(batch=batch, pk__gte=undoing.position).exists()
    result = Undone(undoing)
    while changes := list(Change.objects.filter(batch=batch, pk__lt=undoing.position).order_by("-pk")[:CHUNK]):
        chunk = _Chunk(batch, changes)
        chunk.prepare()
        with writing(spaces) as locked:
            for space in locked.values():
                require(space, by, Role.EDITOR)
            if _is_next(undoing, changes[-1].pk):
                chunk.put_back(result, spaces=locked, by=by, door=door)
        undoing.refresh_from_db()
        progress(len(changes))
    result.kept = left_out(undoing, by=by)
    is_undone = bool(undoing.size) or not (result.kept or is_taken_up)
    _end(batch, undoing, is_undone=is_undone, by=by, door=door)
    return result


def left_out(batch: Batch, *, by: Actor, most: int | None = None) -> list[Kept]:
    """The records that `batch` passed over, in order of their ids, and why; `most` of them at most."""
    rows = list(LeftOut.objects.filter(batch=batch).order_by("noun", "subject")[:most])
    named: dict[tuple[int, int], str] = {}
    for noun in {Noun(row.noun) for row in rows}:
        subjects = [row.subject for row in rows if row.noun == noun]
        named |= {(noun, pk): label for pk, label in labels(noun, subjects, by=by).items()}
    return [Kept(Noun(r.noun), r.subject, named.get((r.noun, r.subject), ""), r.reason) for r in rows]


def begin(batch: Batch, *, by: Actor, door: Door) -> Batch:
    """Open the undoing of `batch`, for an `undo` in the background to take up. Raises what `undo` raises."""
    _spaces_of(batch, by)
    return _begin(batch, by=by, door=door)


def undoing_of(batch: Batch) -> Batch | None:
    """The undoing of `batch` that is going on, if there is one; its size tells how far it is."""
    found: Batch | None = Batch.objects.filter(undoes=batch, state=Batch.State.RUNNING).first()
    return found


def note_trouble(batch: Batch, trouble: str) -> None:
    """Say on the batch why undoing it in the background came to nothing: one of TROUBLES, or "" for none."""
    with write_turn():
        Batch.objects.filter(pk=batch.pk).exclude(trouble=trouble).update(trouble=trouble)


def _spaces_of(batch: Batch, by: Actor) -> list[int]:
    touched = list(Space.objects.filter(pk__in=BatchSpace.objects.filter(batch=batch).values("space")).order_by("pk"))
    editable = set(Space.objects.editable_by(by).values_list("pk", flat=True))
    visible = set(Space.objects.visible_to(by).values_list("pk", flat=True))
    seen = [space for space in touched if space.pk in visible]
    for space in seen:
        if space.pk not in editable:
            raise NotAllowed(space, Role.EDITOR)
    if len(seen) < len(touched):
        raise TouchesHidden(batch, seen[0]) if seen else NoSuchBatch(batch.pk)
    return [space.pk for space in touched]


def _begin(batch: Batch, *, by: Actor, door: Door) -> Batch:
    """The undoing of `batch`: the one that was cut short, or a new one."""
    with write_turn():
        state = Batch.objects.select_for_update().values_list("state", flat=True).get(pk=batch.pk)
        batch.state = state
        if state in (Batch.State.UNDONE, Batch.State.RUNNING):
            raise NotUndoable(batch)
        note_trouble(batch, "")
        if (cut_short := undoing_of(batch)) is not None:
            return cut_short
        undoing = open_batch(Batch.Act.UNDO, by=by, door=door, title=batch.title, undoes=batch)
        newest = Change.objects.filter(batch=batch).aggregate(newest=Max("pk"))["newest"] or 0
        undoing.position = newest + 1
        undoing.save(update_fields=["position"])
    return undoing


def _is_next(undoing: Batch, position: int) -> bool:
    """Claim the changes down to `position`; False where another process has put them back meanwhile."""
    mine = Batch.objects.filter(pk=undoing.pk, position=undoing.position, state=Batch.State.RUNNING)
    return bool(mine.update(position=position))


def _end(batch: Batch, undoing: Batch, *, is_undone: bool, by: Actor, door: Door) -> None:
    with write_turn():
        if undoing.state == Batch.State.RUNNING:
            close_batch(undoing, Batch.State.DONE if is_undone else Batch.State.FAILED)
        if not is_undone:
            return
        close_batch(batch, Batch.State.UNDONE)
        for follow in _followers:
            follow(batch, is_undone=True, by=by, door=door)
        if batch.undoes_id is None:
            return
        # What this batch undid is in force again.
        if Batch.objects.filter(pk=batch.undoes_id, state=Batch.State.UNDONE).update(state=Batch.State.DONE):
            again = Batch.objects.get(pk=batch.undoes_id)
            for follow in _followers:
                follow(again, is_undone=False, by=by, door=door)


class _Chunk:
    """Some changes of one batch, newest first."""

    def __init__(self, batch: Batch, changes: Sequence[Change]) -> None:
        self.batch = batch
        self.changes = {noun: [c for c in changes if c.noun == noun] for noun in {Noun(c.noun) for c in changes}}
        self.former = {noun: _former(mine) for noun, mine in self.changes.items()}
        self._put_back: dict[Noun, PutBack] = {}

    def prepare(self) -> None:
        self._put_back = {noun: _keepers[noun].prepare(list(former.values())) for noun, former in self.former.items()}

    def put_back(self, result: Undone, *, spaces: dict[int, Space], by: Actor, door: Door) -> None:
        for noun, former in self.former.items():
            changed, counted = self._changed_since(noun)
            back = [state for subject, state in former.items() if subject not in changed]
            kept = changed | self._put_back[noun](back, spaces=spaces, batch=result.batch, by=by, door=door)
            leave_out(result.batch, noun, kept)
            result.restored += len(former.keys() - counted - kept.keys())

    def _changed_since(self, noun: Noun) -> tuple[dict[int, str], set[int]]:
        """Records that others changed since, by id, with the reason; and those of which a newer part is done."""
        newest: dict[int, int] = {}
        oldest: dict[int, int] = {}
        for change in self.changes[noun]:
            newest.setdefault(change.subject, change.pk)
            oldest[change.subject] = change.pk
        others = Change.objects.filter(noun=noun, subject__in=list(oldest), pk__gt=min(oldest.values()))
        later: list[Change] = []
        meddled: dict[int, str] = {}
        counted: set[int] = set()
        for change in others.order_by("-pk"):
            if change.pk > newest[change.subject]:
                later.append(change)
                if change.batch_id == self.batch.pk:
                    counted.add(change.subject)
            elif change.pk > oldest[change.subject] and change.batch_id != self.batch.pk:
                meddled[change.subject] = "changed"
        keeper = _keepers[noun]
        changed = meddled | keeper.differing(_former(later).values())
        still = keeper.differing([self.former[noun][subject] for subject in changed])
        return {subject: reason for subject, reason in changed.items() if subject in still}, counted


def _former(changes: Iterable[Change]) -> dict[int, Former]:
    """Fold the changes, newest first, into how each record was before them."""
    former: dict[int, Former] = {}
    for change in changes:
        state = former.get(change.subject, Former(change.subject))
        if change.verb == Verb.CREATED:
            former[change.subject] = Former(change.subject, live=False)  # nothing of it was there
            continue
        live = {Verb.RESTORED: False, Verb.DELETED: True}.get(Verb(change.verb), state.live)
        content = change.before_id if change.verb == Verb.CHANGED else state.content
        former[change.subject] = Former(change.subject, live, content, {**state.own, **(change.own_before or {})})
    return former
