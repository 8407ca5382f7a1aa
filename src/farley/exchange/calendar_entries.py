"""The entries of calendar files on their way into the calendars of a space: what `importing` asks of them."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext_noop

from farley.accounts.actor import Actor
from farley.calendars import operations, reading
from farley.calendars.models import COMPONENTS, Calendar, CalendarObject, Components
from farley.calendars.storing import (
    NotOneObject,
    Prepared,
    WrongComponent,
    judge_prepared,
    prepare_many,
    store_prepared,
)
from farley.codecs.icalendar import InvalidICalendar
from farley.exchange.formats import How, NotAnArchive, unpacked
from farley.exchange.models import Import
from farley.journal.models import Change, Door, Noun, Verb
from farley.journal.records import Condition, Entry, Stored, StoreProblem, TooLarge, UidConflict
from farley.journal.verdicts import Problem

REASONS = {
    "entry-twice": gettext_noop("The same UID stands in this import twice; the first entry is in, this one is not."),
    "entry-taken": gettext_noop(
        "Its UID belongs to “%(name)s” in this calendar already, with other contents; the stored entry stays as it is."
    ),
    "takes": gettext_noop("The calendar “%(calendar)s” takes no entries of this kind (%(kind)s)."),
}
_OF_THE_CODEC = (  # its words that go through a variable there
    gettext_noop("the file ends before the END:VCALENDAR of this calendar"),
    gettext_noop("this calendar has no END:VCALENDAR before the next one"),
    gettext_noop("this is not part of any VCALENDAR"),
    gettext_noop("from here on, what is broken is not listed any more"),
)
_KEPT_TOGETHER = Components.EVENTS | Components.JOURNALS


class ReadEntry(NamedTuple):
    """One entry of a file: the line it begins on, its size in octets, and what there is to store, or why not."""

    line: int
    size: int
    item: Prepared | Problem


def read(file: Mapping[str, Any], *, skip: int) -> Generator[ReadEntry]:
    """The entries of a calendar file, as `Import.files` has it, after the first `skip`. Raises OSError."""
    try:
        with opened(file) as stream:
            for entry in itertools.islice(reading.read(stream), skip, None):
                if entry.problem is not None:
                    yield ReadEntry(entry.line, entry.size, entry.problem)
                else:
                    [item] = prepare_many([Entry(entry.octets, None, Condition.ABSENT)])
                    yield ReadEntry(entry.line, entry.size, item)
    except NotAnArchive as error:  # a part of it is damaged
        yield ReadEntry(1, 0, InvalidICalendar(1, error.reason))


@contextmanager
def opened(file: Mapping[str, Any]) -> Iterator[BinaryIO]:
    """A calendar file, as `Import.files` has it, unpacked where it is in an archive. Raises NotAnArchive, OSError."""
    with ExitStack() as held:
        path = Path(file["path"])
        if member := How.from_json(file.get("how", {})).member:
            path = held.enter_context(unpacked(path, member))
        yield held.enter_context(path.open("rb"))


class CalendarEntries:
    """Where the entries of an import go: into the calendar that was chosen, else the first of the space that fits.

    Where there is none, one is made, called as the file calls itself: it goes with the import if that is undone.
    """

    def __init__(self, run: Import, *, by: Actor) -> None:
        self.run, self.by = run, by
        self._targets: dict[Components, Calendar | None] = {}
        self._seen: dict[tuple[int, str], bytes] = {}  # in a dry run: by calendar and UID, the hash

    def stored(self, index: int, items: Sequence[Prepared | Problem]) -> list[Stored | Problem]:
        """Store them, in the transaction that the space is locked in."""
        results: dict[int, Stored | Problem] = {}
        for kind, places in _by_kind(items).items():
            target = self._target(kind) or self._made(kind, index)
            some = [items[place] for place in places]
            run = self.run
            done = store_prepared(target, some, batch=run.batch, by=self.by, door=Door(run.door))
            results |= dict(zip(places, done, strict=True))
        return [results[place] if isinstance(item, Prepared) else item for place, item in enumerate(items)]

    def judged(self, items: Sequence[Prepared | Problem]) -> list[Stored | Problem]:
        """What `stored` would answer."""
        results: dict[int, Stored | Problem] = {}
        for kind, places in _by_kind(items).items():
            target = self._target(kind)
            some = [items[place] for place in places]
            judged = judge_prepared(target, some, by=self.by) if target else list(map(_would_be_new, some))
            results |= {
                place: self._once(item, result, target.pk if target else -int(kind))
                for place, item, result in zip(places, some, judged, strict=True)
            }
        return [results[place] if isinstance(item, Prepared) else item for place, item in enumerate(items)]

    def made_here(self, hrefs: Sequence[str]) -> frozenset[str]:
        """Those of `hrefs` that the import made itself; or, in a dry run, would have made: nothing is there."""
        if not hrefs:
            return frozenset()
        pks = [target.pk for target in self._targets.values() if target is not None]
        live = CalendarObject.objects.filter(calendar__in=pks, href__in=hrefs, deleted_at=None)
        there = dict(live.values_list("pk", "href"))
        made = Change.objects.filter(noun=Noun.CALENDAR_OBJECT, subject__in=list(there), verb=Verb.CREATED)
        batch = self.run.batch
        mine = set(made.filter(batch=batch).values_list("subject", flat=True)) if batch is not None else set()
        return frozenset({there[pk] for pk in mine} | (set(hrefs) - set(there.values())))

    def _target(self, kind: Components) -> Calendar | None:
        if kind not in self._targets:
            self._targets[kind] = self.run.calendar or self._first_taking(kind)
        return self._targets[kind]

    def _first_taking(self, kind: Components) -> Calendar | None:
        editable = Calendar.objects.editable_by(self.by).filter(space=self.run.space)
        found: Calendar | None = editable.taking(kind).select_related("space").in_order().first()
        return found

    def _made(self, kind: Components, index: int) -> Calendar:
        file, run = self.run.files[index], self.run
        with opened(file) as stream:
            name = reading.name_in(stream) or Path(file["name"]).stem or file["name"]
        components = _KEPT_TOGETHER if kind in _KEPT_TOGETHER else kind
        made = operations.create(
            run.space, name[:200], components=components, by=self.by, door=Door(run.door), batch=run.batch
        )
        for each in Components:
            if each in components:
                self._targets[each] = made
        return made

    def _once(self, item: Prepared | Problem, result: Stored | Problem, calendar: int) -> Stored | Problem:
        if not isinstance(item, Prepared):
            return result
        first = self._seen.setdefault((calendar, item.uid), item.sha256)
        if first is item.sha256:
            return result
        if first == item.sha256:
            return Stored(0, item.uid, "", "", 0, created=False, changed=False)
        return UidConflict(item.uid, "", "", place="calendar")


def name_of(item: object) -> str:
    """What an entry calls itself."""
    return item.derived.summary if isinstance(item, Prepared) else ""


def problem_of(problem: Exception, mine: frozenset[str], calendar: str) -> tuple[str, dict[str, Any]]:
    """The code of REASONS or `reporting.REASONS`, and what fills it in."""
    if isinstance(problem, UidConflict):
        code = "entry-twice" if problem.href in mine else "entry-taken"
        return code, {"uid": problem.uid, "name": problem.name}
    if isinstance(problem, WrongComponent):
        return "takes", {"calendar": calendar, "kind": problem.name}
    if isinstance(problem, TooLarge):
        return "large", {"what": problem.what, "limit": problem.limit}
    if isinstance(problem, InvalidICalendar):
        return "invalid", {"reason": problem.reason}
    if isinstance(problem, NotOneObject | StoreProblem):
        return "invalid", {"reason": str(problem)}
    raise problem


def _by_kind(items: Sequence[Prepared | Problem]) -> dict[Components, list[int]]:
    """Places of what can be stored, by what a calendar must take for it."""
    found: dict[Components, list[int]] = {}
    for place, item in enumerate(items):
        if isinstance(item, Prepared):
            found.setdefault(COMPONENTS[item.name], []).append(place)
    return found


def _would_be_new(item: Prepared | Problem) -> Stored | Problem:
    return Stored(0, item.uid, "", "", 0, created=True, changed=True) if isinstance(item, Prepared) else item
