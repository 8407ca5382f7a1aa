"""A contact out of pasted text: what was understood is proposed, to be mended before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_http_methods

from farley.accounts.roles import Role
from farley.codecs.pasted import holds_vcard, read_pasted
from farley.codecs.vcard import Card
from farley.codecs.vcard_draft import (
    BOX,
    CITY,
    COUNTRY,
    EXTENDED,
    POSTCODE,
    REGION,
    STREET,
    Draft,
    NothingInIt,
    Place,
    Reach,
)
from farley.contacts import operations, storing
from farley.contacts.listing import as_spelt
from farley.contacts.storing import StoreProblem
from farley.exchange import importing, uploads
from farley.exchange.formats import VCARD, How
from farley.exchange.tasks import run_import
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.contacts.contacts import make
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest, standings
from farley.web.spaces.spaces import choices_of, home_of

MAX_TEXT = 100_000  # characters
MAX_VALUE = 1000
_MOST = 40  # values of one kind
_NAME = ("family", "given", "additional", "prefix", "suffix")  # as N has them
_PLACE = {
    "street": STREET, "extended": EXTENDED, "postcode": POSTCODE, "city": CITY, "region": REGION, "country": COUNTRY,
    "box": BOX,
}  # fmt: skip
_TYPES = frozenset({"work", "home", "cell", "fax", "main", "voice", "pager"})


@dataclass(frozen=True, slots=True)
class Line:
    """A text of the form."""

    name: str
    label: str
    value: str
    width: str = "w6"


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Value:
    """One e-mail address, number or website, and what it is."""

    name: str
    label: str
    value: str
    kinds: Sequence[Option]


@require_http_methods(["GET", "POST"])
def paste(request: PageRequest) -> HttpResponse:
    """Step one takes the text, step two shows the contact it was read as; saving that makes it."""
    editable = standings(request).editable
    text = request.POST.get("text", "").replace("\r\n", "\n")[:MAX_TEXT]
    draft, problem = None, ""
    if request.method == "POST":
        space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
        require(space, request.actor, Role.EDITOR)
        if holds_vcard(text):
            return _imported(request, space, text)
        draft = _given(request.POST) if "save" in request.POST else read_pasted(text)
        try:
            card = draft.card()
            if "save" in request.POST:
                return redirect("contact", make(request, space, _tagged(card, request.POST.get("tags", ""), space)))
        except NothingInIt:
            is_empty = "save" not in request.POST and not draft.notes and not draft.places
            problem = gettext("Type a name, an organisation or an e-mail address.")
            draft, problem = (None, gettext("There is no contact in this text.")) if is_empty else (draft, problem)
        except StoreProblem as refusal:
            problem = explained(refusal)
    context = {
        "place": "contacts",
        "text": text,
        "problem": problem,
        "is_read": draft is not None,
        "spaces": choices_of(editable),
        "chosen_space": request.POST.get("space", "") or home_of(editable, standings(request).home),
    }
    if draft is not None:
        context |= _form(draft, request.POST.get("tags", ""))
    is_refused = bool(problem) and ("save" in request.POST or draft is None)
    return render(request, "contacts/paste.html", context, status=422 if is_refused else 200)


def _imported(request: PageRequest, space: Space, text: str) -> HttpResponse:
    """What is a vCard already loses nothing as a file."""
    sources = [
        replace(source, how=How(VCARD))  # whatever stands around it
        for source in uploads.receive([(gettext("pasted text"), [text.encode()])])
    ]
    try:
        run = importing.prepare(space, sources, by=request.actor, door=Door.WEB, is_dry_run=True)
    except BaseException:
        uploads.discard(sources)
        raise
    run_import.enqueue(run.pk)
    return redirect("import-run", run.pk)


def _tagged(card: Card, written: str, space: Space) -> Card:
    tags = [tag for part in written.split(",") if (tag := part.strip())]
    operations.refuse_long_tags(tags)
    return card.with_categories(list(dict.fromkeys(as_spelt([space], tag) for tag in tags))) if tags else card


def _form(draft: Draft, tags: str) -> dict[str, object]:
    organisation = ", ".join(filter(None, draft.units))
    places = [*draft.places.values()] or [Place()]
    return {
        "lines": [
            Line("prefix", gettext("Title before the name"), draft.name[3], "w4"),
            Line("given", gettext("First name"), draft.name[1], "w4"),
            Line("additional", gettext("Middle names"), draft.name[2], "w4"),
            Line("family", gettext("Last name"), draft.name[0], "w4"),
            Line("suffix", gettext("Suffix"), draft.name[4], "w4"),
            Line("nickname", gettext("Nickname"), ", ".join(draft.nicknames), "w4"),
            Line("organisation", gettext("Organisation"), draft.organisation),
            Line("unit", gettext("Department"), organisation),
            Line("title", gettext("Job title"), "; ".join(draft.titles)),
            Line("role", gettext("Role"), "; ".join(draft.roles)),
        ],
        "values": [*_values(draft)],
        "addresses": [
            [
                Line(f"address-{number}-{name}", label, place.parts[_PLACE[name]], "w4")
                for name, label in _place_labels()
            ]
            for number, place in enumerate(places)
        ],
        "tags": tags,
        "note": "\n\n".join(draft.notes),
    }


def _values(draft: Draft) -> Iterator[Value]:
    groups = (
        ("email", gettext("E-mail"), draft.emails),
        ("phone", gettext("Phone"), draft.phones),
        ("url", gettext("Website"), draft.urls),
        ("chat", gettext("Messenger"), [Reach(handle, (), service) for service, handle in draft.chats]),
    )
    for name, label, reaches in groups:
        more = [] if name == "chat" else [Reach("")]
        for number, each in enumerate([*reaches, *more]):
            yield Value(f"{name}-{number}", label, each.value, _kinds(name, each))


def _kinds(name: str, each: Reach) -> list[Option]:
    if name == "url":
        return []
    current = f"{','.join(each.types)}|{each.label}"
    named = {"|": "–", "work|": pgettext("at work", "Work"), "home|": pgettext("at home", "Home")}
    if name == "phone":
        named |= {"cell|": gettext("Mobile"), "fax|": gettext("Fax"), "work,fax|": gettext("Fax, work")}
        named |= {"main|": gettext("Head office"), "voice,fax|": gettext("Phone and fax")}
    if name == "chat":
        named = {}
    if current not in named:
        named[current] = " · ".join(filter(None, [each.label, *each.types]))
    return [Option(value, label, value == current) for value, label in named.items()]


def _place_labels() -> list[tuple[str, str]]:
    return [
        ("street", gettext("Street and number")),
        ("extended", gettext("Building, floor, c/o")),
        ("box", gettext("Post office box")),
        ("postcode", gettext("Postcode")),
        ("city", gettext("City")),
        ("region", gettext("Region")),
        ("country", gettext("Country")),
    ]


def _given(posted: Mapping[str, str]) -> Draft:
    """The draft that the form says."""
    draft = Draft()

    def said(name: str) -> str:
        return posted.get(name, "").replace("\r\n", "\n").strip()

    draft.uid = storing.new_uid()
    draft.name = [said(part) for part in _NAME]
    draft.nicknames = _parted(said("nickname"), ",")
    draft.organisation = said("organisation")
    draft.units = _parted(said("unit"), ",")
    draft.titles, draft.roles = _parted(said("title"), ";"), _parted(said("role"), ";")
    draft.emails, draft.phones, draft.urls = (list(_reaches(posted, name)) for name in ("email", "phone", "url"))
    draft.chats = [(label or "chat", value) for value, _, label in _reaches(posted, "chat")]
    for number in range(_MOST):
        place = Place()
        for name, part in _PLACE.items():
            place.parts[part] = said(f"address-{number}-{name}")
        if any(place.parts):
            draft.places[number] = place
    draft.notes = [note] if (note := said("note")) else []
    return draft


def _parted(text: str, separator: str) -> list[str]:
    return [part for piece in text.split(separator) if (part := piece.strip())]


def _reaches(posted: Mapping[str, str], name: str) -> Iterable[Reach]:
    for number in range(_MOST):
        if value := posted.get(f"{name}-{number}", "").strip()[:MAX_VALUE]:
            types, _, label = posted.get(f"{name}-{number}-kind", "").partition("|")
            yield Reach(value, tuple(each for each in types.split(",") if each in _TYPES), label[:100])
