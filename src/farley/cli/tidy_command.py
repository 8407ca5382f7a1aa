"""`farley tidy`: mend what is untidy in the contacts of a space."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, NOTHING_CHANGED, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.progress import Progress
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.journal.models import Batch
    from farley.tidying.models import TidyRun


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "tidy",
        help="mend phone numbers, names, blanks, countries and mistyped addresses in a space",
        description=(
            "Look through the contacts of a space and print each value as it is and as it would be; with --apply, do"
            " exactly that, as one act that farley undo takes back. What is not sure is marked with a question mark,"
            " and only done with --unsure."
        ),
    )
    parser.add_argument("--space", metavar="NAME", required=True)
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="an editor of the space")
    parser.add_argument(
        "--rules",
        metavar="RULES",
        help="what to look for, by commas: phones, case, spaces, names, countries, emails, empty, photos (all)",
    )
    parser.add_argument("--apply", action="store_true", help="do it; else nothing is changed")
    parser.add_argument("--unsure", action="store_true", help="with --apply: also what is not sure")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=_tidy)


def _tidy(options: argparse.Namespace) -> int:
    from farley.journal.models import Door
    from farley.tidying import operations
    from farley.tidying.proposing import Rule

    named = [each.strip() for each in (options.rules or ",".join(Rule)).split(",")]
    if unknown := [each for each in named if each not in set(Rule)]:
        raise Refused(f"there is no rule {unknown[0]!r}; there are: {', '.join(Rule)}")
    user = user_named(options.user)
    space = space_named(options.space, user)
    run = operations.start(space, [Rule(each) for each in named], by=user.actor, door=Door.CLI)
    progress = Progress("Looking", run.total, "contacts")
    operations.look(run, progress=progress.at)
    progress.end()
    found = _print(run, is_json=options.json)
    if not found:
        print("All is tidy.", file=sys.stderr)
        return DONE
    if not options.apply:
        print(f"{found} values would be tidier; --apply does what is listed.", file=sys.stderr)
        return DONE
    if options.unsure:
        operations.choose(run, run.findings.values_list("pk", flat=True), is_chosen=True)
    return _apply(run, by=user.actor)


def _print(run: TidyRun, *, is_json: bool) -> int:
    count = 0
    for each in run.findings.order_by("pk").iterator(500):
        count += 1
        if is_json:
            said = {"contact": each.contact_id, "name": each.contact_name, "field": each.name}
            said |= {"rules": each.rules.split(), "before": each.before, "after": each.after, "sure": each.is_chosen}
            print(json.dumps(said, ensure_ascii=False))
            continue
        mark = " " if each.is_chosen else "?"
        print(printable(f"{mark} {each.contact_name or '–'}: {each.name}: {each.before} -> {each.after or '(goes)'}"))
    return count


def _apply(run: TidyRun, *, by: Actor) -> int:
    from farley.journal.models import LeftOut
    from farley.tidying import operations

    wanted = run.findings.filter(is_chosen=True).values("contact_id").distinct().count()
    batch = operations.begin(run, title=f"tidy {run.space.name}", by=by)
    progress = Progress("Tidying", wanted, "contacts")
    operations.tidy(run, by=by, progress=progress.at)
    progress.end()
    batch.refresh_from_db()
    if run.state == run.State.FAILED:
        print(f"You may not change this space any more. {_done(batch, run)}", file=sys.stderr)
        return SOME_PROBLEMS if batch.size else NOTHING_CHANGED
    left = LeftOut.objects.filter(batch=batch).count()
    print(_done(batch, run), file=sys.stderr)
    if left:
        print(f"{left} contacts were changed by somebody else meanwhile and are left as they are.", file=sys.stderr)
    return SOME_PROBLEMS if left else DONE


def _done(batch: Batch, run: TidyRun) -> str:
    return f"{batch.size} contacts tidied. Undo: farley undo {batch.pk} --as {run.user.name}"
