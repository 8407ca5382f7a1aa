"""Adding, changing and removing the parts a person has in organisations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from farley.accounts.actor import Actor
from farley.accounts.roles import Role
from farley.contacts import affiliations, links
from farley.contacts.affiliations import Part, UnusableAffiliation
from farley.contacts.models import Contact
from farley.contacts.storing import EditConflict, StoreProblem
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.spaces.operations import require
from farley.web.contacts.affiliations import AffiliationForm, read_part
from farley.web.contacts.record import record_context, visible_contact
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn


@require_POST
def change_affiliation(request: PageRequest, pk: int) -> HttpResponse:
    """Add what was typed, put it in the place of `was`, or with `remove` take that away."""
    contact = visible_contact(request, pk)
    require(contact.space, request.actor, Role.EDITOR)
    form = request.POST
    was = read_part(form.get("was", ""))
    try:
        with one_batch(Batch.Act.AFFILIATE, by=request.actor, door=Door.WEB, title=contact.full_name) as batch:
            _carry_out(contact, form, was, request.actor, batch)
    except EditConflict:
        warn(request, gettext("Somebody changed this just now. Look at it and try again."))
    except StoreProblem as problem:
        typed = {name: form.get(name, "") for name in ("organisation", "role", "from_on", "to_on", "was")}
        editor = AffiliationForm(**typed, error=explained(problem))
        context = record_context(request, contact) | {"segment": "around", "affiliation_form": editor}
        return render(request, "contacts/record.html", context, status=422)
    else:
        toast(request, _done(form, was), undoes=batch if batch.pk else None)
    return redirect(f"{reverse('contact', args=[pk])}?seg=around")


def _carry_out(contact: Contact, form: Mapping[str, str], was: Part | None, by: Actor, batch: Batch) -> None:
    if "remove" in form:
        if was is not None:
            affiliations.remove(contact, was, by=by, door=Door.WEB, batch=batch)
        return
    part = _typed(contact, form, was, by)
    if was is None:
        affiliations.add(contact, part, by=by, door=Door.WEB, batch=batch)
    else:
        affiliations.change(contact, was, part, by=by, door=Door.WEB, batch=batch)


def _typed(contact: Contact, form: Mapping[str, str], was: Part | None, by: Actor) -> Part:
    """What the editor says. Raises UnusableAffiliation."""
    name = form.get("organisation", "").strip()
    kept = Contact.objects.visible_to(by).filter(pk=was.organisation).first() if was is not None else None
    if kept is None or kept.full_name != name:  # else the very one, even where two are called so
        kept = links.called(name, contact.space, by=by, kind=Contact.Kind.ORG) if name else None
    if kept is None:
        raise UnusableAffiliation("elsewhere")
    return Part(kept.pk, form.get("role", "").strip(), _day(form.get("from_on", "")), _day(form.get("to_on", "")))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise UnusableAffiliation("day") from error


def _done(form: Mapping[str, str], was: Part | None) -> str:
    if "remove" in form:
        return gettext("Organisation removed")
    return gettext("Organisation added") if was is None else gettext("Organisation changed")
