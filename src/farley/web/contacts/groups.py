"""Who is in a group: changed on its page, on a member's page, and from the list."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from farley.accounts.roles import Role
from farley.contacts import grouping, links
from farley.contacts.models import Contact
from farley.contacts.storing import StoreProblem
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.operations import require
from farley.web.contacts.people import url_of
from farley.web.shell.navigation import back
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn


@require_POST
def group_members(request: PageRequest, pk: int) -> HttpResponse:
    """Of the group `pk`: `value` is the name of a contact to add, `remove` the id of one to take out."""
    group = _group(request, pk)
    visible = Contact.objects.visible_to(request.actor).filter(space=group.space_id)
    name = request.POST.get("value", "").strip()
    if number := _number(request.POST.get("remove", "")):
        change_members(request, group, [get_object_or_404(visible, pk=number)], is_in=False)
    elif (found := links.called(name, group.space, by=request.actor)) is not None:
        change_members(request, group, [found], is_in=True)
    else:
        warn(request, gettext("No contact of this space is called “{name}”, or several are.").format(name=name[:100]))
    return back(request, url_of(group))


@require_POST
def contact_groups(request: PageRequest, pk: int) -> HttpResponse:
    """Put the contact `pk` into the group `add`, or take it out of `remove` (ids)."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).select_related("space"), pk=pk)
    require(contact.space, request.actor, Role.EDITOR)
    is_in = "remove" not in request.POST
    group = _group(request, _number(request.POST.get("add" if is_in else "remove", "")))
    change_members(request, group, [contact], is_in=is_in)
    return redirect("contact", pk)


def change_members(request: PageRequest, group: Contact, contacts: Sequence[Contact], *, is_in: bool) -> None:
    """Put `contacts` into the group, or take them out, as one act, and say so."""
    change = grouping.add if is_in else grouping.remove
    try:
        with one_batch(Batch.Act.GROUP, by=request.actor, door=Door.WEB, title=group.full_name) as batch:
            count = change(group, contacts, by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
        return
    if is_in:
        text = ngettext("{count} contact added to “{group}”", "{count} contacts added to “{group}”", count)
    else:
        text = ngettext("{count} contact taken out of “{group}”", "{count} contacts taken out of “{group}”", count)
    toast(request, text.format(count=count, group=group.full_name), undoes=batch if batch.pk else None)
    if elsewhere := sum(contact.space_id != group.space_id for contact in contacts):
        left = ngettext(
            "{count} contact is left out: it lies in another space than the group.",
            "{count} contacts are left out: they lie in other spaces than the group.",
            elsewhere,
        )
        warn(request, left.format(count=elsewhere))


def _group(request: PageRequest, pk: int) -> Contact:
    groups = Contact.objects.visible_to(request.actor).groups().select_related("space")
    group: Contact = get_object_or_404(groups, pk=pk)
    require(group.space, request.actor, Role.EDITOR)
    return group


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
