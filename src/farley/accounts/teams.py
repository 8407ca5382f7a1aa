"""Teams: people who are given a role in a space together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import NAME_PATTERN, User, validate_name
from farley.database.turns import write_turn

MAX_TITLE = 100  # characters, as the column has it


class TeamQuerySet(models.QuerySet["Team"]):
    def known_to(self, actor: Actor) -> Self:
        """The teams `actor` is in; all for an administrator and whoever runs the server."""
        if actor.kind is ActorKind.SYSTEM:
            return self
        if actor.user is None or not actor.user.is_active:
            return self.none()
        return self if actor.user.is_admin else self.filter(members__user=actor.user)


class Team(models.Model):
    """People under one name. What a space gives to a team it gives to everybody who is in it."""

    name = models.CharField(max_length=40, unique=True, validators=[validate_name])  # in commands and addresses
    title = models.CharField(max_length=MAX_TITLE)  # as pages show it
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class TeamMember(models.Model):
    """`user` is in `team`; taken in by whom and since when."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="teams")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        # led by the person: what somebody sees is asked with every page
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "team"], name="a_person_is_in_a_team_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.team}"


class NotAnAdministrator(PermissionError):
    """Teams are made and filled by administrators."""


class NoSuchTeam(LookupError):
    """There is no such team, or it is not for this actor to know."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no team {name!r}")
        self.name = name


class TeamNameTaken(ValueError):
    """Another team has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a team {name!r} already")
        self.name = name


# What a higher room has to say about people who leave a team: each opens before they do, and may raise at the end.
leaving: list[Callable[[Team], AbstractContextManager[None]]] = []


def find(name: str, *, by: Actor) -> Team:
    """The team of this name, if `by` knows it. Raises NoSuchTeam."""
    if not NAME_PATTERN.fullmatch(name):  # PostgreSQL would raise for a NUL in it
        raise NoSuchTeam(name)
    team: Team | None = Team.objects.known_to(by).filter(name=name).first()
    if team is None:
        raise NoSuchTeam(name)
    return team


def create(name: str, *, by: Actor, door: Door, title: str = "") -> Team:
    """Make an empty team. Raises NotAnAdministrator, ValidationError, TeamNameTaken."""
    _require_administrator(by)
    validate_name(name)
    title = checked_title(title) or name.replace("-", " ").replace("_", " ").title()
    with write_turn():
        try:
            with transaction.atomic():
                team: Team = Team.objects.create(name=name, title=title)
        except IntegrityError as error:
            raise TeamNameTaken(name) from error
        note(Verb.TEAM_MADE, by=by, door=door, subject=team.name)
    return team


def rename(team: Team, title: str, *, by: Actor, door: Door) -> None:
    """Give the team another title; its name stays, for commands and links hold it."""
    _require_administrator(by)
    title = checked_title(title)
    if not title:
        raise ValidationError(_("Type a title."))
    with write_turn():
        Team.objects.filter(pk=team.pk).update(title=title)
        team.title = title
        note(Verb.TEAM_CHANGED, by=by, door=door, subject=team.name)


def add_member(team: Team, user: User, *, by: Actor, door: Door) -> bool:
    """Take `user` into the team; False if they are in it already. Raises NotAnAdministrator, NoSuchTeam."""
    _require_administrator(by)
    with write_turn():
        if not Team.objects.select_for_update().filter(pk=team.pk).exists():
            raise NoSuchTeam(team.name)
        _member, is_new = TeamMember.objects.get_or_create(team=team, user=user, defaults={"given_by": by.user})
        if is_new:
            note(Verb.TEAM_JOINED, by=by, door=door, subject=team.name, about=user)
    return is_new


def remove_member(team: Team, user: User, *, by: Actor, door: Door) -> bool:
    """Take `user` out of the team; False if they are not in it. A space they alone managed raises LastManager."""
    _require_administrator(by)
    with write_turn(), _goodbye(team):
        gone, _counts = TeamMember.objects.filter(team=team, user=user).delete()
        if gone:
            note(Verb.TEAM_LEFT, by=by, door=door, subject=team.name, about=user)
    return bool(gone)


def remove(team: Team, *, by: Actor, door: Door) -> None:
    """Dissolve the team; what was given to it ends. A space that it alone managed raises LastManager."""
    _require_administrator(by)
    with write_turn(), _goodbye(team):
        note(Verb.TEAM_REMOVED, by=by, door=door, subject=team.name)
        Team.objects.filter(pk=team.pk).delete()


def checked_title(title: str) -> str:
    """Without blanks around it. Raises ValidationError for one that does not fit."""
    title = title.strip()
    if len(title) > MAX_TITLE:
        raise ValidationError(_("A title has at most %(limit)s characters."), params={"limit": MAX_TITLE})
    return title


def _require_administrator(by: Actor) -> None:
    """An administrator in person, or whoever runs the server; a device or a token changes no team, whosever it is."""
    if by.kind is ActorKind.SYSTEM:
        return
    if by.kind is not ActorKind.PERSON or by.user is None or not by.user.is_active or not by.user.is_admin:
        raise NotAnAdministrator


@contextmanager
def _goodbye(team: Team) -> Iterator[None]:
    with ExitStack() as stack:
        for opened in leaving:
            stack.enter_context(opened(team))
        yield
