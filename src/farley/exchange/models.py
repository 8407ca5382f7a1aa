from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.calendars.models import Calendar
from farley.journal.models import Batch, Door
from farley.spaces.models import Space


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, actor: Actor) -> Self:
        """Imports that `actor` began into spaces they still see: the problem list quotes the file."""
        if actor.user is None:
            return self.none()
        return self.filter(user=actor.user, space__in=Space.objects.visible_to(actor).values("pk"))


class Import(models.Model):
    """One import: the files, how far it has come, and what became of their entries.

    `entries` of the current file are done and committed; the numbers grow in the same transaction as
    the records, so an import that was killed goes on exactly there.
    """

    class State(models.IntegerChoices):
        WAITING = 1, _("waiting")
        RUNNING = 2, _("running")
        DONE = 3, _("done")
        CANCELLED = 4, _("cancelled")
        FAILED = 5, _("failed")
        CHOOSING = 6, _("columns are being chosen")  # of tables, before their check

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="imports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports")
    calendar = models.ForeignKey(  # for what is in calendar files; None: as it fits
        Calendar, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="imports")  # None: a dry run
    door = models.PositiveSmallIntegerField(choices=Door.choices)
    is_dry_run = models.BooleanField(default=False)
    files = models.JSONField(default=list)  # [{"name": as the user knows it, "path": …, "size": octets}]
    fingerprint = models.CharField(max_length=64, blank=True)  # SHA-256 over the files: recognises one taken up again
    defined = models.JSONField(default=list, db_default=[])  # the ids of the own fields that were defined for it
    key = models.CharField(max_length=60, default="uid", db_default="uid")  # `contacts.matching.Key.name`
    rule = models.CharField(max_length=10, default="keep", db_default="keep")  # `contacts.combining.Rule`
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.WAITING)
    is_cancelled = models.BooleanField(default=False)  # asked for; honoured between two transactions
    file = models.PositiveIntegerField(default=0)  # index of the current file
    entries = models.PositiveBigIntegerField(default=0)  # of the current file that are done
    octets = models.PositiveBigIntegerField(default=0)  # of all files that are done
    created = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    conflicts = models.PositiveBigIntegerField(default=0, db_default=0)  # of those that came in: not with all they say
    error = models.CharField(max_length=500, blank=True)  # why the whole of it failed
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = ImportQuerySet.as_manager()

    def __str__(self) -> str:
        return ", ".join(file["name"] for file in self.files)

    @property
    def has_calendars(self) -> bool:
        return any(file.get("is_calendar") for file in self.files)

    @property
    def is_of_calendars(self) -> bool:
        """Whether there are no cards in it."""
        return bool(self.files) and all(file.get("is_calendar") for file in self.files)

    @property
    def changes_who_is_here(self) -> bool:
        """Whether anything but a UID was asked for to recognise contacts by, or to change them by."""
        return (self.key, self.rule) != ("uid", "keep")

    @property
    def total_octets(self) -> int:
        return sum(file["size"] for file in self.files)

    @property
    def done_entries(self) -> int:
        """Of all files, so far."""
        return self.created + self.changed + self.unchanged + self.failed

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.CANCELLED, self.State.FAILED)

    @property
    def percent(self) -> int:
        return 100 if self.is_over else int(99 * self.octets / max(self.total_octets, 1))


class ImportOutcome(models.Model):
    """What an entry that comes in does: told for those that change somebody, or leave something of theirs out."""

    class Verdict(models.IntegerChoices):
        NEW = 1, _("new")
        CHANGED = 2, _("changed")
        LEFT = 3, _("here already")  # it says something that is not taken, and nothing else

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="outcomes")
    file = models.CharField(max_length=300)
    line = models.PositiveBigIntegerField()  # of the file, from 1
    name = models.CharField(max_length=200, blank=True)  # of the contact, as it is here
    verdict = models.PositiveSmallIntegerField(choices=Verdict.choices)
    changes: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)  # of `comparing.Difference`
    left: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)  # what stays, and what was not taken

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.get_verdict_display()}"


class ImportProblem(models.Model):
    """An entry that did not come in."""

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems")
    file = models.CharField(max_length=300)
    line = models.PositiveBigIntegerField()  # of the file, from 1
    name = models.CharField(max_length=200, blank=True)  # what the entry calls itself
    code = models.CharField(max_length=40)  # `reporting.REASONS`
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)  # fills in the reason

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code}"


class SavedMappingQuerySet(models.QuerySet["SavedMapping"]):
    def known_to(self, actor: Actor) -> Self:
        """One's own, and those of the spaces that `actor` sees."""
        if actor.user is None:
            return self.none()
        in_spaces = models.Q(space__in=Space.objects.visible_to(actor).values("pk"))
        return self.filter(models.Q(user=actor.user) | in_spaces)


class SavedMapping(models.Model):
    """What somebody chose for the columns of a table, to be proposed when one with the same columns comes again.

    It is one person's, or for everybody who sees a space.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="+")
    header = models.CharField(max_length=64)  # SHA-256 of the names of the columns
    mapping: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    saved_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = SavedMappingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "header"], name="one_mapping_a_person_and_header"),
            models.UniqueConstraint(fields=["space", "header"], name="one_mapping_a_space_and_header"),
            models.CheckConstraint(
                condition=models.Q(user=None, space__isnull=False) | models.Q(user__isnull=False, space=None),
                name="a_mapping_is_a_person_s_or_a_space_s",
            ),
        ]

    def __str__(self) -> str:
        return f"mapping {self.pk}"
