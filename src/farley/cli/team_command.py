"""`farley team`: people who are given a role together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, user_named

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.accounts.teams import Team


def add_to(commands: Any) -> None:
    parser = commands.add_parser("team", help="teams: people who are given a role together")
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=text)
        added.add_argument("--as", dest="user", metavar="USER", help="an administrator (default: the server itself)")
        added.set_defaults(run=run)
        return added

    add = verb("add", _add, "make an empty team")
    add.add_argument("name", metavar="NAME", help="unique short name: lower-case letters, digits, dots, hyphens")
    add.add_argument("--title", default="", help="as pages show it (default: made of the name)")
    verb("list", _list, "list the teams and who is in them")
    for name, run, text in (
        ("add-member", _add_member, "take a person into a team"),
        ("remove-member", _remove_member, "take a person out of a team"),
    ):
        changed = verb(name, run, text)
        changed.add_argument("name", metavar="NAME")
        changed.add_argument("member", metavar="USER")
    rename = verb("rename", _rename, "give a team another title; its short name stays")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("title", metavar="TITLE")
    remove = verb("remove", _remove, "dissolve a team; what was given to it ends")
    remove.add_argument("name", metavar="NAME")


def _add(options: argparse.Namespace) -> int:
    from farley.accounts import teams
    from farley.accounts.doors import Door

    try:
        team = teams.create(options.name, by=_acting(options), title=options.title, door=Door.CLI)
    except (teams.TeamNameTaken, teams.NotAnAdministrator) as error:
        raise _refused(error, options) from error
    print(f"The team {team.name} is made; nobody is in it yet.")
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.accounts.teams import Team

    for team in Team.objects.known_to(_acting(options)).order_by("name").prefetch_related("members__user"):
        members = sorted(member.user.name for member in team.members.all())
        print("\t".join([team.name, team.title, " ".join(members)]).rstrip())
    return DONE


def _add_member(options: argparse.Namespace) -> int:
    from farley.accounts import teams
    from farley.accounts.doors import Door

    member = user_named(options.member)
    try:
        is_new = teams.add_member(_team(options), member, by=_acting(options), door=Door.CLI)
    except teams.NotAnAdministrator as error:
        raise _refused(error, options) from error
    print(f"{member.name} is in {options.name}{'' if is_new else ' already'}.")
    return DONE


def _remove_member(options: argparse.Namespace) -> int:
    from farley.accounts import teams
    from farley.accounts.doors import Door
    from farley.accounts.models import User

    team = _team(options)
    member = User.objects.filter(name=options.member, teams__team=team).first()  # one whose account is closed, too
    if member is None:
        raise Refused(f"{options.member} is not in {team.name}")
    try:
        teams.remove_member(team, member, by=_acting(options), door=Door.CLI)
    except teams.NotAnAdministrator as error:
        raise _refused(error, options) from error
    print(f"{member.name} is not in {team.name} any more.")
    return DONE


def _rename(options: argparse.Namespace) -> int:
    from farley.accounts import teams
    from farley.accounts.doors import Door

    team = _team(options)
    try:
        teams.rename(team, options.title, by=_acting(options), door=Door.CLI)
    except teams.NotAnAdministrator as error:
        raise _refused(error, options) from error
    print(f"{team.name}: {team.title}")
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from farley.accounts import teams
    from farley.accounts.doors import Door

    try:
        teams.remove(_team(options), by=_acting(options), door=Door.CLI)
    except teams.NotAnAdministrator as error:
        raise _refused(error, options) from error
    print(f"The team {options.name} is dissolved.")
    return DONE


def _acting(options: argparse.Namespace) -> Actor:
    from farley.accounts.actor import Actor, ActorKind

    return user_named(options.user).actor if options.user else Actor(ActorKind.SYSTEM, None, "command line")


def _team(options: argparse.Namespace) -> Team:
    from farley.accounts import teams

    try:
        return teams.find(options.name, by=_acting(options))
    except teams.NoSuchTeam as error:
        raise Refused(f"there is no team {options.name!r}; `farley team list` shows all of them") from error


def _refused(error: Exception, options: argparse.Namespace) -> Refused:
    return Refused(str(error) or f"{options.user} is no administrator: only these change teams")
