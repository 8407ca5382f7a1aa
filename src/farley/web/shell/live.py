"""What others did to what somebody looks at: an open page asks now and then, and nearly always nothing has happened."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from farley.contacts.models import Contact
from farley.conversations.models import KINDS, About
from farley.journal.models import Change, Door, Noun
from farley.web.contacts.record import record_context, swapped_parts, visible_contact
from farley.web.shell.navigation import page_of
from farley.web.shell.requests import PageRequest, standings
from farley.web.timeline.events import done_by

MOST = 200  # changes that are looked at; more than that are told as one
MANY: list[Change] = []  # stands for more than are looked at
PARTS = ("title", "summary", "meta", "facts", "timeline")


@require_GET
def contact_live(request: PageRequest, pk: int) -> HttpResponse:
    """204, or the parts of the record anew that somebody else changed `since`, but those that are `busy`."""
    visible = Contact.objects.visible_to(request.actor).filter(pk=pk)
    found = visible.values_list("space_id", "space__revision").first()
    if found is None:
        return _gone(request, pk)
    space, revision = found
    now = f"{space}.{revision}"
    since = request.GET.get("since", "")
    if since == now:
        return HttpResponse(status=204)
    changes = _changes(pk, space, since)
    others = [each for each in changes if each.user_id != request.user.pk or each.door != Door.WEB]
    url = f"{reverse('contact-live', args=[pk])}?since={now}"
    if changes is not MANY and not others:
        return render(request, "components/live.html", {"url": url})
    context = record_context(request, visible_contact(request, pk))
    busy = request.GET.get("busy", "").split(",")
    said = gettext("{who} changed this just now.").format(who=done_by(others[-1])) if others else ""
    html = render_to_string("components/live.html", {"url": url, "said": said}, request)
    return HttpResponse(html + swapped_parts(request, context, *(part for part in PARTS if part not in busy)))


@require_GET
def list_live(request: PageRequest) -> HttpResponse:
    """204, or how many contacts others changed `since`, an instant, with the way to see them."""
    since = _instant(request.GET.get("since", ""))
    newest = Change.objects.newest_of(standings(request).in_use, MOST)
    theirs = {
        each.subject
        for each in newest
        if each.noun == Noun.CONTACT and each.at > since and each.user_id != request.user.pk
    }
    if not theirs:
        return HttpResponse(status=204)
    said = ngettext("{count} contact was changed by others.", "{count} contacts were changed by others.", len(theirs))
    url = f"{reverse('list-live')}?since={since.timestamp():.3f}"
    context = {"url": url, "said": said.format(count=len(theirs)), "show_url": page_of(request) or reverse("contacts")}
    return render(request, "components/live.html", context)


def _changes(pk: int, space: int, since: str) -> list[Change]:
    """What happened to the record behind a place in the journal of its space; MANY where that is not known."""
    where, _, number = since.partition(".")
    if where != str(space) or not (number.isascii() and number.isdigit() and len(number) < 19):
        return MANY
    behind = Change.objects.filter(space=space, revision__gt=int(number)).select_related("user")
    found = list(behind.order_by("revision")[: MOST + 1])
    if len(found) > MOST:
        return MANY
    entries = [(each.noun, each.subject) for each in found if each.noun in KINDS]
    told = About.objects.filter(contact=pk, noun__in=list(KINDS), record__in=[subject for _, subject in entries])
    mine = set(told.values_list("noun", "record")) if entries else set()
    return [
        each
        for each in found
        if (each.noun == Noun.CONTACT and each.subject == pk) or (each.noun, each.subject) in mine
    ]


def _gone(request: PageRequest, pk: int) -> HttpResponse:
    """It was there when the page was opened; whoever may know why is told."""
    if not Contact.objects.known_to(request.actor).filter(pk=pk).exists():
        raise Http404("no such contact")
    return render(request, "components/live.html", {"said": gettext("Somebody has deleted this contact.")})


def _instant(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(float(text), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return timezone.now()
