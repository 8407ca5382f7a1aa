"""Alarms: when they go off, and those that ask for a mail, sent once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.occurrences import Occurrence, of_object, pages, zone_named
from farley.calendars.parsed import parsed
from farley.calendars.timed import Timed, read
from farley.codecs.icalendar import Component, ICalendar
from farley.codecs.icalendar_values import plus
from farley.database.turns import write_turn
from farley.spaces.models import Membership

log = logging.getLogger(__name__)
LEAD: Final = dt.timedelta(days=31)  # an alarm goes off so long before or after what it is for, at the most
EARLY: Final = dt.timedelta(days=1)  # most alarms go off later than that before it
LATE: Final = dt.timedelta(hours=12)  # what came due while the server was off is told until then
AGAIN: Final = dt.timedelta(minutes=15)  # a mail whose sending was cut short is sent again after that
MAX_REPEATS: Final = 20
STEPS: Final = 20_000  # of the rules of one entry: each is asked every minute
MAX_RECIPIENTS: Final = 50
MAX_MAILS: Final = 200  # of one entry in the time of LATE: a series by the minute fills nobody's mailbox
OVER: Final = ("CANCELLED", "COMPLETED")  # of what nobody is reminded
_NOTHING = dt.timedelta(0)
KEEP: Final = dt.timedelta(days=60)
_MOST_EARLY: Final = 50_000
_early: dict[bytes, bool] = {}  # by the hash of the octets


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of one occurrence, and when it goes off. `action` is DISPLAY, AUDIO, EMAIL or another word."""

    at: dt.datetime
    action: str
    text: str
    addresses: tuple[str, ...]  # folded, whom a mail is for
    occurrence: Occurrence


class Reminder(models.Model):
    """Somebody is told of an alarm by mail: `sent_at` says that they were."""

    entry_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    starts_at = models.DateTimeField()  # of the occurrence
    alarm_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "calendars"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry_id", "starts_at", "alarm_at", "user"], name="somebody_is_reminded_once_of_an_alarm"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["alarm_at"], name="reminders_by_time")]

    objects: ClassVar = models.Manager["Reminder"]()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.alarm_at}"


def alarms(entries: Iterable[CalendarObject], start: dt.datetime, end: dt.datetime, *, zone: dt.tzinfo) -> list[Alarm]:
    """The alarms of `entries` that go off from `start` up to, not including, `end`, in order. RFC 5545 §3.6.6.

    Of done and cancelled ones none does. Those further than LEAD from what they are for are left out.
    """
    found = []
    for entry in entries:
        if not entry.has_alarms or entry.first_at is None or entry.last_at is None:
            continue
        if entry.first_at >= end + LEAD or entry.last_at < start - LEAD:
            continue
        for occurrence in of_object(entry, *_around(entry, start, end), zone=zone, steps=STEPS):
            if occurrence.status in OVER or occurrence.component is None:
                continue
            for alarm in occurrence.component.alarms:
                found += [each for each in _of_alarm(alarm, occurrence) if start <= each.at < end]
    return sorted(found, key=lambda each: each.at)


def _around(entry: CalendarObject, start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Where its occurrences lie whose alarms may go off from `start` to `end`: of a series by the minute a month around
    would be more than is looked at."""
    reach = _reach(parsed(bytes(entry.sha256), entry.content.data))
    if reach is None:
        return start - LEAD, end + LEAD
    soonest, latest = reach
    slack = dt.timedelta(days=1, hours=1)  # a day may be longer than 24 hours, and floating times move
    return plus(start, -min(latest + slack, LEAD)), plus(end, min(slack - soonest, LEAD))


def going_off_early(entries: Sequence[Timed]) -> list[int]:
    """The ids of those with an alarm that goes off earlier than EARLY before their start, or at a fixed time.

    What was found out of an entry is remembered: every open page asks every minute.
    """
    unknown = [entry for entry in entries if entry.sha256 not in _early]
    for page in pages(unknown):
        said = read(page)
        if len(_early) > _MOST_EARLY:
            _early.clear()
        for entry in page:
            reach = _reach(said[entry.content_id])
            _early[entry.sha256] = reach is None or -reach[0] > EARLY
    return [entry.pk for entry in entries if _early.get(entry.sha256, True)]


def _reach(ical: ICalendar) -> tuple[dt.timedelta, dt.timedelta] | None:
    """From the start of an occurrence to its first alarm, and to its last; None where one is at a time of its own."""
    soonest, latest = LEAD, -LEAD
    for component in ical.components:
        length = _length_of(component)
        for alarm in component.alarms:
            trigger = alarm.first("TRIGGER")
            before = trigger.duration if trigger is not None else None
            if before is None:
                return None
            pause = alarm.duration.delta if alarm.duration is not None else _NOTHING
            last = before.delta + max(pause, _NOTHING) * min(max(alarm.number("REPEAT") or 0, 0), MAX_REPEATS)
            soonest, latest = min(soonest, before.delta), max(latest, last + length)
    return soonest, latest


def _length_of(component: Component) -> dt.timedelta:
    start, end = component.start_at, component.end_at
    if start is not None and end is not None:
        return max(end.local - start.local, _NOTHING)
    return max(component.duration.delta, _NOTHING) if component.duration is not None else dt.timedelta(days=1)


def remind_due(now: dt.datetime | None = None) -> int:
    """Send the mails of alarms that have gone off; return how many. Without a mail server there are none."""
    if settings.CONFIGURATION.mail is None:
        return 0
    now = now or timezone.now()
    asking = CalendarObject.objects.filter(
        has_mail_alarms=True, deleted_at=None, calendar__in=Calendar.objects.filter(deleted_at=None).in_use()
    )
    near = asking.filter(last_at__gte=now - LATE - LEAD, first_at__lt=now + LEAD)
    for entry in list(near.select_related("calendar__space")):
        zone = zone_named(entry.calendar.zone)
        due = alarms([entry], now - LATE, now + dt.timedelta(seconds=1), zone=zone)
        due = [each for each in due if each.action == "EMAIL" and each.occurrence.end >= now - LATE]
        if wanted := _new(entry, due, now):
            with write_turn():
                Reminder.objects.bulk_create(wanted, ignore_conflicts=True)
    with write_turn():
        Reminder.objects.filter(alarm_at__lt=now - KEEP).delete()
    return _send_waiting(now)


def _new(entry: CalendarObject, due: list[Alarm], now: dt.datetime) -> list[Reminder]:
    """What nobody has noted yet, the earliest first, as far as an entry may have people reminded."""
    if not due:
        return []
    lately = Reminder.objects.filter(entry_id=entry.pk, alarm_at__gte=now - LATE)
    noted = set(lately.values_list("starts_at", "alarm_at", "user"))
    people: dict[tuple[str, ...], list[User]] = {}  # by whom an alarm names: those of a series are alike
    found: list[Reminder] = []
    for each in due:
        if each.addresses not in people:
            people[each.addresses] = _recipients(each, entry.calendar)
        for user in people[each.addresses]:
            if len(noted) >= MAX_MAILS:
                return found
            one = (each.occurrence.start, each.at, user.pk)
            if one not in noted:
                noted.add(one)
                found.append(Reminder(entry_id=entry.pk, user=user, starts_at=one[0], alarm_at=one[1]))
    return found


def _send_waiting(now: dt.datetime) -> int:
    """Each is claimed before it is sent and marked afterwards. One that was cut short between the two goes out once
    more, as the same message by its Message-ID: that it might come twice is better than that it never came."""
    waiting = Reminder.objects.filter(sent_at=None, alarm_at__gte=now - 2 * LATE)
    sent = 0
    for reminder in waiting.select_related("user").order_by("alarm_at", "pk"):
        with write_turn():
            mine = Reminder.objects.filter(pk=reminder.pk, sent_at=None)
            if not mine.filter(models.Q(tried_at=None) | models.Q(tried_at__lt=now - AGAIN)).update(tried_at=now):
                continue
        message = _message(reminder)
        if message is not None:
            try:
                message.send()
            except OSError as error:  # the next round tries again
                log.warning("reminder %s could not be sent: %s", reminder.pk, error)
                continue
        with write_turn():
            Reminder.objects.filter(pk=reminder.pk).update(sent_at=now)
        sent += message is not None
    return sent


def _occurrence_of(reminder: Reminder, entry: CalendarObject) -> Occurrence | None:
    """What somebody is reminded of, as it is now: of a series, that one with what was changed of it alone."""
    start, zone = reminder.starts_at, zone_named(entry.calendar.zone)
    found = of_object(entry, start, plus(start, dt.timedelta(seconds=1)), zone=zone, steps=STEPS)
    return next((each for each in found if each.start == start and each.status not in OVER), None)


def _of_alarm(alarm: Component, occurrence: Occurrence) -> Iterator[Alarm]:
    trigger = alarm.first("TRIGGER")
    if trigger is None:
        return
    if (duration := trigger.duration) is not None:
        is_of_end = (trigger.param("RELATED") or "").upper() == "END"
        at = plus(occurrence.end if is_of_end else occurrence.start, duration.delta)
    elif (when := alarm.when("TRIGGER")) is not None and when.zone == "UTC" and not occurrence.recurrence_id:
        at = when.local.replace(tzinfo=dt.UTC)
    else:
        return
    action = alarm.text("ACTION").strip().upper()
    text = alarm.text("DESCRIPTION") or occurrence.summary
    addresses = tuple(prop.address.casefold() for prop in alarm.attendees[:MAX_RECIPIENTS])
    pause, repeats = alarm.duration, min(alarm.number("REPEAT") or 0, MAX_REPEATS)
    for number in range(repeats + 1 if pause is not None and pause.delta > dt.timedelta(0) else 1):
        delay = number * pause.delta if pause is not None else dt.timedelta(0)
        yield Alarm(plus(at, delay), action, text, addresses, occurrence)


def _recipients(alarm: Alarm, calendar: Calendar) -> list[User]:
    """Whom the alarm names, if they read the calendar; whose private space it is where it names nobody.

    Nobody outside gets a mail: whoever writes to a calendar could have Farley write to the whole world.
    """
    people = User.objects.filter(is_active=True)
    if not alarm.addresses:
        owner = Membership.objects.filter(
            space=calendar.space, role=Role.MANAGER, space__kind=calendar.space.Kind.PRIVATE
        )
        return list(people.filter(pk__in=owner.values("user")))
    named = people.annotate(folded=Lower("email")).filter(folded__in=alarm.addresses)
    return [user for user in named if (calendar.space.standing_of(user.actor) or Role.FREEBUSY) >= Role.READER]


def _message(reminder: Reminder) -> EmailMessage | None:
    """None where the entry is gone or at another time now, or its reader may not read it any more."""
    user = reminder.user
    told = CalendarObject.objects.told_to(user.actor).filter(pk=reminder.entry_id)
    entry = told.select_related("calendar", "content").first()
    if entry is None:
        return None
    each = _occurrence_of(reminder, entry)
    if each is None:
        return None
    zone = zone_named(user.time_zone)
    with translation.override(user.language or settings.LANGUAGE_CODE), timezone.override(zone):
        starts = reminder.starts_at.astimezone(zone)
        when = date_format(starts, "DATE_FORMAT" if each.is_all_day else "DATETIME_FORMAT")
        summary = " ".join(each.summary.split()) or gettext("No title")
        lines = [summary, when, *([each.location] if each.location else []), entry.calendar.name]
        subject = gettext("Reminder: {title}").format(title=summary)[:200]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    return EmailMessage(
        subject,
        "\n".join(lines) + "\n",
        to=[user.email],
        headers={"Message-ID": f"<reminder-{reminder.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
