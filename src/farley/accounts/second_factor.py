"""The second factor: codes of an app, passkeys, and recovery codes for the day both are lost.

Rows and protocols are django-allauth's; what is secret in them is encrypted with a key from the data folder. Every
guess is counted before it is checked, and a code is good for one use, in all processes together.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from farley.accounts import throttling
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.configuration import SecondFactor, secret
from farley.database.turns import write_turn

KEY_FILE = "second_factor_key"
MAX_CODE = 40  # characters that are looked at
APP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES

log = logging.getLogger(__name__)


class WrongCode(ValueError):
    """The code is none of this person's, or was used before."""


class TooManyGuesses(WrongCode):
    """No further guess is checked before `retry_after_s` seconds have passed."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class NoSuchFactor(LookupError):
    """The person has no such factor."""


class StillRequired(ValueError):
    """This house asks for a second factor, and this is the person's last one."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A way to prove who one is besides the password. `name` is the passkey's, as its owner called it."""

    pk: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has set up."""

    app: Factor | None = None
    passkeys: list[Factor] = field(default_factory=list)
    codes_left: int = 0

    @property
    def is_empty(self) -> bool:
        return self.app is None and not self.passkeys


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """How django-allauth keeps secrets, and what it calls this server towards apps and browsers."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Farley"}


def is_required_of(user: User) -> bool:
    """Whether this house lets `user` in by two factors only."""
    wanted = settings.CONFIGURATION.second_factor
    return wanted is SecondFactor.ALL or (wanted is SecondFactor.ADMINS and user.is_admin)


def is_set_up(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=[APP, PASSKEY]).exists())


def factors_of(user: User) -> Factors:
    app, passkeys, left = None, [], 0
    for row in Authenticator.objects.filter(user_id=user.pk).order_by("pk"):
        shown = Factor(row.pk, row.data.get("name", ""), row.created_at, row.last_used_at)
        if row.type == APP:
            app = shown
        elif row.type == PASSKEY:
            passkeys.append(shown)
        else:
            left = _codes_left(row)
    return Factors(app, passkeys, left)


def new_secret() -> str:
    """What an app and this server are to share, in base 32; kept by nobody yet."""
    return str(generate_totp_secret())


def address_of_secret(user: User, app_secret: str) -> str:
    """The otpauth address that an app reads, as text or from a picture."""
    return str(_adapter().build_totp_url(user, app_secret))


def add_app(user: User, app_secret: str, code: str, address: str, *, by: Actor, door: Door) -> list[str]:
    """Keep the app's secret if `code` shows that the app has it; return new recovery codes if there were none.

    Raises WrongCode.
    """
    _count(user, address)
    counter = _counter_of(app_secret, code, after=-1)
    if counter is None:
        raise WrongCode
    encrypted = _adapter().encrypt(app_secret)
    with write_turn():
        Authenticator.objects.filter(user_id=user.pk, type=APP).delete()
        Authenticator.objects.create(user_id=user.pk, type=APP, data={"secret": encrypted, "counter": counter})
        note(Verb.FACTOR_ADDED, by=by, door=door, about=user, subject="app", address=address)
        codes = codes_if_none(user, by=by, door=door)
    throttling.forget(_account(user), address)
    return codes


def check_code(user: User, code: str, address: str, *, door: Door) -> None:
    """Spend one code of the app, or a recovery code. Raises WrongCode; TooManyGuesses is one."""
    _count(user, address)
    with write_turn():
        rows = Authenticator.objects.select_for_update().filter(user_id=user.pk, type__in=[APP, CODES])
        used = next((row for row in rows.order_by("-type") if _spend(row, code[:MAX_CODE])), None)
        if used is None:
            raise WrongCode
        used.record_usage()
        if used.type == CODES:
            note(Verb.CODE_USED, by=user.actor, door=door, address=address)
    throttling.forget(_account(user), address)


def codes_if_none(user: User, *, by: Actor, door: Door) -> list[str]:
    """New recovery codes, unless there are some; within the caller's transaction."""
    if Authenticator.objects.filter(user_id=user.pk, type=CODES).exists():
        return []
    return make_codes(user, by=by, door=door)


def make_codes(user: User, *, by: Actor, door: Door) -> list[str]:
    """New recovery codes in place of those before. They are shown once; what is kept is an encrypted seed."""
    with write_turn():
        Authenticator.objects.filter(user_id=user.pk, type=CODES).delete()
        codes = RecoveryCodes.activate(user).generate_codes()
        note(Verb.CODES_MADE, by=by, door=door, about=user)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove(user: User, pk: int, *, by: Actor, door: Door) -> None:
    """Take away one factor; with the last one the recovery codes go too. Raises NoSuchFactor, StillRequired."""
    with write_turn():
        factors = Authenticator.objects.select_for_update().filter(user_id=user.pk, type__in=[APP, PASSKEY])
        rows = {row.pk: row for row in factors}
        if pk not in rows:
            raise NoSuchFactor
        if len(rows) == 1 and is_required_of(user):
            raise StillRequired
        subject = "app" if rows[pk].type == APP else rows[pk].data.get("name", "")
        note(Verb.FACTOR_REMOVED, by=by, door=door, about=user, subject=subject)
        doomed = {"pk": pk} if len(rows) > 1 else {}
        Authenticator.objects.filter(user_id=user.pk, **doomed).delete()


def reset(user: User, *, by: Actor, door: Door) -> bool:
    """Take away all factors of somebody who lost them; False if there were none. Who asks is the caller's to judge."""
    with write_turn():
        gone, _counts = Authenticator.objects.filter(user_id=user.pk).delete()
        if gone:
            note(Verb.FACTOR_REMOVED, by=by, door=door, about=user, subject="*")
    return bool(gone)


def _codes_left(row: Authenticator) -> int:
    try:
        return len(row.wrap().get_unused_codes())
    except InvalidToken:
        return 0


def _spend(row: Authenticator, code: str) -> bool:
    try:
        return _is_spent(row, code)
    except InvalidToken:  # a backup without secrets was restored elsewhere: passkeys need none and still open
        log.error(
            "secrets/%s is not the key that second factors were encrypted with: restore it, or reset them", KEY_FILE
        )
        return False


def _is_spent(row: Authenticator, code: str) -> bool:
    if row.type == CODES:
        return bool(row.wrap().validate_code(code))
    counter = _counter_of(_adapter().decrypt(row.data["secret"]), code, after=row.data.get("counter", -1))
    if counter is None:
        return False
    row.data["counter"] = counter  # RFC 6238 §5.2: a code is good for one log-in
    row.save(update_fields=["data"])
    return True


def _counter_of(app_secret: str, code: str, *, after: int) -> int | None:
    """Which of the times around now `code` belongs to, if it is later than the one used last."""
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(app_secret, counter))
        if counter > after and compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


def _count(user: User, address: str) -> None:
    verdict = throttling.guess(_account(user), address)
    if verdict.is_refused:
        if verdict.is_first_refusal:
            note(Verb.LOGIN_THROTTLED, by=user.actor, door=Door.WEB, about=user, address=address)
        raise TooManyGuesses(verdict.retry_after_s)


def _account(user: User) -> str:
    return f"second factor of {user.pk}"


def _adapter() -> Any:
    return FactorAdapter()


@lru_cache(maxsize=1)
def _cipher() -> Fernet:
    key = secret(Path(settings.DATA), KEY_FILE)
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
