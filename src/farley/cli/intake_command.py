"""`farley intake`: files that come into a space by themselves, out of a watched folder or from an address."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.exchange.mapping import Mapping
    from farley.intake.models import RegularImport

EVERY = {"15min": 15, "hour": 60, "6hours": 360, "day": 1440}
SETTLING_S = 2.0  # between the two looks of one command: a file that is still written changes


def add_to(commands: Any) -> None:
    parser = commands.add_parser("intake", help="import files that are laid into a folder, or fetched from an address")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="watch a folder, which it names; with --url fetch from an address instead")
    add.add_argument("name", metavar="NAME", help="what to call it")
    add.add_argument("--url", metavar="ADDRESS", help="of the file; read from standard input where it is -")
    add.add_argument("--every", choices=list(EVERY), default="day", help="how often it is fetched (%(default)s)")
    add.add_argument("--map", metavar="MAP", type=Path, help="what the columns of a table become (JSON)")
    add.add_argument("--key", default="uid", metavar="KEY", help="as of `farley import`")
    add.add_argument("--rule", choices=["keep", "overwrite", "fill", "add"], default="keep", help="likewise")
    show = verbs.add_parser("list", help="list name, space, folder or host, state and last look")
    run = verbs.add_parser("run", help="look now, and import what there is")
    pause = verbs.add_parser("pause", help="let it run no more by itself")
    resume = verbs.add_parser("resume", help="let it run by itself again")
    remove = verbs.add_parser("remove", help="end it; what it brought stays, and so does the folder")
    for verb in (run, pause, resume, remove):
        verb.add_argument("name", metavar="NAME")
    for verb in (add, show, run, pause, resume, remove):
        verb.add_argument("--space", metavar="SPACE", required=verb is not show, help="which space it belongs to")
        verb.add_argument("--as", dest="actor", metavar="USER", required=True, help="who manages the space")
    for verb, act in ((add, _add), (show, _list), (run, _run), (pause, _pause), (resume, _resume), (remove, _remove)):
        verb.set_defaults(run=act)


def _add(options: argparse.Namespace) -> int:
    from django.core.exceptions import ValidationError

    from farley.accounts.doors import Door
    from farley.contacts.combining import Rule
    from farley.intake import operations
    from farley.intake.wording import trouble
    from farley.mirrors.reaching import Unreachable

    user = user_named(options.actor)
    space = space_named(options.space, user)
    asked: dict[str, Any] = {"name": options.name, "key": options.key, "rule": Rule(options.rule)}
    asked |= {"mapping": _mapping(options.map), "by": user.actor, "door": Door.CLI}
    try:
        if options.url:
            address = input() if options.url == "-" else options.url
            operations.fetch(space, address, minutes=EVERY[options.every], **asked)
            print("`farley serve` fetches from it, `farley intake run` does so now.")
        else:
            made = operations.watch(space, **asked)
            print(printable(f"Lay files into {made.path}; what is taken goes into {made.path / 'done'}."))
    except Unreachable as error:
        raise Refused(trouble(error.code, error.details)) from error
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    return DONE


def _mapping(path: Path | None) -> Mapping | None:
    from farley.exchange.mapping import BadMapping, Mapping

    if path is None:
        return None
    try:
        return Mapping.from_json(json.loads(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        reason = error.reason if isinstance(error, BadMapping) else "this is no JSON"
        raise Refused(f"{path}: {reason}") from error


def _list(options: argparse.Namespace) -> int:
    from farley.intake.models import RegularImport
    from farley.intake.wording import trouble

    user = user_named(options.actor)
    found = RegularImport.objects.managed_by(user.actor).select_related("space")
    if options.space:
        found = found.filter(space=space_named(options.space, user))
    for each in found.order_by("space__name", "name"):
        state = "paused" if each.is_paused else trouble(each.trouble, each.trouble_details) if each.trouble else "on"
        looked = each.looked_at.isoformat(timespec="minutes") if each.looked_at else "never"
        where = str(each.path) if each.folder else each.host
        print("\t".join(map(printable, [each.name, each.space.name, where, state, looked])))
    return DONE


def _run(options: argparse.Namespace) -> int:
    from farley.exchange import importing
    from farley.intake.models import TakenFile
    from farley.intake.taking import look
    from farley.intake.wording import trouble

    regular, _by = _named(options)
    newest = TakenFile.objects.filter(regular=regular).order_by("-pk").values_list("pk", flat=True).first() or 0
    look(regular)
    if regular.folder:
        time.sleep(SETTLING_S)
        look(regular)
    is_wrong = bool(regular.trouble)
    if regular.trouble:
        print(printable(trouble(regular.trouble, regular.trouble_details)))
    for taken in TakenFile.objects.filter(regular=regular, pk__gt=newest).order_by("pk").select_related("run__user"):
        if taken.run is None:
            is_wrong = True
            print(printable(f"{taken.name}: {trouble(taken.trouble, taken.trouble_details)}"))
            continue
        try:
            importing.run(taken.run, by=taken.run.user.actor)
        except importing.ImportBusy:
            print(printable(f"{taken.name}: the server is at it already."))
            continue
        run = taken.run
        is_wrong = is_wrong or bool(run.failed)
        print(
            printable(
                f"{taken.name}: {run.created} new, {run.changed} changed, {run.unchanged} there, {run.failed} left out."
            ),
            f"To take it back: farley undo {run.batch_id} --as {run.user.name}" if run.created or run.changed else "",
        )
    return SOME_PROBLEMS if is_wrong else DONE


def _pause(options: argparse.Namespace) -> int:
    return _paused(options, is_paused=True)


def _resume(options: argparse.Namespace) -> int:
    return _paused(options, is_paused=False)


def _paused(options: argparse.Namespace, *, is_paused: bool) -> int:
    from farley.accounts.doors import Door
    from farley.intake import operations

    regular, by = _named(options)
    operations.pause(regular, is_paused=is_paused, by=by, door=Door.CLI)
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.intake import operations

    regular, by = _named(options)
    operations.remove(regular, by=by, door=Door.CLI)
    return DONE


def _named(options: argparse.Namespace) -> tuple[RegularImport, Actor]:
    from farley.intake import operations

    user = user_named(options.actor)
    try:
        found = operations.find(space_named(options.space, user), options.name, by=user.actor)
    except operations.NoSuchRegularImport as error:
        raise Refused(f"{options.space} has no regular import called {options.name}") from error
    return found, user.actor
