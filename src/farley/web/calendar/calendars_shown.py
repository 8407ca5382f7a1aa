"""The calendars beside the pages: those one may know of, and which of them are switched on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import seeing
from farley.calendars.models import Calendar, Components
from farley.spaces.models import Membership, Space
from farley.web.calendar.calendar_colours import hue_of
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.navigation import back
from farley.web.shell.requests import PageRequest, standings

COOKIE = "farley_calendars"  # which are switched otherwise than usual: a choice of this browser
MOST = 200  # in the cookie
_A_YEAR = 365 * 86_400
_ICONS = {Calendar.Kind.SUBSCRIPTION: "rss", Calendar.Kind.BIRTHDAYS: "cake", Calendar.Kind.HOLIDAYS: "flag"}


@dataclass(frozen=True)
class ShownCalendar:
    """A calendar in the list beside the pages. `role` is what one may do with its entries.

    `standing` is what one may do in its space, whatever the calendar is: of private entries that decides.

    Of one whose busy times are all one may know, `person` is whose they are; neither its name nor its space is told.
    """

    calendar: Calendar
    role: Role
    is_on: bool
    person: str = ""
    standing: Role = Role.FREEBUSY

    @property
    def pk(self) -> int:
        return int(self.calendar.pk)

    @property
    def name(self) -> str:
        return self.person if self.is_busy_only else str(self.calendar.name)

    @property
    def title(self) -> str:
        """The name, of a shared one with that of the space."""
        return self.name if self.is_busy_only or self.space.is_private else f"{self.name} · {self.space.title}"

    @property
    def space(self) -> Space:
        space: Space = self.calendar.space
        return space

    @cached_property
    def hue(self) -> str:
        return hue_of(self.calendar.colour, self.space.hue if self.space.hue != "stone" else "plum")

    @cached_property
    def icon(self) -> str:
        kind = Calendar.Kind(self.calendar.kind)
        return _ICONS.get(kind) or ("user" if self.space.is_private else SPACE_ICONS[Space.Kind(self.space.kind)])

    @cached_property
    def is_busy_only(self) -> bool:
        return self.role < Role.READER

    @cached_property
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
    switched, known = _switched(request), standings(request)
    calendars = seeing.calendars_of(request.actor)
    people = _owners({each.space_id for each in calendars if known.role_in(each.space) is None})
    found = []
    for calendar in calendars:
        role = known.role_in(calendar.space)
        if role is None:
            person = people.get(calendar.space_id, gettext("Busy times"))
            found.append(ShownCalendar(calendar, Role.FREEBUSY, calendar.pk in switched, person))
        else:
            role = min(role, Role.READER) if calendar.is_read_only else role
            standing = known.roles[calendar.space_id]
            found.append(ShownCalendar(calendar, role, calendar.pk not in switched, standing=standing))
    return sorted(found, key=lambda each: (each.is_busy_only, each.space.kind, each.space.title, each.space.pk))


def _owners(spaces: Collection[int]) -> dict[int, str]:
    """The names of those who alone change what is in each space, by its id."""
    hands: dict[int, set[User | None]] = {}
    held = Membership.objects.filter(space__in=spaces, role__gte=Role.EDITOR) if spaces else Membership.objects.none()
    for membership in held.select_related("user"):
        hands.setdefault(membership.space_id, set()).add(membership.user)
    alone = {space: next(iter(users)) for space, users in hands.items() if len(users) == 1}
    return {space: user.display_name for space, user in alone.items() if user is not None}


def editable(calendars: Iterable[ShownCalendar], component: Components) -> list[ShownCalendar]:
    """Where a new event or task may go; the first is where it goes unless another is chosen."""
    return [shown for shown in calendars if shown.can_edit and shown.takes(component)]


def _switched(request: PageRequest) -> set[int]:
    written = request.COOKIES.get(COOKIE, "")
    return {int(part) for part in written.split(".")[:MOST] if part.isascii() and part.isdigit() and len(part) < 19}


@require_POST
def switch_calendars(request: PageRequest) -> HttpResponse:
    """Have the ticked calendars shown in this browser, and the others not."""
    ticked = set(request.POST.getlist("calendar"))
    switched = [str(each.pk) for each in calendars_of(request) if (str(each.pk) in ticked) is each.is_busy_only]
    response = back(request, "calendar")
    response.set_cookie(COOKIE, ".".join(switched[:MOST]), max_age=_A_YEAR, samesite="Lax", httponly=True)
    return response
