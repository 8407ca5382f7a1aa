"""What the editors of the record page send: show, save, add, remove one fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.contacts import links
from farley.contacts.links import RELATIONS
from farley.contacts.models import Contact
from farley.contacts.storing import StoreProblem
from farley.journal.models import Change, Noun
from farley.spaces.operations import require
from farley.web.contacts import editing, editors
from farley.web.contacts.editing import Overtaken
from farley.web.contacts.editors import Collision, Form, Unusable
from farley.web.contacts.facts import Fact
from farley.web.contacts.labels import property_label
from farley.web.contacts.peek import is_in_preview, preview_of, shown_in_preview
from farley.web.contacts.record import record_context, swapped_parts, visible_contact
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.timeline.events import done_by

MAX_TYPED = 200  # characters of a name that is being completed


@require_http_methods(["GET", "POST"])
def fact(request: PageRequest, pk: int, ref: str) -> HttpResponse:
    """GET: the fact, or with `edit` its editor. POST: save what was typed."""
    contact = _editable(request, pk)
    if request.method == "POST":
        return _save(request, contact, ref, request.POST.dict())
    page = reverse("contact", args=[pk])
    if not request.htmx:
        return redirect(f"{page}?edit={ref}" if "edit" in request.GET else page)
    found = editing.found_again(contact, ref, request.GET.get("was", ""), by=request.actor)
    if "edit" in request.GET and found is not None:
        return _part(request, contact, editing.with_editor(contact, found, by=request.actor))
    if found is None or found.name in RELATIONS:  # these stand in a list, and their editor beside it
        return HttpResponse()
    return _part(request, contact, found)


@require_http_methods(["GET", "POST"])
def new_fact(request: PageRequest, pk: int, name: str) -> HttpResponse:
    """GET: an empty editor. POST: add what was typed."""
    contact = _editable(request, pk)
    form = request.POST.dict()
    error = ""
    if form.get("pick") == "theirs":
        return _shown(request, contact, None)
    if request.method == "POST":
        editing.new_fact(contact, name, by=request.actor)  # 404 for a kind that cannot be added
        try:
            batch = editing.add(contact, name, form, by=request.actor)
        except (Unusable, StoreProblem) as problem:
            error = explained(problem)
        else:
            if batch is not None:
                toast(request, gettext("{label} added").format(label=property_label(name)), undoes=batch)
            return _added(request, contact, name)
    elif not request.htmx:
        return redirect(f"{reverse('contact', args=[pk])}?add={name}")
    fact = editing.new_fact(contact, name, by=request.actor, form=form if error else None, error=error)
    if request.htmx:
        return _part(request, contact, fact, status=422 if error else 200)
    context = record_context(request, contact) | {"new_fact": fact, "segment": "facts"}
    return render(request, "contacts/record.html", context, status=422)


@require_POST
def remove_fact(request: PageRequest, pk: int, ref: str) -> HttpResponse:
    """Take the fact off the card, with undo."""
    contact = _editable(request, pk)
    try:
        batch = editing.remove(contact, ref, request.POST.get("was", ""), by=request.actor)
    except Overtaken:
        warn(request, gettext("Somebody changed this just now, so it was not removed."))
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        if batch is not None:
            name = request.POST.get("was", "").rpartition("-")[0]
            toast(request, gettext("{label} removed").format(label=property_label(name)), undoes=batch)
    if not request.htmx:
        return redirect("contact", pk)
    if request.POST.get("was", "").rpartition("-")[0] in RELATIONS:
        return _reloaded(contact)
    return _facts(request, contact)


@require_POST
def move_fact(request: PageRequest, pk: int, ref: str) -> HttpResponse:
    """Put the fact at the place of another one in its group, or one place on; with undo."""
    contact = _editable(request, pk)
    moved = _move(request, contact, ref, request.POST.get("was", ""), request.POST.dict())
    if not request.htmx:
        return redirect("contact", pk)
    return _facts(request, contact, saved=moved)


def _move(request: PageRequest, contact: Contact, ref: str, was: str, form: Form) -> Fact | None:
    steps = {"-1": -1, "1": 1}.get(form.get("steps", ""), 0)
    try:
        ref, batch = editing.move(contact, ref, was, onto=form.get("onto", ""), steps=steps, by=request.actor)
    except Overtaken:
        warn(request, gettext("Somebody changed this just now, so it was not moved."))
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        if batch is not None:
            toast(request, gettext("Moved"), undoes=batch)
    return editing.find_fact(contact.card, ref)


@require_GET
def names(request: PageRequest, pk: int) -> HttpResponse:
    """Suggestions for who or which organisation is meant by what is being typed."""
    contact = _editable(request, pk)
    typed = next(filter(None, (request.GET.get(name) for name in ("value", "organisation", "also"))), "").strip()[
        :MAX_TYPED
    ]
    kind = Contact.Kind.ORG if request.GET.get("kind") == "org" else None
    found = links.completions(typed, contact.space, by=request.actor, kind=kind) if typed else []
    others = [other for other in found if other.pk != contact.pk and other.full_name]
    return render(request, "contacts/names.html", {"others": others})


def _editable(request: PageRequest, pk: int) -> Contact:
    """The contact; 404 for what one may not see, 403 (NotAllowed) for what one may not change."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    return contact


def _save(request: PageRequest, contact: Contact, ref: str, form: Form) -> HttpResponse:
    shown = contact.card
    was = form.get("was", "")
    if form.get("pick") == "theirs":
        return _shown(request, contact, editing.found_again(contact, ref, was, by=request.actor))
    try:
        saved, batch = editing.save(contact, ref, was, form, by=request.actor)
    except Overtaken as overtaken:
        return _collided(request, contact, overtaken.fact, was, form)
    except (Unusable, StoreProblem) as problem:
        found = editing.found_again(contact, ref, was, by=request.actor)
        if found is None:
            return _collided(request, contact, None, was, form)
        fact = editing.with_editor(contact, found, by=request.actor, form=form, error=explained(problem))
        return _refused(request, contact, fact)
    if batch is not None:
        text = gettext("{label} changed") if saved is not None else gettext("{label} removed")
        name = saved.name if saved is not None else was.rpartition("-")[0]
        toast(request, text.format(label=property_label(name)), undoes=batch)
    is_moved = saved is not None and bool(form.get("steps")) and ref not in editing.NAME_REFS
    if is_moved and saved is not None:
        saved = _move(request, contact, saved.ref, saved.was, form)
    if not request.htmx:
        return redirect("contact", contact.pk)
    if (saved.name if saved is not None else was.rpartition("-")[0]) in RELATIONS:
        return _reloaded(contact)
    if is_moved or saved is None or ref in editing.NAME_REFS or len(contact.card.lines) != len(shown.lines):
        return _facts(request, contact, saved=saved)
    return _part(request, contact, _marked(saved), parts=True)


def _shown(request: PageRequest, contact: Contact, fact: Fact | None) -> HttpResponse:
    if not request.htmx:
        return redirect("contact", contact.pk)
    if fact is not None and fact.name in RELATIONS:
        return _reloaded(contact)
    return _part(request, contact, fact) if fact is not None else _facts(request, contact)


def _collided(request: PageRequest, contact: Contact, theirs: Fact | None, was: str, form: Form) -> HttpResponse:
    """Somebody else was faster: both values, one to pick. What they removed, picking one's own adds again."""
    newest = Change.objects.visible_to(request.actor).of(Noun.CONTACT, contact.pk).select_related("user").last()
    who = done_by(newest) if newest else gettext("Somebody")
    collision = Collision(who, theirs.value if theirs else "", editors.typed_value(form))
    if theirs is not None:
        fact = editing.with_editor(contact, theirs, by=request.actor, form=form, collision=collision)
    else:
        name = was.rpartition("-")[0]
        fact = editing.new_fact(contact, name, by=request.actor, form=form, collision=collision)
    return _refused(request, contact, fact, status=409)


def _refused(request: PageRequest, contact: Contact, fact: Fact, *, status: int = 422) -> HttpResponse:
    """The editor stays open with the typed text and the reason."""
    if request.htmx:
        return _part(request, contact, fact, status=status)
    context = record_context(request, contact)
    context["segment"] = "facts"
    if fact.group:
        context["new_fact"] = fact
    for group in context["groups"]:
        group.facts[:] = [fact if each.ref == fact.ref else each for each in group.facts]
    return render(request, "contacts/record.html", context, status=status)


def _added(request: PageRequest, contact: Contact, name: str) -> HttpResponse:
    if not request.htmx:
        return redirect("contact", contact.pk)
    if name in RELATIONS:
        return _reloaded(contact)
    newest = contact.card.properties(name)
    return _facts(request, contact, saved=editing.find_fact(contact.card, str(newest[-1].index)) if newest else None)


def _reloaded(contact: Contact) -> HttpResponse:
    """The page anew: a relation shows on both sides of it."""
    response = HttpResponse()
    response.headers["HX-Redirect"] = reverse("contact", args=[contact.pk])
    return response


def _marked(fact: Fact | None) -> Fact | None:
    return replace(fact, is_saved=True) if fact is not None else None


def _part(
    request: PageRequest, contact: Contact, fact: Fact | None, *, status: int = 200, parts: bool = False
) -> HttpResponse:
    """One fact; with `parts`, also what else on the page tells of the card."""
    html: str = render_to_string("contacts/fact.html", {"contact": contact, "fact": fact, "can_edit": True}, request)
    if parts:
        html += _beside(request, contact)
    return HttpResponse(html, status=status)


def _facts(request: PageRequest, contact: Contact, *, saved: Fact | None = None) -> HttpResponse:
    """All facts: lines have come, gone or moved."""
    context = record_context(request, contact)
    if is_in_preview(request):
        context["groups"] = shown_in_preview(context["groups"], can_edit=True)
    if saved is not None:
        for group in context["groups"]:
            group.facts[:] = [_marked(each) if each.ref == saved.ref else each for each in group.facts]
    html = render_to_string("contacts/record.html#facts", context, request)
    response = HttpResponse(html + _beside(request, contact, context))
    response.headers["HX-Retarget"] = "#facts"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _beside(request: PageRequest, contact: Contact, context: dict[str, Any] | None = None) -> str:
    """What else on the page tells of the card: of the record page, or of the panel beside the list."""
    if not is_in_preview(request):
        return swapped_parts(request, context or record_context(request, contact))
    shown = {"peeked": preview_of(request, visible_contact(request, contact.pk)), "is_swap": True}
    head: str = render_to_string("contacts/peek.html#head", shown, request)
    return head + render_to_string("components/toasts.html", shown, request)
