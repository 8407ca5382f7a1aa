"""The instance journal: what happens to accounts, devices, roles and settings, and lies in no space.

An event is read by administrators. So it names people and spaces that are shared, never a record, nor a private space.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.database.turns import write_turn

MAX_SUBJECT = 300  # characters, as the column has it
MAX_ADDRESS = 45  # of an IPv6 address with an IPv4 one in it


class Topic(models.IntegerChoices):
    """What an event is about: how administrators filter. Numbers are kept for ever."""

    LOGIN = 1, _("Signing in")
    ACCOUNT = 2, _("Accounts")
    DEVICE = 3, _("Devices and tokens")
    ROLE = 4, _("Spaces, roles and teams")
    SETTING = 5, _("Settings")
    EXPORT = 6, _("Exports and shared links")
    PRIVACY = 7, _("Privacy")


class Verb(models.TextChoices):
    """What happened. The value is stored; its first part is the topic."""

    LOGGED_IN = "login.in", _("signed in")
    LOGGED_OUT = "login.out", _("signed out")
    LOGIN_FAILED = "login.failed", _("could not sign in")
    LOGIN_THROTTLED = "login.throttled", _("was made to wait after too many attempts")
    SESSION_ENDED = "login.ended", _("signed a session out")
    USER_ADDED = "account.added", _("made the account")
    USER_CHANGED = "account.changed", _("changed the account")
    USER_CLOSED = "account.closed", _("closed the account")
    USER_REOPENED = "account.reopened", _("opened the account again")
    HANDED_OVER = "account.handed_over", _("handed over what belonged to")
    PASSWORD_CHANGED = "account.password", _("changed the password")
    PASSWORD_RESET = "account.reset", _("reset the password")
    RESET_ASKED = "account.reset_asked", _("asked for a new password")
    FACTOR_ADDED = "account.factor_added", _("added a second factor")
    FACTOR_REMOVED = "account.factor_removed", _("removed a second factor")
    CODES_MADE = "account.codes", _("made new recovery codes")
    SSO_CONNECTED = "account.sso", _("connected a single sign-on account")
    DEVICE_ADDED = "device.added", _("added the device")
    DEVICE_REMOVED = "device.removed", _("removed the device")
    TOKEN_ADDED = "device.token_added", _("added the token")
    TOKEN_REMOVED = "device.token_removed", _("removed the token")
    SPACE_MADE = "role.space_made", _("made the space")
    SPACE_CHANGED = "role.space_changed", _("changed the space")
    SPACE_ARCHIVED = "role.space_archived", _("archived the space")
    SPACE_REVIVED = "role.space_revived", _("brought back the space")
    ROLE_GIVEN = "role.given", _("gave a role in")
    ROLE_TAKEN = "role.taken", _("took a role in")
    INVITED = "role.invited", _("made an invitation to")
    INVITATION_REVOKED = "role.invitation_revoked", _("revoked an invitation to")
    JOINED = "role.joined", _("accepted an invitation to")
    VIEWED_AS = "role.viewed_as", _("looked as another person at")
    TEAM_MADE = "role.team_made", _("made the team")
    TEAM_CHANGED = "role.team_changed", _("changed the team")
    TEAM_REMOVED = "role.team_removed", _("removed the team")
    TEAM_JOINED = "role.team_joined", _("added to the team")
    TEAM_LEFT = "role.team_left", _("removed from the team")
    SETTING_CHANGED = "setting.changed", _("changed the setting")
    ACCESS_LOG_ON = "setting.access_log_on", _("switched the access log on in")
    ACCESS_LOG_OFF = "setting.access_log_off", _("switched the access log off in")
    EXPORTED = "export.space", _("exported")
    LINK_MADE = "export.link_made", _("shared a contact by link from")
    LINK_REVOKED = "export.link_revoked", _("revoked a shared link to a contact in")
    DATA_GIVEN = "privacy.given", _("exported everything about a person")
    ERASED = "privacy.erased", _("erased a person")
    RETENTION_RUN = "privacy.retention", _("deleted what was kept long enough in")

    @property
    def topic(self) -> Topic:
        return Topic[self.value.partition(".")[0].upper()]


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of it to an administrator in person, nothing to anybody else."""
        user = actor.user
        may = user is not None and user.is_active and user.is_admin and actor.spaces is None
        return self if may else self.none()

    def of_person(self, user: User) -> Self:
        """What this person did and what was done about them."""
        return self.filter(models.Q(user=user) | models.Q(about=user))


class Event(models.Model):
    """One act or attempt. `subject` says in words what it was about, as it was called then."""

    at = models.DateTimeField()
    actor_kind = models.PositiveSmallIntegerField()
    user = models.ForeignKey(  # who did it
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    actor_label = models.CharField(max_length=200)
    door = models.PositiveSmallIntegerField(choices=Door.choices)
    topic = models.PositiveSmallIntegerField()
    verb = models.CharField(max_length=40)
    about = models.ForeignKey(  # whom it was done about
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=MAX_SUBJECT, blank=True)
    address = models.CharField(max_length=MAX_ADDRESS, blank=True)
    details = models.JSONField(default=dict)

    objects: ClassVar = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["topic", "id"], name="events_of_a_topic"),
            models.Index(fields=["user", "id"], name="events_by_a_person"),
            models.Index(fields=["about", "id"], name="events_about_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb} {self.subject}".strip()


def note(
    verb: Verb,
    *,
    by: Actor,
    door: Door,
    subject: str = "",
    about: User | None = None,
    address: str = "",
    at: dt.datetime | None = None,
    **details: Any,
) -> Event:
    """Append an event, in the transaction of what it tells of. Never hand it a secret or the name of a record."""
    with write_turn():
        event: Event = Event.objects.create(
            at=at or timezone.now(),
            actor_kind=by.kind,
            user=by.user,
            actor_label=by.label[:200],
            door=door,
            topic=verb.topic,
            verb=verb,
            about=about,
            subject=subject[:MAX_SUBJECT],
            address=address[:MAX_ADDRESS],
            details=details,
        )
    return event


def people() -> Iterable[User]:
    """Whom events can be about, by name."""
    return User.objects.order_by("full_name", "name")
