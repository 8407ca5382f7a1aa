"""What others, or devices, did to the entries that an open page of the calendar or of tasks shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from farley.calendars.models import CalendarObject
from farley.journal.models import Change, Door, Noun
from farley.web.calendar.calendars_shown import calendars_of
from farley.web.shell.navigation import page_of
from farley.web.shell.requests import PageRequest

MOST: Final = 200  # changes that are looked at
_PLACE: Final = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)


def live_url(request: PageRequest) -> str:
    """Where an open page asks: with how far the journal of each space has come whose calendars it may show."""
    revisions = _revisions(request)
    since = "_".join(f"{space}.{revision}" for space, revision in sorted(revisions.items()))
    return f"{reverse('calendar-live')}?since={since}"


@require_GET
def calendar_live(request: PageRequest) -> HttpResponse:
    """204, or how many entries others changed, with the way to see them.

    `since` is how far the journal had come when the page asked last; `begun`, where others had changed something by
    then, how far it had come when the page was made: they are counted from there.
    """
    now, since = _revisions(request), request.GET.get("since", "")
    if _behind(now, since) == now:
        return HttpResponse(status=204)
    begun = request.GET.get("begun", since)
    count = len(_changed(request, _behind(now, begun)))
    if not count:
        return render(request, "components/live.html", {"url": live_url(request)})
    said = ngettext("{count} entry was changed by others.", "{count} entries were changed by others.", count)
    context = {"url": f"{live_url(request)}&begun={quote(begun)}", "said": said.format(count=count)}
    return render(request, "components/live.html", context | {"show_url": page_of(request) or reverse("calendar")})


def _behind(now: Mapping[int, int], since: str) -> dict[int, int]:
    """How far each space had come; of one that the page did not show then, how far it has come by now."""
    before = {int(space): int(revision) for space, revision in _PLACE.findall(since)}
    return {space: before.get(space, revision) for space, revision in now.items()}


def _revisions(request: PageRequest) -> dict[int, int]:
    return {
        shown.space.pk: shown.space.revision
        for shown in calendars_of(request)
        if shown.is_on and not shown.is_busy_only
    }


def _changed(request: PageRequest, behind: Mapping[int, int]) -> set[int]:
    """The entries in calendars that are switched on that somebody else changed, or this person by another door."""
    places = Q()
    for space, revision in behind.items():
        places |= Q(space=space, revision__gt=revision)
    changes = Change.objects.filter(places, noun=Noun.CALENDAR_OBJECT)
    others = changes.exclude(user=request.user, door=Door.WEB).order_by("-id").values_list("subject", flat=True)
    on = [shown.pk for shown in calendars_of(request) if shown.is_on and not shown.is_busy_only]
    named = CalendarObject.objects.named_to(request.actor).filter(pk__in=set(others[:MOST]), calendar__in=on)
    return set(named.values_list("pk", flat=True))
