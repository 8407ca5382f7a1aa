"""What every page shows around its own content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, pgettext

from farley.accounts.models import User
from farley.contacts import listing
from farley.spaces.models import Space
from farley.web.navigation import page_of
from farley.web.people_photos import photo_url
from farley.web.requests import standings

THEME_COOKIE = "farley_theme"
RAIL_COOKIE = "farley_rail"
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


@dataclass(frozen=True, slots=True)
class Shell:
    """Navigation and looks. The spaces are read when a template first asks for them; `all_spaces` of more than fit."""

    theme: str = "system"
    density: str = "dense"
    is_rail: bool = False
    user_name: str = ""
    user_email: str = ""
    user_photo: str = ""
    is_admin: bool = False
    modules: list[Place] = field(default_factory=list)
    spaces: list[Branch] = field(default_factory=list)
    all_spaces: int = 0

    @property
    def tabs(self) -> list[Place]:
        """The four places that a phone's tab bar has room for."""
        return [place for place in self.modules if place.place in {"contacts", "organisations", "activity", "import"}]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame shows, and as `here` the page to come back to."""
    user, here = getattr(request, "user", None), page_of(request)
    if not isinstance(user, User):
        theme = request.COOKIES.get(THEME_COOKIE, "")
        return {"shell": Shell(theme=theme if theme in User.Theme.values else "system"), "here": here}
    return {"shell": SimpleLazyObject(lambda: _shell_of(request, user)), "here": here}


def _shell_of(request: HttpRequest, user: User) -> Shell:
    spaces, count = _spaces(request)
    return Shell(
        theme=user.theme,
        density=user.density,
        is_rail=request.COOKIES.get(RAIL_COOKIE) == "1",
        user_name=user.display_name,
        user_email=user.email,
        user_photo=photo_url(user.name, user.photo),
        is_admin=user.is_admin,
        modules=_modules(),
        spaces=spaces,
        all_spaces=count if count > len(spaces) else 0,
    )


def _modules() -> list[Place]:
    contacts = reverse("contacts")
    return [
        Place("contacts", gettext("Contacts"), gettext("Contacts"), "contact", contacts),
        Place(
            "organisations",
            gettext("Organisations"),
            pgettext("tab bar", "Organisations"),
            "building-2",
            f"{contacts}?kind=org",
        ),
        Place("activity", gettext("Activity"), gettext("Activity"), "history", reverse("activity")),
        Place("import", gettext("Import"), pgettext("tab bar", "Import"), "upload", reverse("import")),
        Place("export", gettext("Export"), gettext("Export"), "download", reverse("export")),
    ]


def _spaces(request: HttpRequest) -> tuple[list[Branch], int]:
    """The first spaces, with the one that the list is narrowed to, and how many there are."""
    contacts = reverse("contacts")
    here = request.GET if request.path == contacts else {}
    everything = standings(request).in_use
    spaces = [space for n, space in enumerate(everything) if n < MOST_SPACES or space.name == here.get("space")]
    groups: dict[int, list[Branch]] = {}
    for pk, space, name in listing.groups_of(spaces):
        branch = Branch(name, "list", f"{contacts}?group={pk}", here.get("group") == str(pk), pk=pk)
        groups.setdefault(space, []).append(branch)
    branches = [
        Branch(
            space.title,
            SPACE_ICONS[Space.Kind(space.kind)],
            f"{contacts}?space={space.name}",
            here.get("space") == space.name,
            groups.get(space.pk, []),
            space.hue,
            space.pk,
        )
        for space in spaces
    ]
    return branches, len(everything)
