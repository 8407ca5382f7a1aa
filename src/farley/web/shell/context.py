"""What every page shows around its own content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import get_language, gettext, pgettext

from farley.accounts.models import User
from farley.contacts import listing
from farley.lists import tabs
from farley.spaces.models import Space
from farley.web.accounts.people_photos import photo_url
from farley.web.addresses import address
from farley.web.contacts import views
from farley.web.contacts.listing import LIST
from farley.web.shell.navigation import page_of
from farley.web.shell.requests import PageRequest, standings

THEME_COOKIE = "farley_theme"
RAIL_COOKIE = "farley_rail"
KEYS_COOKIE = "farley_keys"  # a choice of this browser, as keyboards are
MOST_SPACES = 20  # in the navigation; the page of the spaces has all
SPACE_ICONS = {Space.Kind.PRIVATE: "lock", Space.Kind.TEAM: "users", Space.Kind.COMPANY: "building-2"}


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; `place` is what a page calls itself to be marked as current."""

    place: str
    label: str
    short: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A space of the navigation, or a group in one."""

    label: str
    icon: str
    url: str
    is_current: bool
    groups: list[Branch] = field(default_factory=list)
    hue: str = ""
    pk: int = 0
    views: list[Branch] = field(default_factory=list)  # pinned ones


@dataclass(frozen=True)
class Shell:
    """Navigation and looks. The spaces are read when a template first asks for them."""

    request: HttpRequest
    theme: str = "system"
    density: str = "dense"
    is_rail: bool = False
    has_keys: bool = True  # single keys do something
    account: str = ""  # the name of the account, by which a browser keeps things apart
    user_name: str = ""
    user_email: str = ""
    user_photo: str = ""
    is_admin: bool = False
    waiting: int = 0  # unread notifications

    @cached_property
    def modules(self) -> list[Place]:
        return list(modules_of())

    @cached_property
    def tabs(self) -> list[Place]:
        """The four places that a phone's tab bar has room for."""
        return [place for place in self.modules if place.place in {"today", "calendar", "tasks", "contacts"}]

    @cached_property
    def spaces(self) -> list[Branch]:
        """The first spaces, with the one that the list is narrowed to."""
        return _spaces(self.request)

    @cached_property
    def all_spaces(self) -> int:
        """How many there are, where there are more."""
        count = len(standings(self.request).in_use)
        return count if count > len(self.spaces) else 0


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame shows, and as `here` the page to come back to."""
    user, here = getattr(request, "user", None), page_of(request)
    if not isinstance(user, User):
        theme = request.COOKIES.get(THEME_COOKIE, "")
        return {"shell": Shell(request, theme=theme if theme in User.Theme.values else "system"), "here": here}
    return {"shell": _shell_of(request, user), "here": here}


def _shell_of(request: HttpRequest, user: User) -> Shell:
    return Shell(
        request,
        theme=user.theme,
        density=user.density,
        is_rail=request.COOKIES.get(RAIL_COOKIE) == "1",
        has_keys=request.COOKIES.get(KEYS_COOKIE) != "off",
        account=user.name,
        user_name=user.display_name,
        user_email=user.email,
        user_photo=photo_url(user.name, user.photo),
        is_admin=user.is_admin,
        waiting=user.waiting,
    )


def modules_of() -> tuple[Place, ...]:
    """The places of the navigation, in the language of the page."""
    return _modules(get_language(), address("contacts"))


@lru_cache
def _modules(_language: str | None, contacts: str) -> tuple[Place, ...]:
    return (
        Place("today", gettext("Today"), gettext("Today"), "sun", address("today")),
        Place("calendar", gettext("Calendar"), gettext("Calendar"), "calendar", address("calendar")),
        Place("tasks", gettext("Tasks"), gettext("Tasks"), "list-checks", address("tasks")),
        Place("contacts", gettext("Contacts"), gettext("Contacts"), "contact", contacts),
        Place(
            "organisations",
            gettext("Organisations"),
            pgettext("tab bar", "Organisations"),
            "building-2",
            f"{contacts}?kind=org",
        ),
        Place("activity", gettext("Activity"), gettext("Activity"), "history", address("activity")),
        Place("import", gettext("Import"), pgettext("tab bar", "Import"), "upload", address("import")),
        Place("export", gettext("Export"), gettext("Export"), "download", address("export")),
    )


def _spaces(request: HttpRequest) -> list[Branch]:
    contacts = address("contacts")
    here = request.GET if request.path == contacts else {}
    everything = standings(request).in_use
    spaces = [space for n, space in enumerate(everything) if n < MOST_SPACES or space.name == here.get("space")]
    groups: dict[int, list[Branch]] = {}
    for pk, space, name in listing.groups_of(spaces):
        branch = Branch(name, "list", f"{contacts}?group={pk}", here.get("group") == str(pk), pk=pk)
        groups.setdefault(space, []).append(branch)
    pinned = _pinned(request, spaces)
    return [
        Branch(
            space.title,
            SPACE_ICONS[Space.Kind(space.kind)],
            f"{contacts}?space={space.name}",
            here.get("space") == space.name,
            groups.get(space.pk, []),
            space.hue,
            space.pk,
            pinned.get(space.pk, []),
        )
        for space in spaces
    ]


def _pinned(request: HttpRequest, spaces: Sequence[Space]) -> dict[int, list[Branch]]:
    """The saved views that the reader has in the navigation, by the space they are shared with; private ones by theirs.

    Only who has any asks for views.
    """
    page = cast(PageRequest, request)
    pins = tabs.pinned(LIST, page.user)
    if not pins:
        return {}
    mine = next((space.pk for space in spaces if space.is_private), None)
    known = {view.pk: view for view in views.seen(page)}
    asked = request.GET.get("view", "") if request.path == address("contacts") else ""
    found: dict[int, list[Branch]] = {}
    for view in [known[pk] for pk in pins if pk in known]:
        branch = Branch(view.title, "bookmark", views.address_of(view), asked == str(view.pk))
        found.setdefault(view.space_id or mine or 0, []).append(branch)
    return found
