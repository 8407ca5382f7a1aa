"""Every address and method of CardDAV x every kind of device -> what it gets, and that who may not change does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import timezone

from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.dav import urls
from farley.dav.models import DeadProperty
from farley.journal.models import Change
from farley.spaces.models import Membership, Space
from tests.cast import a_card, hand_of, person, team
from tests.dav.phone import NAMESPACES, Answer, Phone, phone_of, program_of

pytestmark = pytest.mark.django_db

SECRET = "Zyxwvut-Geheimnis"
OUTSIDE = ("stranger", "administrator", "elsewhere")  # whose devices see nothing of the space
READING = ("read-only", "read-only token")  # of the editor, and so they see the space
DEVICES = (*OUTSIDE, "reader", *READING, "editor", "manager")
WRITING = ("editor", "manager")

BOOK = "/dav/addressbooks/{own}/sales/"
CARD = f"{BOOK}card.vcf"
PRIVATE = "/dav/addressbooks/{own}/{own}/"
SYNC = f"<d:sync-collection {NAMESPACES}><d:sync-token/><d:prop><d:displayname/></d:prop></d:sync-collection>"
QUERY = (
    f"<card:addressbook-query {NAMESPACES}><d:prop><card:address-data/></d:prop><card:filter/></card:addressbook-query>"
)
MULTIGET = (
    f"<card:addressbook-multiget {NAMESPACES}><d:prop><card:address-data/></d:prop>"
    f"<d:href>{CARD}</d:href></card:addressbook-multiget>"
)
EXPAND = (
    f'<d:expand-property {NAMESPACES}><d:property name="owner"/><d:property name="displayname"/></d:expand-property>'
)
MATCH = f"<d:principal-match {NAMESPACES}><d:self/></d:principal-match>"
SEARCH = (
    f"<d:principal-property-search {NAMESPACES}><d:property-search><d:prop><d:displayname/></d:prop>"
    "<d:match>own</d:match></d:property-search><d:prop><d:displayname/></d:prop></d:principal-property-search>"
)
MAKE = (
    f"<d:mkcol {NAMESPACES}><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>"
    "</d:prop></d:set></d:mkcol>"
)
SET = f"<d:propertyupdate {NAMESPACES}><d:set><d:prop><cs:mark>x</cs:mark></d:prop></d:set></d:propertyupdate>"
RETITLE = SET.replace("<cs:mark>x</cs:mark>", "<d:displayname>Mine</d:displayname>")


@dataclass(frozen=True)
class Ask:
    """A request, `{own}` being the name of who asks; `codes`: of devices from outside, that read, and that write.

    `others`: of some kinds of device by themselves.
    """

    method: str
    path: str
    codes: tuple[int, int, int]
    body: str = ""
    to: str = ""  # the Destination
    others: dict[str, int] = field(default_factory=dict)

    def expected_of(self, kind: str) -> int:
        place = 0 if kind in OUTSIDE else 2 if kind in WRITING else 1
        return self.others.get(kind, self.codes[place])


SEEN, CHANGED, ANYBODY, NOBODY = (404, 207, 207), (404, 403, 204), (207,) * 3, (404,) * 3
REQUESTS = [
    Ask("OPTIONS", "/dav/", (200,) * 3),
    Ask("PROPFIND", "/dav/", ANYBODY),
    Ask("PROPFIND", "/dav/principals/", ANYBODY),
    Ask("REPORT", "/dav/principals/", ANYBODY, MATCH),
    Ask("REPORT", "/dav/principals/", ANYBODY, SEARCH),
    Ask("PROPFIND", "/dav/principals/{own}/", ANYBODY),
    Ask("PROPFIND", "/dav/principals/owner/", NOBODY),
    Ask("PROPPATCH", "/dav/principals/{own}/", ANYBODY, SET, others=dict.fromkeys(READING, 403)),
    Ask("PROPFIND", "/dav/addressbooks/", ANYBODY),
    Ask("PROPFIND", "/dav/addressbooks/{own}/", ANYBODY),
    Ask("PROPFIND", "/dav/addressbooks/owner/", NOBODY),
    Ask("PROPPATCH", "/dav/addressbooks/{own}/", ANYBODY, SET, others=dict.fromkeys(READING, 403)),
    Ask("MKCOL", "/dav/addressbooks/{own}/new/", (201,) * 3, MAKE, others=dict.fromkeys((*READING, "elsewhere"), 403)),
    Ask("MKCOL", BOOK, (403, 405, 405), MAKE),
    Ask("OPTIONS", BOOK, (200,) * 3),
    Ask("PROPFIND", BOOK, SEEN),
    Ask("PROPFIND", "/dav/addressbooks/owner/sales/", NOBODY),
    Ask("GET", BOOK, (404, 200, 200)),
    Ask("REPORT", BOOK, SEEN, SYNC),
    Ask("REPORT", BOOK, SEEN, QUERY),
    Ask("REPORT", BOOK, SEEN, MULTIGET),
    Ask("REPORT", PRIVATE, ANYBODY, MULTIGET),
    Ask("REPORT", BOOK, SEEN, EXPAND),
    Ask("REPORT", BOOK, SEEN, MATCH),
    Ask("REPORT", BOOK, SEEN, SEARCH),
    Ask("PROPPATCH", BOOK, (404, 403, 207), SET),
    Ask("PROPPATCH", BOOK, (404, 403, 207), RETITLE),
    Ask("DELETE", BOOK, (404, 403, 403)),
    Ask("PUT", BOOK, (404, 405, 405), a_card().decode()),
    Ask("PROPFIND", CARD, SEEN),
    Ask("GET", CARD, (404, 200, 200)),
    Ask("GET", "/dav/addressbooks/owner/sales/card.vcf", NOBODY),
    Ask("HEAD", CARD, (404, 200, 200)),
    Ask("REPORT", CARD, SEEN, EXPAND),
    Ask("PROPPATCH", CARD, (404, 403, 207), SET),
    Ask("PUT", f"{BOOK}new.vcf", (404, 403, 201), a_card("New", uid="new").decode()),
    Ask("PUT", CARD, CHANGED, a_card("Changed", uid="secret").decode()),
    Ask("DELETE", CARD, CHANGED),
    # a reader may copy into a book of their own; the card's own book does not change by it
    Ask("COPY", CARD, (404, 201, 201), to=f"{PRIVATE}new.vcf", others=dict.fromkeys(READING, 403)),
    Ask("COPY", f"{PRIVATE}own.vcf", (409, 403, 201), to=f"{BOOK}new.vcf"),
    Ask("MOVE", CARD, (404, 403, 201), to=f"{PRIVATE}new.vcf"),
    Ask("MOVE", CARD, (404, 403, 201), to=f"{BOOK}new.vcf"),
    Ask("MOVE", f"{PRIVATE}own.vcf", (409, 403, 201), to=f"{BOOK}new.vcf"),
]


@pytest.fixture
def space(db: None) -> Space:
    for name in ("owner", "stranger", "reader", "editor", "manager"):
        person(name)
    person("administrator", is_admin=True)
    space = team("sales", owner=Role.MANAGER, reader=Role.READER, editor=Role.EDITOR, manager=Role.MANAGER)
    hand_of(User.objects.get(name="owner")).store(space, a_card(SECRET, uid="secret"), href="card.vcf")
    for name in ("stranger", "administrator", "reader", "editor", "manager"):
        user = User.objects.get(name=name)
        hand_of(user).store(Space.objects.get(name=name), a_card(uid="own"), href="own.vcf")
    return space


def device(kind: str, space: Space) -> Phone:
    if kind in READING or kind == "elsewhere":
        editor = User.objects.get(name="editor")
        only = Space.objects.get(name="editor") if kind == "elsewhere" else None
        make = program_of if kind == "read-only token" else phone_of
        return make(editor, space, is_read_only=kind in READING, only=only)
    return phone_of(User.objects.get(name=kind), space)


def asked(phone: Phone, ask: Ask) -> Answer:
    body, path, to = (text.replace("{own}", phone.user.name) for text in (ask.body, ask.path, ask.to))
    return phone.ask(ask.method, path, body, depth="1", destination=to or None)


@pytest.mark.parametrize("kind", ["freebusy", "expired", "closed"])
def test_a_device_that_sees_nothing_or_ended_gets_nothing(space: Space, kind: str) -> None:
    user = person(kind)
    role = Role.FREEBUSY if kind == "freebusy" else Role.MANAGER
    Membership.objects.create(space=space, user=user, role=role)
    hand_of(user).store(Space.objects.get(name=kind), a_card(uid="own"), href="own.vcf")
    phone = phone_of(user, space)
    if kind == "expired":
        Device.objects.filter(user=user).update(expires_at=timezone.now())
    elif kind == "closed":
        User.objects.filter(pk=user.pk).update(is_active=False)
    before = Contact.objects.get(href="card.vcf").etag
    for ask in REQUESTS:
        with transaction.atomic():
            answer = asked(phone, ask)
            told = answer.body
            transaction.set_rollback(True)
        refused = (401, 429)  # 429: who goes on with a password that opens nothing has to wait
        assert answer.status in ((ask.expected_of("stranger"),) if kind == "freebusy" else refused), ask
        assert SECRET.encode() not in told
    assert Contact.objects.get(space=space).etag == before


@pytest.mark.parametrize(
    "ask", [pytest.param(ask, id=f"{ask.method} {ask.path} {n}") for n, ask in enumerate(REQUESTS)]
)
def test_a_device_gets_what_the_table_says(space: Space, ask: Ask) -> None:
    before = of_the_space(space)
    codes, leaks, changed, written = {}, [], [], []
    for kind in DEVICES:
        phone = device(kind, space)
        count = Change.objects.count(), DeadProperty.objects.count(), Space.objects.count()
        with transaction.atomic():
            answer = asked(phone, ask)
            told = answer.body.decode()
            changed += [kind] if of_the_space(space) != before else []
            now = Change.objects.count(), DeadProperty.objects.count(), Space.objects.count()
            written += [kind] if now != count else []
            transaction.set_rollback(True)  # each finds the space as it was
        codes[kind] = answer.status
        leaks += [kind] if SECRET in told and kind in OUTSIDE else []
        assert "owner@example.org" not in told, "devices are told of nobody but their own person"
    assert codes == {kind: ask.expected_of(kind) for kind in DEVICES}
    assert leaks == []
    assert set(changed) <= set(WRITING)
    assert not set(written) & set(READING), "what may only read keeps nothing either"


def of_the_space(space: Space) -> object:
    """What a device that may not write there must leave as it is."""
    there = Space.objects.get(pk=space.pk)
    return there.revision, there.title, list(Contact.objects.filter(space=space).values_list("content", "deleted_at"))


def test_every_address_and_method_is_in_the_table(space: Space) -> None:
    phone = device("manager", space)
    paths = {ask.path.replace("{own}", "manager") for ask in REQUESTS}
    routes = {pattern.name for pattern in urls.urlpatterns for path in paths if pattern.pattern.match(path[1:])}
    assert routes == {pattern.name for pattern in urls.urlpatterns} - {
        "well-known-carddav"
    }  # leads here, see test_door
    there = {method for path in paths for method in phone.ask("OPTIONS", path).raw.headers.get("Allow", "").split(", ")}
    assert there - {""} == {ask.method for ask in REQUESTS}
