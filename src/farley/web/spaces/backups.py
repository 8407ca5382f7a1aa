"""The backups that come round, for administrators: what there is, what is wrong, when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from farley.backups import rotation, upgrading
from farley.backups.apps import NIGHTLY
from farley.backups.rotation import Fault, Trouble
from farley.backups.sealing import is_sealed
from farley.backups.tasks import is_being_made, make_due
from farley.configuration import BackupPlan, load
from farley.jobs.models import Schedule
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup on the disk. `octets` is None for one that went away meanwhile."""

    name: str
    at: datetime | None
    octets: int | None
    is_sealed: bool = False


@require_http_methods(["GET", "POST"])
def backups(request: PageRequest) -> HttpResponse:
    """GET: the backups there are. POST: have one made now by the worker. 404 for all but administrators."""
    if not request.user.is_admin:
        raise Http404("not an administrator")
    configuration = load()
    plan = configuration.backups
    if request.method == "POST":
        if plan is not None and not is_being_made():
            make_due.enqueue()
            toast(request, gettext("The backup is being made"))
        return redirect("backups")
    due = Schedule.objects.filter(pk=NIGHTLY).values_list("due_at", flat=True).first()
    context = {
        "place": "backups",
        "plan": plan,
        "kept": _kept(plan) if plan else [],
        "trouble": _said(rotation.trouble(plan, timezone.now())) if plan else "",
        "due_at": due,
        "is_being_made": is_being_made(),
        "copies": [_of(path) for path in upgrading.copies(configuration.data / "backups")],
        "folder_of_copies": configuration.data / "backups",
    }
    return render(request, "instance/backups.html", context)


def _kept(plan: BackupPlan) -> list[Kept]:
    try:
        return [_of(path, at) for at, path in rotation.made(plan.folder)]
    except OSError:
        return []  # `rotation.trouble` says so


def _of(path: Path, at: datetime | None = None) -> Kept:
    try:
        with path.open("rb") as file:
            return Kept(path.name, at, path.stat().st_size, is_sealed(file.read(32)))
    except OSError:
        return Kept(path.name, at, None)


def _said(trouble: Trouble | None) -> str:
    """What is wrong, in the words of who reads the page; that there is none yet it says anyhow."""
    if trouble is None:
        return ""
    return {
        Fault.FAILED: gettext("The last one failed: {reason}"),
        Fault.NO_FOLDER: gettext("The folder is not there yet; the first backup makes it."),
        Fault.UNREADABLE: gettext("The folder cannot be read: {reason}"),
        Fault.NONE_YET: "",
        Fault.LATE: gettext("The last one is older than a day and a half. Does “farley serve” run at night?"),
    }[trouble.fault].format(reason=trouble.reason)
