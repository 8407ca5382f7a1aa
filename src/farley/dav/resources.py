"""What there is below /dav/, by its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from farley.contacts.members import Member
from farley.dav.addresses import BASE, HOMES, PRINCIPALS, home_of, principal_of
from farley.dav.books import Book, book_named, books_of
from farley.dav.errors import not_found
from farley.dav.request import DavRequest


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
    href: str = HOMES


@dataclass(frozen=True, slots=True)
class Home:
    """A person's address books."""

    name: str

    @property
    def href(self) -> str:
        return home_of(self.name)


@dataclass(frozen=True, slots=True)
class CardAt:
    """A place for one card in a book, whether or not one is there."""

    book: Book
    name: str

    @property
    def href(self) -> str:
        return self.book.href_of(self.name)

    def member(self) -> Member | None:
        return self.book.at([self.name]).get(self.name)


@dataclass(frozen=True, slots=True)
class Vacant:
    """A place in the home where no book is, or none for this device."""

    home: Home
    name: str

    @property
    def href(self) -> str:
        return f"{self.home.href}{self.name}/"


Collection = Root | PrincipalList | Principal | HomeList | Home | Book
Resource = Collection | CardAt


def resource_at(dav: DavRequest, path: Sequence[str]) -> Resource:
    """What is at these segments. Raises DavError (404) for what is not, or not for this device."""
    found = place_at(dav, path)
    if isinstance(found, Vacant):
        raise not_found()
    return found


def place_at(dav: DavRequest, path: Sequence[str]) -> Resource | Vacant:
    """As `resource_at`, but a place where a book could be is not an error."""
    if "\0" in dav.http.path_info:  # PostgreSQL breaks on it
        raise not_found()
    own = dav.user.name
    match list(path):
        case [""]:
            return Root("/")
        case ["dav"]:
            return Root()
        case ["dav", "principals"]:
            return PrincipalList()
        case ["dav", "principals", name] if name == own:
            return Principal(name)
        case ["dav", "addressbooks"]:
            return HomeList()
        case ["dav", "addressbooks", name] if name == own:
            return Home(name)
        case ["dav", "addressbooks", name, book] if name == own:
            return book_named(book, home=name, by=dav.actor, device=dav.device) or Vacant(Home(name), book)
        case ["dav", "addressbooks", name, book, card] if name == own:
            found = book_named(book, home=name, by=dav.actor, device=dav.device)
            if found is not None:
                return CardAt(found, card)
    raise not_found()


def children_of(dav: DavRequest, parent: Collection) -> list[Collection]:
    """What is in a collection, the members of books left out."""
    match parent:
        case Root():
            return [PrincipalList(), HomeList()]
        case PrincipalList():
            return [Principal(dav.user.name)]
        case HomeList():
            return [Home(dav.user.name)]
        case Home(name):
            return list(books_of(name, by=dav.actor, device=dav.device))
    return []
