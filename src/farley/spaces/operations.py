"""Making and sharing spaces, and the lock under which everything in them is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from farley.accounts import first_run
from farley.accounts.actor import Actor
from farley.accounts.models import NAME_PATTERN, User, validate_name
from farley.accounts.roles import Role
from farley.database import rows
from farley.database.turns import write_turn
from farley.spaces.models import Membership, Space

MAX_TITLE = 100  # characters, as the column has it


class NotAllowed(PermissionError):
    """The actor sees the space but may not do this there. `needed` is the role that may."""

    def __init__(self, space: Space, needed: Role) -> None:
        super().__init__(f"{space.name}: needs the role {needed.word}")
        self.space, self.needed = space, needed


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

    def __init__(self, space: Space, user: User) -> None:
        super().__init__(f"{user.name} is the last manager of {space.name}")
        self.space, self.user = space, user


class EmailTaken(ValidationError):
    """Another account has this e-mail address, in whatever case."""

    def __init__(self, email: str) -> None:
        super().__init__(_("Another account has the e-mail address %(email)s."), params={"email": email})
        self.email = email


class NotTheFirst(ValueError):
    """Somebody has an account already: there is a first administrator."""


class NameTaken(ValueError):
    """Another space has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a space {name!r} already")
        self.name = name


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
    """Raise NotAllowed, or NoSuchSpace for one who must not know, unless `actor` has `role` in `space`."""
    has = space.role_of(actor)
    if has is None or has < Role.READER:
        raise NoSuchSpace(space.name)
    if has < role:
        raise NotAllowed(space, role)


def find(name: str, *, by: Actor) -> Space:
    """The space of this name, if `by` sees it; NoSuchSpace otherwise."""
    if not NAME_PATTERN.fullmatch(name):  # PostgreSQL would raise for a NUL in it
        raise NoSuchSpace(name)
    try:
        space: Space = Space.objects.visible_to(by).get(name=name)
    except Space.DoesNotExist as error:
        raise NoSuchSpace(name) from error
    return space


def create(name: str, kind: Space.Kind, *, by: Actor, title: str = "", region: str = "DE") -> Space:
    """Make a space that `by` manages. Raises ValidationError, NameTaken."""
    if by.user is None:
        raise ValueError("a space needs a person who manages it")
    validate_name(name)
    if len(region) != 2 or not (region.isascii() and region.isalpha()):
        raise ValidationError(
            _("“%(region)s” is no region: two letters such as DE or GB."), code="region", params={"region": region[:60]}
        )
    if len(title) > MAX_TITLE:
        raise ValidationError(_("A title has at most %(limit)s characters."), params={"limit": MAX_TITLE})
    with write_turn():
        try:
            with transaction.atomic():
                space = Space.objects.create(
                    name=name, kind=kind, title=title or _title_of(name), default_region=region.upper()
                )
        except IntegrityError as error:
            raise NameTaken(name) from error
        Membership.objects.create(space=space, user=by.user, role=Role.MANAGER, given_by=by.user)
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


def share(space: Space, user: User, role: Role, *, by: Actor) -> Membership:
    """Give `user` this role in `space`, in place of another they had.

    Raises NotAllowed, NoSuchSpace, SpaceIsPrivate, LastManager.
    """
    with writing([space.pk]) as locked:
        space = locked[space.pk]
        require(space, by, Role.MANAGER)
        if space.kind == Space.Kind.PRIVATE:
            raise SpaceIsPrivate(space)
        if role < Role.MANAGER and not _has_other_manager(space, user):
            raise LastManager(space, user)
        membership, _created = Membership.objects.update_or_create(
            space=space, user=user, defaults={"role": role, "given_by": by.user}
        )
    return membership


def _has_other_manager(space: Space, user: User) -> bool:
    managers = Membership.objects.filter(space=space, role=Role.MANAGER, user__is_active=True)
    return managers.exclude(user=user).exists()


def _title_of(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").title()
