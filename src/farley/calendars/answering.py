"""Alarms that have gone off and that somebody has not answered yet: what pages remind of, once whatever is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q

from farley.accounts.models import User
from farley.calendars.models import CalendarObject, CalendarObjectQuerySet
from farley.calendars.reminding import EARLY, LEAD, Alarm, alarms, going_off_early
from farley.calendars.timed import timed
from farley.database.turns import write_turn

LATE: Final = dt.timedelta(hours=12)  # what went off while no page was open is told until then
PAST: Final = dt.timedelta(minutes=15)  # after its end nobody need be reminded of it any more
MOST: Final = 20  # at once
KEEP: Final = dt.timedelta(days=30)


class AnsweredAlarm(models.Model):
    """Somebody wants to hear no more of an occurrence's alarms up to `alarm_at`, or not before `until`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    entry_id = models.BigIntegerField()
    starts_at = models.DateTimeField()  # of the occurrence
    alarm_at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # None: dismissed

    class Meta:
        app_label = "calendars"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "entry_id", "starts_at"], name="somebody_answers_alarms_of_an_occurrence_once"
            )
        ]

    objects: ClassVar = models.Manager["AnsweredAlarm"]()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.alarm_at}"


def unanswered(
    entries: CalendarObjectQuerySet, calendars: Sequence[int], user: User, now: dt.datetime, *, zone: dt.tzinfo
) -> list[Alarm]:
    """Of `entries` in these calendars, by id, the alarms that went off and that `user` has not answered: of each
    occurrence the last, in the order of what they are for."""
    reminding = entries.filter(has_alarms=True)
    near = reminding.meeting(now - LATE, now + EARLY, calendars=calendars)
    far = going_off_early(timed(reminding.meeting(now + EARLY, now + LEAD, calendars=calendars)))
    asked = CalendarObject.objects.filter(Q(pk__in=near.values("pk")) | Q(pk__in=far)).select_related("content")
    found: dict[tuple[int, dt.datetime], Alarm] = {}
    for alarm in alarms(asked, now - LATE, now + dt.timedelta(seconds=1), zone=zone):
        if alarm.action in ("DISPLAY", "AUDIO") and alarm.occurrence.end >= now - PAST:
            found[alarm.occurrence.entry.pk, alarm.occurrence.start] = alarm
    answers = AnsweredAlarm.objects.filter(user=user, entry_id__in={pk for pk, _ in found})
    for answer in answers if found else ():
        key = (answer.entry_id, answer.starts_at)
        if key in found and found[key].at <= answer.alarm_at and (answer.until is None or answer.until > now):
            del found[key]
    return sorted(found.values(), key=lambda alarm: (alarm.occurrence.start, alarm.occurrence.entry.pk))[:MOST]


def answer(
    entry: CalendarObject, starts_at: dt.datetime, user: User, now: dt.datetime, *, until: dt.datetime | None
) -> None:
    """Note that `user` has heard of an occurrence, and wants to again only at `until`."""
    with write_turn():
        AnsweredAlarm.objects.update_or_create(
            user=user, entry_id=entry.pk, starts_at=starts_at, defaults={"alarm_at": now, "until": until}
        )
        AnsweredAlarm.objects.filter(user=user, alarm_at__lt=now - KEEP).delete()
