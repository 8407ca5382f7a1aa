"""`farley calendar`: the calendars of a space."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.calendars.models import Calendar


def add_to(commands: Any) -> None:
    parser = commands.add_parser("calendar", help="the calendars of a space: make, list, remove")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a calendar for events, or a list of tasks")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--tasks", action="store_true", help="for tasks instead of events")
    add.add_argument("--colour", metavar="#RRGGBB", default="")
    _asked(add, _add, is_space_needed=True)
    _asked(verbs.add_parser("list", help="list calendars, what they take and their addresses"), _list)
    remove = verbs.add_parser("remove", help="delete a calendar and what is in it; `farley undo` brings it back")
    remove.add_argument("name", metavar="NAME", help="its name, or the last part of its address")
    _asked(remove, _remove)


def _asked(parser: argparse.ArgumentParser, run: Any, *, is_space_needed: bool = False) -> None:
    parser.add_argument("--space", metavar="NAME", required=is_space_needed)
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who does it")
    parser.set_defaults(run=run)


def _add(options: argparse.Namespace) -> int:
    from farley.calendars import operations
    from farley.calendars.models import Components
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    user = user_named(options.user)
    space = space_named(options.space, user)
    components = Components.TASKS if options.tasks else Components.EVENTS
    with one_batch(Batch.Act.CREATE, by=user.actor, door=Door.CLI, title=options.name) as batch:
        calendar = operations.create(
            space,
            options.name,
            components=components,
            colour=options.colour,
            by=user.actor,
            door=Door.CLI,
            batch=batch,
        )
    print(f"{printable(calendar.name)}: made, at {calendar.slug} (batch {batch.pk})")
    return DONE


def _list(options: argparse.Namespace) -> int:
    for calendar in _seen(options, user_named(options.user)).select_related("space").in_order():
        takes = "+".join(bit.name.lower() for bit in calendar.takes if bit.name)
        state = "\tarchived" if calendar.archived_at else ""
        print(f"{calendar.space.name}\t{printable(calendar.name)}\t{takes}\t{calendar.slug}{state}")
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from farley.calendars import operations
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    user = user_named(options.user)
    calendar = calendar_named(options.name, user, options.space)
    with one_batch(Batch.Act.DELETE, by=user.actor, door=Door.CLI, title=calendar.name) as batch:
        operations.delete(calendar, by=user.actor, door=Door.CLI, batch=batch)
    print(f"{printable(calendar.name)}: deleted (batch {batch.pk})")
    return DONE


def calendar_named(name: str, user: User, space: str | None) -> Calendar:
    """The calendar of this name or address that `user` sees, in the space of this name or the only one.

    Raises NoSuchSpace, Refused.
    """
    from farley.calendars.models import Calendar

    seen = Calendar.objects.visible_to(user.actor).select_related("space")
    if space:
        seen = seen.filter(space=space_named(space, user))
    found = list(seen.filter(slug=name)) or list(seen.filter(name=name))
    if not found:
        raise Refused(f"no calendar {name!r} that {user.name} sees; `farley calendar list` shows all of them")
    if len(found) > 1:
        told = ", ".join(f"{calendar.space.name}: {calendar.slug}" for calendar in found)
        raise Refused(f"several calendars are called {name!r}: give --space, or the address of one ({told})")
    return found[0]


def _seen(options: argparse.Namespace, user: User) -> Any:
    from farley.calendars.models import Calendar

    seen = Calendar.objects.visible_to(user.actor)
    return seen.filter(space=space_named(options.space, user)) if options.space else seen
