"""`farley retain`: carry out the spaces' rules of how long things are kept."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE, Refused, space_named, user_named


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "retain",
        help="erase what the spaces' rules keep no longer",
        description=(
            "Erase what was deleted of contacts and calendars, and versions that were replaced, longer ago than their"
            " space keeps them; every night this happens by itself. With --space and --as: set a space's rule instead."
            " Nothing of this can be undone; --dry-run only counts."
        ),
    )
    parser.add_argument("--dry-run", action="store_true", help="only say how much would go")
    parser.add_argument("--space", metavar="NAME", help="set the rule of this space")
    parser.add_argument("--as", dest="user", metavar="USER", help="a manager of the space")
    parser.add_argument("--deleted", metavar="DAYS", help="keep deleted contacts so long, or `forever`")
    parser.add_argument("--versions", metavar="DAYS", help="keep former versions so long, or `forever`")
    parser.set_defaults(run=_retain)


def _retain(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.contacts.retaining import Retention, retain

    if options.space:
        return _set(options)
    if options.user or options.deleted or options.versions:
        raise Refused("--as, --deleted and --versions belong to --space")
    rules = list(Retention.objects.select_related("space").order_by("space__name"))
    for kept in retain(rules, dry_run=options.dry_run, door=Door.CLI):
        counts = (
            f"{kept.contacts} deleted contacts",
            f"{kept.others} other records",
            f"{kept.versions} former versions",
        )
        print("\t".join((kept.space.name, *counts)))
    print("Nothing was erased: a dry run." if options.dry_run else f"{len(rules)} rules carried out.")
    return DONE


def _set(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.contacts.retaining import MAX_DAYS, NoRetention, Retention, set_rule

    if not options.user or not (options.deleted or options.versions) or options.dry_run:
        raise Refused("--space goes with --as and with --deleted or --versions")
    user = user_named(options.user)
    space = space_named(options.space, user)
    rule = Retention.objects.filter(space=space).first() or Retention(space=space)
    try:
        deleted = _days(options.deleted) if options.deleted else rule.deleted_days
        versions = _days(options.versions) if options.versions else rule.versions_days
        set_rule(space, deleted_days=deleted, versions_days=versions, by=user.actor, door=Door.CLI)
    except NoRetention:
        raise Refused(f"--deleted and --versions are days, 1 to {MAX_DAYS}, or `forever`") from None
    print(f"{space.name} keeps deleted contacts {_told(deleted)} and former versions {_told(versions)}.")
    return DONE


def _days(text: str) -> int | None:
    from farley.contacts.retaining import NoRetention

    if text == "forever":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise NoRetention
    return int(text)


def _told(days: int | None) -> str:
    return "for ever" if days is None else f"for {days} days"
