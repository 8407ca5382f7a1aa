"""Address books of a device's home: each a space that it sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import ClassVar, Final

from farley.accounts.actor import Actor
from farley.accounts.devices import Device
from farley.accounts.roles import Role
from farley.contacts import members
from farley.contacts.members import Gone, Member
from farley.dav import tokens
from farley.dav.addresses import book_of, encoded
from farley.dav.tokens import Token
from farley.journal import epochs
from farley.spaces.models import Home, Space
from farley.spaces.operations import NoSuchSpace, find

MERGED: Final = "merged-"  # and the name of the space that new cards go to
_FOREIGN = re.compile(r"s([0-9]{1,18})~(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a client must hear of, and the state up to which it is told."""

    rows: Iterator[Member | Gone]
    until: str


@dataclass
class Book:
    """One space as an address book."""

    can_be_cut: ClassVar[bool] = True  # changes can be told in parts
    space: Space
    role: Role
    home: str  # whose it is in

    @cached_property
    def href(self) -> str:
        return book_of(self.home, self.name)

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
    def spaces(self) -> list[Space]:
        """Whose contacts are in it, that of new ones first."""
        return [self.space]

    @property
    def is_writable(self) -> bool:
        return self.role >= Role.EDITOR

    @property
    def is_own(self) -> bool:
        return bool(self.space.is_private)

    def is_writable_at(self, name: str) -> bool:
        """Whether the member of this name may be written."""
        return self.is_writable

    def name_in(self, space: int, href: str) -> str:
        """What the member at `href` of a space is called here."""
        return href

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

    def changes(self, since: Token | None, *, is_whole: bool = False) -> Changes:
        """What changed since a token (None: ever). `is_whole`: members that did not change, too.

        Raises DavError (403 valid-sync-token) for one of a time that never was, or that a restore took back.
        """
        until = int(self.state())
        if since is None:
            return Changes(members.changes(self.space, 0, until, with_gone=False), str(until))
        if not since.state.isdecimal() or not epochs.is_valid(since.epoch, int(since.state), self.space):
            raise tokens.invalid()
        return Changes(members.changes(self.space, 0 if is_whole else int(since.state), until), str(until))

    def state_after(self, row: Member | Gone) -> str:
        """The state of somebody who has been told everything up to `row` of `changes`."""
        return str(row.revision)


def book_named(name: str, *, home: str, by: Actor, device: Device) -> Book | None:
    """The book of this name; None where there is none, or none for this device."""
    if device.is_merged and name.startswith(MERGED) and (merged := merged_of(home, by=by)) and merged.name == name:
        return merged
    try:
        space = find(name, by=by)
    except NoSuchSpace:
        return None
    role = space.role_of(by)
    return Book(space, role, home) if role is not None and role >= Role.READER else None


def books_of(home: str, *, by: Actor, device: Device) -> list[Book]:
    """All of the home, private ones first; or the merged one alone. Archived spaces are in no list."""
    if device.is_merged:
        merged = merged_of(home, by=by)
        return [merged] if merged else []
    spaces = Space.objects.visible_to(by).in_use().order_by("kind", "title", "pk")
    return [Book(space, role, home) for space in spaces if (role := space.role_of(by)) is not None]


class MergedBook(Book):
    """All spaces of a device as one address book, for programs that show one alone.

    The first space is where new cards go; its cards keep their names, others are `s<space>~<href>`. Of cards with the
    same UID only that of the first space is there. So a change in one space may show or hide a card of a later one.
    """

    can_be_cut = False

    def __init__(self, books: Sequence[Book]) -> None:
        super().__init__(books[0].space, books[0].role, books[0].home)
        self._books = list(books)

    @property
    def name(self) -> str:
        return f"{MERGED}{self.space.name}"

    @property
    def key(self) -> str:
        return f"m{self.space.pk}"

    @property
    def is_own(self) -> bool:
        return True

    @property
    def spaces(self) -> list[Space]:
        return [book.space for book in self._books]

    def state(self) -> str:
        return _written(members.newest([space.pk for space in self.spaces]))

    def pages(self) -> Iterator[list[Member]]:
        for number, space in enumerate(self.spaces):
            for page in members.pages(space):
                yield [self._named(each) for each in page if each.uid not in self._hidden(number, page)]

    def picked(self, choose: Callable[[Space], set[int]]) -> Iterator[list[Member]]:
        for number, space in enumerate(self.spaces):
            for page in members.by_pk(space, choose(space)):
                hidden = self._hidden(number, page)
                yield [self._named(each) for each in page if each.uid not in hidden]

    def at(self, names: Sequence[str]) -> dict[str, Member]:
        wanted: dict[int, list[str]] = {}
        for name in names:
            number, href = self._split(name)
            wanted.setdefault(number, []).append(href)
        found: dict[str, Member] = {}
        for number, hrefs in wanted.items():
            page = list(members.at(self.spaces[number], hrefs).values())
            hidden = self._hidden(number, page)
            found |= {named.href: named for each in page if each.uid not in hidden and (named := self._named(each))}
        return found

    def locate(self, name: str) -> tuple[Space, str]:
        number, href = self._split(name)
        return self.spaces[number], href

    def is_writable_at(self, name: str) -> bool:
        return self._books[self._split(name)[0]].is_writable

    def name_in(self, space: int, href: str) -> str:
        return href if space == self.space.pk else f"s{space}~{href}"

    def changes(self, since: Token | None, *, is_whole: bool = False) -> Changes:
        until = members.newest([space.pk for space in self.spaces])
        if since is None:
            return Changes((each for page in self.pages() for each in page), _written(until))
        before = _read(since.state)
        there = {space.pk: space for space in self.spaces}
        for pk, revision in before.items():  # one that has lost a space must not learn what became of its cards
            if pk not in there or not epochs.is_valid(since.epoch, revision, there[pk]):
                raise tokens.invalid()
        return Changes(self._changes(before, until, is_whole=is_whole), _written(until))

    def _changes(self, before: dict[int, int], until: dict[int, int], *, is_whole: bool) -> Iterator[Member | Gone]:
        touched: set[str] = set()  # UIDs that something happened to in the spaces before
        for number, space in enumerate(self.spaces):  # `is_whole` once it is not known what happened to which
            since = before.get(space.pk)
            rows = members.changes(space, 0 if is_whole else since or 0, until[space.pk], with_gone=since is not None)
            while some := list(islice(rows, members.PAGE // 2)):
                yield from self._shown(number, some)
            for start in range(0, len(ordered := sorted(touched)), members.PAGE // 2):
                yield from self._shown(number, members.with_uids(space, ordered[start : start + members.PAGE // 2]))
            if number + 1 < len(self.spaces):
                changed = members.uids_changed(space, since or 0, until[space.pk])
                is_whole = is_whole or changed is None
                touched |= changed or set()

    def _shown(self, number: int, some: Sequence[Member | Gone]) -> Iterator[Member | Gone]:
        """What a client hears of these rows of a space: a hidden one is gone for it."""
        hidden = self._hidden(number, [each for each in some if isinstance(each, Member)])
        for each in some:
            if isinstance(each, Member) and each.uid not in hidden:
                yield self._named(each)
            else:
                yield Gone(self.name_in(self.spaces[number].pk, each.href), each.revision)

    def _hidden(self, number: int, page: Sequence[Member]) -> set[str]:
        return members.uids(self.spaces[:number], list({each.uid for each in page}))

    def _named(self, member: Member) -> Member:
        return member._replace(href=self.name_in(member.space, member.href))

    def _split(self, name: str) -> tuple[int, str]:
        """Which of the spaces, and the href there."""
        if found := _FOREIGN.fullmatch(name):
            for number, space in enumerate(self.spaces):
                if number and space.pk == int(found[1]):
                    return number, found[2]
        return 0, name


def merged_of(home: str, *, by: Actor) -> MergedBook | None:
    """All that the device sees, that first where new contacts go; None where it sees nothing."""
    spaces = Space.objects.visible_to(by).in_use().order_by("kind", "pk")
    books = [Book(space, role, home) for space in spaces if (role := space.role_of(by)) is not None]
    chosen = Home.objects.filter(user=by.user).values_list("space", flat=True).first()
    books.sort(key=lambda book: (book.space.pk != chosen, not book.is_writable))
    return MergedBook(books) if books else None


def _written(revisions: Mapping[int, int]) -> str:
    return ".".join(["0", *(f"{pk}-{revision}" for pk, revision in sorted(revisions.items()))])


def _read(state: str) -> dict[int, int]:
    pairs = [each.partition("-") for each in state.split(".")[1:]]
    return {int(pk): int(revision) for pk, _, revision in pairs}
