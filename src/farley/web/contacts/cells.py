"""Cells of the list, edited where they stand: an editor laid over one, saved as the record page saves.

What is typed meets what others did in the meantime: the value that was shown goes along (`was`), and where it is
another one by now both are shown. The answer to a saved cell is its row.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.codecs.vcard import Card
from farley.contacts import listing, operations
from farley.contacts.columns import COLUMNS, columns_of
from farley.contacts.models import Contact
from farley.contacts.setting import IN_CARDS, shown_line, shown_value
from farley.contacts.storing import StoreProblem
from farley.fields import values
from farley.fields.models import Field
from farley.fields.operations import fields_in
from farley.fields.values import BadValue
from farley.journal.models import Batch, Change, Door, Noun
from farley.journal.writing import one_batch
from farley.spaces.operations import require
from farley.web.contacts import editing, editors
from farley.web.contacts import listing as asking
from farley.web.contacts.editing import Overtaken
from farley.web.contacts.editors import Collision, Unusable
from farley.web.contacts.facts import signature
from farley.web.contacts.listing import is_editable
from farley.web.contacts.own_fields import unreadable
from farley.web.contacts.own_values import own_facts
from farley.web.contacts.record import visible_contact
from farley.web.contacts.rows import drawn
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast
from farley.web.spaces.spaces import readers_of
from farley.web.templatetags.farley import changed_query
from farley.web.timeline.events import done_by

MAX_TYPED = 100_000  # characters, as the editors of the record page take them
_INPUTS = {"email": "email", "phone": "tel", "follow-up": "date"}


@dataclass(frozen=True, slots=True)
class CellEditor:
    """The editor of one cell. `kind` is an input type or "select"; `ref` and `was` say what it stands for."""

    contact: int
    column: str
    label: str
    name: str  # of the contact
    url: str
    value: str = ""
    was: str = ""
    ref: str = ""
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()
    list_id: str = ""  # of words that complete what is typed
    hint: str = ""
    error: str = ""
    collision: Collision | None = None


@require_http_methods(["GET", "POST"])
def cell(request: PageRequest, pk: int, column: str) -> HttpResponse:
    """GET: the editor of a cell. POST: save what was typed; the answer is the row as the list of the address has it."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    if not is_editable(column) or (column == "org" and contact.kind == Contact.Kind.ORG):
        raise Http404("no such cell")
    if not request.htmx:  # cells are edited by script; without it the record page does
        return redirect("contact", pk)
    if request.method == "GET":
        return _open(request, _editor(request, contact, column))
    typed = request.POST.get("value", "").strip()[:MAX_TYPED]
    if request.POST.get("pick") == "theirs":
        return _row(request, contact)
    try:
        batch = _save(request, contact, column, typed)
    except Overtaken:
        return _collided(request, contact, column, typed)
    except (Unusable, StoreProblem) as problem:
        return _refused(request, contact, column, explained(problem))
    except BadValue as problem:
        return _refused(request, contact, column, unreadable(problem))
    if batch is not None:
        said = gettext("{label} changed") if typed else gettext("{label} removed")
        toast(request, said.format(label=_label(contact, column)), undoes=batch)
    return _row(request, contact)


@require_http_methods(["GET"])
def row(request: PageRequest, pk: int) -> HttpResponse:
    """One row of the list anew, after it was changed beside the list."""
    contact = visible_contact(request, pk)
    return _row(request, contact) if request.htmx else redirect("contact", pk)


def _row(request: PageRequest, contact: Contact) -> HttpResponse:
    asked = asking.asked(request)
    drawn_row = drawn(
        listing.lines([contact.pk], asked.columns),
        asked.columns,
        listing.tags_of([contact.pk]) if COLUMNS["tag"] in asked.columns else {},
        query=changed_query(request, peek=None),
        editable=standings(request).changeable,
        peeked=contact.pk if request.GET.get("peek") == str(contact.pk) else None,
    )
    place = f'hx-swap-oob="outerHTML:[data-rows] > [data-id=&quot;{contact.pk}&quot;]"'
    placed = drawn_row.replace("<tr ", f"<tr {place} ", 1)
    toasts = render_to_string("components/toasts.html", {"is_swap": True}, request)
    response = HttpResponse(f"{toasts}<template>{placed}</template>")  # beside a bare row a parser drops forms
    response.headers["HX-Reswap"] = "none"
    return response


def _open(request: PageRequest, editor: CellEditor, status: int = 200) -> HttpResponse:
    return render(request, "contacts/cell.html", {"cell": editor}, status=status)


def _refused(request: PageRequest, contact: Contact, column: str, error: str) -> HttpResponse:
    """The editor stays open with the typed text and the reason."""
    editor = _editor(request, contact, column)
    sent: dict[str, Any] = {name: request.POST.get(name, "")[:4000] for name in ("value", "was", "ref")}
    return _open(request, replace(editor, error=error, **sent), status=422)


def _collided(request: PageRequest, contact: Contact, column: str, typed: str) -> HttpResponse:
    """Somebody else was faster: both values, one to pick."""
    contact = visible_contact(request, contact.pk)
    editor = _editor(request, contact, column)
    newest = Change.objects.visible_to(request.actor).of(Noun.CONTACT, contact.pk).select_related("user").last()
    names = dict(editor.choices)
    collision = Collision(
        done_by(newest) if newest else gettext("Somebody"),
        names.get(editor.value, editor.value) if editor.value else "",
        names.get(typed, typed) if typed else "",
    )
    return _open(request, replace(editor, value=typed, collision=collision), status=409)


def _editor(request: PageRequest, contact: Contact, column: str) -> CellEditor:
    """The editor of a cell as the contact stands."""
    url = f"{request.path}{changed_query(request, peek=None)}"
    label = _label(contact, column)
    editor = CellEditor(contact.pk, column, label, contact.full_name, url, kind=_INPUTS.get(column, "text"))
    if column in IN_CARDS:
        prop = shown_line(contact.card, column)
        value = shown_value(prop, column)
        kind = "text" if column == "email" and value and "@" not in value else editor.kind
        was, ref = (signature(prop), str(prop.index)) if prop else ("", "")
        return replace(editor, value=value, was=was, ref=ref, kind=kind)
    if column == "tag":
        written = _written_tags(_tags(contact.card))
        return replace(editor, value=written, was=written, list_id="tag-names", hint=gettext("Apart by commas"))
    if column == "owner":
        owner = contact.owner.name if contact.owner else ""
        people = [(user.name, user.display_name) for user in readers_of(contact.space)]
        if owner and owner not in dict(people):
            people.append((owner, contact.owner.display_name if contact.owner else owner))
        return replace(editor, value=owner, was=owner, kind="select", choices=[("", gettext("Nobody")), *people])
    if column == "follow-up":
        on = contact.follow_up_on.isoformat() if contact.follow_up_on else ""
        return replace(editor, value=on, was=on)
    return _own_editor(request, contact, column, editor)


def _own_editor(request: PageRequest, contact: Contact, column: str, editor: CellEditor) -> CellEditor:
    field = _own_field(request, contact, column)
    fact = next(fact for fact in own_facts(contact, request.actor) if fact.field.pk == field.pk)
    editor = replace(editor, value=fact.typed, was=fact.was)
    match fact.kind:
        case "choice":
            options = [(str(number), label) for number, label in field.options]
            return replace(editor, kind="select", choices=[("", ""), *options])
        case "yes_no":
            return replace(editor, kind="select", choices=[("", ""), ("yes", gettext("yes")), ("no", gettext("no"))])
        case "date":
            return replace(editor, kind="date")
    return editor


def _own_field(request: PageRequest, contact: Contact, column: str) -> Field:
    """The own field of a column; 404 where the contact's space has none of that name."""
    for field in fields_in(contact.space_id, Noun.CONTACT, by=request.actor):
        if field.name == column:
            return field
    raise Http404("no such field here")


def _label(contact: Contact, column: str) -> str:
    known = COLUMNS if column in COLUMNS else columns_of([contact.space])
    if column not in known:
        raise Http404("no such column")
    return str(known[column].label)


# Saving


def _save(request: PageRequest, contact: Contact, column: str, typed: str) -> Batch | None:
    """Keep what was typed; return what undoes it. Raises Overtaken, Unusable, BadValue, StoreProblem."""
    if column in IN_CARDS:
        return _save_in_card(request, contact, column, typed)
    was = request.POST.get("was", "")
    how: dict[str, Any] = {"by": request.actor, "door": Door.WEB}
    if column == "tag":
        return _save_tags(contact, _read_tags(was), _read_tags(typed), **how)
    if column == "owner":
        owner = _owner(contact, typed)
        with one_batch(Batch.Act.ASSIGN, title=contact.full_name, **how) as batch:
            operations.assign([contact], owner, batch=batch, guard=_Guard("owner", was, typed), **how)
        return batch
    if column == "follow-up":
        on = _day(typed)
        with one_batch(Batch.Act.EDIT, title=contact.full_name, **how) as batch:
            operations.follow_up([contact], on, batch=batch, guard=_Guard("follow_up_on", was, typed), **how)
        return batch
    field = _own_field(request, contact, column)
    if typed == was:
        return None
    value = values.read(field, typed)
    with one_batch(Batch.Act.EDIT, title=contact.full_name, **how) as batch:
        guard = _OwnGuard(field, was, value)
        operations.set_fields([contact], {field: value}, batch=batch, guard=guard, **how)
    return batch


@dataclass(frozen=True, slots=True)
class _Guard:
    """Raises Overtaken where a column of the contact is neither what was shown nor what it is to be."""

    name: str
    was: str
    wanted: str

    def __call__(self, contact: Contact) -> None:
        held = getattr(contact, self.name)
        now = held.name if isinstance(held, User) else held.isoformat() if held else ""
        if now not in (self.was, self.wanted):
            raise Overtaken(None)


@dataclass(frozen=True, slots=True)
class _OwnGuard:
    """The same of an own field; `was` is as its input held it, of a choice taken away since nothing."""

    field: Field
    was: str
    wanted: values.Value | None

    def __call__(self, contact: Contact) -> None:
        now = (contact.own or {}).get(str(self.field.pk))
        if now is None or not values.shown(self.field, now):
            written = ""
        else:
            written = ("yes" if now else "no") if isinstance(now, bool) else str(now)
        if written != self.was and now != self.wanted:
            raise Overtaken(None)


def _save_in_card(request: PageRequest, contact: Contact, column: str, typed: str) -> Batch | None:
    ref, was = request.POST.get("ref", ""), request.POST.get("was", "")
    if not was:
        return _add(request, contact, column, typed)
    prop = next((each for each in contact.card.properties() if signature(each) == was), None)
    if prop is None:
        raise Overtaken(None)
    fields = {field.name: field.value for field in editors.fields_of(prop)}
    changed = {"org": {"organisation": typed}, "city": {"city": typed}}.get(column, {"value": typed})
    if column == "org" and not typed:
        changed["units"] = ""  # a department of nothing
    return editing.save(contact, ref, was, {**fields, **changed}, by=request.actor)[1]


def _add(request: PageRequest, contact: Contact, column: str, typed: str) -> Batch | None:
    """Write a value where there was none: into the first address that lacks a town, else as a line of its own."""
    form = {"org": {"organisation": typed}, "city": {"city": typed}}.get(column, {"value": typed})

    def added(card: Card) -> tuple[Card, str]:
        there = shown_line(card, column)
        if there is not None:
            if shown_value(there, column) == typed:
                return card, ""
            raise Overtaken(None)
        address = card.first("ADR") if column == "city" and typed else None
        if address is not None:
            fields = {field.name: field.value for field in editors.fields_of(address)}
            return editors.with_change(card, address, {**fields, **form}), ""
        return editors.with_addition(card, IN_CARDS[column], form), ""

    return editing.stored(contact, added, by=request.actor)[2]


def _save_tags(contact: Contact, was: Sequence[str], wanted: Sequence[str], **how: Any) -> Batch | None:
    """Only what was added and taken off: tags that somebody else gave meanwhile stay."""
    add = [listing.as_spelt([contact.space], tag) for tag in wanted if tag not in was]
    spelt = {" ".join(tag.split()): tag for tag in _tags(contact.card)}
    remove = [spelt.get(tag, tag) for tag in was if tag not in wanted]
    if not add and not remove:
        return None
    title = f"{', '.join([*add, *remove])}: {contact.full_name}"
    with one_batch(Batch.Act.TAG, title=title, **how) as batch:
        operations.retag([contact], add=add, remove=remove, batch=batch, **how)
    return batch


def _owner(contact: Contact, name: str) -> User | None:
    if not name:
        return None
    found = next((user for user in readers_of(contact.space) if user.name == name), None)
    if found is None:  # who has an account here is not told
        raise Unusable(gettext("Nobody of this name sees this space."))
    return found


def _day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Unusable(gettext("“{text}” is no day. Write it as 2026-12-31.").format(text=typed[:40])) from None


def _tags(card: Card) -> list[str]:
    return [
        tag for tag in dict.fromkeys(text.strip() for p in card.properties("CATEGORIES") for text in p.texts) if tag
    ]


def _written_tags(tags: Sequence[str]) -> str:
    """Tags apart by commas; one that holds a comma stands in quotation marks."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(tags)
    return line.getvalue().replace(",", ", ") if not any("," in tag for tag in tags) else line.getvalue()


def _read_tags(text: str) -> list[str]:
    read = next(csv.reader([text.replace("\r", " ").replace("\n", " ")], skipinitialspace=True), [])
    return [tag for tag in dict.fromkeys(" ".join(each.split()) for each in read) if tag]
