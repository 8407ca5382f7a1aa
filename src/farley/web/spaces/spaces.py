"""Spaces as forms and records describe them: who sees what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_lazy, ngettext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces.audience import Way, count_readers, first_readers, readers
from farley.spaces.models import Space
from farley.web.templatetags.farley import moment

SHOWN_MEMBERS = 12  # people beside a record; the page of who sees it has all


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees the records of a space; `more` of them are left out of `members`."""

    sentence: str
    members: list[Member]
    more: int = 0


@dataclass(frozen=True, slots=True)
class SpaceChoice:
    """A space as an option of a form."""

    name: str
    title: str
    sentence: str


def home_of(spaces: Sequence[Space], chosen: int | None) -> str:
    """The name of the space that new records go to unless another is asked for.

    The one `chosen` for it, if that is among `spaces`, else the private one, else the first.
    """
    ordered = sorted(spaces, key=lambda space: (space.pk != chosen, not space.is_private))
    return ordered[0].name if ordered else ""


def audience_of(space: Space) -> Audience:
    """Who reads `space`, as a record tells of them."""
    people, count = first_readers(space, SHOWN_MEMBERS)
    members = [Member(user.display_name, role_name(role)) for user, role in people]
    return Audience(_sentence(space, count), members, count - len(members))


def readers_of(space: Space) -> list[User]:
    """The people who read `space`, by name: who may look after a contact there."""
    return by_name(readers(space))


def by_name(people: Iterable[tuple[User, Role]]) -> list[User]:
    return sorted((user for user, _role in people), key=lambda user: (user.full_name, user.name))


def choices_of(spaces: Sequence[Space]) -> list[SpaceChoice]:
    """Options for a form, each with how many people will see what goes there."""
    counts = count_readers(spaces)
    return [SpaceChoice(space.name, space.title, seen_by(space, counts.get(space.pk, 0))) for space in spaces]


def seen_by(space: Space, people: int) -> str:
    """Half a sentence for a list of spaces."""
    if space.kind == Space.Kind.PRIVATE:
        return gettext("only you see it")
    return ngettext("{count} person sees it", "{count} people see it", people).format(count=people)


def kind_name(space: Space) -> str:
    """What sort of space it is, as pages say it."""
    names = {
        Space.Kind.PRIVATE: gettext("Private space"),
        Space.Kind.TEAM: gettext("Team space"),
        Space.Kind.COMPANY: gettext("Company space"),
    }
    return names[Space.Kind(space.kind)]


def reason_of(way: Way) -> str:
    """Why somebody is let in, since when and by whom."""
    if way.team:
        by_what = gettext("as a member of the team “{team}”").format(team=way.team.title)
    elif way.is_invitation:
        by_what = gettext("by an invitation link")
    else:
        by_what = gettext("in person")
    return given(by_what, way.since, way.given_by)


def given(what: str, since: datetime, by: User | None) -> str:
    """`what`, since when and by whom, as a list tells it."""
    if by is None:
        return gettext("{what}, since {day}").format(what=what, day=moment(since))
    return gettext("{what}, since {day}, given by {name}").format(what=what, day=moment(since), name=by.display_name)


_ROLES = {
    Role.FREEBUSY: gettext_lazy("sees only when somebody is busy"),
    Role.READER: gettext_lazy("reads"),
    Role.EDITOR: gettext_lazy("reads and changes"),
    Role.MANAGER: gettext_lazy("reads, changes and shares"),
}


def role_name(role: Role) -> str:
    return str(_ROLES[role])


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
