"""Own fields as lines of a card: written into copies that are exported, read from cards that are imported.

`X-FARLEY-FIELD;X-KEY=level;X-KIND=choice;X-LABEL=Level:Gold`. The card that is stored never changes for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.codecs.vcard import Card
from farley.codecs.vcard_draft import OWN_LINE
from farley.fields import operations as defining
from farley.fields import values
from farley.fields.models import Document, Field
from farley.fields.operations import BadDefinition, NotForEverywhere
from farley.fields.values import BadValue, Value
from farley.journal.models import Noun
from farley.spaces.models import Space

NAME = OWN_LINE
_MARK = NAME.encode()
_EVERYWHERE = "everywhere"
_KINDS = {kind: kind.name.lower().replace("_", "-") for kind in Field.Kind}


@dataclass(frozen=True, slots=True)
class OwnLine:
    """What one line says of a field, and its value as text."""

    index: int
    key: str
    kind: str
    label: str
    scope: str
    text: str

    @classmethod
    def all_of(cls, card: Card) -> list[Self]:
        return [
            cls(
                found.index,
                found.param("X-KEY") or "",
                (found.param("X-KIND") or "").lower(),
                found.param("X-LABEL") or "",
                (found.param("X-SCOPE") or "").lower(),
                found.text,
            )
            for found in card.properties(NAME)
        ]

    def field_among(self, fields: Iterable[Field]) -> Field | None:
        """The one with this key and kind: of the space or everywhere as the line says, else the other one."""
        alike = [field for field in fields if (field.key, _KINDS[Field.Kind(field.kind)]) == (self.key, self.kind)]
        alike.sort(key=lambda field: (field.space_id is None) != (self.scope == _EVERYWHERE))
        return next(iter(alike), None)


def fields_here(space: Space, by: Actor) -> list[Field]:
    """The own fields that contacts of `space` have, as `by` sees them."""
    return defining.fields_in(space.pk, Noun.CONTACT, by=by)


def kind_word(field: Field) -> str:
    """The kind of a field as its lines name it."""
    return _KINDS[Field.Kind(field.kind)]


def with_own_lines(card: Card, document: Document | None, fields: Sequence[Field]) -> Card:
    """A copy of `card` that says what its record has in `fields`; lines about them that it had say so no more."""
    known = [line.index for line in OwnLine.all_of(card) if line.field_among(fields) is not None]
    card = card.without_all(known)
    for field in fields:
        value = (document or {}).get(str(field.pk))
        if value is not None and (text := _written(field, value)):
            params = [("X-KEY", [field.key]), ("X-KIND", [_KINDS[Field.Kind(field.kind)]]), ("X-LABEL", [field.label])]
            if field.space_id is None:
                params.append(("X-SCOPE", [_EVERYWHERE]))
            card = card.added(NAME, text=text, params=params)
    return card


def with_line(card: Card, *, label: str, key: str = "", kind: str = "text", text: str = "") -> Card:
    """`card` with a line about a field of that label; its key is made of it where it is not given."""
    said = (("X-KEY", key or defining.key_of(label)), ("X-KIND", kind), ("X-LABEL", label))
    return card.added(NAME, text=text, params=[(name, [value]) for name, value in said])


def are_in(octets: bytes) -> bool:
    """Whether a card may have such lines, told without reading it."""
    return _MARK in octets


def read_own_lines(octets: bytes, fields: Sequence[Field]) -> dict[Field, Value | None]:
    """What a card says of `fields`. What is no value of its field is left out: it stays a line of the card."""
    return split(Card.parse(octets), fields)[0]


def split(card: Card, fields: Sequence[Field]) -> tuple[dict[Field, Value | None], Card]:
    """What `card` says of `fields`, and the card without the lines that say it."""
    said: dict[Field, Value | None] = {}
    understood: list[int] = []
    for line in OwnLine.all_of(card):
        field = line.field_among(fields)
        if field is not None:
            try:
                said[field] = values.read(field, line.text)
            except BadValue:
                continue
            understood.append(line.index)
    return {field: value for field, value in said.items() if value is not None}, card.without_all(understood)


def define_missing(space: Space, cards: Iterable[Card], *, by: Actor, door: Door) -> tuple[list[Field], list[str]]:
    """Define in `space` the fields that these cards name and that are not there, and missing choices.

    One that was there once and was removed is brought back. Returns the fields that are new now, and the labels of
    those that cannot be there: another one has their key or name.
    Raises NotAllowed, NoSuchSpace.
    """
    defining.require_defining(space, by)
    there = fields_here(space, by)
    wanted: dict[tuple[str, str], tuple[OwnLine, dict[str, None]]] = {}
    for line in _lines_of(cards, _KINDS.values()):
        _, said = wanted.setdefault((line.key, line.kind), (line, {}))
        if line.kind == _KINDS[Field.Kind.CHOICE]:
            said.setdefault(line.text.strip())
    former = {field.key: field for field in Field.objects.filter(noun=Noun.CONTACT, space=space)}
    taken = set(former)
    made: list[Field] = []
    refused: list[str] = []
    for first, said in wanted.values():
        kind = next(kind for kind, word in _KINDS.items() if word == first.kind)
        field, label = first.field_among(there), first.label or first.key
        try:
            if field is not None:
                _add_choices(field, said, by=by, door=door)
            elif (gone := first.field_among(each for each in former.values() if each.deleted_at)) is not None:
                defining.bring_back(gone, by=by, door=door)
                _add_choices(gone, said, by=by, door=door)
                made.append(gone)
            elif first.key in taken:
                refused.append(label)
            else:
                made.append(_defined(space, first.key, label, kind, said, by=by, door=door))
                taken.add(made[-1].key)
        except (BadDefinition, NotForEverywhere):
            refused.append(label)
    return made, refused


def _defined(
    space: Space, key: str, label: str, kind: Field.Kind, said: Iterable[str], *, by: Actor, door: Door
) -> Field:
    choices = [*said] if kind is Field.Kind.CHOICE else []
    return defining.define(Noun.CONTACT, space, label=label, kind=kind, choices=choices, key=key, by=by, door=door)


def _add_choices(field: Field, said: Iterable[str], *, by: Actor, door: Door) -> None:
    labels = {label for _, label in field.options}
    new = [text for text in said if text and text not in labels]
    if new and field.kind == Field.Kind.CHOICE:
        defining.change(field, label=field.label, renamed={}, added=new, by=by, door=door)


def _lines_of(cards: Iterable[Card], kinds: Collection[str]) -> Iterator[OwnLine]:
    for card in cards:
        if are_in(card.octets):
            yield from (line for line in OwnLine.all_of(card) if line.key and line.kind in kinds)


def _written(field: Field, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return values.shown(field, value)
