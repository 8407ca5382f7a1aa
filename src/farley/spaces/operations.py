"""Making and sharing spaces, and the lock under which everything in them is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts import first_run
from farley.accounts.actor import COMMAND, Actor, ActorKind
from farley.accounts.administering import EmailTaken
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import NAME_PATTERN, User, validate_name
from farley.accounts.roles import Role
from farley.accounts.teams import Team, checked_title
from farley.database import rows
from farley.database.turns import write_turn
from farley.spaces.models import Home, Hue, Invitation, Membership, Space

MAX_TITLE = 100  # characters, as the column has it
_furnishers: list[Callable[[Space, User], None]] = []


class NotAllowed(PermissionError):
    """The actor sees the space but may not do this there. `needed` is the role that may."""

    def __init__(self, space: Space, needed: Role) -> None:
        super().__init__(f"{space.name}: needs the role {needed.word}")
        self.space, self.needed = space, needed


class SpaceIsArchived(NotAllowed):
    """Nothing changes in an archived space; a manager may bring it back."""

    def __init__(self, space: Space) -> None:
        super().__init__(space, Role.MANAGER)
        self.args = (f"{space.name} is archived: nothing in it changes until a manager brings it back",)


class NoSuchSpace(LookupError):
    """There is no such space, or it is not for this actor to know."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no space {name!r}")
        self.name = name


class SpaceIsPrivate(ValueError):
    """A private space is one person's and cannot be shared."""

    def __init__(self, space: Space) -> None:
        super().__init__(f"{space.name} is a private space")
        self.space = space


class LastManager(ValueError):
    """A space without anybody who manages it could never be shared again."""

    def __init__(self, space: Space, member: User | Team) -> None:
        super().__init__(f"{member.name} is the last manager of {space.name}")
        self.space, self.member = space, member


class NotTheFirst(ValueError):
    """Somebody has an account already: there is a first administrator."""


class NameTaken(ValueError):
    """Another space has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a space {name!r} already")
        self.name = name


def on_making(furnish: Callable[[Space, User], None]) -> None:
    """Have `furnish` called in the transaction that makes a space, with who made it. Called by an AppConfig.ready."""
    _furnishers.append(furnish)


@contextmanager
def writing(spaces: Iterable[int]) -> Iterator[dict[int, Space]]:
    """One write transaction with the rows of `spaces` (ids) locked, in ascending order, and read afresh.

    An act on several spaces names all of them here, before it touches a record: two such acts then
    wait for each other instead of blocking for ever. Raises Space.DoesNotExist for one that is gone.
    """
    wanted = sorted(set(spaces))
    with write_turn(is_pipelined=True):
        locked = {space.pk: space for space in rows.load(Space, {"id": wanted}, locked=True)}
        if len(locked) != len(wanted):
            raise Space.DoesNotExist
        yield locked


def require(space: Space, actor: Actor, role: Role) -> None:
    """Raise NotAllowed, or NoSuchSpace for one who must not know, unless `actor` has `role` in `space`.

    In an archived space nobody has more than a reader's: SpaceIsArchived (a NotAllowed) for whoever had.
    """
    has = space.standing_of(actor)
    if has is None or has < Role.READER:
        raise NoSuchSpace(space.name)
    if has < role:
        raise NotAllowed(space, role)
    if role > Role.READER and space.archived_at is not None:
        raise SpaceIsArchived(space)


def find(name: str, *, by: Actor) -> Space:
    """The space of this name, if `by` sees it; NoSuchSpace otherwise."""
    if not NAME_PATTERN.fullmatch(name):  # PostgreSQL would raise for a NUL in it
        raise NoSuchSpace(name)
    for space in rows.load(Space, {"name": name}):  # devices ask with every request: the ORM takes ten times as long
        role = space.standing_of(by)
        if role is not None and role >= Role.READER:
            return space
    raise NoSuchSpace(name)


def create(
    name: str,
    kind: Space.Kind,
    *,
    by: Actor,
    title: str = "",
    region: str = "DE",
    hue: str = Hue.STONE,
    door: Door = Door.WEB,
) -> Space:
    """Make a space that `by` manages. Raises ValidationError, NameTaken."""
    if by.user is None:
        raise ValueError("a space needs a person who manages it")
    validate_name(name)
    title = checked_title(title)
    _check_looks(region, hue)
    with write_turn():
        try:
            with transaction.atomic():
                space = Space.objects.create(
                    name=name, kind=kind, title=title or _title_of(name), default_region=region.upper(), hue=hue
                )
        except IntegrityError as error:
            raise NameTaken(name) from error
        Membership.objects.create(space=space, user=by.user, role=Role.MANAGER, given_by=by.user)
        for furnish in _furnishers:
            furnish(space, by.user)
        if not space.is_private:
            note(Verb.SPACE_MADE, by=by, door=door, subject=space.name)
    return space


def add_person(
    name: str,
    email: str,
    password: str | None,
    *,
    is_admin: bool = False,
    as_first: bool = False,
    full_name: str = "",
    language: str = "",
    by: Actor = COMMAND,
    door: Door = Door.CLI,
) -> User:
    """Make an account together with its private space of the same name, or neither.

    `as_first`: only if nobody has an account yet; the one-time code is spent with it. Raises ValidationError
    (EmailTaken is one), NameTaken, NotTheFirst.
    """
    user = User.objects.unsaved(name, email, password, is_admin=is_admin, full_name=full_name, language=language)
    try:
        with write_turn():
            if as_first:
                _require_nobody()
            if Space.objects.filter(name=name).exists() or User.objects.filter(name=name).exists():
                raise NameTaken(name)
            if User.objects.filter(email__iexact=user.email).exists():
                raise EmailTaken(user.email)
            user.save(force_insert=True)
            by, door = (user.actor, Door.WEB) if as_first else (by, door)
            note(Verb.USER_ADDED, by=by, door=door, about=user, subject=name, admin=is_admin)
            create(name, Space.Kind.PRIVATE, by=user.actor, title=full_name[:MAX_TITLE])
    except IntegrityError as error:  # on PostgreSQL: another process made the same account at the same time
        raise NameTaken(name) from error
    if as_first:
        first_run.spend()  # not before it is committed: a new code is printed by nobody
    return user


def _require_nobody() -> None:
    """Raise NotTheFirst if anybody has an account, and let nobody make one before this transaction ends."""
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(User._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE")
    if not first_run.is_open():
        raise NotTheFirst


def share(space: Space, member: User | Team, role: Role, *, by: Actor, door: Door = Door.WEB) -> Membership:
    """Give a person or everybody in a team this role in `space`, in place of another they had by name.

    Raises NotAllowed, NoSuchSpace, SpaceIsPrivate, LastManager.
    """
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        if space.is_private:
            raise SpaceIsPrivate(space)
        membership = give(space, member, role, given_by=by.user)
        if membership is None:
            return Membership.objects.get(space=space, **_as_member(member))
        require_manager_left(space, member)
        note(Verb.ROLE_GIVEN, by=by, door=door, subject=space.name, role=role.word, **_named(member))
    return membership


def give(
    space: Space, member: User | Team, role: Role, *, given_by: User | None, invitation: Invitation | None = None
) -> Membership | None:
    """Write the membership into a locked space; None if it says that already."""
    found = Membership.objects.filter(space=space, **_as_member(member)).first()
    if found is not None and found.role == role:
        return None
    told = {"role": role, "given_by": given_by, "invitation": invitation, "since": timezone.now()}
    membership, _is_new = Membership.objects.update_or_create(space=space, **_as_member(member), defaults=told)
    return membership


def unshare(space: Space, member: User | Team, *, by: Actor, door: Door = Door.WEB) -> bool:
    """Take away what was given to this person or team by name; False if there is nothing. Anybody may leave.

    Raises NotAllowed, NoSuchSpace, SpaceIsPrivate, LastManager.
    """
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        is_own = by.kind is ActorKind.PERSON and by.user == member
        require_standing(space, by, Role.READER if is_own else Role.MANAGER)
        if space.is_private:
            raise SpaceIsPrivate(space)
        taken = Membership.objects.filter(space=space, **_as_member(member)).first()
        if taken is not None:
            taken.delete()
            if taken.role == Role.MANAGER:
                require_manager_left(space, member)
            note(Verb.ROLE_TAKEN, by=by, door=door, subject=space.name, **_named(member))
    return taken is not None


def change(
    space: Space,
    *,
    title: str | None = None,
    hue: str | None = None,
    region: str | None = None,
    by: Actor,
    door: Door = Door.WEB,
) -> Space:
    """Give the space another title, colour or region for new phone numbers. Its name stays: links and phones hold it.

    Raises NotAllowed, NoSuchSpace, ValidationError.
    """
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        wanted = {
            "title": space.title if title is None else checked_title(title),
            "hue": space.hue if hue is None else hue,
            "default_region": space.default_region if region is None else region.upper(),
        }
        if not wanted["title"]:
            raise ValidationError(_("Type a title."))
        _check_looks(wanted["default_region"], wanted["hue"])
        before = {name: getattr(space, name) for name in wanted}
        if wanted != before:
            Space.objects.filter(pk=space.pk).update(**wanted)
            if not space.is_private:
                note(Verb.SPACE_CHANGED, by=by, door=door, subject=space.name)
    for name, value in wanted.items():
        setattr(space, name, value)
    return space


def archive(space: Space, *, by: Actor, door: Door = Door.WEB) -> None:
    """Close the space to changes and take it out of lists and choices.

    Raises NotAllowed, NoSuchSpace, SpaceIsPrivate.
    """
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require_standing(space, by, Role.MANAGER)
        if space.is_private:
            raise SpaceIsPrivate(space)
        if space.archived_at is None:
            Space.objects.filter(pk=space.pk).update(archived_at=timezone.now())
            Home.objects.filter(space=space).delete()
            note(Verb.SPACE_ARCHIVED, by=by, door=door, subject=space.name)


def revive(space: Space, *, by: Actor, door: Door = Door.WEB) -> None:
    """Bring an archived space back. Raises NotAllowed, NoSuchSpace."""
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require_standing(space, by, Role.MANAGER)
        if space.archived_at is not None:
            Space.objects.filter(pk=space.pk).update(archived_at=None)
            note(Verb.SPACE_REVIVED, by=by, door=door, subject=space.name)


def set_home(space: Space, *, by: Actor) -> None:
    """Have the new contacts of `by` go to `space` unless they choose another. Raises NotAllowed, NoSuchSpace."""
    if by.user is None:
        raise NoSuchSpace(space.name)
    with writing([space.pk]) as locked:
        require(locked[space.pk], by, Role.EDITOR)
        Home.objects.update_or_create(user=by.user, defaults={"space": space})


def require_standing(space: Space, actor: Actor, role: Role) -> None:
    """`require`, but for what is also done with an archived space."""
    has = space.standing_of(actor)
    if has is None or has < Role.READER:
        raise NoSuchSpace(space.name)
    if has < role:
        raise NotAllowed(space, role)


def require_manager_left(space: Space, leaving: User | Team) -> None:
    """Raise LastManager if after what `leaving` lost nobody with an open account manages the locked space."""
    people = User.objects.filter(is_active=True)
    managers = Membership.objects.filter(space=space, role=Role.MANAGER)
    if people.filter(pk__in=managers.values("user")).exists():
        return
    if not people.filter(teams__team__in=managers.values("team")).exists():
        raise LastManager(space, leaving)


@contextmanager
def no_space_orphaned(team: Team) -> Iterator[None]:
    """While people leave `team`: raise LastManager if a space that the team manages has no manager afterwards."""
    managed = Membership.objects.filter(team=team, role=Role.MANAGER).values_list("space", flat=True)
    with writing(list(managed)) as locked:
        yield
        for space in locked.values():
            require_manager_left(space, team)


def _check_looks(region: str, hue: str) -> None:
    if len(region) != 2 or not (region.isascii() and region.isalpha()):
        raise ValidationError(
            _("“%(region)s” is no region: two letters such as DE or GB."), code="region", params={"region": region[:60]}
        )
    if hue not in Hue.values:
        raise ValidationError(_("There is no colour “%(hue)s”."), code="hue", params={"hue": hue[:60]})


def _as_member(member: User | Team) -> dict[str, Any]:
    return {"team": member} if isinstance(member, Team) else {"user": member}


def _named(member: User | Team) -> dict[str, Any]:
    """A person or a team, as the instance journal tells of them."""
    return {"team": member.name} if isinstance(member, Team) else {"about": member}


def _title_of(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title()
