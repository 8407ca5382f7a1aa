"""Address books of a device's home: each a space that it sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Final
from xml.sax.saxutils import escape

from django.core.exceptions import ValidationError

from farley.accounts.actor import Actor
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.contacts import members, operations, storing
from farley.contacts.storing import MAX_CARD
from farley.dav import tokens
from farley.dav.addresses import Kind
from farley.dav.cards import CARD_WORDS, AddressData, address_data, book_properties
from farley.dav.elements import Element
from farley.dav.errors import DavError
from farley.dav.folders import Changes, Folder, Properties, Render, Sent, Verdict
from farley.dav.models import DeadProperty
from farley.dav.names import CARDDAV, DAV
from farley.dav.privileges import member_id
from farley.dav.request import DavRequest
from farley.dav.tokens import Token
from farley.dav.versions import VERSIONS, in_version, tag_for
from farley.journal import epochs
from farley.journal.members import PAGE, Gone, Member
from farley.journal.models import Noun
from farley.journal.records import Expected, Stored
from farley.spaces.models import Home, Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, find
from farley.spaces.operations import change as change_space

MERGED: Final = "merged-"  # and the name of the space that new cards go to
_ACCEPTED = re.compile(r'text/(?:x-)?vcard\s*;(?:[^,]*;)?\s*version\s*=\s*"?([0-9.]+)', re.IGNORECASE)
_FOREIGN = re.compile(r"s([0-9]{1,18})~(.+)", re.DOTALL)


@dataclass
class Book(Folder):
    """One space as an address book."""

    kind: ClassVar[Kind] = Kind.BOOKS
    words = CARD_WORDS
    noun: ClassVar[Noun] = Noun.CONTACT
    max_size: ClassVar[int] = MAX_CARD
    settable: ClassVar[frozenset[str]] = frozenset({f"{DAV}displayname"})
    reworded: ClassVar[frozenset[str]] = frozenset({f"{CARDDAV}addressbook-description"})
    reports: ClassVar[tuple[str, ...]] = tuple(
        f"{CARDDAV}{name}" for name in ("addressbook-query", "addressbook-multiget")
    )
    space: Space
    role: Role
    home: str

    @property
    def name(self) -> str:
        return str(self.space.name)

    @property
    def title(self) -> str:
        return str(self.space.title)

    @property
    def key(self) -> str:
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

    def name_in(self, space: int, href: str) -> str:
        """What the member at `href` of a space is called here."""
        return href

    def name_beside(self, name: str, href: str) -> str:
        return self.name_in(self.locate(name)[0].pk, href)

    def state(self) -> str:
        return str(members.newest([self.space.pk])[self.space.pk])

    def pages(self) -> Iterator[list[Member]]:
        return members.of(self.space).pages()

    def picked(self, choose: Callable[[Space], set[int]]) -> Iterator[list[Member]]:
        """The members whose contacts `choose` names, of those of a space."""
        return members.of(self.space).by_pk(choose(self.space))

    def at(self, names: Sequence[str]) -> dict[str, Member]:
        return members.of(self.space).at(names)

    def locate(self, name: str) -> tuple[Space, str]:
        """Where a member of this name lies, or would lie."""
        return self.space, name

    def changes(self, since: Token | None, *, is_whole: bool = False) -> Changes:
        until = int(self.state())
        if since is None:
            return Changes(members.of(self.space).changes(0, until, with_gone=False), str(until))
        if not since.state.isdecimal() or not epochs.is_valid(since.epoch, int(since.state), self.space):
            raise tokens.invalid()
        return Changes(members.of(self.space).changes(0 if is_whole else int(since.state), until), str(until))

    def store(self, name: str, octets: bytes, *, expected: Expected, by: Actor) -> Stored:
        space, href = self.locate(name)
        return storing.store(space, href, octets, expected=expected, by=by, door=Door.DAV)

    def delete(self, name: str, *, etag: str | None, by: Actor) -> bool:
        contact = members.contact_at(*self.locate(name))
        if contact is None:
            return False
        return bool(operations.delete([contact], by=by, door=Door.DAV, batch=None, expected=etag))

    def move(self, name: str, target: Folder, to: str, *, is_overwriting: bool, by: Actor) -> bool | None:
        contact = members.contact_at(*self.locate(name))
        if contact is None or not isinstance(target, Book):
            return None
        space, href = target.locate(to)
        return operations.place(contact, space, href, is_overwriting=is_overwriting, by=by, door=Door.DAV)

    def change(self, dav: DavRequest, setting: Mapping[str, Element], removing: Sequence[str]) -> dict[str, Verdict]:
        """Give the space another title: for whoever manages it, which no device does by itself."""
        title = f"{DAV}displayname"
        if title in removing:
            return {title: (403, f"{DAV}cannot-modify-protected-property")}
        try:
            change_space(self.spaces[0], title=setting[title].text, by=dav.actor, door=Door.DAV)
        except NotAllowed:
            return {title: (403, f"{DAV}need-privileges")}
        except ValidationError:
            return {title: (409, "")}
        return {}

    def version(self, dav: DavRequest) -> str:
        return dav.version

    def properties(self, dav: DavRequest) -> Properties:
        return {
            f"{DAV}resourcetype": lambda: "<d:collection/><card:addressbook/>",
            f"{DAV}creationdate": lambda: self.space.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            f"{CARDDAV}addressbook-description": lambda: escape(self.title),
            **book_properties(dav),
        }

    def member_properties(self, dav: DavRequest) -> dict[str, Render]:
        return {f"{DAV}getcontenttype": lambda _, _etag: CARD_WORDS.media, f"{DAV}resource-id": member_id("card")}

    def data_in(self, dav: DavRequest, asked: Element | None) -> AddressData:
        return address_data(dav, asked)

    def sent(self, dav: DavRequest, member: Member, stored: bytes) -> Sent:
        """As it is stored, or in the version that the request or the device asks for. RFC 6352 §6.3."""
        asked = _ACCEPTED.search(dav.header("Accept"))
        explicit = asked[1] if asked and asked[1] in VERSIONS else ""
        octets = in_version(stored, explicit or dav.version)
        version = dav.version
        if explicit and explicit != version:
            version = explicit if octets is not stored else ""
        return Sent(octets, tag_for(member.etag, version), CARD_WORDS.media)

    def tag_of_put(self, dav: DavRequest, etag: str, octets: bytes) -> str | None:
        return tag_for(etag, dav.version) if in_version(octets, dav.version) is octets else None

    def refuse_octets(self, octets: bytes) -> None:
        """Only 2.1 knows other character sets."""
        try:
            octets.decode()
        except UnicodeDecodeError as error:
            if b"VERSION:2.1" not in octets[:1000].upper():
                text = f"The card is not in UTF-8: octet {error.start}."
                raise DavError(403, f"{CARDDAV}valid-address-data", text) from error

    @property
    def dead_key(self) -> dict[str, Any]:
        return {"place": DeadProperty.Place.BOOK, "space_id": self.space.pk}

    def dead_key_of(self, member: int) -> dict[str, Any]:
        return {"place": DeadProperty.Place.CARD, "contact_id": member}

    def dead_among(self) -> tuple[str, dict[str, Any]]:
        spaces = [space.pk for space in self.spaces]
        return "contact", {"place": DeadProperty.Place.CARD, "contact__space__in": spaces}


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

    can_be_cut: ClassVar[bool] = False

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
            for page in members.of(space).pages():
                yield [self._named(each) for each in page if each.uid not in self._hidden(number, page)]

    def picked(self, choose: Callable[[Space], set[int]]) -> Iterator[list[Member]]:
        for number, space in enumerate(self.spaces):
            for page in members.of(space).by_pk(choose(space)):
                hidden = self._hidden(number, page)
                yield [self._named(each) for each in page if each.uid not in hidden]

    def at(self, names: Sequence[str]) -> dict[str, Member]:
        wanted: dict[int, list[str]] = {}
        for name in names:
            number, href = self._split(name)
            wanted.setdefault(number, []).append(href)
        found: dict[str, Member] = {}
        for number, hrefs in wanted.items():
            page = list(members.of(self.spaces[number]).at(hrefs).values())
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
            rows = members.of(space).changes(
                0 if is_whole else since or 0, until[space.pk], with_gone=since is not None
            )
            while some := list(islice(rows, PAGE // 2)):
                yield from self._shown(number, some)
            for start in range(0, len(ordered := sorted(touched)), PAGE // 2):
                yield from self._shown(number, members.of(space).with_uids(ordered[start : start + PAGE // 2]))
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
