"""Teams: one's own, and for administrators all of them and the forms to change them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts import teams as rules
from farley.accounts.doors import Door
from farley.accounts.models import User
from farley.accounts.teams import NoSuchTeam, NotAnAdministrator, Team, TeamMember, TeamNameTaken
from farley.spaces.operations import LastManager
from farley.web.accounts.people_photos import photo_url
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import given


@dataclass(frozen=True, slots=True)
class TeamRow:
    title: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class TeamMemberRow:
    name: str
    title: str
    note: str
    url: str
    photo: str


@require_http_methods(["GET", "POST"])
def teams(request: PageRequest) -> HttpResponse:
    """The list; POST makes a team."""
    problem = ""
    if request.method == "POST":
        try:
            team = rules.create(
                request.POST.get("name", "").strip().lower(),
                by=request.actor,
                title=request.POST.get("title", ""),
                door=Door.WEB,
            )
        except NotAnAdministrator as refusal:
            raise PermissionDenied from refusal
        except ValidationError as error:
            problem = " ".join(error.messages)
        except TeamNameTaken as taken:
            problem = gettext("There is a team “{name}” already.").format(name=taken.name)
        else:
            toast(request, gettext("Team “{title}” made").format(title=team.title))
            return redirect("team", team.name)
    known = list(Team.objects.known_to(request.actor).order_by("title", "name"))
    counts = _counts(known)
    rows = [
        TeamRow(
            team.title,
            ngettext("{count} person", "{count} people", counts.get(team.pk, 0)).format(count=counts.get(team.pk, 0)),
            reverse("team", args=[team.name]),
        )
        for team in known
    ]
    context = {"place": "teams", "user": request.user, "teams": rows, "problem": problem, "typed": request.POST}
    return render(request, "teams/list.html", context, status=422 if problem else 200)


@require_GET
def team(request: PageRequest, name: str) -> HttpResponse:
    """Who is in it since when."""
    team = _known(request, name)
    members = TeamMember.objects.filter(team=team).select_related("user", "given_by")
    rows = [
        TeamMemberRow(
            member.user.name,
            member.user.display_name,
            given(gettext("in this team"), member.since, member.given_by),
            reverse("person-sees", args=[member.user.name]) if request.user.is_admin else "",
            photo_url(member.user.name, member.user.photo),
        )
        for member in members.order_by("user__full_name", "user__name")
        if member.user.is_active
    ]
    return render(request, "teams/team.html", {"place": "teams", "user": request.user, "team": team, "members": rows})


@require_POST
def change_team(request: PageRequest, name: str) -> HttpResponse:
    """One act a form: a title, somebody `add`ed or `remove`d, or the team dissolved."""
    team = _known(request, name)
    form = request.POST
    try:
        if "dissolve" in form:
            rules.remove(team, by=request.actor, door=Door.WEB)
            toast(request, gettext("The team “{title}” is dissolved").format(title=team.title))
            return redirect("teams")
        if "title" in form:
            rules.rename(team, form["title"], by=request.actor, door=Door.WEB)
            toast(request, gettext("Team saved"))
        else:
            _change_members(request, team)
    except NotAnAdministrator as refusal:
        raise PermissionDenied from refusal
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    except LastManager as last:
        text = gettext("Then nobody would manage the space “{title}”: make another person its manager first.")
        warn(request, text.format(title=last.space.title))
    return redirect("team", name)


def _change_members(request: PageRequest, team: Team) -> None:
    if not request.user.is_admin:
        raise NotAnAdministrator
    typed = (request.POST.get("add") or request.POST.get("remove") or "").strip()
    query = {"email__iexact": typed} if "@" in typed else {"name": typed.lower()}
    user = User.objects.filter(**query, is_active=True).first()
    if user is None:
        warn(request, gettext("Nobody here has this name or e-mail address."))
    elif "remove" in request.POST:
        rules.remove_member(team, user, by=request.actor, door=Door.WEB)
        toast(request, gettext("{name} is not in the team any more").format(name=user))
    else:
        rules.add_member(team, user, by=request.actor, door=Door.WEB)
        toast(request, gettext("{name} is in the team").format(name=user))


def _known(request: PageRequest, name: str) -> Team:
    try:
        return rules.find(name, by=request.actor)
    except NoSuchTeam as error:
        raise Http404("no such team") from error


def _counts(known: Iterable[Team]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for pk in TeamMember.objects.filter(team__in=known, user__is_active=True).values_list("team", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts
