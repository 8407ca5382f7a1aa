"""One team space full of planted words, and everybody who may or may not come across them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.test.client import ClientHandler

from farley.accounts import teams
from farley.accounts.actor import Actor, ActorKind
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations as calendars
from farley.calendars.filling import Source
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.contacts import operations as contacts
from farley.contacts.models import Contact
from farley.conversations import operations as conversations
from farley.conversations.models import Call, Note
from farley.exchange import importing, uploads
from farley.exchange.models import Import
from farley.fields import operations as defining
from farley.fields.models import Field
from farley.journal.models import Batch, Change, Door, Noun, Verb
from farley.journal.writing import one_batch
from farley.lists import saving
from farley.lists.models import View
from farley.mirrors import operations as mirrors
from farley.mirrors.carddav import Found
from farley.mirrors.models import Mirror, MirrorItem, MirrorRun
from farley.mirrors.sealing import seal
from farley.notifications.models import Notification
from farley.spaces import invitations
from farley.spaces.models import Invitation, Membership, Space
from tests.cast import a_card, an_event, hand_of, person

OUTSIDE = ("anonymous", "mallory", "admin", "closed", "freebusy")  # who learns nothing of what lies in the space
INSIDE = ("reader", "editor", "manager")
SERVER = Actor(ActorKind.SYSTEM, None, "command line")

SECRET = "Zyxwvut-Geheimnis"  # the contact's name
PLANTED = {
    "name": SECRET,
    "mail": "zyxmail@",
    "phone": "9087654321",
    "address": "Zyxstrasse",
    "job": "Zyxjob",
    "note": "Zyxnote",
    "tag": "Zyxtag",
    "organisation": "Zyxorg",
    "relation": "Zyxfriend",
    "own line": "Zyxown",
    "uid": "zyxuid",
    "group": "Zyxgroup",
    "deleted contact": "Zyxdeleted",
    "earlier version": "Zyxearlier",
    "imported file": "zyxfile",
    "title of an act": "Zyxact",
    "mirror": "Zyxmirror",
    "server of a mirror": "zyxcloud",
    "calendar": "Zyxkalender",
    "event": "Zyxtermin",
    "note of its own": "Zyxmemo",
    "call": "Zyxcall",
    "place of an event": "Zyxort",
    "guest": "zyxgast",
    "task": "Zyxaufgabe",
    "followed calendar": "Zyxabo",
    "server of a followed calendar": "zyxfeed",
    "own field": "Zyxfield",
    "value of an own field": "Zyxvalue",
    "saved view": "Zyxview",
    "what a view asks": "Zyxquery",
}
SPACE = {"space": "zyxsales", "title of the space": "Zyxraum"}  # administrators know of it, not of what is in it
LINES = (
    "N:Geheimnis;Zyxwvut;;;",
    "EMAIL:zyxmail@example.org",
    "TEL:+499087654321",
    "ADR:;;Zyxstrasse 1;Berlin;;;",
    "TITLE:Zyxjob",
    "NOTE:Zyxnote",
    "CATEGORIES:Zyxtag",
    "ORG:Zyxorg",
    "X-ABRELATEDNAMES:Zyxfriend",
    "X-OWN:Zyxown",
)


_HANDLER = ClientHandler(enforce_csrf_checks=False)


@dataclass(frozen=True)
class Scene:
    """A team space with one contact, everybody who may want it, and what else routes and commands are about."""

    space: Space
    contact: Contact
    batch: Batch
    import_: Import
    version: int
    deleted: Contact
    group: Contact
    organisation: Contact
    token: str
    invitation: Invitation
    field: Field
    view: View
    mirror: Mirror
    calendar: Calendar
    event: CalendarObject
    memo: Note
    call: Call
    mention: Notification

    def client(self, who: str) -> Client:
        """A browser in which `who` is signed in; a session of somebody whose account was closed counts nothing."""
        client = Client()
        client.handler = _HANDLER  # one chain of middleware: making it takes a third of a request
        if who != "anonymous":
            client.force_login(User.objects.get(name=who))
        return client


def make_scene() -> Scene:
    for name in ("mallory", "closed", "freebusy", "reader", "editor", "manager"):
        person(name)
    person("admin", is_admin=True)
    space: Space = Space.objects.create(name=SPACE["space"], title=SPACE["title of the space"], kind=Space.Kind.TEAM)
    roles = {"closed": Role.MANAGER} | {role.word: role for role in Role}
    for name, role in roles.items():
        Membership.objects.create(space=space, user=User.objects.get(name=name), role=role)
    User.objects.filter(name="closed").update(is_active=False)
    manager = User.objects.get(name="manager")
    hand = hand_of(manager)
    with one_batch(Batch.Act.IMPORT, by=manager.actor, door=Door.IMPORT, title="Zyxact") as batch:
        hand.store(space, a_card("Zyxearlier", uid="zyxuid"), href="zyxhref.vcf", batch=batch)
        stored = hand.store(space, a_card(SECRET, *LINES, uid="zyxuid"), href="zyxhref.vcf", batch=batch)
        organisation = hand.contact(space, a_card("Zyxorg", "ORG:Zyxorg", "X-ABShowAs:COMPANY"), batch=batch)
        group = hand.contact(space, a_card("Zyxgroup", "KIND:group", "MEMBER:zyxuid", version="4.0"), batch=batch)
        kind = Field.Kind.TEXT
        field = defining.define(Noun.CONTACT, space, label="Zyxfield", kind=kind, by=manager.actor, door=Door.WEB)
        found = Contact.objects.filter(pk=stored.pk)
        contacts.set_fields(found, {field: "Zyxvalue"}, by=manager.actor, door=Door.WEB, batch=batch)
    contact = Contact.objects.get(pk=stored.pk)
    sources = uploads.receive([("zyxfile.vcf", [a_card("Somebody")])])
    run = importing.prepare(space, sources, by=manager.actor, door=Door.WEB, is_dry_run=True)
    importing.run(run, by=manager.actor)
    version = Change.objects.filter(subject=contact.pk, verb=Verb.CHANGED).latest("pk").pk
    deleted = hand.contact(space, a_card("Zyxdeleted"))
    contacts.delete([deleted], by=manager.actor, door=Door.WEB, batch=None)
    for name in ("sellers", "dissolved"):
        crew = teams.create(name, by=SERVER, door=Door.CLI)
        teams.add_member(crew, User.objects.get(name="reader"), by=SERVER, door=Door.CLI)
    invitation, token = invitations.invite(space, Role.READER, max_uses=9, by=manager.actor)
    view, _ = saving.save_view(
        "contacts", title="Zyxview", query="q=Zyxquery", space=space, by=manager.actor, door=Door.WEB
    )
    mirror = _mirror(space, manager)
    both = Components.EVENTS | Components.TASKS
    act: dict[str, Any] = {"by": manager.actor, "door": Door.WEB}
    calendar = calendars.create(space, "Zyxkalender", slug="zyxslug", components=both, **act)
    followed = calendars.create(space, "Zyxabo", kind=Calendar.Kind.SUBSCRIPTION, **act)
    address = seal("https://zyxfeed.example.org/zyxsecret.ics")
    Source.objects.create(calendar=followed, user=manager, host="zyxfeed.example.org", sealed_address=address)
    event = hand.entry(
        calendar, an_event("Zyxtermin", "LOCATION:Zyxort", "ATTENDEE;CN=Zyxgast:mailto:zyxgast@x.org", uid="zyxplan")
    )
    hand.entry(calendar, an_event("Zyxaufgabe", "DUE:20261201T090000Z", kind="VTODO"))
    told: dict[str, Any] = {"by": manager.actor, "door": Door.WEB, "batch": None}
    memo = conversations.add(Note(text="Zyxmemo @reader"), [contact], **told)
    call = conversations.add(Call(text="Zyxcall"), [contact], **told)
    return Scene(
        *(space, contact, batch, run, version, deleted, group, organisation, token, invitation, field, view, mirror),
        *(calendar, event, memo, call, Notification.objects.get(user__name="reader")),
    )


def _mirror(space: Space, manager: User) -> Mirror:
    """One that has failed, with a run and a card that did not get across."""
    address, terms = "https://zyxcloud.example.org/", mirrors.Terms()
    found = [Found(f"{address}book/", "Zyxmirror")]
    mirror = mirrors.add(
        space, "Zyxmirror", address, "zyx", "a secret", found, terms=terms, by=manager.actor, door=Door.WEB
    )
    Mirror.objects.filter(pk=mirror.pk).update(trouble="network", trouble_details={"host": "zyxcloud.example.org"})
    MirrorRun.objects.create(mirror=mirror, finished_at=mirror.created_at, trouble="network")
    MirrorItem.objects.create(mirror=mirror, path="/book/zyxcard.vcf", problem="undelivered", details={"path": "x"})
    mirror.refresh_from_db()
    return mirror


def hidden_from(who: str) -> list[str]:
    """The planted words that nothing may show to `who`, one of OUTSIDE."""
    return [*PLANTED.values(), *(() if who == "admin" else SPACE.values())]


def traces(text: str, who: str) -> list[str]:
    """What of the planted words is in `text`, that must not be there for `who`."""
    low = text.lower()
    return [word for word in hidden_from(who) if word.lower() in low]


def body(response: Any) -> str:
    """What a response carries, that of the files in an archive too."""
    octets = b"".join(response.streaming_content) if response.streaming else response.content
    if octets.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            octets = b"\n".join([*map(str.encode, archive.namelist()), *map(archive.read, archive.namelist())])
    return octets.decode(errors="replace")


def whole(response: Any) -> str:
    """Headers, the names of files among them, and body."""
    return "\n".join([*(f"{name}: {value}" for name, value in response.headers.items()), body(response)])
