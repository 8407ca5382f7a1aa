"""Own fields: the page that defines them, and their values on a contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.contacts import operations
from farley.contacts.models import Contact
from farley.fields import operations as defining
from farley.fields import values
from farley.fields.models import Field
from farley.fields.operations import BadDefinition, NotForEverywhere
from farley.fields.values import BadValue, Value
from farley.journal.models import Batch, Door, Noun
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from farley.spaces.operations import find, require
from farley.web.contacts.own_values import own_facts
from farley.web.contacts.record import SEGMENTS, record_context, visible_contact
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn

MAX_SHOWN = 4000  # characters of what was typed that are given back


@dataclass(frozen=True, slots=True)
class NewField:
    """The form of a new field that was refused, as it was typed."""

    space: str
    problem: str
    label: str
    kind: str
    choices: str


@dataclass(frozen=True, slots=True)
class ChangedField:
    """The form that changes a field, as it is or as it was typed."""

    pk: int
    problem: str
    label: str
    options: Sequence[tuple[int, str]]
    choices: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where fields are: a space, or everywhere."""

    name: str  # of the space; empty: everywhere
    title: str
    fields: Sequence[tuple[Field, ChangedField]]
    gone: Sequence[Field]
    can_define: bool


@require_http_methods(["GET", "POST"])
def fields(request: PageRequest) -> HttpResponse:
    """All fields one sees. POST: a new one."""
    if request.method == "POST":
        return _define(request)
    return render(request, "fields/fields.html", _context(request))


def _define(request: PageRequest) -> HttpResponse:
    name, kind, label, choices = (request.POST.get(each, "") for each in ("space", "kind", "label", "choices"))
    space = find(name, by=request.actor) if name else None
    kinds = {each.name.lower(): each for each in Field.Kind}
    try:
        made = defining.define(
            Noun.CONTACT,
            space,
            label=label,
            kind=kinds.get(kind, Field.Kind.TEXT),
            choices=choices.splitlines(),
            by=request.actor,
            door=Door.WEB,
        )
    except NotForEverywhere as error:
        raise PermissionDenied from error
    except BadDefinition as problem:
        return _typed_again(request, NewField(name, _refused(problem), label, kind, choices))
    toast(request, gettext("Field “{label}” added").format(label=made.label))
    return redirect("fields")


def _typed_again(request: PageRequest, refused: NewField | ChangedField) -> HttpResponse:
    """The page with the form open that was refused, and what was typed into it."""
    return render(request, "fields/fields.html", _context(request, refused), status=422)


@require_POST
def change_field(request: PageRequest, pk: int) -> HttpResponse:
    """Rename it and its choices, delete it, or bring it back."""
    field = get_object_or_404(Field.objects.known_to(request.actor).select_related("space"), pk=pk)
    act = request.POST.get("act", "")
    typed = ChangedField(field.pk, "", field.label, field.options)
    try:
        if act == "remove":
            defining.remove(field, by=request.actor, door=Door.WEB)
            text = gettext("Field “{label}” deleted. Its values are kept; below it can be brought back.")
        elif act == "back":
            defining.bring_back(field, by=request.actor, door=Door.WEB)
            text = gettext("Field “{label}” is back, with its values")
        else:
            renamed = {number: request.POST.get(f"choice-{number}", old) for number, old in field.options}
            added = request.POST.get("choices", "")
            label = request.POST.get("label", field.label)
            typed = ChangedField(field.pk, "", label, [*renamed.items()], added)
            defining.change(
                field, label=label, renamed=renamed, added=added.splitlines(), by=request.actor, door=Door.WEB
            )
            text = gettext("Field “{label}” saved")
    except NotForEverywhere as error:
        raise PermissionDenied from error
    except BadDefinition as problem:
        return _typed_again(request, replace(typed, problem=_refused(problem)))
    toast(request, text.format(label=field.label))
    return redirect("fields")


def _context(request: PageRequest, refused: NewField | ChangedField | None = None) -> dict[str, Any]:
    changed = refused if isinstance(refused, ChangedField) else None
    known = list(Field.objects.known_to(request.actor).filter(noun=Noun.CONTACT).order_by("position", "pk"))
    managed = set(Space.objects.managed_by(request.actor).values_list("pk", flat=True))
    spaces = Space.objects.visible_to(request.actor).in_use().order_by("kind", "title")

    def scope(space: Space | None, *, can_define: bool) -> Scope:
        mine = [field for field in known if field.space_id == (space.pk if space else None)]
        return Scope(
            name=space.name if space else "",
            title=space.title if space else gettext("In every space"),
            fields=[
                (field, changed)
                if changed is not None and changed.pk == field.pk
                else (field, ChangedField(field.pk, "", field.label, field.options))
                for field in mine
                if field.deleted_at is None
            ],
            gone=[field for field in mine if field.deleted_at is not None] if can_define else [],
            can_define=can_define,
        )

    scopes = [scope(None, can_define=defining.may_define_everywhere(request.actor))]
    scopes += [scope(space, can_define=space.pk in managed) for space in spaces]
    return {
        "place": "fields",
        "scopes": [each for each in scopes if each.fields or each.can_define],
        "refused": refused if isinstance(refused, NewField) else None,
        "kinds": [(kind.name.lower(), kind.label) for kind in Field.Kind],
    }


def _refused(problem: BadDefinition) -> str:
    return {
        "label": gettext("Type a name of readable characters."),
        "long": gettext("This name is too long: 100 characters are the most."),
        "choices": gettext("A choice needs at least one value, each on a line of its own."),
        "many": gettext("That are too many: 200 fields in a space, and 200 values of a choice, are the most."),
        "twice": gettext("There is one of this name already."),
    }[problem.reason]


# On a contact


@require_POST
def contact_fields(request: PageRequest, pk: int) -> HttpResponse:
    """Save the values of own fields that the form names, but for those that are as the form was given them (`was`).

    So two people who change different fields at once keep both, and a value that was taken off its field's choices
    is not lost with the next change beside it.
    """
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    wanted: dict[Field, Value | None] = {}
    problems: dict[int, str] = {}
    for field in defining.fields_in(contact.space_id, Noun.CONTACT, by=request.actor):
        typed = request.POST.get(f"own-{field.pk}")
        if typed is not None and typed != request.POST.get(f"was-{field.pk}"):
            try:
                wanted[field] = values.read(field, typed)
            except BadValue as problem:
                problems[field.pk] = unreadable(problem)
    if problems:
        return _asked_again(request, contact, problems)
    with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
        operations.set_fields([contact], wanted, by=request.actor, door=Door.WEB, batch=batch)
    if batch.size:
        toast(request, gettext("Own fields saved"), undoes=batch)
    return redirect(f"{reverse('contact', args=[pk])}#own")


def _asked_again(request: PageRequest, contact: Contact, problems: dict[int, str]) -> HttpResponse:
    """The form with what was typed, and beside each value that cannot be kept why."""
    facts = [
        replace(
            fact,
            was=request.POST.get(f"was-{fact.field.pk}", fact.was),
            typed=request.POST.get(f"own-{fact.field.pk}", fact.typed)[:MAX_SHOWN],
            error=problems.get(fact.field.pk, ""),
        )
        for fact in own_facts(contact, request.actor)
    ]
    context = record_context(request, contact) | {"own_facts": facts, "edits_own": True, "segment": SEGMENTS[0]}
    return render(request, "contacts/record.html", context, status=422)


def unreadable(problem: BadValue) -> str:
    """Why a value cannot be kept."""
    words = {
        "long": gettext("“{label}” is too long: 2,000 characters are the most."),
        "number": gettext("“{label}” needs a number of at most 15 digits."),
        "date": gettext("“{label}” needs a day, as 2026-12-31."),
        "yes": gettext("“{label}” is yes or no."),
        "choice": gettext("“{label}” has no such value."),
        "text": gettext("“{label}” has a character in it that cannot be stored."),
    }
    return words[problem.reason].format(label=problem.field.label)


@require_POST
def follow_up(request: PageRequest, pk: int) -> HttpResponse:
    """Say on which day somebody is to come back to the contact, or on none."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    typed = request.POST.get("on", "").strip()
    try:
        on = dt.date.fromisoformat(typed) if typed else None
    except ValueError:
        warn(request, gettext("“{text}” is no day. Write it as 2026-12-31.").format(text=typed[:40]))
        return redirect("contact", pk)
    with one_batch(Batch.Act.EDIT, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
        operations.follow_up([contact], on, by=request.actor, door=Door.WEB, batch=batch)
    if batch.size:
        day = date_format(on, "DATE_FORMAT") if on else ""
        text = gettext("Follow-up on {day}").format(day=day) if on else gettext("No follow-up any more")
        toast(request, text, undoes=batch)
    return redirect("contact", pk)
