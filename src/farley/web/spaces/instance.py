"""What administrators read: log-ins, accounts, devices, roles, settings, exports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from farley.accounts.actor import ActorKind
from farley.accounts.doors import Door
from farley.accounts.events import Event, Topic, Verb
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.journal.access import Access
from farley.web.shell.requests import PageRequest
from farley.web.spaces.spaces import role_name

PAGE = 100
_ICONS = {
    Topic.LOGIN: "log-in",
    Topic.ACCOUNT: "user",
    Topic.DEVICE: "smartphone",
    Topic.ROLE: "users",
    Topic.SETTING: "sliders-horizontal",
    Topic.EXPORT: "download",
    Topic.PRIVACY: "shield",
}


@dataclass(frozen=True, slots=True)
class ShownEvent:
    what: str
    subject: str
    by: str
    through: str
    at: datetime
    icon: str
    is_trouble: bool


@require_GET
def journal(request: PageRequest) -> HttpResponse:
    """The instance journal, newest first, of one topic or person where asked for; 404 for all but administrators."""
    if not request.user.is_admin:
        raise Http404("not an administrator")
    events = Event.objects.visible_to(request.actor).select_related("user", "about").order_by("-id")
    topic, name = _number(request.GET.get("topic", "")), request.GET.get("person", "")
    before = _number(request.GET.get("before", ""))
    if topic in Topic.values:
        events = events.filter(topic=topic)
    if name:
        person = User.objects.filter(name=name).first()
        events = events.of_person(person) if person else events.none()
    found = list((events.filter(pk__lt=before) if before else events)[: PAGE + 1])
    context: dict[str, Any] = {
        "place": "journal",
        "topics": Topic.choices,
        "topic": topic,
        "people": User.objects.order_by("full_name", "name"),
        "person": name,
        "events": [_shown(event) for event in found[:PAGE]],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "is_filtered": bool(topic or name or before),
    }
    return render(request, "instance/journal.html", context)


def _shown(event: Event) -> ShownEvent:
    """What an event says, with the people in it as they are called now."""
    is_known = event.verb in Verb.values
    parts = [event.subject, event.about.display_name if event.about and event.about_id != event.user_id else ""]
    if (word := str(event.details.get("role", "")).upper()) in Role.__members__:
        parts.append(role_name(Role[word]))
    parts += [str(event.details["count"])] if "count" in event.details else []
    parts += [gettext("private space")] if event.details.get("private") else []
    return ShownEvent(
        what=str(Verb(event.verb).label) if is_known else event.verb,
        subject=" · ".join(dict.fromkeys(filter(None, parts))),
        by=event.user.display_name if event.user else event.actor_label or gettext("somebody who was not signed in"),
        through=", ".join(filter(None, [through(event), event.address])),
        at=event.at,
        icon=_ICONS[Topic(event.topic)],
        is_trouble=event.verb in (Verb.LOGIN_FAILED, Verb.LOGIN_THROTTLED, Verb.BACKUP_FAILED),
    )


def through(act: Access | Event) -> str:
    """The way something was done by and, where that was not in person, the device or program that did it."""
    door = str(Door(act.door).label)
    return f"{door}, {act.actor_label}" if act.actor_kind in (ActorKind.DEVICE, ActorKind.TOKEN) else door


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
