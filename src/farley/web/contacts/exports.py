"""Taking contacts along as one file: a space, a group or a person here, those that a list shows in `bulk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.contacts.models import Contact, ContactQuerySet
from farley.exchange.export_formats import FORMATS, Format, has_typesetter, offered
from farley.exchange.exporting import Record, exported, note_export, records
from farley.exchange.own_lines import fields_here
from farley.exchange.paper.setting import CannotPrint, NoTypesetter, TooManyToPrint, TypesetterFailed
from farley.fields.models import Field
from farley.journal.access import Way, note_access
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.web.contacts.record import attachment
from farley.web.shell.requests import PageRequest, standings
from farley.web.spaces.spaces import home_of


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is to be taken along: all of a space, a group of it, or one contact."""

    space: Space
    contacts: ContactQuerySet
    name: str  # of the file
    title: str
    contact: Contact | None = None


@require_GET
def export(request: PageRequest) -> HttpResponse | StreamingHttpResponse:
    """The form, or with `download` the file."""
    problem = ""
    if "download" in request.GET:
        try:
            return _file(request, _chosen(request))
        except CannotPrint as error:
            problem = not_printed(error)
    spaces = standings(request).spaces
    asked = request.GET.get("contact", "")
    context = {
        "place": "export",
        "problem": problem,
        "spaces": spaces,
        "contact": _chosen(request).contact if asked else None,
        "chosen_space": _named(request, "space") or home_of(spaces, standings(request).home),
        "chosen_group": _named(request, "group"),
        "chosen_format": request.GET.get("format", ""),
        "sections": sections(),
        "has_paper": has_typesetter(),
    }
    return render(request, "contacts/export.html", context, status=409 if problem else 200)


def _chosen(request: PageRequest) -> _Chosen:
    """What the address names: `contact`, else `group`, else `space`; with `what`, either of these as `space:…`."""
    seen = Contact.objects.visible_to(request.actor)
    if number := request.GET.get("contact", ""):
        contact = get_object_or_404(seen.select_related("space"), pk=_number(number))
        return _Chosen(contact.space, seen.filter(pk=contact.pk), contact.full_name, contact.full_name, contact)
    if number := _named(request, "group"):
        group = get_object_or_404(seen.groups().select_related("space"), pk=_number(number))
        return _Chosen(group.space, seen.members_of(group), group.full_name, group.full_name)
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=_named(request, "space"))
    return _Chosen(space, seen.filter(space=space), space.name, space.title)


def _named(request: PageRequest, kind: str) -> str:
    chosen, _, name = request.GET.get("what", "").partition(":")
    return name if chosen == kind else request.GET.get(kind, "")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("no such contact")
    return int(text)


def _file(request: PageRequest, chosen: _Chosen) -> StreamingHttpResponse:
    version = request.GET.get("version", "")  # as older addresses have it
    form = FORMATS.get(request.GET.get("format", "") or (f"vcard-{version}" if version else ""), FORMATS["vcard"])
    fields = fields_here(chosen.space, request.actor) if request.GET.get("own") else None
    if chosen.contact is None:
        note_export([chosen.space], by=request.actor, door=Door.WEB)
    else:
        note_access(chosen.space.pk, Way.EXPORTED, [chosen.contact.pk], by=request.actor, door=Door.WEB)
    return streamed(lambda: records(chosen.contacts), form, chosen.name, title=chosen.title, own_fields=fields)


def streamed(
    read: Callable[[], Iterable[Record]],
    form: Format,
    name: str,
    *,
    title: str,
    own_fields: Sequence[Field] | None = None,
) -> StreamingHttpResponse:
    """The file of that format, called `name`. Raises CannotPrint."""
    pieces = exported(read, form, title=title, own_fields=own_fields)
    response = StreamingHttpResponse(pieces, content_type=form.media_type)
    response.headers["Content-Disposition"] = attachment(f"{name}.{form.ending}")
    return response


def not_printed(problem: CannotPrint) -> str:
    if isinstance(problem, TooManyToPrint):
        text = gettext("A PDF takes at most {most} contacts. Choose a group, or filter a list and export that.")
        return text.format(most=number_format(problem.most, force_grouping=True))
    if isinstance(problem, NoTypesetter):
        return gettext("PDF is not installed here. Whoever runs this server adds it with pip install 'farley[pdf]'.")
    if isinstance(problem, TypesetterFailed):
        return gettext("The PDF could not be made. Try fewer contacts; whoever runs this server finds more in its log.")
    return gettext("None of these contacts has what this PDF would show, for instance an address or a birthday.")


def sections() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The formats that are alike: each with its name, and what it is good for."""
    return [
        (gettext(section), [(form.name, gettext(form.label), form.note and gettext(form.note)) for form in forms])
        for section, forms in groupby(offered().values(), lambda form: form.section)
    ]
