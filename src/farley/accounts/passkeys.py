"""Passkeys (WebAuthn): as the second factor, or instead of the password.

The challenge lies in the session of the request that asks for it and is good for one answer, right or wrong.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth

from farley.accounts import second_factor
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.accounts.second_factor import PASSKEY
from farley.database.turns import write_turn

MAX_PASSKEYS = 20  # of one person
MAX_NAME = 60  # characters
MAX_ANSWER = 100_000  # characters of what a browser sends


class PasskeyRefused(ValueError):
    """What the browser sent proves nothing here: another challenge, another person, another server, or no passkey."""


class TooManyPasskeys(ValueError):
    """There are MAX_PASSKEYS already."""


def to_create(user: User) -> dict[str, Any]:
    """What a browser is to be asked for a new passkey of `user`, as navigator.credentials.create takes it."""
    options: dict[str, Any] = auth.begin_registration(user, passwordless=True)
    return options


def to_get(user: User | None) -> dict[str, Any]:
    """What a browser is to be asked for a passkey of `user`; of nobody in particular, for one instead of a password."""
    options: dict[str, Any] = auth.begin_authentication(user)
    return options


def add(user: User, name: str, answer: str, *, by: Actor, door: Door) -> list[str]:
    """Keep the passkey a browser made; return new recovery codes if there were none.

    Raises PasskeyRefused, TooManyPasskeys.
    """
    name = " ".join(name.split())[:MAX_NAME]
    credential = _read(answer)
    try:
        auth.parse_registration_response(credential)
        auth.complete_registration(credential)
    except Exception as error:  # CBOR and keys from outside break in whatever way comes to their readers' minds
        raise PasskeyRefused from error
    finally:
        auth.clear_state()
    with write_turn():
        if Authenticator.objects.filter(user_id=user.pk, type=PASSKEY).count() >= MAX_PASSKEYS:
            raise TooManyPasskeys
        auth.WebAuthn.add(user, name, credential)
        note(Verb.FACTOR_ADDED, by=by, door=door, about=user, subject=name)
        return second_factor.codes_if_none(user, by=by, door=door)


def check(user: User | None, answer: str) -> User:
    """Whose passkey answered: `user`'s, or with None anybody's who unlocked it. Raises PasskeyRefused."""
    credential = _read(answer)
    try:
        auth.parse_authentication_response(credential)
        owner = auth.extract_user_from_response(credential) if user is None else user
        used = auth.complete_authentication(owner, credential)
    except Exception as error:  # as above
        raise PasskeyRefused from error
    finally:
        auth.clear_state()
    if not owner.is_active:
        raise PasskeyRefused
    with write_turn():
        used.record_usage()
    found: User = owner
    return found


def _read(answer: str) -> dict[str, Any]:
    try:
        read = json.loads(answer) if len(answer) <= MAX_ANSWER else None
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused from error
    if not isinstance(read, dict):
        raise PasskeyRefused
    return read
