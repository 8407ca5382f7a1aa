"""Where somebody stands in all spaces at once: what every page asks, in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.database import rows
from farley.spaces.models import Space

_HELD = (
    "SELECT {space}, held.role, CASE WHEN home.space_id IS NULL THEN 0 ELSE 1 END FROM ("
    "SELECT space_id, MAX(role) AS role FROM ("
    "SELECT space_id, role FROM spaces_membership WHERE user_id = %s"
    " UNION ALL "
    "SELECT held.space_id, held.role FROM spaces_membership held"
    " JOIN accounts_teammember mate ON mate.team_id = held.team_id WHERE mate.user_id = %s"
    ") AS ways GROUP BY space_id) AS held"
    " JOIN spaces_space space ON space.id = held.space_id"
    " LEFT JOIN spaces_home home ON home.space_id = held.space_id AND home.user_id = %s"
    " WHERE held.role >= %s AND EXISTS (SELECT 1 FROM accounts_user WHERE id = %s AND is_active)"
    " ORDER BY space.kind, space.title"
)


@dataclass(frozen=True)
class Standings:
    """The spaces that an actor reads, by kind and title, and the most they may do with the records of each.

    `Space.objects.visible_to` and `editable_by` say the same; what is read here is as old as this object.
    """

    spaces: list[Space] = field(default_factory=list)  # archived ones too
    roles: Mapping[int, Role] = field(default_factory=dict)  # by id; of an archived space, what may be done to it
    home: int | None = None  # the one chosen for new records, if that is among them

    def role_in(self, space: Space) -> Role | None:
        """What may be done with the records there, as `Space.role_of` says it."""
        role = self.roles.get(space.pk)
        return role if role is None or space.archived_at is None else min(role, Role.READER)

    @cached_property
    def in_use(self) -> list[Space]:
        """Those that are not archived."""
        return [space for space in self.spaces if space.archived_at is None]

    @cached_property
    def editable(self) -> list[Space]:
        """Those whose records may be changed."""
        return [space for space in self.in_use if self.roles[space.pk] >= Role.EDITOR]

    @cached_property
    def changeable(self) -> frozenset[int]:
        """Their ids."""
        return frozenset(space.pk for space in self.editable)


def standings_of(actor: Actor) -> Standings:
    if actor.user is None or not actor.user.is_active or actor.max_role < Role.READER:
        return Standings()
    user = actor.user.pk
    found = [
        (space, min(Role(role), actor.max_role), is_home)
        for space, role, is_home in rows.load_by({"space": Space}, _HELD, [user, user, user, int(Role.READER), user])
        if actor.spaces is None or space.pk in actor.spaces
    ]
    home = next((space.pk for space, _, is_home in found if is_home), None)
    return Standings([space for space, _, _ in found], {space.pk: role for space, role, _ in found}, home)
