"""What all of them do: find the address book, keep its cards, send what was changed on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar
from urllib.parse import urljoin

from django.test import Client

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.dav.names import CARDDAV, DAV
from tests.dav.phone import Answer, Row, basic

ETAG, DATA = f"{DAV}getetag", f"{CARDDAV}address-data"
WELL_KNOWN = "/.well-known/carddav"


class Program(ABC):
    """One program on one device. What a person does on it waits in `dirty` and `deleted` until it syncs."""

    agent: ClassVar[str]
    writes: ClassVar[str] = "3.0"  # the version of its cards
    waits_for_challenge: ClassVar[bool] = True  # it sends no password that nobody asked for
    content_type: ClassVar[str] = "text/vcard; charset=utf-8"

    def __init__(self, user: User, *, is_merged: bool = False, is_read_only: bool = False) -> None:
        name = f"{type(self).__name__} {Device.objects.filter(user=user).count()}"
        self.device, self.secret = devices.add(
            user,
            Device.Kind.DEVICE,
            name,
            is_merged=is_merged,
            is_read_only=is_read_only,
            by=user.actor,
            door=Door.WEB,
        )
        self.user, self.client = user, Client()
        self.book = ""
        self.is_writable = False
        self.cards: dict[str, bytes] = {}  # by href
        self.tags: dict[str, str] = {}
        self.dirty: dict[str, bytes] = {}
        self.deleted: set[str] = set()
        self._knows_the_realm = not self.waits_for_challenge

    def ask(self, method: str, address: str, body: str | bytes = b"", **headers: Any) -> Answer:
        """A request, with its password once that was asked for, and where redirects lead."""
        octets = body.encode() if isinstance(body, str) else body
        kind = headers.pop("content_type", "application/xml; charset=utf-8") if octets else ""
        for _ in range(4):
            extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()} | {"HTTP_USER_AGENT": self.agent}
            if self._knows_the_realm:
                extra["HTTP_AUTHORIZATION"] = basic(self.user.name, self.secret)
            answer = Answer(self.client.generic(method, address, octets, kind, **extra))  # type: ignore[arg-type]
            if answer.status in (301, 302, 307, 308):
                address = urljoin(address, answer.raw["Location"])
            elif answer.status == 401 and not self._knows_the_realm:
                assert answer.raw["WWW-Authenticate"].startswith("Basic realm=")
                self._knows_the_realm = True
            else:
                return answer
        raise AssertionError(f"{method} {address} leads nowhere")

    def name_of(self, uid: str) -> str:
        """How it calls a new card."""
        return f"{uid}.vcf"

    @abstractmethod
    def set_up(self) -> None:
        """Find the first address book, from the name of the server alone, and whether it may be written."""

    @abstractmethod
    def fetch(self) -> None:
        """Have what the server has."""

    @abstractmethod
    def send(self, href: str, card: bytes) -> None:
        """Store a card that was made or changed here, and handle a refusal as the program does."""

    @abstractmethod
    def send_deletion(self, href: str) -> None:
        """Delete a card that was deleted here."""

    def sync(self) -> None:
        for href in sorted(self.deleted):
            self.send_deletion(href)
            self.forget(href)
        for href, card in list(self.dirty.items()):
            self.send(href, card)
        self.deleted.clear()
        self.dirty.clear()
        self.fetch()

    def change(self, uid: str, card: bytes) -> str:
        """A person makes or changes the card with this UID. The href it has, or will have."""
        href = self.href_of(uid) or urljoin(self.book, self.name_of(uid))
        self.dirty[href] = self.cards[href] = card
        return href

    def delete(self, uid: str) -> None:
        href = self.href_of(uid)
        assert href is not None
        self.deleted.add(href)

    def href_of(self, uid: str) -> str | None:
        return next((href for href, card in self.cards.items() if f"UID:{uid}\r\n".encode() in card), None)

    def card(self, uid: str) -> bytes:
        href = self.href_of(uid)
        assert href is not None, f"there is no {uid} on {self.device}"
        return self.cards[href]

    def forget(self, href: str) -> None:
        self.cards.pop(href, None)
        self.tags.pop(href, None)

    def keep(self, row: Row) -> None:
        """A card that came, with its tag."""
        self.cards[row.href] = row[DATA].replace("\r\n", "\n").replace("\n", "\r\n").encode()
        self.tags[row.href] = row[ETAG]


def inner_href(row: Row, name: str) -> str:
    """The href within a property; nothing where the property is not there."""
    found = row.props.get(200, {}).get(name)
    href = found.first(f"{DAV}href") if found else None
    return href.text.strip() if href else ""


def is_book(row: Row) -> bool:
    return 200 in row.props and f"{CARDDAV}addressbook" in row.named(f"{DAV}resourcetype")
