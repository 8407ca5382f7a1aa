"""Everything that is kept about one person, in one ZIP file: cards and calendars as they are, the rest as JSON."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet

from farley.accounts.actor import Actor
from farley.accounts.devices import Device
from farley.accounts.doors import Door
from farley.accounts.events import Event, note
from farley.accounts.events import Verb as EventVerb
from farley.accounts.models import User
from farley.accounts.portraits import Portrait
from farley.accounts.roles import Role
from farley.calendars.files import ics
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.people import naming
from farley.contacts import links
from farley.contacts.keeping import versions
from farley.contacts.models import Affiliation, Contact, ExternalId, Thumbnail
from farley.contacts.sharing import ShareLink
from farley.contacts.storing import octets_of
from farley.conversations.models import KINDS, Entry
from farley.exchange.exporting import vcards
from farley.exchange.models import Import, SavedMapping
from farley.fields.models import Field
from farley.fields.values import shown
from farley.journal.access import Access, Way, note_access
from farley.journal.models import Change, Noun, Verb
from farley.lists.models import View
from farley.notifications.models import Notification
from farley.spaces.models import Membership, Space

PAGE = 500  # records read at once


def write_contact(file: IO[bytes], contact: Contact, *, by: Actor, door: Door) -> None:
    """Everything about a contact that `by`, who sees it, may know: of other spaces it has been in, what they see."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contact.vcf", contact.content.data)
        _put(archive, "contact.json", _contact(contact, by))
        told = versions(contact, by)
        for number, version in enumerate(reversed(told), 1):
            if version.content is not None:
                archive.writestr(f"versions/{number:04}.vcf", octets_of([version.content])[version.content])
        _put(archive, "entries.json", list(_entries_about(contact, by)))
        _put(archive, "journal.json", [_change(version.change) for version in reversed(told)])
        thumbnail = Thumbnail.objects.filter(pk=contact.pk).first()
        if thumbnail is not None:
            archive.writestr("photo.webp", bytes(thumbnail.webp))
        meetings = naming([contact], by=by)
        if meetings.exists():
            archive.writestr("calendar.ics", b"".join(ics(meetings)))
        if (contact.space.standing_of(by) or Role.FREEBUSY) >= Role.EDITOR:  # as on their page
            _put(archive, "share-links.json", _share_links(contact))
        if contact.space.standing_of(by) == Role.MANAGER:
            kept = Access.objects.of(contact.space, by=by).filter(noun=Noun.CONTACT, subject=contact.pk)
            _put_lines(archive, "accesses.jsonl", map(_access, kept.select_related("space").order_by("pk")))
    title = "" if contact.space.is_private else contact.space.title
    note_access(contact.space_id, Way.EXPORTED, [contact.pk], by=by, door=door)
    note(EventVerb.DATA_GIVEN, by=by, door=door, subject=title, private=contact.space.is_private)


def write_account(file: IO[bytes], user: User, *, by: Actor, door: Door) -> None:
    """Everything about an account and its owner's acts, with their private contacts. Who may ask: the owner.

    Of the contacts they look after: those they see.
    """
    private = Space.objects.filter(kind=Space.Kind.PRIVATE, memberships__user=user, memberships__role=Role.MANAGER)
    owned = Contact.objects.visible_to(user.actor).filter(owner=user)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "account.json", _account(user))
        _put(archive, "memberships.json", _memberships(user))
        _put(archive, "views.json", _views(user))
        mine = SavedMapping.objects.filter(user=user).order_by("pk")
        _put(archive, "columns-of-tables.json", list(mine.values("mapping", "saved_at")))
        _put(archive, "events.json", [_event(event) for event in Event.objects.of_person(user).order_by("pk")])
        _put_lines(archive, "changes.jsonl", map(_act, _changes(user)))
        looked = Access.objects.filter(user=user).select_related("space").order_by("pk")
        _put_lines(archive, "accesses.jsonl", map(_access, looked.iterator(PAGE)))
        _put_lines(archive, "looks-after.jsonl", ({"uid": uid, "space": space} for uid, space in _uids(owned)))
        _put_lines(archive, "entries.jsonl", _entries_of(user, private))
        _put(archive, "notifications.json", _notifications(user))
        _put(archive, "imports.json", _imports(user))
        _put(archive, "devices.json", _devices(user))
        _put(archive, "signing-in.json", _signing_in(user))
        for portrait in Portrait.objects.filter(user=user):
            archive.writestr("photo.webp", bytes(portrait.octets))
        for calendar in Calendar.objects.filter(space__in=private, deleted_at=None).select_related("space"):
            with archive.open(f"calendars/{calendar.space.name}/{calendar.slug}.ics", "w", force_zip64=True) as out:
                entries = CalendarObject.objects.filter(calendar=calendar, deleted_at=None)
                for piece in ics(entries, name=calendar.name, colour=calendar.colour):
                    out.write(piece)
        for space in private.order_by("name"):
            with archive.open(f"contacts/{space.name}.vcf", "w", force_zip64=True) as out:
                for card in vcards(Contact.objects.filter(space=space, deleted_at=None)):
                    out.write(card)
    for space in private:
        note_access(space.pk, Way.EXPORTED, by=by, door=door)
    note(EventVerb.DATA_GIVEN, by=by, door=door, about=user, subject=user.name)


def _put(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    archive.writestr(name, json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))


def _put_lines(archive: zipfile.ZipFile, name: str, values: Iterable[dict[str, Any]]) -> None:
    """One JSON value a line: there may be millions."""
    with archive.open(name, "w", force_zip64=True) as out:
        for value in values:
            out.write(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")


def _contact(contact: Contact, by: Actor) -> dict[str, Any]:
    seen = Contact.objects.visible_to(by).values("pk")  # an organisation may have been moved elsewhere
    parts = Affiliation.objects.filter(person=contact, organisation__in=seen).select_related("organisation")
    return {
        "uid": contact.uid,
        "href": contact.href,
        "space": contact.space.name,
        "name": contact.full_name,
        "created_at": contact.created_at,
        "changed_at": contact.changed_at,
        "deleted_at": contact.deleted_at,
        "owner": contact.owner.name if contact.owner else None,
        "follow_up_on": contact.follow_up_on,
        "last_contact_at": contact.last_contact_at,
        "own_fields": _own_fields(contact, by),
        "organisation": contact.linked_organisation.full_name if contact.linked_organisation else None,
        "affiliations": [
            {"organisation": part.organisation.full_name, "role": part.role, "from": part.from_on, "to": part.to_on}
            for part in parts
        ],
        "external_ids": list(ExternalId.objects.filter(contact=contact).values("system", "key")),
        "groups": [group.full_name for group in links.groups_of(contact, by=by)],
        "seen_by": [
            {"who": (m.user or m.team).name, "role": Role(m.role).word, "since": m.since}  # type: ignore[union-attr]
            for m in Membership.objects.filter(space=contact.space, role__gte=Role.READER).select_related(
                "user", "team"
            )
        ],
    }


def _own_fields(contact: Contact, by: Actor) -> list[dict[str, Any]]:
    """What is kept in own fields, deleted ones too, as far as `by` knows them."""
    own = contact.own or {}
    fields = Field.objects.known_to(by).filter(pk__in=list(own)).order_by("pk")
    told = [(field, own[str(field.pk)]) for field in fields]
    is_choice = Field.Kind.CHOICE  # its number stands for a value that was taken away
    return [
        {"field": field.label, "value": (shown(field, value) if field.kind == is_choice else "") or value}
        for field, value in told
    ]


def _entries_about(contact: Contact, by: Actor) -> Iterator[dict[str, Any]]:
    """Notes and calls about a contact that `by` sees."""
    for model in KINDS.values():
        entries = model.objects.visible_to(by).about([contact.pk]).order_by("at", "pk")
        yield from map(_entry, entries.select_related("space", "author"))


def _entries_of(user: User, private: QuerySet[Space]) -> Iterator[dict[str, Any]]:
    """Notes and calls that `user` wrote and sees, and all of their private spaces, the account open or closed."""
    for model in KINDS.values():
        seen = model.objects.visible_to(user.actor).filter(author=user)
        own = model.objects.filter(space__in=private.values("pk"), deleted_at=None)
        entries = model.objects.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=own.values("pk"))).order_by("pk")
        yield from map(_entry, entries.select_related("space", "author").iterator(PAGE))


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.NOUN.name.lower(),
        "space": entry.space.name,
        "by": entry.author.name if entry.author else entry.author_label,
        "created_at": entry.created_at,
        "changed_at": entry.changed_at,
        "about": list(
            Contact.objects.filter(pk__in=entry.contact_ids, space=entry.space_id).values_list("uid", flat=True)
        ),
        **{name: getattr(entry, name) for name in entry.OWN},
    }


def _notifications(user: User) -> list[dict[str, Any]]:
    names = ("kind", "key", "at", "read_at", "by_label")
    found = Notification.objects.filter(user=user).order_by("pk")
    return [{name: getattr(each, name) for name in names} for each in found]


def _account(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "email": user.email,
        "full_name": user.full_name,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "density": user.density,
        "first_weekday": user.first_weekday,
        "columns": user.columns,
        "is_admin": user.is_admin,
        "is_active": user.is_active,
        "joined_at": user.joined_at,
        "last_login": user.last_login,
    }


def _views(user: User) -> list[dict[str, Any]]:
    """Others may have changed those that are shared: of these the ones that the owner sees."""
    mine = View.objects.known_to(user.actor).filter(owner=user).select_related("space").order_by("pk")
    return [
        {
            "title": view.title,
            "list": view.list,
            "query": view.query,
            "shared_with": view.space.name if view.space else None,
            "deleted_at": view.deleted_at,
        }
        for view in mine
    ]


def _memberships(user: User) -> list[dict[str, Any]]:
    own = Membership.objects.filter(user=user).select_related("space", "given_by").order_by("space__name")
    by_team = Membership.objects.filter(team__members__user=user).select_related("space", "given_by", "team")
    return [
        {
            "space": each.space.name,
            "role": Role(each.role).word,
            "team": each.team.name if each.team else None,
            "since": each.since,
            "given_by": each.given_by.name if each.given_by else None,
        }
        for each in (*own, *by_team.order_by("space__name"))
    ]


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "by": event.actor_label,
        "door": Door(event.door).name.lower(),
        "what": event.verb,
        "subject": event.subject,
        "address": event.address,
        "details": event.details,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "at": change.at,
        "by": change.actor_label,
        "door": Door(change.door).name.lower(),
        "what": Verb(change.verb).name.lower(),
        "noun": Noun(change.noun).name.lower(),
        "space": change.space.name,
        "act": change.batch_id,
    }


def _access(access: Access) -> dict[str, Any]:
    """As the access log of a space has it, where one is kept."""
    return {
        "at": access.at,
        "by": access.actor_label,
        "door": Door(access.door).name.lower(),
        "what": Way(access.way).name.lower(),
        "noun": Noun(access.noun).name.lower(),
        "space": access.space.name,
        "record": access.subject or None,
    }


def _act(change: Change) -> dict[str, Any]:
    return _change(change) | {"noun": Noun(change.noun).name.lower(), "record": change.subject}


def _changes(user: User) -> Iterator[Change]:
    """What `user` did, in the order they did it."""
    spaces = {space.pk: space for space in Space.objects.all()}
    nouns = (Noun.CONTACT, Noun.CALENDAR, Noun.CALENDAR_OBJECT, *KINDS)
    for change in Change.objects.filter(user=user, noun__in=nouns).order_by("pk").iterator(PAGE):
        change.space = spaces[change.space_id]
        yield change


def _uids(contacts: Any) -> Iterator[tuple[str, str]]:
    found: Iterator[tuple[str, str]] = contacts.order_by("pk").values_list("uid", "space__name").iterator(PAGE)
    return found


def _share_links(contact: Contact) -> list[dict[str, Any]]:
    """What was shared with whom is not known: who has the link opens it."""
    links_made = ShareLink.objects.filter(contact=contact, space=contact.space_id)
    return [
        {
            "made_by": link.made_by.name,
            "made_at": link.made_at,
            "expires_at": link.expires_at,
            "revoked_at": link.revoked_at,
            "openings": list(link.openings.order_by("pk").values("at", "address", "is_download")),
        }
        for link in links_made.select_related("made_by").order_by("pk")
    ]


def _devices(user: User) -> list[dict[str, Any]]:
    columns = ("name", "is_read_only", "created_at", "last_used_at", "last_address")
    return list(Device.objects.filter(user=user).order_by("pk").values(*columns))


def _signing_in(user: User) -> dict[str, Any]:
    """What they sign in with and where they are signed in; of no secret more than that there is one."""
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    sessions = UserSession.objects.filter(user=user).order_by("pk")
    return {
        "second_factors": [
            {"kind": each.type, "name": each.data.get("name", ""), "since": each.created_at, "used": each.last_used_at}
            for each in factors
        ],
        "sessions": list(sessions.values("user_agent", "ip", "created_at", "last_seen_at")),
        "single_sign_on": list(SocialAccount.objects.filter(user=user).order_by("pk").values("provider", "uid")),
    }


def _imports(user: User) -> list[dict[str, Any]]:
    return [
        {"at": run.created_at, "space": run.space.name, "files": [file["name"] for file in run.files]}
        for run in Import.objects.filter(user=user).select_related("space").order_by("pk")
    ]
