from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.models import validate_name
from farley.accounts.roles import Role
from farley.database import rows


class SpaceQuerySet(models.QuerySet["Space"]):
    def visible_to(self, actor: Actor) -> Self:
        """Spaces where `actor` is at least a reader."""
        return self._where(actor, Role.READER)

    def editable_by(self, actor: Actor) -> Self:
        """Spaces whose records `actor` may change."""
        return self._where(actor, Role.EDITOR)

    def _where(self, actor: Actor, role: Role) -> Self:
        if actor.user is None or not actor.user.is_active or actor.max_role < role:
            return self.none()
        mine = Membership.objects.filter(user=actor.user, user__is_active=True, role__gte=role).values("space")
        spaces = self.filter(pk__in=mine)
        return spaces if actor.spaces is None else spaces.filter(pk__in=actor.spaces)


class Space(models.Model):
    """A place for records. Every record lives in exactly one; a membership opens all of it."""

    class Kind(models.IntegerChoices):
        PRIVATE = 1, _("Private")
        TEAM = 2, _("Team")
        COMPANY = 3, _("Company")

    name = models.CharField(max_length=40, unique=True, validators=[validate_name])  # in commands and addresses
    title = models.CharField(max_length=100)  # as pages show it
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    hue = models.CharField(max_length=10, default="stone")  # a colour's name, as the style sheets know it
    default_region = models.CharField(max_length=2, default="DE")  # ISO 3166; national phone numbers are read as its
    revision = models.PositiveBigIntegerField(default=0)  # of the last Change
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = SpaceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=[1, 2, 3]), name="a_space_is_private_team_or_company")
        ]

    def __str__(self) -> str:
        return self.title

    def role_of(self, actor: Actor) -> Role | None:
        """What `actor` may do here, or None for somebody who must not know of it."""
        if actor.user is None or not actor.user.is_active or (actor.spaces is not None and self.pk not in actor.spaces):
            return None
        # asked of the database, for an actor may live longer than an account: an import runs for minutes
        mine = rows.query(  # every write asks: the ORM would take ten times as long to put it together
            "SELECT role FROM spaces_membership JOIN accounts_user ON accounts_user.id = user_id"
            " WHERE space_id = %s AND user_id = %s AND is_active",
            [self.pk, actor.user.pk],
        )
        return min(Role(mine[0][0]), actor.max_role) if mine else None


class Membership(models.Model):
    """`user` may do in `space` what `role` says; given by whom and since when."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=[(role.value, role.word) for role in Role])
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "space"], name="one_role_a_person_and_space")]

    def __str__(self) -> str:
        return f"{self.user}: {Role(self.role).word}"
