"""What the page of an import tells of its entries, and what can become of who is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext

from farley.accounts.actor import Actor
from farley.contacts.combining import Rule
from farley.exchange import leftovers, reporting
from farley.exchange.models import Import, ImportOutcome
from farley.exchange.own_lines import NAME as OWN_FIELD
from farley.exchange.own_lines import fields_here
from farley.spaces.models import Space
from farley.web.contacts.labels import label_told

SHOWN = 50  # entries of one tab


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str
    count: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One value of an entry; of further ones of the same entry `file`, `line` and `name` are empty."""

    file: str
    line: int
    name: str
    label: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    tabs: Sequence[Tab]
    current: str  # of "problems", "changes", "left", "new"
    rows: Sequence[Row]
    shown: int  # entries
    count: int
    list_url: str  # every problem, as CSV
    files: Sequence[tuple[str, str]]  # the entries themselves, to mend: label and address


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


def details_of(run: Import, show: str) -> Details | None:
    """What the tab called `show` tells, or the first that tells something; None where there is nothing to tell."""
    counts = {
        "problems": (gettext("Problems"), run.failed),
        "changes": (gettext("Changes"), run.changed if run.is_dry_run else 0),
        "left": (gettext("Not taken"), run.conflicts),
        "new": (gettext("New"), run.created if run.is_dry_run else 0),
    }
    there = [name for name, (_, count) in counts.items() if count]
    if not there:
        return None
    current = show if show in there else there[0]
    url = reverse("import-run", args=[run.pk])
    tabs = [
        Tab(
            name, label, number_format(count, use_l10n=True, force_grouping=True), f"{url}?show={name}", name == current
        )
        for name, (label, count) in counts.items()
        if count
    ]
    entries = _entries(run, current)
    return Details(
        tabs=tabs,
        current=current,
        rows=[row for entry in entries for row in entry],
        shown=len(entries),
        count=counts[current][1],
        list_url=reverse("import-problems", args=[run.pk]) if current == "problems" else "",
        files=_files(run) if current == "problems" and leftovers.are_there(run) else (),
    )


def _files(run: Import) -> list[tuple[str, str]]:
    url, label = reverse("import-leftovers", args=[run.pk]), gettext("Entries to mend")
    tables = leftovers.tables_with_problems(run)[:SHOWN]
    found = [(label, url)] if leftovers.has_cards(run) else []
    if leftovers.has_entries(run):
        found.append((f"{label}: {gettext('Calendar')}", f"{url}?calendars=1"))
    return found + [(f"{label}: {run.files[at]['name']}", f"{url}?table={at}") for at in tables]


def keys_of(run: Import, by: Actor) -> list[Option]:
    """By what contacts can be recognised."""
    return key_options(run.space, by, run.key)


def rules_of(run: Import) -> list[Option]:
    """What can become of who is there."""
    return rule_options(run.rule)


def key_options(space: Space, by: Actor, chosen: str) -> list[Option]:
    named = [
        ("uid", gettext("Identity in the file (UID)")),
        ("email", gettext("E-mail address")),
        ("phone", gettext("Phone number")),
        ("external-id", gettext("Number in another system")),
    ]
    named += [(f"field:{field.key}", field.label) for field in fields_here(space, by)]
    return [Option(value, label, value == chosen) for value, label in named]


def rule_options(chosen: str) -> list[Option]:
    named = {
        Rule.KEEP: gettext("Leave as they are"),
        Rule.FILL: gettext("Fill what is empty"),
        Rule.ADD: gettext("Fill and add further values"),
        Rule.OVERWRITE: gettext("Overwrite what the file says"),
    }
    return [Option(rule.value, label, rule.value == chosen) for rule, label in named.items()]


def _entries(run: Import, tab: str) -> list[list[Row]]:
    if tab == "problems":
        found = run.problems.all()[:SHOWN]
        return [[Row(each.file, each.line, each.name, reason=reporting.reason_of(each))] for each in found]
    verdicts = ImportOutcome.Verdict
    asked: dict[str, Any] = {
        "changes": {"verdict": verdicts.CHANGED},
        "left": {"verdict__in": [verdicts.CHANGED, verdicts.LEFT]},
        "new": {"verdict": verdicts.NEW},
    }
    outcomes = run.outcomes.filter(**asked[tab])
    if tab == "left":
        outcomes = outcomes.exclude(left=[])
    return [list(_rows(each, tab)) for each in outcomes[:SHOWN]]


def _rows(outcome: ImportOutcome, tab: str) -> Iterator[Row]:
    where = (outcome.file, outcome.line, outcome.name)
    told = outcome.changes if tab == "changes" else outcome.left
    if tab == "new" or not told:
        yield Row(*where)
        return
    for name, label, before, after in told:
        yield Row(*where, _label(name, label), before, after)
        where = ("", 0, "")


def _label(name: str, label: str) -> str:
    return label if name == OWN_FIELD and label else label_told(name, label)
