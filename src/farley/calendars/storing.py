"""Storing calendar objects: the one path that pages, DAV, command and importer share."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Final, NamedTuple, TypeAlias

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.calendars.deriving import Derived, derive
from farley.calendars.models import COMPONENTS, MAX_UID, Calendar, CalendarObject, Components
from farley.calendars.writing import CalendarWriter, New
from farley.codecs.icalendar import MAX_OBJECT, ICalendar, InvalidICalendar
from farley.codecs.icalendar_files import says_the_same
from farley.database import rows
from farley.journal import records
from farley.journal.models import Batch, Door, hash_of
from farley.journal.records import (
    BadHref,
    Condition,
    EditConflict,
    Entry,
    Expected,
    Stored,
    StoreProblem,
    TooLarge,
    UidConflict,
    href_for,
    is_href,
    not_as_expected,
    without_last_break,
)
from farley.journal.verdicts import Again, Create, Leave, Problem, Replace, Verdict, carry_out, foresee
from farley.spaces.models import Space
from farley.spaces.operations import NotAllowed, require, writing

ENDING: Final = "ics"


class NotOneObject(StoreProblem):
    """A calendar takes one event, task or journal entry at a time, with its overrides. RFC 4791 §4.1.

    `condition` is what RFC 4791 §5.3.2.1 calls it.
    """

    condition: ClassVar[str] = "valid-calendar-object-resource"


class OldVersion(StoreProblem):
    """It is a vCalendar 1.0, which `codecs.vcalendar` makes an iCalendar of."""

    condition: ClassVar[str] = "supported-calendar-data"

    def __init__(self) -> None:
        super().__init__("this is vCalendar 1.0; a calendar holds iCalendar 2.0")


class WrongComponent(StoreProblem):
    """The calendar takes other components than `name`."""

    condition: ClassVar[str] = "supported-calendar-component"

    def __init__(self, name: str, takes: Components) -> None:
        super().__init__(f"this calendar takes {' and '.join(takes.names)}, not {name}")
        self.name, self.takes = name, takes


class CalendarIsReadOnly(NotAllowed):
    """Nobody writes to it by hand: it is archived, or Farley fills it."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(calendar.space, Role.EDITOR)
        self.args = (f"the calendar “{calendar.name}” is read-only",)
        self.calendar = calendar


class NoSuchCalendar(LookupError):
    """There is no such calendar any more, or it is not for this actor to know. `name` is its name or address."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no calendar {name!r}")
        self.name = name


class Prepared(NamedTuple):
    """An entry, read: everything slow is done."""

    entry: Entry
    derived: Derived
    name: str  # of its component
    sha256: bytes

    @property
    def uid(self) -> str:
        return self.derived.uid


def store(
    calendar: Calendar,
    href: str | None,
    octets: bytes,
    *,
    expected: Expected,
    by: Actor,
    door: Door,
    batch: Batch | None = None,
) -> Stored:
    """Create or replace the entry at `href`, keeping `octets` as they are.

    Raises InvalidICalendar, NotAllowed, NoSuchSpace, NoSuchCalendar, EditConflict, UidConflict, TooLarge, BadHref,
    NotOneObject, OldVersion, WrongComponent. Octets that are there already change nothing. RFC 4791 §5.3.2.
    """
    [result] = store_many(calendar, [Entry(octets, href, expected)], batch=batch, by=by, door=door)
    if isinstance(result, Exception):
        raise result
    return result


def store_many(
    calendar: Calendar, entries: Sequence[Entry], *, batch: Batch | None, by: Actor, door: Door
) -> list[Stored | Problem]:
    """Store `entries` in one transaction; those with a problem are left out, in place the problem.

    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, NoSuchCalendar for all of them together.
    """
    return store_prepared(calendar, prepare_many(entries), batch=batch, by=by, door=door)


def prepare_many(entries: Iterable[Entry]) -> list[Prepared | Problem]:
    """Read and derive, outside any transaction."""
    return [_prepared(entry) for entry in entries]


def store_prepared(
    calendar: Calendar,
    prepared: Sequence[Prepared | Problem],
    *,
    batch: Batch | None,
    by: Actor,
    door: Door,
    is_filling: bool = False,
) -> list[Stored | Problem]:
    """The second half of `store_many`: lock, check, write. Inside `writing` it joins that transaction.

    `is_filling`: Farley itself fills a calendar that is read-only to everybody.
    """
    with writing([calendar.space_id]) as locked:
        space = locked[calendar.space_id]
        plan = _Plan(calendar, [item for item in prepared if isinstance(item, Prepared)])
        current = rows.ask_whole(Calendar, {"id": calendar.pk})
        writer = CalendarWriter(space, by=by, door=door, batch=batch)
        writer.expect(len(plan.items))
        if not is_filling:
            require_editor(calendar, space, by)  # its answer comes with those to what was asked before
        plan.calendar = _usable(current(), calendar, space, is_filling=is_filling)
        verdicts = [plan.judge(item) if isinstance(item, Prepared) else item for item in prepared]
        results = _carry_out(verdicts, writer, calendar.pk)
        writer.flush()
    return results


def judge_prepared(calendar: Calendar, prepared: Sequence[Prepared | Problem], *, by: Actor) -> list[Stored | Problem]:
    """What `store_prepared` would answer now; nothing is written, and what it would make has the id and revision 0."""
    require_editor(calendar, calendar.space, by)
    plan = _Plan(calendar, [item for item in prepared if isinstance(item, Prepared)])
    plan.calendar = _usable([calendar], calendar, calendar.space)
    return foresee([plan.judge(item) if isinstance(item, Prepared) else item for item in prepared])


def require_editor(calendar: Calendar, space: Space, by: Actor) -> None:
    """Raise NotAllowed, NoSuchSpace or NoSuchCalendar unless `by` is an editor where the calendar lies.

    A device that was kept to some calendars sees these alone, in whichever space.
    """
    if not by.may_know(calendar.pk):
        raise NoSuchCalendar(calendar.name)
    require(space, by.among_calendars, Role.EDITOR)


def require_writable(calendar: Calendar, space: Space, by: Actor) -> Calendar:
    """The calendar of a locked space as it is now. Raises NotAllowed, NoSuchSpace, NoSuchCalendar."""
    require_editor(calendar, space, by)
    return _usable(rows.load(Calendar, {"id": calendar.pk}), calendar, space)


def free_href(calendar: int, href: str, *, besides: Container[str] = ()) -> str:
    """`href`, or one like it that no entry of the calendar has, whose space is locked."""
    return records.free_href(CalendarObject.objects.filter(calendar=calendar, deleted_at=None), href, besides)


def taken_uids(calendar: int, entries: Sequence[CalendarObject]) -> dict[str, CalendarObject]:
    """The UIDs of `entries` that others in the calendar have, and who has them."""
    live = CalendarObject.objects.filter(calendar=calendar, uid__in={entry.uid for entry in entries}, deleted_at=None)
    return {other.uid: other for other in live.exclude(pk__in=[entry.pk for entry in entries])}


def conflict_with(other: CalendarObject) -> UidConflict:
    return UidConflict(other.uid, other.href, other.summary, place="calendar")


def check_object(ical: ICalendar) -> StoreProblem | None:
    """Why this is nothing that a calendar may hold, if so. RFC 4791 §4.1."""
    components = ical.components
    if ical.version != "2.0":
        return OldVersion()
    if ical.root.first("METHOD"):
        return NotOneObject("it has a METHOD: it is a message about an entry and not the entry")
    if not components:
        return NotOneObject("there is no event, task or journal entry in it")
    uids = {component.text("UID").strip() for component in components}
    if "" in uids:
        return NotOneObject("a component of it has no UID")
    if len(uids) > 1:
        return NotOneObject("its components have several UIDs")
    if len({component.name for component in components}) > 1:
        return NotOneObject("it has components of several kinds")
    if sum(not component.first("RECURRENCE-ID") for component in components) > 1:
        return NotOneObject("two of its components have no RECURRENCE-ID")
    return None


def _prepared(entry: Entry) -> Prepared | Problem:
    if len(entry.octets) > MAX_OBJECT:
        return TooLarge("object", MAX_OBJECT)
    if entry.href is not None and not is_href(entry.href):
        return BadHref(entry.href)
    try:
        ical = ICalendar.parse(entry.octets)
    except InvalidICalendar as error:
        return error
    if problem := check_object(ical):
        return problem
    if ical.kind not in COMPONENTS:
        return WrongComponent(ical.kind, Components.EVENTS | Components.TASKS | Components.JOURNALS)
    derived = derive(ical)
    if len(derived.uid) > MAX_UID:
        return TooLarge("UID", MAX_UID)
    return Prepared(entry, derived, ical.kind, hash_of(entry.octets))


def _usable(found: Sequence[Calendar], asked: Calendar, space: Space, *, is_filling: bool = False) -> Calendar:
    current = next(iter(found), None)
    if current is None or current.is_deleted or current.space_id != space.pk:
        raise NoSuchCalendar(asked.name)
    current.space = space
    if current.is_read_only and not is_filling:
        raise CalendarIsReadOnly(current)
    return current


_Create: TypeAlias = Create[Prepared]
_Replace: TypeAlias = Replace[Prepared, CalendarObject]
_Verdict: TypeAlias = Verdict[Prepared, CalendarObject]


class _Plan:
    """Decides, under the lock, what becomes of each entry; entries of the same call are seen too."""

    def __init__(self, calendar: Calendar, items: Sequence[Prepared]) -> None:
        self.calendar, self.items = calendar, items
        live = {"calendar_id": calendar.pk, "deleted_at": None}
        self._asked = rows.ask_whole(
            CalendarObject,
            live | {"href": [item.entry.href or href_for(item.uid, ENDING) for item in items]},
            live | {"uid": [item.uid for item in items]},
        )
        self.new: dict[str, _Create | _Replace] = {}  # by UID
        self.hrefs: set[str] = set()

    @cached_property
    def by_href(self) -> dict[str, CalendarObject]:
        return {entry.href: entry for entry in self._there}

    @cached_property
    def by_uid(self) -> dict[str, CalendarObject]:
        return {entry.uid: entry for entry in self._there}

    @cached_property
    def _there(self) -> list[CalendarObject]:
        return self._asked()

    def judge(self, item: Prepared) -> _Verdict:
        entry = item.entry
        if COMPONENTS[item.name] not in self.calendar.takes:
            return WrongComponent(item.name, self.calendar.takes)
        there = self.by_uid.get(item.uid) if entry.href is None else self.by_href.get(entry.href)
        if conflict := not_as_expected(entry, item.uid, there):
            return conflict
        if first := self.new.get(item.uid):
            alike = without_last_break(first.item.entry.octets) == without_last_break(entry.octets)
            if entry.href is None and alike:
                return Again(first.href)
            return UidConflict(item.uid, first.href, first.item.derived.summary, place="calendar")
        if entry.href is not None and entry.href in self.hrefs:
            return EditConflict(entry.href, None)
        verdict = self._create(item) if there is None else self._replace(item, there)
        if isinstance(verdict, Create | Replace):
            self.new[item.uid] = verdict
            self.hrefs.add(verdict.href)
        return verdict

    def _create(self, item: Prepared) -> _Create | UidConflict:
        if other := self.by_uid.get(item.uid):
            return conflict_with(other)
        href = item.entry.href or href_for(item.uid, ENDING)
        if item.entry.href is None and (href in self.by_href or href in self.hrefs):
            href = free_href(self.calendar.pk, href, besides=self.hrefs)
        return Create(item, href)

    def _replace(self, item: Prepared, there: CalendarObject) -> _Replace | Leave[CalendarObject] | UidConflict:
        if bytes(there.sha256) == item.sha256:
            return Leave(there)
        if item.uid != there.uid:  # RFC 4791 §5.3.2.1: an object keeps its UID
            return conflict_with(self.by_uid.get(item.uid, there))
        if item.entry.expected is Condition.ABSENT:
            return Leave(there) if _says_the_same(item, there) else conflict_with(there)
        return Replace(item, there)


def _says_the_same(item: Prepared, there: CalendarObject) -> bool:
    """Whether the object is the stored one, perhaps out of a file that was made of several: with another head."""
    return says_the_same(ICalendar(item.entry.octets), there.ical)


def _carry_out(verdicts: Sequence[_Verdict], writer: CalendarWriter, calendar: int) -> list[Stored | Problem]:
    def create(new: list[_Create]) -> list[tuple[int, int]]:
        items = [(each.href, each.item) for each in new]
        return writer.create_many(
            [New(calendar, href, item.sha256, item.entry.octets, item.derived) for href, item in items]
        )

    def replace(changed: list[_Replace]) -> Iterator[int]:
        contents = writer.keep([(each.item.sha256, each.item.entry.octets) for each in changed])
        for verdict, content in zip(changed, contents, strict=True):
            item = verdict.item
            yield writer.replace(verdict.there, item.entry.octets, item.derived, content=content)

    return carry_out(verdicts, create=create, replace=replace)
