"""Tidying a space: what to look for, what was found value by value, what of it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from farley.accounts.roles import Role
from farley.contacts.bulk import CHUNK
from farley.journal.models import Door
from farley.spaces.models import Space
from farley.spaces.operations import find, require
from farley.tidying import operations, tasks
from farley.tidying.models import TidyFinding, TidyRun
from farley.tidying.operations import AT_ONCE, MAX_FINDINGS, NotNow
from farley.tidying.proposing import CARD, LABELS, SHORT, Rule
from farley.web.contacts.labels import property_label
from farley.web.shell.requests import PageRequest
from farley.web.shell.toasts import warn

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One value: what it is, as it is and as it would be."""

    pk: int
    contact: str
    url: str
    label: str
    before: str
    after: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    count: str
    is_current: bool


@require_GET
def tidy_space(request: PageRequest, name: str) -> HttpResponse:
    """The rules to choose, or with a run that has begun its progress and what it found."""
    space = find(name, by=request.actor)
    require(space, request.actor, Role.EDITOR)
    run = TidyRun.objects.visible_to(request.actor).filter(space=space).select_related("batch").order_by("-pk").first()
    context: dict[str, Any] = {"place": "spaces", "space": space, "run": run}
    if run is None or "anew" in request.GET or run.state in (TidyRun.State.DONE, TidyRun.State.FAILED):
        context |= {"rules": [(rule.value, gettext(label)) for rule, label in LABELS.items()], "done": run}
        return render(request, "spaces/tidy.html", context)
    if run.state == TidyRun.State.LOOKING:
        context["progress"] = gettext("{done} of {total} contacts looked at").format(
            done=number_format(run.looked, force_grouping=True), total=number_format(run.total, force_grouping=True)
        )
        return render(request, "spaces/tidy.html", context)
    if run.state == TidyRun.State.TIDYING and run.batch is not None:
        return redirect("batch", run.batch.pk)
    return render(request, "spaces/tidy.html", context | _choice(request, space, run))


def _choice(request: PageRequest, space: Space, run: TidyRun) -> dict[str, Any]:
    counts = operations.counts(run)
    asked = request.GET.get("rule", "")
    rule = Rule(asked) if asked in set(Rule) else None
    after = request.GET.get("after", "")
    position = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    findings = run.findings.filter(pk__gt=position).order_by("pk")
    if rule is not None:
        findings = findings.filter(rules__contains=f" {rule} ")
    found = list(findings[: PAGE + 1])
    here = reverse("tidy", args=[space.name])
    total, chosen = run.findings.count(), run.findings.filter(is_chosen=True).count()
    tabs = [Tab(gettext("All"), here, number_format(total, force_grouping=True), rule is None)]
    tabs += [
        Tab(gettext(SHORT[each]), f"{here}?rule={each}", number_format(count, force_grouping=True), rule is each)
        for each, (count, _) in counts.items()
    ]
    label = ngettext("Tidy {count} value", "Tidy {count} values", chosen)
    return {
        "rows": [_row(finding) for finding in found[:PAGE]],
        "tabs": tabs,
        "rule": rule,
        "total": total,
        "is_cut": total >= MAX_FINDINGS,
        "next": _address(here, rule, found[PAGE - 1].pk) if len(found) > PAGE else "",
        "here": _address(here, rule, position),
        "chosen": chosen,
        "tidy_label": label.format(count=number_format(chosen, force_grouping=True)),
    }


def _address(here: str, rule: Rule | None, after: int) -> str:
    asked = ({"rule": rule.value} if rule else {}) | ({"after": after} if after else {})
    return f"{here}?{urlencode(asked)}" if asked else here


def _row(finding: TidyFinding) -> Row:
    is_card = finding.name == CARD
    return Row(
        finding.pk,
        finding.contact_name or "–",
        reverse("contact", args=[finding.contact_id]),
        gettext("Empty card") if is_card else property_label(finding.name),
        finding.before,
        finding.after,
        finding.is_chosen,
    )


@require_POST
def change_tidying(request: PageRequest, name: str) -> HttpResponse:
    """Begin to look; keep what is chosen on a page, and go on; choose all of a rule; do what is chosen."""
    space = find(name, by=request.actor)
    require(space, request.actor, Role.EDITOR)
    act = request.POST.get("act", "")
    if act == "look":
        return _look(request, space)
    run = TidyRun.objects.visible_to(request.actor).filter(space=space).order_by("-pk").first()
    if run is None:
        return redirect("tidy", space.name)
    run.space = space
    try:
        _keep_choice(request, run)
        rule = request.POST.get("rule", "")
        if act in ("all", "none") and rule in set(Rule):
            operations.choose_rule(run, Rule(rule), is_chosen=act == "all")
        elif act in ("all", "none"):
            operations.choose(run, run.findings.values_list("pk", flat=True), is_chosen=act == "all")
        elif act == "tidy":
            return _tidy(request, run)
    except NotNow:
        warn(request, gettext("This has been done, or is being done already."))
        return redirect("tidy", space.name)
    here = reverse("tidy", args=[space.name])
    wanted = request.POST.get("goto") or request.POST.get("next" if act == "next" else "here", "")
    return redirect(wanted if wanted.partition("?")[0] == here else here)


def _look(request: PageRequest, space: Space) -> HttpResponse:
    rules = [rule for rule in Rule if rule.value in request.POST.getlist("find")]
    if not rules:
        warn(request, gettext("Choose what to look for first."))
        return redirect("tidy", space.name)
    run = operations.start(space, rules, by=request.actor, door=Door.WEB)
    if run.total > AT_ONCE:
        tasks.look.enqueue(run.pk)
    else:
        operations.look(run)
    return redirect("tidy", space.name)


def _keep_choice(request: PageRequest, run: TidyRun) -> None:
    """What is ticked on the page, and what is not any more."""
    shown, picked = (_numbers(request.POST.getlist(name)) for name in ("shown", "pick"))
    if shown:
        operations.choose(run, sorted(shown & picked), is_chosen=True)
        operations.choose(run, sorted(shown - picked), is_chosen=False)


def _numbers(texts: list[str]) -> set[int]:
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}


def _tidy(request: PageRequest, run: TidyRun) -> HttpResponse:
    chosen = run.findings.filter(is_chosen=True)
    if not chosen.exists():
        warn(request, gettext("Nothing is chosen."))
        return redirect("tidy", run.space.name)
    batch = operations.begin(run, title=gettext("Tidying of {space}").format(space=run.space.title), by=request.actor)
    if chosen.values("contact_id").distinct().count() > CHUNK:
        tasks.tidy.enqueue(run.pk)
    else:
        operations.tidy(run, by=request.actor)
    return redirect("batch", batch.pk)
