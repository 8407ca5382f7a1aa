"""Who can see a space, and why: everybody with an open account, by every way they have into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import models

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.accounts.teams import Team, TeamMember
from farley.database import rows
from farley.spaces.models import Membership, Space

_WAYS = (
    "SELECT space_id, user_id, role FROM spaces_membership WHERE user_id IS NOT NULL AND {where}"
    " UNION ALL "
    "SELECT space_id, accounts_teammember.user_id, role FROM spaces_membership"
    " JOIN accounts_teammember ON accounts_teammember.team_id = spaces_membership.team_id WHERE {where}"
)


@dataclass(frozen=True, slots=True)
class Way:
    """One reason why `user` has `role`: given to them by name, by an invitation, or to a team they are in.

    By a team, `since` is when both were true, and `given_by` whoever made it so: who took the person into the
    team, or who gave the role to the team, whichever came later.
    """

    space: Space
    user: User
    role: Role
    team: Team | None
    is_invitation: bool
    since: dt.datetime
    given_by: User | None


def readers(space: Space) -> list[tuple[User, Role]]:
    """Who reads `space` and the most they may do, those who may most first, then by name."""
    return _readers(space, "")[0]


def first_readers(space: Space, count: int) -> tuple[list[tuple[User, Role]], int]:
    """The first `count` of the `readers`, and how many there are."""
    return _readers(space, f" LIMIT {count}")


def _readers(space: Space, limit: str) -> tuple[list[tuple[User, Role]], int]:
    sql = (
        "SELECT {reader}, best.role, COUNT(*) OVER () FROM accounts_user reader JOIN ("  # noqa: S608 - our own names
        f"SELECT user_id, MAX(role) AS role FROM ({_WAYS.format(where='space_id = %s')}) AS ways GROUP BY user_id"
        ") AS best ON best.user_id = reader.id WHERE reader.is_active AND best.role >= %s"
        f" ORDER BY best.role DESC, reader.full_name, reader.name{limit}"
    )
    found = rows.load_by({"reader": User}, sql, [space.pk, space.pk, int(Role.READER)])
    return [(user, Role(role)) for user, role, _ in found], found[0][2] if found else 0


def count_readers(spaces: Collection[Space]) -> dict[int, int]:
    """How many people read each of `spaces`, by id.

    A team is read once, however many of the spaces it is in: two hundred spaces of a thousand people would be two
    hundred thousand rows.
    """
    if not spaces:
        return {}
    marks = ", ".join(["%s"] * len(spaces))
    given = rows.query(
        "SELECT space_id, user_id, team_id FROM spaces_membership"  # noqa: S608 -- of our own names
        f" WHERE space_id IN ({marks}) AND role >= {int(Role.READER)}"
        " AND (user_id IS NULL OR EXISTS (SELECT 1 FROM accounts_user WHERE id = user_id AND is_active))",
        [space.pk for space in spaces],
    )
    people: dict[int, set[int]] = {}
    teams: dict[int, set[int]] = {}
    for space, user, team in given:
        if user is not None:
            people.setdefault(space, set()).add(user)
        else:
            teams.setdefault(space, set()).add(team)
    in_team = _active_members({team for each in teams.values() for team in each})
    found = {}
    for space in {*people, *teams}:
        everybody = people.get(space, set()).union(*(in_team.get(team, set()) for team in teams.get(space, ())))
        found[space] = len(everybody)
    return {space: count for space, count in found.items() if count}


def _active_members(teams: Collection[int]) -> dict[int, set[int]]:
    if not teams:
        return {}
    found: dict[int, set[int]] = {}
    sql = (
        "SELECT team_id, user_id FROM accounts_teammember JOIN accounts_user ON accounts_user.id = user_id"  # noqa: S608
        f" WHERE is_active AND team_id IN ({', '.join(['%s'] * len(teams))})"
    )
    for team, user in rows.query(sql, [*teams]):
        found.setdefault(team, set()).add(user)
    return found


def readers_among(space: Space, users: Iterable[int | None]) -> set[int]:
    """Those of `users` (ids) who read `space`."""
    asked = [user for user in users if user is not None]
    given = Membership.objects.filter(space=space, role__gte=Role.READER)
    direct = given.filter(user__in=asked, user__is_active=True).values_list("user", flat=True)
    taken_in = TeamMember.objects.filter(user__in=asked, user__is_active=True, team__in=given.values("team"))
    return {*direct, *taken_in.values_list("user", flat=True)} if asked else set()


def ways_into(space: Space, *, user: User | None = None) -> list[Way]:
    """Every way of everybody (or of `user`) into `space`, those who may most first, then by name and way."""
    return _ways(Membership.objects.filter(space=space), user)


def ways_of(user: User, spaces: Collection[Space]) -> list[Way]:
    """Every way of `user` into `spaces`."""
    return _ways(Membership.objects.filter(space__in=[space.pk for space in spaces]), user)


def _ways(given: models.QuerySet[Membership], user: User | None) -> list[Way]:
    people = TeamMember.objects.filter(user__is_active=True)
    direct = given.filter(user__is_active=True)
    by_team = given.exclude(team=None)
    if user is not None:
        people, direct = people.filter(user=user), direct.filter(user=user)
        by_team = by_team.filter(team__in=people.values("team"))
    ways = [
        Way(m.space, m.user, Role(m.role), None, m.invitation_id is not None, m.since, m.given_by)
        for m in direct.select_related("space", "user", "given_by")
        if m.user is not None
    ]
    memberships = list(by_team.select_related("space", "team", "given_by"))
    in_team: dict[int, list[TeamMember]] = {}
    for member in people.filter(team__in={m.team_id for m in memberships}).select_related("user", "given_by"):
        in_team.setdefault(member.team_id, []).append(member)
    for m in memberships:
        for member in in_team.get(m.team_id or 0, ()):
            later = member if member.since > m.since else m
            ways.append(Way(m.space, member.user, Role(m.role), m.team, False, later.since, later.given_by))
    order = {way.user.pk: Role.FREEBUSY for way in ways}
    for way in ways:
        order[way.user.pk] = max(order[way.user.pk], way.role)
    return sorted(
        ways,
        key=lambda way: (
            *(-order[way.user.pk], way.user.full_name, way.user.name, way.space.title, -way.role),
            way.team.title if way.team else "",
        ),
    )
