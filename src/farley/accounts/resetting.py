"""Letting somebody in again who lost what they sign in with: a new password by link, a second factor taken away."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import QuerySet
from django.utils.http import base36_to_int, int_to_base36

from farley.accounts import second_factor, sessions, tasks
from farley.accounts.actor import NOBODY, Actor
from farley.accounts.authentication import account_called
from farley.accounts.closing import require_administrator
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.database.turns import write_turn

VALID_MINUTES = settings.PASSWORD_RESET_TIMEOUT // 60


class NoSuchReset(LookupError):
    """The link is forged, used, older than an hour, or overtaken by another password, address or log-in."""


class _Links(PasswordResetTokenGenerator):
    """Signed over the password, the last log-in and the address: each of them, changed, ends the link."""

    key_salt = "farley.accounts.resetting"


_links = _Links()


def ask(typed: str, language: str, server: str, address: str) -> None:
    """Have a link sent to whoever is called `typed` (name or e-mail address), if that is anybody.

    The caller learns nothing, by the clock neither: who it is for is looked at in the background. `server` is where
    the link leads to.
    """
    user = account_called(typed)
    may = user is not None and user.is_active and user.has_usable_password()
    with write_turn():
        if user is not None and may:
            note(Verb.RESET_ASKED, by=NOBODY, door=Door.WEB, about=user, address=address)
        tasks.mail_reset_link.enqueue(user.pk if user is not None and may else 0, language, server)


def link_of(user: User) -> str:
    """The last part of the address of a link that sets a new password; whoever has it may."""
    return f"{int_to_base36(user.pk)}-{_links.make_token(user)}"


def make_link(user: User, *, by: Actor, door: Door) -> str:
    """The same, for an administrator to hand over. Raises NotAdministrator."""
    require_administrator(by)
    note(Verb.RESET_ASKED, by=by, door=door, about=user)
    return link_of(user)


def owner_of(link: str) -> User:
    """Whose password the link sets. Raises NoSuchReset."""
    return _owner(link, User.objects.all())


def _owner(link: str, accounts: QuerySet[User]) -> User:
    number, _, token = link.partition("-")
    try:
        user = accounts.filter(pk=base36_to_int(number), is_active=True).first()
    except ValueError as error:
        raise NoSuchReset from error
    if user is None or not _links.check_token(user, token):
        raise NoSuchReset
    return user


def reset_password(link: str, password: str, address: str) -> User:
    """Set the password, which was found good, and sign its owner out everywhere. Raises NoSuchReset."""
    hashed = User()
    hashed.set_password(password)  # slow: before the turn
    with write_turn():
        user = _owner(link, User.objects.select_for_update())  # who comes second finds the password changed
        User.objects.filter(pk=user.pk).update(password=hashed.password)
        note(Verb.PASSWORD_RESET, by=NOBODY, door=Door.WEB, about=user, address=address)
        sessions.end_all(user, by=NOBODY, door=Door.WEB)
    return user


def set_password(user: User, password: str, *, by: Actor, door: Door) -> None:
    """Set somebody's password, which was found good, and sign them out everywhere. Raises NotAdministrator."""
    require_administrator(by)
    hashed = User()
    hashed.set_password(password)
    with write_turn():
        User.objects.filter(pk=user.pk).update(password=hashed.password)
        note(Verb.PASSWORD_RESET, by=by, door=door, about=user)
        sessions.end_all(user, by=by, door=door)


def reset_second_factor(user: User, *, by: Actor, door: Door) -> bool:
    """Take away app, passkeys and recovery codes, and sign `user` out everywhere; False if there was nothing.

    Raises NotAdministrator.
    """
    require_administrator(by)
    with write_turn():
        if not second_factor.reset(user, by=by, door=door):
            return False
        sessions.end_all(user, by=by, door=door)
    return True
