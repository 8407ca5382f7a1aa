"""The calendars beside the pages: those one may know of, and which of them are switched on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from farley.accounts.roles import Role
from farley.calendars.models import Calendar, Components
from farley.spaces.models import Space
from farley.web.calendar_colours import hue_of
from farley.web.context import SPACE_ICONS
from farley.web.navigation import back
from farley.web.requests import PageRequest, standings

OFF_COOKIE = "farley_calendars_off"  # which are switched off here: a choice of this browser
MOST = 200  # in the cookie
_A_YEAR = 365 * 86_400
_ICONS = {Calendar.Kind.SUBSCRIPTION: "rss", Calendar.Kind.BIRTHDAYS: "cake", Calendar.Kind.HOLIDAYS: "flag"}


@dataclass(frozen=True)
class ShownCalendar:
    """A calendar in the list beside the pages. `role` is what one may do with its entries."""

    calendar: Calendar
    role: Role
    is_on: bool

    @property
    def pk(self) -> int:
        return int(self.calendar.pk)

    @property
    def name(self) -> str:
        return str(self.calendar.name)

    @property
    def space(self) -> Space:
        space: Space = self.calendar.space
        return space

    @cached_property
    def hue(self) -> str:
        return hue_of(self.calendar.colour, self.space.hue if self.space.hue != "stone" else "plum")

    @property
    def icon(self) -> str:
        kind = Calendar.Kind(self.calendar.kind)
        return _ICONS.get(kind) or ("user" if self.space.is_private else SPACE_ICONS[Space.Kind(self.space.kind)])

    @property
    def is_busy_only(self) -> bool:
        return self.role < Role.READER

    @property
    def can_edit(self) -> bool:
        return self.role >= Role.EDITOR

    def takes(self, component: Components) -> bool:
        return bool(self.calendar.takes & component)


def calendars_of(request: PageRequest) -> list[ShownCalendar]:
    """All calendars in use that one may know of, one’s own first; asked once a request."""
    kept: dict[str, list[ShownCalendar]] = vars(request)
    if "calendars" not in kept:
        kept["calendars"] = _read(request)
    return kept["calendars"]


def _read(request: PageRequest) -> list[ShownCalendar]:
    off, known = _switched_off(request), standings(request)
    calendars = Calendar.objects.busy_to(request.actor).in_use().in_order().select_related("space")
    found = []
    for calendar in calendars:
        role = known.role_in(calendar.space) or Role.FREEBUSY
        if calendar.is_read_only:
            role = min(role, Role.READER)
        found.append(ShownCalendar(calendar, role, calendar.pk not in off))
    return sorted(found, key=lambda shown: (shown.is_busy_only, shown.space.kind, shown.space.title, shown.space.pk))


def editable(calendars: Iterable[ShownCalendar], component: Components) -> list[ShownCalendar]:
    """Where a new event or task may go; the first is where it goes unless another is chosen."""
    return [shown for shown in calendars if shown.can_edit and shown.takes(component)]


def _switched_off(request: PageRequest) -> set[int]:
    written = request.COOKIES.get(OFF_COOKIE, "")
    return {int(part) for part in written.split(".")[:MOST] if part.isascii() and part.isdigit() and len(part) < 19}


@require_POST
def switch_calendars(request: PageRequest) -> HttpResponse:
    """Have the ticked calendars shown in this browser, and the others not."""
    ticked = set(request.POST.getlist("calendar"))
    off = [str(shown.pk) for shown in calendars_of(request) if str(shown.pk) not in ticked]
    response = back(request, "calendar")
    response.set_cookie(OFF_COOKIE, ".".join(off[:MOST]), max_age=_A_YEAR, samesite="Lax", httponly=True)
    return response
