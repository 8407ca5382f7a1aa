"""`farley space`: who sees what."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, space_named, user_named

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.accounts.models import User
    from farley.accounts.teams import Team
    from farley.spaces.models import Membership, Space

ROLES = ["freebusy", "reader", "editor", "manager"]
COLOURS = ["plum", "clay", "ochre", "moss", "pine", "sky", "iris", "stone"]  # as spaces.models.Hue has them


def add_to(commands: Any) -> None:
    parser = commands.add_parser("space", help="spaces: who sees what")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a space; you become its manager")
    add.add_argument("name", metavar="NAME", help="unique short name: lower-case letters, digits, dots, hyphens")
    add.add_argument("--kind", required=True, choices=["private", "team", "company"])
    add.add_argument("--title", default="", help="as pages show it (default: made of the name)")
    add.add_argument("--colour", default="stone", choices=COLOURS)
    add.add_argument("--region", default="DE", help="country of its national phone numbers (default: DE)")
    add.add_argument("--as", dest="user", metavar="USER", required=True, help="who makes it")
    add.set_defaults(run=_add)
    show = verbs.add_parser("list", help="list the spaces, their kind and members")
    show.add_argument("--as", dest="user", metavar="USER", help="only those this person sees")
    show.set_defaults(run=_list)
    share = _acting(verbs, "share", _share, "give a person or a team a role in a space")
    share.add_argument("member", metavar="USER", nargs="?", help="who gets the role")
    share.add_argument("--team", metavar="TEAM", help="a team instead of a person")
    share.add_argument("--role", required=True, choices=ROLES)
    unshare = _acting(verbs, "unshare", _unshare, "take a role away that a person or a team was given")
    unshare.add_argument("member", metavar="USER", nargs="?")
    unshare.add_argument("--team", metavar="TEAM")
    change = _acting(verbs, "change", _change, "give a space another title, colour or region")
    change.add_argument("--title")
    change.add_argument("--colour", choices=COLOURS)
    change.add_argument("--region", help="country of its national phone numbers")
    _acting(verbs, "archive", _archive, "close a space to changes and take it out of lists")
    _acting(verbs, "revive", _revive, "bring an archived space back")
    invite = _acting(verbs, "invite", _invite, "make an invitation link; it is printed alone, and only now")
    invite.add_argument("--role", default="reader", choices=["freebusy", "reader", "editor"])
    invite.add_argument("--uses", type=int, default=1, help="how many people it lets in (default: 1)")
    invite.add_argument("--days", type=int, default=7, help="how long it is valid (default: 7)")
    _acting(verbs, "invitations", _invitations, "list the invitation links that are open")
    revoke = _acting(verbs, "revoke", _revoke, "end an invitation link")
    revoke.add_argument("number", metavar="NUMBER", type=int, help="as `farley space invitations` shows it")
    _acting(verbs, "home", _home, "have one's own new contacts go to a space")


def _acting(verbs: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who does it: a manager of the space")
    parser.set_defaults(run=run)
    return parser


def _add(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.models import Space
    from farley.spaces.operations import create

    space = create(
        options.name,
        Space.Kind[options.kind.upper()],
        by=user_named(options.user).actor,
        title=options.title,
        region=options.region,
        hue=options.colour,
        door=Door.CLI,
    )
    print(f"The {options.kind} space {space.name} is made; {options.user} manages it.")
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.accounts.roles import Role
    from farley.spaces.models import Space

    spaces = Space.objects.order_by("name").prefetch_related("memberships__user", "memberships__team")
    if options.user:
        spaces = spaces.visible_to(user_named(options.user).actor)
    for space in spaces:
        members = sorted(f"{_name_of(m)}={Role(m.role).word}" for m in space.memberships.all())
        kind = Space.Kind(space.kind).name.lower()
        archived = ["archived"] if space.archived_at else []
        print("\t".join([space.name, kind, space.title, " ".join(members), *archived]))
    return DONE


def _name_of(membership: Membership) -> str:
    return membership.user.name if membership.user else f"team:{membership.team.name if membership.team else ''}"


def _share(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.accounts.roles import Role
    from farley.spaces.operations import share

    space, acting = _asked(options)
    member = _member(options)
    share(space, member, Role[options.role.upper()], by=acting, door=Door.CLI)
    print(f"{member.name} is {options.role} of {space.name}.")
    return DONE


def _unshare(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.operations import unshare

    space, acting = _asked(options)
    member = _member(options, is_closed_too=True)
    if not unshare(space, member, by=acting, door=Door.CLI):
        raise Refused(f"{member.name} was given no role in {space.name}")
    print(f"{member.name} has no role in {space.name} any more.")
    return DONE


def _change(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.operations import change

    space, acting = _asked(options)
    space = change(space, title=options.title, hue=options.colour, region=options.region, by=acting, door=Door.CLI)
    print(f"{space.name}: {space.title}, {space.hue}, {space.default_region}")
    return DONE


def _archive(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.operations import archive

    space, acting = _asked(options)
    archive(space, by=acting, door=Door.CLI)
    print(f"{space.name} is archived.")
    return DONE


def _revive(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.operations import revive

    space, acting = _asked(options)
    revive(space, by=acting, door=Door.CLI)
    print(f"{space.name} is in use again.")
    return DONE


def _invite(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.accounts.roles import Role
    from farley.configuration import load
    from farley.spaces.invitations import invite

    space, acting = _asked(options)
    role = Role[options.role.upper()]
    _made, token = invite(space, role, max_uses=options.uses, days=options.days, by=acting, door=Door.CLI)
    print(f"{load().url.rstrip('/')}/join/{token}/")
    return DONE


def _invitations(options: argparse.Namespace) -> int:
    from django.utils.timezone import localtime

    from farley.accounts.roles import Role
    from farley.spaces.invitations import open_in

    space, acting = _asked(options)
    for made in open_in(space, by=acting):
        until = localtime(made.expires_at).strftime("%Y-%m-%d %H:%M")
        used = f"{made.uses}/{made.max_uses}"
        print("\t".join([str(made.pk), Role(made.role).word, used, until, made.made_by.name]))
    return DONE


def _revoke(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.spaces.invitations import open_in, revoke

    space, acting = _asked(options)
    made = next((each for each in open_in(space, by=acting) if each.pk == options.number), None)
    if made is None:
        raise Refused(f"{space.name} has no open invitation {options.number}")
    revoke(made, by=acting, door=Door.CLI)
    print("The link lets nobody in any more.")
    return DONE


def _home(options: argparse.Namespace) -> int:
    from farley.spaces.operations import set_home

    space, acting = _asked(options)
    set_home(space, by=acting)
    print(f"New contacts of {options.user} go to {space.name}.")
    return DONE


def _asked(options: argparse.Namespace) -> tuple[Space, Actor]:
    acting = user_named(options.user)
    return space_named(options.name, acting), acting.actor


def _member(options: argparse.Namespace, *, is_closed_too: bool = False) -> User | Team:
    """Whom the command names. Raises Refused."""
    from farley.accounts.actor import Actor, ActorKind
    from farley.accounts.teams import NoSuchTeam, find

    if bool(options.member) == bool(options.team):
        raise Refused("name either a person or a team with --team")
    if options.member:
        return user_named(options.member, is_closed_too=is_closed_too)
    try:
        return find(options.team, by=Actor(ActorKind.SYSTEM, None, "command line"))
    except NoSuchTeam as error:
        raise Refused(f"there is no team {options.team!r}; `farley team list` shows all of them") from error
