"""Taking a space's contacts along as one file."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.contacts.models import Contact
from farley.exchange.exporting import VERSIONS, note_export, vcards
from farley.exchange.own_lines import fields_here
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
        "versions": [
            ("", gettext("As stored"), gettext("Every card exactly as it came, whatever its version.")),
            ("4.0", "vCard 4.0", gettext("The newest; says the most.")),
            ("3.0", "vCard 3.0", gettext("For phones and most programs.")),
            ("2.1", "vCard 2.1", gettext("For old devices, cars for example.")),
        ],
    }
    return render(request, "contacts/export.html", context)


def _file(request: PageRequest) -> StreamingHttpResponse:
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.GET.get("space", ""))
    note_export([space], by=request.actor, door=Door.WEB)
    version = request.GET.get("version", "")
    contacts = Contact.objects.visible_to(request.actor).filter(space=space)
    fields = fields_here(space, request.actor) if request.GET.get("own") else None
    cards: Iterator[bytes] = vcards(contacts, version if version in VERSIONS else None, own_fields=fields)
    response = StreamingHttpResponse(cards, content_type="text/vcard; charset=utf-8")
    response.headers["Content-Disposition"] = attachment(f"{space.name}.vcf")
    return response
