"""`farley user`: people who log in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, user_named

if TYPE_CHECKING:
    from farley.accounts.actor import Actor
    from farley.accounts.models import User

MAX_PASSWORD = 4096


def add_to(commands: Any) -> None:
    parser = commands.add_parser("user", help="people who log in")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make an account, with a private space of the same name")
    add.add_argument("name", metavar="NAME", help="short name: lower-case letters, digits, dots, hyphens")
    add.add_argument("--email", required=True, help="e-mail address, also for log-in")
    add.add_argument("--full-name", default="", help="name as colleagues see it")
    add.add_argument("--admin", action="store_true", help="may run the house: users, settings (sees no private space)")
    add.add_argument("--password-stdin", action="store_true", required=True, help="read the password from one line")
    add.set_defaults(run=_add)
    show = verbs.add_parser("list", help="list the accounts")
    show.set_defaults(run=_list)
    change = verbs.add_parser("change", help="give an account another name, e-mail address or office")
    change.add_argument("name", metavar="NAME")
    change.add_argument("--full-name", help="name as colleagues see it")
    change.add_argument("--email", help="e-mail address, also for log-in")
    change.add_argument(
        "--admin", action=argparse.BooleanOptionalAction, help="may run the house: users, settings (or not any more)"
    )
    change.set_defaults(run=_change)
    close = verbs.add_parser(
        "deactivate",
        help="close an account at once and hand over what its owner had",
        description=(
            "Close an account: sessions, devices and tokens end at once. The contacts its owner looked after, and the"
            " spaces that only they managed, go to --heir. Contacts: a batch that can be undone."
        ),
    )
    close.add_argument("name", metavar="NAME")
    close.add_argument("--heir", metavar="USER", help="who takes over; needed where a space would have no manager")
    close.add_argument(
        "--private",
        choices=["keep", "hand-over"],
        default="keep",
        help="their private space: keep it closed, or make it a team space of the heir's (default: keep)",
    )
    close.add_argument(
        "--export",
        metavar="FILE",
        help="first write everything of theirs into this ZIP file: contacts, calendars, notes, views, what they did",
    )
    close.set_defaults(run=_deactivate)
    reopen = verbs.add_parser("activate", help="open a closed account again, with the password it had")
    reopen.add_argument("name", metavar="NAME")
    reopen.set_defaults(run=_activate)
    password = verbs.add_parser("password", help="give somebody another password; signs them out everywhere")
    password.add_argument("name", metavar="NAME")
    password.add_argument("--password-stdin", action="store_true", required=True, help="read it from one line")
    password.set_defaults(run=_password)
    factor = verbs.add_parser(
        "reset-factor", help="take away the second factor of somebody who lost it; signs them out everywhere"
    )
    factor.add_argument("name", metavar="NAME")
    factor.set_defaults(run=_reset_factor)


def _add(options: argparse.Namespace) -> int:
    from django.contrib.auth.password_validation import validate_password

    from farley.accounts.models import User
    from farley.spaces.operations import add_person

    password = _given_password()
    validate_password(password, User(name=options.name, email=options.email, full_name=options.full_name))
    if User.objects.filter(name=options.name).exists():
        raise Refused(f"there is a user {options.name!r} already")
    if User.objects.filter(email__iexact=options.email).exists():
        raise Refused(f"--email: another account has the address {options.email}")
    user = add_person(options.name, options.email, password, is_admin=options.admin, full_name=options.full_name)
    print(f"{user.name} can log in; the private space {user.name} is theirs.")
    return DONE


def _given_password() -> str:
    password = _first_line()
    if not password:
        raise Refused("--password-stdin: the first line of the standard input is empty; it must be the password")
    if len(password) > MAX_PASSWORD:
        raise Refused(f"--password-stdin: a password has at most {MAX_PASSWORD} characters")
    return password


def _first_line() -> str:
    """Of the standard input."""
    line = sys.stdin.buffer.readline(4 * MAX_PASSWORD + 2) if sys.stdin else b""
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Refused("--password-stdin: the password is not UTF-8") from error


def _list(_options: argparse.Namespace) -> int:
    from farley.accounts.models import User

    for user in User.objects.order_by("name"):
        marks = [mark for mark, is_set in (("admin", user.is_admin), ("closed", not user.is_active)) if is_set]
        print("\t".join([user.name, user.email, user.full_name, " ".join(marks)]).rstrip())
    return DONE


def _change(options: argparse.Namespace) -> int:
    from farley.accounts.administering import set_details, set_office
    from farley.accounts.closing import LastAdministrator
    from farley.accounts.doors import Door

    user = _account(options.name)
    set_details(user, full_name=options.full_name, email=options.email, by=_command(), door=Door.CLI)
    if options.admin is not None:
        try:
            set_office(user, options.admin, by=_command(), door=Door.CLI)
        except LastAdministrator:
            raise Refused(f"{user.name} is the last administrator; make another one first") from None
    print("\t".join([user.name, user.email, user.full_name, "admin" if user.is_admin else ""]).rstrip())
    return DONE


def _deactivate(options: argparse.Namespace) -> int:
    from farley.accounts.closing import LastAdministrator
    from farley.accounts.doors import Door
    from farley.contacts.offboarding import Private, UnfitHeir, offboard

    user, heir = _account(options.name), user_named(options.heir) if options.heir else None
    if options.export:
        _export(user, Path(options.export))
        print(f"Everything of {user.name} is in {options.export}")
    try:
        done = offboard(user, heir=heir, private=Private(options.private), by=_command(), door=Door.CLI)
    except LastAdministrator:
        raise Refused(f"{user.name} is the last administrator; make another one first") from None
    except UnfitHeir as error:
        reason = "--private hand-over needs --heir" if heir is None else str(error)
        raise Refused(f"{reason}: an account that is open, and another one") from None
    print(f"The account of {user.name} is closed.")
    for space in (*done.managed, *done.private):
        print(f"{options.heir} manages {space.name} from now on.")
    if done.batch is not None:
        print(f"{done.owned} contacts have another owner. (batch {done.batch.pk})")
    return DONE


def _activate(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.contacts.offboarding import let_in

    let_in(_account(options.name), by=_command(), door=Door.CLI)
    print(f"{options.name} can log in again.")
    return DONE


def _password(options: argparse.Namespace) -> int:
    from django.contrib.auth.password_validation import validate_password

    from farley.accounts.doors import Door
    from farley.accounts.resetting import set_password

    user, password = _account(options.name), _given_password()
    validate_password(password, user)
    set_password(user, password, by=_command(), door=Door.CLI)
    print(f"{user.name} has another password, and is signed out everywhere.")
    return DONE


def _reset_factor(options: argparse.Namespace) -> int:
    from farley.accounts.doors import Door
    from farley.accounts.resetting import reset_second_factor

    user = _account(options.name)
    if not reset_second_factor(user, by=_command(), door=Door.CLI):
        raise Refused(f"{user.name} has no second factor")
    print(f"{user.name} signs in by the password alone, or sets up a new second factor.")
    return DONE


def _export(user: User, path: Path) -> None:
    """Write everything about `user` and of their private spaces, the account open or closed."""
    from farley.accounts.doors import Door
    from farley.exchange.archive import write_account

    with path.open("xb") as file:
        write_account(file, user, by=_command(), door=Door.CLI)


def _account(name: str) -> User:
    from farley.accounts.models import User

    found = User.objects.filter(name=name).first()
    if found is None:
        raise Refused(f"there is no user {name!r}; `farley user list` shows all of them")
    return found


def _command() -> Actor:
    """Whoever may type commands here runs the house."""
    from farley.accounts.actor import Actor, ActorKind

    return Actor(ActorKind.SYSTEM, None, "farley")
