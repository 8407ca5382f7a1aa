"""Appending to the journal: the last step of every write, in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.database import rows
from farley.database.turns import write_turn
from farley.journal.models import Batch, BatchSpace, Change, Content, Door, LeftOut, Noun, Tombstone, Verb
from farley.spaces.models import Space

CHANGE_COLUMNS = (
    "space_id", "revision", "at", "batch_id", "actor_kind", "user_id", "actor_label", "door",
    "verb", "noun", "subject", "before_id", "own_before",
)  # fmt: skip
FEW = 20  # statements take less time than to build one for all of them


@dataclass(frozen=True, slots=True)
class Written:
    """What happened to one record, before it has a revision."""

    verb: Verb
    subject: int
    before: int | None = None  # id of the Content that was replaced
    own_before: dict[str, Any] | None = None


def append(
    space: Space, noun: Noun, written: Sequence[Written], *, by: Actor, door: Door, batch: Batch | None, at: dt.datetime
) -> range:
    """Journal `written` and return their revisions, in the same order. `space` is locked (`writing`)."""
    first, space_id = space.revision + 1, space.pk
    revisions = range(first, first + len(written))
    if not written:
        return revisions
    user = by.user.pk if by.user else None
    batch_id = batch.pk if batch else None
    actor, through, what = int(by.kind), int(door), int(noun)
    rows.insert(
        Change,
        CHANGE_COLUMNS,
        [
            (
                space_id, revision, at, batch_id, actor, user, by.label, through,
                int(item.verb), what, item.subject, item.before, item.own_before,
            )
            for revision, item in zip(revisions, written, strict=True)
        ],
    )  # fmt: skip
    space.revision = revisions[-1]
    rows.update(Space, ("revision",), [(space.revision, space.pk)])
    if batch is not None:
        BatchSpace.objects.get_or_create(batch=batch, space=space)
        Batch.objects.filter(pk=batch.pk).update(size=F("size") + len(written))
        batch.size += len(written)
    return revisions


def keep(octets: Sequence[tuple[bytes, bytes]], *, ids: Sequence[int]) -> Sequence[int]:
    """Store (SHA-256, octets) as the Contents with these ids, which were claimed for them; return the ids."""
    contents = [(pk, sha256, data) for pk, (sha256, data) in zip(ids, octets, strict=True)]
    rows.insert(Content, ("id", "sha256", "octets"), contents)
    return ids


class Grave(NamedTuple):
    """A member that is gone: its href and octets revision. `is_hidden`: readers were never told that it was there."""

    href: str
    revision: int
    is_hidden: bool = False


def bury(space: Space, noun: Noun, gone: Sequence[Grave], *, collection: int = 0) -> None:
    """Record that these members are gone."""
    rows.upsert(
        Tombstone,
        ("space_id", "noun", "collection", "href"),
        ("space_id", "noun", "collection", "href", "octets_revision", "is_hidden"),
        [(space.pk, int(noun), collection, *grave) for grave in gone],
    )


def unbury(space: Space, noun: Noun, hrefs: Sequence[str], *, collection: int = 0) -> None:
    """Forget the tombstones of hrefs that have a member again."""
    if len(hrefs) > FEW:  # most have none: a look-up of all is quicker than a deletion of each
        where = {"space_id": space.pk, "noun": int(noun), "collection": collection, "href": [*hrefs]}
        hrefs = [href for (href,) in rows.select(Tombstone, ("href",), where)]
    key = ("space_id", "noun", "collection", "href")
    rows.delete(Tombstone, key, [(space.pk, int(noun), collection, href) for href in hrefs])


def open_batch(act: Batch.Act, *, by: Actor, door: Door, title: str = "", undoes: Batch | None = None) -> Batch:
    """Begin an act. What it changes is named by passing it to the writes; `close_batch` ends it."""
    with write_turn():
        return Batch.objects.create(
            act=act, title=title[:300], actor_kind=by.kind, user=by.user, actor_label=by.label, door=door, undoes=undoes
        )


def close_batch(batch: Batch, state: Batch.State = Batch.State.DONE) -> None:
    batch.state, batch.finished_at = state, timezone.now()
    with write_turn():
        batch.save(update_fields=["state", "finished_at"])


def leave_out(batch: Batch, noun: Noun, reasons: Mapping[int, str]) -> None:
    """Note which records `batch` passed over, by id, and why; the first reason stays."""
    left = [LeftOut(batch=batch, noun=noun, subject=pk, reason=reason) for pk, reason in sorted(reasons.items())]
    if left:
        with write_turn():
            LeftOut.objects.bulk_create(left, ignore_conflicts=True)


@contextmanager
def one_batch(act: Batch.Act, *, by: Actor, door: Door, title: str = "") -> Iterator[Batch]:
    """A short act that is one transaction: batch, records and journal together or not at all.

    The spaces it touches are locked inside, in ascending order. Inside `writing` it joins. An act that came
    to nothing leaves no batch: then it has no `pk` afterwards.
    """
    with write_turn():
        batch = open_batch(act, by=by, door=door, title=title)
        yield batch
        if batch.size:
            close_batch(batch)
        else:
            batch.delete()
