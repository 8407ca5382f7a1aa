"""How long what was deleted or replaced is kept: a rule a space, a dry run, and a task that carries it out at night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django_tasks import task

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Verb as EventVerb
from farley.accounts.events import note
from farley.accounts.roles import Role
from farley.contacts import erasing
from farley.contacts.models import Contact
from farley.database.turns import write_turn
from farley.jobs.worker import stopping
from farley.journal.models import Change, Content, Noun
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

CHUNK = 100  # contacts, or contents, a transaction
MAX_DAYS = 36_500
BY = Actor(ActorKind.SYSTEM, None, "farley")


class RetentionQuerySet(models.QuerySet["Retention"]):
    def managed_by(self, actor: Actor) -> Self:
        """Rules of the spaces whose members `actor` chooses."""
        return self.filter(space__in=Space.objects.managed_by(actor).values("pk"))


class Retention(models.Model):
    """How long a space keeps what is not current any more. Without a row, or where it says None: for ever."""

    space = models.OneToOneField(Space, on_delete=models.CASCADE, primary_key=True, related_name="retention")
    deleted_days = models.PositiveIntegerField(null=True)  # a deleted contact is erased after so many
    versions_days = models.PositiveIntegerField(null=True)  # octets and own fields that were replaced so long ago go

    objects: ClassVar = RetentionQuerySet.as_manager()

    class Meta:
        app_label = "contacts"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(models.Q(deleted_days=None) | models.Q(deleted_days__range=(1, MAX_DAYS)))
                & (models.Q(versions_days=None) | models.Q(versions_days__range=(1, MAX_DAYS))),
                name="a_retention_is_of_a_day_to_a_hundred_years",
            )
        ]

    def __str__(self) -> str:
        return f"{self.space}: {self.deleted_days}, {self.versions_days}"


class NoRetention(ValueError):
    """A number of days that cannot be kept: 1 to MAX_DAYS."""


@dataclass(slots=True)
class Kept:
    """What a rule took away, or would: contacts and other records that were deleted, former versions of what stays."""

    space: Space
    contacts: int = 0
    others: int = 0  # of other nouns
    versions: int = 0

    @property
    def total(self) -> int:
        return self.contacts + self.others + self.versions


@dataclass(frozen=True, slots=True)
class Retained:
    """A noun whose deleted records and former octets the rules take away, too."""

    noun: Noun
    outdated: Callable[[int, dt.datetime], models.QuerySet[Any]]  # of a space (id), deleted before an instant
    purge: Callable[[Sequence[Any], Space], None]  # erases some of them, under the lock
    current: Callable[[models.QuerySet[Any]], models.QuerySet[Any]] | None = None  # Content of records with these ids


_retained: list[Retained] = []


def register(noun: Retained) -> None:
    """Called by a noun's AppConfig.ready; they are taken away in this order."""
    _retained.append(noun)


def set_rule(space: Space, *, deleted_days: int | None, versions_days: int | None, by: Actor, door: Door) -> None:
    """Say how long `space` keeps what was deleted and replaced; None: for ever.

    Raises NotAllowed unless `by` manages it, NoSuchSpace, NoRetention.
    """
    if any(days is not None and not 0 < days <= MAX_DAYS for days in (deleted_days, versions_days)):
        raise NoRetention
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require_manager(space, by)
        rule = {"deleted_days": deleted_days, "versions_days": versions_days}
        Retention.objects.update_or_create(space=space, defaults=rule)
        title = "" if space.is_private else space.title
        note(EventVerb.SETTING_CHANGED, by=by, door=door, subject=title, private=space.is_private, retention=rule)


def require_manager(space: Space, by: Actor) -> None:
    """Raise NotAllowed or NoSuchSpace unless `by` manages `space`, be it archived: there, too, time goes by."""
    if (space.standing_of(by) or Role.FREEBUSY) < Role.MANAGER:
        require(space, by, Role.MANAGER)


def retain(
    rules: Iterable[Retention],
    *,
    dry_run: bool,
    now: dt.datetime | None = None,
    door: Door = Door.RULE,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Kept]:
    """Carry the rules out, in short transactions, or only count; who may have it done is the caller's to judge."""
    now = now or timezone.now()
    done = []
    for rule in rules:
        kept = Kept(rule.space)
        if dry_run:
            kept.contacts = _outdated(rule, now).count()
            kept.others = sum(_outdated_of(each, rule, now).count() for each in _retained)
            kept.versions = _replaced(rule, now).count() + _former_own(rule, now).count()
        else:
            _carry_out(rule, kept, now=now, door=door, stopping=stopping)
        if kept.total:
            done.append(kept)
    if not dry_run and done:
        erasing.scrub()
    return done


def _carry_out(rule: Retention, kept: Kept, *, now: dt.datetime, door: Door, stopping: Callable[[], bool]) -> None:
    while not stopping() and (pks := list(_outdated(rule, now).values_list("pk", flat=True)[:CHUNK])):
        with writing(erasing.spaces_of(pks) | {rule.space_id}) as locked:
            # one that was brought back meanwhile stays
            contacts = list(_outdated(rule, now).filter(pk__in=pks))
            erasing.purge(contacts, locked[rule.space_id], by=BY, door=door)
        kept.contacts += len(contacts)
    for noun in _retained:
        while not stopping() and (pks := list(_outdated_of(noun, rule, now).values_list("pk", flat=True)[:CHUNK])):
            with writing(erasing.spaces_of(pks, noun.noun) | {rule.space_id}) as locked:
                found = list(_outdated_of(noun, rule, now).filter(pk__in=pks))
                noun.purge(found, locked[rule.space_id])
            kept.others += len(found)
    while not stopping() and (contents := list(_replaced(rule, now).values_list("pk", flat=True)[:CHUNK])):
        with writing([rule.space_id]):
            erasing.overwrite_deleted()
            kept.versions += erasing.empty(_replaced(rule, now).filter(pk__in=contents).values_list("pk", flat=True))
    while not stopping() and (changes := list(_former_own(rule, now)[:CHUNK])):
        with writing([rule.space_id]):
            erasing.overwrite_deleted()
            kept.versions += erasing.thin_out(changes)
    if kept.total:
        with write_turn():
            note(
                EventVerb.RETENTION_RUN,
                by=BY,
                door=door,
                subject="" if rule.space.is_private else rule.space.title,
                private=rule.space.is_private,
                count=kept.total,
            )


def _outdated(rule: Retention, now: dt.datetime) -> models.QuerySet[Contact]:
    if rule.deleted_days is None:
        return Contact.objects.none()
    limit = now - dt.timedelta(days=rule.deleted_days)
    found: models.QuerySet[Contact] = Contact.objects.filter(space=rule.space_id, deleted_at__lt=limit)
    return found.order_by("pk")


def _outdated_of(noun: Retained, rule: Retention, now: dt.datetime) -> models.QuerySet[Any]:
    limit = now - dt.timedelta(days=rule.deleted_days or 0)
    found = noun.outdated(rule.space_id, limit)
    return found.none() if rule.deleted_days is None else found.order_by("pk")


def _replaced(rule: Retention, now: dt.datetime) -> models.QuerySet[Content]:
    """Octets of this space's journal that nothing younger refers to: no record, no change within the time."""
    if rule.versions_days is None:
        return Content.objects.none()
    limit = now - dt.timedelta(days=rule.versions_days)
    with_octets = {noun.noun: noun.current for noun in _retained if noun.current}
    journal = Change.objects.filter(noun__in=[Noun.CONTACT, *with_octets]).exclude(before=None)
    old = Content.objects.exclude(octets=b"")
    old = old.filter(pk__in=journal.filter(space=rule.space_id, at__lt=limit).values("before"))
    for noun, current in {Noun.CONTACT: _contents, **with_octets}.items():
        subjects = journal.filter(noun=noun, space=rule.space_id, at__lt=limit).values("subject")
        # a content is one record's, so its other changes are those of the same record
        younger = journal.filter(noun=noun, subject__in=subjects, at__gte=limit).values("before")
        old = old.exclude(pk__in=current(subjects)).exclude(pk__in=younger)
    return old.order_by("pk")


def _contents(contacts: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return Contact.objects.filter(pk__in=contacts).values("content")


def _former_own(rule: Retention, now: dt.datetime) -> models.QuerySet[Change]:
    """Changes of this space that still keep values of own fields and roles that were replaced before the time."""
    if rule.versions_days is None:
        return Change.objects.none()
    limit = now - dt.timedelta(days=rule.versions_days)
    return erasing.telling(Change.objects.filter(space=rule.space_id, at__lt=limit)).order_by("pk")


@task(queue_name="long")
def retain_all() -> int:
    """Carry out every space's rule; return how many records and versions went."""
    rules = Retention.objects.select_related("space")
    return sum(kept.total for kept in retain(rules, dry_run=False, stopping=stopping))
