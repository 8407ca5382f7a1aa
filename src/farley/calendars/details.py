"""What is said of an entry, written into its octets: every line that it is not about stays as it was."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from farley.calendars.rules import shifted_rule
from farley.codecs.contentline import fold
from farley.codecs.icalendar import Component, Duration, ICalendar, Property, When
from farley.codecs.icalendar_values import plus
from farley.codecs.vcard_values import escape
from farley.codecs.zone_writing import vtimezone

OF_A_SERIES: Final = ("RRULE", "RDATE", "EXDATE", "EXRULE")
MOST_MINUTES: Final = 60 * 24 * 366  # between a plain alarm and what it is for


class Invited(NamedTuple):
    """Somebody who is asked to come."""

    address: str
    name: str = ""


class Concerned(NamedTuple):
    """A contact that an entry is about, named by a URI (`people.reference_of`). RFC 5545 §3.8.4.2."""

    uri: str
    name: str = ""


class Reminding(NamedTuple):
    """A plain reminder: so many minutes before the start, on pages and in programs, or by a mail to one person."""

    minutes: int
    by_mail: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """What shall be said of an entry; None leaves it as it is, an empty text takes it away.

    `end` is where it ends, of all-day ones the day after the last; of a task it is when it is due. `alarms` replace
    those of their plain kind; those that ask for a mail to anybody but `mails_to` stay.
    """

    summary: str | None = None
    start: When | None = None
    end: When | None = None
    has_no_start: bool = False  # of a task
    has_no_end: bool = False
    location: str | None = None
    description: str | None = None
    url: str | None = None
    links: tuple[str, ...] | None = None  # addresses of what is attached: they replace those that are
    status: str | None = None
    is_transparent: bool | None = None
    classification: str | None = None
    rule: str | None = None
    alarms: tuple[Reminding, ...] | None = None
    has_usual_alarms: bool = False  # a new one gets those of its calendar besides
    mails_to: str = ""  # the address of whoever says this
    attendees: tuple[Invited, ...] | None = None
    organiser: Invited | None = None  # where there are attendees and nobody organises it yet
    concerned: tuple[Concerned, ...] | None = None
    priority: int | None = None
    percent: int | None = None
    completed: When | None = None
    parent: str | None = None  # UID of what it is a part of
    categories: tuple[str, ...] | None = None


class Editor:
    """One component of an object that is edited; each edit makes a new object, where it stands at the same place."""

    def __init__(self, ical: ICalendar, place: int) -> None:
        self.ical, self.place = ical, place

    @property
    def component(self) -> Component:
        return self.ical.root.components[self.place]

    def set_text(self, name: str, text: str | None) -> None:
        if text is None:
            return
        found = self.component.first(name)
        if not text:
            self.remove(name)
        elif found is None:
            self.add(name, text=text)
        elif found.text != text:
            self.ical = self.ical.with_text(found.index, text)

    def set_value(self, name: str, value: str | None) -> None:
        """A value that has no escapes."""
        if value is None:
            return
        found = self.component.first(name)
        if not value:
            self.remove(name)
        elif found is None:
            self.add(name, value=value)
        elif found.line.value.strip() != value:
            self.ical = self.ical.with_value(found.index, value)

    def set_when(self, name: str, when: When) -> None:
        self.define(when)
        found = self.component.first(name)
        if found is None:
            self.add(name, when=when)
        else:
            self.ical = self.ical.with_when(found.index, when)

    def define(self, when: When) -> None:
        """Have the object define the zone that it names."""
        if when.zone in (None, "UTC") or when.zone in self.ical.zones:
            return
        try:
            octets = vtimezone(str(when.zone), when.local.year)
        except (KeyError, ValueError, OSError):
            return
        self.ical = self.ical.with_component(octets, first=True)
        self.place += 1

    def add(self, name: str, *, text: str | None = None, when: When | None = None, value: str | None = None) -> None:
        self.ical = self.ical.added(self.component, name, text=text, when=when, value=value)

    def remove(self, *names: str) -> None:
        self.ical = self.ical.without(*(prop.index for prop in self.component.properties(*names)))


def apply(editor: Editor, details: Details) -> None:
    """Have the component say what `details` say."""
    editor.set_text("SUMMARY", details.summary)
    _set_times(editor, details)
    editor.set_text("LOCATION", details.location)
    editor.set_text("DESCRIPTION", details.description)
    editor.set_value("URL", details.url)
    _set_links(editor, details.links)
    editor.set_value("STATUS", details.status)
    if details.is_transparent is not None:
        is_so = editor.component.text("TRANSP").strip().upper() == "TRANSPARENT"
        if is_so is not details.is_transparent:
            editor.set_value("TRANSP", "TRANSPARENT" if details.is_transparent else "OPAQUE")
    if details.classification is not None:
        known = editor.component.text("CLASS").strip().upper() or "PUBLIC"
        if known != details.classification:
            editor.set_value("CLASS", details.classification)
    editor.set_value("RRULE", details.rule)
    if details.rule == "":
        editor.remove("EXDATE", "RDATE")
    if details.priority is not None:
        editor.set_value("PRIORITY", str(details.priority) if details.priority else "")
    if details.percent is not None:
        editor.set_value("PERCENT-COMPLETE", str(details.percent) if details.percent else "")
    if details.completed is not None:
        editor.set_when("COMPLETED", details.completed)
    elif details.status is not None and details.status != "COMPLETED":
        editor.remove("COMPLETED")
    if details.parent is not None:
        _set_parent(editor, details.parent)
    _set_categories(editor, details.categories)
    _set_attendees(editor, details)
    _set_concerned(editor, details.concerned)
    _set_alarms(editor, details)


def _set_times(editor: Editor, details: Details) -> None:
    """Start and end; a series by rule follows its start."""
    component, is_task = editor.component, editor.component.name == "VTODO"
    end_name = "DUE" if is_task else "DTEND"
    before = component.start_at
    length = _length(component)
    if details.has_no_start:
        editor.remove("DTSTART")
    elif details.start is not None:
        editor.set_when("DTSTART", details.start)
        if before and details.rule is None and before != details.start:
            for prop in reversed(editor.component.properties("RRULE")):
                rule = shifted_rule(prop.text, before, details.start)
                editor.ical = editor.ical.with_value(prop.index, rule)
    if details.has_no_end:
        editor.remove(end_name, "DURATION")
    elif details.end is not None:
        start = editor.component.start_at
        is_as_long = start is not None and length is not None and plus(start.local, length) == details.end.local
        if editor.component.first("DURATION") and is_as_long and start and start.zone == details.end.zone:
            return
        editor.remove("DURATION")
        editor.set_when(end_name, details.end)


def _length(component: Component) -> dt.timedelta | None:
    """How long it takes by the clock on the wall, where DURATION says so."""
    return component.duration.delta if component.duration else None


def links_of(component: Component) -> list[Property]:
    """What is attached by its address; what is attached with its octets is none of them."""
    return [prop for prop in component.properties("ATTACH") if "://" in prop.text and not prop.line.head.base64]


def _set_links(editor: Editor, wanted: Sequence[str] | None) -> None:
    """Those that were there keep their lines, whatever else stands in them."""
    if wanted is None:
        return
    there = links_of(editor.component)
    editor.ical = editor.ical.without(*(prop.index for prop in there if prop.text.strip() not in wanted))
    known = {prop.text.strip() for prop in there}
    for address in wanted:
        if address not in known:
            editor.add("ATTACH", value=address)


def _set_parent(editor: Editor, uid: str) -> None:
    parents = [
        prop for prop in editor.component.properties("RELATED-TO") if (prop.param("RELTYPE") or "PARENT") == "PARENT"
    ]
    if [prop.text for prop in parents] == ([uid] if uid else []):
        return
    editor.ical = editor.ical.without(*(prop.index for prop in parents))
    if uid:
        editor.add("RELATED-TO", text=uid)


def _set_categories(editor: Editor, categories: Sequence[str] | None) -> None:
    if categories is None or editor.component.categories == list(categories):
        return
    editor.remove("CATEGORIES")
    if categories:
        editor.ical = editor.ical.added(editor.component, "CATEGORIES", texts=categories)


def _set_attendees(editor: Editor, details: Details) -> None:
    """Those who were there keep their lines, whatever else stands in them."""
    if details.attendees is None:
        return
    wanted = {each.address.casefold(): each for each in details.attendees}
    gone = [prop for prop in editor.component.attendees if prop.address.casefold() not in wanted and prop.address]
    editor.ical = editor.ical.without(*(prop.index for prop in gone))
    known = {prop.address.casefold() for prop in editor.component.attendees}
    if not known.issuperset(wanted) and editor.component.organizer is None and details.organiser:
        params = (("CN", (details.organiser.name,)),) if details.organiser.name else ()
        value = f"mailto:{details.organiser.address}"
        editor.ical = editor.ical.added(editor.component, "ORGANIZER", value=value, params=params)
    for address, each in wanted.items():
        if address in known:
            continue
        named = (("CN", (each.name,)),) if each.name else ()
        params = (*named, ("ROLE", ("REQ-PARTICIPANT",)), ("PARTSTAT", ("NEEDS-ACTION",)), ("RSVP", ("TRUE",)))
        value = f"mailto:{each.address}"
        editor.ical = editor.ical.added(editor.component, "ATTENDEE", value=value, params=params)


def _set_concerned(editor: Editor, concerned: Sequence[Concerned] | None) -> None:
    """Those who were named keep their lines, and so does a CONTACT that names nobody by a URI."""
    if concerned is None:
        return
    wanted = {each.uri.casefold(): each for each in concerned}
    known = {each.uri.casefold(): prop.index for prop, each in _naming_lines(editor.component)}
    editor.ical = editor.ical.without(*(index for uri, index in known.items() if uri not in wanted))
    for uri, each in wanted.items():
        if uri not in known:
            params = (("ALTREP", (each.uri,)),)
            editor.ical = editor.ical.added(editor.component, "CONTACT", text=each.name or each.uri, params=params)


def concerned_of(component: Component) -> list[Concerned]:
    """The contacts that an entry is about, each once."""
    return list({each.uri.casefold(): each for _, each in _naming_lines(component)}.values())


def _naming_lines(component: Component) -> list[tuple[Property, Concerned]]:
    named = [(prop, (prop.param("ALTREP") or "").strip()) for prop in component.properties("CONTACT")]
    return [(prop, Concerned(uri, prop.text.strip())) for prop, uri in named if uri]


def plain_alarm(alarm: Component, mails_to: str = "") -> Reminding | None:
    """What it reminds of, and how; None for one that says more than that, or writes to anybody but `mails_to`."""
    trigger = alarm.first("TRIGGER")
    if trigger is None or trigger.duration is None or (trigger.param("RELATED") or "START").upper() != "START":
        return None
    action, seconds = alarm.text("ACTION").strip().upper(), -trigger.duration.delta.total_seconds()
    if seconds % 60 or abs(seconds) > 60 * MOST_MINUTES or alarm.first("REPEAT"):
        return None
    if action not in ("DISPLAY", "AUDIO", "EMAIL"):
        return None
    is_mail = action == "EMAIL"
    if is_mail and (not mails_to or not mailed_by(alarm) <= {mails_to.casefold()} or alarm.first("ATTACH")):
        return None
    return Reminding(int(seconds // 60), is_mail)


def mailed_by(alarm: Component) -> set[str]:
    """Whom an alarm names, folded."""
    return {prop.address.casefold() for prop in alarm.attendees}


def _set_alarms(editor: Editor, details: Details) -> None:
    """Those that stay keep their lines."""
    if details.alarms is None:
        return
    can_mail = bool(details.mails_to)
    missing = Counter(dict.fromkeys((each for each in details.alarms if can_mail or not each.by_mail), 1))
    gone = []
    for each in editor.component.alarms:
        plain = plain_alarm(each, details.mails_to)
        if plain is not None and missing[plain]:
            missing[plain] -= 1
        elif plain is not None:
            gone.append(each)
    for each in reversed(gone):
        editor.ical = editor.ical.without_component(each)
    for reminding in missing.elements():
        octets = _alarm(reminding, editor.component.text("SUMMARY") or "-", details.mails_to)
        editor.ical = editor.ical.with_component(octets, within=editor.component)


def _alarm(reminding: Reminding, summary: str, mails_to: str) -> bytes:
    said, trigger = escape(summary), Duration(seconds=-60 * reminding.minutes).written()
    lines = ["BEGIN:VALARM", f"ACTION:{'EMAIL' if reminding.by_mail else 'DISPLAY'}", f"TRIGGER:{trigger}"]
    if reminding.by_mail:  # RFC 5545 §3.6.6 asks for these three
        lines += [f"SUMMARY:{said}", f"ATTENDEE:mailto:{mails_to}"]
    return b"".join(map(fold, [*lines, f"DESCRIPTION:{said}", "END:VALARM"]))


def stamp_change(editor: Editor, stamp: When, before: ICalendar) -> None:
    """When it was changed, if it was; a SEQUENCE more where it takes place at another time. RFC 5546 §2.1.4."""
    if editor.ical == before:
        return
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        editor.set_when(name, stamp)
    number = editor.component.number("SEQUENCE") or 0
    if _times(editor.ical) != _times(before):
        editor.set_value("SEQUENCE", str(number + 1))


def _times(ical: ICalendar) -> list[list[str]]:
    names = ("DTSTART", "DTEND", "DUE", "DURATION", *OF_A_SERIES)
    return [[prop.line.value for prop in each.properties(*names)] for each in ical.components]


def alarms_of(component: Component, mails_to: str = "") -> tuple[list[Reminding], list[Component]]:
    """The plain alarms, and the others: those by mail to anybody but `mails_to`, too."""
    known = [(plain_alarm(each, mails_to), each) for each in component.alarms]
    return [plain for plain, _ in known if plain is not None], [each for plain, each in known if plain is None]


def names_of(attendees: Iterable[Property]) -> list[Invited]:
    return [Invited(prop.address, prop.param("CN") or "") for prop in attendees if prop.address]
