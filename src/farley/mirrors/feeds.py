"""Calendars at addresses outside that are followed: read by a schedule, written by nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.calendars import operations, reading
from farley.calendars.filling import Source, brought_back, fill
from farley.calendars.models import Calendar, CalendarObject
from farley.codecs.icalendar import ICalendar
from farley.database.turns import write_turn
from farley.journal.models import Batch
from farley.journal.writing import one_batch
from farley.mirrors.addresses import PATIENCE_S, asked, plain
from farley.mirrors.reaching import Unreachable
from farley.mirrors.sealing import CannotOpen, opened, seal
from farley.spaces.models import Space
from farley.spaces.operations import require

EVERY: Final = (15, 60, 360, 1440)  # minutes between two readings, to choose from
MAX_ENTRIES: Final = 20_000
LATEST: Final = dt.timedelta(days=1)  # between two tries of one that does not answer
HELD: Final = dt.timedelta(days=1)  # so long what is gone outside stays here, if it is much at once
MUCH: Final = 10  # entries, and more than half of all; or all
_WEBCAL = ("webcal://", "webcals://")


@dataclass(frozen=True, slots=True)
class _Feed:
    """What an address answered. `mark` tells this answer from another one."""

    name: str
    kinds: set[str]
    entries: dict[str, bytes]  # by UID
    left_out: int
    mark: str


class Followed(NamedTuple):
    """A calendar that is followed from now on. `batch` undoes that."""

    calendar: Calendar
    batch: Batch


def subscribe(
    space: Space,
    address: str,
    *,
    name: str = "",
    minutes: int = 360,
    by: Actor,
    door: Door,
) -> Followed:
    """Follow the calendar at `address` (https, http or webcal), under the name that it gives itself or another one.

    Nobody else's writing waits for the answer: the batch is opened when it is there, and closed before it is filled.
    Raises NotAllowed, NoSuchSpace, BadCalendar; Unreachable with what was wrong with the address or the answer.
    """
    require(space, by, Role.EDITOR)
    if minutes not in EVERY:
        raise ValueError(f"every {minutes} minutes")
    address = _plain(address)
    feed = _read(address, patience_s=PATIENCE_S)
    assert feed is not None
    host = urlsplit(address).hostname or ""
    title = name or feed.name or host
    with one_batch(Batch.Act.CREATE, by=by, door=door, title=title) as batch:
        made = operations.create(
            space,
            title,
            kind=Calendar.Kind.SUBSCRIPTION,
            components=reading.components_in(feed.kinds),
            by=by,
            door=door,
            batch=batch,
        )
        Source.objects.create(
            calendar=made,
            user=by.user,
            host=host[:255],
            sealed_address=seal(address),
            every_minutes=minutes,
            next_at=timezone.now() + dt.timedelta(minutes=minutes),
        )
    _take_in(made, feed)
    return Followed(made, batch)


def refresh(calendar: Calendar, *, patience_s: float | None = None) -> bool:
    """Read the address again; return whether it answered. What it answered last stays when it does not.

    Somebody who waits gives the seconds of their patience.
    """
    source = Source.objects.get(calendar=calendar)
    try:
        feed = _read(opened(source.sealed_address), mark=source.mark, patience_s=patience_s)
        if feed is not None:
            _refuse_loss(calendar, source, feed)
            _take_in(calendar, feed)
    except (Unreachable, CannotOpen) as error:
        code, details = ("secret", {}) if isinstance(error, CannotOpen) else (error.code, error.details)
        since = source.filled_at or timezone.now()
        wait = min(max(timezone.now() - since, dt.timedelta(minutes=source.every_minutes)), LATEST)
        with write_turn():
            Source.objects.filter(calendar=calendar).update(
                trouble=code, trouble_details=details, next_at=timezone.now() + wait
            )
        return False
    if feed is None:
        _note_well(calendar)
    return True


def _refuse_loss(calendar: Calendar, source: Source, feed: _Feed) -> None:
    """Raise Unreachable where most entries are missing all at once: servers in trouble answer with empty calendars.

    Where the address goes on to answer so, it is believed.
    """
    there = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
    before, now = there.count() - len(brought_back(calendar)), len(feed.entries)
    if before <= now or (now and (before - now < MUCH or 2 * now >= before)):
        return
    since = source.trouble_details.get("since") if source.trouble == "shrunk" else None
    if since is None or timezone.now() - dt.datetime.fromisoformat(since) < HELD:
        since = since or timezone.now().isoformat()
        raise Unreachable("shrunk", host=source.host, before=before, now=now, since=since)


def _plain(address: str) -> str:
    address = address.strip()
    for scheme in _WEBCAL:
        if address.lower().startswith(scheme):
            address = f"https://{address[len(scheme) :]}"
    return plain(address)


def _read(address: str, *, mark: str = "", patience_s: float | None = None) -> _Feed | None:
    """None where it is as `mark` says. Raises Unreachable."""
    with asked(address, accept="text/calendar, */*;q=0.1", mark=mark, patience_s=patience_s) as reply:
        return _parsed(reply.answer.body(), reply.mark, reply.host) if reply is not None else None


def _parsed(octets: bytes, mark: str, host: str | None) -> _Feed:
    if b"BEGIN:VCALENDAR" not in octets.upper():
        raise Unreachable("no_calendar", host=host)
    if b"END:VCALENDAR" not in octets.upper():
        raise Unreachable("cut", host=host)
    entries: dict[str, bytes] = {}
    kinds: set[str] = set()
    left_out = 0
    for entry in reading.read(octets):
        ical = ICalendar(entry.octets)
        if entry.problem is not None or ical.uid is None or ical.uid in entries:
            left_out += 1
            continue
        if len(entries) == MAX_ENTRIES:
            raise Unreachable("many", host=host, limit=MAX_ENTRIES)
        entries[ical.uid] = entry.octets
        kinds.add(ical.kind)
    return _Feed(reading.name_in(octets), kinds, entries, left_out, mark)


def _take_in(calendar: Calendar, feed: _Feed) -> None:
    takes = calendar.takes | reading.components_in(feed.kinds)
    if takes != calendar.takes:
        with write_turn():
            Calendar.objects.filter(pk=calendar.pk).update(components=int(takes))
    filled = fill(calendar, feed.entries)
    left_out = feed.left_out + len(filled.problems)
    with write_turn():
        Source.objects.filter(calendar=calendar).update(
            mark=feed.mark, entries=len(feed.entries) - len(filled.problems), left_out=left_out
        )
    _note_well(calendar)


def _note_well(calendar: Calendar) -> None:
    with write_turn():
        Source.objects.filter(calendar=calendar).update(filled_at=timezone.now(), trouble="", trouble_details={})
