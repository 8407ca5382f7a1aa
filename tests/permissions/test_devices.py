"""Every method of CardDAV x every kind of device -> what it gets, and that who may not change changes nothing."""

from __future__ import annotations

import pytest
from django.utils import timezone

from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.models import Contact
from farley.spaces.models import Membership, Space
from tests.cast import a_card, hand_of, person, team
from tests.dav.phone import NAMESPACES, Answer, Phone, phone_of

pytestmark = pytest.mark.django_db

SECRET = "Zyxwvut-Geheimnis"
DEVICES = ("stranger", "reader", "editor", "read-only", "elsewhere")
SYNC = f"<d:sync-collection {NAMESPACES}><d:sync-token/><d:prop><d:displayname/></d:prop></d:sync-collection>"
QUERY = (
    f"<card:addressbook-query {NAMESPACES}><d:prop><card:address-data/></d:prop><card:filter/></card:addressbook-query>"
)
MULTIGET = (
    f"<card:addressbook-multiget {NAMESPACES}><d:prop><card:address-data/></d:prop>"
    "<d:href>{card}</d:href></card:addressbook-multiget>"
)
PATCH = (
    f"<d:propertyupdate {NAMESPACES}><d:set><d:prop><colour xmlns='urn:x'>red</colour></d:prop></d:set>"
    "</d:propertyupdate>"
)
BOOK = (
    f"<d:mkcol {NAMESPACES}><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype></d:prop>"
    "</d:set></d:mkcol>"
)
MATCH = f"<d:principal-match {NAMESPACES}><d:self/><d:prop><d:displayname/></d:prop></d:principal-match>"
EXPAND = f'<d:expand-property {NAMESPACES}><d:property name="owner"/></d:expand-property>'
SEARCH = (
    f"<d:principal-property-search {NAMESPACES}><d:property-search><d:prop><d:displayname/></d:prop>"
    "<d:match>o</d:match></d:property-search><d:prop><d:displayname/></d:prop></d:principal-property-search>"
)
DESTINATIONS = {"MOVE": "{book}moved.vcf", "COPY": "/dav/addressbooks/{name}/{name}/copy.vcf"}
SEEN = (404, 207, 207, 207, 404)
CHANGED = (404, 403, 204, 403, 404)

REQUESTS: list[tuple[str, str, str, tuple[int, ...]]] = [  # method, name in the book, body, expected of each device
    ("OPTIONS", "", "", (200,) * 5),
    ("PROPFIND", "", "", SEEN),
    ("PROPFIND", "card.vcf", "", SEEN),
    ("GET", "", "", (404, 200, 200, 200, 404)),
    ("GET", "card.vcf", "", (404, 200, 200, 200, 404)),
    ("HEAD", "card.vcf", "", (404, 200, 200, 200, 404)),
    ("REPORT", "", SYNC, SEEN),
    ("REPORT", "", QUERY, SEEN),
    ("REPORT", "", MULTIGET, SEEN),
    ("PUT", "new.vcf", a_card("New", uid="new").decode(), (404, 403, 201, 403, 404)),
    ("PUT", "card.vcf", a_card("Changed", uid="secret").decode(), CHANGED),
    ("DELETE", "card.vcf", "", CHANGED),
    ("DELETE", "", "", (404, 403, 403, 403, 404)),
    ("PUT", "", a_card().decode(), (404, 405, 405, 405, 404)),
    ("MOVE", "card.vcf", "", (404, 403, 201, 403, 404)),
    ("COPY", "card.vcf", "", (404, 201, 201, 403, 404)),
    ("PROPPATCH", "", PATCH, (404, 403, 207, 403, 404)),
    ("PROPPATCH", "card.vcf", PATCH, (404, 403, 207, 403, 404)),
    ("MKCOL", "", BOOK, (403, 405, 405, 405, 403)),
    ("REPORT", "", MATCH, SEEN),
    ("REPORT", "", EXPAND, SEEN),
    ("REPORT", "", SEARCH, SEEN),
]


@pytest.fixture
def space(db: None) -> Space:
    for name in ("owner", "stranger", "reader", "editor"):
        person(name)
    space = team("sales", owner=Role.MANAGER, reader=Role.READER, editor=Role.EDITOR)
    hand_of(User.objects.get(name="owner")).store(space, a_card(SECRET, uid="secret"), href="card.vcf")
    return space


def device(kind: str, space: Space) -> Phone:
    if kind in ("read-only", "elsewhere"):
        editor = User.objects.get(name="editor")
        private = Space.objects.get(name="editor")
        return phone_of(editor, space, is_read_only=kind == "read-only", only=private if kind == "elsewhere" else None)
    return phone_of(User.objects.get(name=kind), space)


def ask(phone: Phone, method: str, name: str, body: str) -> Answer:
    to = DESTINATIONS.get(method, "").format(book=phone.book, name=phone.user.name) or None
    return phone.ask(method, name, body.replace("{card}", f"{phone.book}card.vcf"), depth="1", destination=to)


@pytest.mark.parametrize("kind", ["freebusy", "expired", "closed"])
def test_a_device_that_sees_nothing_or_ended_gets_nothing(space: Space, kind: str) -> None:
    user = person(kind)
    role = Role.FREEBUSY if kind == "freebusy" else Role.MANAGER
    Membership.objects.create(space=space, user=user, role=role)
    phone = phone_of(user, space)
    if kind == "expired":
        Device.objects.filter(user=user).update(expires_at=timezone.now())
    elif kind == "closed":
        User.objects.filter(pk=user.pk).update(is_active=False)
    before = Contact.objects.get(href="card.vcf").etag
    for method, name, body, expected in REQUESTS:
        answer = ask(phone, method, name, body)
        refused = (401, 429)  # 429: who goes on with a password that opens nothing has to wait
        assert answer.status in ((expected[0],) if kind == "freebusy" else refused), (method, name)
        assert SECRET.encode() not in answer.body
    assert Contact.objects.get(space=space).etag == before


@pytest.mark.parametrize("kind", DEVICES)
@pytest.mark.parametrize(("method", "name", "body", "expected"), REQUESTS)
def test_a_device_gets_what_the_table_says(
    space: Space, kind: str, method: str, name: str, body: str, expected: tuple[int, ...]
) -> None:
    before = Contact.objects.get(href="card.vcf").etag
    answer = ask(device(kind, space), method, name, body)
    assert answer.status == expected[DEVICES.index(kind)], answer.body
    if kind in ("stranger", "elsewhere"):
        assert SECRET.encode() not in answer.body
    if kind != "editor":
        contact = Contact.objects.get(space=space)
        assert (contact.etag, contact.deleted_at) == (before, None)
