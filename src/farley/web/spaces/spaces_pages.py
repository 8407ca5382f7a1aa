"""The spaces one is in: who is in them, what they are called, links that let people in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.accounts.teams import Team
from farley.search.folding import search_fold
from farley.spaces import invitations, operations
from farley.spaces.audience import count_readers
from farley.spaces.models import Home, Hue, Invitation, Membership, Space
from farley.spaces.operations import LastManager, NameTaken, SpaceIsPrivate
from farley.web.accounts.people_photos import photo_url
from farley.web.contacts.listing import Choice
from farley.web.shell.context import SPACE_ICONS
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import given, kind_name, role_name, seen_by

LINK_ROLES = (Role.READER, Role.EDITOR)
PERSON_ROLES = (Role.FREEBUSY, Role.READER, Role.EDITOR, Role.MANAGER)
MAX_NUMBER = 4  # digits of a number in a form


@dataclass(frozen=True, slots=True)
class Row:
    """A space in the list of them."""

    title: str
    note: str
    icon: str
    hue: str
    url: str
    is_home: bool = False


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person or a team that was given a role in the space by name."""

    kind: str  # of form field: person or team
    name: str
    title: str
    role: int
    role_name: str
    note: str
    is_self: bool
    url: str
    photo: str


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation that is open."""

    pk: int
    role: str
    made_by: str
    left: int
    expires_at: Any


@require_GET
def spaces(request: PageRequest) -> HttpResponse:
    """Those one sees; for an administrator also by name the other shared ones."""
    mine = list(Space.objects.visible_to(request.actor).order_by("kind", "title"))
    others = _others(request) if request.user.is_admin else []
    home = Home.objects.filter(user=request.user).values_list("space", flat=True).first()
    counts = count_readers([*mine, *others])

    def row(space: Space) -> Row:
        note = f"{kind_name(space)}, {seen_by(space, counts.get(space.pk, 0))}"
        is_home = space.pk == home if home else space.is_private
        url = reverse("space", args=[space.name])
        return Row(space.title, note, SPACE_ICONS[Space.Kind(space.kind)], space.hue, url, is_home)

    context = {
        "place": "spaces",
        "user": request.user,
        "spaces": [row(space) for space in mine if space.archived_at is None],
        "archived": [row(space) for space in mine if space.archived_at is not None],
        "others": [row(space) for space in others],
    }
    return render(request, "spaces/list.html", context)


def short_name(title: str) -> str:
    """A name for addresses out of a title, as one would write it: "Büro Köln & Co." is buro-koln-co."""
    return re.sub(r"[^a-z0-9]+", "-", search_fold(title))[:40].strip("-")


@require_http_methods(["GET", "POST"])
def new_space(request: PageRequest) -> HttpResponse:
    """Make a space to share."""
    problem = ""
    kind = Space.Kind.COMPANY if request.POST.get("kind") == "company" else Space.Kind.TEAM
    name = request.POST.get("name", "").strip().lower() or short_name(request.POST.get("title", ""))
    if request.method == "POST":
        try:
            space = operations.create(
                name,
                kind,
                by=request.actor,
                title=request.POST.get("title", ""),
                hue=request.POST.get("hue", Hue.STONE),
            )
        except ValidationError as error:
            problem = " ".join(error.messages)
        except NameTaken as taken:
            problem = gettext("There is a space “{name}” already.").format(name=taken.name)
        else:
            toast(request, gettext("Space “{title}” made").format(title=space.title))
            return redirect("space", space.name)
    context = {
        "place": "spaces",
        "problem": problem,
        "hues": hues(request.POST.get("hue", Hue.STONE)),
        "kind": "company" if kind is Space.Kind.COMPANY else "team",
        "typed": {"title": request.POST.get("title", ""), "name": name},
    }
    return render(request, "spaces/new.html", context, status=422 if problem else 200)


@require_GET
def space(request: PageRequest, name: str) -> HttpResponse:
    """Who is in the space and why; for its managers the forms to change that."""
    return _page(request, _known(request, name))


@require_POST
def change_space(request: PageRequest, name: str) -> HttpResponse:
    """Title, colour, region for phone numbers."""
    space = operations.find(name, by=request.actor)
    try:
        operations.change(
            space,
            title=request.POST.get("title"),
            hue=request.POST.get("hue"),
            region=request.POST.get("region"),
            by=request.actor,
        )
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    else:
        toast(request, gettext("Space saved"))
    return redirect("space", name)


@require_POST
def archive_space(request: PageRequest, name: str) -> HttpResponse:
    """Archive it, or with `back` bring it back."""
    space = operations.find(name, by=request.actor)
    try:
        if "back" in request.POST:
            operations.revive(space, by=request.actor)
            toast(request, gettext("“{title}” is in use again").format(title=space.title))
        else:
            operations.archive(space, by=request.actor)
            toast(request, gettext("“{title}” is archived. Its managers can bring it back.").format(title=space.title))
    except SpaceIsPrivate:
        warn(request, gettext("A private space cannot be archived."))
    return redirect("space", name)


@require_POST
def space_members(request: PageRequest, name: str) -> HttpResponse:
    """Give a person or a team a role, or with `remove` take it away."""
    space = operations.find(name, by=request.actor)
    is_leaving = "remove" in request.POST
    if not (is_leaving and request.POST.get("person") == request.user.name):
        operations.require_standing(space, request.actor, Role.MANAGER)  # before anything is said about who exists
    member = _member(request)
    role = _role(request.POST.get("role", ""), PERSON_ROLES)
    if member is None:
        warn(request, gettext("Nobody here has this name or e-mail address."))
    elif not is_leaving and role is None:
        warn(request, gettext("Choose a role."))
    else:
        try:
            _change_member(request, space, member, None if is_leaving else role)
        except LastManager:
            text = gettext("Somebody has to manage “{title}”: make another person its manager first.")
            warn(request, text.format(title=space.title))
        except SpaceIsPrivate:
            warn(request, gettext("A private space cannot be shared. Make a team space instead."))
    return redirect("space", name) if space.standing_of(request.actor) else redirect("spaces")


@require_POST
def invite(request: PageRequest, name: str) -> HttpResponse:
    """Make a link; the page that answers is the only one that ever shows it."""
    space = operations.find(name, by=request.actor)
    role = _role(request.POST.get("role", ""), LINK_ROLES) or Role.READER
    uses, days = _number(request.POST.get("uses", "1")), _number(request.POST.get("days", "7"))
    try:
        _made, token = invitations.invite(space, role, max_uses=uses, days=days, by=request.actor)
    except ValidationError as error:
        warn(request, " ".join(error.messages))
        return redirect("space", name)
    except SpaceIsPrivate:
        warn(request, gettext("A private space cannot be shared. Make a team space instead."))
        return redirect("space", name)
    response = _page(request, space, link=request.build_absolute_uri(reverse("join", args=[token])))
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke_invitation(request: PageRequest, name: str, pk: int) -> HttpResponse:
    space = operations.find(name, by=request.actor)
    operations.require_standing(space, request.actor, Role.MANAGER)
    invitation = Invitation.objects.filter(space=space, pk=pk).first()
    if invitation is None:
        raise Http404("no such invitation")
    invitations.revoke(invitation, by=request.actor)
    toast(request, gettext("The link lets nobody in any more"))
    return redirect("space", name)


@require_POST
def home_space(request: PageRequest, name: str) -> HttpResponse:
    """Have one's own new contacts go here unless another space is chosen."""
    space = operations.find(name, by=request.actor)
    operations.set_home(space, by=request.actor)
    toast(request, gettext("Your new contacts go to “{title}”").format(title=space.title))
    return redirect("space", name)


def hues(chosen: str) -> list[Choice]:
    return [Choice(value, str(label), value == chosen) for value, label in Hue.choices]


def _known(request: PageRequest, name: str) -> Space:
    """A space one reads; an administrator knows of every shared one, though not of what is in it."""
    known = Space.objects.visible_to(request.actor).filter(name=name).first()
    if known is None and request.user.is_admin:
        known = Space.objects.shared().filter(name=name).first()
    if known is None:
        raise operations.NoSuchSpace(name)
    return known


def _others(request: PageRequest) -> list[Space]:
    mine = Space.objects.visible_to(request.actor).values("pk")
    return list(Space.objects.shared().exclude(pk__in=mine).order_by("kind", "title"))


def _page(request: PageRequest, space: Space, *, link: str = "") -> HttpResponse:
    standing = space.standing_of(request.actor)
    is_manager = standing is not None and standing >= Role.MANAGER
    can_share = is_manager and not space.is_private and space.archived_at is None
    home = Home.objects.filter(user=request.user).values_list("space", flat=True).first()
    context = {
        "place": "spaces",
        "space": space,
        "icon": SPACE_ICONS[Space.Kind(space.kind)],
        "kind": kind_name(space),
        "own_role": role_name(standing) if standing else "",
        "is_member": standing is not None and standing >= Role.READER,
        "is_manager": is_manager,
        "can_share": can_share,
        "can_be_home": standing is not None and standing >= Role.EDITOR and space.archived_at is None,
        "is_home": space.pk == home if home else space.is_private and standing is not None,
        "members": _member_rows(request, space, can_look=is_manager or request.user.is_admin),
        "roles": [Choice(role.word, role_name(role)) for role in PERSON_ROLES],
        "link_roles": [Choice(role.word, role_name(role)) for role in LINK_ROLES],
        "teams": list(Team.objects.known_to(request.actor).order_by("title")) if can_share else [],
        "links": _links(space, request.actor) if can_share else [],
        "link": link,
        "hues": hues(space.hue),
    }
    return render(request, "spaces/space.html", context)


def _member_rows(request: PageRequest, space: Space, *, can_look: bool) -> list[MemberRow]:
    given_roles = Membership.objects.filter(space=space).select_related("user", "team", "given_by")
    rows = []
    for membership in given_roles.order_by("-role", "team__title", "user__full_name", "user__name"):
        member = membership.user or membership.team
        role = Role(membership.role)
        if member is None or (membership.user and not membership.user.is_active):
            continue
        what = gettext("by an invitation link") if membership.invitation_id else role_name(role)
        is_person = isinstance(member, User)
        looked_at = reverse("space-as", args=[space.name, member.name]) if is_person and can_look else ""
        rows.append(
            MemberRow(
                kind="person" if is_person else "team",
                name=member.name,
                title=str(member),
                role=role,
                role_name=role_name(role),
                note=given(what, membership.since, membership.given_by),
                is_self=member == request.user,
                url="" if space.is_private else looked_at,
                photo=photo_url(member.name, member.photo) if isinstance(member, User) else "",
            )
        )
    return rows


def _links(space: Space, by: Actor) -> list[Link]:
    return [
        Link(each.pk, role_name(Role(each.role)), each.made_by.display_name, each.max_uses - each.uses, each.expires_at)
        for each in invitations.open_in(space, by=by)
    ]


def _member(request: PageRequest) -> User | Team | None:
    if team := request.POST.get("team", ""):
        found: Team | None = Team.objects.filter(name=team).first()
        is_known = found is not None and Team.objects.known_to(request.actor).filter(pk=found.pk).exists()
        is_member = found is not None and found.memberships.filter(space__in=_managed(request)).exists()
        return found if is_known or is_member else None
    typed = request.POST.get("person", "").strip()
    query = {"email__iexact": typed} if "@" in typed else {"name": typed.lower()}
    return User.objects.filter(**query, is_active=True).first()


def _managed(request: PageRequest) -> Any:
    return Space.objects.managed_by(request.actor).values("pk")


def _change_member(request: PageRequest, space: Space, member: User | Team, role: Role | None) -> None:
    if role is not None:
        operations.share(space, member, role, by=request.actor)
        toast(request, gettext("{name}: {role}").format(name=member, role=role_name(role)))
    elif operations.unshare(space, member, by=request.actor):
        is_self = member == request.user
        left = gettext("You have left “{title}”") if is_self else gettext("{name} has no role here by name any more")
        toast(request, left.format(name=member, title=space.title))
    else:
        warn(request, gettext("{name} was given nothing here by name.").format(name=member))


def _role(word: str, roles: tuple[Role, ...]) -> Role | None:
    return next((role for role in roles if role.word == word), None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER else 0
