"""`farley undo`: take a batch back."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from farley.cli.command import DONE, SOME_PROBLEMS, user_named
from farley.cli.progress import Progress
from farley.cli.text import printable

REASONS = {
    "changed": "was changed since and stays as it is",
    "taken": "stays as it is: its UID belongs to another contact by now",
    "gone": "is not there any more",
}


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "undo",
        help="undo an import or another act",
        description=(
            "Undo a batch: former contents and own fields come back exactly. What was changed since is left as it is"
            " and listed. The undo is a batch of its own and can be undone in turn."
        ),
    )
    parser.add_argument("batch", metavar="BATCH", type=int, help="its number, as import and history print it")
    parser.add_argument("--as", dest="user", required=True, metavar="USER", help="an editor of the spaces it touched")
    parser.set_defaults(run=_undo)


def _undo(options: argparse.Namespace) -> int:
    from farley.exchange.importing import take_back
    from farley.journal.models import Door
    from farley.journal.undo import find_batch

    user = user_named(options.user)
    batch = find_batch(options.batch, by=user.actor)
    progress = Progress("Undoing", batch.size, "changes")
    done = 0

    def advanced(changes: int) -> None:
        nonlocal done
        done += changes
        progress.at(done)

    result = take_back(batch, by=user.actor, door=Door.CLI, progress=advanced)
    progress.end()
    for kept in result.kept:
        print(f"{printable(kept.label) or kept.subject}: {REASONS[kept.reason]}", file=sys.stderr)
    print(f"{result.restored} put back, {len(result.kept)} left as they are. (batch {result.batch.pk})")
    return SOME_PROBLEMS if result.kept else DONE
