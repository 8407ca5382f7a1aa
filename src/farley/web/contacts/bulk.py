"""What one does to several contacts of the list at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.contacts.bulk import ACTS, CHUNK, Deed, Selection, Verb, begin, do, written
from farley.contacts.deriving import MAX_ROWS
from farley.contacts.grouping import MAX_MEMBERS
from farley.contacts.listing import as_spelt
from farley.contacts.models import Contact
from farley.contacts.storing import StoreProblem, octets_of
from farley.contacts.tasks import change_many
from farley.exchange.export_formats import FORMATS
from farley.exchange.exporting import Record
from farley.exchange.paper.setting import CannotPrint
from farley.fields.models import Document, Field
from farley.fields.values import BadValue
from farley.journal.access import Way, accesses, note_access
from farley.journal.models import Door, Noun
from farley.journal.writing import one_batch
from farley.lists.paging import TooSlow
from farley.spaces.audience import readers
from farley.spaces.models import Space
from farley.spaces.operations import find, require
from farley.web.contacts import bulk_fields, shown_table
from farley.web.contacts import listing as asking
from farley.web.contacts.exports import not_printed, streamed
from farley.web.contacts.filters import slowness_of
from farley.web.contacts.groups import change_members
from farley.web.contacts.own_fields import unreadable
from farley.web.shell.navigation import back
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import by_name
from farley.web.templatetags.farley import changed_query

AT_ONCE = CHUNK  # contacts; more are changed in the background
OWNERS_OF = 20  # spaces whose people are offered as owners: each is asked for by itself
_DEEDS = {
    "owner": Verb.ASSIGN,
    "follow-up": Verb.FOLLOW_UP,
    "no-follow-up": Verb.FOLLOW_UP,
    "set": Verb.SET,
    **{verb.value: verb for verb in (Verb.TAG, Verb.UNTAG, Verb.MOVE, Verb.DELETE)},
}


class _Unusable(ValueError):
    """What the form says cannot be done; the message tells the user why."""


@require_http_methods(["GET", "POST"])
def bulk(request: PageRequest) -> HttpResponse | StreamingHttpResponse:
    """Tag, assign, change, move, export or delete the selected contacts, or all that the list holds; with undo.

    GET: who may look after contacts of the list, as buttons of its form, or with `set` what can be set of them; for
    whoever asks for a page, that list.
    """
    if request.method == "GET":
        if not request.htmx:
            return redirect(f"{reverse('contacts')}{changed_query(request)}")
        changeable = standings(request).changeable
        spaces = [space for space in asking.asked(request).shown_spaces if space.pk in changeable]
        if "set" in request.GET:
            return _fields_to_set(request, spaces)
        return render(request, "contacts/owners.html", {"people": _people_of(spaces[:OWNERS_OF])})
    act = "owner" if "owner" in request.POST else request.POST.get("act", "")
    selection = _selected(request)
    first = selection.behind(0, size=AT_ONCE + 1)
    if not first:
        warn(request, gettext("Select contacts first."))
    elif act == "export":
        try:
            return _exported(request, selection)
        except CannotPrint as problem:
            warn(request, not_printed(problem))
        except TooSlow as problem:
            warn(request, slowness_of(problem, asking.asked(request).listed.fields))
    elif act in ("group", "ungroup"):
        _regroup(request, selection, is_in=act == "group")
    elif act in _DEEDS:
        try:
            deed = _deed(request, _DEEDS[act], selection)
        except _Unusable as problem:
            warn(request, str(problem))
        else:
            if len(first) > AT_ONCE:
                return _begin(request, deed, selection, first)
            _carry_out(request, deed, first)
    return back(request, "contacts")


def _fields_to_set(request: PageRequest, spaces: Sequence[Space]) -> HttpResponse:
    fields = bulk_fields.settable(spaces)
    groups: dict[str, list[bulk_fields.Settable]] = {}
    for field in fields:
        groups.setdefault(field.heading, []).append(field)
    asked = request.GET.get("set-field", "")
    chosen = next((field for field in fields if field.name == asked), fields[0])
    context = {"groups": groups, "chosen": chosen, "space": request.GET.get("space", "")}
    return render(request, "contacts/bulk_set.html", context)


def _people_of(spaces: Iterable[Space]) -> list[User]:
    """Who sees one of `spaces` at least, by name."""
    found = {user.pk: (user, role) for space in spaces for user, role in readers(space)}
    return by_name(found.values())


def _regroup(request: PageRequest, selection: Selection, *, is_in: bool) -> None:
    """One card changes, so it is one act, however many are selected."""
    number = request.POST.get("group", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    groups = Contact.objects.visible_to(request.actor).groups().select_related("space")
    group = groups.filter(pk=int(number)).first() if is_number else None
    if group is None:
        warn(request, gettext("Choose a group first."))
        return
    require(group.space, request.actor, Role.EDITOR)
    chosen: list[Contact] = []
    most = MAX_MEMBERS if is_in else MAX_ROWS
    while len(chosen) <= most and (more := selection.behind(chosen[-1].pk if chosen else 0, size=5000)):
        chosen += more
    change_members(request, group, chosen, is_in=is_in)


def _selected(request: PageRequest) -> Selection:
    """The rows that are ticked, or with `everything` what the address asks for. Script sends the rows as one field."""
    if request.POST.get("everything"):
        return Selection.everything(asking.asked(request).listed, by=request.actor)
    sent = [*request.POST.getlist("id"), *request.POST.get("ids", "").split(",")]
    return Selection.of([int(pk) for pk in sent if pk.isascii() and pk.isdigit() and len(pk) < 19], by=request.actor)


def _deed(request: PageRequest, verb: Verb, selection: Selection) -> Deed:
    """What the form says is to be done. Raises _Unusable."""
    match verb:
        case Verb.MOVE:
            return Deed(verb, target=find(request.POST.get("space", ""), by=request.actor).pk)
        case Verb.ASSIGN:
            return Deed(verb, target=_owner(request.POST["owner"], selection))
        case Verb.FOLLOW_UP:
            return Deed(verb, on=_day(request))
        case Verb.TAG | Verb.UNTAG:
            if not (tag := request.POST.get("tag", "").strip()):
                raise _Unusable(gettext("Type a tag first."))
            return Deed(verb, as_spelt(selection.spaces(), tag))
        case Verb.SET:
            try:
                deed = bulk_fields.deed_of(request, selection.spaces())
            except BadValue as problem:
                raise _Unusable(unreadable(problem)) from problem
            if deed is None:
                raise _Unusable(gettext("Choose a field first."))
            return deed
    return Deed(verb)


def _owner(name: str, selection: Selection) -> int:
    """The id of who is to look after the contacts; 0 for nobody. Who has an account here is not told."""
    if not name:
        return 0
    spaces = selection.spaces()
    user = next((user for space in spaces for user, _ in readers(space) if user.name == name), None)
    if user is None:
        raise _Unusable(gettext("Nobody of this name sees this space."))
    return int(user.pk)


def _day(request: PageRequest) -> str:
    if request.POST.get("act") == "no-follow-up":
        return ""
    typed = request.POST.get("on", "").strip()
    if not typed:
        raise _Unusable(gettext("Choose a day first."))
    try:
        return dt.date.fromisoformat(typed).isoformat()
    except ValueError:
        text = gettext("“{text}” is no day. Write it as 2026-12-31.")
        raise _Unusable(text.format(text=typed[:40])) from None


def _exported(request: PageRequest, selection: Selection) -> StreamingHttpResponse:
    """Raises CannotPrint, TooSlow."""
    if request.POST.get("format") in shown_table.ENDINGS:
        return shown_table.table_of(request, selection)
    form = FORMATS.get(request.POST.get("format", ""), FORMATS["vcard"])
    fields: list[Field] = []
    if request.POST.get("own"):
        here = [space.pk for space in selection.spaces()]
        fields = list(Field.objects.visible_to(request.actor).of(Noun.CONTACT, here))
    taken = _Taken(selection, fields)
    return streamed(taken.records, form, "contacts", title=gettext("Contacts"), own_fields=fields or None)


class _Taken:
    """The records of a selection; that they are taken along is noted once, however often they are read."""

    def __init__(self, selection: Selection, fields: Sequence[Field]) -> None:
        self._selection, self._fields = selection, fields
        self._is_noted = False

    def records(self) -> Iterator[Record]:
        position = 0
        while contacts := self._selection.behind(position):
            position = contacts[-1].pk
            for contact in contacts if not self._is_noted else ():
                note_access(contact.space_id, Way.EXPORTED, [contact.pk], by=self._selection.by, door=Door.WEB)
            accesses.flush()  # a whole list may be more than is gathered at once
            octets = octets_of(contact.content_id for contact in contacts)
            for contact in contacts:
                yield octets[contact.content_id], self._own(contact)
        self._is_noted = True

    def _own(self, contact: Contact) -> Document:
        """What it has in the fields of the space it lies in; of one it left it keeps values that are for nobody."""
        own = contact.own or {}
        numbers = (str(field.pk) for field in self._fields if field.is_of(contact.space_id))
        return {number: own[number] for number in numbers if number in own}


def _carry_out(request: PageRequest, deed: Deed, picked: Sequence[Contact]) -> None:
    """All of it in one transaction, or none."""
    title = _title(deed, picked)
    try:
        with one_batch(ACTS[deed.verb], by=request.actor, door=Door.WEB, title=title) as batch:
            count = do(deed, picked, by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return
    toast(request, _done(deed, count), undoes=batch if count else None)


def _begin(request: PageRequest, deed: Deed, selection: Selection, first: Sequence[Contact]) -> HttpResponse:
    """Hand it to the worker; the page of the act shows how far it is, and offers undo at the end."""
    try:
        batch = begin(deed, selection, title=_title(deed, first), door=Door.WEB)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return back(request, "contacts")
    change_many.enqueue(batch.pk, written(deed), selection.written(), request.user.pk)
    return redirect("batch", batch.pk)


def _title(deed: Deed, picked: Sequence[Contact]) -> str:
    names = ", ".join(contact.full_name for contact in picked[:3])
    named = f"{names} …" if len(picked) > 3 else names
    said = deed.tag or deed.on
    if deed.verb is Verb.ASSIGN:
        said = _name_of(deed.target)
    elif deed.verb is Verb.SET:
        said = " ".join(filter(None, bulk_fields.field_said(deed)))
    return f"{said}: {named}" if said else named


def _name_of(owner: int) -> str:
    return User.objects.get(pk=owner).display_name if owner else gettext("Nobody")


def _done(deed: Deed, count: int) -> str:
    match deed.verb:
        case Verb.DELETE:
            text = ngettext("{count} contact deleted", "{count} contacts deleted", count)
        case Verb.MOVE:
            text = ngettext("{count} contact moved", "{count} contacts moved", count)
        case Verb.TAG:
            text = ngettext("{count} contact tagged “{tag}”", "{count} contacts tagged “{tag}”", count)
        case Verb.ASSIGN:
            text = ngettext("{name} looks after {count} contact", "{name} looks after {count} contacts", count)
            return text.format(count=count, name=_name_of(deed.target))
        case Verb.SET:
            label, value = bulk_fields.field_said(deed)
            text = (
                ngettext("{field} is “{value}” for {count} contact", "{field} is “{value}” for {count} contacts", count)
                if value
                else ngettext(
                    "No {field} for {count} contact any more", "No {field} for {count} contacts any more", count
                )
            )
            return text.format(count=count, field=label, value=value)
        case Verb.FOLLOW_UP if deed.on:
            text = ngettext("Follow-up on {day} for {count} contact", "Follow-up on {day} for {count} contacts", count)
            day = date_format(dt.date.fromisoformat(deed.on), "DATE_FORMAT")
            return text.format(count=count, day=day)
        case Verb.FOLLOW_UP:
            text = ngettext(
                "No follow-up for {count} contact any more", "No follow-up for {count} contacts any more", count
            )
        case _:
            text = ngettext("“{tag}” taken off {count} contact", "“{tag}” taken off {count} contacts", count)
    return text.format(count=count, tag=deed.tag)
