"""The page behind an invitation link."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from farley import __version__
from farley.accounts.actor import Actor
from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.spaces import invitations
from farley.spaces.invitations import NoSuchInvitation
from farley.web.shell.toasts import toast
from farley.web.spaces.spaces import role_name


@login_not_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Tell an outsider only that the link is valid; whoever is signed in reads what it is for, and may accept it."""
    try:
        invitation = invitations.opened(token)
    except NoSuchInvitation as ended:
        raise Http404("no such invitation") from ended
    if not isinstance(request.user, User):
        return _unlisted(render(request, "spaces/join.html", {"version": __version__}))
    if request.method == "POST":
        return _accepted(request, request.user.actor, token)
    standing = invitation.space.standing_of(request.user.actor)
    context = {
        "is_in": standing is not None and standing >= invitation.role,
        "version": __version__,
        "space": invitation.space,
        "role": role_name(Role(invitation.role)),
        "made_by": invitation.made_by,
    }
    return _unlisted(render(request, "spaces/join.html", context))


def _accepted(request: HttpRequest, by: Actor, token: str) -> HttpResponse:
    try:
        space = invitations.accept(token, by=by)
    except NoSuchInvitation as ended:
        raise Http404("no such invitation") from ended
    toast(request, gettext("You are in “{title}” now").format(title=space.title))
    return redirect("space", space.name)


def _unlisted(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no search engine, no cache and no other site may keep it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
