"""How calendars and their entries come back: what undo asks of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from farley.accounts.actor import Actor
from farley.calendars.deriving import Derived, derive
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.operations import move_between, put, put_into, put_live
from farley.calendars.storing import free_href, taken_uids
from farley.calendars.writing import CalendarWriter
from farley.codecs.icalendar import ICalendar
from farley.journal.models import ERASED, Batch, Change, Content, Door, Noun
from farley.journal.records import StoreProblem, octets_of
from farley.journal.undo import Former, PutBack
from farley.spaces.models import Space

_COMPARED = ("deleted_at", "sha256", "space_id", "calendar_id", "uid")


class CalendarKeeper:
    """What the journal asks of calendars (`journal.undo.Keeper`)."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return _put_back

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state for state in states}
        reasons = dict.fromkeys(wanted, "gone")
        for calendar in Calendar.objects.filter(pk__in=wanted):
            if _is_as(calendar, wanted[calendar.pk]):
                del reasons[calendar.pk]
            elif not calendar.is_deleted:
                reasons[calendar.pk] = "changed"
        return reasons

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        return dict(Calendar.objects.known_to(by).filter(pk__in=list(subjects)).values_list("pk", "name"))


def _is_as(calendar: Calendar, state: Former) -> bool:
    if state.live is not None and state.live is calendar.is_deleted:
        return False
    now = {name: getattr(calendar, name) for name in state.own if name not in ("space", "archived_at")}
    now |= {"space": calendar.space_id}
    now |= {"archived_at": calendar.archived_at.isoformat() if calendar.archived_at else None}
    return all(now[name] == value for name, value in state.own.items())


def _put_back(
    former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
) -> dict[int, str]:
    there = Calendar.objects.in_bulk([state.subject for state in former])
    kept = {state.subject: "gone" for state in former if state.subject not in there}
    for state in former:
        calendar = there.get(state.subject)
        if calendar is None:
            continue
        target = int(state.own.get("space", calendar.space_id))
        if calendar.space_id not in spaces or target not in spaces:
            kept[calendar.pk] = "changed"
            continue
        calendar.space = spaces[calendar.space_id]
        if state.live is False and not state.own:
            if _holds_others(calendar, batch):
                kept[calendar.pk] = "changed"
            else:
                put_live(calendar, is_live=False, by=by, door=door, batch=batch)
            continue
        put_live(calendar, is_live=True, by=by, door=door, batch=batch)
        if target != calendar.space_id:
            put_into(calendar, spaces[target], by=by, door=door, batch=batch)
        own = {name: value for name, value in state.own.items() if name != "space"}
        if own.get("archived_at"):
            own["archived_at"] = dt.datetime.fromisoformat(own["archived_at"])
        put(calendar, own, by=by, door=door, batch=batch)
        if state.live is False:
            put_live(calendar, is_live=False, by=by, door=door, batch=batch)
    return kept


def _holds_others(calendar: Calendar, undoing: Batch) -> bool:
    """Whether entries lie in a calendar, about to be taken back, that other acts than the one undone had to do with.

    Nobody's work lies in a calendar that fills itself.
    """
    if calendar.kind != Calendar.Kind.PLAIN:
        return False
    live = CalendarObject.objects.filter(calendar=calendar, deleted_at=None).values("pk")
    acts = Change.objects.filter(noun=Noun.CALENDAR_OBJECT, subject__in=live)
    return acts.exclude(batch=undoing.undoes_id).exists()


class ObjectKeeper:
    """What the journal asks of the entries of calendars (`journal.undo.Keeper`)."""

    def prepare(self, former: Sequence[Former]) -> PutBack:
        return _Return(former)

    def differing(self, states: Iterable[Former]) -> dict[int, str]:
        wanted = {state.subject: state for state in states}
        contents = [state.content for state in wanted.values() if state.content is not None]
        found = Content.objects.filter(pk__in=contents).values_list("pk", "sha256")
        hashes = {pk: bytes(sha256) for pk, sha256 in found}
        reasons = dict.fromkeys(wanted, "gone")
        for entry in CalendarObject.objects.filter(pk__in=wanted).only(*_COMPARED):
            if _is_entry_as(entry, wanted[entry.pk], hashes):
                del reasons[entry.pk]
            elif not entry.is_deleted:
                reasons[entry.pk] = "changed"
        return reasons

    def labels(self, subjects: Iterable[int], *, by: Actor) -> dict[int, str]:
        named = CalendarObject.objects.named_to(by).filter(pk__in=list(subjects))
        return dict(named.values_list("pk", "summary"))


def _is_entry_as(entry: CalendarObject, state: Former, hashes: dict[int, bytes]) -> bool:
    """The href does not count, which nobody sees; nor the space, which is the calendar's."""
    if ERASED in state.own or (state.live is not None and state.live is entry.is_deleted):
        return False
    if state.content is not None and bytes(entry.sha256) != hashes.get(state.content):
        return False
    now = {"calendar": entry.calendar_id, "uid": entry.uid}
    return all(state.own.get(name, value) == value for name, value in now.items())


class _Return:
    """Brings entries back: everything slow is done when it is made (`journal.undo.PutBack`)."""

    def __init__(self, former: Sequence[Former]) -> None:
        self._octets: dict[int, bytes] = {}
        self._known: dict[int, Derived] = {}
        states = {state.subject: state for state in former}
        for entry in CalendarObject.objects.filter(pk__in=states).only("pk", "content_id"):
            if not _is_only_gone(states[entry.pk]):
                self._derived(_content_of(entry, states[entry.pk]))

    def __call__(
        self, former: Sequence[Former], *, spaces: dict[int, Space], batch: Batch, by: Actor, door: Door
    ) -> dict[int, str]:
        states = {state.subject: state for state in former}
        kept = dict.fromkeys(states, "gone")
        writers = {pk: CalendarWriter(space, by=by, door=door, batch=batch) for pk, space in spaces.items()}
        entries = list(CalendarObject.objects.filter(pk__in=states).order_by("pk"))
        # Deleted first: what they leave free (an href, a UID) may be what another one gets back.
        for entry in entries:
            if _is_only_gone(states[entry.pk]) and entry.space_id in spaces:
                del kept[entry.pk]
                if not entry.is_deleted:
                    writers[entry.space_id].delete(entry)
        _flush(writers)
        for entry in entries:
            state = states[entry.pk]
            if _is_only_gone(state):
                continue
            if entry.space_id not in spaces:
                kept[entry.pk] = "changed"
                continue
            if reason := self._settle(entry, state, writers, spaces, batch=batch, by=by, door=door):
                kept[entry.pk] = reason
            else:
                del kept[entry.pk]
        return kept

    def _settle(
        self,
        entry: CalendarObject,
        state: Former,
        writers: dict[int, CalendarWriter],
        spaces: dict[int, Space],
        *,
        batch: Batch,
        by: Actor,
        door: Door,
    ) -> str:
        """Give one entry its former calendar and octets, alive or not; return why it could not be done, else ""."""
        content = _content_of(entry, state)
        derived = self._derived(content)
        if derived is None or ERASED in state.own:
            return "gone"
        wanted = int(state.own.get("calendar", entry.calendar_id))
        target = Calendar.objects.filter(pk=wanted, space__in=spaces).first()
        if target is None:
            return "changed"
        target.space = spaces[target.space_id]
        if entry.is_deleted and state.live is None and not state.own:
            return "gone"
        writer = writers[entry.space_id]
        if entry.is_deleted:
            if taken_uids(entry.calendar_id, [entry]):
                return "taken"
            writer.restore(entry, derived, href=free_href(entry.calendar_id, entry.href))
            writer.flush()
            entry.refresh_from_db()
        if target.pk != entry.calendar_id:
            hrefs = {entry.pk: str(state.own.get("href", entry.href))}
            try:
                move_between(spaces[entry.space_id], target, [entry], hrefs=hrefs, by=by, door=door, batch=batch)
            except StoreProblem:
                return "taken"
            entry.refresh_from_db()
        writer = writers[entry.space_id]
        if content != entry.content_id:
            writer.replace(entry, self._octets[content], derived, content=content)
            writer.flush()
        if state.live is False:
            entry.refresh_from_db()
            writer.delete(entry)
            writer.flush()
        return ""

    def _derived(self, content: int) -> Derived | None:
        """What its octets say; None where they were erased."""
        if content not in self._known:
            self._octets |= octets_of([content])
            if not self._octets[content]:
                return None
            self._known[content] = derive(ICalendar(self._octets[content]))
        return self._known[content]


def _flush(writers: dict[int, CalendarWriter]) -> None:
    for _, writer in sorted(writers.items()):
        writer.flush()


def _is_only_gone(state: Former) -> bool:
    return state.live is False and state.content is None and not state.own


def _content_of(entry: CalendarObject, state: Former) -> int:
    return int(entry.content_id if state.content is None else state.content)
