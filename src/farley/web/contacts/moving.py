"""Moving one contact to another space, from its page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from farley.accounts.roles import Role
from farley.contacts.bulk import Deed, Verb, do
from farley.contacts.storing import StoreProblem
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.operations import find, require
from farley.web.contacts.people import name_of
from farley.web.contacts.record import visible_contact
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn


@require_POST
def move_contact(request: PageRequest, pk: int) -> HttpResponse:
    """One act, as a bulk one is, with one undo."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    target = find(request.POST.get("space", ""), by=request.actor)
    require(target, request.actor, Role.EDITOR)
    deed = Deed(Verb.MOVE, target=target.pk)
    try:
        with one_batch(Batch.Act.MOVE, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            count = do(deed, [contact], by=request.actor, door=Door.WEB, batch=batch)
    except StoreProblem as problem:
        warn(request, explained(problem))
    else:
        done = gettext("“{name}” now lies in “{title}”").format(name=name_of(contact), title=target.title)
        toast(request, done, undoes=batch if count else None)
    return redirect("contact", pk)
