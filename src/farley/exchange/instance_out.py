"""The whole instance as a folder of open formats, in the layout that `docs/operator/whole-instance.md` describes.

Cards and calendar objects are the octets that are stored, one after the other; what the standards cannot say stands
beside them as JSON, one object a line, in the same order. Read again by `instance_in`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from farley import __version__
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.models import User
from farley.accounts.portraits import Portrait
from farley.accounts.roles import Role
from farley.accounts.teams import Team, TeamMember
from farley.calendars.filling import Source
from farley.calendars.models import Calendar, CalendarObject
from farley.contacts.models import Affiliation, Contact, ExternalId, Tag
from farley.conversations.models import KINDS, About
from farley.database.moments import one_moment
from farley.exchange import further
from farley.exchange.models import SavedMapping
from farley.fields.models import Field
from farley.journal.models import Noun
from farley.lists import tabs
from farley.lists.models import DefaultView, View
from farley.spaces.models import Home, Membership, Space

LAYOUT: Final = 1
PAGE: Final = 500
ABOUT: Final = "farley.json"
# Columns that name rows of this database, count its changes, or are read out of octets.
_INNER: Final = frozenset({"id", "pk", "revision", "octets_revision", "password", "photo", "waiting", "last_login"})
GROUP: Final = "group=*"  # stands in the address of a view for the group that is named beside it
_GROUP = re.compile(r"\bgroup=([0-9]{1,18})\b")
LEFT_OUT: Final = (
    "passwords, second factors, passkeys, sessions, single sign-on",
    "devices, tokens, invitations, links by which contacts and calendars are shared",
    "mirrors, and the addresses of subscribed calendars (their entries are in, as a plain calendar)",
    "what is deleted, former versions, the journals, notifications, imports, access logs",
)
Row = dict[str, Any]


class NotEmpty(ValueError):
    """The folder has something in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty: name a folder that is, or that is not there yet")


@dataclass(slots=True)
class Written:
    """How many there are of each."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, count: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + count


def write_all(folder: Path, *, by: Actor, door: Door, progress: Callable[[int], None] = lambda _done: None) -> Written:
    """Write everything into `folder`, which is empty or not there. `farley.json` comes last: with it all is whole.

    It is as it was at one moment, whoever goes on writing.
    For whoever runs the server: private spaces are in it. Raises NotEmpty, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty(folder)
    note(Verb.EXPORTED, by=by, door=door, subject="everything")
    with one_moment():
        return _write_all(folder, progress)


def _write_all(folder: Path, progress: Callable[[int], None]) -> Written:
    written = Written()
    names = _Names()
    for name, rows in (
        ("accounts", _accounts(names)),
        ("teams", _teams(names)),
        ("spaces", _spaces(names)),
        ("fields", _fields(names)),
        ("views", _views(names)),
        ("columns-of-tables", _mappings(names)),
    ):
        written.add(name, _lines(folder / f"{name}.jsonl", rows))
    for portrait in Portrait.objects.order_by("pk").iterator(PAGE):
        _file(folder / "photos" / f"{names.users[portrait.user_id]}.webp", bytes(portrait.octets))
    for space in Space.objects.order_by("pk"):
        here = folder / "spaces" / space.name
        here.mkdir(mode=0o700, parents=True)
        _write_contacts(here, space, names, written, progress)
        written.add("tags", _lines(here / "tags.jsonl", _tags(space)))
        written.add("notes and calls", _lines(here / "entries.jsonl", _entries(space, names)))
        _write_calendars(here, space, names, written)
    for each in further.registered():
        written.add(each.name, _lines(folder / f"{each.name}.jsonl", each.write()))
    said = {
        "layout": LAYOUT,
        "farley": __version__,
        "written_at": timezone.now(),
        "counts": written.counts,
        "left_out": LEFT_OUT,
    }
    _file(folder / ABOUT, json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode() + b"\n")
    return written


class _Names:
    """What rows are called outside of this database."""

    def __init__(self) -> None:
        self.users: dict[int, str] = dict(User.objects.values_list("pk", "name"))
        self.teams: dict[int, str] = dict(Team.objects.values_list("pk", "name"))
        self.spaces: dict[int, str] = dict(Space.objects.values_list("pk", "name"))
        self.fields: dict[int, str] = {
            pk: field_name(self.spaces.get(space), noun, key)
            for pk, space, noun, key in Field.objects.values_list("pk", "space", "noun", "key")
        }
        views = View.objects.filter(deleted_at=None).order_by("pk").values_list("pk", flat=True)
        self.views: dict[int, int] = {pk: number for number, pk in enumerate(views, 1)}  # by their lines

    def user(self, pk: int | None) -> str | None:
        return None if pk is None else self.users[pk]

    def space(self, pk: int | None) -> str | None:
        return None if pk is None else self.spaces[pk]


def field_name(space: str | None, noun: int, key: str) -> str:
    """What an own field is called: `contact/level` everywhere, `sales/contact/level` in one space."""
    return "/".join(filter(None, (space, Noun(noun).name.lower(), key)))


def plain(row: models.Model, *but: str) -> Row:
    """The columns of a row by their names, those apart that name other rows or are of this database alone."""
    return {
        column.name: getattr(row, column.attname)
        for column in row._meta.concrete_fields
        if not column.is_relation and column.name not in _INNER and column.name not in but
    }


def _accounts(names: _Names) -> Iterator[Row]:
    homes = dict(Home.objects.values_list("user", "space"))
    for user in User.objects.order_by("pk"):
        columns = tabs.with_views_called(user.columns, names.views)
        yield {**plain(user), "columns": columns, "new_contacts_go_to": names.space(homes.get(user.pk))}


def _teams(names: _Names) -> Iterator[Row]:
    members: dict[int, list[Row]] = {}
    for member in TeamMember.objects.order_by("pk"):
        said = {"user": names.users[member.user_id], "given_by": names.user(member.given_by_id), "since": member.since}
        members.setdefault(member.team_id, []).append(said)
    for team in Team.objects.order_by("pk"):
        yield {**plain(team), "members": members.get(team.pk, [])}


def _spaces(names: _Names) -> Iterator[Row]:
    for space in Space.objects.order_by("pk"):
        members = [
            {
                "user": names.user(each.user_id),
                "team": names.teams[each.team_id] if each.team_id else None,
                "role": Role(each.role).name.lower(),
                "given_by": names.user(each.given_by_id),
                "since": each.since,
            }
            for each in Membership.objects.filter(space=space).order_by("pk")
        ]
        yield {**plain(space), "kind": Space.Kind(space.kind).name.lower(), "members": members}


def _fields(names: _Names) -> Iterator[Row]:
    for each in Field.objects.order_by("pk"):
        said = {"space": names.space(each.space_id), "noun": Noun(each.noun).name.lower()}
        yield {**plain(each), **said, "kind": Field.Kind(each.kind).name.lower()}


def _views(names: _Names) -> Iterator[Row]:
    first_of: dict[int, list[str]] = {}
    for default in DefaultView.objects.order_by("pk"):
        first_of.setdefault(default.view_id, []).append(names.users[default.user_id])
    for view in View.objects.filter(deleted_at=None).order_by("pk"):
        said: Row = {"owner": names.user(view.owner_id), "space": names.space(view.space_id)}
        if found := _GROUP.search(view.query):  # a contact's number means nothing elsewhere
            group = Contact.objects.filter(pk=int(found[1]), deleted_at=None).first()
            said["group"] = {"space": names.spaces[group.space_id], "uid": group.uid} if group else None
            said["query"] = _GROUP.sub(GROUP if group else "", view.query)
        yield {**plain(view), **said, "comes_first_for": first_of.get(view.pk, [])}


def _mappings(names: _Names) -> Iterator[Row]:
    for each in SavedMapping.objects.order_by("pk"):
        yield {**plain(each), "user": names.user(each.user_id), "space": names.space(each.space_id)}


def _tags(space: Space) -> Iterator[Row]:
    """Those to which somebody gave a colour: the others are in the cards."""
    for tag in Tag.objects.filter(space=space).exclude(hue="").order_by("name"):
        yield plain(tag)


def _write_contacts(here: Path, space: Space, names: _Names, written: Written, progress: Callable[[int], None]) -> None:
    with (here / "contacts.vcf").open("xb") as cards, (here / "contacts.jsonl").open("xb") as beside:
        last = 0
        live = Contact.objects.filter(space=space, deleted_at=None).select_related("content", "organisation")
        while page := list(live.filter(pk__gt=last).order_by("pk")[:PAGE]):
            last = page[-1].pk
            also = _Beside(page, names)
            for contact in page:
                _put(beside, {**_size(cards, contact.content.data), **also.of(contact)})
            written.add("contacts", len(page))
            progress(written.counts["contacts"])


def _size(stream: IO[bytes], octets: bytes) -> Row:
    """Write a record as it is stored, and say how long it is: one that lacks its last line break gets one behind it."""
    stream.write(octets if octets.endswith(b"\n") else octets + b"\r\n")
    return {"octets": len(octets)}


class _Beside:
    """What a page of contacts has that their cards do not say."""

    def __init__(self, page: list[Contact], names: _Names) -> None:
        pks = [contact.pk for contact in page]
        self._names = names
        self._ids: dict[int, list[list[str]]] = {}
        for pk, system, key in (
            ExternalId.objects.filter(contact__in=pks).order_by("pk").values_list("contact", "system", "key")
        ):
            self._ids.setdefault(pk, []).append([system, key])
        self._parts: dict[int, list[Row]] = {}
        for part in Affiliation.objects.filter(person__in=pks).order_by("pk").select_related("organisation"):
            said = {"organisation": part.organisation.uid, **plain(part)}
            if part.organisation.deleted_at is None and part.organisation.space_id == page[0].space_id:
                self._parts.setdefault(part.person_id, []).append(said)

    def of(self, contact: Contact) -> Row:
        organisation = contact.linked_organisation
        own = {name: value for pk, value in (contact.own or {}).items() if (name := self._names.fields.get(int(pk)))}
        return {
            "uid": contact.uid,
            "href": contact.href,
            "owner": self._names.user(contact.owner_id),
            "organisation": organisation.uid if organisation else None,
            "follow_up_on": contact.follow_up_on,
            "last_contact_at": contact.last_contact_at,
            "own_fields": own,
            "affiliations": self._parts.get(contact.pk, []),
            "external_ids": self._ids.get(contact.pk, []),
            "created_at": contact.created_at,
            "changed_at": contact.changed_at,
        }


def _entries(space: Space, names: _Names) -> Iterator[Row]:
    for noun, model in KINDS.items():
        last = 0
        live = model.objects.filter(space=space, deleted_at=None).order_by("pk")
        while page := list(live.filter(pk__gt=last)[:PAGE]):
            last = page[-1].pk
            about: dict[int, list[Row]] = {}
            told = About.objects.filter(noun=noun, record__in=[entry.pk for entry in page], contact__deleted_at=None)
            for record, uid, home in told.order_by("contact").values_list("record", "contact__uid", "contact__space"):
                about.setdefault(record, []).append({"space": names.spaces[home], "uid": uid})
            for entry in page:
                yield {
                    "kind": noun.name.lower(),
                    **plain(entry),
                    "author": names.user(entry.author_id),
                    "about": about.get(entry.pk, []),
                }


def _write_calendars(here: Path, space: Space, names: _Names, written: Written) -> None:
    calendars = list(Calendar.objects.filter(space=space, deleted_at=None).order_by("position", "pk"))
    sources = {source.pk: source for source in Source.objects.filter(calendar__in=calendars)}
    written.add("calendars", _lines(here / "calendars.jsonl", (_calendar(each, sources, names) for each in calendars)))
    for calendar in calendars:
        folder = here / "calendars"
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{calendar.slug}.ics").open("xb") as ics, (folder / f"{calendar.slug}.jsonl").open("xb") as out:
            last = 0
            live = CalendarObject.objects.filter(calendar=calendar, deleted_at=None).select_related("content")
            while page := list(live.filter(pk__gt=last).order_by("pk")[:PAGE]):
                last = page[-1].pk
                for entry in page:
                    stamps = {"created_at": entry.created_at, "changed_at": entry.changed_at}
                    _put(out, {**_size(ics, entry.content.data), "uid": entry.uid, "href": entry.href, **stamps})
                written.add("events and tasks", len(page))


def _calendar(calendar: Calendar, sources: dict[int, Source], names: _Names) -> Row:
    source = sources.get(calendar.pk)
    kind = Calendar.Kind(calendar.kind)
    if source is None or source.sealed_address:
        return {**plain(calendar), "kind": Calendar.Kind.PLAIN.name.lower()}
    filled = {"user": names.user(source.user_id), "region": source.region, "every_minutes": source.every_minutes}
    return {**plain(calendar), "kind": kind.name.lower(), "filled": filled}


def _lines(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("xb") as out:
        for row in rows:
            _put(out, row)
            count += 1
    return count


def _put(out: IO[bytes], row: Row) -> None:
    out.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")


def _file(path: Path, octets: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(octets)
