"""The form for a new person, organisation or group."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_http_methods

from farley.codecs.vcard import Card, Kind, Name
from farley.contacts import operations, storing
from farley.contacts.listing import as_spelt
from farley.contacts.storing import StoreProblem
from farley.spaces.models import Space
from farley.web.contacts.contacts import make
from farley.web.contacts.listing import Choice
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest, standings
from farley.web.spaces.spaces import choices_of, home_of

KINDS = {"person": Kind.INDIVIDUAL, "org": Kind.ORG, "group": Kind.GROUP}


@dataclass(slots=True)
class NewField:
    name: str
    label: str
    kind: str = "text"
    width: str = "w6"
    hint: str = ""
    value: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Tab(Choice):
    icon: str = ""


@require_http_methods(["GET", "POST"])
def new_contact(request: PageRequest) -> HttpResponse:
    """Ask for the commonest facts; the record page has room for the others."""
    kind = request.POST.get("kind", request.GET.get("kind", "person"))
    kind = kind if kind in KINDS else "person"
    editable = standings(request).editable
    fields = _fields(kind)
    problem = ""
    if request.method == "POST":
        for field in fields:
            field.value = request.POST.get(field.name, "").strip()
        space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
        try:
            return redirect("contact", make(request, space, _card(kind, fields, space)))
        except Missing as missing:
            problem = str(missing)
            fields[0].error = problem
        except StoreProblem as refusal:
            problem = explained(refusal)
    context = {
        "place": "organisations" if kind == "org" else "contacts",
        "heading": _headings()[kind],
        "action": _actions()[kind],
        "kind": kind,
        "tabs": [
            Tab("person", gettext("Person"), icon="user"),
            Tab("org", gettext("Organisation"), icon="building-2"),
            Tab("group", gettext("Group"), icon="list"),
        ],
        "fields": fields,
        "problem": problem,
        "spaces": choices_of(editable),
        "chosen_space": request.POST.get("space", request.GET.get("space", ""))
        or home_of(editable, standings(request).home),
    }
    return render(request, "contacts/new.html", context, status=422 if problem else 200)


class Missing(ValueError):
    """There is nothing to call the contact by; the message says to the user what to type."""


def _fields(kind: str) -> list[NewField]:
    reach = [
        NewField("email", gettext("E-mail"), "email"),
        NewField("phone", gettext("Phone"), "tel"),
    ]
    tags = NewField("tags", gettext("Tags"), hint=gettext("Apart by commas."), width="w6")
    note = NewField("note", pgettext("noun", "Note"), "textarea", width="")
    if kind == "person":
        return [
            NewField("given", gettext("First name")),
            NewField("family", gettext("Last name")),
            NewField("organisation", gettext("Organisation")),
            NewField("title", gettext("Job title")),
            *reach,
            tags,
            note,
        ]
    name = NewField("full_name", pgettext("of a thing", "Name"))
    if kind == "group":
        return [name, note]
    return [name, NewField("url", gettext("Website"), "text"), *reach, tags, note]


def _card(kind: str, fields: list[NewField], space: Space) -> Card:
    given = {field.name: field.value for field in fields}
    name = Name(family=given.get("family", ""), given=given.get("given", ""))
    full_name = given.get("full_name", "") or name.rendered() or given.get("organisation", "") or given.get("email", "")
    if not full_name:
        raise Missing(gettext("Type a name, an organisation or an e-mail address."))
    card = Card.new(uid=storing.new_uid(), kind=KINDS[kind], full_name=full_name, name=name or None)
    if organisation := given.get("organisation"):
        card = card.added("ORG", components=[organisation])
    for name_of_property, key in (("TITLE", "title"), ("EMAIL", "email"), ("TEL", "phone"), ("URL", "url")):
        if value := given.get(key):
            card = card.added(name_of_property, text=value)
    if tags := [tag for part in given.get("tags", "").split(",") if (tag := part.strip())]:
        operations.refuse_long_tags(tags)
        card = card.with_categories(list(dict.fromkeys(as_spelt([space], tag) for tag in tags)))
    if note := given.get("note"):
        card = card.added("NOTE", text=note.replace("\r\n", "\n"))
    return card


def _headings() -> dict[str, str]:
    return {
        "person": gettext("New contact"),
        "org": gettext("New organisation"),
        "group": gettext("New group"),
    }


def _actions() -> dict[str, str]:
    return {
        "person": gettext("Add the contact"),
        "org": gettext("Add the organisation"),
        "group": gettext("Add the group"),
    }
