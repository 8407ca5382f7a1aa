"""`farley tag`: the tags of a space."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.progress import Progress
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.contacts.bulk import Job


def add_to(commands: Any) -> None:
    parser = commands.add_parser("tag", help="the tags of a space: count, rename, merge, delete")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _acting(verbs, "list", _list, "list the tags, how many contacts have each (beyond 1,000: 1000+), and the colours")
    rename = _acting(verbs, "rename", _rename, "call a tag otherwise, on the cards of all who have it")
    rename.add_argument("tag", metavar="TAG")
    rename.add_argument("new", metavar="NEW")
    merge = _acting(verbs, "merge", _merge, "make one tag of two: who has TAG has INTO instead")
    merge.add_argument("tag", metavar="TAG")
    merge.add_argument("into", metavar="INTO")
    colour = _acting(
        verbs, "colour", _colour, "give a tag a colour, which keeps it when nobody has it; none: take it away"
    )
    colour.add_argument("tag", metavar="TAG")
    colour.add_argument("colour", metavar="COLOUR")
    delete = _acting(verbs, "delete", _delete, "take a tag off all who have it")
    delete.add_argument("tag", metavar="TAG")


def _acting(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("--space", metavar="NAME", required=True)
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who does it")
    parser.set_defaults(run=run)
    return parser


def _list(options: argparse.Namespace) -> int:
    from farley.contacts import tagging
    from farley.lists.paging import EXACT_TO

    space = space_named(options.space, user_named(options.user))
    behind = ""
    while found := tagging.uses(space, behind=behind):
        for use in found:
            count = f"{EXACT_TO}+" if use.count > EXACT_TO else str(use.count)
            print("\t".join([count, printable(use.name), *([use.hue] if use.hue else [])]))
        behind = found[-1].name
    return DONE


def _rename(options: argparse.Namespace) -> int:
    return _renamed(options, options.new, is_merge=False)


def _merge(options: argparse.Namespace) -> int:
    return _renamed(options, options.into, is_merge=True)


def _renamed(options: argparse.Namespace, new: str, *, is_merge: bool) -> int:
    from farley.contacts import tagging
    from farley.contacts.tagging import NoSuchTag
    from farley.journal.models import Door

    user = user_named(options.user)
    space = space_named(options.space, user)
    try:
        if is_merge:
            tagging.find(space, new)
        count = tagging.count(space, options.tag)
        job = tagging.rename(space, options.tag, new, by=user.actor, door=Door.CLI)
    except NoSuchTag as error:
        raise Refused(_no_tag(error.name, options.space)) from error
    return _carry_out(job, count, f"{options.tag} is called {new} now")


def _delete(options: argparse.Namespace) -> int:
    from farley.contacts import tagging
    from farley.contacts.tagging import NoSuchTag
    from farley.journal.models import Door

    user = user_named(options.user)
    space = space_named(options.space, user)
    count = tagging.count(space, options.tag)
    try:
        job = tagging.delete(space, options.tag, by=user.actor, door=Door.CLI)
    except NoSuchTag as error:
        raise Refused(_no_tag(error.name, options.space)) from error
    return _carry_out(job, count, f"{options.tag} is deleted")


def _colour(options: argparse.Namespace) -> int:
    from farley.contacts import tagging
    from farley.journal.models import Door
    from farley.spaces.models import Hue

    if options.colour not in {"none", *Hue.values}:
        raise Refused(f"there is no colour {options.colour!r}; there are: none, {', '.join(Hue.values)}")
    user = user_named(options.user)
    hue = "" if options.colour == "none" else options.colour
    batch = tagging.colour(space_named(options.space, user), options.tag, hue, by=user.actor, door=Door.CLI)
    print(f"{printable(options.tag)}: {options.colour}." + (f" (batch {batch.pk})" if batch.pk else ""))
    return DONE


def _carry_out(job: Job, count: int, done: str) -> int:
    from farley.contacts import bulk
    from farley.journal.models import Door
    from farley.journal.undo import left_out

    progress = Progress("Changing", count, "contacts")
    bulk.carry_out(job.batch, job.deed, job.selection, door=Door.CLI, progress=progress.at)
    progress.end()
    left = left_out(job.batch, by=job.selection.by)
    for record in left:
        print(f"{printable(record.label) or record.subject}: left as it is ({record.reason})", file=sys.stderr)
    job.batch.refresh_from_db()
    print(f"{printable(done)}, {job.batch.size} changes. (batch {job.batch.pk})")
    return SOME_PROBLEMS if left else DONE


def _no_tag(name: str, space: str) -> str:
    return f"there is no tag {name!r} in {space}; `farley tag list` shows all of them"
