"""Every address and method for devices x every kind of device: what it gets, and that who may not change does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import timezone

from farley.accounts.devices import Device
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import Calendar, CalendarObject
from farley.contacts.models import Contact
from farley.dav import urls
from farley.dav.models import DeadProperty
from farley.journal.models import Change
from farley.spaces.models import Membership, Space
from tests.cast import a_card, an_event, hand_of, person, team
from tests.dav.phone import NAMESPACES, Answer, Phone, phone_of, program_of

pytestmark = pytest.mark.django_db

SECRET = "Zyxwvut-Geheimnis"
OUTSIDE = ("stranger", "administrator", "elsewhere", "freebusy")  # whose devices see nothing of the space
READING = ("read-only", "read-only token")  # of the editor, and so they see the space
DEVICES = (*OUTSIDE, "reader", *READING, "editor", "manager")
WRITING = ("editor", "manager")

BOOK = "/dav/addressbooks/{own}/sales/"
CARD = f"{BOOK}card.vcf"
PRIVATE = "/dav/addressbooks/{own}/{own}/"
PLAN = "/dav/calendars/{own}/plan/"
ENTRY = f"{PLAN}entry.ics"
OWN_PLAN = "/dav/calendars/{own}/own-{own}/"
SPAN = '<cal:time-range start="20261201T000000Z" end="20261202T000000Z"/>'
TIMES = f"<cal:free-busy-query {NAMESPACES}>{SPAN}</cal:free-busy-query>"
ENTRIES = (
    f"<cal:calendar-query {NAMESPACES}><d:prop><cal:calendar-data/></d:prop><cal:filter>"
    f'<cal:comp-filter name="VCALENDAR"><cal:comp-filter name="VEVENT">{SPAN}</cal:comp-filter></cal:comp-filter>'
    "</cal:filter></cal:calendar-query>"
)
THESE = (
    f"<cal:calendar-multiget {NAMESPACES}><d:prop><cal:calendar-data/></d:prop>"
    f"<d:href>{ENTRY}</d:href></cal:calendar-multiget>"
)
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
    Ask("PROPFIND", "/dav/calendars/", ANYBODY),
    Ask("PROPFIND", "/dav/calendars/{own}/", ANYBODY),
    Ask("PROPFIND", "/dav/calendars/owner/", NOBODY),
    Ask("REPORT", "/dav/calendars/{own}/", (200,) * 3, TIMES),
    Ask("MKCALENDAR", "/dav/calendars/{own}/new/", (201,) * 3, others=dict.fromkeys((*READING, "elsewhere"), 403)),
    # whether others have one of this name shows nobody: they get their own
    Ask("MKCALENDAR", PLAN, (201, 405, 405), others={"elsewhere": 403}),
    Ask("OPTIONS", PLAN, (200,) * 3),
    Ask("PROPFIND", PLAN, SEEN),
    Ask("PROPFIND", "/dav/calendars/owner/plan/", NOBODY),
    Ask("GET", PLAN, (404, 200, 200)),
    Ask("REPORT", PLAN, SEEN, SYNC),
    Ask("REPORT", PLAN, SEEN, ENTRIES),
    Ask("REPORT", PLAN, SEEN, THESE),
    Ask("REPORT", PLAN, (404, 200, 200), TIMES, others={"freebusy": 200}),
    Ask("REPORT", OWN_PLAN, ANYBODY, THESE),
    Ask("PROPPATCH", PLAN, (404, 403, 207), SET),
    Ask("PROPPATCH", PLAN, (404, 403, 207), RETITLE),
    Ask("DELETE", PLAN, (404, 403, 403)),
    Ask("DELETE", OWN_PLAN, (204,) * 3, others=dict.fromkeys(READING, 403)),
    Ask("PROPFIND", ENTRY, SEEN),
    Ask("GET", ENTRY, (404, 200, 200)),
    Ask("GET", "/dav/calendars/owner/plan/entry.ics", NOBODY),
    Ask("PROPPATCH", ENTRY, (404, 403, 207), SET),
    Ask("PUT", f"{PLAN}new.ics", (404, 403, 201), an_event("New", uid="new").decode()),
    Ask("PUT", ENTRY, CHANGED, an_event("Changed", uid="secret").decode()),
    Ask("DELETE", ENTRY, CHANGED),
    Ask("COPY", ENTRY, (404, 201, 201), to=f"{OWN_PLAN}new.ics", others=dict.fromkeys(READING, 403)),
    Ask("COPY", f"{OWN_PLAN}own.ics", (409, 403, 201), to=f"{PLAN}new.ics"),
    Ask("MOVE", ENTRY, (404, 403, 201), to=f"{OWN_PLAN}new.ics"),
    Ask("MOVE", f"{OWN_PLAN}own.ics", (409, 403, 201), to=f"{PLAN}new.ics"),
]
PEOPLE = ("stranger", "freebusy", "administrator", "reader", "editor", "manager")


@pytest.fixture
def space(db: None) -> Space:
    for name in ("owner", *PEOPLE):
        person(name, is_admin=name == "administrator")
    roles = {"owner": Role.MANAGER, "reader": Role.READER, "editor": Role.EDITOR, "manager": Role.MANAGER}
    space = team("sales", freebusy=Role.FREEBUSY, **roles)
    owner = hand_of(User.objects.get(name="owner"))
    owner.store(space, a_card(SECRET, uid="secret"), href="card.vcf")
    owner.put(planned(space, "plan"), an_event(SECRET, uid="secret"), href="entry.ics")
    for name in PEOPLE:
        furnished(User.objects.get(name=name))
    return space


def furnished(user: User) -> None:
    """Somebody with a card and an event of their own."""
    own = Space.objects.get(name=user.name)
    hand_of(user).store(own, a_card(uid="own"), href="own.vcf")
    hand_of(user).put(planned(own, f"own-{user.name}"), an_event(uid="own"), href="own.ics")


def planned(space: Space, slug: str) -> Calendar:
    calendar: Calendar = Calendar.objects.create(space=space, slug=slug, name=f"{slug} calendar")
    return calendar


def device(kind: str, space: Space) -> Phone:
    if kind in READING or kind == "elsewhere":
        editor = User.objects.get(name="editor")
        only = Space.objects.get(name="editor") if kind == "elsewhere" else None
        make = program_of if kind == "read-only token" else phone_of
        return make(editor, space, is_read_only=kind in READING, only=only)
    return phone_of(User.objects.get(name=kind), space)


def asked(phone: Phone, ask: Ask) -> Answer:
    body, path, to = (text.replace("{own}", phone.user.name) for text in (ask.body, ask.path, ask.to))
    media = {"content_type": "text/calendar"} if ask.method == "PUT" and path.endswith(".ics") else {}
    return phone.ask(ask.method, path, body, depth="1", destination=to or None, **media)


@pytest.mark.parametrize("kind", ["expired", "closed"])
def test_a_device_that_ended_gets_nothing(space: Space, kind: str) -> None:
    user = person(kind)
    Membership.objects.create(space=space, user=user, role=Role.MANAGER)
    furnished(user)
    phone = phone_of(user, space)
    if kind == "expired":
        Device.objects.filter(user=user).update(expires_at=timezone.now())
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
    before = Contact.objects.get(href="card.vcf").etag
    for ask in REQUESTS:
        with transaction.atomic():
            answer = asked(phone, ask)
            told = answer.body
            transaction.set_rollback(True)
        assert answer.status in (401, 429), ask  # 429: who goes on with a password that opens nothing has to wait
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
        count = counted()
        with transaction.atomic():
            answer = asked(phone, ask)
            told = answer.body.decode()
            changed += [kind] if of_the_space(space) != before else []
            written += [kind] if counted() != count else []
            transaction.set_rollback(True)  # each finds the space as it was
        codes[kind] = answer.status
        leaks += [kind] if SECRET in told and kind in OUTSIDE else []
        assert "owner@example.org" not in told, "devices are told of nobody but their own person"
    assert codes == {kind: ask.expected_of(kind) for kind in DEVICES}
    assert leaks == []
    assert set(changed) <= set(WRITING)
    assert not set(written) & set(READING), "what may only read keeps nothing either"


def counted() -> list[int]:
    """What a device that only reads adds nothing to."""
    return [model.objects.count() for model in (Change, DeadProperty, Space, Calendar)]


def of_the_space(space: Space) -> object:
    """What a device that may not write there must leave as it is."""
    there = Space.objects.get(pk=space.pk)
    records = [
        list(model.objects.filter(space=space).values_list("content", "deleted_at"))
        for model in (Contact, CalendarObject)
    ]
    return there.revision, there.title, records, list(Calendar.objects.filter(space=space).values_list("name", "slug"))


def test_every_address_and_method_is_in_the_table(space: Space) -> None:
    phone = device("manager", space)
    paths = {ask.path.replace("{own}", "manager") for ask in REQUESTS}
    routes = {pattern.name for pattern in urls.urlpatterns for path in paths if pattern.pattern.match(path[1:])}
    leading_here = {"well-known-carddav", "well-known-caldav"}  # see test_door, test_calendars
    assert routes == {pattern.name for pattern in urls.urlpatterns} - leading_here
    there = {method for path in paths for method in phone.ask("OPTIONS", path).raw.headers.get("Allow", "").split(", ")}
    assert there - {""} == {ask.method for ask in REQUESTS}
