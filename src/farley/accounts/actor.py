"""Who acts: handed to every query and every write, never taken from the surroundings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from farley.accounts.roles import Role

if TYPE_CHECKING:
    from farley.accounts.models import User


class ActorKind(IntEnum):
    PERSON = 1
    DEVICE = 2
    TOKEN = 3
    RULE = 4
    GUEST = 5
    MAIL = 6
    SYSTEM = 7


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a browser, a device, a token, a rule, a guest or an incoming mail.

    `spaces` narrows what `user` may see to these ids (None: all of theirs); `max_role` caps what
    they may do there. `calendars` says of calendars which ones, in whichever space (None: those of `spaces`).
    An actor without a user sees nothing.
    """

    kind: ActorKind
    user: User | None
    label: str
    spaces: frozenset[int] | None = None
    max_role: Role = Role.MANAGER
    calendars: frozenset[int] | None = None

    @classmethod
    def person(cls, user: User) -> Actor:
        return cls(ActorKind.PERSON, user, user.name)

    @property
    def among_calendars(self) -> Actor:
        """The same, as far as calendars are concerned: chosen ones may lie in spaces that are not."""
        return self if self.calendars is None else replace(self, spaces=None)

    @property
    def in_person(self) -> Actor:
        """Whoever stands behind it, with all that they may: a device that only reads is its person's still."""
        return self if self.user is None else Actor.person(self.user)

    def may_know(self, calendar: int) -> bool:
        """Whether this calendar is among those that the actor is not kept from."""
        return self.calendars is None or calendar in self.calendars


NOBODY = Actor(ActorKind.GUEST, None, "")
COMMAND = Actor(ActorKind.SYSTEM, None, "farley")  # who types a command that nobody's name is given to
