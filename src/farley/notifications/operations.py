"""Telling somebody something, and what they do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.database.turns import write_turn
from farley.journal.models import Noun
from farley.notifications.models import STATES, Kind, Notification, Silence

KEEP_DAYS = 180  # that something read is kept


def notify(
    users: Iterable[User],
    kind: Kind,
    key: str,
    *,
    about: tuple[int, Noun, int] | None = None,
    by: Actor | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Tell `users`, each once for `key`. `about`: a record, as space, noun and id. Joins the caller's transaction."""
    silent = set(Silence.objects.filter(kind=kind, is_whole=True).values_list("user", flat=True))
    told = [user for user in users if user.pk not in silent]
    space, noun, subject = about or (None, None, None)
    with write_turn():
        for user in told:
            Notification.objects.get_or_create(
                user=user,
                kind=kind,
                key=key,
                defaults={
                    "space_id": space,
                    "noun": noun,
                    "subject": subject,
                    "by": by.user if by else None,
                    "by_label": by.label[:200] if by else "",
                    "data": dict(data or {}),
                },
            )
        recount(user.pk for user in told)


def withdraw(noun: Noun, subjects: Iterable[int]) -> None:
    """Tell nobody any more of records that are gone. Joins the caller's transaction."""
    gone = Notification.objects.filter(noun=noun, subject__in=list(subjects))
    users = set(gone.values_list("user", flat=True))
    if users:
        gone.delete()
        recount(users)


def move(noun: Noun, subject: int, space: int) -> None:
    """A record lies in another space (its id) now: who sees that is told of it. Joins the caller's transaction."""
    told = Notification.objects.filter(noun=noun, subject=subject).exclude(space=space)
    users = set(told.values_list("user", flat=True))
    if users:
        told.update(space=space)
        recount(users)


def recount(users: Iterable[int]) -> None:
    """Have each account know how much it has not read. Joins the caller's transaction."""
    for pk in sorted(set(users)):
        user = User.objects.get(pk=pk)
        waiting = Notification.objects.visible_to(user.actor).unread().count()
        if waiting != user.waiting:
            User.objects.filter(pk=pk).update(waiting=waiting)


def mark(by: Actor, *, is_read: bool, pk: int | None = None) -> int:
    """Note that `by` has read one of theirs, or all; or has not after all. Return of how many that is new."""
    if by.user is None:
        return 0
    mine = Notification.objects.visible_to(by) if pk is None else Notification.objects.visible_to(by).filter(pk=pk)
    with write_turn():
        changed: int = mine.filter(read_at__isnull=is_read).update(read_at=timezone.now() if is_read else None)
        recount([by.user.pk])
    return changed


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to be told of a kind."""

    kind: Kind
    is_told: bool = True
    by_mail: bool = True


def wishes_of(user: User) -> list[Wish]:
    silent = dict(Silence.objects.filter(user=user).values_list("kind", "is_whole"))
    return [Wish(kind, not silent.get(kind, False), kind not in silent) for kind in Kind]


def wish(user: User, wishes: Iterable[Wish]) -> None:
    """Keep how `user` wants to be told from now on."""
    with write_turn():
        for each in wishes:
            if each.is_told and each.by_mail:
                Silence.objects.filter(user=user, kind=each.kind).delete()
            else:
                is_whole = not each.is_told
                Silence.objects.update_or_create(user=user, kind=each.kind, defaults={"is_whole": is_whole})


# States: a judge says which there are; those it says no more are over


@dataclass(frozen=True, slots=True)
class State:
    """Something is wrong with `key`, for these users (ids) to know; `space` is where it lies, if anywhere."""

    key: str
    users: frozenset[int]
    space: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


_judges: dict[Kind, Callable[[dt.datetime], Iterable[State]]] = {}


def register(kind: Kind, judge: Callable[[dt.datetime], Iterable[State]]) -> None:
    """Have `judge` say what of this kind is wrong at an instant. Called once by an AppConfig.ready."""
    _judges[kind] = judge


def judge_all(now: dt.datetime | None = None) -> int:
    """Ask every judge, tell who is concerned what is new, and end what is over; return how many are new."""
    now = now or timezone.now()
    return sum(_judge(kind, now) for kind in STATES if kind in _judges)


def _judge(kind: Kind, now: dt.datetime) -> int:
    wrong = {(user, state.key): state for state in _judges[kind](now) for user in state.users}
    silent = set(Silence.objects.filter(kind=kind, is_whole=True).values_list("user", flat=True))
    with write_turn():
        there = {(each.user_id, each.key): each for each in Notification.objects.filter(kind=kind)}
        over = [each.pk for key, each in there.items() if each.ended_at is None and key not in wrong]
        Notification.objects.filter(pk__in=over).update(ended_at=now)
        new = 0
        for (user, key), state in wrong.items():
            known = there.get((user, key))
            if user in silent or (known is not None and known.ended_at is None):
                continue
            new += 1
            fresh: dict[str, Any] = {
                "at": now,
                "read_at": None,
                "mailed_at": None,
                "ended_at": None,
                "space_id": state.space,
            }
            fresh["data"] = dict(state.data)
            Notification.objects.update_or_create(user_id=user, kind=kind, key=key, defaults=fresh)
        recount({user for user, _ in wrong} | {user for user, _ in there})
    return new


def forget_old(now: dt.datetime | None = None) -> int:
    """Delete what was read, or has been over, for long; return how many."""
    limit = (now or timezone.now()) - dt.timedelta(days=KEEP_DAYS)
    with write_turn():
        read = Notification.objects.filter(read_at__lt=limit).exclude(kind__in=STATES, ended_at=None)
        return read.delete()[0] + Notification.objects.filter(ended_at__lt=limit).delete()[0]
