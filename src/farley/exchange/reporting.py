"""What becomes of the entries of an import: counted, kept for its page, and told in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

from farley.codecs.unreadable import Unreadable
from farley.contacts.comparing import Difference
from farley.contacts.storing import KnownAlready, Problem, Stored, TooLarge, UidConflict
from farley.exchange import calendar_entries
from farley.exchange.models import Import, ImportOutcome, ImportProblem
from farley.exchange.updating import MatchedAgain, SeveralFit, Told

TOLD = 1000  # changes that a check tells field by field; it counts them all
NAMED = 50  # new contacts that a check names
COUNTS = ("created", "changed", "unchanged", "failed", "conflicts", "entries", "octets")
REASONS = {
    "invalid": gettext_noop("%(reason)s"),
    "twice": gettext_noop("The same UID stands in this import twice; the first card is in, this one is not."),
    "taken": gettext_noop(
        "Its UID belongs to “%(name)s” in this space already, with other contents; the stored contact stays as it is."
    ),
    "known": gettext_noop(
        "By its %(prop)s it is “%(name)s”, who is in this space already with other contents; the stored contact stays "
        "as it is."
    ),
    "large": gettext_noop("The %(what)s is longer than %(limit)s."),
    "several": gettext_noop("By its %(prop)s it may be any of these contacts: %(names)s. None of them was changed."),
    "again": gettext_noop(
        "By its %(prop)s it is “%(name)s”, whom an entry before it in this import made or changed; this one is not in."
    ),
}
REASONS |= calendar_entries.REASONS
KEYS = {
    "uid": gettext_noop("UID"),
    "external-id": gettext_noop("number in another system"),
    "email": gettext_noop("e-mail address"),
    "phone": gettext_noop("phone number"),
}
FAILURES = {
    "file": gettext_noop("One of the files cannot be read any more."),
    "database": gettext_noop("The database refused to store what was in it."),
    "role": gettext_noop("You may not change this space any more."),
    "calendar": gettext_noop("The calendar is not there any more."),
    "key": gettext_noop("The own field by which contacts were to be recognised is not there any more."),
    "killed": gettext_noop("The server was ended several times while it worked on it."),
}


_TOO_LARGE = re.compile(r"this vCard is larger than ([\d,]+) octets")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry. `what`: `new`, `changed`, `unchanged`, or the code of its problem."""

    file: str
    line: int
    name: str
    what: str
    changes: Sequence[Difference] = ()
    left: Sequence[Difference] = ()  # of what it says: what stays instead, and what was not taken
    problem: ImportProblem | None = None


Tell = Callable[[Verdict], None]


def reason_of(problem: ImportProblem) -> str:
    """Why the entry did not come in, in the active language."""
    details = dict(problem.details)
    if problem.code == "invalid":
        if too_large := _TOO_LARGE.fullmatch(details["reason"]):  # the codec's words have a number in them
            limit = number_format(int(too_large[1].replace(",", "")), force_grouping=True)
            return gettext("this vCard is larger than {limit} octets").format(limit=limit)
        return gettext(details["reason"])
    if word := KEYS.get(details.get("prop", "")):
        details["prop"] = gettext(word)
    return gettext(REASONS[problem.code]) % details


def failure_of(run: Import) -> str:
    """Why the import as a whole failed, in the active language; empty for one that did not."""
    return gettext(FAILURES[run.error]) if run.error else ""


class Report:
    """What is counted, kept and told of the entries of one chunk."""

    def __init__(self, run: Import, index: int, tell: Tell | None) -> None:
        self.run, self.file, self.tell = run, run.files[index]["name"], tell
        self.problems: list[ImportProblem] = []
        self.outcomes: list[ImportOutcome] = []

    def comes_in(self, line: int, name: str, result: Stored) -> None:
        run = self.run
        if result.created and run.is_dry_run and run.created < NAMED:
            verdict = ImportOutcome.Verdict.NEW
            self.outcomes.append(ImportOutcome(run=run, file=self.file, line=line, name=name[:200], verdict=verdict))
        run.created += result.created
        run.changed += result.changed and not result.created
        run.unchanged += not result.changed
        if self.tell is not None:
            what = "new" if result.created else "changed" if result.changed else "unchanged"
            self.tell(Verdict(self.file, line, name, what))

    def changes(self, line: int, told: Told, result: Stored) -> None:
        """An entry about somebody who is here."""
        run = self.run
        self.outcomes += _outcome(run, self.file, line, told, result)
        run.changed += result.changed
        run.unchanged += not result.changed
        run.conflicts += bool(told.left)
        if self.tell is not None:
            what = "changed" if result.changed else "unchanged"
            self.tell(Verdict(self.file, line, told.name, what, told.changes, told.left))

    def stays_out(self, line: int, name: str, code: str, details: dict[str, Any]) -> None:
        problem = ImportProblem(run=self.run, file=self.file, line=line, name=name[:200], code=code, details=details)
        self.problems.append(problem)
        self.run.failed += 1
        if self.tell is not None:
            self.tell(Verdict(self.file, line, name, code, problem=problem))

    def write(self, count: int, octets: int) -> None:
        ImportProblem.objects.bulk_create(self.problems)
        ImportOutcome.objects.bulk_create(self.outcomes)
        self.run.entries += count
        self.run.octets += octets
        self.run.save(update_fields=COUNTS)


def _outcome(run: Import, file: str, line: int, told: Told, result: Stored) -> list[ImportOutcome]:
    """What is kept of an entry about somebody who is here; of what changed the journal tells once it is done."""
    tells_changes = run.is_dry_run and result.changed and run.changed < TOLD
    if not tells_changes and not told.left:
        return []
    return [
        ImportOutcome(
            run=run,
            file=file,
            line=line,
            name=told.name[:200],
            verdict=ImportOutcome.Verdict.CHANGED if result.changed else ImportOutcome.Verdict.LEFT,
            changes=[astuple(each) for each in told.changes] if tells_changes else [],
            left=[astuple(each) for each in told.left],
        )
    ]


def problem_of(problem: Problem, mine: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The code of REASONS, and what fills it in."""
    if isinstance(problem, Unreadable):
        return "invalid", {"reason": problem.reason}
    if isinstance(problem, UidConflict):
        return "twice" if problem.href in mine else "taken", {"uid": problem.uid, "name": problem.name}
    if isinstance(problem, MatchedAgain):
        return "twice" if problem.key == "uid" else "again", {"prop": problem.key, "name": problem.name}
    if isinstance(problem, SeveralFit):
        return "several", {"prop": problem.key, "names": ", ".join(f"“{name}”" for name in problem.names)}
    if isinstance(problem, KnownAlready):
        return "known", {"prop": problem.prop, "name": problem.name}
    if isinstance(problem, TooLarge):
        return "large", {"what": problem.what, "limit": problem.limit}
    raise problem
