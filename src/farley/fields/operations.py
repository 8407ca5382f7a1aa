"""Defining own fields: by the managers of a space for that space, by administrators for everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from django.utils import timezone

from farley.accounts.actor import Actor
from farley.accounts.doors import Door
from farley.accounts.events import Verb, note
from farley.accounts.roles import Role
from farley.database import rows
from farley.database.turns import write_turn
from farley.fields.models import MAX_KEY, MAX_LABEL, Field
from farley.journal.models import Noun
from farley.lists import language, saving
from farley.lists.language import Condition, Filter
from farley.lists.models import View
from farley.lists.saving import Address
from farley.search.folding import search_fold
from farley.spaces.models import Space, held_by
from farley.spaces.operations import require

MAX_FIELDS = 200  # of a noun, in one space or everywhere
MAX_CHOICES = 200
LISTS: Mapping[Noun, str] = {Noun.CONTACT: "contacts"}  # whose views ask for the fields of a noun
_watchers: list[Callable[[Field], object]] = []
_UNSTORED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


_HERE = (
    "SELECT {field}, {space} FROM fields_field field LEFT JOIN spaces_space space ON space.id = field.space_id"
    " WHERE field.noun = %s AND field.deleted_at IS NULL"
    " AND (field.space_id IS NULL OR field.space_id = %s AND field.space_id IN ({spaces}))"
    " ORDER BY field.space_id, field.position, field.id"
)


def fields_in(space: int, noun: Noun, *, by: Actor) -> list[Field]:
    """The fields that records of this space have, as far as `by` sees them, in the order people gave them."""
    spaces, values = held_by(by, Role.READER)
    kinds = {"field": Field, "space": Space}
    found = []
    for field, home in rows.load_by(kinds, _HERE.replace("{spaces}", spaces), [int(noun), space, *values]):
        field.space = home
        found.append(field)
    return found


def on_hiding(watch: Callable[[Field], object]) -> None:
    """Have `watch` called in the transaction that deletes a field or brings it back. Called by an AppConfig.ready."""
    _watchers.append(watch)


class BadDefinition(ValueError):
    """A field cannot be like that. `reason`: `label`, `long`, `choices`, `many`, `twice`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotForEverywhere(PermissionError):
    """Only an administrator defines what is there in every space."""


def define(
    noun: Noun,
    space: Space | None,
    *,
    label: str,
    kind: Field.Kind,
    choices: Sequence[str] = (),
    key: str = "",
    by: Actor,
    door: Door,
) -> Field:
    """Add a field; filters call it `key`, or by a word made of the label.

    Raises NotAllowed, NoSuchSpace, NotForEverywhere, BadDefinition.
    """
    require_defining(space, by)
    label = _label(label)
    options = _options([], choices) if kind is Field.Kind.CHOICE else []
    if kind is Field.Kind.CHOICE and not options:
        raise BadDefinition("choices")
    with write_turn():
        there = list(Field.objects.filter(noun=noun, space=space))
        alive = [field for field in there if field.deleted_at is None]
        if len(alive) >= MAX_FIELDS:
            raise BadDefinition("many")
        _refuse_twice(label, alive)
        field: Field = Field.objects.create(
            noun=noun,
            space=space,
            key=_free_key(key or label, {field.key for field in there}),
            label=label,
            kind=kind,
            choices=options,
            position=max((field.position for field in there), default=0) + 1,
        )
        _note(field, by=by, door=door, what="added")
    return field


def change(field: Field, *, label: str, renamed: dict[int, str], added: Sequence[str], by: Actor, door: Door) -> None:
    """Rename a field and its choices (by id; an empty label takes one away) and add choices. Values stay.

    Saved views that ask for a choice by its name ask for it by the new one.
    Raises NotAllowed, NoSuchSpace, NotForEverywhere, BadDefinition.
    """
    require_defining(field.space, by)
    label = _label(label)
    with write_turn():
        field.refresh_from_db()
        _refuse_twice(label, _others(field))
        former = dict(field.options)
        kept = [(int(number), renamed.get(number, old).strip() if old else "") for number, old in field.choices]
        field.label = label
        if field.kind == Field.Kind.CHOICE:
            field.choices = _options(kept, added)
            if not field.options:
                raise BadDefinition("choices")
        field.save(update_fields=["label", "choices"])
        _rename_in_views(field, former, by=by, door=door)
        _note(field, by=by, door=door, what="changed")


def _rename_in_views(field: Field, former: dict[int, str], *, by: Actor, door: Door) -> None:
    """In whosever they are; the journal of each tells of it."""
    names = {old: label for number, label in field.options if (old := former.get(number, label)) != label}
    if not names:
        return

    def renamed(condition: Condition) -> Filter:
        mine = condition.field == field.name
        return replace(condition, values=tuple(names.get(v, v) for v in condition.values)) if mine else condition

    def change(view: View, address: Address) -> Address:
        if field.space is not None and not saving.concerns(view, field.space, by):
            return address
        found = saving.with_filter(address, lambda filter_: filter_ and language.mapped(filter_, renamed))
        return {**address, "filter": found} if found else address

    saving.rewrite(LISTS[Noun(field.noun)], "own.", change, by=by, door=door)


def remove(field: Field, *, by: Actor, door: Door) -> None:
    """Take a field off all pages and out of the search. Its values are kept, and `bring_back` shows them again."""
    _set_deleted(field, is_deleted=True, by=by, door=door)


def bring_back(field: Field, *, by: Actor, door: Door) -> None:
    """Raises BadDefinition (`twice`) where another field has its name by now."""
    _set_deleted(field, is_deleted=False, by=by, door=door)


def _set_deleted(field: Field, *, is_deleted: bool, by: Actor, door: Door) -> None:
    require_defining(field.space, by)
    with write_turn():
        if not is_deleted:
            _refuse_twice(field.label, _others(field))
        field.deleted_at = timezone.now() if is_deleted else None
        field.save(update_fields=["deleted_at"])
        for watch in _watchers:
            watch(field)
        _note(field, by=by, door=door, what="removed" if is_deleted else "brought back")


def _others(field: Field) -> list[Field]:
    there = Field.objects.filter(noun=field.noun, space=field.space, deleted_at=None)
    return list(there.exclude(pk=field.pk))


def require_defining(space: Space | None, by: Actor) -> None:
    """Raise NotAllowed, NoSuchSpace or NotForEverywhere unless `by` defines the fields of `space`, or everywhere."""
    if space is not None:
        require(space, by, Role.MANAGER)
    elif not may_define_everywhere(by):
        raise NotForEverywhere


def may_define_everywhere(by: Actor) -> bool:
    return by.user is not None and by.user.is_active and by.user.is_admin and by.spaces is None


def _note(field: Field, *, by: Actor, door: Door, what: str) -> None:
    if field.space is None or not field.space.is_private:
        where = field.space.name if field.space is not None else ""  # what it is called is for who sees the space
        note(Verb.SETTING_CHANGED, by=by, door=door, subject=where, field=field.pk, what=what)


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not label or _UNSTORED.search(label):
        raise BadDefinition("label")
    if len(label) > MAX_LABEL:
        raise BadDefinition("long")
    return label


def _refuse_twice(label: str, others: Sequence[Field]) -> None:
    if any(other.label.casefold() == label.casefold() for other in others):
        raise BadDefinition("twice")


def _options(there: Sequence[tuple[int, str]], added: Sequence[str]) -> list[list[int | str]]:
    """`there` with new ones behind. A number is given once: records may still hold that of a value taken away."""
    number = max((number for number, _ in there), default=0)
    options: list[tuple[int, str]] = [(known, _label(text) if text else "") for known, text in there]
    for text in added:
        if text.strip():
            number += 1
            options.append((number, _label(text)))
    labels = [label.casefold() for _, label in options if label]
    if len(labels) > MAX_CHOICES:
        raise BadDefinition("many")
    if len(set(labels)) < len(labels):
        raise BadDefinition("twice")
    return [[number, label] for number, label in options]


def key_of(label: str) -> str:
    """The word that filters call a field of this label by, where no other field has it."""
    plain = " ".join(word.lower() if word.isascii() else search_fold(word) for word in label.split())
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: MAX_KEY - 4] or "field"


def _free_key(label: str, taken: set[str]) -> str:
    """A word made of the label that no other field has, deleted ones neither."""
    number = 1
    key = words = key_of(label)
    while key in taken:
        number += 1
        key = f"{words}-{number}"
    return key
