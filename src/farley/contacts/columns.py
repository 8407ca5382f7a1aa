"""What a list of contacts can show (see `farley.lists.columns`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from farley.contacts.listing import Line
from farley.contacts.models import Contact
from farley.database import rows
from farley.fields.columns import list_columns
from farley.fields.models import Field as OwnField
from farley.journal.models import Noun
from farley.lists.columns import Column, chosen
from farley.lists.filtering import Kind
from farley.spaces.models import Space


def _text(told: str, _space: int) -> str | None:
    return told or None


def _instant(told: dt.datetime | None, _space: int) -> dt.datetime | None:
    return None if told is None else rows.instant(told)


def _known() -> Iterator[Column]:
    yield Column(
        name="org", label=_("Organisation"), kind=Kind.TEXT, attribute="organisation_name", sort="organisation"
    )
    yield Column(name="title", label=_("Job title"), kind=Kind.TEXT, asks="mine.job_title", value=_text)
    yield Column(name="email", label=_("E-mail"), kind=Kind.TEXT, attribute="email")
    yield Column(name="phone", label=_("Phone"), kind=Kind.TEXT, attribute="phone")
    yield Column(name="city", label=_("City"), kind=Kind.TEXT, asks="mine.city", value=_text, sort="city")
    yield Column(name="tag", label=_("Tags"), kind=Kind.WORD)  # see `tags_of`
    yield Column(name="owner", label=_("Owner"), kind=Kind.WORD, attribute="owner", sort="owner")
    yield Column(name="follow-up", label=_("Follow-up"), kind=Kind.DATE, asks="mine.follow_up_on", sort="follow-up")
    yield Column(
        name="last-contact",
        label=_("Last contact"),
        kind=Kind.INSTANT,
        asks="mine.last_contact_at",
        value=_instant,
        sort="contacted",
    )
    yield Column(name="changed", label=_("Changed"), kind=Kind.INSTANT, attribute="changed_at", sort="changed")
    created: dict[str, Any] = {"asks": "mine.created_at", "value": _instant, "sort": "created"}
    yield Column(name="created", label=_("Created"), kind=Kind.INSTANT, **created)
    yield Column(name="kind", label=_("Kind"), kind=Kind.CHOICE, asks="mine.kind", value=_kind)
    title = "(SELECT title FROM spaces_space WHERE id = mine.space_id)"
    yield Column(name="space", label=_("Space"), kind=Kind.CHOICE, asks=title)


def _kind(told: int, _space: int) -> Any:
    return Contact.Kind(told).label


COLUMNS: Mapping[str, Column] = {column.name: column for column in _known()}
DEFAULT = tuple(COLUMNS[name] for name in ("org", "email", "phone", "tag", "owner", "changed"))


def columns_of(spaces: Sequence[Space]) -> dict[str, Column]:
    """All there is to show of contacts in these spaces, which the reader sees."""
    own = OwnField.objects.of(Noun.CONTACT, [space.pk for space in spaces])
    return {**COLUMNS, **{column.name: column for column in list_columns(own, "mine.own")}}


def asked_for(text: str, spaces: Sequence[Space]) -> Sequence[Column]:
    """The columns that an address names; those that a list comes with where it says nothing.

    Own fields are looked up only where it names one.
    """
    if not text:
        return DEFAULT
    asked = tuple(chosen(text, columns_of(spaces) if "own." in text else COLUMNS))
    return DEFAULT if asked == DEFAULT else asked


def shown(line: Line, column: Column, tags: Mapping[int, Sequence[str]]) -> Any:
    """What stands in a column of a line; None or an empty text where there is nothing."""
    if column.name == "tag":
        return list(map(str, tags.get(line.pk, ())))
    return getattr(line, column.attribute) if column.attribute else line.more[column.name]
