from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.doors import Door as Door  # noqa: PLC0414 -- it belongs to every Change
from farley.database import rows
from farley.spaces.models import Space

ARMS = 300  # SELECTs joined to one: SQLite takes 500, and 32,766 values
MOST_ID = 2**63 - 1


class Noun(models.IntegerChoices):
    """What kind of record a Change is about. Numbers are kept for ever."""

    CONTACT = 1, _("contact")
    TAG = 2, _("tag")
    VIEW = 3, _("view")
    CALENDAR = 4, _("calendar")
    CALENDAR_OBJECT = 5, _("calendar entry")
    NOTE = 6, _("note")
    CALL = 7, _("call")


class Verb(models.IntegerChoices):
    CREATED = 1, _("created")
    CHANGED = 2, _("changed")  # the octets
    SET = 3, _("set")  # own fields
    DELETED = 4, _("deleted")
    RESTORED = 5, _("restored")
    MOVED_OUT = 6, _("moved away")
    MOVED_IN = 7, _("moved here")
    ERASED = 8, _("erased")  # for good: of its octets the hashes are left, which `before` leads to


class Content(models.Model):
    """Octets as they came. Never changed; a record and its Changes point here. Erased ones are empty: no record is.

    Equal octets may be stored twice: a shared row would need a random-access index on every import
    and could not be erased with its record.
    """

    sha256 = models.BinaryField(max_length=32)
    octets = models.BinaryField()

    def __str__(self) -> str:
        return bytes(self.sha256).hex()[:12]

    @property
    def data(self) -> bytes:
        """The octets as bytes; drivers hand out memory views."""
        return bytes(self.octets)


def etag_of(sha256: bytes) -> str:
    """The strong entity tag of octets with this hash, quotes included: equal octets, equal tag. RFC 9110 §8.8.3."""
    return f'"{bytes(sha256)[:16].hex()}"'


def hash_of(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, actor: Actor) -> Self:
        """Batches that touched a space `actor` sees."""
        spaces = Space.objects.visible_to(actor).values("pk")
        return self.filter(pk__in=BatchSpace.objects.filter(space__in=spaces).values("batch"))

    def undoable_by(self, actor: Actor) -> Self:
        """Batches of which `actor` edits every space."""
        others = Space.objects.exclude(pk__in=Space.objects.editable_by(actor).values("pk"))
        touched = BatchSpace.objects.filter(space__in=others.values("pk")).values("batch")
        return self.visible_to(actor).exclude(pk__in=touched)


class Batch(models.Model):
    """One act of a person or program: what is undone together."""

    class State(models.IntegerChoices):
        RUNNING = 1, _("running")
        DONE = 2, _("done")
        UNDONE = 3, _("undone")
        FAILED = 4, _("failed")

    class Act(models.IntegerChoices):
        IMPORT = 1, _("import")
        EDIT = 2, _("edit")
        CREATE = 3, _("new")
        DELETE = 4, _("delete")
        RESTORE = 5, _("restore")
        MOVE = 6, _("move")
        TAG = 7, _("tag")
        ASSIGN = 8, _("assign")
        UNDO = 9, _("undo")
        DEMO = 10, _("example data")
        LINK = 11, _("link")
        AFFILIATE = 12, _("affiliation")
        RENAME_TAG = 13, _("tag renamed")
        GROUP = 14, _("group")
        RENAME_ORGANISATION = 15, _("organisation renamed")
        VIEW = 16, _("view")
        NOTE = 20, _("note")
        CALL = 21, _("call")

    act = models.PositiveSmallIntegerField(choices=Act.choices)
    title = models.CharField(max_length=300, blank=True)  # a file, a person: what it was about
    actor_kind = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_label = models.CharField(max_length=200)
    door = models.PositiveSmallIntegerField(choices=Door.choices)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.RUNNING)
    size = models.PositiveBigIntegerField(default=0)  # changes so far
    undoes = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="undone_by")
    position = models.PositiveBigIntegerField(default=0)  # undone from this Change on; or done up to this record
    trouble = models.CharField(max_length=40, blank=True)  # why the last attempt to undo it came to nothing: a code

    objects: ClassVar = BatchQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-started_at"], name="batches_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.title}".strip()


class BatchSpace(models.Model):
    """`batch` changed something in `space`: decides who sees it and who may undo it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="touched")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "space"], name="a_batch_names_a_space_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} in {self.space_id}"


class LeftOut(models.Model):
    """A record that `batch` passed over: a bulk act it did not fit, or an undo that found it changed since."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="left_out", db_index=False)
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    subject = models.PositiveBigIntegerField()  # the record's id
    reason = models.CharField(max_length=20)  # a code: `changed`, `taken`, `gone`, `too_large`, `owner`

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "noun", "subject"], name="a_batch_leaves_a_record_out_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} left out {self.noun}/{self.subject}: {self.reason}"


ERASED = "erased"  # a name among former own fields


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, actor: Actor) -> Self:
        """Changes that happened in spaces `actor` sees; not those a record brought along from another space."""
        return self.filter(space__in=Space.objects.visible_to(actor).values("pk"))

    def newest_of(self, spaces: Sequence[Space], limit: int, *, before: int = 0) -> list[Change]:
        """The newest changes in `spaces`, which the reader sees, with who made them; those before the id `before`."""
        # the newest of each space, for which there is an index, asked for together: somebody has hundreds of spaces
        arm = "SELECT id FROM journal_change WHERE space_id = %s AND id < %s ORDER BY id DESC LIMIT %s"
        found: list[int] = []
        for first in range(0, len(spaces), ARMS):
            part = spaces[first : first + ARMS]
            sql = " UNION ALL ".join(f"SELECT id FROM ({arm}) AS of{number}" for number in range(len(part)))  # noqa: S608
            found += [pk for (pk,) in rows.query(sql, [v for s in part for v in (s.pk, before or MOST_ID, limit)])]
        return list(self.filter(pk__in=heapq.nlargest(limit, found)).select_related("user").order_by("-id"))

    def of(self, noun: Noun, subject: int) -> Self:
        """Everything that happened to one record, oldest first."""
        return self.filter(noun=noun, subject=subject).order_by("id")


class Change(models.Model):
    """One write to one record: the spine that history, undo, sync, hooks and rules read.

    `before` holds the octets it replaced (None where there were none); `own_before` the former values
    of the own fields it set, and ERASED where some of them are gone for good.
    """

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="changes", db_index=False)
    actor_kind = models.PositiveSmallIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_label = models.CharField(max_length=200)
    door = models.PositiveSmallIntegerField(choices=Door.choices)
    verb = models.PositiveSmallIntegerField(choices=Verb.choices)
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    subject = models.PositiveBigIntegerField()  # the record's id
    before = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    own_before = models.JSONField(null=True)

    objects: ClassVar = ChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "revision"], name="one_change_a_revision"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["noun", "subject", "id"], name="changes_of_a_record"),
            models.Index(fields=["batch", "id"], name="changes_of_a_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.space_id}:{self.revision} {self.get_verb_display()} {self.noun}/{self.subject}"


class Tombstone(models.Model):
    """A member of a collection that is gone, so that clients hear of it however late they ask. Kept for ever."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    collection = models.PositiveBigIntegerField(default=0, db_default=0)  # id of the calendar; 0: the space itself
    href = models.CharField(max_length=255)
    octets_revision = models.PositiveBigIntegerField()
    is_hidden = models.BooleanField(default=False, db_default=False)  # readers were never told that it was there

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "noun", "collection", "href"], name="one_tombstone_an_href"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["space", "noun", "collection", "octets_revision"], name="tombstones_since")
        ]

    def __str__(self) -> str:
        return f"{self.space_id}/{self.href}"
