"""`farley user`: people who log in."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from farley.cli.command import DONE, Refused

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


def _add(options: argparse.Namespace) -> int:
    from django.contrib.auth.password_validation import validate_password

    from farley.accounts.models import User
    from farley.spaces.operations import add_person

    password = _first_line()
    if not password:
        raise Refused("--password-stdin: the first line of the standard input is empty; it must be the password")
    if len(password) > MAX_PASSWORD:
        raise Refused(f"--password-stdin: a password has at most {MAX_PASSWORD} characters")
    validate_password(password, User(name=options.name, email=options.email, full_name=options.full_name))
    if User.objects.filter(name=options.name).exists():
        raise Refused(f"there is a user {options.name!r} already")
    if User.objects.filter(email__iexact=options.email).exists():
        raise Refused(f"--email: another account has the address {options.email}")
    user = add_person(options.name, options.email, password, is_admin=options.admin, full_name=options.full_name)
    print(f"{user.name} can log in; the private space {user.name} is theirs.")
    return DONE


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
