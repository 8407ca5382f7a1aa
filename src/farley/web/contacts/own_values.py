"""Values of own fields in the reader's language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext

from farley.accounts.actor import Actor
from farley.contacts.models import Contact
from farley.fields import values
from farley.fields.models import Field
from farley.fields.operations import fields_in
from farley.fields.values import Value
from farley.journal.models import Noun


@dataclass(frozen=True, slots=True)
class OwnFact:
    """A field and its value, as text to show and as its input holds it: `was` before somebody typed something else."""

    field: Field
    kind: str
    shown: str
    was: str
    typed: str
    error: str = ""  # why what was typed cannot be kept


def own_facts(contact: Contact, by: Actor) -> list[OwnFact]:
    """The fields a contact has where it lies."""
    own = contact.own or {}
    found = fields_in(contact.space_id, Noun.CONTACT, by=by)
    return [_fact(field, own.get(str(field.pk))) for field in found]


def _fact(field: Field, value: Value | None) -> OwnFact:
    kind = Field.Kind(field.kind).name.lower()
    if value is None:
        return OwnFact(field, kind, "", "", "")
    text = shown(field, value)
    typed = ("yes" if value else "no") if isinstance(value, bool) else str(value) if text else ""
    return OwnFact(field, kind, text, typed, typed)


def shown(field: Field, value: Value) -> str:
    """A value in the reader's language."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if field.kind == Field.Kind.DATE:
        return date_format(dt.date.fromisoformat(str(value)), "DATE_FORMAT")
    return values.shown(field, value)
