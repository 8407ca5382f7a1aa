"""`farley space`: who sees what."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE, space_named, user_named


def add_to(commands: Any) -> None:
    parser = commands.add_parser("space", help="spaces: who sees what")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a space; you become its manager")
    add.add_argument("name", metavar="NAME", help="unique short name: lower-case letters, digits, dots, hyphens")
    add.add_argument("--kind", required=True, choices=["private", "team", "company"])
    add.add_argument("--title", default="", help="as pages show it (default: made of the name)")
    add.add_argument("--region", default="DE", help="country of its national phone numbers (default: DE)")
    add.add_argument("--as", dest="user", metavar="USER", required=True, help="who makes it")
    add.set_defaults(run=_add)
    show = verbs.add_parser("list", help="list the spaces, their kind and members")
    show.add_argument("--as", dest="user", metavar="USER", help="only those this person sees")
    show.set_defaults(run=_list)
    share = verbs.add_parser("share", help="give a person a role in a space")
    share.add_argument("name", metavar="NAME")
    share.add_argument("member", metavar="USER", help="who gets the role")
    share.add_argument("--role", required=True, choices=["reader", "editor", "manager"])
    share.add_argument("--as", dest="user", metavar="USER", required=True, help="a manager of the space")
    share.set_defaults(run=_share)


def _add(options: argparse.Namespace) -> int:
    from farley.spaces.models import Space
    from farley.spaces.operations import create

    space = create(
        options.name,
        Space.Kind[options.kind.upper()],
        by=user_named(options.user).actor,
        title=options.title,
        region=options.region,
    )
    print(f"The {options.kind} space {space.name} is made; {options.user} manages it.")
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.accounts.roles import Role
    from farley.spaces.models import Space

    spaces = Space.objects.order_by("name").prefetch_related("memberships__user")
    if options.user:
        spaces = spaces.visible_to(user_named(options.user).actor)
    for space in spaces:
        members = sorted(f"{m.user or m.team}={Role(m.role).word}" for m in space.memberships.all())
        print("\t".join([space.name, Space.Kind(space.kind).name.lower(), space.title, " ".join(members)]))
    return DONE


def _share(options: argparse.Namespace) -> int:
    from farley.accounts.roles import Role
    from farley.spaces.operations import share

    acting = user_named(options.user)
    space = space_named(options.name, acting)
    share(space, user_named(options.member), Role[options.role.upper()], by=acting.actor)
    print(f"{options.member} is {options.role} of {space.name}.")
    return DONE
