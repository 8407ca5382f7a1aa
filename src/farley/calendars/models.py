from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import IntFlag
from functools import cached_property
from typing import ClassVar, Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.codecs.icalendar import ICalendar
from farley.database.fields import KeyField
from farley.journal.models import Content, etag_of
from farley.spaces.models import Space, held_by

MAX_UID = 500  # characters
MAX_SLUG = 255
CLOSED = ("COMPLETED", "CANCELLED")  # what a task says of itself that is open no more
MAX_ADDRESS = 200  # as contacts keep addresses
ENDLESS = dt.datetime(
    9999, 12, 31, tzinfo=dt.UTC
)  # a value and not None: one range of an index finds what meets a time


_REACHES = {1: dt.timedelta(days=4), 2: dt.timedelta(days=64)}


class Components(IntFlag):
    """What a calendar takes, as bits. RFC 4791 §5.2.3."""

    EVENTS = 1
    TASKS = 2
    JOURNALS = 4

    @property
    def names(self) -> list[str]:
        """As iCalendar calls them."""
        return [name for name, bit in COMPONENTS.items() if bit in self]


COMPONENTS = {"VEVENT": Components.EVENTS, "VTODO": Components.TASKS, "VJOURNAL": Components.JOURNALS}


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def visible_to(self, actor: Actor) -> Self:
        """Calendars in spaces where `actor` is at least a reader."""
        spaces = Space.objects.visible_to(actor.among_calendars)
        return self._chosen_for(actor).filter(space__in=spaces.values("pk"), deleted_at=None)

    def editable_by(self, actor: Actor) -> Self:
        """Calendars whose entries `actor` may change: none that is archived or filled by Farley itself."""
        return self.manageable_by(actor).filter(archived_at=None, kind=Calendar.Kind.PLAIN)

    def manageable_by(self, actor: Actor) -> Self:
        """Calendars that `actor` may rename, colour, archive and delete, whatever fills them."""
        spaces = Space.objects.editable_by(actor.among_calendars)
        return self._chosen_for(actor).filter(space__in=spaces.values("pk"), deleted_at=None)

    def busy_to(self, actor: Actor) -> Self:
        """Calendars of which `actor` may know at least when somebody is busy."""
        sql, values = held_by(actor.among_calendars, Role.FREEBUSY)
        return self._chosen_for(actor).filter(space__in=RawSQL(sql, values), deleted_at=None)  # noqa: S611 -- our own names

    def restorable_by(self, actor: Actor) -> Self:
        """Deleted calendars that `actor` may bring back."""
        spaces = Space.objects.editable_by(actor.among_calendars)
        return self._chosen_for(actor).filter(space__in=spaces.values("pk")).exclude(deleted_at=None)

    def known_to(self, actor: Actor) -> Self:
        """Those that `actor` sees, deleted ones too: whose names they may read."""
        spaces = Space.objects.visible_to(actor.among_calendars)
        return self._chosen_for(actor).filter(space__in=spaces.values("pk"))

    def _chosen_for(self, actor: Actor) -> Self:
        """Those that a device has been kept to."""
        return self if actor.calendars is None else self.filter(pk__in=sorted(actor.calendars))

    def in_use(self) -> Self:
        """Those that are not archived, and whose spaces are not: what lists and choices show."""
        return self.filter(archived_at=None, space__archived_at=None)

    def taking(self, component: Components) -> Self:
        """Those that take this kind of component."""
        return self.filter(components__in=[bits for bits in range(1, 8) if bits & component])

    def in_order(self) -> Self:
        """As somebody put them, then by name."""
        return self.order_by("position", "name", "pk")


class Calendar(models.Model):
    """A collection of events, tasks or both, in a space. All of it is own: nothing here is read out of octets."""

    class Kind(models.IntegerChoices):  # what fills it; numbers are kept for ever
        PLAIN = 1, _("calendar")
        SUBSCRIPTION = 2, _("subscription")
        BIRTHDAYS = 3, _("birthdays")
        HOLIDAYS = 4, _("holidays")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="calendars", db_index=False)
    slug = KeyField(max_length=MAX_SLUG)  # last segment of its address, wherever it lies
    kind = models.PositiveSmallIntegerField(choices=Kind.choices, default=Kind.PLAIN)
    name = models.CharField(max_length=200)
    colour = models.CharField(max_length=9, blank=True)  # #RRGGBB or #RRGGBBAA; empty: the page's own choice
    description = models.CharField(max_length=5000, blank=True)
    position = models.PositiveIntegerField(default=0)
    components = models.PositiveSmallIntegerField(default=int(Components.EVENTS | Components.TASKS))
    zone = models.CharField(max_length=64, default="Europe/Berlin")  # IANA; where floating times and dates are
    default_alarms = models.JSONField(default=dict)  # minutes before the start: {"timed": [15], "all_day_mail": [-540]}
    is_transparent = models.BooleanField(default=False)  # nothing in it makes anybody busy
    revision = models.PositiveBigIntegerField(default=0)  # last Change of the calendar itself
    octets_revision = models.PositiveBigIntegerField(default=0)  # last change of a member a DAV client must hear of
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)  # in no list since then, and nothing in it changes
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar = CalendarQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(deleted_at=None), name="one_calendar_an_address"
            ),
            models.CheckConstraint(
                condition=models.Q(components__range=(1, 7)), name="a_calendar_takes_events_tasks_or_journals"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["space", "position"], name="calendars_in_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_read_only(self) -> bool:
        """Whether nobody writes to it by hand."""
        return self.kind != Calendar.Kind.PLAIN or self.archived_at is not None

    @property
    def takes(self) -> Components:
        return Components(self.components)

    def tells_all_to(self, actor: Actor) -> bool:
        """Whether what is private in it, too, is for the person behind `actor`: as `CalendarObjectQuerySet.told_to`."""
        return (self.space.standing_of(actor.in_person) or Role.FREEBUSY) >= Role.EDITOR

    def role_of(self, actor: Actor) -> Role | None:
        """What `actor` may do with its entries, or None for somebody who must not know of it."""
        role = self.space.role_of(actor.among_calendars) if actor.may_know(self.pk) else None
        return role if role is None or not self.is_read_only else min(role, Role.READER)


_ANY = models.Q()


class CalendarObjectQuerySet(models.QuerySet["CalendarObject"]):
    def visible_to(self, actor: Actor) -> Self:
        """Entries of calendars in spaces where `actor` is at least a reader."""
        return self.filter(calendar__in=Calendar.objects.visible_to(actor).values("pk"), deleted_at=None)

    def told_to(self, actor: Actor) -> Self:
        """Those of the visible ones that `actor` reads; of the others they learn only that they keep busy.

        What is private or confidential is for those who may change things in its space, whose own entries these are:
        by the role of the person, not by what a device of theirs may. RFC 5545 §3.8.1.3. `seeing.is_told` says it of
        one entry.
        """
        return self.visible_to(actor).filter(self._told(actor))

    def shown_to(self, actor: Actor) -> Self:
        """Those that `actor` reads, and those that keep somebody busy, which they must not be told more of."""
        busy = models.Q(component=Components.EVENTS.value, is_transparent=False) & ~models.Q(status="CANCELLED")
        free = models.Exists(Calendar.objects.filter(pk=models.OuterRef("calendar"), is_transparent=True))
        return self.visible_to(actor).filter(self._told(actor) | (busy & ~free))

    def named_to(self, actor: Actor) -> Self:
        """Those whose names `actor` may read, deleted ones too."""
        return self.known_to(actor).filter(self._told(actor))

    def _told(self, actor: Actor) -> models.Q:
        sql, values = held_by(actor.in_person, Role.EDITOR)
        is_public = models.Q(classification=CalendarObject.Class.PUBLIC)
        return is_public | models.Q(space__in=RawSQL(sql, values))  # noqa: S611 -- our own names

    def editable_by(self, actor: Actor) -> Self:
        """Entries that `actor` may change."""
        return self.filter(calendar__in=Calendar.objects.editable_by(actor).values("pk"), deleted_at=None)

    def busy_to(self, actor: Actor) -> Self:
        """Entries of which `actor` may know at least when they are: for `occurrences.busy` and nothing else."""
        return self.filter(calendar__in=Calendar.objects.busy_to(actor).values("pk"), deleted_at=None)

    def restorable_by(self, actor: Actor) -> Self:
        """Deleted entries that `actor` may bring back."""
        return self.filter(calendar__in=Calendar.objects.editable_by(actor).values("pk")).exclude(deleted_at=None)

    def known_to(self, actor: Actor) -> Self:
        """Those in spaces where `actor` is at least a reader, deleted ones too."""
        return self.filter(calendar__in=Calendar.objects.known_to(actor).values("pk"))

    def still_open(self) -> Self:
        """Tasks that are neither done nor given up."""
        return self.filter(completed_at=None).exclude(status__in=CLOSED)

    def meeting(self, start: dt.datetime, end: dt.datetime, *, calendars: Collection[int]) -> Self:
        """Those of these calendars, by id, that may take place between two instants, by their bounds; tasks without any
        date are not among them.

        Whether one does, `occurrences.within` says. What is short lies near the window in the index, so that neither
        past nor future is walked: each arm names the calendars, and they are asked by themselves, for else SQLite goes
        by the calendar alone.
        """
        asked = list(calendars)
        near = models.Q()
        for spread in CalendarObject.Spread:
            last = models.Q(last_at__gte=start) & (models.Q(last_at__lte=spread.after(end)) if spread.reach else _ANY)
            near |= models.Q(calendar__in=asked, spread=spread) & last
        found = CalendarObject.objects.filter(near, first_at__lt=end, deleted_at=None)
        return self.filter(pk__in=found.values("pk"))


class CalendarObject(models.Model):
    """An event, a task or a journal entry, with its overrides. `content` is the truth; all else is read out of it.

    Own (never rebuilt): where it lies, its href, and whether readers of its calendar were ever told of it.
    """

    class Kind(models.IntegerChoices):
        EVENT = Components.EVENTS.value, _("event")
        TASK = Components.TASKS.value, _("task")
        JOURNAL = Components.JOURNALS.value, _("journal entry")

    class Class(models.IntegerChoices):  # RFC 5545 §3.8.1.3: what is not known counts as private
        PUBLIC = 1, _("public")
        PRIVATE = 2, _("private")
        CONFIDENTIAL = 3, _("confidential")

    class Spread(models.IntegerChoices):  # how far it is from its first instant to its last, at the most
        DAYS = 1, "days"
        WEEKS = 2, "weeks"
        LONG = 3, "long"

        @property
        def reach(self) -> dt.timedelta | None:
            return _REACHES.get(int(self))

        @classmethod
        def of(cls, first: dt.datetime | None, last: dt.datetime | None) -> CalendarObject.Spread:
            if first is None or last is None:
                return cls.LONG
            return next((each for each in cls if each.reach is None or last - first <= each.reach), cls.LONG)

        def after(self, end: dt.datetime) -> dt.datetime:
            """When the last of those has ended that begin before `end`."""
            assert self.reach is not None
            return min(end, ENDLESS - self.reach) + self.reach

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="entries", db_index=False)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+", db_index=False)  # the calendar's
    href = KeyField(max_length=255)  # last URL segment, chosen by the DAV client
    uid = KeyField(max_length=MAX_UID)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="+", db_index=False)  # as received
    sha256 = models.BinaryField(max_length=32)  # derived: of the octets; makes the ETag
    size = models.PositiveIntegerField()  # derived: octets
    component = models.PositiveSmallIntegerField(choices=Kind.choices)  # derived, as are all to the revision
    summary = models.CharField(max_length=1000)
    location = models.CharField(max_length=500)
    starts_at = models.DateTimeField(null=True)  # of the first; dates and floating times as if they were in UTC
    ends_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField(null=True)  # what all occurrences lie within, wherever a floating one is looked at
    last_at = models.DateTimeField(null=True)  # ENDLESS for a series without end
    spread = models.PositiveSmallIntegerField(choices=Spread.choices, default=Spread.LONG, db_default=3)
    is_all_day = models.BooleanField()
    is_floating = models.BooleanField()  # some of its times are at no place, as dates are
    is_recurring = models.BooleanField()
    status = models.CharField(max_length=20)  # upper case; empty where none is given
    is_transparent = models.BooleanField()
    classification = models.PositiveSmallIntegerField(choices=Class.choices)
    organiser = models.CharField(max_length=MAX_ADDRESS)  # folded address
    due_at = models.DateTimeField(null=True)  # of a task
    completed_at = models.DateTimeField(null=True)
    priority = models.PositiveSmallIntegerField()  # 1 is highest, 9 lowest, 0 none
    percent = models.PositiveSmallIntegerField(null=True)
    related_to = models.CharField(max_length=MAX_UID)  # UID of what it is a part of
    has_alarms = models.BooleanField()
    has_mail_alarms = models.BooleanField(default=False, db_default=False)  # some of them ask for a mail
    categories = models.JSONField(default=list)
    revision = models.PositiveBigIntegerField()  # last Change of anything: guards page and API edits
    octets_revision = models.PositiveBigIntegerField()  # last change a DAV client must hear of
    was_public = models.BooleanField(default=True, db_default=True)  # in this calendar, at some time
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar = CalendarObjectQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["calendar", "href"], condition=models.Q(deleted_at=None), name="one_calendar_object_an_href"
            ),
            models.UniqueConstraint(  # RFC 4791 §4.1
                fields=["calendar", "uid"], condition=models.Q(deleted_at=None), name="one_calendar_object_a_uid"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["calendar", "spread", "last_at", "first_at"],
                condition=models.Q(deleted_at=None),
                name="calendar_objects_by_time",
            ),
            models.Index(  # the lists of tasks
                fields=["calendar", "due_at"],
                condition=models.Q(component=Components.TASKS.value, deleted_at=None),
                name="tasks_by_due",
            ),
            models.Index(fields=["calendar", "octets_revision"], name="calendar_objects_since"),
            models.Index(fields=["space", "uid"], name="calendar_objects_by_uid"),
            models.Index(  # asked every minute
                fields=["last_at", "first_at"],
                condition=models.Q(has_mail_alarms=True, deleted_at=None),
                name="mail_alarms_by_time",
            ),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def etag(self) -> str:
        return etag_of(bytes(self.sha256))

    @cached_property
    def ical(self) -> ICalendar:
        """The octets, read."""
        return ICalendar(self.content.data)  # they were parsed when they came in

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


class Attendee(models.Model):
    """Somebody an entry names: who is asked to come, who asks, whom it is about. Derived; the address finds a contact.

    Keyed by (object, n), so that those of an entry lie together and are written by difference.
    """

    CONCERNED: ClassVar = "CONTACT"  # the role of whom it is about, and who is not asked to come

    pk = models.CompositePrimaryKey("object_id", "n")
    object_id = models.BigIntegerField()
    n = models.PositiveIntegerField()
    calendar_id = models.BigIntegerField()
    address = KeyField(max_length=MAX_ADDRESS)  # folded as contacts fold theirs; another URI where it is no e-mail
    name = models.CharField(max_length=500)
    role = models.CharField(max_length=40)  # upper case, as RFC 5545 §3.2.16 has it; empty where none is given
    partstat = models.CharField(max_length=40)  # RFC 5545 §3.2.12
    is_organiser = models.BooleanField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "calendar_id"], name="attendees_by_address")]

    def __str__(self) -> str:
        return self.name or self.address
