"""`farley mirror`: a space that is kept in step with an address book on another server."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from farley.cli.command import DONE, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.mirrors.models import Mirror, MirrorRun

EVERY = {"15min": 15, "hour": 60, "6hours": 360, "day": 1440}
RULES = ("theirs", "ours", "newest", "ask")
SHOWN = 20


def add_to(commands: Any) -> None:
    parser = commands.add_parser("mirror", help="keep a space in step with an address book on another server")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a mirror; the password is read from standard input")
    add.add_argument("name", metavar="NAME", help="what to call it")
    add.add_argument("--url", required=True, metavar="ADDRESS", help="of the address book, or of its server")
    add.add_argument("--user", dest="login", default="", metavar="NAME", help="of the account there; left out: a token")
    add.add_argument("--password-stdin", action="store_true", required=True, help="the first line is the password")
    add.add_argument("--book", metavar="ADDRESS", help="which one, where the server has several")
    add.add_argument("--both-ways", action="store_true", help="send what changes here, too (default: only fetch)")
    add.add_argument("--conflicts", choices=RULES, default="theirs", help="who wins (default: %(default)s)")
    add.add_argument("--every", choices=list(EVERY), default="hour", help="how often it runs (default: %(default)s)")
    show = verbs.add_parser("list", help="list name, space, address, ways, state, last and next run")
    run = verbs.add_parser("run", help="run it now, and say what came of it")
    pause = verbs.add_parser("pause", help="let it run no more by itself")
    resume = verbs.add_parser("resume", help="let it run by itself again")
    log = verbs.add_parser("log", help="list its runs, newest first, and the cards that did not get across")
    go_on = verbs.add_parser("go-on", help="say how it goes on after it has stopped")
    go_on.add_argument("--keep", action="store_true", help="do not delete: bring back what is missing on one side")
    remove = verbs.add_parser("remove", help="end it; the contacts stay")
    for verb in (run, pause, resume, log, go_on, remove):
        verb.add_argument("name", metavar="NAME")
    for verb in (add, show, run, pause, resume, log, go_on, remove):
        verb.add_argument("--space", metavar="SPACE", required=verb is not show, help="which space it belongs to")
        verb.add_argument("--as", dest="actor", metavar="USER", required=True, help="who manages the space")
    for verb, act in (
        *((add, _add), (show, _list), (run, _run), (pause, _pause), (resume, _resume), (log, _log)),
        *((go_on, _go_on), (remove, _remove)),
    ):
        verb.set_defaults(run=act)


def _add(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.accounts.roles import Role
    from farley.mirrors import operations
    from farley.mirrors.models import Mirror
    from farley.mirrors.reaching import Unreachable
    from farley.mirrors.wording import trouble
    from farley.spaces.operations import require

    by = user_named(options.actor).actor
    space = space_named(options.space, user_named(options.actor))
    require(space, by, Role.MANAGER)
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        address, found = operations.look_for_books(options.url, options.login, password)
    except Unreachable as error:
        raise Refused(trouble(error.code, error.details)) from error
    if options.book:
        found = [each for each in found if each.address.rstrip("/") == options.book.rstrip("/")]
    if len(found) != 1:
        lines = "\n".join(f"  {printable(each.address)}  {printable(each.title)}" for each in found)
        raise Refused(
            f"name one of its address books with --book:\n{lines}" if found else "it has no such address book"
        )
    terms = operations.Terms(options.both_ways, Mirror.Rule[options.conflicts.upper()], EVERY[options.every])
    operations.add(
        space, options.name, address, options.login, password, found, terms=terms, by=by, door=Door.CLI
    )  # fmt: skip
    print(f"It mirrors “{printable(found[0].title)}”: `farley serve` runs it, `farley mirror run` does so now.")
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.mirrors.models import Mirror

    user = user_named(options.actor)
    found = Mirror.objects.managed_by(user.actor).filter(removed_at=None).select_related("space")
    if options.space:
        found = found.filter(space=space_named(options.space, user))
    for mirror in found.order_by("space__name", "name"):
        ways = "both ways" if mirror.is_two_way else "fetches"
        looked = mirror.looked_at.isoformat(timespec="minutes") if mirror.looked_at else "never"
        due = mirror.next_at.isoformat(timespec="minutes") if mirror.next_at and mirror.is_going else "no next run"
        told = [mirror.name, mirror.space.name, mirror.book or mirror.address, ways, _state(mirror), looked, due]
        print("\t".join(map(printable, told)))
    return DONE


def _run(options: argparse.Namespace) -> int:
    from farley.mirrors import operations
    from farley.mirrors.running import MirrorBusy, run

    mirror, by = _named(options)
    operations.require_ready(mirror, by=by)
    before = operations.runs_of(mirror, by=by).first()
    try:
        while not run(mirror):
            print("farley: it goes on", file=sys.stderr)
    except MirrorBusy as error:
        raise Refused("another process is at it right now; wait until that is through") from error
    mirror.refresh_from_db()
    newest = operations.runs_of(mirror, by=by).first()
    print("Nothing has changed." if newest is None or newest == before else _told(newest))
    return SOME_PROBLEMS if _tell_troubles(mirror, by) else DONE


def _log(options: argparse.Namespace) -> int:
    from farley.mirrors import operations, wording

    mirror, by = _named(options)
    for each in operations.runs_of(mirror, by=by)[:SHOWN]:
        print(f"{each.started_at.isoformat(timespec='minutes')}\t{_told(each)}")
        for note in each.notes.all()[:SHOWN]:
            print(f"\t{printable(note.name)}: {printable(wording.note(note.code, note.details))}")
    _tell_troubles(mirror, by)
    return DONE


def _pause(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.mirrors import operations

    mirror, by = _named(options)
    operations.pause(mirror, by=by, door=Door.CLI)
    print(f"{printable(mirror.name)} is paused.")
    return DONE


def _resume(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.mirrors import operations

    mirror, by = _named(options)
    operations.resume(mirror, by=by, door=Door.CLI)
    print(f"{printable(mirror.name)} runs by itself again.")
    return DONE


def _go_on(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.mirrors import operations
    from farley.mirrors.models import Mirror

    mirror, by = _named(options)
    if mirror.state != Mirror.State.HELD:
        raise Refused(f"{printable(mirror.name)} has not stopped: there is nothing to say")
    (operations.keep if options.keep else operations.go_on)(mirror, by=by, door=Door.CLI)
    print(f"{printable(mirror.name)} goes on.")
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.mirrors import operations

    mirror, by = _named(options)
    operations.remove(mirror, by=by, door=Door.CLI)
    print(f"{printable(mirror.name)} is removed and its password forgotten. The contacts stay.")
    return DONE


def _named(options: argparse.Namespace) -> tuple[Mirror, Actor]:
    from farley.mirrors.operations import NoSuchMirror, find

    user = user_named(options.actor)
    try:
        return find(space_named(options.space, user), options.name, by=user.actor), user.actor
    except NoSuchMirror as error:
        raise Refused(
            f"the space {options.space!r} has no mirror {options.name!r}; "
            f"`farley mirror list --as {user.name}` shows them"
        ) from error


def _state(mirror: Mirror) -> str:
    from farley.mirrors import wording

    if mirror.held_for:
        return f"stopped: {wording.trouble(mirror.held_for, mirror.held_details)}"
    if mirror.trouble:
        return f"in trouble: {wording.trouble(mirror.trouble, mirror.trouble_details)}"
    return str(mirror.get_state_display())


def _told(run: MirrorRun) -> str:
    from farley.mirrors import wording

    here = f"here {run.added} added, {run.changed} changed, {run.deleted} deleted"
    there = f"outside {run.sent_added} added, {run.sent_changed} changed, {run.sent_deleted} deleted"
    told = f"{here}; {there}" if run.mirror.is_two_way else here
    return told + (f"; {printable(wording.trouble(run.trouble, run.details))}" if run.trouble else "")


def _tell_troubles(mirror: Mirror, by: Actor) -> bool:
    """Print what is wrong now; whether anything is."""
    from farley.mirrors import operations, wording

    told = []
    if mirror.held_for or mirror.trouble:
        told.append(_state(mirror))
    if mirror.remark:
        told.append(wording.remark(mirror.remark, mirror.remark_details))
    for item in operations.troubled(mirror, by=by)[:SHOWN]:
        name = contact.full_name if (contact := item.contact_here) else unquote(item.path.rpartition("/")[2])
        told.append(f"{name}: {wording.note(item.problem, item.details)}")
    for line in told:
        print(f"farley: {printable(line)}", file=sys.stderr)
    return bool(told)
