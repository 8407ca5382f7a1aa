"""Everything that happened with a contact, newest first: each room registers what it has to tell.

A page asks every source for its newest few behind the place where the page before it ended, and merges them: as many
statements as there are sources, each of which reads one range of an index.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.keeping import versions
from farley.contacts.models import Contact
from farley.conversations.models import KINDS, About, Call, Entry, Note
from farley.database import rows
from farley.journal.models import MOST_ID, Noun, Verb
from farley.spaces.models import held_by

PAGE = 30
_CURSOR = re.compile(r"(?:[a-z]+-[0-9.]{1,60})(?:_[a-z]+-[0-9.]{1,60})*")


class BadCursor(ValueError):
    """This names no place in the timeline."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. `key` is its place among those of its source; a silent one is told by another."""

    at: dt.datetime
    source: str
    key: str
    what: Any
    is_pinned: bool = False
    is_silent: bool = False


class Source(Protocol):
    """What a room has to tell of contacts. `kinds` are what readers may narrow a timeline to."""

    kinds: frozenset[str]

    def newest(self, contact: Contact, *, by: Actor, kinds: frozenset[str], behind: str, size: int) -> list[Moment]:
        """The newest `size` that `by` may know of, behind the one whose key is `behind`; "" for none.

        Raises BadCursor for a key that was not given out.
        """


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Have timelines tell of this, too; `name` is one word. Called once by an AppConfig.ready."""
    _sources[name] = source


def kinds() -> frozenset[str]:
    """What a timeline can be narrowed to."""
    return frozenset().union(*(source.kinds for source in _sources.values()))


@dataclass(frozen=True, slots=True)
class Page:
    """`behind` leads to the next one; "" where this is the last."""

    moments: list[Moment] = field(default_factory=list)
    behind: str = ""


def page(contact: Contact, *, by: Actor, only: Iterable[str] = (), behind: str = "", size: int = PAGE) -> Page:
    """A page of the timeline of a contact, which `by` sees; of these kinds `only` where some are given.

    Pinned entries come first. Raises BadCursor.
    """
    wanted = frozenset(only) or kinds()
    places = _places(behind)
    found: list[list[Moment]] = []
    for name, source in _sources.items():
        if mine := source.kinds & wanted:
            found.append(source.newest(contact, by=by, kinds=mine, behind=places.get(name, ""), size=size + 1))
    merged = list(heapq.merge(*found, key=lambda moment: (moment.is_pinned, moment.at), reverse=True))
    shown = merged[:size]
    places |= {moment.source: moment.key for moment in shown}
    rest = "_".join(f"{name}-{key}" for name, key in places.items()) if len(merged) > size else ""
    return Page([moment for moment in shown if not moment.is_silent], rest)


def _places(behind: str) -> dict[str, str]:
    if not behind:
        return {}
    if not _CURSOR.fullmatch(behind):
        raise BadCursor(behind)
    places = dict(part.split("-", 1) for part in behind.split("_"))
    if not places.keys() <= _sources.keys():
        raise BadCursor(behind)
    return places


_ENTRIES = (
    "SELECT {about}, {note}, {call}, {author} FROM conversations_about about"
    " LEFT JOIN conversations_note note ON about.noun = %s AND note.id = about.record"
    " AND note.deleted_at IS NULL AND note.space_id IN (<spaces>)"
    " LEFT JOIN conversations_call call ON about.noun = %s AND call.id = about.record"
    " AND call.deleted_at IS NULL AND call.space_id IN (<spaces>)"
    " LEFT JOIN accounts_user author ON author.id = COALESCE(note.author_id, call.author_id)"
    " WHERE about.contact_id = %s AND about.noun IN (<nouns>) AND (note.id IS NOT NULL OR call.id IS NOT NULL)"
    " AND (about.is_pinned, about.at, about.id) < (%s, %s, %s)"
    " ORDER BY about.is_pinned DESC, about.at DESC, about.id DESC LIMIT %s"
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class Entries:
    """Notes and calls; `Moment.what` is the Note or Call, with its author."""

    kinds = frozenset(noun.name.lower() for noun in KINDS)

    def newest(self, contact: Contact, *, by: Actor, kinds: frozenset[str], behind: str, size: int) -> list[Moment]:
        found = []
        tables = {"about": About, "note": Note, "call": Call, "author": User}
        for about, note, call, author in rows.load_by(tables, *self.question(contact.pk, by, kinds, behind, size)):
            entry: Entry = note or call
            entry.author = author
            key = f"{about.is_pinned:d}.{(about.at - EPOCH) // dt.timedelta(microseconds=1)}.{about.pk}"
            found.append(Moment(about.at, "entries", key, entry, is_pinned=about.is_pinned))
        return found

    def question(self, contact: int, by: Actor, kinds: frozenset[str], behind: str, size: int) -> tuple[str, list[Any]]:
        """The statement, for `rows.load_by`, and its values."""
        spaces, held = held_by(by, Role.READER)
        nouns = [int(noun) for noun in KINDS if noun.name.lower() in kinds]
        sql = _ENTRIES.replace("<spaces>", spaces).replace("<nouns>", rows.marks(nouns))
        return sql, [int(Noun.NOTE), *held, int(Noun.CALL), *held, contact, *nouns, *_behind(behind), size]


def _behind(key: str) -> tuple[bool, Any, int]:
    """The key's values as the database compares them."""
    pinned, at, number = True, _LAST, MOST_ID
    if key:
        try:
            first, second, third = (int(part) for part in key.split("."))
            pinned, at, number = bool(first), EPOCH + dt.timedelta(microseconds=second), third
        except (ValueError, OverflowError) as error:
            raise BadCursor(key) from error
        if number > MOST_ID:
            raise BadCursor(key)
    return pinned, connection.ops.adapt_datetimefield_value(at), number


class Changes:
    """What the journal tells of the record itself; `Moment.what` is a `contacts.keeping.Version`."""

    kinds = frozenset({"change"})

    def newest(self, contact: Contact, *, by: Actor, kinds: frozenset[str], behind: str, size: int) -> list[Moment]:
        if behind and not (behind.isdigit() and int(behind) <= MOST_ID):
            raise BadCursor(behind)
        found = versions(contact, by, newest=size, before=int(behind) if behind else None)
        return [Moment(v.change.at, "changes", str(v.change.pk), v, is_silent=_is_told_by_a_call(v)) for v in found]


def _is_told_by_a_call(version: Any) -> bool:
    change = version.change
    return bool(change.verb == Verb.SET and (change.own_before or {}).keys() == {"last_contact"})
