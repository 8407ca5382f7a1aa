"""Photos of the people who have an account: putting and removing one's own, seeing those of whom one works with."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from farley.accounts import portraits
from farley.accounts.models import User
from farley.accounts.portraits import MAX_PHOTO, MEDIA_TYPE, Portrait, UnusablePortrait
from farley.accounts.teams import TeamMember
from farley.spaces.models import Space
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn


def photo_url(name: str, digest: str) -> str:
    """Where the photo of the person called `name` is; empty where they have none."""
    return f"{reverse('person-photo', args=[name])}?v={digest}" if digest else ""


@require_GET
def person_photo(request: PageRequest, name: str) -> HttpResponse:
    """To who shares a space or a team with them, and to administrators."""
    found = Portrait.objects.filter(user__name=name).select_related("user").first()
    if found is None or not _meets(request, found.user):
        raise Http404("no photo")
    response = HttpResponse(bytes(found.octets), content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "private, max-age=604800, immutable"  # another one has another address
    return response


@require_POST
def own_photo(request: PageRequest) -> HttpResponse:
    """Put one's own photo, or remove it."""
    if "remove" in request.POST:
        portraits.remove(request.user)
        toast(request, gettext("Your photo is removed"))
        return redirect("account")
    file = request.FILES.get("photo")
    try:
        if file is None or (file.size or 0) > MAX_PHOTO:
            raise UnusablePortrait
        portraits.put(request.user, file.read())
    except UnusablePortrait:
        warn(request, gettext("Farley cannot read this picture. Choose a JPEG, PNG, GIF or WebP of at most 10 MB."))
    else:
        toast(request, gettext("Your photo is changed"))
    return redirect("account")


def _meets(request: PageRequest, person: User) -> bool:
    if request.user.is_admin or person.pk == request.user.pk:
        return True
    theirs = Space.objects.visible_to(person.actor).values("pk")
    mine = TeamMember.objects.filter(user=request.user).values("team")
    return bool(
        Space.objects.visible_to(request.actor).filter(pk__in=theirs).exists()
        or TeamMember.objects.filter(user=person, team__in=mine).exists()
    )
