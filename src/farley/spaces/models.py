from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.accounts.models import validate_name
from farley.accounts.roles import Role
from farley.accounts.teams import Team
from farley.database import rows


class Hue(models.TextChoices):
    """The colours a space may have, as the style sheets call them."""

    PLUM = "plum", _("Plum")
    CLAY = "clay", _("Clay")
    OCHRE = "ochre", _("Ochre")
    MOSS = "moss", _("Moss")
    PINE = "pine", _("Pine")
    SKY = "sky", _("Sky")
    IRIS = "iris", _("Iris")
    STONE = "stone", _("Stone")


# Two ways, each by an index of its own: with an OR of them PostgreSQL would read every membership there is. In SQL, for
# every page asks several times, and the ORM takes ten times as long to put it together as the database to answer.
_HELD = (
    "SELECT space_id FROM spaces_membership WHERE role >= %s AND user_id = %s"
    " AND EXISTS (SELECT 1 FROM accounts_user WHERE id = %s AND is_active)"
    " UNION ALL "
    "SELECT held.space_id FROM spaces_membership held JOIN accounts_teammember mate ON mate.team_id = held.team_id"
    " WHERE held.role >= %s AND mate.user_id = %s"
    " AND EXISTS (SELECT 1 FROM accounts_user WHERE id = %s AND is_active)"
)


def held_by(actor: Actor, role: Role) -> tuple[str, list[int]]:
    """The ids of the spaces where `actor` has at least this role, for the parentheses of an IN; and its values."""
    if actor.user is None or not actor.user.is_active or actor.max_role < role:
        return "SELECT space_id FROM spaces_membership WHERE 1 = 0", []
    user = actor.user.pk
    held = [int(role), user, user, int(role), user, user]
    if actor.spaces is None:
        return _HELD, held
    chosen = sorted(actor.spaces)
    return f"SELECT space_id FROM ({_HELD}) AS held WHERE space_id IN ({rows.marks(chosen)})", [*held, *chosen]  # noqa: S608


class SpaceQuerySet(models.QuerySet["Space"]):
    def visible_to(self, actor: Actor) -> Self:
        """Spaces where `actor` is at least a reader."""
        return self._where(actor, Role.READER)

    def editable_by(self, actor: Actor) -> Self:
        """Spaces whose records `actor` may change; none that is archived."""
        return self.in_use()._where(actor, Role.EDITOR)

    def managed_by(self, actor: Actor) -> Self:
        """Spaces whose members `actor` chooses, archived ones too."""
        return self._where(actor, Role.MANAGER)

    def in_use(self) -> Self:
        """Those that are not archived: what lists and choices show."""
        return self.filter(archived_at=None)

    def shared(self) -> Self:
        """Those that are not somebody's private one."""
        return self.exclude(kind=Space.Kind.PRIVATE)

    def _where(self, actor: Actor, role: Role) -> Self:
        if actor.user is None or not actor.user.is_active or actor.max_role < role:
            return self.none()
        sql, values = held_by(actor, role)
        return self.filter(pk__in=RawSQL(sql, values))  # noqa: S611 -- of our own names


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
    archived_at = models.DateTimeField(null=True)  # since then nothing in it changes

    objects: ClassVar = SpaceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=[1, 2, 3]), name="a_space_is_private_team_or_company")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_private(self) -> bool:
        return self.kind == Space.Kind.PRIVATE

    def role_of(self, actor: Actor) -> Role | None:
        """What `actor` may do with the records here, or None for somebody who must not know of it."""
        role = self.standing_of(actor)
        return role if role is None or self.archived_at is None else min(role, Role.READER)

    def standing_of(self, actor: Actor) -> Role | None:
        """The highest role that `actor` has here in any way, archived or not: who manages may bring the space back."""
        if actor.user is None or not actor.user.is_active or (actor.spaces is not None and self.pk not in actor.spaces):
            return None
        # asked of the database, for an actor may live longer than an account: an import runs for minutes
        [(best,)] = rows.query(  # every write asks: the ORM would take ten times as long to put it together
            "SELECT MAX(role) FROM ("
            "SELECT role FROM spaces_membership WHERE space_id = %s AND user_id = %s"
            " UNION ALL "
            "SELECT role FROM spaces_membership WHERE space_id = %s"
            " AND team_id IN (SELECT team_id FROM accounts_teammember WHERE user_id = %s)"
            ") AS ways WHERE EXISTS (SELECT 1 FROM accounts_user WHERE id = %s AND is_active)",
            [self.pk, actor.user.pk, self.pk, actor.user.pk, actor.user.pk],
        )
        return None if best is None else min(Role(best), actor.max_role)


class Invitation(models.Model):
    """A link that makes whoever opens it a member. Who has the link is known by the hash of its token alone."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="invitations")
    role = models.PositiveSmallIntegerField(choices=[(role.value, role.word) for role in Role])
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    max_uses = models.PositiveSmallIntegerField()
    uses = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(uses__lte=models.F("max_uses")), name="an_invitation_is_used_no_more_than_it_allows"
            )
        ]

    def __str__(self) -> str:
        return f"{self.space}: {Role(self.role).word}"

    @property
    def is_open(self) -> bool:
        """Whether it could be accepted, as far as its own row says."""
        return self.revoked_at is None and self.uses < self.max_uses and timezone.now() < self.expires_at


class Membership(models.Model):
    """`user`, or everybody in `team`, may do in `space` what `role` says; given by whom and since when."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=[(role.value, role.word) for role in Role])
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "space"], name="one_role_a_person_and_space"),
            models.UniqueConstraint(fields=["team", "space"], name="one_role_a_team_and_space"),
            models.CheckConstraint(
                condition=models.Q(user=None, team__isnull=False) | models.Q(user__isnull=False, team=None),
                name="a_membership_is_of_a_person_or_of_a_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team}: {Role(self.role).word}"


class Home(models.Model):
    """Where `user`'s new contacts go unless they choose otherwise; without a row, to their private space."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user}: {self.space}"
