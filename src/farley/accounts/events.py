"""The instance journal: what happens to accounts, devices, roles and settings, and lies in no space.

An event is read by administrators. So it names people and spaces that are shared, never a record, nor a private space.
"""

from __future__ import annotations

import datetime as dt
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

    LOGGED_IN = "login.in", _("Signed in")
    LOGGED_OUT = "login.out", _("Signed out")
    LOGIN_FAILED = "login.failed", _("Signing in failed")
    LOGIN_THROTTLED = "login.throttled", _("Too many attempts to sign in")
    CODE_USED = "login.code", _("Recovery code used")
    SESSION_ENDED = "login.ended", _("Session ended")
    USER_ADDED = "account.added", _("Account made")
    USER_CHANGED = "account.changed", _("Account changed")
    USER_CLOSED = "account.closed", _("Account closed")
    USER_REOPENED = "account.reopened", _("Account opened again")
    HANDED_OVER = "account.handed_over", _("Belongings handed over")
    PASSWORD_CHANGED = "account.password", _("Password changed")
    PASSWORD_RESET = "account.reset", _("Password reset")
    RESET_ASKED = "account.reset_asked", _("New password asked for")
    FACTOR_ADDED = "account.factor_added", _("Second factor added")
    FACTOR_REMOVED = "account.factor_removed", _("Second factor removed")
    CODES_MADE = "account.codes", _("Recovery codes made")
    SSO_CONNECTED = "account.sso", _("Single sign-on connected")
    DEVICE_ADDED = "device.added", _("Device added")
    DEVICE_REMOVED = "device.removed", _("Device removed")
    TOKEN_ADDED = "device.token_added", _("Token added")
    TOKEN_REMOVED = "device.token_removed", _("Token removed")
    SPACE_MADE = "role.space_made", _("Space made")
    SPACE_CHANGED = "role.space_changed", _("Space changed")
    SPACE_ARCHIVED = "role.space_archived", _("Space archived")
    SPACE_REVIVED = "role.space_revived", _("Space brought back")
    ROLE_GIVEN = "role.given", _("Role given")
    ROLE_TAKEN = "role.taken", _("Role taken away")
    INVITED = "role.invited", _("Invitation made")
    INVITATION_REVOKED = "role.invitation_revoked", _("Invitation revoked")
    JOINED = "role.joined", _("Invitation accepted")
    VIEWED_AS = "role.viewed_as", _("Looked at as another person")
    TEAM_MADE = "role.team_made", _("Team made")
    TEAM_CHANGED = "role.team_changed", _("Team changed")
    TEAM_REMOVED = "role.team_removed", _("Team removed")
    TEAM_JOINED = "role.team_joined", _("Added to a team")
    TEAM_LEFT = "role.team_left", _("Removed from a team")
    SETTING_CHANGED = "setting.changed", _("Setting changed")
    ACCESS_LOG_ON = "setting.access_log_on", _("Access log switched on")
    ACCESS_LOG_OFF = "setting.access_log_off", _("Access log switched off")
    MIRROR_ADDED = "setting.mirror_added", _("Mirror of an address book made")
    MIRROR_CHANGED = "setting.mirror_changed", _("Mirror of an address book changed")
    MIRROR_REMOVED = "setting.mirror_removed", _("Mirror of an address book removed")
    RESTORED = "setting.restored", _("Restored from a backup")
    BACKUP_MADE = "setting.backup_made", _("Backup made")
    BACKUP_FAILED = "setting.backup_failed", _("Backup failed")
    EXPORTED = "export.space", _("Contacts exported")
    LINK_MADE = "export.link_made", _("Contact shared by link")
    LINK_REVOKED = "export.link_revoked", _("Shared link revoked")
    DATA_GIVEN = "privacy.given", _("Everything about a person exported")
    ERASED = "privacy.erased", _("Person erased")
    RETENTION_RUN = "privacy.retention", _("Deleted after its retention")

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
