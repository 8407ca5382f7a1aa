"""What happened in the spaces one sees, and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from farley.accounts.actor import Actor
from farley.contacts.models import Contact
from farley.exchange.importing import take_back
from farley.exchange.tasks import undo_batch
from farley.journal.models import Batch, BatchSpace, Change, Door, LeftOut, Noun
from farley.journal.undo import TROUBLES, Kept, NotUndoable, begin, find_batch, labels, left_out, undoing_of
from farley.spaces.models import Space
from farley.web.shell.navigation import back
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import toast, warn
from farley.web.timeline.composing import KINDS
from farley.web.timeline.events import days_of, done_by, subject_events

PAGE = 50
AT_ONCE = 2000  # changes; undoing more runs in the background
NAMED = 3  # records in the title of an act
_FEW = 10  # changes of an act that may be named after an entry of a calendar
ABOUT_OTHERS = (
    Batch.Act.TAG,
    Batch.Act.RENAME_TAG,
    Batch.Act.VIEW,
    Batch.Act.NOTE,
    Batch.Act.CALL,
)  # some of what these change is no contact
MAX_LEFT = 200  # records named on the page of an act
SINGLE = (
    Batch.Act.EDIT, Batch.Act.CREATE, Batch.Act.AFFILIATE, Batch.Act.VIEW, Batch.Act.NOTE, Batch.Act.CALL,
)  # fmt: skip
SINGLE_IF_ONE = (Batch.Act.TAG, Batch.Act.ASSIGN)  # a click on a record's page
_ICONS = {
    Batch.Act.IMPORT: "upload",
    Batch.Act.EDIT: "pencil",
    Batch.Act.CREATE: "plus",
    Batch.Act.DELETE: "trash-2",
    Batch.Act.RESTORE: "undo-2",
    Batch.Act.MOVE: "folder-input",
    Batch.Act.TAG: "tag",
    Batch.Act.ASSIGN: "user",
    Batch.Act.UNDO: "undo-2",
    Batch.Act.DEMO: "users",
    Batch.Act.LINK: "link",
    Batch.Act.AFFILIATE: "building-2",
    Batch.Act.RENAME_TAG: "tag",
    Batch.Act.GROUP: "list",
    Batch.Act.RENAME_ORGANISATION: "building-2",
    Batch.Act.VIEW: "bookmark",
    Batch.Act.NOTE: "sticky-note",
    Batch.Act.CALL: "phone",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch as pages tell of it."""

    title: str
    at: dt.datetime
    by: str
    icon: str
    url: str
    outcome: str
    is_undone: bool
    undo_url: str
    is_running: bool = False
    redo_url: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A record that an act or its undoing left as it is."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOnes:
    """What was left, with a heading; `more` of it are not named."""

    heading: str
    records: list[Left]
    more: int = 0


@require_GET
def activity(request: PageRequest) -> HttpResponse:
    """Imports and bulk changes, or single changes, newest first."""
    view = "changes" if request.GET.get("view") == "changes" else "batches"
    before = _number(request.GET.get("before", ""))
    context: dict[str, Any] = {"place": "activity", "view": view}
    if view == "changes":
        changes = _newest_changes(request, before)
        context["days"] = days_of(subject_events(changes[:PAGE], request.actor))
        context["older_url"] = _older(view, changes)
    else:
        acts = Batch.objects.visible_to(request.actor).exclude(act__in=(*SINGLE, Batch.Act.UNDO))
        batches = _newest(acts.exclude(act__in=SINGLE_IF_ONE, size=1), before)
        context["batches"] = _shown(request, batches[:PAGE])
        context["older_url"] = _older(view, batches)
    return render(request, "activity/list.html", context)


@require_GET
def batch(request: PageRequest, pk: int) -> HttpResponse:
    """One act: what it changed, or how far it is."""
    if not request.htmx:
        return _batch_page(request, pk)
    shown = _shown(request, [find_batch(pk, by=request.actor)])[0]
    response = render(request, "activity/batch.html#state", {"batch": shown})
    if not shown.is_running:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def undo_act(request: PageRequest, pk: int) -> HttpResponse:
    """Take an act back; what was changed since stays and is listed."""
    found = find_batch(pk, by=request.actor)
    if found.size > AT_ONCE:
        get_object_or_404(Batch.objects.undoable_by(request.actor), pk=pk)
        return _undo_in_background(request, found)
    try:
        result = take_back(found, by=request.actor, door=Door.WEB)
    except NotUndoable:
        warn(request, gettext("This was undone already, or is still running."))
        return back(request, reverse("batch", args=[pk]))
    if result.kept and not result.restored:
        warn(request, _not_undone(_left(request, result.kept)))
        return back(request, reverse("batch", args=[pk]))
    toast(request, _undone(result.restored) if found.act not in ABOUT_OTHERS else gettext("Undone"))
    if result.kept:
        return _batch_page(request, pk)
    if _leads_nowhere(request):
        return redirect("contacts")
    return back(request, reverse("batch", args=[pk]))


def _undo_in_background(request: PageRequest, found: Batch) -> HttpResponse:
    """Back to where it was asked for if that page shows how far it is, else to the act's own page."""
    try:
        if found.state != Batch.State.RUNNING:  # an import that was cut short is ended first
            begin(found, by=request.actor, door=Door.WEB)
    except NotUndoable:
        warn(request, gettext("This was undone already, or is still running."))
    else:
        undo_batch.enqueue(found.pk, request.user.pk)
    return back(request, reverse("batch", args=[found.pk]))


def _leads_nowhere(request: PageRequest) -> bool:
    """Whether the page the form came from is about something that undoing has taken away."""
    try:
        match = resolve(request.POST.get("next", "").partition("?")[0])
    except Resolver404:
        return False
    if match.url_name == "timeline-entry":
        model = KINDS.get(match.kwargs["kind"])
        return model is None or not model.objects.visible_to(request.actor).filter(pk=match.kwargs["pk"]).exists()
    if match.url_name not in ("contact", "contact-history"):
        return False
    return not Contact.objects.visible_to(request.actor).filter(pk=match.kwargs["pk"]).exists()


def _newest(rows: Any, before: int) -> list[Any]:
    """A page of rows and one more, newest first."""
    rows = rows.order_by("-id").select_related("user")
    return list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])


def _newest_changes(request: PageRequest, before: int) -> list[Change]:
    """A page of changes and one more, newest first."""
    spaces = list(Space.objects.visible_to(request.actor))
    return Change.objects.newest_of(spaces, PAGE + 1, before=before)


def _older(view: str, rows: list[Any]) -> str:
    return f"?view={view}&before={rows[PAGE - 1].pk}" if len(rows) > PAGE else ""


def _batch_page(request: PageRequest, pk: int) -> HttpResponse:
    found = find_batch(pk, by=request.actor)
    before = _number(request.GET.get("before", ""))
    listed = _newest(Change.objects.visible_to(request.actor).filter(batch=found), before)
    context = {
        "place": "activity",
        "batch": _shown(request, [found])[0],
        "days": days_of(subject_events(listed[:PAGE], request.actor)),
        "older_url": f"?before={listed[PAGE - 1].pk}" if len(listed) > PAGE else "",
        "left": _left_of(request, found),
    }
    return render(request, "activity/batch.html", context)


def _shown(request: PageRequest, batches: list[Batch]) -> list[Shown]:
    numbers = [batch.pk for batch in batches]
    undoable = set(Batch.objects.undoable_by(request.actor).filter(pk__in=numbers).values_list("pk", flat=True))
    partly = set(_touching_hidden(request.actor).filter(batch__in=numbers).values_list("batch", flat=True))
    few = [batch.pk for batch in batches if batch.size <= _FEW and batch.act != Batch.Act.IMPORT]
    partly |= set(_named_after_entries(request.actor).filter(batch__in=few).values_list("batch", flat=True))
    return [
        _batch(batch, _told_of(batch, request.actor, is_all=batch.pk not in partly), can_undo=batch.pk in undoable)
        for batch in batches
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader may know of a batch."""

    title: str
    size: int


def _told_of(batch: Batch, by: Actor, *, is_all: bool) -> Told:
    """The batch's own title and size; or, where it went beyond what `by` sees, those of the part they see."""
    if is_all:
        return Told(batch.title, batch.size)
    changes = Change.objects.visible_to(by).filter(batch=batch)
    subjects = changes.filter(noun=Noun.CONTACT).order_by("pk").values_list("subject", flat=True)[: NAMED * 4]
    names = Contact.objects.known_to(by).in_bulk(dict.fromkeys(subjects))
    named = [names[pk].full_name for pk in dict.fromkeys(subjects) if pk in names and names[pk].full_name]
    entries = changes.filter(noun=Noun.CALENDAR_OBJECT).order_by("pk").values_list("subject", flat=True)[: NAMED * 4]
    named += [name for name in labels(Noun.CALENDAR_OBJECT, dict.fromkeys(entries), by=by).values() if name]
    return Told(", ".join([*named[:NAMED], *(["…"] if len(named) > NAMED or not named else [])]), changes.count())


def _batch(batch: Batch, told: Told, *, can_undo: bool) -> Shown:
    act = Batch.Act(batch.act)
    is_undone = batch.state == Batch.State.UNDONE
    is_over = batch.state in (Batch.State.DONE, Batch.State.FAILED)
    undoing = undoing_of(batch) if is_over and not batch.trouble else None
    undone_by = batch.undone_by.filter(state=Batch.State.DONE).order_by("-pk").first() if is_undone else None
    return Shown(
        title=_title(act, told.title),
        at=batch.started_at,
        by=done_by(batch),
        icon=_ICONS[act],
        url=reverse("batch", args=[batch.pk]),
        outcome=_size(batch, told.size, undoing),
        is_undone=is_undone,
        undo_url=reverse("undo", args=[batch.pk]) if can_undo and is_over and batch.size and not undoing else "",
        is_running=batch.state == Batch.State.RUNNING or undoing is not None,
        redo_url=reverse("undo", args=[undone_by.pk]) if can_undo and undone_by else "",
    )


def _touching_hidden(by: Actor) -> Any:
    """The spaces, by batch, that acts touched and `by` does not see."""
    return BatchSpace.objects.exclude(space__in=Space.objects.visible_to(by).values("pk"))


def _named_after_entries(by: Actor) -> Any:
    """Changes of calendar entries that may have been private then, whatever they are now: titles of acts say it."""
    seen = Change.objects.visible_to(by).filter(noun=Noun.CALENDAR_OBJECT)
    return seen.exclude(space__in=Space.objects.editable_by(by).values("pk"))


def _title(act: Batch.Act, title: str) -> str:
    words = {
        Batch.Act.IMPORT: gettext("Import of {title}"),
        Batch.Act.EDIT: gettext("Change of {title}"),
        Batch.Act.CREATE: gettext("New: {title}"),
        Batch.Act.DELETE: gettext("Deleted: {title}"),
        Batch.Act.RESTORE: gettext("Restored: {title}"),
        Batch.Act.MOVE: gettext("Moved: {title}"),
        Batch.Act.TAG: gettext("Tags: {title}"),
        Batch.Act.ASSIGN: gettext("Owner: {title}"),
        Batch.Act.UNDO: gettext("Undone: {title}"),
        Batch.Act.DEMO: gettext("Example data {title}"),
        Batch.Act.LINK: gettext("Organisation of {title}"),
        Batch.Act.AFFILIATE: gettext("Organisation of {title}"),
        Batch.Act.RENAME_TAG: gettext("Tag renamed: {title}"),
        Batch.Act.GROUP: gettext("Group {title}"),
        Batch.Act.RENAME_ORGANISATION: gettext("Organisation renamed: {title}"),
        Batch.Act.VIEW: gettext("View: {title}"),
        Batch.Act.NOTE: gettext("Note: {title}"),
        Batch.Act.CALL: gettext("Call: {title}"),
    }
    return words[act].format(title=title).strip()


def _size(batch: Batch, size: int, undoing: Batch | None) -> str:
    written = number_format(size, use_l10n=True, force_grouping=True)
    if undoing is not None:
        done = number_format(undoing.size, use_l10n=True, force_grouping=True)
        return gettext("is being undone: {done} of {count}").format(done=done, count=written)
    if batch.state == Batch.State.RUNNING:
        so_far = ngettext("{count} change so far", "{count} changes so far", size).format(count=written)
        return gettext("running: {so_far}").format(so_far=so_far)
    changes = ngettext("{count} change", "{count} changes", size).format(count=written)
    return f"{changes}. {gettext(TROUBLES[batch.trouble])}" if batch.trouble else changes


def _undone(restored: int) -> str:
    return ngettext("Undone for {count} contact", "Undone for {count} contacts", restored).format(count=restored)


def _not_undone(left: list[Left]) -> str:
    if len(left) == 1:
        return gettext("Not undone, because “{name}” was changed since.").format(name=left[0].name)
    return gettext("Not undone, because all {count} contacts were changed since.").format(count=len(left))


def _left_of(request: PageRequest, batch: Batch) -> list[LeftOnes]:
    """What the act passed over, and what undoing it kept the last time somebody tried."""
    mine = Q(batch=batch) | Q(batch__undoes=batch) & ~Q(batch__state=Batch.State.UNDONE)
    counts = dict(LeftOut.objects.filter(mine).values_list("batch").annotate(count=Count("pk")))
    found = []
    if count := counts.pop(batch.pk, 0):
        heading = ngettext("{count} contact was left as it is:", "{count} contacts were left as they are:", count)
        found.append(_left_ones(request, batch.pk, heading, count))
    if counts:
        heading = ngettext(
            "{count} contact was changed since and stays as it is now.",
            "{count} contacts were changed since and stay as they are now.",
            counts[max(counts)],
        )
        found.append(_left_ones(request, max(counts), heading, counts[max(counts)]))
    return found


def _left_ones(request: PageRequest, batch: int, heading: str, count: int) -> LeftOnes:
    records = _left(request, left_out(Batch(pk=batch), by=request.actor, most=MAX_LEFT))
    written = number_format(count, use_l10n=True, force_grouping=True)
    return LeftOnes(heading.format(count=written), records, count - len(records))


def _left(request: PageRequest, kept: Iterable[Kept]) -> list[Left]:
    records = list(kept)
    reasons = {
        "changed": gettext("changed by somebody else"),
        "taken": gettext("its UID belongs to another contact"),
        "gone": gettext("not there any more"),
        "too_large": gettext("would become too large"),
        "owner": gettext("the new owner does not see its space"),
    }
    visible = Contact.objects.visible_to(request.actor)
    contacts = [record.subject for record in records if record.noun == Noun.CONTACT]
    there = set(visible.filter(pk__in=contacts).values_list("pk", flat=True))
    return [
        Left(
            record.label or gettext("No name"),
            reverse("contact", args=[record.subject]) if _is_one_of(record, there) else "",
            reasons.get(record.reason, ""),
        )
        for record in records
    ]


def _is_one_of(record: Kept, contacts: set[int]) -> bool:
    return record.noun == Noun.CONTACT and record.subject in contacts


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
