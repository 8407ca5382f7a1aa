"""Mirrors of a space, for its managers: address books on other servers that it is kept in step with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.journal.models import Batch
from farley.mirrors import operations, wording
from farley.mirrors.models import Mirror, MirrorItem, MirrorNote, MirrorRun
from farley.mirrors.operations import NoSuchMirror, Terms
from farley.mirrors.reaching import Unreachable
from farley.mirrors.tasks import is_running
from farley.spaces.models import Space
from farley.spaces.operations import find, require_standing
from farley.web.contacts.listing import Choice
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.templatetags.farley import exact_moment

RUNS, NOTES, PROBLEMS = 20, 20, 50  # that a page shows
State = Mirror.State


@dataclass(frozen=True, slots=True)
class ShownMirror:
    """A mirror in the list of them."""

    name: str
    url: str
    note: str
    icon: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one card; `choices` is empty where nobody is asked."""

    pk: int
    name: str
    url: str
    text: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run in the log."""

    at: datetime
    what: str
    trouble: str
    notes: list[Said]
    more: int
    url: str
    undo_url: str
    is_undone: bool


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
def mirrors(request: PageRequest, name: str) -> HttpResponse:
    """The list, and the form for another one: it asks the server at once which address books there are."""
    space = _managed(request, name)
    if request.method == "GET":
        return _list(request, space)
    typed = request.POST
    login, password = typed.get("login", "").strip(), typed.get("password", "")
    try:
        terms = _terms(request)
        address, found = operations.look_for_books(typed.get("address", ""), login, password)
        title = typed.get("name", "").strip()
        mirror = operations.add(
            space, title, address, login, password, found, terms=terms, by=request.actor, door=Door.WEB
        )
    except Unreachable as error:
        return _list(request, space, problem=wording.trouble(error.code, error.details))
    except ValidationError as error:
        return _list(request, space, problem=" ".join(error.messages))
    if mirror.book:
        toast(request, gettext("“{name}” is being fetched").format(name=mirror.name))
    return redirect("mirror", space.name, mirror.pk)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def mirror(request: PageRequest, name: str, pk: int) -> HttpResponse:
    """One mirror: its state, what is wrong, its log, its settings. POST: what the button `act` says."""
    space = _managed(request, name)
    found = Mirror.objects.managed_by(request.actor).filter(space=space, pk=pk).select_related("space", "user").first()
    if found is None:
        raise Http404("no such mirror")
    if request.method == "GET":
        return render(request, "mirrors/mirror.html", _about(request, found))
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404("no such act")
    try:
        act(request, found)
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    except NoSuchMirror:
        warn(request, gettext("This card is settled already."))
    return redirect("mirrors", space.name) if act is _remove else redirect("mirror", space.name, pk)


def _managed(request: PageRequest, name: str) -> Space:
    space = find(name, by=request.actor)
    require_standing(space, request.actor, Role.MANAGER)
    return space


def _list(request: PageRequest, space: Space, *, problem: str = "") -> HttpResponse:
    known = Mirror.objects.managed_by(request.actor).filter(space=space)
    context = {
        "place": "spaces",
        "space": space,
        "mirrors": [_shown(each) for each in known.filter(removed_at=None).order_by("name")],
        "removed": list(known.exclude(removed_at=None).exclude(book="").order_by("-removed_at")),
        "problem": problem,
        "typed": request.POST,
        **_choices(Terms(), request),
    }
    return render(request, "mirrors/list.html", context, status=422 if problem else 200)


def _shown(mirror: Mirror) -> ShownMirror:
    said = [urlsplit(mirror.book or mirror.address).hostname or "", _ways(mirror), _standing(mirror)]
    icon = "arrow-left-right" if mirror.is_two_way else "arrow-down"
    url = reverse("mirror", args=[mirror.space.name, mirror.pk])
    return ShownMirror(mirror.name, url, ", ".join(said), icon, _trouble(mirror))


def _about(request: PageRequest, mirror: Mirror) -> dict[str, Any]:
    troubled = operations.troubled(mirror, by=request.actor)
    runs = operations.runs_of(mirror, by=request.actor)[:RUNS]
    return {
        "place": "spaces",
        "space": mirror.space,
        "mirror": mirror,
        "ways": _ways(mirror),
        "standing": _standing(mirror),
        "is_running": is_running(mirror),
        "is_choosing": mirror.state == State.CHOOSING,
        "is_paused": mirror.state == State.PAUSED,
        "is_held": mirror.state == State.HELD,
        "is_waiting": mirror.held_for == "undone" and mirror.state == State.HELD,  # running it would say so once more
        "is_locked": mirror.trouble == operations.FORGOTTEN and not mirror.sealed_password,
        "is_removed": mirror.state == State.REMOVED,
        "trouble": _trouble(mirror),
        "remark": wording.remark(mirror.remark, mirror.remark_details) if mirror.remark else "",
        **_ways_on(mirror),
        "problems": [_said_of(item) for item in troubled[:PROBLEMS]],
        "more_problems": max(troubled.count() - PROBLEMS, 0),
        "runs": [_run(each) for each in runs],
        "login": mirror.login,
        "has_person": mirror.user is not None,
        **_choices(Terms(mirror.is_two_way, Mirror.Rule(mirror.rule), mirror.minutes), request),
    }


def _ways_on(mirror: Mirror) -> dict[str, str]:
    """What the two buttons say of a mirror that has stopped."""
    match mirror.held_for:
        case "deletes_here":
            return {"go_on": gettext("Delete them here, too"), "keep": gettext("Keep them here")}
        case "deletes_there":
            return {"go_on": gettext("Delete them outside, too"), "keep": gettext("Fetch them again")}
        case "undone":
            again = gettext("Fetch it again")
            go_on = gettext("Take it back outside, too") if mirror.is_two_way else gettext("Leave it undone")
            return {"go_on": go_on, "keep": again}
    return {"go_on": "", "keep": ""}


def _choices(terms: Terms, request: PageRequest) -> dict[str, Any]:
    typed = request.POST
    every = {15: gettext("every 15 minutes"), 60: gettext("every hour"), 360: gettext("every six hours")}
    rules = {
        Mirror.Rule.THEIRS: gettext("The outside version counts"),
        Mirror.Rule.OURS: gettext("Our version counts"),
        Mirror.Rule.NEWEST: gettext("The one that was revised last counts"),
        Mirror.Rule.ASK: gettext("Ask me each time"),
    }
    minutes, rule = typed.get("minutes", str(terms.minutes)), typed.get("rule", str(int(terms.rule)))
    return {
        "every": [
            Choice(str(each), every.get(each, gettext("once a day")), str(each) == minutes) for each in operations.EVERY
        ],
        "rules": [Choice(str(int(each)), told, str(int(each)) == rule) for each, told in rules.items()],
        "is_two_way": typed.get("ways") == "both" if "ways" in typed else terms.is_two_way,
    }


def _terms(request: PageRequest) -> Terms:
    form = request.POST
    rule = next((each for each in Mirror.Rule if form.get("rule") == str(int(each))), Mirror.Rule.THEIRS)
    minutes = next((each for each in operations.EVERY if form.get("minutes") == str(each)), 60)
    return Terms(form.get("ways") == "both", rule, minutes)


def _ways(mirror: Mirror) -> str:
    return gettext("both ways") if mirror.is_two_way else gettext("only fetches")


def _standing(mirror: Mirror) -> str:
    if mirror.state != State.ON:
        return str(mirror.get_state_display())
    if mirror.looked_at is None:
        return gettext("not fetched yet")
    return gettext("last looked {at}").format(at=exact_moment(mirror.looked_at))


def _trouble(mirror: Mirror) -> str:
    if mirror.state == State.HELD:
        return wording.trouble(mirror.held_for, _dated(mirror.held_details))
    if mirror.trouble and mirror.state in (State.ON, State.PAUSED):
        return wording.trouble(mirror.trouble, mirror.trouble_details)
    return ""


def _dated(details: dict[str, Any]) -> dict[str, Any]:
    at = parse_datetime(str(details.get("at", "")))
    return details | {"at": exact_moment(at)} if at else details


def _run(run: MirrorRun) -> ShownRun:
    notes = list(run.notes.select_related("contact")[: NOTES + 1])
    more = run.notes.count() - NOTES if len(notes) > NOTES else 0
    batch = run.batch
    is_done = batch is not None and batch.state == Batch.State.DONE and batch.size > 0
    return ShownRun(
        at=run.started_at,
        what=_counts(run),
        trouble=wording.trouble(run.trouble, _dated(run.details)) if run.trouble else "",
        notes=[_said_in(note) for note in notes[:NOTES]],
        more=more,
        url=reverse("batch", args=[batch.pk]) if batch is not None and batch.size else "",
        undo_url=reverse("undo", args=[batch.pk]) if batch is not None and is_done else "",
        is_undone=batch is not None and batch.state == Batch.State.UNDONE,
    )


def _counts(run: MirrorRun) -> str:
    told = [
        (run.added, gettext("{count} added here")),
        (run.changed, gettext("{count} changed here")),
        (run.deleted, gettext("{count} deleted here")),
        (run.sent_added, gettext("{count} added outside")),
        (run.sent_changed, gettext("{count} changed outside")),
        (run.sent_deleted, gettext("{count} deleted outside")),
    ]
    return ", ".join(text.format(count=count) for count, text in told if count) or gettext("nothing changed")


def _said_in(note: MirrorNote) -> Said:
    here = note.run.mirror.space_id
    is_there = note.contact is not None and not note.contact.is_deleted and note.contact.space_id == here
    url = reverse("contact", args=[note.contact_id]) if is_there else ""
    return Said(note.pk, note.name or gettext("A card"), url, wording.note(note.code, note.details), [])


def _said_of(item: MirrorItem) -> Said:
    contact = item.contact_here
    name = contact.full_name if contact is not None else unquote(item.path.rpartition("/")[2])
    theirs, ours = str(int(Mirror.Rule.THEIRS)), str(int(Mirror.Rule.OURS))
    choices = {
        "conflict": [Choice(theirs, gettext("Take the outside version")), Choice(ours, gettext("Take ours"))],
        "changed_gone": [Choice(theirs, gettext("Delete it here, too")), Choice(ours, gettext("Keep it"))],
        "gone_changed": [Choice(theirs, gettext("Fetch it again")), Choice(ours, gettext("Leave it deleted"))],
    }
    url = reverse("contact", args=[contact.pk]) if contact is not None else ""
    return Said(item.pk, name, url, wording.note(item.problem, item.details), choices.get(item.problem, []))


def _choose(request: PageRequest, mirror: Mirror) -> None:
    operations.choose(mirror, request.POST.get("book", ""), by=request.actor)
    toast(request, gettext("“{name}” is being fetched").format(name=mirror.name))


def _save(request: PageRequest, mirror: Mirror) -> None:
    form = request.POST
    login, password = form.get("login", "").strip(), form.get("password", "")
    terms, name = _terms(request), form.get("name", "")
    operations.change(mirror, name=name, login=login, password=password, terms=terms, by=request.actor, door=Door.WEB)
    toast(request, gettext("Mirror saved"))


def _run_now(request: PageRequest, mirror: Mirror) -> None:
    operations.run_now(mirror, by=request.actor)


def _pause(request: PageRequest, mirror: Mirror) -> None:
    operations.pause(mirror, by=request.actor, door=Door.WEB)
    toast(request, gettext("“{name}” is paused").format(name=mirror.name))


def _resume(request: PageRequest, mirror: Mirror) -> None:
    operations.resume(mirror, by=request.actor, door=Door.WEB)
    toast(request, gettext("“{name}” runs by itself again").format(name=mirror.name))


def _remove(request: PageRequest, mirror: Mirror) -> None:
    operations.remove(mirror, by=request.actor, door=Door.WEB)
    toast(request, gettext("“{name}” is removed. The contacts stay.").format(name=mirror.name))


def _bring_back(request: PageRequest, mirror: Mirror) -> None:
    operations.bring_back(mirror, by=request.actor, door=Door.WEB)
    toast(request, gettext("“{name}” is back. Type its password, and it goes on.").format(name=mirror.name))


def _go_on(request: PageRequest, mirror: Mirror) -> None:
    _refuse_other_hold(request, mirror)
    operations.go_on(mirror, by=request.actor, door=Door.WEB)


def _keep(request: PageRequest, mirror: Mirror) -> None:
    _refuse_other_hold(request, mirror)
    operations.keep(mirror, by=request.actor, door=Door.WEB)


def _refuse_other_hold(request: PageRequest, mirror: Mirror) -> None:
    """The page may be an hour old, and the same buttons mean something else for another reason to stop."""
    if not mirror.held_for or request.POST.get("hold") != mirror.held_for:
        raise ValidationError(gettext("The mirror has moved on since you looked. Read what it says now."))


def _decide(request: PageRequest, mirror: Mirror) -> None:
    item, rule = request.POST.get("card", ""), request.POST.get("rule", "")
    chosen = next((each for each in (Mirror.Rule.THEIRS, Mirror.Rule.OURS) if rule == str(int(each))), None)
    if chosen is None or not (item.isascii() and item.isdigit() and len(item) < 19):
        raise NoSuchMirror(mirror.name)
    operations.decide(mirror, int(item), chosen, by=request.actor)


_ACTS: dict[str, Callable[[PageRequest, Mirror], None]] = {
    "choose": _choose,
    "save": _save,
    "run": _run_now,
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
    "back": _bring_back,
    "go-on": _go_on,
    "keep": _keep,
    "decide": _decide,
}
