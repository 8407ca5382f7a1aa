"""Somebody leaves: the account is closed at once, and what they had goes to others, with a record of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Count

from farley.accounts import closing
from farley.accounts.actor import Actor, ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.accounts.teams import TeamMember
from farley.contacts.models import Contact
from farley.contacts.writing import SpaceWriter
from farley.database.turns import write_turn
from farley.journal.models import Batch
from farley.journal.writing import close_batch, open_batch
from farley.lists import saving
from farley.spaces.models import Membership, Space
from farley.spaces.operations import MAX_TITLE, LastManager, create, writing

CHUNK = 500  # contacts a transaction


class Private(StrEnum):
    """What becomes of the private spaces of somebody who leaves."""

    KEEP = "keep"  # closed with the account: nobody sees them until it is opened again
    HAND_OVER = "hand-over"  # each is a team space then, which the heir manages


class UnfitHeir(ValueError):
    """`user` cannot take anything over: their account is closed, or it is the one that is to be closed."""

    def __init__(self, user: User) -> None:
        super().__init__(f"nothing can be handed over to {user.name}")
        self.user = user


@dataclass(frozen=True, slots=True)
class Belongings:
    """What somebody would leave behind."""

    private: list[Space]
    only_manages: list[Space]  # shared ones that nobody else manages
    owned: dict[str, int]  # shared contacts they look after, by the space's title


@dataclass(slots=True)
class HandedOver:
    """What was handed over, and to whom."""

    batch: Batch | None = None  # of the contacts, which can be undone
    owned: int = 0
    managed: list[Space] = field(default_factory=list)
    private: list[Space] = field(default_factory=list)


def belongings_of(user: User) -> Belongings:
    """Raises nothing; who may know it is the caller's to judge: an administrator."""
    mine = Contact.objects.filter(owner=user, deleted_at=None).exclude(space__kind=Space.Kind.PRIVATE)
    counts = mine.values("space__title").annotate(count=Count("pk")).order_by("space__title")
    return Belongings(
        private=_private_spaces(user),
        only_manages=_only_managed_by(user),
        owned={row["space__title"]: row["count"] for row in counts},
    )


def offboard(user: User, *, heir: User | None, private: Private, by: Actor, door: Door) -> HandedOver:
    """Close `user`'s account at once, and hand over what they had.

    `heir` manages the spaces that would have no manager and looks after the contacts they see; what they do not see
    goes to a manager of its space. One that was cut short is finished by calling this again. Raises NotAdministrator,
    LastAdministrator, UnfitHeir, and LastManager where there is no heir for a space that would have no manager.
    """
    closing.require_administrator(by)
    if heir is not None and (heir.pk == user.pk or not heir.is_active):
        raise UnfitHeir(heir)
    alone, own = _only_managed_by(user), _private_spaces(user)
    if heir is None and alone:
        raise LastManager(alone[0], user)
    if heir is None and private is Private.HAND_OVER and own:
        raise UnfitHeir(user)
    done = HandedOver()
    with writing([space.pk for space in (*alone, *own)]) as locked:
        closing.close(user, by=by, door=door)
        for space in alone:
            _give(locked[space.pk], heir, by=by, door=door)
            done.managed.append(space)
        if private is Private.HAND_OVER:
            for space in own:
                _open_up(locked[space.pk], user, heir, by=by, door=door)
                done.private.append(space)
    _hand_over_contacts(user, heir, done, by=by, door=door)
    return done


def let_in(user: User, *, by: Actor, door: Door) -> None:
    """Open the account again, with an empty private space where the old one was handed over. Raises NotAdministrator.

    What was handed over stays where it is.
    """
    closing.require_administrator(by)
    with write_turn():
        closing.reopen(user, by=by, door=door)
        if not _private_spaces(user):
            taken = set(Space.objects.filter(name__startswith=user.name[:30]).values_list("name", flat=True))
            names = (f"{user.name[:30]}-{number}" for number in itertools.count(2))
            name = user.name if user.name not in taken else next(name for name in names if name not in taken)
            create(name, Space.Kind.PRIVATE, by=user.actor, title=user.full_name[:MAX_TITLE])


def _give(space: Space, heir: User | None, *, by: Actor, door: Door) -> None:
    Membership.objects.update_or_create(
        space=space, user=heir, defaults={"role": Role.MANAGER, "given_by": by.user, "team": None}
    )
    note(
        Verb.ROLE_GIVEN, by=by, door=door, about=heir, subject=space.title, role=Role.MANAGER.word
    )  # the space is shared, or is from now on


def _open_up(space: Space, user: User, heir: User | None, *, by: Actor, door: Door) -> None:
    """Make a private space a team's that the heir manages; its former owner is no member of it any more.

    Their private views are that team's from now on.
    """
    Space.objects.filter(pk=space.pk).update(kind=Space.Kind.TEAM)
    Membership.objects.filter(space=space, user=user).delete()
    saving.leave_to(space, user, by=by, door=door)
    note(Verb.HANDED_OVER, by=by, door=door, about=user, subject=space.name, to=heir.name if heir else "")
    _give(space, heir, by=by, door=door)


def _hand_over_contacts(user: User, heir: User | None, done: HandedOver, *, by: Actor, door: Door) -> None:
    owned = Contact.objects.filter(owner=user).exclude(space__in=[space.pk for space in _private_spaces(user)])
    spaces = list(Space.objects.filter(pk__in=owned.values("space").distinct()).order_by("pk"))
    if not spaces:
        return
    batch = open_batch(Batch.Act.ASSIGN, by=by, door=door, title=f"{user.display_name} → {heir or '—'}")
    for space in spaces:
        successor = _successor(space, heir)
        while chunk := list(owned.filter(space=space).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            done.owned += _reassign(space, chunk, user, successor, batch=batch, by=by, door=door)
    close_batch(batch)
    done.batch = batch
    note(Verb.HANDED_OVER, by=by, door=door, about=user, subject=user.name, count=done.owned)


def _reassign(
    space: Space, pks: Sequence[int], user: User, owner: User | None, *, batch: Batch, by: Actor, door: Door
) -> int:
    with writing([space.pk]) as locked:
        contacts = list(Contact.objects.filter(pk__in=pks, space=space, owner=user))
        writer = SpaceWriter(locked[space.pk], by=by, door=door, batch=batch)
        for contact in contacts:
            writer.set_own(contact, owner=owner.pk if owner else None)
        writer.flush()
    return len(contacts)


def _successor(space: Space, heir: User | None) -> User | None:
    """Who looks after the contacts here: the heir if they see the space, else who has managed it the longest."""
    if heir is not None and (space.standing_of(heir.actor) or Role.FREEBUSY) >= Role.READER:
        return heir
    managers = Membership.objects.filter(space=space, role=Role.MANAGER, user__is_active=True)
    found = managers.select_related("user").order_by("since", "pk").first()
    return found.user if found else None


def _private_spaces(user: User) -> list[Space]:
    mine = Space.objects.filter(kind=Space.Kind.PRIVATE, memberships__user=user, memberships__role=Role.MANAGER)
    return list(mine.order_by("pk"))


def _only_managed_by(user: User) -> list[Space]:
    managed = Space.objects.managed_by(Actor(ActorKind.PERSON, user, user.name)).shared()
    if not user.is_active:  # closed already, and being finished: only memberships of their own are left to look at
        own = Membership.objects.filter(user=user, role=Role.MANAGER).values("space")
        managed = Space.objects.filter(pk__in=own).shared()
    return [space for space in managed.order_by("pk") if not _has_other_manager(space, user)]


def _has_other_manager(space: Space, user: User) -> bool:
    given = Membership.objects.filter(space=space, role=Role.MANAGER)
    if given.filter(user__is_active=True).exclude(user=user).exists():
        return True
    teams = given.exclude(team=None).values("team")
    return TeamMember.objects.filter(team__in=teams, user__is_active=True).exclude(user=user).exists()
