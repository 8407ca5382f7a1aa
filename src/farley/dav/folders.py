"""What address books and calendars have in common: collections of members, each of one kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Protocol

from farley.accounts.actor import Actor
from farley.dav.addresses import Kind, encoded, folder_of
from farley.dav.elements import Element
from farley.dav.request import DavRequest
from farley.dav.tokens import Token
from farley.journal.members import Gone, Member
from farley.journal.models import Noun
from farley.journal.records import Expected, Stored

Inner = Callable[[], str]  # what makes the XML within a property of a collection
Properties = dict[str, Inner]
Verdict = tuple[int, str]  # status and condition
Render = Callable[[Member, str], str]  # the XML within a property of a member, whose entity tag is given


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of collection and its members are called: in answers, and in sentences for people."""

    namespace: str
    data: str  # the property that holds a member: address-data
    member: str
    folder: str
    collection: str  # what the standard calls it
    types: frozenset[str]  # media types of a body
    media: str

    def condition(self, name: str) -> str:
        """A condition of the standard, by its local name; `…` in it stands for what the data are called."""
        return f"{self.namespace}{name.replace('…', self.data)}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a client must hear of, and the state up to which it is told."""

    rows: Iterator[Member | Gone]
    until: str


class Sent(NamedTuple):
    """A member as an answer has it."""

    octets: bytes
    etag: str
    media: str


class Data(Protocol):
    """How members are wanted within an answer."""

    def tag(self, etag: str) -> str:
        """The entity tag of a member that is told without its octets."""

    def told(self, member: Member, octets: bytes) -> tuple[str, str]:
        """The entity tag of a member that is told with them, and these as XML; None of them: nothing to be told."""


class Folder(ABC):
    """A collection of members. Who holds one may see it."""

    can_be_cut: ClassVar[bool] = True  # changes can be told in parts
    kind: ClassVar[Kind]
    words: ClassVar[Words]
    noun: ClassVar[Noun]
    max_size: ClassVar[int]  # octets of a member
    settable: ClassVar[frozenset[str]]  # live properties that a device may change
    reworded: ClassVar[frozenset[str]] = frozenset()  # ones that each person may give words of their own, kept as dead
    reports: ClassVar[tuple[str, ...]]  # besides sync-collection
    more_reading: ClassVar[tuple[str, ...]] = ()  # privileges that whoever reads it has, as answers write them
    home: str  # whose it is in

    @property
    @abstractmethod
    def name(self) -> str:
        """The last segment of its address."""

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    @abstractmethod
    def key(self) -> str:
        """What tells it from every other one."""

    @property
    def sync_key(self) -> str:
        """What tokens call it, for whoever is told as much of it."""
        return self.key

    @property
    @abstractmethod
    def is_writable(self) -> bool: ...

    @property
    @abstractmethod
    def is_own(self) -> bool:
        """Whether it belongs to the person whose home it is in."""

    @cached_property
    def href(self) -> str:
        return folder_of(self.kind, self.home, self.name)

    @property
    def path(self) -> list[str]:
        """The segments of its address."""
        return ["dav", self.kind.value, self.home, self.name]

    def href_of(self, name: str) -> str:
        """The address of a member, percent-encoded."""
        return self.href + encoded(name)

    def is_writable_at(self, name: str) -> bool:
        """Whether the member of this name may be written."""
        return self.is_writable

    def name_beside(self, name: str, href: str) -> str:
        """What the member is called that lies at `href` of wherever the one called `name` lies, or would lie."""
        return href

    # What is in it, and what happened to it.

    @abstractmethod
    def state(self) -> str:
        """Up to where things have happened. Read before the rows that it is handed out with."""

    @abstractmethod
    def pages(self) -> Iterator[list[Member]]:
        """All members."""

    @abstractmethod
    def at(self, names: Sequence[str]) -> dict[str, Member]:
        """Those of these members that there are."""

    @abstractmethod
    def changes(self, since: Token | None, *, is_whole: bool = False) -> Changes:
        """What changed since a token (None: ever). `is_whole`: members that did not change, too.

        Raises DavError (403 valid-sync-token) for one of a time that never was, or that a restore took back.
        """

    def state_after(self, row: Member | Gone) -> str:
        """The state of somebody who has been told everything up to `row` of `changes`."""
        return str(row.revision)

    # What is done to it. These raise what the domain raises: StoreProblem, NotAllowed, invalid data.

    @abstractmethod
    def store(self, name: str, octets: bytes, *, expected: Expected, by: Actor) -> Stored:
        """Create or replace the member of this name."""

    @abstractmethod
    def delete(self, name: str, *, etag: str | None, by: Actor) -> bool:
        """Delete the member of this name, where it has this tag; False where there is none."""

    @abstractmethod
    def move(self, name: str, target: Folder, to: str, *, is_overwriting: bool, by: Actor) -> bool | None:
        """The same member elsewhere; whether nothing was there. None where there is nothing to move.

        `target` is of the same kind.
        """

    @abstractmethod
    def change(self, dav: DavRequest, setting: Mapping[str, Element], removing: Sequence[str]) -> dict[str, Verdict]:
        """Set and take away settable properties, all or none; what stands in the way, by the name of a property."""

    # What is told of it.

    def version(self, dav: DavRequest) -> str:
        """The version that its members are told in; empty: as they are stored."""
        return ""

    @abstractmethod
    def properties(self, dav: DavRequest) -> Properties:
        """Its live properties, besides those of every collection."""

    @abstractmethod
    def member_properties(self, dav: DavRequest) -> dict[str, Render]:
        """The live properties of its members, those that all members have aside."""

    @abstractmethod
    def data_in(self, dav: DavRequest, asked: Element | None) -> Data:
        """How a request wants members. Raises DavError for what there is not."""

    @abstractmethod
    def sent(self, dav: DavRequest, member: Member, stored: bytes) -> Sent:
        """A member as GET sends it."""

    def tag_of_put(self, dav: DavRequest, etag: str, octets: bytes) -> str | None:
        """The tag that PUT answers with; None where a GET would not bring what was put."""
        return etag

    @abstractmethod
    def refuse_octets(self, octets: bytes) -> None:
        """Raise DavError for octets that XML could not give back."""

    # Where dead properties are kept: fields of DeadProperty.

    @property
    @abstractmethod
    def dead_key(self) -> dict[str, Any]:
        """Of the collection itself."""

    @abstractmethod
    def dead_key_of(self, member: int) -> dict[str, Any]:
        """Of one member, by its id."""

    @abstractmethod
    def dead_among(self) -> tuple[str, dict[str, Any]]:
        """The field that says which member, and the filter for those of all members."""
