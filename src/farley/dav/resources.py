"""What there is below /dav/, by its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from farley.dav.addresses import BASE, PRINCIPALS, Kind, encoded, home_of, homes_of, principal_of
from farley.dav.books import book_named, books_of
from farley.dav.calendars import calendar_named, calendars_of
from farley.dav.errors import not_found
from farley.dav.folders import Folder
from farley.dav.request import DavRequest
from farley.journal.members import Member


@dataclass(frozen=True, slots=True)
class Root:
    """/dav/, and / for clients that begin there."""

    href: str = BASE


@dataclass(frozen=True, slots=True)
class PrincipalList:
    href: str = PRINCIPALS


@dataclass(frozen=True, slots=True)
class Principal:
    """The person whose device asks: of others nothing is told."""

    name: str

    @property
    def href(self) -> str:
        return principal_of(self.name)


@dataclass(frozen=True, slots=True)
class HomeList:
    kind: Kind

    @property
    def href(self) -> str:
        return homes_of(self.kind)


@dataclass(frozen=True, slots=True)
class Home:
    """A person's address books, or calendars."""

    kind: Kind
    name: str

    @property
    def href(self) -> str:
        return home_of(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Place:
    """A place for one member, whether or not one is there."""

    folder: Folder
    name: str

    @property
    def href(self) -> str:
        return self.folder.href_of(self.name)

    def member(self) -> Member | None:
        return self.folder.at([self.name]).get(self.name)


@dataclass(frozen=True, slots=True)
class Vacant:
    """A place in the home where no collection is, or none for this device."""

    home: Home
    name: str

    @property
    def href(self) -> str:
        return f"{self.home.href}{encoded(self.name)}/"


Collection = Root | PrincipalList | Principal | HomeList | Home | Folder
Resource = Collection | Place


def resource_at(dav: DavRequest, path: Sequence[str]) -> Resource:
    """What is at these segments. Raises DavError (404) for what is not, or not for this device."""
    found = place_at(dav, path)
    if isinstance(found, Vacant):
        raise not_found()
    return found


def place_at(dav: DavRequest, path: Sequence[str]) -> Resource | Vacant:
    """As `resource_at`, but a place where a collection could be is not an error."""
    if "\0" in dav.http.path_info:  # PostgreSQL breaks on it
        raise not_found()
    own = dav.user.name
    match list(path):
        case ["" | "*"]:
            return Root("/")
        case ["dav"]:
            return Root()
        case ["dav", "principals"]:
            return PrincipalList()
        case ["dav", "principals", name] if name == own:
            return Principal(name)
        case ["dav", ("addressbooks" | "calendars") as kind]:
            return HomeList(Kind(kind))
        case ["dav", ("addressbooks" | "calendars") as kind, name] if name == own:
            return Home(Kind(kind), name)
        case ["dav", ("addressbooks" | "calendars") as kind, name, folder] if name == own:
            return folder_named(dav, Kind(kind), folder) or Vacant(Home(Kind(kind), name), folder)
        case ["dav", ("addressbooks" | "calendars") as kind, name, folder, member] if name == own:
            found = folder_named(dav, Kind(kind), folder)
            if found is not None:
                return Place(found, member)
    raise not_found()


def folder_named(dav: DavRequest, kind: Kind, name: str) -> Folder | None:
    """The collection of this name in the home; None where there is none, or none for this device."""
    if kind is Kind.BOOKS:
        return book_named(name, home=dav.user.name, by=dav.actor, device=dav.device)
    return calendar_named(name, home=dav.user.name, by=dav.actor)


def children_of(dav: DavRequest, parent: Collection) -> list[Collection]:
    """What is in a collection, the members of address books and calendars left out."""
    match parent:
        case Root():
            return [PrincipalList(), *(HomeList(kind) for kind in Kind)]
        case PrincipalList():
            return [Principal(dav.user.name)]
        case HomeList(kind):
            return [Home(kind, dav.user.name)]
        case Home(Kind.BOOKS, name):
            return list(books_of(name, by=dav.actor, device=dav.device))
        case Home(Kind.CALENDARS, name):
            return list(calendars_of(name, by=dav.actor))
    return []
