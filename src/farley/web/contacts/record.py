"""The page of one contact, its picture and its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.accounts.roles import Role
from farley.contacts import links, listing, seeing, sharing, tagging
from farley.contacts.models import Contact, TagName, Thumbnail
from farley.exchange.exporting import vcard_of
from farley.journal.access import Way, note_access
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.web.calendar.opened import KINDS as PLANS
from farley.web.calendar.planning import PlanForm, plan_form
from farley.web.contacts.affiliations import affiliation_form, organisations_of
from farley.web.contacts.codes import qr_code
from farley.web.contacts.editing import editing_of, new_fact, relation_editing
from farley.web.contacts.facts import MAX_FACTS, fact_groups, link_of, other_lines, signature
from farley.web.contacts.labels import label_of, words_of
from farley.web.contacts.organisations import organisation_of
from farley.web.contacts.own_values import own_facts
from farley.web.contacts.people import Person, name_of, person_of, persons, photo_of, shape_of, url_of
from farley.web.dates import days_ahead
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.requests import PageRequest, standings
from farley.web.spaces.spaces import audience_of
from farley.web.timeline.composing import EntryForm, empty_form
from farley.web.timeline.timeline import timeline_of

MAX_TAGS = 100  # on the page
SEGMENTS = ("facts", "timeline", "around")
_KEYS = {"EMAIL": "m", "TEL": "c"}


@dataclass(frozen=True, slots=True)
class Act:
    """What one may do with the contact at once: a link out of Farley."""

    label: str
    icon: str
    url: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    role: str
    organisation: str
    organisation_url: str
    tags: list[str]
    more_tags: int
    acts: list[Act]


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    pk: int


@require_GET
def contact(request: PageRequest, pk: int) -> HttpResponse:
    """The record: facts, timeline, and what is around it."""
    contact = visible_contact(request, pk)
    note_access(contact.space_id, Way.OPENED, [contact.pk], by=request.actor, door=Door.WEB)
    context = record_context(request, contact)
    segment = request.GET.get("seg", "")
    context["segment"] = segment if segment in SEGMENTS else SEGMENTS[0]
    if context["can_edit"]:
        asked = request.GET.get("edit", "")
        context["groups"] = editing_of(context["groups"], contact, asked, by=request.actor)
        context["new_fact"] = relation_editing(contact, asked, by=request.actor)
        if added := request.GET.get("add", ""):
            context["new_fact"] = new_fact(contact, added, by=request.actor)
        if part := request.GET.get("affiliation", ""):
            context["affiliation_form"] = affiliation_form(contact, part, by=request.actor)
    return render(request, "contacts/record.html", context)


@require_GET
def contact_photo(request: PageRequest, pk: int) -> HttpResponse:
    """The thumbnail. Its address changes with the card, so a browser may keep it."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor), pk=pk)
    thumbnail = get_object_or_404(Thumbnail, contact=contact)
    response = HttpResponse(bytes(thumbnail.webp), content_type="image/webp")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_GET
def contact_card(request: PageRequest, pk: int) -> HttpResponse:
    """The card as a file, as it is stored."""
    contact = visible_contact(request, pk)
    note_access(contact.space_id, Way.EXPORTED, [contact.pk], by=request.actor, door=Door.WEB)
    response = HttpResponse(vcard_of(contact), content_type="text/vcard; charset=utf-8")
    response.headers["Content-Disposition"] = attachment(f"{name_of(contact)}.vcf")
    return response


@require_GET
def contact_code(request: PageRequest, pk: int) -> HttpResponse:
    """The card as a QR code for a phone that is held before the screen: as much of it as such a code has room for."""
    contact = visible_contact(request, pk)
    note_access(contact.space_id, Way.EXPORTED, [contact.pk], by=request.actor, door=Door.WEB)
    card, left_out = sharing.pocket_card(contact)
    label = gettext("QR code of {name}").format(name=name_of(contact))
    context = {"place": "contacts", "contact": contact, "name": name_of(contact), "left_out": left_out}
    context |= {"code": qr_code(card.octets.decode(errors="replace"), label)}
    return render(request, "contacts/code.html", context)


def attachment(name: str) -> str:
    """A Content-Disposition that names the file in any script. RFC 6266 §4.3."""
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '/\\:*?"<>|')[:120] or "contact"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def visible_contact(request: PageRequest, pk: int) -> Contact:
    """The contact with its card; 404 for what one may not see."""
    found = seeing.record_of(pk, by=request.actor)
    if found is None:
        raise Http404("no such contact")
    return found


def record_context(request: PageRequest, contact: Contact) -> dict[str, Any]:
    """What the record page shows besides an open editor."""
    role = standings(request).role_in(contact.space) or Role.READER
    can_edit = role >= Role.EDITOR
    others = other_lines(contact.card)
    hues = listing.hues_in_use([contact.space]) if can_edit else {}
    return {
        "place": "organisations" if contact.kind == Contact.Kind.ORG else "contacts",
        "contact": contact,
        "can_edit": can_edit,
        "can_manage": role >= Role.MANAGER,
        "days_ahead": days_ahead(request.user) if can_edit else [],
        "photo": photo_of(contact),
        "shape": shape_of(contact),
        "space_icon": SPACE_ICONS[Space.Kind(contact.space.kind)],
        "back_url": f"{reverse('contacts')}?kind=org" if contact.kind == Contact.Kind.ORG else reverse("contacts"),
        "back_label": gettext("Organisations") if contact.kind == Contact.Kind.ORG else gettext("Contacts"),
        "summary": summary_of(contact, hues),
        "groups": fact_groups(contact.card),
        "own_facts": own_facts(contact, request.actor),
        "edits_own": can_edit and request.GET.get("own") == "edit",
        "others": others[:MAX_FACTS],
        "more_others": max(0, len(others) - MAX_FACTS),
        "here": reverse("contact", args=[contact.pk]),
        "live_url": f"{reverse('contact-live', args=[contact.pk])}?since={contact.space_id}.{contact.space.revision}",
        "timeline": timeline_of(request, contact, can_edit=can_edit),
        "composer": composer_of(request, contact, request.GET.get("write", "")) if can_edit else None,
        "tag_names": list(hues),
        "targets": targets_of(request, contact) if can_edit else [],
        "audience": audience_of(contact.space),
        **_around(request, contact),
    }


def composer_of(request: PageRequest, contact: Contact, kind: str) -> EntryForm | PlanForm:
    """The form of a note, a call, an event or a task, with nothing in it yet."""
    return plan_form(request, contact, kind) if kind in PLANS else empty_form(contact, kind)


def targets_of(request: PageRequest, contact: Contact) -> list[Space]:
    """The other spaces the contact could be moved to."""
    return [space for space in standings(request).editable if space.pk != contact.space_id]


def swapped_parts(request: PageRequest, context: dict[str, Any], *names: str) -> str:
    """What else on the page tells of the card, to be swapped in beside an answer; only `names` if given."""
    context = context | {"is_swap": True}
    parts = names or ("title", "summary", "meta", "timeline")
    html = "".join(render_to_string(f"contacts/record.html#{name}", context, request) for name in parts)
    return html + render_to_string("components/toasts.html", {"is_swap": True}, request)


def summary_of(contact: Contact, known: dict[str, str]) -> Summary:
    """What stands at the top; `known` are colours of tags of its space that were read already."""
    is_organisation = contact.kind == Contact.Kind.ORG
    tags = list(dict.fromkeys(text for prop in contact.card.properties("CATEGORIES") for text in prop.texts))
    hues = known | tagging.hues(contact.space, [tag for tag in tags[:MAX_TAGS] if tag not in known])
    return Summary(
        role=contact.job_title,
        organisation="" if is_organisation else contact.organisation_name,
        organisation_url=url_of(linked) if (linked := contact.linked_organisation) else "",
        tags=[TagName(tag, hues.get(tag, "")) for tag in tags[:MAX_TAGS]],
        more_tags=max(0, len(tags) - MAX_TAGS),
        acts=_acts(contact),
    )


def _acts(contact: Contact) -> list[Act]:
    """One link for mail, phone and web each: the preferred value, else the first."""
    icons = {
        "EMAIL": ("mail", gettext("E-mail")),
        "TEL": ("phone", gettext("Call")),
        "URL": ("globe", gettext("Website")),
    }
    acts = []
    for name, (icon, label) in icons.items():
        found = [prop for prop in contact.card.properties(name) if "fax" not in prop.types and link_of(prop)[0]]
        if found:
            best = min(found, key=lambda prop: prop.pref or 100)
            acts.append(Act(label, icon, link_of(best)[0], _KEYS.get(name, "")))
    return acts


def _around(request: PageRequest, contact: Contact) -> dict[str, Any]:
    is_group = contact.kind == Contact.Kind.GROUP
    is_organisation = contact.kind == Contact.Kind.ORG
    is_person = contact.kind == Contact.Kind.INDIVIDUAL
    groups = links.groups_of(contact, by=request.actor)
    return {
        "members_of_group": persons(links.members(contact, by=request.actor)) if is_group else None,
        "member_count": links.count_members(contact, by=request.actor) if is_group else 0,
        "organisation": organisation_of(contact, by=request.actor) if is_organisation else None,
        "relations": _relations(request, contact),
        "affiliations": organisations_of(contact, by=request.actor) if is_person else [],
        "is_person": is_person,
        "group_ids": {group.pk for group in groups},
        "memberships": [Link(g.full_name, f"{reverse('contacts')}?group={g.pk}", g.pk) for g in groups],
    }


def _relations(request: PageRequest, contact: Contact) -> list[Person]:
    people = []
    for relation in links.relations(contact, by=request.actor):
        if relation.prop is None:
            note = gettext("names this contact: {label}").format(label=words_of(relation.label))
        else:
            note = label_of(relation.prop)
        person = person_of(relation.contact, note) if relation.contact else Person(relation.name, note)
        if relation.prop is not None:
            ref, was = str(relation.prop.index), signature(relation.prop)
            person = Person(person.name, note, person.url, person.photo, person.shape, ref, was)
        people.append(person)
    return people
