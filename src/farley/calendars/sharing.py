"""A calendar for whoever has its secret link: all that is public in it, or only when somebody is busy."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from typing import ClassVar

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import NOBODY, Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.roles import Role
from farley.calendars import occurrences
from farley.calendars.files import PRODID, objects
from farley.calendars.models import Calendar, CalendarObject, CalendarObjectQuerySet
from farley.calendars.timed import timed
from farley.codecs.free_busy import BusyKind, BusyTime
from farley.codecs.icalendar import ICalendar, When
from farley.codecs.icalendar_files import calendar_file
from farley.database.turns import write_turn
from farley.journal.access import Way, note_access
from farley.spaces.models import Space
from farley.spaces.operations import require, writing

PAST, AHEAD = dt.timedelta(days=31), dt.timedelta(days=366)  # what is told of busy times
MAX_LINKS = 100  # of one calendar that are open


class NoSuchLink(LookupError):
    """Forged, revoked, or what it led to is out of its maker's hands: nobody is told which."""


class TooManyLinks(ValueError):
    """A calendar has MAX_LINKS open ones at most."""


class CalendarLink(models.Model):
    """`calendar` is shown, as it is then, to whoever has the link, as long as `made_by` may still change it."""

    class Shows(models.IntegerChoices):
        ALL = 1, _("everything but what is private")
        BUSY = 2, _("only when somebody is busy")

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="links")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)  # where it lay then
    nonce = models.CharField(max_length=43, unique=True)  # of the address; the rest is signed with the instance's key
    shows = models.PositiveSmallIntegerField(choices=Shows.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)  # the last time, to the hour
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "calendars"

    objects: ClassVar = models.Manager["CalendarLink"]()

    def __str__(self) -> str:
        return f"link {self.pk}"

    @property
    def token(self) -> str:
        """The end of the address."""
        return _signer().sign(self.nonce)


def share(calendar: Calendar, shows: CalendarLink.Shows, *, by: Actor, door: Door) -> CalendarLink:
    """Make a link to `calendar`. Raises NotAllowed, NoSuchSpace, TooManyLinks."""
    assert by.user is not None
    with writing([calendar.space_id]) as locked:
        space = locked[calendar.space_id]
        require(space, by, Role.EDITOR)
        if CalendarLink.objects.filter(calendar=calendar, revoked_at=None).count() >= MAX_LINKS:
            raise TooManyLinks
        link = CalendarLink.objects.create(
            calendar=calendar, space=space, nonce=secrets.token_urlsafe(32), shows=shows, made_by=by.user
        )
        _note(Verb.LINK_MADE, space, by, door)
    return link


def open_links(calendar: Calendar, *, by: Actor) -> list[CalendarLink]:
    """The links that lead to it, the oldest first, for those who may make them. Raises NotAllowed, NoSuchSpace."""
    require(calendar.space, by, Role.EDITOR)
    links = CalendarLink.objects.filter(calendar=calendar, space=calendar.space, revoked_at=None)
    return list(links.select_related("made_by").order_by("pk"))


def revoke(link: CalendarLink, *, by: Actor, door: Door) -> None:
    """End a link at once. Whoever may make one may end everybody's. Raises NotAllowed, NoSuchSpace."""
    with writing([link.space_id]) as locked:
        space = locked[link.space_id]
        require(space, by, Role.EDITOR)
        if CalendarLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(Verb.LINK_REVOKED, space, by, door)


def opened(token: str) -> CalendarLink:
    """The link, with its calendar; that it was opened is noted. Raises NoSuchLink."""
    try:
        nonce = _signer().unsign(token)
    except BadSignature as error:
        raise NoSuchLink from error
    links = CalendarLink.objects.select_related("calendar__space", "made_by")
    link = links.filter(nonce=nonce, revoked_at=None).first()
    if link is None:
        raise NoSuchLink
    calendar, role = link.calendar, link.calendar.space.role_of(link.made_by.actor)
    if calendar.is_deleted or calendar.space_id != link.space_id or role is None or role < Role.EDITOR:
        raise NoSuchLink
    note_access(calendar.space_id, Way.LINK_OPENED, by=NOBODY, door=Door.WEB)
    now = timezone.now()
    if link.opened_at is None or link.opened_at < now - dt.timedelta(hours=1):
        with write_turn():
            CalendarLink.objects.filter(pk=link.pk).update(opened_at=now)
    return link


def state_of(link: CalendarLink) -> str:
    """What tells two states of the file apart: busy times move on with the days."""
    return f"{link.pk}-{link.calendar.space.revision}-{timezone.now():%Y%m%d}"


def file_of(link: CalendarLink) -> Iterator[bytes]:
    """The pieces of the iCalendar file that the link shows.

    What is not public is told as busy times alone, of a month back and a year ahead: without a word, a place, a name, a
    UID or a time zone of anybody's. Nor is it told whom reminders are mailed to: that is between them and Farley.
    """
    live: CalendarObjectQuerySet = CalendarObject.objects.filter(calendar=link.calendar, deleted_at=None)
    if link.shows == CalendarLink.Shows.BUSY:
        yield from calendar_file(_busy(live, link), prodid=PRODID)
        return
    is_hidden = ~Q(classification=CalendarObject.Class.PUBLIC)

    def shown() -> Iterator[ICalendar]:
        yield from map(_without_mails, objects(live.exclude(is_hidden)))
        yield from _busy(live.filter(is_hidden), link)

    yield from calendar_file(shown(), prodid=PRODID, name=link.calendar.name, colour=link.calendar.colour)


def _without_mails(ical: ICalendar) -> ICalendar:
    alarms = [alarm for component in ical.components for alarm in component.alarms]
    mails = [alarm for alarm in alarms if alarm.text("ACTION").strip().upper() == "EMAIL"]
    for alarm in sorted(mails, key=lambda each: each.start, reverse=True):
        ical = ical.without_component(alarm)
    return ical


def _busy(entries: CalendarObjectQuerySet, link: CalendarLink) -> Iterator[ICalendar]:
    if link.calendar.is_transparent:
        return
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = today - PAST, today + AHEAD
    zone = occurrences.zone_named(link.calendar.zone)
    with translation.override(link.made_by.language or settings.LANGUAGE_CODE):
        words = {BusyKind.TENTATIVE: gettext("Perhaps busy")}
        busy = gettext("Busy")
    for time in occurrences.busy(
        timed(entries.meeting(start, end, calendars=[link.calendar_id])), start, end, zone=zone
    ):
        yield _event(time, link, words.get(time.kind, busy), today)


def _event(time: BusyTime, link: CalendarLink, summary: str, stamp: dt.datetime) -> ICalendar:
    known = f"{link.nonce} {time.start.isoformat()} {time.end.isoformat()}"
    uid = hashlib.sha256(known.encode()).hexdigest()[:32]
    ical = ICalendar.new("VEVENT", uid=uid, stamp=When.of(stamp), prodid=PRODID)
    for name, moment in (("DTSTART", time.start), ("DTEND", time.end)):
        ical = ical.added(ical.components[0], name, when=When.of(moment))
    ical = ical.added(ical.components[0], "SUMMARY", text=summary)
    if time.kind is BusyKind.TENTATIVE:
        ical = ical.added(ical.components[0], "STATUS", text="TENTATIVE")
    return ical


def _signer() -> Signer:
    return Signer(salt="farley.calendars.sharing", sep=".")


def _note(verb: Verb, space: Space, by: Actor, door: Door) -> None:
    note(verb, by=by, door=door, subject="" if space.is_private else space.title, private=space.is_private)
