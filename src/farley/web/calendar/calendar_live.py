"""What others, or devices, did to the entries that an open page of the calendar or of tasks shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

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
    """204, or how many entries others changed `since`, with the way to see them."""
    before = {int(space): int(revision) for space, revision in _PLACE.findall(request.GET.get("since", ""))}
    behind = {space: before.get(space, now) for space, now in _revisions(request).items()}
    if all(behind[space] == now for space, now in _revisions(request).items()):
        return HttpResponse(status=204)
    count = len(_changed(request, behind))
    if not count:
        return render(request, "components/live.html", {"url": live_url(request)})
    said = ngettext("{count} entry was changed by others.", "{count} entries were changed by others.", count)
    context = {"url": live_url(request), "said": said.format(count=count)}
    return render(request, "components/live.html", context | {"show_url": page_of(request) or reverse("calendar")})


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
