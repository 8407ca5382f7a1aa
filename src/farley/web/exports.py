"""Taking contacts along as one file: those of a space here, those that a list shows in `web.bulk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.contacts.models import Contact
from farley.exchange.exporting import FORMATS, Format, Record, exported, note_export, records
from farley.exchange.own_lines import fields_here
from farley.fields.models import Field
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.web.record import attachment
from farley.web.requests import PageRequest, standings
from farley.web.spaces import home_of


@require_GET
def export(request: PageRequest) -> HttpResponse | StreamingHttpResponse:
    """The form, or with `download` the file."""
    spaces = standings(request).spaces
    if "download" in request.GET:
        return _file(request)
    context = {
        "place": "export",
        "spaces": spaces,
        "chosen_space": request.GET.get("space") or home_of(spaces, standings(request).home),
        "formats": formats(),
    }
    return render(request, "contacts/export.html", context)


def _file(request: PageRequest) -> StreamingHttpResponse:
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.GET.get("space", ""))
    note_export([space], by=request.actor, door=Door.WEB)
    version = request.GET.get("version", "")  # as older addresses have it
    form = FORMATS.get(request.GET.get("format", "") or (f"vcard-{version}" if version else ""), FORMATS["vcard"])
    contacts = Contact.objects.visible_to(request.actor).filter(space=space)
    fields = fields_here(space, request.actor) if request.GET.get("own") else None
    return streamed(lambda: records(contacts), form, space.name, own_fields=fields)


def streamed(
    read: Callable[[], Iterable[Record]], form: Format, name: str, *, own_fields: Sequence[Field] | None = None
) -> StreamingHttpResponse:
    """The file of that format, called `name`."""
    response = StreamingHttpResponse(exported(read, form, own_fields=own_fields), content_type=form.media_type)
    response.headers["Content-Disposition"] = attachment(f"{name}.{form.ending}")
    return response


def formats() -> list[tuple[str, str, str]]:
    """Every format with its name and what it is good for."""
    notes = {
        "vcard": gettext("Every card exactly as it came, whatever its version."),
        "vcard-4.0": gettext("The newest; says the most."),
        "vcard-3.0": gettext("For phones and most programs."),
        "vcard-2.1": gettext("For old devices, cars for example."),
        "csv": gettext("A table for any program; Farley reads it again."),
        "csv-google": gettext("The columns that Google reads."),
        "csv-outlook": gettext("The columns that an English Outlook reads."),
        "csv-outlook-de": gettext("The columns that a German Outlook reads."),
        "xlsx": gettext("The same table for Excel and LibreOffice."),
    }
    return [(form.name, gettext(form.label), notes[form.name]) for form in FORMATS.values()]
