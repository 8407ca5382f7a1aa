"""A device that speaks CardDAV and CalDAV, for tests: asks, and reads multistatus answers."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.http import HttpResponse
from django.test import Client

from farley.accounts import devices
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.dav.elements import Element, parse
from farley.dav.names import APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV
from farley.spaces.models import Space

_NAMED = {"d": DAV, "card": CARDDAV, "cal": CALDAV, "cs": CALENDARSERVER, "ical": APPLE}
NAMESPACES = " ".join(f'xmlns:{prefix}="{space[1:-1]}"' for prefix, space in _NAMED.items())


@dataclass
class Row:
    """One response of a multistatus: its status where it has one, else properties by status and name."""

    href: str
    status: int | None
    props: dict[int, dict[str, Element]]
    error: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """The text of a property that is there."""
        return self.props[200][name].text

    def named(self, name: str) -> list[str]:
        """The names of all elements within a property."""
        return [each.name for each in _below(self.props[200][name])]


@dataclass
class Answer:
    """What came back."""

    raw: HttpResponse

    @property
    def status(self) -> int:
        return self.raw.status_code

    @cached_property
    def body(self) -> bytes:
        return self.raw.getvalue()  # of a stream: once

    @property
    def etag(self) -> str:
        return self.raw.headers["ETag"]

    @property
    def root(self) -> Element:
        return parse(self.body)

    @property
    def rows(self) -> list[Row]:
        assert self.status == 207, self.body
        return [_row(each) for each in self.root.all(f"{DAV}response")]

    @property
    def by_name(self) -> dict[str, Row]:
        """By the last segment of the href."""
        return {unquote(row.href.rstrip("/").rpartition("/")[2]): row for row in self.rows}

    @property
    def token(self) -> str:
        found = self.root.first(f"{DAV}sync-token")
        assert found is not None
        return found.text

    @property
    def condition(self) -> str:
        """The name of the condition in a DAV:error."""
        return self.root.children[0].name


@dataclass
class Phone:
    """A device with its password, and the address book it mostly uses."""

    user: User
    secret: str
    space: Space
    client: Client = field(default_factory=Client)

    @property
    def book(self) -> str:
        return f"/dav/addressbooks/{self.user.name}/{self.space.name}/"

    @property
    def authorization(self) -> str:
        return basic(self.user.name, self.secret)

    def ask(self, method: str, path: str, body: bytes | str = b"", **headers: Any) -> Answer:
        """A request; `headers` in Python's spelling: if_match. A path without a slash in front is in the book."""
        path = path if path.startswith("/") else self.book + path
        content_type = headers.pop("content_type", "text/vcard" if method == "PUT" else "application/xml")
        sent = {"authorization": self.authorization} | headers
        extra = {f"HTTP_{name.upper()}": value for name, value in sent.items() if value is not None}
        octets = body.encode() if isinstance(body, str) else body
        return Answer(self.client.generic(method, path, octets, content_type, **extra))

    def put(self, name: str, octets: bytes, **headers: Any) -> Answer:
        return self.ask("PUT", name, octets, **headers)

    def get(self, name: str, **headers: Any) -> Answer:
        return self.ask("GET", name, **headers)

    def propfind(self, path: str, *props: str, depth: str = "0", **headers: Any) -> Answer:
        """`props` as `d:getetag`; none: allprop."""
        inner = f"<d:prop>{_empty(props)}</d:prop>" if props else "<d:allprop/>"
        return self.ask("PROPFIND", path, f"<d:propfind {NAMESPACES}>{inner}</d:propfind>", depth=depth, **headers)

    def report(self, name: str, inner: str, path: str = "", **headers: Any) -> Answer:
        return self.ask("REPORT", path or self.book, f"<{name} {NAMESPACES}>{inner}</{name}>", **headers)

    def multiget(
        self, *hrefs: str, props: Iterable[str] = ("d:getetag", "card:address-data"), **headers: Any
    ) -> Answer:
        asked = "".join(f"<d:href>{href}</d:href>" for href in hrefs)
        return self.report("card:addressbook-multiget", f"<d:prop>{_empty(props)}</d:prop>{asked}", **headers)

    def sync(self, token: str = "", *, limit: int | None = None, props: Iterable[str] = ("d:getetag",)) -> Answer:
        cut = f"<d:limit><d:nresults>{limit}</d:nresults></d:limit>" if limit is not None else ""
        inner = f"<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{cut}"
        return self.report("d:sync-collection", f"{inner}<d:prop>{_empty(props)}</d:prop>", depth="0")

    def query(
        self, conditions: str, *, test: str = "anyof", more: str = "", props: Iterable[str] = ("d:getetag",)
    ) -> Answer:
        wanted = f'<d:prop>{_empty(props)}</d:prop><card:filter test="{test}">{conditions}</card:filter>{more}'
        return self.report("card:addressbook-query", wanted, depth="1")


@dataclass
class Planner(Phone):
    """A device that mostly uses a calendar, by the name that this has in its person's home."""

    calendar: str = ""

    @property
    def home(self) -> str:
        return f"/dav/calendars/{self.user.name}/"

    @property
    def book(self) -> str:
        return f"{self.home}{self.calendar}/"

    def put(self, name: str, octets: bytes, **headers: Any) -> Answer:
        return self.ask("PUT", name, octets, **{"content_type": "text/calendar"} | headers)

    def find(self, conditions: str, *, props: str = "<d:getetag/>", more: str = "", path: str = "") -> Answer:
        """A calendar-query for what is within the VCALENDAR."""
        wanted = f'<cal:filter><cal:comp-filter name="VCALENDAR">{conditions}</cal:comp-filter></cal:filter>'
        return self.report("cal:calendar-query", f"<d:prop>{props}</d:prop>{wanted}{more}", path, depth="1")

    def named(self, conditions: str) -> str:
        """The names of what a query finds, without their ending."""
        return " ".join(sorted(name.removesuffix(".ics") for name in self.find(conditions).by_name))

    def busy(self, start: str, end: str, path: str = "") -> Answer:
        span = f'<cal:time-range start="{start}" end="{end}"/>'
        return self.report("cal:free-busy-query", span, path, depth="1")


class Program(Phone):
    """One that comes with a token."""

    @property
    def authorization(self) -> str:
        return f"Bearer {self.secret}"


def phone_of(user: User, space: Space | None = None, *, is_read_only: bool = False, only: Space | None = None) -> Phone:
    """A new device of `user`, whose book is `space` or the private one; `only`: it sees no other."""
    secret = _added(user, Device.Kind.DEVICE, is_read_only=is_read_only, only=only)
    return Phone(user, secret, space or Space.objects.get(name=user.name))


def planner_of(user: User, calendar: str, *, is_read_only: bool = False, calendars: list[int] | None = None) -> Planner:
    """A new device of `user` for a calendar of this name; `calendars`: it sees no others, and no contacts."""
    secret = _added(user, Device.Kind.DEVICE, is_read_only=is_read_only, only=None, calendars=calendars)
    return Planner(user, secret, Space.objects.get(name=user.name), calendar=calendar)


def program_of(
    user: User, space: Space | None = None, *, is_read_only: bool = False, only: Space | None = None
) -> Phone:
    """The same, by a token."""
    secret = _added(user, Device.Kind.TOKEN, is_read_only=is_read_only, only=only)
    return Program(user, secret, space or Space.objects.get(name=user.name))


def _added(
    user: User, kind: Device.Kind, *, is_read_only: bool, only: Space | None, calendars: list[int] | None = None
) -> str:
    spaces = [only.pk] if only else None if calendars is None else []
    name = f"Phone {Device.objects.filter(user=user).count()}"
    seen: dict[str, Any] = {"spaces": spaces, "calendars": calendars}
    return devices.add(user, kind, name, is_read_only=is_read_only, by=user.actor, door=Door.WEB, **seen)[1]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _empty(names: Iterable[str]) -> str:
    return "".join(f"<{name}/>" for name in names)


def _row(element: Element) -> Row:
    href = element.first(f"{DAV}href")
    assert href is not None
    status = element.first(f"{DAV}status")
    error = element.first(f"{DAV}error")
    props: dict[int, dict[str, Element]] = {}
    for stat in element.all(f"{DAV}propstat"):
        told, inner = stat.first(f"{DAV}status"), stat.first(f"{DAV}prop")
        assert told is not None
        assert inner is not None
        props.setdefault(_code(told.text), {}).update({each.name: each for each in inner.children})
    names = [each.name for each in error.children] if error else []
    return Row(href.text, _code(status.text) if status else None, props, names)


def _code(status: str) -> int:
    protocol, code, reason = status.split(" ", 2)
    assert protocol == "HTTP/1.1"
    assert reason
    return int(code)


def _below(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _below(child)
