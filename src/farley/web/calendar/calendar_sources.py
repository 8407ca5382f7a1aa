"""Calendars that fill themselves, followed by address, of birthdays or holidays; and secret links to calendars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.calendars import birthdays, holidays, sharing
from farley.calendars.birthdays import AlreadyThere
from farley.calendars.filling import Source
from farley.calendars.holidays import NoSuchRegion
from farley.calendars.models import Calendar
from farley.calendars.operations import BadCalendar
from farley.calendars.sharing import CalendarLink, TooManyLinks
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from farley.mirrors import feeds, wording
from farley.mirrors.addresses import PATIENCE_S
from farley.mirrors.reaching import Unreachable
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.calendar.calendar_refusals import refused
from farley.web.contacts.listing import Choice
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import choices_of, home_of
from farley.web.templatetags.farley import exact_moment


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link in the list of them."""

    pk: int
    url: str
    shows: str
    by: str
    made_at: datetime
    opened_at: datetime | None


@never_cache
@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
def fill_calendar(request: PageRequest) -> HttpResponse:
    """Forms for a calendar that fills itself; POST makes the one that the button `act` names."""
    if request.method != "POST":
        return render(request, "calendar/sources.html", _forms(request))
    act = request.POST.get("act", "")
    make = _MAKERS.get(act)
    if make is None:
        raise Http404("no such calendar")
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
    require(space, request.actor, Role.EDITOR)
    try:
        made, batch = make(request, space)
    except AlreadyThere as there:
        warn(request, gettext("There is the calendar “{name}” already.").format(name=there.calendar.name))
        return redirect("calendar-settings", there.calendar.pk)
    except (Unreachable, NoSuchRegion, BadCalendar) as problem:
        context = _forms(request) | {"problem": _told(problem), "act": act, "typed": request.POST}
        return render(request, "calendar/sources.html", context, status=422)
    entries = Source.objects.get(calendar=made).entries
    said = ngettext(
        "Calendar “{name}” made, with {count} entry", "Calendar “{name}” made, with {count} entries", entries
    )
    toast(request, said.format(name=made.name, count=entries), undoes=batch)
    return redirect("calendar-settings", made.pk)


@require_POST
def refresh_calendar(request: PageRequest, pk: int) -> HttpResponse:
    """Have a calendar that fills itself read anew now, and say how that went."""
    calendar = _editable(request, pk)
    refresh = _REFRESHERS.get(Calendar.Kind(calendar.kind))
    if refresh is None:
        raise Http404("people fill this calendar")
    refresh(calendar)
    source = Source.objects.get(calendar=calendar)
    if source.trouble:
        warn(request, wording.feed_trouble(source.trouble, source.trouble_details))
    else:
        said = ngettext("Read anew: {count} entry", "Read anew: {count} entries", source.entries)
        toast(request, said.format(count=source.entries))
    return redirect("calendar-settings", pk)


@never_cache
@require_POST
def link_calendar(request: PageRequest, pk: int) -> HttpResponse:
    """Make a secret link to a calendar; with `end` end that one."""
    calendar = _editable(request, pk)
    ending = request.POST.get("end", "")
    if ending:
        link = next((each for each in sharing.open_links(calendar, by=request.actor) if str(each.pk) == ending), None)
        if link is not None:
            sharing.revoke(link, by=request.actor, door=Door.WEB)
        toast(request, gettext("The link leads nowhere any more."))
    else:
        shows = CalendarLink.Shows.ALL if request.POST.get("shows") == "all" else CalendarLink.Shows.BUSY
        try:
            sharing.share(calendar, shows, by=request.actor, door=Door.WEB)
            toast(request, gettext("The link is made. Copy it below."))
        except TooManyLinks:
            warn(request, gettext("There are {count} open links. End one first.").format(count=sharing.MAX_LINKS))
    return redirect(reverse("calendar-settings", args=[pk]) + "#links")


def source_of(calendar: Calendar) -> dict[str, Any]:
    """What fills `calendar`, and how that went the last time; nothing of one that people fill."""
    source = Source.objects.filter(calendar=calendar).first()
    if source is None:
        return {}
    match calendar.kind:
        case Calendar.Kind.SUBSCRIPTION:
            told = gettext("It follows a calendar at {host}, read {often}.").format(
                host=source.host, often=_often().get(source.every_minutes, "")
            )
        case Calendar.Kind.BIRTHDAYS:
            told = gettext("Its entries are the birthdays and anniversaries of the contacts in this space.")
        case _:
            told = gettext("Its entries are the holidays of {region}.").format(region=source.region)
    return {
        "source": told,
        "filled": exact_moment(source.filled_at) if source.filled_at else "",
        "left_out": source.left_out,
        "trouble": wording.feed_trouble(source.trouble, source.trouble_details) if source.trouble else "",
    }


def links_of(request: PageRequest, calendar: Calendar) -> list[ShownLink]:
    """The open links of a calendar, for those who may make them."""
    return [
        ShownLink(
            link.pk,
            request.build_absolute_uri(reverse("shared-calendar", args=[link.token])),
            str(link.get_shows_display()),
            link.made_by.display_name,
            link.made_at,
            link.opened_at,
        )
        for link in sharing.open_links(calendar, by=request.actor)
    ]


def _follow(request: PageRequest, space: Space) -> tuple[Calendar, Batch]:
    form = request.POST
    minutes = next((each for each in feeds.EVERY if form.get("minutes") == str(each)), 360)
    name = form.get("name", "").strip()
    return feeds.subscribe(space, form.get("address", ""), name=name, minutes=minutes, by=request.actor, door=Door.WEB)


def _of_birthdays(request: PageRequest, space: Space) -> tuple[Calendar, Batch]:
    with one_batch(Batch.Act.CREATE, by=request.actor, door=Door.WEB, title=gettext("Birthdays")) as batch:
        made = birthdays.create(space, by=request.actor, door=Door.WEB, batch=batch)
    birthdays.refresh(made)
    return made, batch


def _of_holidays(request: PageRequest, space: Space) -> tuple[Calendar, Batch]:
    country, part = request.POST.get("country", ""), request.POST.get("part", "")
    region = f"{country}-{part}" if part else country
    known = dict(holidays.parts_of(country)) if part else dict(holidays.countries(get_language() or ""))
    told = known.get(part or country, region)[:100]
    name = request.POST.get("name", "").strip() or gettext("Holidays {region}").format(region=told)
    with one_batch(Batch.Act.CREATE, by=request.actor, door=Door.WEB, title=name) as batch:
        made = holidays.create(space, region, name, by=request.actor, door=Door.WEB, batch=batch)
    holidays.refresh(made)
    return made, batch


_MAKERS: dict[str, Callable[[PageRequest, Space], tuple[Calendar, Batch]]] = {
    "follow": _follow,
    "birthdays": _of_birthdays,
    "holidays": _of_holidays,
}
_REFRESHERS: dict[Calendar.Kind, Callable[[Calendar], bool]] = {
    Calendar.Kind.SUBSCRIPTION: partial(feeds.refresh, patience_s=PATIENCE_S),
    Calendar.Kind.BIRTHDAYS: birthdays.refresh,
    Calendar.Kind.HOLIDAYS: holidays.refresh,
}


def _told(problem: Exception) -> str:
    if isinstance(problem, Unreachable):
        return wording.feed_trouble(problem.code, problem.details)
    if isinstance(problem, NoSuchRegion):
        said = gettext("No holidays are known for “{region}”. There are: {known}.")
        return said.format(region=problem.region[:20], known=", ".join(problem.known))
    assert isinstance(problem, BadCalendar)
    return refused(problem)


def _editable(request: PageRequest, pk: int) -> Calendar:
    found: Calendar = get_object_or_404(Calendar.objects.visible_to(request.actor).select_related("space"), pk=pk)
    require(found.space, request.actor, Role.EDITOR)
    return found


def _forms(request: PageRequest) -> dict[str, Any]:
    known = standings(request)
    chosen = request.POST.get("minutes", "360")
    home = request.POST.get("space") or home_of(known.editable, known.home)
    usual = next((space.default_region for space in known.editable if space.name == home), "DE")
    country = (request.POST if request.method == "POST" else request.GET).get("country", usual)
    part = request.POST.get("part", "")
    return {
        "place": "calendar",
        "spaces": choices_of(known.editable),
        "home": home,
        "countries": [Choice(code, name, code == country) for code, name in holidays.countries(get_language() or "")],
        "parts": [Choice(code, name, code == part) for code, name in holidays.parts_of(country)],
        "every": [Choice(str(each), told, str(each) == chosen) for each, told in _often().items()],
        "typed": {},
        "act": "",
    }


def _often() -> dict[int, str]:
    return {
        15: gettext("every 15 minutes"),
        60: gettext("every hour"),
        360: gettext("every six hours"),
        1440: gettext("once a day"),
    }
