"""Where somebody is signed in, and signing out there from here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.logins import address_of
from farley.accounts.models import User
from farley.database.gathering import Gatherer
from farley.database.turns import write_turn

SEEN_IS_WRITTEN_S = 300  # at most so often


class NoSuchSession(LookupError):
    """It ended already, or is somebody else's."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One browser that somebody is signed in with. `agent` is what it calls itself."""

    pk: int
    agent: str
    address: str
    since: datetime
    seen_at: datetime
    is_this: bool


def sessions_of(user: User, request: HttpRequest) -> list[Signed]:
    """Where `user` is signed in, this one first, then who was seen last."""
    uses.flush()
    alive = UserSession.objects.purge_and_list(user)
    this = request.session.session_key
    found = [
        Signed(row.pk, row.user_agent, row.ip, row.created_at, row.last_seen_at, row.session_key == this)
        for row in alive
    ]
    return sorted(found, key=lambda each: (not each.is_this, -each.seen_at.timestamp()))


def end(user: User, pk: int, *, by: Actor, door: Door) -> None:
    """Sign out one browser, at once. Raises NoSuchSession."""
    with write_turn():
        if not _end(UserSession.objects.filter(user_id=user.pk, pk=pk), user, by, door):
            raise NoSuchSession


def end_all(user: User, *, except_key: str | None = None, by: Actor, door: Door) -> int:
    """Sign out all browsers of `user` but the one with this session; return how many."""
    with write_turn():
        return _end(UserSession.objects.filter(user_id=user.pk).exclude(session_key=except_key or ""), user, by, door)


def seen(request: HttpRequest) -> None:
    """Note that this session is in use: in memory, written later, and rarely."""
    key, now = request.session.session_key, time.monotonic()
    if key is None or now - _noted.get(key, float("-inf")) < SEEN_IS_WRITTEN_S:
        return
    if len(_noted) > 10_000:
        _noted.clear()
    _noted[key] = now
    uses.add((key, timezone.now(), address_of(request)))


def _end(rows: object, user: User, by: Actor, door: Door) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    ended = list(rows)  # type: ignore[call-overload] # a queryset of a class without types
    for row in ended:
        store.delete(row.session_key)
        row.delete()
    if ended:
        note(Verb.SESSION_ENDED, by=by, door=door, about=user, count=len(ended))
    return len(ended)


def _write(noted: list[tuple[str, datetime, str]]) -> None:
    newest = {key: (at, address) for key, at, address in noted}
    with write_turn():
        for key, (at, address) in newest.items():  # one that ended meanwhile stays ended
            UserSession.objects.filter(session_key=key).update(last_seen_at=at, **({"ip": address} if address else {}))


_noted: dict[str, float] = {}  # what this process has noted
uses: Gatherer[tuple[str, datetime, str]] = Gatherer(_write)
