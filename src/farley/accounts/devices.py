"""Devices and programs that come in a person's name, each with a secret of its own.

A device (phone, mail program) signs in with the person's name and its app password; a program sends its token. The
secret is 32 random bytes, so one round of SHA-256 keeps it as safe as a slow hash would, at a thousandth of the time.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import MAX_ADDRESS, Verb, note
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.database import rows
from farley.database.gathering import Gatherer
from farley.database.turns import write_turn

SECRET_BYTES = 32
TOKEN_PREFIX = "farley_"  # noqa: S105 -- by which scanners for lost secrets may know it
MAX_NAME = 100  # characters, as the column has it
MAX_DEVICES = 200  # of one person
MAX_DAYS = 3650  # until one ends by itself
VCARDS = ("", "3.0", "4.0")  # versions that a device may read; "": as stored
USE_IS_WRITTEN = timedelta(minutes=5)  # at most so often


class DeviceNameTaken(ValidationError):
    """The person has another device or token of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(_("There is one called “%(name)s” already."), params={"name": name})
        self.name = name


class NotInPerson(PermissionError):
    """Only a person who is signed in, or a command, makes and removes devices; a device makes no other one."""


class NoSuchDevice(LookupError):
    """There is none of this name, or it is somebody else's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no device or token {name!r}")
        self.name = name


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own."""
        is_in_person = actor.user is not None and actor.user.is_active and actor.kind == ActorKind.PERSON
        return self.filter(user=actor.user) if is_in_person else self.none()


class Device(models.Model):
    """A device or program with a secret. Removing it deletes the row: it is shut out with the next request."""

    class Kind(models.IntegerChoices):
        DEVICE = 1, _("device")
        TOKEN = 2, _("token")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices", db_index=False)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    name = models.CharField(max_length=MAX_NAME)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, in hexadecimal digits
    spaces = models.JSONField(null=True)  # ids of those it sees; None: all of its person's
    calendars = models.JSONField(null=True)  # ids of those it sees, in whichever space; None: all of its spaces
    is_read_only = models.BooleanField(default=False)
    vcard = models.CharField(max_length=3, null=True)  # the version it reads; "": as stored; None: see what it is
    is_merged = models.BooleanField(default=False)  # it is shown one address book with all of its spaces
    client = models.CharField(max_length=MAX_NAME, blank=True)  # the program, as it was recognised last
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)  # from then on it is shut out; None: not by itself
    last_used_at = models.DateTimeField(null=True)
    last_address = models.CharField(max_length=MAX_ADDRESS, blank=True)

    objects: ClassVar = DeviceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "name"], name="one_device_a_name_and_person")
        ]

    def __str__(self) -> str:
        return self.name

    def actor_of(self, user: User) -> Actor:
        """The device, acting for `user`: in its spaces only, and never as a manager."""
        kind = ActorKind.DEVICE if self.kind == Device.Kind.DEVICE else ActorKind.TOKEN
        spaces = None if self.spaces is None else frozenset(self.spaces)
        calendars = None if self.calendars is None else frozenset(self.calendars)
        return Actor(kind, user, f"{user.name}: {self.name}"[:200], spaces, self.max_role, calendars)

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def max_role(self) -> Role:
        return Role.READER if self.is_read_only else Role.EDITOR


def add(
    user: User,
    kind: Device.Kind,
    name: str,
    *,
    spaces: Iterable[int] | None = None,
    calendars: Iterable[int] | None = None,
    is_read_only: bool = False,
    days: int | None = None,
    is_merged: bool = False,
    vcard: str | None = None,
    by: Actor,
    door: Door,
) -> tuple[Device, str]:
    """Make a device or token of `user` and return it with its secret, which nothing keeps: it is shown once.

    `spaces` and `calendars` are ids, already found to be ones that `user` sees. `vcard` is one of VCARDS, or None: the
    first program that comes with the password decides. After `days` it is shut out by itself. Raises ValidationError
    (DeviceNameTaken is one), NotInPerson.
    """
    _require_in_person(user, by)
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValidationError(_("A name has 1 to %(limit)s characters."), params={"limit": MAX_NAME})
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ValidationError(_("Type a number of days from 1 to %(limit)s."), params={"limit": MAX_DAYS})
    expires_at = None if days is None else timezone.now() + timedelta(days=days)
    if vcard is not None and vcard not in VCARDS:
        raise ValueError(vcard)
    secret = _new_secret(kind)
    chosen = None if spaces is None else sorted(set(spaces))
    chosen_calendars = None if calendars is None else sorted(set(calendars))
    with write_turn():
        if Device.objects.filter(user=user).count() >= MAX_DEVICES:
            raise ValidationError(_("Remove one first: there are %(limit)s."), params={"limit": MAX_DEVICES})
        try:
            with transaction.atomic():
                device: Device = Device.objects.create(
                    user=user,
                    kind=kind,
                    name=name,
                    digest=_digest(secret),
                    spaces=chosen,
                    calendars=chosen_calendars,
                    is_read_only=is_read_only,
                    expires_at=expires_at,
                    is_merged=is_merged,
                    vcard=vcard,
                )
        except IntegrityError as error:
            raise DeviceNameTaken(name) from error
        verb = Verb.DEVICE_ADDED if kind == Device.Kind.DEVICE else Verb.TOKEN_ADDED
        note(verb, by=by, door=door, about=user, subject=name, role=device.max_role.word)
    return device, secret


def remove(user: User, kind: Device.Kind, name: str, *, by: Actor, door: Door) -> None:
    """Shut a device or token out, at once. Raises NoSuchDevice, NotInPerson."""
    _require_in_person(user, by)
    with write_turn():
        if not Device.objects.filter(user=user, kind=kind, name=name).delete()[0]:
            raise NoSuchDevice(name)
        verb = Verb.DEVICE_REMOVED if kind == Device.Kind.DEVICE else Verb.TOKEN_REMOVED
        note(verb, by=by, door=door, about=user, subject=name)


def set_vcard(device: Device, vcard: str | None, *, by: Actor) -> None:
    """Have the device read another version from now on: it fetches its cards anew. Raises NotInPerson, ValueError."""
    _require_in_person(device.user, by)
    if vcard is not None and vcard not in VCARDS:
        raise ValueError(vcard)
    with write_turn():
        Device.objects.filter(pk=device.pk).update(vcard=vcard)


def recognise(device: Device, client: str, vcard: str) -> None:
    """Keep which program uses the device, and the version it reads where nobody has chosen one."""
    found = {"client": client[:MAX_NAME], "vcard": vcard if device.vcard is None else device.vcard}
    if found != {"client": device.client, "vcard": device.vcard}:
        with write_turn():
            Device.objects.filter(pk=device.pk).update(client=found["client"])
            Device.objects.filter(pk=device.pk, vcard=None).update(vcard=vcard)
        device.client, device.vcard = found["client"], found["vcard"]


def note_trouble(device: Device, code: DeviceTrouble.Code) -> None:
    """Keep that the device was refused something, for its owner to see. `code` is one of DeviceTrouble.Code."""
    with write_turn():
        trouble, is_new = DeviceTrouble.objects.get_or_create(device=device, code=code)
        if not is_new:
            DeviceTrouble.objects.filter(pk=trouble.pk).update(count=F("count") + 1, last_at=timezone.now())


def forget_troubles(device: Device, *, by: Actor) -> None:
    """Its owner has seen what it was refused. Raises NotInPerson."""
    _require_in_person(device.user, by)
    with write_turn():
        DeviceTrouble.objects.filter(device=device).delete()


def end_all_of(user: User) -> None:
    """For the closing of an account: within its transaction."""
    Device.objects.filter(user=user).delete()


class DeviceTrouble(models.Model):
    """What a device was refused, how often and when last: a program seldom shows it."""

    class Code(models.TextChoices):
        TOO_LARGE = "too-large"
        NOT_A_CARD = "not-a-card"
        UID_TAKEN = "uid-taken"
        READ_ONLY = "read-only"

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="troubles", db_index=False)
    code = models.CharField(max_length=20, choices=Code.choices)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["device", "code"], name="one_row_a_trouble")]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.count} {self.code}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A device whose app password was right, or a program whose token was, and whose it is."""

    device: Device
    user: User

    @property
    def actor(self) -> Actor:
        return self.device.actor_of(self.user)


def sign_in(name: str, password: str, address: str) -> SignedIn | None:
    """The device of `name` (or e-mail address) with this app password; None if it opens nothing.

    That is: it is wrong or expired, or the account is closed. Spaces, hyphens and capitals in it do not count: people
    type it from a screen.
    """
    typed = password.replace(" ", "").replace("-", "").lower()
    found = _found(Device.Kind.DEVICE, typed, address)
    if found is None:
        return None
    own = found.user.email if "@" in name else found.user.name
    return found if secrets.compare_digest(own.casefold().encode(), name.strip().casefold().encode()) else None


def sign_in_by_token(token: str, address: str) -> SignedIn | None:
    """The program with this bearer token; None for a wrong or expired one or a closed account. RFC 6750 §2.1."""
    return _found(Device.Kind.TOKEN, token, address) if token.startswith(TOKEN_PREFIX) else None


def written(secret: str) -> str:
    """An app password as people type it: in groups of four."""
    return "-".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def _found(kind: Device.Kind, secret: str, address: str) -> SignedIn | None:
    """By two look-ups of an index. What a clock could tell of them is about a hash nobody can aim."""
    digest = _digest(secret)
    for device in rows.load(Device, {"digest": digest}):
        if not secrets.compare_digest(device.digest, digest) or device.kind != kind:
            return None
        for user in rows.load(User, {"id": device.user_id}):
            if not user.is_active or device.has_expired:
                return None
            _note_use(device, address[:MAX_ADDRESS])
            return SignedIn(device, user)
    return None


def _note_use(device: Device, address: str) -> None:
    now = timezone.now()
    last = _noted.get(device.pk) or (device.last_used_at, device.last_address)
    if last[0] is None or now - last[0] >= USE_IS_WRITTEN or last[1] != address:
        if len(_noted) > 10 * MAX_DEVICES:
            _noted.clear()
        _noted[device.pk] = (now, address)
        uses.add((device.pk, now, address))


def _write_uses(noted: list[tuple[int, datetime, str]]) -> None:
    newest = {pk: (at, address, pk) for pk, at, address in noted}
    with write_turn():
        for pk, (at, address, _pk) in newest.items():  # one that was removed meanwhile stays removed
            Device.objects.filter(pk=pk).update(last_used_at=at, last_address=address)


_noted: dict[int, tuple[datetime | None, str]] = {}  # what this process has noted: one request a second is one use
uses: Gatherer[tuple[int, datetime, str]] = Gatherer(_write_uses)


def _new_secret(kind: Device.Kind) -> str:
    octets = secrets.token_bytes(SECRET_BYTES)
    if kind == Device.Kind.TOKEN:
        return TOKEN_PREFIX + base64.urlsafe_b64encode(octets).decode().rstrip("=")
    return base64.b32encode(octets).decode().rstrip("=").lower()  # no 0, 1, 8 or 9 to mistake for letters


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _require_in_person(user: User, by: Actor) -> None:
    is_own = by.kind == ActorKind.PERSON and by.user is not None and by.user.pk == user.pk
    if not is_own and by.kind != ActorKind.SYSTEM:
        raise NotInPerson
