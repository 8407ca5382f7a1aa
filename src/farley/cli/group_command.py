"""`farley group`: the groups of a space and who is in them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, contact_named, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.contacts.models import Contact
    from farley.journal.models import Batch
    from farley.spaces.models import Space


def add_to(commands: Any) -> None:
    parser = commands.add_parser("group", help="the groups of a space: make, rename, remove, who is in them")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _acting(verbs, "list", _list, "list the groups and how many contacts of the space are in each")
    add = _acting(verbs, "add", _add, "make a group")
    add.add_argument("name", metavar="NAME")
    rename = _acting(verbs, "rename", _rename, "call a group otherwise")
    rename.add_argument("group", metavar="GROUP", help="its name or UID")
    rename.add_argument("new", metavar="NEW")
    remove = _acting(verbs, "remove", _remove, "delete a group; its members stay")
    remove.add_argument("group", metavar="GROUP", help="its name or UID")
    members = _acting(verbs, "members", _members, "list the members in the order of the group, or change who is in it")
    members.add_argument("group", metavar="GROUP", help="its name or UID")
    members.add_argument("--add", metavar="UID", nargs="+", default=[], help="contacts of the same space")
    members.add_argument("--remove", metavar="UID", nargs="+", default=[])


def _acting(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("--space", metavar="NAME", required=True)
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who does it")
    parser.set_defaults(run=run)
    return parser


def _list(options: argparse.Namespace) -> int:
    from farley.contacts import grouping, links

    user, space = _asked(options)
    for group in grouping.of_space(space, by=user.actor):
        print(f"{links.count_members(group, by=user.actor)}\t{printable(group.full_name)}\t{printable(group.uid)}")
    return DONE


def _add(options: argparse.Namespace) -> int:
    from farley.contacts import grouping
    from farley.journal.models import Door

    user, space = _asked(options)
    if not options.name.strip():
        raise Refused("a group needs a name")

    def made(batch: Batch) -> str:
        return grouping.create(space, options.name.strip(), by=user.actor, door=Door.CLI, batch=batch).uid

    return _done(user, options.name, made, "made, with the UID {}")


def _rename(options: argparse.Namespace) -> int:
    from farley.contacts import grouping
    from farley.journal.models import Door

    user, space = _asked(options)
    group = _group(options.group, space, user)
    if not options.new.strip():
        raise Refused("a group needs a name")

    def renamed(batch: Batch) -> str:
        grouping.rename(group, options.new.strip(), by=user.actor, door=Door.CLI, batch=batch)
        return printable(options.new)

    return _done(user, group.full_name, renamed, "is called {} now")


def _remove(options: argparse.Namespace) -> int:
    from farley.contacts import operations
    from farley.journal.models import Door

    user, space = _asked(options)
    group = _group(options.group, space, user)

    def removed(batch: Batch) -> str:
        operations.delete([group], by=user.actor, door=Door.CLI, batch=batch)
        return ""

    return _done(user, group.full_name, removed, "deleted{}")


def _members(options: argparse.Namespace) -> int:
    from farley.contacts import grouping, links
    from farley.journal.models import Door

    user, space = _asked(options)
    group = _group(options.group, space, user)
    if not (options.add or options.remove):
        for member in links.members_in_order(group, by=user.actor):
            print(f"{printable(member.uid)}\t{printable(member.full_name)}")
        return DONE
    coming, going = ([contact_named(uid, user, space.name) for uid in uids] for uids in (options.add, options.remove))

    def changed(batch: Batch) -> str:
        added = grouping.add(group, coming, by=user.actor, door=Door.CLI, batch=batch) if coming else 0
        removed = grouping.remove(group, going, by=user.actor, door=Door.CLI, batch=batch) if going else 0
        return f"{added} added, {removed} taken out"

    return _done(user, group.full_name, changed, "{}")


def _done(user: User, title: str, act: Callable[[Batch], str], text: str) -> int:
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    with one_batch(Batch.Act.GROUP, by=user.actor, door=Door.CLI, title=title) as batch:
        told = act(batch)
    print(f"{printable(title)}: {text.format(told)}." + (f" (batch {batch.pk})" if batch.pk else ""))
    return DONE


def _asked(options: argparse.Namespace) -> tuple[User, Space]:
    user = user_named(options.user)
    return user, space_named(options.space, user)


def _group(name: str, space: Space, user: User) -> Contact:
    from farley.contacts import grouping

    group = grouping.find(space, name, by=user.actor)
    if group is None:
        raise Refused(
            f"no group, or several, are called {name!r} in {space.name}; `farley group list` shows their UIDs"
        )
    return group
