"""The forms in which notes and calls are written: what they show, and what was typed into them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from farley.contacts.models import Contact
from farley.conversations.models import MAX_LENGTH_S, MAX_TEXT, Call, Entry, Note
from farley.conversations.operations import MAX_ABOUT, BadEntry
from farley.web.contacts.people import Person

KINDS: dict[str, type[Entry]] = {"note": Note, "call": Call}


@dataclass(frozen=True, slots=True)
class EntryForm:
    """A note or call being written, as a form holds it."""

    kind: str = "note"
    text: str = ""
    is_pinned: bool = False
    direction: str = Call.Direction.OUT
    number: str = ""
    at: str = ""  # in the reader's zone, to the minute
    minutes: str = ""
    outcome: str = Call.Outcome.REACHED
    also: str = ""  # the name of another contact it is about
    numbers: list[str] = field(default_factory=list)  # to choose from
    about: list[Person] = field(default_factory=list)
    error: str = ""
    url: str = ""
    revision: int = 0
    now: Any = None  # how somebody else left it meanwhile: an `Event`

    @property
    def directions(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Call.Direction.choices]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Call.Outcome.choices]


def empty_form(contact: Contact, kind: str = "note") -> EntryForm:
    """What the composer of a contact begins with."""
    return EntryForm(kind=kind if kind in KINDS else "note", at=_minute(timezone.now()), numbers=numbers_of(contact))


def form_of(entry: Entry) -> EntryForm:
    """What the editor of an entry begins with."""
    form = EntryForm(kind=entry.NOUN.name.lower(), text=entry.text, at=_minute(entry.at), revision=entry.revision)
    if isinstance(entry, Note):
        return replace(form, is_pinned=entry.is_pinned)
    assert isinstance(entry, Call)
    minutes = "" if entry.length_s is None else f"{entry.length_s / 60:g}"
    return replace(form, direction=entry.direction, number=entry.number, minutes=minutes, outcome=entry.outcome)


def typed_form(data: Mapping[str, str], **more: Any) -> EntryForm:
    """What somebody typed, to be shown again."""
    names = ("kind", "text", "direction", "number", "at", "minutes", "outcome", "also")
    typed: dict[str, Any] = {name: data[name] for name in names if name in data}
    return EntryForm(**typed | {"is_pinned": "is_pinned" in data} | more)


def read_form(form: EntryForm, was: Entry | None = None) -> dict[str, Any]:
    """The values of an entry that a form says. Raises BadEntry."""
    values: dict[str, Any] = {"text": form.text.replace("\r\n", "\n").strip()}
    if form.kind == "note":
        return values | {"is_pinned": form.is_pinned}
    values["direction"] = form.direction if form.direction in Call.Direction.values else Call.Direction.OUT.value
    values["outcome"] = form.outcome if form.outcome in Call.Outcome.values else Call.Outcome.REACHED.value
    values["number"] = form.number.strip()
    values["length_s"] = _seconds(form.minutes)
    if was is None or form.at != _minute(was.at):  # the form knows no seconds: what was not touched keeps them
        values["at"] = _instant(form.at)
    return values


def said(problem: BadEntry) -> str:
    """What is wrong with an entry, and the way out."""
    return {
        "empty": gettext("A note needs words."),
        "long": gettext("The text has characters that cannot be kept, or more than {limit}.").format(limit=MAX_TEXT),
        "number": gettext("This number is too long."),
        "length": gettext("Give the length in minutes, up to {limit}.").format(limit=MAX_LENGTH_S // 60),
        "ahead": gettext("A call that is logged has happened already: this time is still to come."),
        "time": gettext("This is no time that can be read. Give day and time."),
        "nobody": gettext("No contact of this space is called so, or several are."),
        "many": gettext("An entry is about at most {limit} contacts.").format(limit=MAX_ABOUT),
        "apart": gettext("The contacts of one entry lie in one space."),
    }[problem.reason]


def numbers_of(contact: Contact) -> list[str]:
    return [text for prop in contact.card.properties("TEL") if (text := prop.text.strip().removeprefix("tel:"))][:20]


def _minute(instant: dt.datetime) -> str:
    return f"{timezone.localtime(instant):%Y-%m-%dT%H:%M}"


def _instant(text: str) -> dt.datetime:
    if not text.strip():
        return timezone.now()
    try:
        return timezone.make_aware(dt.datetime.fromisoformat(text.strip()).replace(tzinfo=None))
    except (ValueError, OverflowError) as error:
        raise BadEntry("time") from error


def _seconds(text: str) -> int | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return round(float(text) * 60)
    except (ValueError, OverflowError) as error:
        raise BadEntry("length") from error
