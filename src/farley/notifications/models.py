from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.journal.models import Noun
from farley.spaces.models import Space


class Kind(models.TextChoices):
    """What is told. The words stand for all time; a Farley that does not know one passes it over."""

    MENTION = "mention", _("Somebody mentions you")
    MIRROR = "mirror", _("A mirror has stopped")
    BACKUPS = "backups", _("Backups are in trouble")
    DEVICE = "device", _("A device of yours has a problem")
    INTAKE = "intake", _("A regular import has a problem")


STATES = (Kind.MIRROR, Kind.BACKUPS, Kind.DEVICE)  # that last until they are mended, which a judge tells


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: Actor) -> Self:
        """What waits for `actor`, or has; of records, those in spaces they still see. States that are over are not."""
        seen = models.Q(space=None) | models.Q(space__in=Space.objects.visible_to(actor).values("pk"))
        return self.filter(seen, user=actor.user, kind__in=Kind.values, ended_at=None)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """Something for `user` to know, once for each `key`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=80)
    space = models.ForeignKey(Space, on_delete=models.CASCADE, null=True, related_name="+")
    noun = models.PositiveSmallIntegerField(choices=Noun.choices, null=True)
    subject = models.PositiveBigIntegerField(null=True)  # the record's id
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    by_label = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)  # of a state: what its words name
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)  # claimed before it is sent: so none is sent twice
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar = NotificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="somebody_is_told_a_thing_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-at"], name="notifications_newest_first"),
            models.Index(fields=["noun", "subject"], name="notifications_of_a_record"),
            models.Index(
                fields=["at"],
                condition=models.Q(mailed_at=None, read_at=None, ended_at=None),
                name="notifications_to_be_mailed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.key}"


class Visit(models.Model):
    """When `user` looked in: what is new to them is what happened since the time before."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    seen_at = models.DateTimeField()
    since = models.DateTimeField()  # the end of the visit before this one
    has_settled_in = models.BooleanField(default=False)  # they do not want to be told the first steps any more

    def __str__(self) -> str:
        return f"{self.user_id}: {self.seen_at}"


class Silence(models.Model):
    """`user` does not want this kind told by mail, or at all. Without a row: both."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    is_whole = models.BooleanField()  # else by mail alone

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_silence_a_person_and_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
