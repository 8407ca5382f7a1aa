"""Who opened, exported and synced which record: kept only where a space's managers switched it on.

Gathered in memory and written within seconds, so that no page waits for it; kill -9 loses the last seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts import events
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.database.gathering import Gatherer
from farley.database.turns import write_turn
from farley.journal.models import Noun
from farley.spaces.models import Space
from farley.spaces.operations import require, require_standing, writing

DEFAULT_DAYS = 90
MAX_DAYS = 3650
CHUNK = 5000  # entries deleted in one transaction
EVERYTHING = 0  # as a subject: the whole space


class Way(models.IntegerChoices):
    """What was done with the record. Numbers are kept for ever."""

    OPENED = 1, _("opened")
    EXPORTED = 2, _("exported")
    SYNCED = 3, _("synced")
    LINK_OPENED = 4, _("opened by a shared link")


class AccessRule(models.Model):
    """`space` keeps an access log, for so many days. Without a row it keeps none."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, primary_key=True, related_name="access_rule")
    days = models.PositiveIntegerField(default=DEFAULT_DAYS)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.space_id}: {self.days} days"


class AccessQuerySet(models.QuerySet["Access"]):
    def of(self, space: Space, *, by: Actor) -> Self:
        """The log of a space, be it archived, as far as its rule still keeps it. Raises NotAllowed, NoSuchSpace."""
        require_standing(space, by, Role.MANAGER)
        rule = AccessRule.objects.filter(space=space).first()
        if rule is None:
            return self.none()
        return self.filter(space=space, at__gte=timezone.now() - timedelta(days=rule.days))


class Access(models.Model):
    """Somebody had a record before them."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    way = models.PositiveSmallIntegerField(choices=Way.choices)
    noun = models.PositiveSmallIntegerField(choices=Noun.choices)
    subject = models.PositiveBigIntegerField()  # the record's id, or EVERYTHING
    actor_kind = models.PositiveSmallIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_label = models.CharField(max_length=200)
    door = models.PositiveSmallIntegerField(choices=Door.choices)

    objects: ClassVar = AccessQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["space", "id"], name="accesses_of_a_space"),
            models.Index(fields=["space", "at"], name="accesses_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.way} {self.noun}/{self.subject}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One access, before it is known whether its space keeps a log."""

    space: int
    at: datetime
    way: Way
    subject: int
    by: Actor
    door: Door
    noun: Noun


def note_access(
    space: int,
    way: Way,
    subjects: Iterable[int] = (EVERYTHING,),
    *,
    by: Actor,
    door: Door,
    noun: Noun = Noun.CONTACT,
) -> None:
    """Tell that `by` had these records before them. Costs no query: what no space wants is let go a moment later."""
    now = timezone.now()
    for subject in subjects:
        accesses.add(Seen(space, now, way, subject, by, door, noun))


def switch_on(space: Space, days: int, *, by: Actor, door: Door) -> None:
    """Keep a log from now on, or keep it for another number of days. Raises NotAllowed, NoSuchSpace, ValueError."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"{days} days")
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        rule, is_new = AccessRule.objects.get_or_create(space=space, defaults={"days": days, "since": timezone.now()})
        if not is_new and rule.days != days:
            AccessRule.objects.filter(pk=space.pk).update(days=days)
        if is_new or rule.days != days:
            _note(events.Verb.ACCESS_LOG_ON, space, by, door, days)


def switch_off(space: Space, *, by: Actor, door: Door) -> None:
    """Keep no log any more; what was kept is deleted. Raises NotAllowed, NoSuchSpace."""
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        if AccessRule.objects.filter(space=space).delete()[0]:
            Access.objects.filter(space=space).delete()
            _note(events.Verb.ACCESS_LOG_OFF, space, by, door, 0)


def forget_old(now: datetime | None = None) -> int:
    """Delete what is older than its space's rule keeps; return how many."""
    now, gone = now or timezone.now(), 0
    for rule in AccessRule.objects.all():
        old = Access.objects.filter(space=rule.space_id, at__lt=now - timedelta(days=rule.days))
        while numbers := list(old.values_list("pk", flat=True)[:CHUNK]):
            with write_turn():
                gone += Access.objects.filter(pk__in=numbers).delete()[0]
    return gone


def _write(seen: list[Seen]) -> None:
    since = dict(AccessRule.objects.filter(space__in={each.space for each in seen}).values_list("space", "since"))
    wanted = [each for each in seen if each.space in since and each.at >= since[each.space]]
    if not wanted:
        return
    with write_turn():
        Access.objects.bulk_create(
            (
                Access(
                    space_id=each.space,
                    at=each.at,
                    way=each.way,
                    noun=each.noun,
                    subject=each.subject,
                    actor_kind=each.by.kind,
                    user=each.by.user,
                    actor_label=each.by.label[:200],
                    door=each.door,
                )
                for each in wanted
            ),
            batch_size=500,
        )


accesses: Gatherer[Seen] = Gatherer(_write)


def _note(verb: events.Verb, space: Space, by: Actor, door: Door, days: int) -> None:
    is_private = space.kind == Space.Kind.PRIVATE
    subject = "" if is_private else space.title
    events.note(verb, by=by, door=door, subject=subject, private=is_private, days=days)
