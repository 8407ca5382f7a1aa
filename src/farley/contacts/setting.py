"""What lists show of a card, and the same value written into many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card, Kind, Property
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.fields import values
from farley.fields.models import Field
from farley.journal.models import Batch, Door

IN_CARDS: Mapping[str, str] = {"org": "ORG", "title": "TITLE", "email": "EMAIL", "phone": "TEL", "city": "ADR"}
FOR_MANY = ("title", "org", "city", "country")  # what one value of is right for several people
OWN = "own:"  # before the id of an own field
_PARTS = {"org": 0, "city": 3, "country": 6}  # of ORG and ADR
_ADDRESS_PARTS = 7


def shown_line(card: Card, column: str) -> Property | None:
    """The line of a card that lists show in a column, as `contacts.deriving` finds it."""
    if column == "title":
        titles = [prop for prop in card.properties("TITLE") if prop.text.strip()]
        roles = [prop for prop in card.properties("ROLE") if prop.text.strip()]
        return titles[-1] if titles else next(iter(roles), None)
    found = [
        prop for prop in card.properties(IN_CARDS[column]) if shown_value(prop, column) and "fax" not in prop.types
    ]
    if column == "org":
        return next(iter(found), None)
    return min(found, key=lambda prop: prop.pref or 500, default=None)


def shown_value(prop: Property | None, column: str) -> str:
    """What a column shows of the line."""
    if prop is None:
        return ""
    if column in _PARTS:
        at = _PARTS[column]
        return prop.parts[at].strip() if len(prop.parts) > at else ""
    return prop.text.strip()


def set_value(contacts: Sequence[Contact], field: str, value: str, *, by: Actor, door: Door, batch: Batch) -> int:
    """Give all `contacts` this value of a field of FOR_MANY, or of the own field behind OWN; empty: take it away.

    Returns how many changed. An organisation keeps its own name, and an own field is for those whose space has it.
    Give at most 500 at a time. Raises NotAllowed, NoSuchSpace, StoreProblem, BadValue; then none of them is changed.
    """
    if field.startswith(OWN):
        own = Field.objects.get(pk=int(field.removeprefix(OWN)))
        return operations.set_fields(contacts, {own: values.read(own, value)}, by=by, door=door, batch=batch)
    change = {"title": _with_title, "org": _with_organisation}.get(field) or partial(_with_place, at=_PARTS[field])
    return operations.rewrite(contacts, partial(change, value=value), by=by, door=door, batch=batch)


def _with_title(card: Card, *, value: str) -> Card:
    if not value:
        return _without(card, "TITLE", "ROLE")
    titles = card.properties("TITLE")
    return card.with_text(titles[-1].index, value) if titles else card.added("TITLE", text=value)


def _with_organisation(card: Card, *, value: str) -> Card:
    """Departments are those of the former organisation, so they go with it."""
    if card.kind is Kind.ORG:
        return card
    if not value:
        return _without(card, "ORG")
    prop = card.first("ORG")
    if prop is None:
        return card.added("ORG", components=[value])
    return card if shown_value(prop, "org") == value else card.with_components(prop.index, [value])


def _with_place(card: Card, *, value: str, at: int) -> Card:
    """In the address that lists show, else in the first one, else in one of its own; nothing goes from all of them."""
    addresses = card.properties("ADR")
    if not addresses:
        parts = [value if n == at else "" for n in range(_ADDRESS_PARTS)]
        return card.added("ADR", components=parts) if value else card
    shown = shown_line(card, "city") or addresses[0]
    for prop in addresses if not value else [shown]:
        parts = [*prop.parts, *[""] * _ADDRESS_PARTS][:_ADDRESS_PARTS]
        if parts[at] != value:
            parts[at] = value
            card = card.with_components(prop.index, parts)
    return card


def _without(card: Card, *names: str) -> Card:
    """`card` without the lines of these names: the last first, for one that goes moves those behind it."""
    indexes = [prop.index for name in names for prop in card.properties(name)]
    for index in sorted(indexes, reverse=True):
        card = card.without(index)
    return card
