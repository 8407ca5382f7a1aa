from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.roles import Role
from farley.exchange.models import Import
from farley.spaces.models import Space

MAX_NAME = 100  # characters
MARK = ".farley"  # in a watched folder: the number of its space


class RegularImportQuerySet(models.QuerySet["RegularImport"]):
    def managed_by(self, actor: Actor) -> Self:
        """Those of the spaces whose members `actor` chooses."""
        return self.filter(space__in=Space.objects.managed_by(actor).values("pk"))

    def due(self, now: dt.datetime) -> Self:
        return self.filter(is_paused=False, next_at__lte=now, space__archived_at=None)


class RegularImport(models.Model):
    """Where files for `space` come from by themselves. What is taken is an import of `user`, by `key` and `rule`."""

    class Kind(models.IntegerChoices):
        FOLDER = 1, _("watched folder")
        ADDRESS = 2, _("address")

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(  # in whose right it writes
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=MAX_NAME)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    folder = models.CharField(max_length=100, blank=True)  # its name among the watched ones
    host = models.CharField(max_length=255, blank=True)
    sealed_address = models.TextField(blank=True)  # it may hold a secret: see `mirrors.sealing`
    mark = models.CharField(max_length=300, blank=True)  # of what the address answered last
    mapping: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    key = models.CharField(max_length=60, default="uid")  # `contacts.matching.Key.name`
    rule = models.CharField(max_length=10, default="keep")  # `contacts.combining.Rule`
    minutes = models.PositiveIntegerField(default=1)  # between two looks
    is_paused = models.BooleanField(default=False)
    seen = models.JSONField(default=dict)  # of the folder, by name: size, time of change; and 1 where it is taken
    next_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=20, blank=True)  # why the last look came to nothing: `wording.TROUBLES`
    trouble_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)  # in a row
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = RegularImportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["space", "name"], name="a_regular_import_is_named_once_a_space"),
            models.UniqueConstraint(
                fields=["folder"], condition=~models.Q(folder=""), name="a_folder_is_watched_for_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """Who writes: the person in whose right it is, in this space alone and no more than an editor."""
        return Actor(ActorKind.RULE, self.user, self.name, spaces=frozenset([self.space_id]), max_role=Role.EDITOR)

    @property
    def path(self) -> Path:
        return Path(settings.CONFIGURATION.watched_folder) / self.folder

    def claim(self) -> None:
        """Make the folder, and leave a mark in it of whose it is: a later space of this name is given another one."""
        self.path.mkdir(parents=True, exist_ok=True)
        mark = self.path / MARK
        if not mark.exists():
            mark.write_text(f"{self.space_id}\n")

    @property
    def every(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)


class TakenFile(models.Model):
    """A file that was taken, so that it never is again; or that could not be, and why."""

    regular = models.ForeignKey(RegularImport, on_delete=models.CASCADE, related_name="taken", db_index=False)
    name = models.CharField(max_length=300)
    identity = models.BinaryField(max_length=32)  # SHA-256 of its octets, its name and when it was changed
    digest = models.BinaryField(max_length=32)  # SHA-256 of its octets
    run = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    trouble = models.CharField(max_length=20, blank=True)  # `wording.TROUBLES`
    trouble_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    is_told = models.BooleanField(default=False)  # what became of it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["regular", "identity"], name="a_file_is_taken_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["regular", "-id"], name="taken_files_newest_first"),
            models.Index(fields=["id"], condition=models.Q(is_told=False), name="taken_files_to_tell_of"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def came_to_nothing(self) -> bool:
        """Whether nothing of it came in for a reason that may be gone by now: then it may be taken once more."""
        is_failed = self.run is not None and self.run.state == Import.State.FAILED and self.run.error != "killed"
        return bool(self.trouble) or is_failed
