"""Inline edit: which editor opens for a fact, and how what was typed is saved beside what others do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.http import Http404
from django.urls import reverse

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card, Property
from farley.contacts import links, storing
from farley.contacts.links import RELATIONS
from farley.contacts.models import Contact
from farley.contacts.storing import EditConflict
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.web.contacts import editors
from farley.web.contacts.editors import Collision, Editor, Field, Form
from farley.web.contacts.facts import (
    EDITABLE,
    GROUPS,
    Fact,
    FactGroup,
    fact_of,
    name_facts,
    name_signature,
    shown_value,
    signature,
)
from farley.web.contacts.labels import property_label
from farley.web.contacts.successors import successor_of

ATTEMPTS = 5  # to save beside somebody who changes other values of the same card
NAME_REFS = ("name", "fn")
LINKS = ("RELATED", "X-RELATED")  # that may hold a URI, where Apple's line holds a name


class Overtaken(Exception):
    """The value is another one by now: `fact` as it stands, None where it was removed."""

    def __init__(self, fact: Fact | None) -> None:
        super().__init__("the value was changed by somebody else")
        self.fact = fact


def find_fact(card: Card, ref: str) -> Fact | None:
    """The fact that `ref` addresses."""
    if ref in NAME_REFS:
        return next((fact for fact in name_facts(card) if fact.ref == ref), None)
    prop = _located(card, ref, "")
    return fact_of(prop) if prop is not None else None


def found_again(contact: Contact, ref: str, was: str, *, by: Actor) -> Fact | None:
    """The fact a page showed as `ref` with the signature `was`, or what became of it; None where it was removed."""
    if ref in NAME_REFS or not was:
        return find_fact(contact.card, ref)
    prop = _located(contact.card, ref, was) or successor_of(contact, was, by=by)
    return fact_of(prop) if prop is not None else None


def with_editor(
    contact: Contact,
    fact: Fact,
    *,
    by: Actor,
    form: Form | None = None,
    error: str = "",
    collision: Collision | None = None,
) -> Fact:
    """`fact` with its editor open, holding what was typed in `form`."""
    fields = _fields(contact.card, fact)
    if fact.name in RELATIONS:
        fields = _naming(contact, fields, by)
    if form is not None:
        fields = editors.filled(fields, form)
    page = reverse("contact", args=[contact.pk])
    url = reverse("fact", args=[contact.pk, fact.ref])
    removable = fact.ref not in NAME_REFS
    editor = Editor(
        key=f"edit-{fact.ref}",
        fields=fields,
        was=fact.was,
        url=url,
        restore_url=f"{url}?was={fact.was}",
        page_url=page,
        remove_url=reverse("remove-fact", args=[contact.pk, fact.ref]) if removable else "",
        error=error,
        collision=collision,
    )
    return replace(fact, editor=editor, group="relations" if fact.name in RELATIONS else fact.group)


def new_fact(
    contact: Contact,
    name: str,
    *,
    by: Actor,
    form: Form | None = None,
    error: str = "",
    collision: Collision | None = None,
) -> Fact:
    """A fact to add, its editor open, holding what was typed in `form`. Raises Http404 for what cannot be added."""
    if name not in EDITABLE:
        raise Http404("no such kind of fact")
    fields = editors.new_fields(name)
    if name in RELATIONS:
        fields = _naming(contact, fields, by)
    editor = Editor(
        key=f"new-{name}",
        fields=fields if form is None else editors.filled(fields, form),
        url=reverse("new-fact", args=[contact.pk, name]),
        page_url=reverse("contact", args=[contact.pk]),
        error=error,
        collision=collision,
    )
    return Fact(f"new-{name}", name, property_label(name), "", group=group_of(name), editor=editor)


def group_of(name: str) -> str:
    """The group of facts where the property `name` is shown."""
    return "relations" if name in RELATIONS else next(key for key, names in GROUPS.items() if name in names)


def relation_editing(contact: Contact, ref: str, *, by: Actor) -> Fact | None:
    """The relation `ref` with its editor open; None where it is no relation."""
    fact = find_fact(contact.card, ref) if ref else None
    return with_editor(contact, fact, by=by) if fact is not None and fact.name in RELATIONS else None


def editing_of(groups: Sequence[FactGroup], contact: Contact, ref: str, *, by: Actor) -> list[FactGroup]:
    """`groups` with the editor of the fact `ref` open; "first" stands for the first one."""
    if ref == "first":
        ref = next((fact.ref for group in groups for fact in group.facts), "")
    return [
        replace(group, facts=[with_editor(contact, fact, by=by) if fact.ref == ref else fact for fact in group.facts])
        for group in groups
    ]


def save(contact: Contact, ref: str, was: str, form: Form, *, by: Actor) -> tuple[Fact | None, Batch | None]:
    """Store what was typed; return the fact as it stands then (None: it was emptied) and what undoes it.

    Other values of the card may have changed meanwhile; if this very one did, raises Overtaken. Raises
    Unusable, and what `store` raises.
    """

    def changed(card: Card) -> tuple[Card, str]:
        if ref in NAME_REFS:
            if name_signature(card) != was:
                raise Overtaken(find_fact(card, ref))
            return (editors.with_name(card, form) if ref == "name" else editors.with_full_name(card, form)), ref
        prop = _located(card, ref, was)
        if prop is None:
            raise Overtaken(found_again(contact, ref, was, by=by))
        new = editors.with_change(card, prop, _meant(contact, prop.name, form, by, prop.text))
        return new, str(prop.index + _lines_before(card, new, prop))

    card, ref, batch = stored(contact, changed, by=by)
    return (find_fact(card, ref) if editors.typed_value(form) else None), batch


def add(contact: Contact, name: str, form: Form, *, by: Actor) -> Batch | None:
    """Add a fact; return what undoes it, None where nothing was typed. Raises Unusable, and what `store` raises."""
    typed = _meant(contact, name, form, by) if contact.card.version == "4.0" else form
    return stored(contact, lambda card: (editors.with_addition(card, name, typed), ""), by=by)[2]


def remove(contact: Contact, ref: str, was: str, *, by: Actor) -> Batch | None:
    """Remove the fact from the card; return the batch that undoes it, None where it was gone already."""

    def without(card: Card) -> tuple[Card, str]:
        prop = _located(card, ref, was)
        if prop is None:
            raise Overtaken(found_again(contact, ref, was, by=by))
        return card.without(prop.index), ""

    try:
        return stored(contact, without, by=by)[2]
    except Overtaken as overtaken:
        if overtaken.fact is not None:
            raise
        return None


def move(
    contact: Contact, ref: str, was: str, *, onto: str = "", steps: int = 0, by: Actor
) -> tuple[str, Batch | None]:
    """Put a fact at the place of the one in its group with the signature `onto`, or so many places on.

    Return its ref then, and what undoes it; None where it stays. Raises Overtaken, and what `store` raises.
    """

    def moved(card: Card) -> tuple[Card, str]:
        prop = _located(card, ref, was)
        if prop is None:
            raise Overtaken(found_again(contact, ref, was, by=by))
        names = GROUPS.get(group_of(prop.name), (prop.name,))
        others = [each for each in card.properties(*names) if shown_value(each)]
        at = next(n for n, each in enumerate(others) if each.index == prop.index)
        place = next((n for n, each in enumerate(others) if onto and signature(each) == onto), at + steps)
        place = max(0, min(place, len(others) - 1))
        new = card.with_moved(prop.index, others[place].index)
        return new, str([each for each in new.properties(*names) if shown_value(each)][place].index)

    _, ref, batch = stored(contact, moved, by=by)
    return ref, batch


def stored(
    contact: Contact, change: Callable[[Card], tuple[Card, str]], *, by: Actor
) -> tuple[Card, str, Batch | None]:
    """Change the card as it is now and store it; `contact` is that state then. No batch: nothing was to change.

    `change` also says where in the card it was, and may be asked again for a card that somebody else changed meanwhile.
    Raises what it raises, and what `store` raises.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            _read_again(contact)
        card, ref = change(contact.card)
        if card.octets == contact.card.octets:
            return card, ref, None
        try:
            with one_batch(Batch.Act.EDIT, by=by, door=Door.WEB, title=contact.full_name) as batch:
                storing.store(
                    contact.space,
                    contact.href,
                    card.octets,
                    expected=contact.etag,
                    by=by,
                    door=Door.WEB,
                    batch=batch,
                )
        except EditConflict:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        _read_again(contact)
        return contact.card, ref, batch
    raise AssertionError("the last attempt returns or raises")


def _read_again(contact: Contact) -> None:
    contact.refresh_from_db()
    contact.__dict__.pop("card", None)


def _located(card: Card, ref: str, was: str) -> Property | None:
    """The line a page showed, wherever it stands by now; without `was`, the one that stands at `ref`."""
    props = {prop.index: prop for prop in card.properties() if prop.name in EDITABLE}
    index = int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 9 else -1
    there = props.get(index)
    if not was or (there is not None and signature(there) == was):
        return there
    return next((prop for prop in props.values() if signature(prop) == was), None)


def _lines_before(old: Card, new: Card, prop: Property) -> int:
    """By how many lines a change of `prop` moved it: a label of its own may have stood above."""
    above = [line.octets for line in old.lines[: prop.index]]
    now = [line.octets for line in new.lines[: prop.index]]
    return 0 if above == now else len(new.lines) - len(old.lines)


def _naming(contact: Contact, fields: Sequence[Field], by: Actor) -> list[Field]:
    """The controls of a relation: a link is shown as the name of whom it means, and names are completed."""
    shown = []
    for field in fields:
        if field.name == "value":
            other = links.linked(field.value, contact.space, by=by) if ":" in field.value else None
            value = other.full_name if other else field.value
            field = replace(field, value=value, complete_url=reverse("contact-names", args=[contact.pk]))
        shown.append(field)
    return shown


def _meant(contact: Contact, name: str, form: Form, by: Actor, before: str = "") -> Form:
    """What was typed, a name as the link to the one contact of that name; for relations that are links, or may be."""
    if name not in LINKS or not form.get("value"):
        return form
    was = links.linked(before, contact.space, by=by) if ":" in before else None
    if was is not None and was.full_name == form["value"].strip():
        return {**form, "value": before}
    other = links.called(form["value"], contact.space, by=by)
    uri = links.uri_of(other) if other is not None and other.pk != contact.pk else ""
    return {**form, "value": uri} if uri else form


def _fields(card: Card, fact: Fact) -> list[Field]:
    if fact.ref == "name":
        return editors.name_fields(card)
    if fact.ref == "fn":
        return editors.full_name_field(card)
    return editors.fields_of(next(prop for prop in card.properties() if str(prop.index) == fact.ref))
