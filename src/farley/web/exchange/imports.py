"""Importing files: choose, check, watch, look back. The check is an import that stores nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from farley.accounts.roles import Role
from farley.contacts.combining import Rule
from farley.contacts.matching import NoSuchKey
from farley.exchange import choosing, defined, importing, reporting, uploads
from farley.exchange import leftovers as exchange_leftovers
from farley.exchange.formats import FIND_OUT, How
from farley.exchange.models import Import, ImportProblem
from farley.exchange.sources import ColumnsToChoose, NothingToImport, Source, passed_over
from farley.exchange.tasks import run_import
from farley.fields.models import Field
from farley.journal.models import Batch, Door
from farley.journal.undo import undoing_of
from farley.spaces.models import Space
from farley.spaces.operations import require
from farley.web.exchange.import_details import details_of, keys_of, rules_of
from farley.web.exchange.import_steps import step_page
from farley.web.shell.requests import PageRequest, standings
from farley.web.shell.toasts import toast, warn
from farley.web.spaces.spaces import choices_of, home_of

MAX_UPLOAD = 1024 * 2**20  # octets of one upload together
EARLIER = 5
SHOWN_FILES = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A count with its word."""

    count: str
    label: str
    icon: str
    css: str


@dataclass(frozen=True, slots=True)
class Earlier:
    title: str
    at: Any
    outcome: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An import as its page tells of it."""

    url: str
    space_title: str
    contacts_url: str
    first_files: Sequence[dict[str, Any]]
    more_files: int
    is_check: bool
    is_running: bool
    percent: int
    headline: str
    progress: str
    importable: int
    importable_written: str
    figures: list[Figure] = field(default_factory=list)
    tone: str = "ok"
    icon: str = "circle-check"
    is_of_calendars: bool = False
    has_calendars: bool = False
    start_url: str = ""
    again_url: str = ""
    back_url: str = ""
    cancel_url: str = ""
    undo_url: str = ""
    batch_url: str = ""


@require_http_methods(["GET", "POST"])
def upload(request: PageRequest) -> HttpResponse:
    """Step one: the files and the space."""
    problem = ""
    if request.method == "POST":
        try:
            run = _check(request)
            return redirect("import-columns" if run.state == Import.State.CHOOSING else "import-run", run.pk)
        except NothingToImport as nothing:
            problem = _explained(nothing)
    editable = standings(request).editable
    mine = Import.objects.visible_to(request.actor).filter(is_dry_run=False).order_by("-pk")[:EARLIER]
    context = {
        "problem": problem,
        "limit": filesizeformat(MAX_UPLOAD),
        "spaces": choices_of(editable),
        "chosen_space": request.POST.get("space") or home_of(editable, standings(request).home),
        "earlier": [
            Earlier(str(run), run.created_at, _outcome(run), reverse("import-run", args=[run.pk])) for run in mine
        ],
    }
    return step_page(request, "file", context, status=422 if problem else 200)


@require_GET
def progress(request: PageRequest, pk: int) -> HttpResponse:
    """The import as it stands: being checked, checked, running, or over."""
    run = _mine(request, pk)
    if run.state == Import.State.CHOOSING:
        return redirect("import-columns", pk)
    undoing = _undoing_of(run)
    step = (
        "run"
        if undoing or not run.is_over
        else "check"
        if run.is_dry_run and run.state == Import.State.DONE
        else "done"
    )
    context = {
        "run": _shown(run, undoing),
        "nothing": _nothing_in(run) if step == "check" else "",
        "passed_over": passed_over(run.files),
        "details": details_of(run, request.GET.get("show", "")) if step != "run" else None,
    }
    if step == "check":
        context |= {"keys": keys_of(run, request.actor), "rules": rules_of(run)}
        context["new_fields"] = choosing.missing_fields(run, by=request.actor)
        context["can_define"] = (run.space.standing_of(request.actor) or Role.FREEBUSY) >= Role.MANAGER
    if request.htmx and step != "run":
        response = HttpResponse()
        response.headers["HX-Refresh"] = "true"  # another step: with its own footer
        return response
    return step_page(request, step, context, run=run)


@require_POST
def start(request: PageRequest, pk: int) -> HttpResponse:
    """Step two agreed to: import in the background what was checked."""
    checked = _checked(request, pk)
    made: list[Field] = []
    if request.POST.get("define"):
        made, refused = choosing.define_missing(checked, by=request.actor, door=Door.WEB)
        for label in refused:
            text = gettext("The own field “{label}” cannot be defined here; its values stay in the cards.")
            warn(request, text.format(label=label))
    return _again(request, checked, key=checked.key, rule=Rule(checked.rule), made=made)


@require_POST
def check_again(request: PageRequest, pk: int) -> HttpResponse:
    """Check the same files with another key or rule."""
    checked = _checked(request, pk)
    try:
        rule = Rule(request.POST.get("rule", ""))
        return _again(request, checked, key=request.POST.get("key", ""), rule=rule, is_dry_run=True)
    except (NoSuchKey, ValueError) as error:
        raise Http404(str(error)) from error


def _checked(request: PageRequest, pk: int) -> Import:
    checked = _mine(request, pk)
    if not checked.is_dry_run or checked.state != Import.State.DONE:
        raise Http404("nothing was checked here")
    return checked


def _again(
    request: PageRequest,
    checked: Import,
    *,
    key: str,
    rule: Rule,
    is_dry_run: bool = False,
    made: Sequence[Field] = (),
) -> HttpResponse:
    """Take the files of a check once more, in the background."""
    sources = [_source(file) for file in checked.files]
    asked: dict[str, Any] = {"key": key, "rule": rule, "calendar": checked.calendar, "is_dry_run": is_dry_run}
    try:
        run = importing.prepare(checked.space, sources, by=request.actor, door=Door.WEB, **asked)
    except NothingToImport as nothing:
        toast(request, _explained(nothing))
        return redirect("import")
    defined.note(run, made)
    run_import.enqueue(run.pk)
    return redirect("import-run", run.pk)


@require_POST
def cancel(request: PageRequest, pk: int) -> HttpResponse:
    """Stop a running import and undo what is in."""
    if not importing.cancel(_mine(request, pk), by=request.actor):
        run_import.enqueue(pk)
    return redirect("import-run", pk)


@require_GET
def problems(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Every entry that did not come in, as CSV: file, line, name, reason."""
    run = _mine(request, pk)
    response = StreamingHttpResponse(_csv(run), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{run.pk}-problems.csv"'
    return response


@require_GET
def leftovers(request: PageRequest, pk: int) -> StreamingHttpResponse:
    """Every entry that did not come in, as a file to mend and feed again."""
    run = _mine(request, pk)
    if not exchange_leftovers.are_there(run):
        raise Http404("the files are gone")
    asked = request.GET.get("table", "")
    table = next((at for at in exchange_leftovers.tables_with_problems(run) if str(at) == asked), None)
    if asked and table is None:
        raise Http404("there is no such table")
    if request.GET.get("calendars"):
        kind, ending, entries = "text/calendar", "ics", exchange_leftovers.entries_left(run)
    else:
        kind, ending = ("text/vcard", "vcf") if table is None else ("text/csv", "csv")
        entries = exchange_leftovers.leftovers(run, table)
    response = StreamingHttpResponse(entries, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{run.pk}-to-mend.{ending}"'
    return response


def _check(request: PageRequest) -> Import:
    """Take the files in and have them checked in the background."""
    space = get_object_or_404(Space.objects.visible_to(request.actor), name=request.POST.get("space", ""))
    require(space, request.actor, Role.EDITOR)
    files = request.FILES.getlist("files")
    if not files:
        raise NothingToImport("", "no file")
    if sum(file.size or 0 for file in files) > MAX_UPLOAD:
        raise NothingToImport("", "too large")
    for file in files:
        if not file.size:
            raise NothingToImport(file.name or "", "the file is empty")
    sources = uploads.receive((file.name or "?", file.chunks()) for file in files)
    try:
        if (choosing_run := choosing.begin(space, sources, by=request.actor, door=Door.WEB)) is not None:
            return choosing_run
        run = importing.prepare(space, sources, by=request.actor, door=Door.WEB, is_dry_run=True)
    except BaseException:
        uploads.discard(sources)
        raise
    run_import.enqueue(run.pk)
    return run


def _source(file: dict[str, Any]) -> Source:
    how = How.from_json(file["how"]) if "how" in file else FIND_OUT
    return Source(file["name"], Path(file["path"]), how, tuple(file.get("passed_over", ())))


def _explained(nothing: NothingToImport) -> str:
    reasons = {
        "no file": gettext("Choose at least one file."),
        "too large": gettext("The files are larger than {limit} together.").format(limit=filesizeformat(MAX_UPLOAD)),
        "the file is empty": gettext("“{file}” is empty.").format(file=nothing.file),
    }
    if isinstance(nothing, ColumnsToChoose):
        return gettext(
            "“{file}” is a table of a layout that is not known here: what its columns become has to be chosen."
        ).format(file=nothing.file)
    return reasons.get(nothing.reason) or gettext("“{file}” cannot be read: {reason}").format(
        file=nothing.file, reason=gettext(nothing.reason)
    )


def _mine(request: PageRequest, pk: int) -> Import:
    visible = Import.objects.visible_to(request.actor).select_related("space", "batch")
    run: Import = get_object_or_404(visible, pk=pk)
    return run


def _undoing_of(run: Import) -> Batch | None:
    """The undoing of this import that is going on."""
    return undoing_of(run.batch) if run.batch is not None and run.is_over and not run.batch.trouble else None


def _nothing_in(run: Import) -> str:
    """Why there is nothing to import, if so; names what the file is instead, where that shows."""
    if run.created or run.changed or run.unchanged:
        return ""
    if len(run.files) != 1:
        return gettext("There is nothing in these files that could be imported.")
    file = run.files[0]
    instead = {
        "calendar": gettext("There is no entry in the calendar “{file}” that could be imported."),
        "archive": gettext("“{file}” is an archive in which there are no contacts that Farley reads."),
        "binary": gettext("“{file}” is no text file, and none of the formats that Farley reads here."),
    }
    sentence = instead.get(uploads.kind_of(Path(file["path"])))
    return (sentence or gettext("There is no contact in “{file}” that could be imported.")).format(file=file["name"])


def _shown(run: Import, undoing: Batch | None) -> Shown:
    coming = run.created + run.changed
    tone, icon = _tone(run)
    can_undo = run.batch is not None and run.is_over and run.batch.size and run.batch.state == Batch.State.DONE
    is_undone = run.batch is not None and run.batch.state == Batch.State.UNDONE
    done = undoing.size / max(1, run.batch.size) if undoing and run.batch else 0.0
    return Shown(
        url=reverse("import-run", args=[run.pk]),
        space_title=run.space.title,
        contacts_url=f"{reverse('contacts')}?space={run.space.name}&sort=changed",
        first_files=run.files[:SHOWN_FILES],
        more_files=max(0, len(run.files) - SHOWN_FILES),
        is_check=run.is_dry_run,
        is_running=not run.is_over or undoing is not None,
        percent=min(99, int(100 * done)) if undoing else run.percent,
        headline=gettext("The import is being undone …") if undoing else _headline(run),
        progress=_progress(run, undoing),
        importable=coming,
        importable_written=_written(coming),
        figures=[] if is_undone else _figures(run),
        tone=tone,
        icon=icon,
        is_of_calendars=run.is_of_calendars,
        has_calendars=run.has_calendars,
        start_url=reverse("import-start", args=[run.pk]),
        again_url=reverse("import-check", args=[run.pk]),
        back_url=reverse("import-columns", args=[run.pk]) if choosing.tables_of(run) else reverse("import"),
        cancel_url="" if run.is_over or run.is_cancelled else reverse("import-cancel", args=[run.pk]),
        undo_url=reverse("undo", args=[run.batch.pk]) if can_undo and run.batch else "",
        batch_url=reverse("batch", args=[run.batch.pk]) if run.batch else "",
    )


def _tone(run: Import) -> tuple[str, str]:
    if run.state == Import.State.FAILED:
        return "bad", "triangle-alert"
    if run.state == Import.State.CANCELLED or (run.batch and run.batch.state == Batch.State.UNDONE):
        return "info", "undo-2"
    return ("warn", "triangle-alert") if run.failed else ("ok", "circle-check")


def _headline(run: Import) -> str:
    if not run.is_over:
        if run.is_cancelled:
            return gettext("The import is being stopped …")
        if importing.lacks_room():
            return gettext("The disk of the server is full. This goes on as soon as there is room.")
        if run.is_dry_run:
            return gettext("The files are being checked …")
        if run.is_of_calendars:
            return gettext("Calendar entries are being imported …")
        if run.has_calendars:
            return gettext("Contacts and calendar entries are being imported …")
        return gettext("Contacts are being imported …")
    if run.state == Import.State.FAILED:
        stopped = gettext("The import stopped: {reason}").format(reason=reporting.failure_of(run))
        is_left = run.batch and run.batch.size and run.batch.state != Batch.State.UNDONE
        rest = gettext("What is in stays until it is undone.") if is_left else gettext("Nothing of it remains.")
        return f"{stopped} {rest}"
    if run.state == Import.State.CANCELLED:
        return gettext("The import was cancelled. Nothing of it remains.")
    if run.batch and run.batch.state == Batch.State.UNDONE:
        return gettext("The import was undone.")
    coming = run.created + run.changed
    imported = ngettext("{count} contact is imported.", "{count} contacts are imported.", coming)
    if run.is_of_calendars:
        imported = ngettext("{count} calendar entry is imported.", "{count} calendar entries are imported.", coming)
    elif run.has_calendars:
        imported = ngettext("{count} entry is imported.", "{count} entries are imported.", coming)
    left_out = ngettext("{count} entry was left out.", "{count} entries were left out.", run.failed)
    sentences = [imported.format(count=_written(coming))]
    return " ".join([*sentences, left_out.format(count=_written(run.failed))] if run.failed else sentences)


def _progress(run: Import, undoing: Batch | None) -> str:
    if undoing is not None and run.batch is not None:
        written = {"done": _written(undoing.size), "count": _written(run.batch.size)}
        return gettext("{done} of {count} changes").format(**written)
    if run.batch is not None and run.batch.state == Batch.State.UNDONE:
        return ""
    if not run.is_over:
        return ngettext("{count} entry so far", "{count} entries so far", run.done_entries).format(
            count=_written(run.done_entries)
        )
    if run.started_at and run.finished_at and run.state == Import.State.DONE:
        seconds = max(1, round((run.finished_at - run.started_at).total_seconds()))
        return ngettext("It took {count} second.", "It took {count} seconds.", seconds).format(count=_written(seconds))
    return ""


def _figures(run: Import) -> list[Figure]:
    done = not run.is_dry_run
    new = gettext("new contacts")
    if run.has_calendars:
        new = gettext("new calendar entries") if run.is_of_calendars else gettext("new contacts and calendar entries")
    figures = [
        Figure(_written(run.created), gettext("added") if done else new, "plus", "is-ok"),
        Figure(
            _written(run.changed), gettext("updated") if done else gettext("will be updated"), "pencil", "is-accent"
        ),
        Figure(_written(run.unchanged), gettext("here already, unchanged"), "check", "mute"),
        Figure(_written(run.failed), gettext("left out") if done else gettext("not possible"), "circle-x", "is-bad"),
    ]
    if run.conflicts:
        figures.insert(3, Figure(_written(run.conflicts), gettext("not with all values"), "triangle-alert", "is-warn"))
    return figures


def _outcome(run: Import) -> str:
    if not run.is_over:
        return gettext("running")
    if run.state != Import.State.DONE:
        return str(run.get_state_display())
    told = [ngettext("{count} new", "{count} new", run.created).format(count=_written(run.created))]
    if run.changed:
        told.append(ngettext("{count} updated", "{count} updated", run.changed).format(count=_written(run.changed)))
    if run.failed:
        told.append(ngettext("{count} left out", "{count} left out", run.failed).format(count=_written(run.failed)))
    return ", ".join(told)


def _csv(run: Import) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff"  # spreadsheets take the file for UTF-8 by it
    yield writer.writerow([gettext("File"), gettext("Line"), gettext("Name"), gettext("Reason")])
    found: Any = ImportProblem.objects.filter(run=run).order_by("pk")
    for problem in found.iterator(chunk_size=1000):
        yield writer.writerow([_cell(problem.file), problem.line, _cell(problem.name), reporting.reason_of(problem)])


def _cell(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


class _Echo:
    def write(self, text: str) -> str:
        return text


def _written(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
