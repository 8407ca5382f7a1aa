"""What a phone asks for, within one process: the WSGI application without sockets, beside the bare domain calls."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

ONES = 300  # puts and deletes of one card
TIMES = 5  # of each question; the best counts
PHOTO_EVERY, PHOTO = 20, "A" * 27_000  # a photo of 20 kB in base64
SPACES = 'xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"'


def card(number: int) -> bytes:
    photo = [f"PHOTO;ENCODING=b;TYPE=JPEG:/9j/{PHOTO}"] if number % PHOTO_EVERY == 0 else []
    lines = [
        *("BEGIN:VCARD", "VERSION:3.0", f"UID:bench-{number}", f"FN:Person {number:06} Müller-Lüdenscheidt"),
        *(f"N:Müller-Lüdenscheidt;Person {number:06};;;", "ORG:Farley Benchmarks GmbH;Department of Phones"),
        *(f"EMAIL;TYPE=INTERNET,WORK:person{number}@mail{number % 50}.example", f"TEL;TYPE=CELL:+49 151 {number:08}"),
        *("ADR;TYPE=HOME:;;Lange Straße 12;Hannover;;30159;Germany", "BDAY:1980-02-29", "TITLE:Head of Measuring"),
        *("NOTE:A note of ordinary length that says something about the person\\, not too much.", "CATEGORIES:one,two"),
        *photo,
        *("REV:20260101T000000Z", "END:VCARD"),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


class Phone:
    """Speaks to the application as the web server would."""

    def __init__(self, name: str, secret: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application = get_wsgi_application()
        self.authorization = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
        self.book = f"/dav/addressbooks/{name}/{name}/"

    def ask(self, method: str, path: str, body: bytes = b"", depth: str = "0") -> tuple[int, int, bytes]:
        """Status, octets of the answer, and its last ones."""
        status: list[str] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": self.book + path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "text/vcard" if method == "PUT" else "application/xml",
            "HTTP_AUTHORIZATION": self.authorization,
            "HTTP_DEPTH": depth,
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
        }
        size, last = 0, b""

        def start(line: str, _headers: list[tuple[str, str]], _trouble: Any = None, /) -> Callable[[bytes], object]:
            status.append(line)
            return io.BytesIO().write

        answer: Iterable[bytes] = self.application(environ, start)
        for piece in answer:
            size, last = size + len(piece), piece[-400:]
        answer.close()  # type: ignore[attr-defined]
        return int(status[0][:3]), size, last

    def report(self, name: str, inner: str) -> bytes:
        status, _, last = self.ask("REPORT", "", f"<{name} {SPACES}>{inner}</{name}>".encode(), "1")
        if status != 207:
            raise RuntimeError(f"{name}: {status} {last.decode()}")
        return last


def dav(count: str) -> dict[str, Any]:
    """Seconds of each act with a book of `count` cards: as the phone asks, and the bare call that it ends in."""
    from farley.accounts.doors import Door
    from farley.accounts.models import User
    from farley.contacts import members, storing
    from farley.contacts.operations import delete
    from farley.contacts.storing import Condition
    from farley.dav.preselecting import preselection
    from farley.journal.members import with_octets
    from farley.spaces.models import Space

    ada, space, total = User.objects.get(name="ada"), Space.objects.get(name="ada"), int(count)
    secret = filled(total)
    phone, by = Phone("ada", secret), ada.actor
    found: dict[str, Any] = {}

    def put(number: int) -> None:
        if phone.ask("PUT", f"{number}.vcf", card(number))[0] != 201:
            raise RuntimeError("not stored")

    def take(number: int) -> None:
        if phone.ask("DELETE", f"{number}.vcf")[0] != 204:
            raise RuntimeError("not deleted")

    def bare_put(number: int) -> None:
        storing.store(space, f"{number}.vcf", card(number), expected=Condition.ANY, by=by, door=Door.DAV)

    def bare_take(number: int) -> None:
        contact = members.contact_at(space, f"{number}.vcf")
        if contact is not None:
            delete([contact], by=by, door=Door.DAV, batch=None)

    put(total)
    for name, act, bare, base in (("put", put, bare_put, total + 1), ("delete", take, bare_take, total + 1)):
        found[name] = [_each(act, base), _each(bare, base + ONES)]

    props = "<d:prop><d:getetag/><card:address-data/></d:prop>"
    tags = "<d:prop><d:getetag/></d:prop>"
    token = phone.report("d:sync-collection", f"<d:sync-token/>{tags}").decode().partition("<d:sync-token>")[2]
    token = token.partition("<")[0]
    hrefs = [f"<d:href>{phone.book}{number}.vcf</d:href>" for number in range(total)]
    until = members.newest([space.pk])[space.pk]
    first = list(members.of(space).at([f"{number}.vcf" for number in range(500)]).values())
    questions: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "sync, nothing changed": (
            partial(phone.report, "d:sync-collection", f"<d:sync-token>{token}</d:sync-token>{tags}"),
            lambda: list(members.of(space).changes(members.newest([space.pk])[space.pk], until)),
        ),
        "first sync of all, tags": (
            partial(phone.report, "d:sync-collection", f"<d:sync-token/>{tags}"),
            lambda: list(members.of(space).changes(0, until)),
        ),
        "listing of all, tags (PROPFIND)": (
            lambda: phone.ask("PROPFIND", "", f"<d:propfind {SPACES}>{tags}</d:propfind>".encode(), "1"),
            lambda: list(members.of(space).pages()),
        ),
        "multiget of 500": (
            partial(phone.report, "card:addressbook-multiget", props + "".join(hrefs[:500])),
            lambda: list(with_octets(first)),
        ),
        "multiget of all": (
            partial(phone.report, "card:addressbook-multiget", props + "".join(hrefs)),
            lambda: [sum(len(octets) for _, octets in with_octets(page)) for page in members.of(space).pages()],
        ),
    }
    for name, prop, text in (("query on FN", "FN", "person 00012"), ("query on EMAIL", "EMAIL", "person12@")):
        match = f'<card:prop-filter name="{prop}"><card:text-match>{text}</card:text-match></card:prop-filter>'
        inner = f"{tags}<card:filter>{match}</card:filter>"
        questions[name] = (
            partial(phone.report, "card:addressbook-query", inner),
            partial(_chosen, preselection, f"<card:filter {SPACES}>{match}</card:filter>", space),
        )
    for name, (asked, bare_call) in questions.items():
        found[name] = [_best(asked), _best(bare_call)]
    put(total + 10 * ONES)
    asked, bare_call = questions["sync, nothing changed"]
    found["sync, one change"] = [_best(asked), _best(bare_call)]
    return found


def filled(total: int) -> str:
    """The password of a device that reads a book of `total` cards, made here."""
    from farley.accounts import devices
    from farley.accounts.devices import Device
    from farley.accounts.doors import Door
    from farley.accounts.models import User
    from farley.contacts import storing
    from farley.contacts.storing import Entry
    from farley.spaces.models import Space

    ada, space = User.objects.get(name="ada"), Space.objects.get(name="ada")
    for start in range(0, total, 500):
        entries = [Entry(card(number), f"{number}.vcf") for number in range(start, min(start + 500, total))]
        storing.store_many(space, entries, batch=None, by=ada.actor, door=Door.CLI)
    return devices.add(ada, Device.Kind.DEVICE, "Bench", by=ada.actor, door=Door.CLI)[1]


def _chosen(preselection: Any, text: str, space: Any) -> object:
    from farley.dav.elements import parse
    from farley.dav.filters import read_filter

    return preselection(read_filter(parse(text.encode())))(space)


def _each(act: Callable[[int], None], base: int) -> float:
    """Seconds of one, of ONES of them."""
    began = time.perf_counter()
    for number in range(ONES):
        act(base + number)
    return (time.perf_counter() - began) / ONES


def _best(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)
