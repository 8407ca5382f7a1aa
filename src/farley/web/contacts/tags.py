"""The tags of a space: how often they are used, their colours, other names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from farley.accounts.roles import Role
from farley.contacts import tagging
from farley.contacts.bulk import Job
from farley.contacts.listing import as_spelt
from farley.contacts.models import MAX_TAG, TagName
from farley.contacts.storing import StoreProblem
from farley.contacts.tagging import NoSuchTag, Use
from farley.contacts.tasks import start
from farley.journal.models import Door
from farley.lists.paging import EXACT_TO
from farley.spaces.models import Hue, Space
from farley.spaces.operations import find
from farley.web.shell.problems import explained
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces_pages import hues


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag in the list of them; `edit_url` opens its form."""

    name: TagName
    count: str
    url: str
    edit_url: str
    hue: str


@require_GET
def space_tags(request: PageRequest, name: str) -> HttpResponse:
    """The tags of one space, by name; with `edit` the form of one of them."""
    space = find(name, by=request.actor)
    asked = {key: request.GET.get(key, "").strip()[:MAX_TAG].replace("\0", "") for key in ("q", "after", "edit")}
    found = tagging.uses(space, behind=asked["after"], like=asked["q"], size=tagging.PAGE + 1)
    shown = found[: tagging.PAGE]
    can_edit = (space.role_of(request.actor) or Role.READER) >= Role.EDITOR and not space.archived_at
    kept = {key: asked[key] for key in ("q", "after") if asked[key]}
    rows = [_row(space, use, kept) for use in shown]
    context = {
        "place": "spaces",
        "space": space,
        "tags": rows,
        "text": asked["q"],
        "can_edit": can_edit,
        "edited": next((row for row in rows if row.name == asked["edit"]), None) if can_edit else None,
        "hues": hues("") if can_edit else [],
        "next_url": f"?{urlencode({**kept, 'after': shown[-1].name})}" if len(found) > len(shown) else "",
    }
    return render(request, "spaces/tags.html", context)


@require_POST
def change_tag(request: PageRequest, name: str) -> HttpResponse:
    """One act a form: a tag is called otherwise (`rename`), coloured (`hue`) or taken off everybody (`delete`)."""
    space = find(name, by=request.actor)
    form, tag = request.POST, request.POST.get("tag", "").strip()
    new = form.get("rename", tag).strip()
    try:
        if "delete" in form:
            return _carry_out(request, space, tagging.delete(space, tag, by=request.actor, door=Door.WEB))
        if "add" in form:
            tag = as_spelt([space], tag)
        if "hue" in form:
            _colour(request, space, tag, form["hue"])
        if new and new != tag:
            return _carry_out(request, space, tagging.rename(space, tag, new, by=request.actor, door=Door.WEB))
    except NoSuchTag as error:
        raise Http404("no such tag") from error
    except StoreProblem as problem:
        warn(request, explained(problem))
    return redirect("space-tags", name)


def _colour(request: PageRequest, space: Space, tag: str, hue: str) -> None:
    batch = tagging.colour(space, tag, hue if hue in Hue.values else "", by=request.actor, door=Door.WEB)
    if batch.pk:
        toast(request, gettext("Colour of “{tag}” changed").format(tag=tag), undoes=batch)


def _carry_out(request: PageRequest, space: Space, job: Job) -> HttpResponse:
    """At once where few contacts have the tag, else in the background; the act's page shows how far it is."""
    if not start(job, request.user, door=Door.WEB):
        return redirect("batch", job.batch.pk)
    if job.deed.former:
        text = gettext("“{old}” is called “{new}” now").format(old=job.deed.former, new=job.deed.tag)
    else:
        text = gettext("Tag “{tag}” deleted").format(tag=job.deed.tag)
    toast(request, text, undoes=job.batch)
    return redirect("space-tags", space.name)


def _row(space: Space, use: Use, kept: dict[str, str]) -> TagRow:
    count = number_format(min(use.count, EXACT_TO), use_l10n=True, force_grouping=True)
    return TagRow(
        TagName(use.name, use.hue),
        f"{count}+" if use.count > EXACT_TO else count,
        f"{reverse('contacts')}?{urlencode({'space': space.name, 'tag': use.name})}",
        f"?{urlencode({**kept, 'edit': use.name})}#edited",
        use.hue,
    )
