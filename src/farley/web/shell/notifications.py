"""What waits for the reader: the page behind the bell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from farley.exchange.models import Import
from farley.journal.models import Noun
from farley.journal.undo import labels
from farley.notifications import operations
from farley.notifications.models import Kind, Notification
from farley.notifications.operations import Wish, wishes_of
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast

PAGE = 100
_ICONS = {
    Kind.MENTION: "at-sign",
    Kind.MIRROR: "refresh-cw-off",
    Kind.INTAKE: "file-x",
    Kind.BACKUPS: "archive",
    Kind.DEVICE: "smartphone",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notification as the page tells it."""

    pk: int
    text: str
    about: str
    icon: str
    at: dt.datetime
    is_read: bool


@require_http_methods(["GET", "POST"])
def notifications(request: PageRequest) -> HttpResponse:
    """GET: what waits, newest first. POST: all of it is read, or how one wants to be told."""
    if request.method == "POST":
        return _changed(request)
    found = list(Notification.objects.visible_to(request.actor).select_related("by").order_by("-at", "-pk")[:PAGE])
    waiting = Notification.objects.visible_to(request.actor).unread().count()
    if waiting != request.user.waiting:  # they see other spaces than when it was counted
        operations.recount([request.user.pk])
        request.user.waiting = waiting
    context = {
        "place": "notifications",
        "told": told_of(request, found),
        "waiting": waiting,
        "wishes": wishes_of(request.user),
    }
    return render(request, "notifications/list.html", context)


@require_POST
def notification(request: PageRequest, pk: int) -> HttpResponse:
    """Go to what one of them is about, which is read then; with `unread` it waits again."""
    found: Notification = get_object_or_404(Notification.objects.visible_to(request.actor), pk=pk)
    is_unread = "unread" in request.POST
    operations.mark(request.actor, is_read=not is_unread, pk=found.pk)
    return redirect("notifications" if is_unread else _address(request, found))


def told_of(request: PageRequest, found: Sequence[Notification]) -> list[Told]:
    """Notifications in words."""
    named: dict[tuple[int, int], str] = {}
    for noun in {Noun(each.noun) for each in found if each.noun is not None}:
        subjects = {each.subject for each in found if each.noun == noun and each.subject is not None}
        named |= {(noun, pk): label for pk, label in labels(noun, subjects, by=request.actor).items()}
    return [
        Told(
            each.pk,
            _text(each),
            named.get((each.noun or 0, each.subject or 0), ""),
            _ICONS[Kind(each.kind)],
            each.at,
            each.read_at is not None,
        )
        for each in found
    ]


def _changed(request: PageRequest) -> HttpResponse:
    if "wishes" in request.POST:
        told, mailed = request.POST.getlist("told"), request.POST.getlist("mail")
        operations.wish(request.user, [Wish(kind, kind in told, kind in told and kind in mailed) for kind in Kind])
        toast(request, gettext("Saved how you are told"))
    else:
        operations.mark(request.actor, is_read=True)
    return redirect("notifications")


def _text(each: Notification) -> str:
    data = each.data
    match Kind(each.kind):
        case Kind.MENTION:
            who = each.by.display_name if each.by else each.by_label
            text = (
                gettext("{who} mentions you in a call")
                if each.noun == Noun.CALL
                else gettext("{who} mentions you in a note")
            )
            return text.format(who=who)
        case Kind.MIRROR:
            text = (
                gettext("The mirror “{name}” waits for your word")
                if data.get("held")
                else gettext("The mirror “{name}” does not get through")
            )
            return text.format(name=data.get("mirror", ""))
        case Kind.INTAKE:
            if "file" not in data:
                return gettext("The regular import “{name}” does not get through").format(name=data.get("name", ""))
            text = gettext("The regular import “{name}” could not take all of “{file}”")
            return text.format(name=data.get("name", ""), file=data["file"])
        case Kind.BACKUPS:
            return gettext("The last backup failed, or none has been made for too long")
    return gettext("“{device}” was refused something").format(device=data.get("device", ""))


def _address(request: PageRequest, each: Notification) -> str:
    match Kind(each.kind):
        case Kind.MENTION:
            return reverse("timeline-entry", args=[Noun(each.noun or Noun.NOTE).name.lower(), each.subject])
        case Kind.MIRROR:
            space = next((space for space in standings(request).spaces if space.pk == each.space_id), None)
            return reverse("mirror", args=[space.name, each.data["id"]]) if space else reverse("notifications")
        case Kind.INTAKE:
            is_mine = (
                "run" in each.data and Import.objects.visible_to(request.actor).filter(pk=each.data["run"]).exists()
            )
            if is_mine:
                return reverse("import-run", args=[each.data["run"]])
            return reverse("regular-imports", args=[each.data["space"]])
        case Kind.BACKUPS:
            return reverse("backups")
    return reverse("devices")
