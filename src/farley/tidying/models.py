from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.journal.models import Batch, Door
from farley.spaces.models import Space


class TidyRunQuerySet(models.QuerySet["TidyRun"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those that `actor` began, in spaces they still see: what was found quotes the contacts."""
        if actor.user is None:
            return self.none()
        return self.filter(user=actor.user, space__in=Space.objects.visible_to(actor).values("pk"))


class TidyRun(models.Model):
    """One look through a space, and what was done of what it found. Goes on where it stands after a restart."""

    class State(models.IntegerChoices):
        LOOKING = 1, _("looking")
        CHOOSING = 2, _("being chosen")
        TIDYING = 3, _("tidying")
        DONE = 4, _("done")
        FAILED = 5, _("failed")

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    door = models.PositiveSmallIntegerField(choices=Door.choices)
    rules: models.JSONField[list[str], list[str]] = models.JSONField(default=list)  # of `proposing.Rule`
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.LOOKING)
    total = models.PositiveBigIntegerField(default=0)  # contacts there were when it began
    looked = models.PositiveBigIntegerField(default=0)  # at so many
    position = models.PositiveBigIntegerField(default=0)  # id of the last contact that is done with, in either way
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = TidyRunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"tidying {self.pk}"

    @property
    def percent(self) -> int:
        return min(99, int(100 * self.looked / max(self.total, 1)))


class TidyFinding(models.Model):
    """One value that would be tidier, as it was shown: it is done exactly so or not at all."""

    run = models.ForeignKey(TidyRun, on_delete=models.CASCADE, related_name="findings", db_index=False)
    contact_id = models.BigIntegerField()
    contact_name = models.CharField(max_length=200)
    name = models.CharField(max_length=80)  # of the property
    rules = models.CharField(max_length=80)  # with blanks between them and around
    before = models.CharField(max_length=400)
    after = models.CharField(max_length=400, blank=True)
    is_chosen = models.BooleanField(default=True)

    objects: ClassVar = models.Manager["TidyFinding"]()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["run", "contact_id", "id"], name="findings_in_order"),
            models.Index(fields=["contact_id"], name="findings_of_a_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.contact_id}"
