"""Changes of the journal as the entries of a timeline."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.codecs.vcard import Card, InvalidVCard, Property
from farley.contacts import comparing
from farley.contacts.comparing import comparable, is_comparable
from farley.contacts.keeping import FieldChange, Version, field_changes
from farley.contacts.models import Contact
from farley.journal.models import Batch, Change, Door, Noun, Verb
from farley.journal.undo import labels
from farley.web.contacts.facts import shown_value
from farley.web.contacts.labels import label_of, property_label
from farley.web.contacts.own_values import shown
from farley.web.dates import show_date

if TYPE_CHECKING:
    from farley.web.timeline.timeline import ShownEntry

_ENTRIES = (Noun.NOTE, Noun.CALL)
MAX_DETAILS = 6
MAX_VALUE = 200  # characters of a value in a timeline
_SILENT = frozenset({"REV", "PRODID", "VERSION", "BEGIN", "END", "X-ABLABEL", "N"})
_ICONS = {
    Verb.CREATED: "plus",
    Verb.CHANGED: "pencil",
    Verb.SET: "user",
    Verb.DELETED: "trash-2",
    Verb.RESTORED: "undo-2",
    Verb.MOVED_OUT: "folder-input",
    Verb.MOVED_IN: "folder-input",
    Verb.ERASED: "eraser",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One value that a change made another one. Empty means: there was, or is, none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    at: dt.datetime
    what: str
    by: str
    icon: str
    subject: str = ""
    subject_url: str = ""
    version_url: str = ""
    undo_url: str = ""
    details: list[Detail] = field(default_factory=list)
    entry: ShownEntry | None = None


@dataclass(frozen=True, slots=True)
class Day:
    on: dt.date
    events: list[Event]


def events_of(changes: Iterable[Change]) -> list[Event]:
    """`changes` without details, in the order given."""
    return [_event(change) for change in changes]


def days_of(events: Iterable[Event]) -> list[Day]:
    """Events under the days of the reader's time zone."""
    grouped = itertools.groupby(events, key=lambda event: timezone.localtime(event.at).date())
    return [Day(on, list(mine)) for on, mine in grouped]


def version_events(contact: Contact, found: Sequence[Version], by: Actor, *, can_undo: bool = False) -> list[Event]:
    """Versions of one contact as events, each with its values."""
    changed = [version for version in found if version.change.verb == Verb.CHANGED]
    octets = comparable({content for each in changed for content in (each.change.before_id, each.content) if content})
    owners = _owners(version.change for version in found)
    own_fields = field_changes(contact, [version.change for version in found], by)
    events = []
    for version in found:
        change = version.change
        details = []
        if change.verb == Verb.CHANGED:
            before, after = octets.get(change.before_id or 0), octets.get(version.content or 0)
            details = differences(before, after) if before is not None and after is not None else []
        elif change.verb == Verb.SET:
            details = _own_details(change, owners)
            details += [own_field_detail(each) for each in own_fields.get(change.pk, [])[:MAX_DETAILS]]
        url = f"{reverse('contact-history', args=[contact.pk])}?version={change.pk}"
        version_url = url if change.verb == Verb.CHANGED else ""
        undo = _undo_url(change) if can_undo else ""
        what = _deed(change, details)
        events.append(_event(change, what=what, version_url=version_url, undo_url=undo, details=details))
    return events


def subject_events(changes: Iterable[Change], by: Actor) -> list[Event]:
    """Changes of many records, each named and linked as far as `by` sees them; deleted ones are named only."""
    shown = list(changes)
    pks = {change.subject for change in shown if change.noun == Noun.CONTACT}
    known = Contact.objects.known_to(by).filter(pk__in=pks)
    found = {pk: (name, gone) for pk, name, gone in known.values_list("pk", "full_name", "deleted_at")}
    tags = labels(Noun.TAG, {change.subject for change in shown if change.noun == Noun.TAG}, by=by)
    views = labels(Noun.VIEW, {change.subject for change in shown if change.noun == Noun.VIEW}, by=by)
    calendars = {
        noun: labels(noun, {change.subject for change in shown if change.noun == noun}, by=by)
        for noun in (Noun.CALENDAR, Noun.CALENDAR_OBJECT)
    }
    entries: dict[tuple[int, int], str] = {}
    for noun in {Noun(change.noun) for change in shown if change.noun in _ENTRIES}:
        named = labels(noun, {change.subject for change in shown if change.noun == noun}, by=by)
        entries |= {(noun, pk): label for pk, label in named.items()}
    events = []
    for change in shown:
        if change.noun in _ENTRIES:
            events.append(_entry_event(change, entries.get((change.noun, change.subject), "")))
            continue
        if change.noun == Noun.VIEW:
            title = views.get(change.subject, "")
            subject = gettext("View “{title}”").format(title=title) if title else gettext("Somebody’s own view")
            events.append(_event(change, subject=subject, what=_done_to_view(change)))
            continue
        if change.noun in (Noun.CALENDAR, Noun.CALENDAR_OBJECT):
            events.append(_event(change, subject=calendars[Noun(change.noun)].get(change.subject, "")))
            continue
        if change.noun == Noun.TAG:
            events.append(_event(change, subject=tags.get(change.subject, ""), what=pgettext("a tag", "coloured")))
            continue
        name, gone = found.get(change.subject, (None, True))
        url = "" if gone else reverse("contact", args=[change.subject])
        subject = "" if name is None else name or gettext("No name")
        events.append(_event(change, subject=subject, subject_url=url))
    return events


def differences(before: bytes, after: bytes) -> list[Detail]:
    """What one state of a card says otherwise than another, in the reader's words; nothing of very large cards."""
    if not (is_comparable(before) and is_comparable(after)):
        return []
    try:
        found = comparing.differences(Card.parse(before), Card.parse(after), tell=_tell)
    except InvalidVCard:
        return []
    return [Detail(each.label, _short(each.before), _short(each.after)) for each in found[:MAX_DETAILS]]


def done_by(change_or_batch: Any) -> str:
    """Who did it and, where that was not a page, through what."""
    user: User | None = change_or_batch.user
    name = user.display_name if user is not None else change_or_batch.actor_label
    if change_or_batch.door == Door.WEB:
        return name
    return f"{name} ({Door(change_or_batch.door).label})" if name else str(Door(change_or_batch.door).label)


def _tell(prop: Property) -> Iterator[tuple[str, str]]:
    if prop.name in _SILENT:
        return
    if prop.name == "PHOTO":
        yield property_label("PHOTO"), filesizeformat(len(prop.line.octets))
    elif prop.name == "CATEGORIES":
        yield from ((gettext("Tag"), tag) for tag in prop.texts)
    elif prop.name == "BDAY" and prop.date:
        yield label_of(prop), show_date(prop.date)  # without the age, which is another one next year
    elif value := shown_value(prop):
        yield label_of(prop), value


def _short(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= MAX_VALUE else f"{flat[:MAX_VALUE]} …"


def _event(change: Change, *, what: str = "", **more: Any) -> Event:
    verb = Verb(change.verb)
    return Event(change.at, what or _deed(change, []), done_by(change), _ICONS[verb], **more)


def _deed(change: Change, details: list[Detail]) -> str:
    """What was done to a record, as exactly as its values tell it."""
    if change.verb == Verb.SET:
        return _set(change.own_before or {})
    if change.verb == Verb.CHANGED and "fields" in (change.own_before or {}):
        return pgettext("a contact", "own fields changed")
    if change.verb == Verb.CHANGED and details:
        if not any(detail.before for detail in details):
            return pgettext("a value", "added")
        if not any(detail.after for detail in details):
            return pgettext("a value", "removed")
    return _what(Verb(change.verb))


def _set(before: Mapping[str, Any]) -> str:
    """What was done where own data alone became other data than `before`."""
    words = {
        "affiliations": pgettext("a contact", "organisations changed"),
        "href": pgettext("a contact", "given another address for devices"),
        "fields": pgettext("a contact", "own fields changed"),
        "follow_up": pgettext("a contact", "follow-up changed"),
        "last_contact": pgettext("a contact", "spoken or written with"),
        "owner": pgettext("a contact", "assigned"),
    }
    return next((word for name, word in words.items() if name in before), pgettext("a contact", "changed"))


def _what(verb: Verb) -> str:
    words = {
        Verb.CREATED: pgettext("a contact", "added"),
        Verb.CHANGED: pgettext("a contact", "changed"),
        Verb.SET: pgettext("a contact", "changed"),
        Verb.DELETED: pgettext("a contact", "deleted"),
        Verb.RESTORED: pgettext("a contact", "restored"),
        Verb.MOVED_OUT: pgettext("a contact", "moved to another space"),
        Verb.MOVED_IN: pgettext("a contact", "moved here"),
        Verb.ERASED: pgettext("a contact", "erased"),
    }
    return words[verb]


def _entry_event(change: Change, title: str) -> Event:
    noun = Noun(change.noun)
    name = gettext("Note") if noun == Noun.NOTE else gettext("Call")
    verb = Verb(change.verb)
    what = pgettext("a note", "changed") if verb == Verb.SET else _what(verb)
    if verb == Verb.SET and (change.own_before or {}).keys() == {"is_pinned"}:
        what = (
            pgettext("a note", "unpinned") if (change.own_before or {})["is_pinned"] else pgettext("a note", "pinned")
        )
    url = reverse("timeline-entry", args=[noun.name.lower(), change.subject]) if title else ""
    subject = gettext("{kind} “{title}”").format(kind=name, title=title) if title else name
    return _event(change, subject=subject, subject_url=url, what=what)


def _done_to_view(change: Change) -> str:
    own = change.own_before or {}
    match Verb(change.verb):
        case Verb.CREATED:
            return pgettext("a view", "saved")
        case Verb.DELETED:
            return pgettext("a view", "deleted")
        case Verb.RESTORED:
            return pgettext("a view", "brought back")
    if "space_id" in own:
        return pgettext("a view", "shared otherwise")
    if "owner_id" in own:
        return pgettext("a view", "taken over")
    if "title" in own:
        return pgettext("a view", "called otherwise")
    return (
        pgettext("a view", "changed") if "query" in own else pgettext("a view", "chosen as what the list begins with")
    )


def _undo_url(change: Change) -> str:
    """What takes this change back, if it was an act of its own; larger acts are undone as a whole, elsewhere."""
    batch = change.batch
    is_own = batch is not None and batch.size == 1 and batch.state == Batch.State.DONE and batch.act != Batch.Act.CREATE
    return reverse("undo", args=[change.batch_id]) if is_own else ""


def _owners(changes: Iterable[Change]) -> Mapping[int, str]:
    pks = {change.own_before["owner"] for change in changes if change.own_before and change.own_before.get("owner")}
    return {user.pk: user.display_name for user in User.objects.filter(pk__in=pks)} if pks else {}


def own_field_detail(change: FieldChange) -> Detail:
    values = (change.before, change.after)
    said = ["" if value is None else _short(shown(change.field, value)) or "–" for value in values]
    return Detail(change.field.label, *said)


def _own_details(change: Change, owners: Mapping[int, str]) -> list[Detail]:
    before = change.own_before or {}
    details = []
    if "owner" in before:
        name = owners.get(before["owner"] or 0, gettext("nobody"))
        details.append(Detail(gettext("Owner before"), name, ""))
    if "follow_up" in before:
        day = before["follow_up"]
        told = date_format(dt.date.fromisoformat(day), "DATE_FORMAT") if day else gettext("none")
        details.append(Detail(gettext("Follow-up before"), told, ""))
    if "affiliations" in before:  # named on the page beside; the organisations may not be there to see any more
        roles = [role for _organisation, role, *_days in before["affiliations"]]
        told = ", ".join(role or "–" for role in roles) or gettext("none")
        details.append(Detail(gettext("Roles before"), _short(told), ""))
    return details
