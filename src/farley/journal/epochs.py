"""Epochs: between two restores of a backup the revisions of a space only grow; a restore takes them back.

A sync token names the epoch it was given in and a revision. One from before a restore stays good up to the revision
that the restore went back to: what it has seen is what is there. Beyond that its holder has seen what is gone, and
what was written since has revisions that it takes for known: it must begin anew.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import ClassVar

from django.db import models
from django.utils import timezone

from farley.database.turns import write_turn
from farley.spaces.models import Space

_at_beginning: list[Callable[[], None]] = []
FIRST = 1  # the number of the epoch that an instance is made with


class Epoch(models.Model):
    """A time without a restore. Named by chance: one backup, restored twice, begins two that must not be mixed up."""

    number = models.PositiveIntegerField(primary_key=True)
    name = models.CharField(max_length=16, unique=True)  # lower-case hexadecimal digits
    began_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = models.Manager["Epoch"]()

    def __str__(self) -> str:
        return f"{self.number} ({self.name})"


class EpochStart(models.Model):
    """The revision of `space` that the restore which began `epoch` went back to."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="starts")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveBigIntegerField()

    objects: ClassVar = models.Manager["EpochStart"]()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["epoch", "space"], name="an_epoch_begins_once_a_space"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch_id}: {self.space_id} at {self.revision}"


def current() -> Epoch:
    """The epoch that tokens are given in now; one query."""
    return Epoch.objects.order_by("-number").first() or _begin(FIRST)


def on_beginning(act: Callable[[], None]) -> None:
    """Have `act` done in the transaction of each restore: what must not go on by itself in a copy."""
    _at_beginning.append(act)


def begin(at: dt.datetime | None = None) -> Epoch:
    """Begin an epoch, as the last step of a restore: revisions have gone back to what the spaces say now."""
    with write_turn():
        epoch = _begin(current().number + 1, at)
        EpochStart.objects.bulk_create(
            EpochStart(epoch=epoch, space_id=space, revision=revision)
            for space, revision in Space.objects.values_list("pk", "revision")
        )
        for act in _at_beginning:
            act()
    return epoch


def is_valid(epoch: str, revision: int, space: Space) -> bool:
    """Whether a token of the epoch named `epoch` with this revision of `space` tells what its holder lacks.

    `space` as just read. A token of an epoch that this instance knows nothing of, or of a space that a later restore
    did not bring back, is not valid; nor is one from ahead of the space.
    """
    if revision > space.revision:
        return False
    now = current()
    if epoch == now.name:
        return True
    known = Epoch.objects.filter(name=epoch).first()
    if known is None:
        return False
    starts = EpochStart.objects.filter(epoch__number__gt=known.number, space=space, revision__gte=revision)
    return starts.count() == now.number - known.number  # numbers have no gaps


def _begin(number: int, at: dt.datetime | None = None) -> Epoch:
    """Two that begin one number at once get the same epoch."""
    with write_turn():
        epoch, _ = Epoch.objects.get_or_create(
            number=number, defaults={"name": secrets.token_hex(8), "began_at": at or timezone.now()}
        )
    return epoch
