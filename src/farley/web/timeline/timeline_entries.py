"""Notes and calls: written on the page of a contact, changed where they are read, each with a page of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from farley.accounts.roles import Role
from farley.contacts import links
from farley.contacts.models import Contact
from farley.conversations import operations
from farley.conversations.mentions import offered
from farley.conversations.models import Call, Entry, Note
from farley.conversations.operations import BadEntry, EntryConflict
from farley.journal.access import Way, note_access
from farley.journal.models import Batch, Door
from farley.journal.records import StoreProblem
from farley.journal.writing import one_batch
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.calendar.opened import KINDS as PLANS
from farley.web.calendar.planning import BadPlan, PlanForm, add_plan, plan_form
from farley.web.contacts.people import person_of
from farley.web.contacts.record import composer_of, record_context, swapped_parts, visible_contact
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.navigation import back
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast
from farley.web.timeline.composing import KINDS, EntryForm, form_of, numbers_of, read_form, said, typed_form
from farley.web.timeline.timeline import entry_event, timeline_of

MENTIONED = 8  # people that are offered
ACTS: dict[type[Entry], Batch.Act] = {Note: Batch.Act.NOTE, Call: Batch.Act.CALL}


@require_GET
def timeline_page(request: PageRequest, pk: int) -> HttpResponse:
    """A part of the timeline, as `show` and `behind` say; where htmx does not ask, the whole page with it."""
    contact = visible_contact(request, pk)
    if not request.htmx:
        query = request.GET.copy()
        query["seg"] = "timeline"
        return redirect(f"{reverse('contact', args=[pk])}?{query.urlencode()}")
    can_edit = (contact.space.role_of(request.actor) or Role.READER) >= Role.EDITOR
    found = timeline_of(request, contact, can_edit=can_edit)
    part = "more" if not found.is_first else "timeline"
    return render(request, f"conversations/timeline.html#{part}", {"contact": contact, "timeline": found})


@require_http_methods(["GET", "POST"])
def add_entry(request: PageRequest, pk: int) -> HttpResponse:
    """GET: the composer for another `kind`. POST: keep what was written in it."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    if request.method == "GET":
        kind = request.GET.get("kind", "")
        if not request.htmx:
            return redirect(f"{reverse('contact', args=[pk])}?{urlencode({'seg': 'timeline', 'write': kind})}#write")
        space_icon = SPACE_ICONS[Space.Kind(contact.space.kind)]
        context = {"contact": contact, "composer": composer_of(request, contact, kind), "space_icon": space_icon}
        return render(request, "conversations/write.html", context)
    if request.POST.get("kind", "") in PLANS:
        return _planned(request, contact)
    form = typed_form(request.POST, numbers=numbers_of(contact))
    model = KINDS.get(form.kind, Note)
    try:
        about = [contact, *_also(request, form, contact)]
        with one_batch(ACTS[model], by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            operations.add(model(**read_form(form)), about, by=request.actor, door=Door.WEB, batch=batch)
    except BadEntry as problem:
        return _composer(request, contact, replace(form, error=said(problem)))
    toast(request, gettext("Call logged") if model is Call else gettext("Note saved"), undoes=batch)
    if not request.htmx:
        return redirect(f"{reverse('contact', args=[pk])}?seg=timeline")
    return _composer(request, visible_contact(request, pk), None)


def _planned(request: PageRequest, contact: Contact) -> HttpResponse:
    form = plan_form(request, contact, request.POST["kind"], request.POST)
    try:
        title, batch = add_plan(request, contact, form)
    except BadPlan as problem:
        return _composer(request, contact, replace(form, error=problem.said))
    except StoreProblem as problem:
        return _composer(request, contact, replace(form, error=explained(problem)))
    toast(request, gettext("“{title}” added").format(title=title), undoes=batch)
    if not request.htmx:
        return redirect(f"{reverse('contact', args=[contact.pk])}?seg=timeline")
    return _composer(request, visible_contact(request, contact.pk), None)


@require_http_methods(["GET", "POST"])
def entry(request: PageRequest, kind: str, pk: int) -> HttpResponse:
    """GET: the entry for itself, or with `edit` its editor. POST: save it, delete it, pin it or unpin it."""
    model = KINDS.get(kind)
    if model is None:
        raise Http404("no such kind of entry")
    visible = model.objects.visible_to(request.actor).select_related("space", "author")
    found: Entry = get_object_or_404(visible, pk=pk)
    can_edit = (found.space.role_of(request.actor) or Role.READER) >= Role.EDITOR
    if request.method == "GET":
        note_access(found.space_id, Way.OPENED, found.contact_ids, by=request.actor, door=Door.WEB)
        is_edited = "edit" in request.GET and can_edit
        return _entry_page(request, found, _editor(request, found) if is_edited else None, can_edit=can_edit)
    require(found.space, request.actor, Role.EDITOR)
    match request.POST.get("act", "save"):
        case "delete":
            return _deleted(request, found)
        case "pin" | "unpin" as act:
            return _pinned(request, found, is_pinned=act == "pin")
    return _saved(request, found)


@require_GET
def mentions(request: PageRequest, name: str) -> HttpResponse:
    """Who may be meant by the beginning of a name behind an @: people who see the space."""
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=name)
    people = offered(space, request.GET.get("q", "")[:40], limit=MENTIONED)
    return render(request, "conversations/mentions.html", {"people": people})


def _saved(request: PageRequest, found: Entry) -> HttpResponse:
    kind = found.NOUN.name.lower()
    revision = request.POST.get("revision", "")
    form = typed_form(request.POST, kind=kind)
    try:
        wanted = read_form(form, found)
        if form.also.strip() or "about" in request.POST:
            kept = {int(number) for number in request.POST.getlist("about") if number.isascii() and number.isdigit()}
            hidden = set(found.contact_ids) - {contact.pk for contact in _contacts_of(request, found)}
            new = {contact.pk for contact in _also(request, form, None, found)}
            wanted["contacts"] = sorted(hidden | new | (kept & set(found.contact_ids)))
        with one_batch(ACTS[type(found)], by=request.actor, door=Door.WEB, title=_title(request, found)) as batch:
            expected = int(revision) if revision.isascii() and revision.isdigit() else None
            operations.change(found, wanted, expected=expected, by=request.actor, door=Door.WEB, batch=batch)
    except BadEntry as problem:
        form = replace(_editor(request, found, form), error=said(problem))
        return _entry_page(request, found, form, can_edit=True, status=422)
    except EntryConflict as conflict:
        theirs = entry_event(request, conflict.current, can_edit=False, is_whole=True)
        form = replace(_editor(request, found, form), revision=conflict.current.revision, now=theirs)
        return _entry_page(request, found, form, can_edit=True, status=409)
    toast(request, gettext("Call changed") if isinstance(found, Call) else gettext("Note changed"), undoes=batch)
    fresh: Entry = KINDS[kind].objects.visible_to(request.actor).select_related("space", "author").get(pk=found.pk)
    if not request.htmx:
        return back(request, reverse("timeline-entry", args=[kind, found.pk]))
    return _entry_page(request, fresh, None, can_edit=True)


def _deleted(request: PageRequest, found: Entry) -> HttpResponse:
    with one_batch(ACTS[type(found)], by=request.actor, door=Door.WEB, title=_title(request, found)) as batch:
        operations.delete(found, by=request.actor, door=Door.WEB, batch=batch)
    toast(request, gettext("Call deleted") if isinstance(found, Call) else gettext("Note deleted"), undoes=batch)
    return _after(request, found)


def _pinned(request: PageRequest, found: Entry, *, is_pinned: bool) -> HttpResponse:
    if not isinstance(found, Note):
        raise Http404("only notes are pinned")
    with one_batch(Batch.Act.NOTE, by=request.actor, door=Door.WEB, title=_title(request, found)) as batch:
        operations.change(found, {"is_pinned": is_pinned}, by=request.actor, door=Door.WEB, batch=batch)
    toast(request, gettext("Note pinned") if is_pinned else gettext("Note unpinned"), undoes=batch)
    return _after(request, found)


def _after(request: PageRequest, found: Entry) -> HttpResponse:
    """The timeline one came from, else that of whom the entry is about."""
    contacts = _contacts_of(request, found)
    here = next((each for each in contacts if str(each.pk) == request.POST.get("contact", "")), None)
    if here is not None and request.htmx:
        contact = visible_contact(request, here.pk)
        context = record_context(request, contact)
        return HttpResponse(swapped_parts(request, context, "timeline", "meta"))
    first = here or next(iter(contacts), None)
    return redirect(f"{reverse('contact', args=[first.pk])}?seg=timeline" if first else "contacts")


def _also(request: PageRequest, form: EntryForm, contact: Contact | None, found: Entry | None = None) -> list[Contact]:
    """The other contact that was named. Raises BadEntry where it is not clear who that is."""
    if not form.also.strip():
        return []
    space = contact.space if contact is not None else found.space if found is not None else None
    named = links.called(form.also, space, by=request.actor) if space is not None else None
    if named is None:
        raise BadEntry("nobody")
    return [] if contact is not None and named.pk == contact.pk else [named]


def _composer(request: PageRequest, contact: Contact, form: EntryForm | PlanForm | None) -> HttpResponse:
    """The composer anew, with what has come of it; or with what was typed and is wrong."""
    context = record_context(request, contact) | {"segment": "timeline"}
    context["composer"] = form or composer_of(request, contact, request.POST.get("kind", ""))
    if not request.htmx:
        return render(request, "contacts/record.html", context, status=422)
    html: str = render_to_string("conversations/write.html", context, request)
    html += swapped_parts(request, context, "timeline", "meta") if form is None else ""
    response = HttpResponse(html, status=422 if form else 200)
    return trigger_client_event(response, "planned") if form is None else response


def _entry_page(
    request: PageRequest, found: Entry, form: EntryForm | None, *, can_edit: bool, status: int = 200
) -> HttpResponse:
    """The whole page of an entry; for htmx the entry alone, or its editor."""
    is_part = bool(request.htmx)
    event = entry_event(request, found, can_edit=can_edit, is_whole=not is_part or form is not None)
    contacts = _contacts_of(request, found)
    context: dict[str, Any] = {
        "place": "contacts",
        "entry": event.entry,
        "event": event,
        "form": form,
        "space": found.space,
        "space_icon": SPACE_ICONS[Space.Kind(found.space.kind)],
        "people": [person_of(contact) for contact in contacts],
        "on_timeline": request.GET.get("contact", "") or request.POST.get("contact", ""),
        "back_url": reverse("contact", args=[contacts[0].pk]) if contacts else reverse("contacts"),
    }
    if not is_part:
        return render(request, "conversations/entry_page.html", context, status=status)
    html: str = render_to_string("conversations/editor.html" if form else "conversations/entry.html", context, request)
    if form is None and request.method == "POST":
        html += render_to_string("components/toasts.html", {"is_swap": True}, request)
    return HttpResponse(html, status=status)


def _editor(request: PageRequest, found: Entry, typed: EntryForm | None = None) -> EntryForm:
    """The editor of an entry, with what was typed into it if that is given."""
    contacts = _contacts_of(request, found)
    form = typed or form_of(found)
    return replace(
        form,
        url=reverse("timeline-entry", args=[form.kind, found.pk]),
        revision=found.revision,
        about=[person_of(contact) for contact in contacts],
    )


def _contacts_of(request: PageRequest, found: Entry) -> list[Contact]:
    """Whom it is about, as far as the reader sees them."""
    visible = Contact.objects.visible_to(request.actor).filter(pk__in=found.contact_ids)
    return list(visible.order_by("sort_key", "pk"))


def _title(request: PageRequest, found: Entry) -> str:
    """What an act on it is called: as whom it is about, as far as everybody in its space sees them."""
    visible = Contact.objects.visible_to(request.actor).filter(pk__in=found.contact_ids, space=found.space_id)
    return ", ".join(visible.order_by("pk").values_list("full_name", flat=True)[:3])
