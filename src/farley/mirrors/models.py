from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.database.fields import KeyField
from farley.journal.models import Batch
from farley.spaces.models import Space

MAX_NAME = 100  # characters
MAX_NOTED = 200  # characters of a card's name in the log
MAX_ADDRESS = 1000  # characters of an address, or of a member's path


class MirrorQuerySet(models.QuerySet["Mirror"]):
    def managed_by(self, actor: Actor) -> Self:
        """Mirrors of the spaces whose members `actor` chooses; removed ones too."""
        return self.filter(space__in=Space.objects.managed_by(actor).values("pk"))


class Mirror(models.Model):
    """`space` is kept in step with an address book on another server."""

    class State(models.IntegerChoices):
        CHOOSING = 1, _("choosing the address book")
        ON = 2, _("on")
        PAUSED = 3, _("paused")
        HELD = 4, _("stopped")  # until a manager says how it goes on, see `held_for`
        REMOVED = 5, _("removed")

    class Rule(models.IntegerChoices):
        """What happens to a card that was changed on both sides. Numbers are kept for ever."""

        THEIRS = 1
        OURS = 2
        NEWEST = 3
        ASK = 4

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="mirrors")
    name = models.CharField(max_length=MAX_NAME)
    address = models.CharField(max_length=MAX_ADDRESS)  # as it was typed
    book = models.CharField(max_length=MAX_ADDRESS, blank=True)  # of the collection; empty until one is chosen
    found: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(default=list)  # [[address, title]]
    login = models.CharField(max_length=200, blank=True)  # empty: the password is a token
    sealed_password = models.TextField(blank=True)  # see `sealing`; empty once removed
    user = models.ForeignKey(  # in whose right it writes
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    is_two_way = models.BooleanField(default=False)
    rule = models.PositiveSmallIntegerField(choices=Rule.choices, default=Rule.THEIRS)
    minutes = models.PositiveIntegerField(default=60)  # between two runs
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.CHOOSING)
    held_for = models.CharField(max_length=20, blank=True)  # `wording.HOLDS`
    held_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    confirmed = models.CharField(max_length=20, blank=True)  # the hold that the next run may go past, as a manager said
    token = models.TextField(blank=True)  # of the collection's state that `items` know; empty: the server has none
    listed_at = models.DateTimeField(null=True)  # when the server was last asked for everything, token or not
    is_token_doubtful = models.BooleanField(default=False)  # it has once kept a change back: ask for everything
    sent_revision = models.PositiveBigIntegerField(default=0)  # of the space; what changed here up to it is in `items`
    looked_at = models.DateTimeField(null=True)  # by the last run that got an answer
    next_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=20, blank=True)  # why the last run failed: `wording.TROUBLES`
    trouble_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    remark = models.CharField(max_length=20, blank=True)  # what the last run wondered about: `wording.REMARKS`
    remark_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)  # in a row
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar = MirrorQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["space", "name"], condition=models.Q(removed_at=None), name="a_mirror_is_named_once_a_space"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["next_at"], name="mirrors_by_next_run")]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """Who writes: the person in whose right it is, in this space alone and no more than an editor."""
        spaces = frozenset([self.space_id])
        return Actor(ActorKind.RULE, self.user, self.name, spaces=spaces, max_role=Role.EDITOR)

    @property
    def is_going(self) -> bool:
        """Whether it runs by itself."""
        return self.state == Mirror.State.ON

    @property
    def every(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)


class MirrorItem(models.Model):
    """One card of the outside address book, and the contact that it is here.

    `todo` outlives a run that is cut short: what was listed is fetched by the next one.
    """

    class Todo(models.IntegerChoices):
        NOTHING = 0
        FETCH = 1  # it is new or has changed outside
        DROP = 2  # it is gone outside
        SEND = 3  # it is new, changed or gone here

    mirror = models.ForeignKey(Mirror, on_delete=models.CASCADE, related_name="items", db_index=False)
    path = KeyField(max_length=MAX_ADDRESS)  # on the server, encoded as `reaching.canonical` does
    tag = models.CharField(max_length=500, blank=True)  # ETag of what both sides had last; empty: nothing yet
    listed_tag = models.CharField(max_length=500, blank=True)  # as the server listed it last
    sha256 = models.BinaryField(max_length=32, null=True)  # of the octets here that stand for `tag`
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    todo = models.PositiveSmallIntegerField(choices=Todo.choices, default=Todo.NOTHING)
    decision = models.PositiveSmallIntegerField(null=True)  # a Rule that a manager chose for this card
    problem = models.CharField(max_length=20, blank=True)  # `wording.PROBLEMS`
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    is_erased = models.BooleanField(default=False)  # the contact was erased for good: it is not fetched again

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mirror", "path"], name="a_mirror_knows_a_path_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["mirror", "todo", "id"], condition=models.Q(todo__gt=0), name="mirror_items_to_do"),
            models.Index(fields=["mirror", "id"], condition=~models.Q(problem=""), name="mirror_items_in_trouble"),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def contact_here(self) -> Contact | None:
        """Its contact, while it is in the mirror's space: what becomes of it elsewhere is for others to know."""
        contact = self.contact
        is_here = contact is not None and not contact.is_deleted and contact.space_id == self.mirror.space_id
        return contact if is_here else None


class MirrorRunQuerySet(models.QuerySet["MirrorRun"]):
    def of_undone(self, mirror: Mirror) -> Self:
        """Those of which what they brought is undone, or is being undone just now, and nobody has said what then."""
        is_back = models.Q(batch__state=Batch.State.UNDONE)
        is_going = models.Exists(Batch.objects.filter(undoes=models.OuterRef("batch"), state=Batch.State.RUNNING))
        return self.filter(is_back | is_going, mirror=mirror, is_acknowledged=False)


class MirrorRun(models.Model):
    """A run that changed something, or went wrong in another way than the one before it."""

    mirror = models.ForeignKey(Mirror, on_delete=models.CASCADE, related_name="runs", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)  # here
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    sent_added = models.PositiveIntegerField(default=0)  # outside
    sent_changed = models.PositiveIntegerField(default=0)
    sent_deleted = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=20, blank=True)  # `wording.TROUBLES` or `wording.HOLDS`
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    is_acknowledged = models.BooleanField(default=False)  # that it was undone: a manager has said how it goes on

    objects: ClassVar = MirrorRunQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["mirror", "-id"], name="mirror_runs_newest_first")]

    def __str__(self) -> str:
        return f"{self.mirror} at {self.started_at}"


class MirrorNote(models.Model):
    """What a run has to say about one card."""

    run = models.ForeignKey(MirrorRun, on_delete=models.CASCADE, related_name="notes")
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=MAX_NOTED, blank=True)  # what the card calls itself
    code = models.CharField(max_length=20)  # `wording.NOTES` or `wording.PROBLEMS`
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.code}: {self.name}"
