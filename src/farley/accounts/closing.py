"""Closing an account and opening it again: what ends at once when somebody leaves."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.sessions.models import Session

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.database.turns import write_turn

_endings: list[Callable[[User], None]] = []


class NotAdministrator(PermissionError):
    """Only an administrator in person may do this."""


class LastAdministrator(ValueError):
    """Without this account nobody could run the house."""

    def __init__(self, user: User) -> None:
        super().__init__(f"{user.name} is the last administrator")
        self.user = user


def on_closing(ending: Callable[[User], None]) -> None:
    """Have `ending` called within the transaction that closes an account: for what lets its owner in.

    Called by an AppConfig.ready.
    """
    _endings.append(ending)


def require_administrator(by: Actor) -> None:
    """Raise NotAdministrator unless `by` is one, as the database has it now, and in person; or a command."""
    if by.kind == ActorKind.SYSTEM:
        return
    user = by.user if by.spaces is None else None
    if user is None or not User.objects.filter(pk=user.pk, is_admin=True, is_active=True).exists():
        raise NotAdministrator


def close(user: User, *, by: Actor, door: Door) -> None:
    """End everything that lets `user` in: the account, its sessions, and what others registered.

    Raises LastAdministrator. Who asks is the caller's to judge.
    """
    with write_turn():
        refuse_last_administrator(user)
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            note(Verb.USER_CLOSED, by=by, door=door, about=user, subject=user.name)
        for session in Session.objects.iterator():
            if session.get_decoded().get("_auth_user_id") == str(user.pk):
                session.delete()
        for ending in _endings:
            ending(user)
    user.is_active = False


def reopen(user: User, *, by: Actor, door: Door) -> None:
    """Let `user` sign in again, with the password they had. Sessions and devices do not come back."""
    with write_turn():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            note(Verb.USER_REOPENED, by=by, door=door, about=user, subject=user.name)
    user.is_active = True


def refuse_last_administrator(user: User) -> None:
    """Raise LastAdministrator if `user` is; within the transaction in which they are to be one no more."""
    others = User.objects.select_for_update().filter(is_admin=True, is_active=True).exclude(pk=user.pk)
    if User.objects.filter(pk=user.pk, is_admin=True).exists() and not list(others):
        raise LastAdministrator(user)
