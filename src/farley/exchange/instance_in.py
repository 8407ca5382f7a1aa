"""The folder that `instance_out` wrote, into an empty Farley: all of it in one transaction, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeVar
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError, IntegrityError, models
from django.utils.dateparse import parse_datetime

from farley.accounts import portraits
from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.models import User, validate_name
from farley.accounts.roles import Role
from farley.accounts.teams import Team, TeamMember
from farley.calendars.filling import Source
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.operations import create as create_calendar
from farley.calendars.storing import prepare_many as prepare_entries
from farley.calendars.storing import store_prepared as store_entries
from farley.codecs.vcard import Card, InvalidVCard
from farley.contacts import affiliations
from farley.contacts.affiliations import Part
from farley.contacts.deriving import Derived
from farley.contacts.models import Contact, ExternalId, Tag
from farley.contacts.naming import LIST
from farley.contacts.storing import Prepared, prepare_card, store_prepared
from farley.contacts.writing import Own, SpaceWriter, own_of
from farley.conversations.models import KINDS
from farley.conversations.models import Entry as Told
from farley.conversations.writing import EntryWriter
from farley.database import rows
from farley.database.turns import write_turn
from farley.exchange import further
from farley.exchange.instance_out import ABOUT, GROUP, LAYOUT, Row, Written, field_name
from farley.exchange.models import SavedMapping
from farley.fields.models import Field
from farley.journal.models import Noun
from farley.journal.records import Condition, Entry, StoreProblem
from farley.lists import tabs
from farley.lists.models import DefaultView, View
from farley.spaces.models import Home, Membership, Space
from farley.spaces.operations import writing

AT_ONCE: Final = 500
# What is raised on the way by a line that is not as it was written; nothing of the folder comes in then.
DAMAGE: Final = (
    *(LookupError, ValueError, TypeError, AttributeError, RecursionError),
    *(InvalidVCard, StoreProblem, ValidationError, ObjectDoesNotExist, IntegrityError, DataError),
)
M = TypeVar("M", bound=models.Model)


class CannotRead(ValueError):
    """The folder is none that was written so, or damaged; or this Farley is not empty."""


def read_all(folder: Path, *, by: Actor, door: Door, progress: Callable[[int], None] = lambda _done: None) -> Written:
    """Bring everything in. Raises CannotRead, where nothing is changed; OSError."""
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except FileNotFoundError as error:
        raise CannotRead(
            f"{folder} has no {ABOUT}: it is no export of everything, or one that was cut short"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"{folder / ABOUT} is damaged") from error
    if not isinstance(about, dict):
        raise CannotRead(f"{folder / ABOUT} is damaged")
    if about.get("layout") != LAYOUT:
        raise CannotRead(f"this Farley reads layout {LAYOUT}, not {about.get('layout')}: take a newer one")
    with write_turn():
        if User.objects.exists() or Space.objects.exists():
            raise CannotRead("this Farley is not empty: everything goes into one without accounts and spaces")
        reading = _Reading(folder, by, door, progress)
        try:
            reading.everything()
        except DAMAGE as error:
            raise CannotRead(f"{reading.at}: {_told(error)}") from error
        if reading.written.counts != about.get("counts"):
            raise CannotRead(f"the counts in {ABOUT} are others than those of what is there: some of it is missing")
    return reading.written


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)


class _Reading:
    """One way through the folder. `at` is the file and line it is at."""

    def __init__(self, folder: Path, by: Actor, door: Door, progress: Callable[[int], None]) -> None:
        self._folder, self._by, self._door, self._progress = folder, by, door, progress
        self.written = Written()
        self.at = str(folder)
        self._users: dict[str, User] = {}
        self._teams: dict[str, Team] = {}
        self._spaces: dict[str, Space] = {}
        self._fields: dict[str, Field] = {}
        self._views: dict[int, int] = {}  # by their lines
        self._groups: dict[tuple[str, str], int] = {}  # contacts that are groups, by space and UID

    def everything(self) -> None:
        accounts = list(self._accounts())
        self._make_teams()
        spaces = list(self._make_spaces())
        self._make_fields()
        for row in spaces:
            self._space(self._spaces[row["name"]])
        for row in spaces:  # those about contacts of several spaces need all of them
            self._entries(self._spaces[row["name"]])
        self._make_views()
        self._make_mappings()
        for each in further.registered():
            path = self._folder / f"{each.name}.jsonl"
            for row in self._counted(each.name, path) if path.exists() else ():  # exports of before have it not
                each.read(row)
        # What is closed takes nothing in any more, so that comes last.
        for row in spaces:
            Space.objects.filter(name=row["name"]).update(archived_at=row["archived_at"])
        for row in accounts:
            columns = tabs.with_views_called(row["columns"], self._views)
            User.objects.filter(name=row["name"]).update(is_active=row["is_active"], columns=columns)
            if home := row["new_contacts_go_to"]:
                Home.objects.create(user=self._users[row["name"]], space=self._spaces[home])

    def _rows(self, path: Path) -> Iterator[Row]:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                self.at = f"{path.relative_to(self._folder)}:{number}"
                yield json.loads(line)

    def _counted(self, what: str, path: Path) -> Iterator[Row]:
        count = 0
        for row in self._rows(path):
            count += 1
            yield row
        self.written.add(what, count)

    def _accounts(self) -> Iterator[Row]:
        for row in self._counted("accounts", self._folder / "accounts.jsonl"):
            user = _made(User, row, is_active=True)
            user.set_unusable_password()
            user.clean_fields(exclude=["password"])
            if user.time_zone not in available_timezones() or user.language not in ("", *dict(settings.LANGUAGES)):
                raise ValueError(f"there is no time zone {user.time_zone!r}, or no language {user.language!r}")
            user.save(force_insert=True)
            self._users[user.name] = user
            photo = self._folder / "photos" / f"{user.name}.webp"
            if photo.exists():
                portraits.keep(user, photo.read_bytes())
            yield row

    def _user(self, name: str | None) -> User | None:
        return None if name is None else self._users[name]

    def _make_teams(self) -> None:
        for row in self._counted("teams", self._folder / "teams.jsonl"):
            team = _made(Team, row)
            validate_name(team.name)
            team.save(force_insert=True)
            self._teams[team.name] = team
            TeamMember.objects.bulk_create(
                TeamMember(
                    team=team,
                    user=self._users[each["user"]],
                    given_by=self._user(each["given_by"]),
                    since=_instant(each["since"]),
                )
                for each in row["members"]
            )

    def _make_spaces(self) -> Iterator[Row]:
        for row in self._counted("spaces", self._folder / "spaces.jsonl"):
            space = _made(Space, row, kind=Space.Kind[row["kind"].upper()], archived_at=None)
            validate_name(space.name)  # it is the name of a folder, too
            space.save(force_insert=True)
            self._spaces[space.name] = space
            for each in row["members"]:
                Membership.objects.create(
                    space=space,
                    user=self._user(each["user"]),
                    team=self._teams[each["team"]] if each["team"] else None,
                    role=Role[each["role"].upper()],
                    given_by=self._user(each["given_by"]),
                    since=_instant(each["since"]),
                )
            yield row

    def _make_fields(self) -> None:
        for row in self._counted("fields", self._folder / "fields.jsonl"):
            noun = Noun[row["noun"].upper()]
            space = self._spaces[row["space"]] if row["space"] else None
            field = _made(Field, row, noun=noun, space=space, kind=Field.Kind[row["kind"].upper()])
            field.save(force_insert=True)
            self._fields[field_name(row["space"], noun, field.key)] = field

    def _make_views(self) -> None:
        for row in self._counted("views", self._folder / "views.jsonl"):
            view = _made(View, row, owner=self._user(row["owner"]), space=self._spaces.get(row["space"] or ""))
            if group := row.get("group"):
                view.query = view.query.replace(GROUP, f"group={self._groups[group['space'], group['uid']]}")
            if view.list != LIST:
                raise ValueError(f"there is no list {view.list!r}")
            view.save(force_insert=True)
            self._views[len(self._views) + 1] = view.pk
            for name in row["comes_first_for"]:
                DefaultView.objects.create(user=self._users[name], view=view, list=view.list)

    def _make_mappings(self) -> None:
        for row in self._counted("columns-of-tables", self._folder / "columns-of-tables.jsonl"):
            owner, space = self._user(row["user"]), self._spaces.get(row["space"] or "")
            _made(SavedMapping, row, user=owner, space=space).save(force_insert=True)

    def _writer(self, space: Space) -> Actor:
        """Somebody who may write there: an owner or manager, whose account is not closed yet."""
        for membership in Membership.objects.filter(space=space, role=Role.MANAGER).order_by("pk"):
            in_team = User.objects.filter(teams__team=membership.team_id).order_by("pk")
            user = membership.user or in_team.first()
            if user is not None:
                actor: Actor = user.actor
                return actor
        raise ValueError(f"nobody manages the space {space.name}")

    # What is in a space.

    def _space(self, space: Space) -> None:
        here, by = self._folder / "spaces" / space.name, self._writer(space)
        self._contacts(here, space, by)
        for row in self._counted("tags", here / "tags.jsonl"):
            Tag.objects.update_or_create(space=space, name=row["name"], defaults={"hue": row["hue"]})
        for row in self._counted("calendars", here / "calendars.jsonl"):
            self._calendar(here / "calendars", space, row, by)

    def _contacts(self, here: Path, space: Space, by: Actor) -> None:
        left: list[tuple[str, Row]] = []  # what is about contacts that may come later
        with (here / "contacts.vcf").open("rb") as cards:
            beside = self._counted("contacts", here / "contacts.jsonl")
            done = 0
            while page := list(islice(beside, AT_ONCE)):
                prepared = [self._card(_octets(cards, row), row, space) for row in page]
                stored = store_prepared(space, prepared, batch=None, by=by, door=self._door)
                if problem := next((each for each in stored if isinstance(each, Exception)), None):
                    raise CannotRead(f"{here / 'contacts.vcf'}: {problem}")
                self._set_own(space, prepared, page, by)
                left += [(row["uid"], row) for row in page if row["organisation"] or row["affiliations"]]
                done += len(page)
                self._progress(done)
        self._link(space, left, by)
        for pk, uid in Contact.objects.filter(space=space).groups().values_list("pk", "uid"):
            self._groups[space.name, uid] = pk

    def _card(self, octets: bytes, row: Row, space: Space) -> Prepared:
        owner = self._users[row["owner"]].pk if row["owner"] else None
        entry = Entry(octets, row["href"], Condition.ABSENT, owner)
        prepared = prepare_card(Card.parse(octets), entry, space.default_region)
        if not isinstance(prepared, Prepared):
            raise prepared
        return prepared._replace(uid=row["uid"])

    def _set_own(self, space: Space, prepared: Sequence[Prepared], page: Sequence[Row], by: Actor) -> None:
        derived: dict[str, Derived] = {each.uid: each.derived for each in prepared}
        there = {c.uid: c for c in Contact.objects.filter(space=space, uid__in=list(derived), deleted_at=None)}
        stamps, names = [], []
        with writing([space.pk]) as spaces:
            writer = SpaceWriter(spaces[space.pk], by=by, door=self._door, batch=None)
            for row in page:
                contact = there[row["uid"]]
                own: dict[str, Own] = {}
                if row["own_fields"]:
                    said = row["own_fields"].items()
                    own["fields"] = {str(self._fields[name].pk): value for name, value in said}
                if row["follow_up_on"]:
                    own["follow_up"] = row["follow_up_on"]
                if row["last_contact_at"]:
                    own["last_contact"] = _instant(row["last_contact_at"]).isoformat()
                if own:
                    writer.set_own(contact, derived[contact.uid], **own)
                stamps.append((_instant(row["created_at"]), _instant(row["changed_at"]), contact.pk))
                names += [ExternalId(contact=contact, system=system, key=key) for system, key in row["external_ids"]]
            writer.flush()
        rows.update(Contact, ("created_at", "changed_at"), stamps)
        ExternalId.objects.filter(contact__in=[contact.pk for contact in there.values()]).delete()
        ExternalId.objects.bulk_create(names)

    def _link(self, space: Space, left: Sequence[tuple[str, Row]], by: Actor) -> None:
        """Put people into the organisations they were in, as far as their cards alone did not."""
        pks = dict(Contact.objects.filter(space=space, deleted_at=None).values_list("uid", "pk"))
        linked = dict(left)
        for start in range(0, len(left), AT_ONCE):
            page = [uid for uid, _ in left[start : start + AT_ONCE]]
            stamps = []
            with writing([space.pk]) as spaces:
                writer = SpaceWriter(spaces[space.pk], by=by, door=self._door, batch=None)
                for contact in Contact.objects.filter(space=space, uid__in=page, deleted_at=None):
                    row = linked[contact.uid]
                    stamps.append((_instant(row["changed_at"]), contact.pk))
                    organisation = pks[row["organisation"]] if row["organisation"] else None
                    if own_of(contact, "organisation") != organisation:
                        writer.set_own(contact, organisation=organisation)
                    if row["affiliations"]:
                        parts = [Part.read([pks[p["organisation"]], p["role"], p["from_on"], p["to_on"]])
                                 for p in row["affiliations"]]  # fmt: skip
                        affiliations.put(writer, contact, [], parts)
                writer.flush()
            rows.update(Contact, ("changed_at",), stamps)

    def _calendar(self, here: Path, space: Space, row: Row, by: Actor) -> None:
        calendar = _made(Calendar, row, space=space, kind=Calendar.Kind[row["kind"].upper()], archived_at=None)
        calendar = create_calendar(
            space,
            calendar.name,
            by=by,
            door=self._door,
            slug=calendar.slug,
            kind=Calendar.Kind(calendar.kind),
            **{name: getattr(calendar, name) for name in _CALENDAR},
        )
        with (here / f"{calendar.slug}.ics").open("rb") as octets:
            beside = self._counted("events and tasks", here / f"{calendar.slug}.jsonl")
            while page := list(islice(beside, AT_ONCE)):
                entries = [Entry(_octets(octets, each), each["href"], Condition.ABSENT) for each in page]
                stored = store_entries(
                    calendar, prepare_entries(entries), batch=None, by=by, door=self._door, is_filling=True
                )
                if problem := next((each for each in stored if isinstance(each, Exception)), None):
                    raise CannotRead(f"{here / calendar.slug}.ics: {problem}")
                pks = dict(CalendarObject.objects.filter(calendar=calendar).values_list("href", "pk"))
                stamps = [(_instant(e["created_at"]), _instant(e["changed_at"]), pks[e["href"]]) for e in page]
                rows.update(CalendarObject, ("created_at", "changed_at"), stamps)
        created_at = _instant(row["created_at"])
        Calendar.objects.filter(pk=calendar.pk).update(created_at=created_at, archived_at=row["archived_at"])
        if filled := row.get("filled"):
            who = self._user(filled["user"])
            Source.objects.create(
                calendar=calendar, user=who, region=filled["region"], every_minutes=filled["every_minutes"]
            )

    def _entries(self, space: Space) -> None:
        here, by = self._folder / "spaces" / space.name, self._writer(space)
        for row in self._counted("notes and calls", here / "entries.jsonl"):
            model = KINDS[Noun[row["kind"].upper()]]
            about = [
                Contact.objects.get(space=self._spaces[each["space"]], uid=each["uid"], deleted_at=None).pk
                for each in row["about"]
            ]
            entry: Told = _made(model, row)
            with writing([space.pk]) as spaces:
                EntryWriter(spaces[space.pk], by=by, door=self._door, batch=None).create(entry, about)
            stamps = {name: _instant(row[name]) for name in ("created_at", "changed_at")}
            author = {"author": self._user(row["author"]), "author_label": row["author_label"]}
            model.objects.filter(pk=entry.pk).update(**stamps, **author)


_CALENDAR: Final = ("colour", "description", "position", "components", "zone", "default_alarms", "is_transparent")


def _made(model: type[M], row: Row, **given: Any) -> M:
    """A row with the columns that are told by their names; `given` are those that are called otherwise."""
    columns = {column.name: column for column in model._meta.concrete_fields if not column.is_relation}
    said = {
        name: columns[name].to_python(value) for name, value in row.items() if name in columns and name not in given
    }
    return model(**said, **given)


def _instant(text: str) -> Any:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(f"{text!r} is no instant")
    return found


def _octets(stream: IO[bytes], row: Row) -> bytes:
    """The next record, as long as is told, and the line break that was put behind it."""
    octets = stream.read(row["octets"])
    if len(octets) != row["octets"] or not octets.lstrip(b"\xef\xbb\xbf\r\n ")[:6].upper().startswith(b"BEGIN:"):
        raise ValueError("the file beside it is not as long as it says")
    if not octets.endswith(b"\n"):
        stream.read(2)
    return octets
