"""Spaces as forms and records describe them: who sees what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces.models import Membership, Space


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees the records of a space, and why."""

    sentence: str
    members: list[Member]


@dataclass(frozen=True, slots=True)
class SpaceChoice:
    """A space as an option of a form."""

    name: str
    title: str
    sentence: str


def home_of(spaces: Sequence[Space]) -> str:
    """The name of the space that new records go to unless another is chosen: one's own, else the first."""
    private = [space.name for space in spaces if space.kind == Space.Kind.PRIVATE]
    return next(iter([*private, *(space.name for space in spaces)]), "")


def audience_of(space: Space) -> Audience:
    """Everybody who reads `space`, the ones who may do most first."""
    readers = Membership.objects.filter(space=space, role__gte=Role.READER, user__is_active=True)
    ordered = readers.select_related("user").order_by("-role", "user__full_name", "user__name")
    members = [Member(membership.user.display_name, role_name(Role(membership.role))) for membership in ordered]
    return Audience(_sentence(space, len(members)), members)


def readers_of(space: Space) -> list[User]:
    """The people who read `space`, by name: who may look after a contact there."""
    readers = Membership.objects.filter(space=space, role__gte=Role.READER, user__is_active=True)
    return [membership.user for membership in readers.select_related("user").order_by("user__full_name", "user__name")]


def choices_of(spaces: Sequence[Space]) -> list[SpaceChoice]:
    """Options for a form, each with how many people will see what goes there."""
    readers = Membership.objects.filter(space__in=spaces, role__gte=Role.READER, user__is_active=True)
    counts: dict[int, int] = {}
    for space in readers.values_list("space", flat=True):
        counts[space] = counts.get(space, 0) + 1
    return [SpaceChoice(space.name, space.title, seen_by(space, counts.get(space.pk, 0))) for space in spaces]


def seen_by(space: Space, people: int) -> str:
    """Half a sentence for a list of spaces."""
    if space.kind == Space.Kind.PRIVATE:
        return gettext("only you see it")
    return ngettext("{count} person sees it", "{count} people see it", people).format(count=people)


def role_name(role: Role) -> str:
    names = {
        Role.FREEBUSY: gettext("sees only when somebody is busy"),
        Role.READER: gettext("reads"),
        Role.EDITOR: gettext("reads and changes"),
        Role.MANAGER: gettext("reads, changes and shares"),
    }
    return names[role]


def _sentence(space: Space, people: int) -> str:
    if space.kind == Space.Kind.PRIVATE:
        return gettext("This contact lies in the private space “{title}”. Nobody else sees it.").format(
            title=space.title
        )
    return ngettext(
        "This contact lies in “{title}”. {count} person sees it:",
        "This contact lies in “{title}”. {count} people see it:",
        people,
    ).format(title=space.title, count=people)
