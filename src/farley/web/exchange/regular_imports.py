"""Regular imports of a space, for its managers: a watched folder, and addresses that are fetched from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from farley.accounts.doors import Door
from farley.accounts.roles import Role
from farley.contacts.combining import Rule
from farley.exchange.models import Import
from farley.intake import operations, wording
from farley.intake.models import RegularImport, TakenFile
from farley.intake.operations import EVERY
from farley.intake.tasks import look_after
from farley.mirrors.reaching import Unreachable
from farley.spaces.models import Space
from farley.spaces.operations import find, require_standing
from farley.web.contacts.listing import Choice
from farley.web.exchange.import_details import key_options, rule_options
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast

FILES = 10  # that a page shows of each


@dataclass(frozen=True, slots=True)
class ShownFile:
    name: str
    at: datetime
    text: str
    is_bad: bool
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A regular import with what came of it."""

    pk: int
    name: str
    where: str
    note: str
    icon: str
    is_paused: bool
    looked_at: datetime | None
    trouble: str
    files: list[ShownFile]


@never_cache
@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
def regular_imports(request: PageRequest, name: str) -> HttpResponse:
    """All of them, and the form for another one. POST: what the button `act` says."""
    space = find(name, by=request.actor)
    require_standing(space, request.actor, Role.MANAGER)
    problem = ""
    if request.method == "POST":
        try:
            act = request.POST.get("act", "")
            _add(request, space, act) if act in ("watch", "fetch") else _act(request, space, act)
            return redirect("regular-imports", name)
        except ValidationError as error:
            problem = " ".join(error.messages)
        except Unreachable as error:
            problem = wording.trouble(error.code, error.details)
        except OSError as error:
            problem = wording.trouble("folder", {"reason": error.strerror or str(error)})
    there = RegularImport.objects.managed_by(request.actor).filter(space=space).select_related("user").order_by("name")
    every = {15: gettext("every 15 minutes"), 60: gettext("every hour"), 360: gettext("every six hours")}
    every |= {1440: gettext("every day")}
    context = {
        "place": "spaces",
        "space": space,
        "regular": [_shown(request, each) for each in there],
        "has_folder": any(each.kind == RegularImport.Kind.FOLDER for each in there),
        "problem": problem,
        "typed": request.POST,
        "keys": key_options(space, request.actor, request.POST.get("key", "uid")),
        "rules": rule_options(request.POST.get("rule", Rule.KEEP.value)),
        "every": [Choice(str(minutes), every[minutes], is_current=minutes == 1440) for minutes in EVERY],
    }
    return render(request, "spaces/regular_imports.html", context, status=422 if problem else 200)


def _add(request: PageRequest, space: Space, act: str) -> None:
    posted = request.POST
    try:
        rule, minutes = Rule(posted.get("rule", "")), int(posted.get("minutes", "1440"))
        if minutes not in EVERY:
            raise Http404("no such time")
    except ValueError as error:
        raise Http404("no such rule") from error
    name, key = posted.get("name", ""), posted.get("key", "uid")
    if act == "watch":
        made = operations.watch(space, name=name, key=key, rule=rule, by=request.actor, door=Door.WEB)
    else:
        address = posted.get("address", "")
        made = operations.fetch(
            space, address, name=name, minutes=minutes, key=key, rule=rule, by=request.actor, door=Door.WEB
        )
        look_after.enqueue(made.pk)
    toast(request, gettext("“{name}” is set up").format(name=made.name))


def _act(request: PageRequest, space: Space, act: str) -> None:
    number = request.POST.get("id", "")
    mine = RegularImport.objects.managed_by(request.actor).filter(space=space).select_related("space")
    found = mine.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None or act not in _ACTS:
        raise Http404("no such regular import")
    _ACTS[act](request, found)


def _pause(request: PageRequest, regular: RegularImport) -> None:
    operations.pause(regular, is_paused=True, by=request.actor, door=Door.WEB)


def _resume(request: PageRequest, regular: RegularImport) -> None:
    operations.pause(regular, is_paused=False, by=request.actor, door=Door.WEB)


def _look(request: PageRequest, regular: RegularImport) -> None:
    look_after.enqueue(regular.pk)
    toast(request, gettext("“{name}” is being looked after").format(name=regular.name))


def _remove(request: PageRequest, regular: RegularImport) -> None:
    operations.remove(regular, by=request.actor, door=Door.WEB)
    toast(request, gettext("“{name}” is removed; what it brought stays").format(name=regular.name))


_ACTS: dict[str, Callable[[PageRequest, RegularImport], None]] = {
    "pause": _pause,
    "resume": _resume,
    "look": _look,
    "remove": _remove,
}


def _shown(request: PageRequest, regular: RegularImport) -> Shown:
    is_folder = regular.kind == RegularImport.Kind.FOLDER
    rule = next(each.label for each in rule_options(regular.rule) if each.is_chosen)
    mine = set(
        Import.objects.visible_to(request.actor).filter(pk__in=regular.taken.values("run")).values_list("pk", flat=True)
    )
    files = regular.taken.select_related("run").order_by("-pk")[:FILES]
    return Shown(
        pk=regular.pk,
        name=regular.name,
        where=str(regular.path) if is_folder else regular.host,
        note=rule,
        icon="folder-input" if is_folder else "cloud-download",
        is_paused=regular.is_paused,
        looked_at=regular.looked_at,
        trouble=wording.trouble(regular.trouble, regular.trouble_details) if regular.trouble else "",
        files=[_file(each, mine) for each in files],
    )


def _file(taken: TakenFile, mine: set[int]) -> ShownFile:
    run = taken.run
    url = reverse("import-run", args=[run.pk]) if run is not None and run.pk in mine else ""
    if taken.trouble:
        return ShownFile(taken.name, taken.at, wording.trouble(taken.trouble, taken.trouble_details), True, url)
    if run is None:
        return ShownFile(taken.name, taken.at, "", False, url)
    if not run.is_over:
        return ShownFile(taken.name, taken.at, gettext("running"), False, url)
    said = [ngettext("{count} new", "{count} new", run.created).format(count=run.created)]
    said += [ngettext("{count} updated", "{count} updated", run.changed).format(count=run.changed)] * bool(run.changed)
    said += [ngettext("{count} left out", "{count} left out", run.failed).format(count=run.failed)] * bool(run.failed)
    if run.state != Import.State.DONE:
        said = [str(run.get_state_display())]
    return ShownFile(taken.name, taken.at, ", ".join(said), bool(run.failed) or bool(run.error), url)
