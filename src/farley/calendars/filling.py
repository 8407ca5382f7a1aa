"""Calendars that Farley fills: from an address outside, from contacts, with the holidays of a region."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from farley.accounts.actor import Actor, ActorKind
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.storing import prepare_many, store_prepared
from farley.calendars.writing import CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.codecs.icalendar_files import same_but_for_stamps
from farley.database.turns import write_turn
from farley.journal.models import Batch, Change, Door, Noun, Verb, hash_of
from farley.journal.records import Condition, Entry, octets_of
from farley.journal.verdicts import Problem
from farley.journal.writing import close_batch, open_batch
from farley.spaces.operations import writing

BY = Actor(ActorKind.SYSTEM, None, "farley")
CHUNK = 300  # entries a transaction


class Source(models.Model):
    """What a calendar is filled from, when that is due again, and how it went the last time."""

    calendar = models.OneToOneField(Calendar, on_delete=models.CASCADE, primary_key=True, related_name="source")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    host = models.CharField(max_length=255, blank=True)  # of a subscription, as it may be told
    sealed_address = models.CharField(max_length=4000, blank=True)  # all of it: who has it reads the calendar
    region = models.CharField(max_length=20, blank=True)  # of holidays: DE, DE-BY
    every_minutes = models.PositiveIntegerField(default=360)
    next_at = models.DateTimeField(default=timezone.now)
    mark = models.CharField(max_length=300, blank=True)  # what it was filled from: an ETag, a revision, a year
    entries = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)  # entries that could not be read
    filled_at = models.DateTimeField(null=True)  # the last time that all went well
    trouble = models.CharField(max_length=40, blank=True)  # why the last time came to nothing: a code
    trouble_details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        app_label = "calendars"
        indexes: ClassVar = [models.Index(fields=["next_at"], name="sources_by_turn")]

    objects: ClassVar = models.Manager["Source"]()

    def __str__(self) -> str:
        return f"source of {self.calendar_id}"


@dataclass(frozen=True, slots=True)
class Filled:
    """What `fill` did."""

    stored: int
    deleted: int
    problems: Sequence[Problem]


def fill(calendar: Calendar, entries: Mapping[str, bytes]) -> Filled:
    """Have the calendar hold just these objects, by their UIDs, in short transactions.

    What differs only in its time stamps, which many programs write anew each time, stays as it is. What is gone from an
    address outside is taken away in one act that can be undone; what somebody brought back so is not taken away again.
    """
    there = dict(_live(calendar).values_list("uid", "pk"))
    stored, problems = 0, []
    wanted = list(entries.items())
    for start in range(0, len(wanted), CHUNK):
        part = _differing(calendar, dict(wanted[start : start + CHUNK]))
        results = store_prepared(
            calendar,
            prepare_many(Entry(octets, None, Condition.ANY) for octets in part),
            batch=None,
            by=BY,
            door=Door.RULE,
            is_filling=True,
        )
        problems += [result for result in results if isinstance(result, Exception)]
        stored += sum(not isinstance(result, Exception) and result.changed for result in results)
    gone = sorted({pk for uid, pk in there.items() if uid not in entries} - brought_back(calendar))
    is_undone = bool(gone) and calendar.kind == Calendar.Kind.SUBSCRIPTION  # else it comes back with its card
    batch = open_batch(Batch.Act.DELETE, by=BY, door=Door.RULE, title=calendar.name) if is_undone else None
    for start in range(0, len(gone), CHUNK):
        _delete(calendar, gone[start : start + CHUNK], batch)
    if batch is not None:
        close_batch(batch)
    return Filled(stored, len(gone), problems)


def empty(calendar: Calendar) -> None:
    """Take all of its entries away, whose space is locked, and have it filled anew at the next turn."""
    writer = CalendarWriter(calendar.space, by=BY, door=Door.RULE, batch=None)
    for entry in _live(calendar):
        writer.delete(entry)
    writer.flush()
    Source.objects.filter(calendar=calendar).update(mark="", next_at=timezone.now())


def brought_back(calendar: Calendar) -> set[int]:
    """Entries that somebody brought back after they had been taken away, and that nothing has changed since."""
    last = dict(_live(calendar).values_list("revision", "pk"))
    restored = Change.objects.filter(noun=Noun.CALENDAR_OBJECT, verb=Verb.RESTORED, subject__in=_live(calendar))
    found = restored.filter(space=calendar.space_id).values_list("revision", "subject")
    return {subject for revision, subject in found if last.get(revision) == subject}


def _live(calendar: Calendar) -> models.QuerySet[CalendarObject]:
    found: models.QuerySet[CalendarObject] = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    return found


def _differing(calendar: Calendar, entries: Mapping[str, bytes]) -> Iterable[bytes]:
    """Those that are new or say something else than what is stored."""
    former = {
        uid: (bytes(sha256), content)
        for uid, sha256, content in _live(calendar)
        .filter(uid__in=list(entries))
        .values_list("uid", "sha256", "content")
    }
    changed = {uid for uid, octets in entries.items() if uid in former and former[uid][0] != hash_of(octets)}
    old = octets_of(former[uid][1] for uid in changed)
    for uid, octets in entries.items():
        is_old = uid in former
        if uid in changed:
            is_old = same_but_for_stamps(ICalendar(octets), ICalendar(old[former[uid][1]]))
        if not is_old:
            yield octets


def _delete(calendar: Calendar, pks: Sequence[int], batch: Batch | None) -> None:
    with writing([calendar.space_id]) as locked:
        writer = CalendarWriter(locked[calendar.space_id], by=BY, door=Door.RULE, batch=batch)
        for entry in _live(calendar).filter(pk__in=pks, space=calendar.space_id):
            writer.delete(entry)
        writer.flush()


def claim_due(*kinds: Calendar.Kind) -> list[Source]:
    """The sources of these kinds of calendars whose turn has come; of several processes only one claims each."""
    now = timezone.now()
    due = Source.objects.filter(next_at__lte=now, calendar__kind__in=kinds, calendar__deleted_at=None)
    claimed = []
    for source in due.filter(calendar__archived_at=None, calendar__space__archived_at=None).select_related("calendar"):
        with write_turn():
            mine = Source.objects.filter(pk=source.pk, next_at=source.next_at)
            if mine.update(next_at=now + dt.timedelta(minutes=source.every_minutes)):
                claimed.append(source)
    return claimed
