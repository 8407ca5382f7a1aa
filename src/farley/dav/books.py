"""Address books of a device's home: each a space that it sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts import members
from farley.contacts.members import Gone, Member
from farley.dav import tokens
from farley.dav.addresses import book_of, encoded
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, find


@dataclass(frozen=True, slots=True)
class Changes:
    """What a client must hear of, and the state up to which it is told."""

    rows: Iterator[Member | Gone]
    until: str


@dataclass
class Book:
    """One space as an address book."""

    space: Space
    role: Role
    home: str  # whose it is in

    @property
    def href(self) -> str:
        return book_of(self.home, self.space.name)

    @property
    def name(self) -> str:
        return str(self.space.name)

    @property
    def title(self) -> str:
        return str(self.space.title)

    @property
    def key(self) -> str:
        """What tokens call it."""
        return str(self.space.pk)

    @property
    def is_writable(self) -> bool:
        return self.role >= Role.EDITOR

    @property
    def is_own(self) -> bool:
        return bool(self.space.is_private)

    def href_of(self, name: str) -> str:
        """The address of a member, percent-encoded."""
        return self.href + encoded(name)

    def state(self) -> str:
        """Up to where things have happened. Read before the rows that it is handed out with."""
        return str(members.newest([self.space.pk])[self.space.pk])

    def pages(self) -> Iterator[list[Member]]:
        return members.pages(self.space)

    def picked(self, choose: Callable[[Space], set[int]]) -> Iterator[list[Member]]:
        """The members whose contacts `choose` names, of those of a space."""
        return members.by_pk(self.space, choose(self.space))

    def at(self, names: Sequence[str]) -> dict[str, Member]:
        """Those of these members that there are."""
        return members.at(self.space, names)

    def locate(self, name: str) -> tuple[Space, str]:
        """Where a member of this name lies, or would lie."""
        return self.space, name

    def changes(self, since: str | None, *, is_whole: bool) -> Changes:
        """What changed since a state (None: ever). `is_whole`: members that did not change, too.

        Raises DavError (403 valid-sync-token) for a state that never was.
        """
        until = int(self.state())
        if since is None:
            return Changes(members.changes(self.space, 0, until, with_gone=False), str(until))
        if not since.isdecimal() or int(since) > until:
            raise tokens.invalid()
        return Changes(members.changes(self.space, 0 if is_whole else int(since), until), str(until))

    def state_after(self, row: Member | Gone) -> str:
        """The state of somebody who has been told everything up to `row` of `changes`."""
        return str(row.revision)


def book_named(name: str, *, home: str, by: Actor) -> Book | None:
    """The book of this name; None where there is none, or none for this device."""
    try:
        space = find(name, by=by)
    except NoSuchSpace:
        return None
    role = space.role_of(by)
    return Book(space, role, home) if role is not None and role >= Role.READER else None


def books_of(home: str, *, by: Actor) -> list[Book]:
    """All of the home, private ones first. Archived spaces are in no list."""
    spaces = Space.objects.visible_to(by).in_use().order_by("kind", "title", "pk")
    return [Book(space, role, home) for space in spaces if (role := space.role_of(by)) is not None]
