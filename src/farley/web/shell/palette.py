"""The command palette: people, notes, pages, saved views, tags and deeds by a few letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET

from farley.accounts.roles import Role
from farley.contacts import listing, seeing
from farley.contacts.models import Contact
from farley.database import rows
from farley.journal.models import Noun
from farley.search.finding import find
from farley.search.folding import search_fold
from farley.spaces.models import Space
from farley.web.contacts import views
from farley.web.contacts.facts import link_of
from farley.web.contacts.people import name_of, photo_of, shape_of, url_of
from farley.web.contacts.record import visible_contact
from farley.web.shell.context import SPACE_ICONS, modules_of
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.search import entry_lines

PEOPLE = 6
NOTES = 3
OTHERS = 5  # of pages, views, tags, deeds each
RECENT = 10
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Option:
    """A line of the palette. `more` is the address of what else can be done with it."""

    label: str
    url: str
    icon: str = ""
    note: str = ""
    key: str = ""
    photo: str = ""
    shape: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    heading: str
    options: list[Option]


@require_GET
def palette(request: PageRequest) -> HttpResponse:
    """The lines for what is typed (`q`), for nothing typed the last opened (`recent`), or for one contact (`of`)."""
    text = request.GET.get("q", "").strip()[:MAX_TEXT]
    if number := _number(request.GET.get("of", "")):
        groups = [_deeds_of(request, visible_contact(request, number))]
    elif not text:
        groups = [_recent(request), Group(gettext("Pages"), list(_pages(request))[:RECENT])]
    else:
        groups = list(_found(request, text))
    return render(
        request, "components/options.html", {"groups": [group for group in groups if group.options], "text": text}
    )


def _found(request: PageRequest, text: str) -> Iterator[Group]:
    kind, words = (text[0], text[1:].strip()) if text[0] in ">@#" else ("", text)
    if kind in ("", "@") and words:
        yield Group(gettext("People and organisations"), _people(request, words))
    if kind == "" and words:
        yield Group(gettext("Notes and calls"), _notes(request, words))
    if kind in ("", "#"):
        yield Group(gettext("Tags"), _tags(request, words) if words or kind else [])
    if kind == "":
        yield Group(gettext("Saved views"), _matching(words, _views(request)))
        yield Group(gettext("Pages"), _matching(words, _pages(request)))
    if kind in ("", ">"):
        deeds = _matching(words, _deeds()) if words else list(_deeds())
        yield Group(gettext("Commands"), deeds + (_deeds_with(words) if words and not kind else []))


def _people(request: PageRequest, text: str) -> list[Option]:
    pks = [hit.record for hit in find(text, by=request.actor, nouns=[Noun.CONTACT], limit=PEOPLE)]
    return _contacts(request, pks)


def _contacts(request: PageRequest, pks: list[int]) -> list[Option]:
    seen = seeing.contacts(f"id IN ({rows.marks(pks)})", pks, by=request.actor, limit=len(pks)) if pks else []
    contacts = {contact.pk: contact for contact in seen}
    return [_contact(contacts[pk]) for pk in pks if pk in contacts]


def _contact(contact: Contact) -> Option:
    is_organisation = contact.kind == Contact.Kind.ORG
    note = ", ".join(filter(None, [contact.job_title, "" if is_organisation else contact.organisation_name]))
    return Option(
        name_of(contact),
        url_of(contact),
        note=note or contact.city,
        photo=photo_of(contact),
        shape=shape_of(contact),
        more=f"{reverse('palette')}?of={contact.pk}",
    )


def _recent(request: PageRequest) -> Group:
    """Those that the browser says were opened last; of these the ones that are there to see."""
    numbers = [number for text in request.GET.get("recent", "")[:300].split(",") if (number := _number(text))]
    return Group(gettext("Opened last"), _contacts(request, numbers[:RECENT]))


def _notes(request: PageRequest, text: str) -> list[Option]:
    return [Option(line.name, line.url, line.icon, line.note) for line in entry_lines(request, text, NOTES)]


def _tags(request: PageRequest, text: str) -> list[Option]:
    names = listing.tag_names(standings(request).in_use)
    found = [name for name in names if search_fold(text) in search_fold(name)][:OTHERS]
    return [Option(name, f"{reverse('contacts')}?{urlencode({'tag': name})}", "tag") for name in found]


def _views(request: PageRequest) -> Iterator[Option]:
    for view in views.seen(request):
        yield Option(view.title, views.address_of(view), "bookmark")


def _pages(request: PageRequest) -> Iterator[Option]:
    for place in modules_of():
        yield Option(place.label, place.url, place.icon)
    for space in standings(request).in_use:
        address = f"{reverse('contacts')}?space={space.name}"
        yield Option(space.title, address, SPACE_ICONS[Space.Kind(space.kind)], gettext("space"))
    yield Option(gettext("Notifications"), reverse("notifications"), "bell")
    yield Option(gettext("Settings"), reverse("account"), "sliders-horizontal")
    yield Option(gettext("Signing in"), reverse("security"), "key-round")
    yield Option(gettext("Devices"), reverse("devices"), "smartphone")
    yield Option(gettext("Own fields"), reverse("fields"), "list-plus")
    yield Option(gettext("Spaces and teams"), reverse("spaces"), "users")
    yield Option(gettext("Privacy"), reverse("privacy"), "shield")


def _deeds() -> Iterator[Option]:
    yield Option(gettext("New contact"), reverse("new-contact"), "plus", key="N")
    yield Option(gettext("New organisation"), f"{reverse('new-contact')}?kind=org", "building-2")
    yield Option(gettext("New contact out of text"), reverse("paste-contact"), "clipboard-paste")
    yield Option(gettext("New group"), f"{reverse('new-contact')}?kind=group", "list")
    yield Option(gettext("New space"), reverse("new-space"), "users")
    yield Option(gettext("Import contacts"), reverse("import"), "upload")
    yield Option(gettext("Export contacts"), reverse("export"), "download")
    yield Option(gettext("Put a filter together"), reverse("contact-filter"), "list-filter")


def _deeds_with(text: str) -> list[Option]:
    everywhere = f"{reverse('search')}?{urlencode({'q': text})}"
    return [Option(gettext("Search everything for “{text}”").format(text=text), everywhere, "search")]


def _deeds_of(request: PageRequest, contact: Contact) -> Group:
    """What can be done with one contact."""
    url = url_of(contact)
    options = [Option(pgettext("a contact", "Open"), url, "contact")]
    if (standings(request).role_in(contact.space) or Role.READER) >= Role.EDITOR:
        options += [
            Option(gettext("Write a note"), f"{url}?seg=timeline&write=note#write", "sticky-note", key="O"),
            Option(gettext("Log a call"), f"{url}?seg=timeline&write=call#write", "phone", key="L"),
            Option(gettext("Edit"), f"{url}?edit=first", "pencil", key="E"),
        ]
    for name, icon in (("EMAIL", "mail"), ("TEL", "phone-outgoing")):
        for prop in contact.card.properties(name)[:3]:
            if address := link_of(prop)[0]:
                options.append(Option(prop.text, address, icon))
    options.append(Option(gettext("Versions"), reverse("contact-history", args=[contact.pk]), "history"))
    return Group(name_of(contact), options)


def _matching(text: str, options: Iterable[Option]) -> list[Option]:
    """Those in which some word begins so, or that have it anywhere."""
    wanted = search_fold(text)
    found = [option for option in options if wanted in search_fold(option.label)]
    found.sort(key=lambda option: f" {wanted}" not in f" {search_fold(option.label)}")
    return found[:OTHERS] if wanted else []


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
