"""What the line that adds a contact is understood as, before it does, and who is there already."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from farley.codecs.vcard import Card, Kind
from farley.contacts.known import Known, Likeness, known
from farley.web.contacts.facts import shown_value
from farley.web.contacts.labels import property_label
from farley.web.contacts.people import name_of, url_of
from farley.web.contacts.quick_line import card_of
from farley.web.shell.requests import PageRequest, standings

MAX_LINE = 500  # characters
_ICONS = {"ORG": "building-2", "EMAIL": "mail", "TEL": "phone", "ADR": "map-pin", "NOTE": "sticky-note"}


@dataclass(frozen=True, slots=True)
class Part:
    """Something that was understood."""

    icon: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class KnownSaid:
    """Somebody who is there already, and by what that was found."""

    said: str
    url: str


def preview(request: PageRequest) -> HttpResponse:
    """The parts of the line, each with what it is taken for, and who has one of them already."""
    line = request.GET.get("line", "").strip()[:MAX_LINE]
    spaces = standings(request).in_use
    if not line or not spaces:
        return HttpResponse("")
    card = card_of(line, "preview")
    space = next((space for space in spaces if space.name == request.GET.get("space")), spaces[0])
    found = known(card, spaces, space.default_region)
    context = {"parts": _parts(card), "known": [_said(each) for each in found]}
    return render(request, "contacts/quick_preview.html", context)


def _parts(card: Card) -> list[Part]:
    is_organisation = card.kind is Kind.ORG
    name = Part("building-2" if is_organisation else "user", gettext("Name"), card.full_name)
    rest = [Part(_ICONS[prop.name], property_label(prop.name), shown_value(prop)) for prop in card.properties(*_ICONS)]
    return [name, *rest]


def _said(each: Known) -> KnownSaid:
    name, space = name_of(each.contact), each.contact.space.title
    text = {
        Likeness.EMAIL: gettext("{name} in “{space}” has this e-mail address already."),
        Likeness.PHONE: gettext("{name} in “{space}” has this number already."),
        Likeness.NAME: gettext("{name} is in “{space}” already."),
    }[each.likeness]
    return KnownSaid(text.format(name=name, space=space), url_of(each.contact))
