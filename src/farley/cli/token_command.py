"""`farley token`: programs that come in a person's name."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE
from farley.cli.credentials import add_verbs, list_all, make, remove


def add_to(commands: Any) -> None:
    parser = commands.add_parser("token", help="tokens by which programs come in a person's name")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = add_verbs(verbs, "token")
    add.add_argument("--scope", choices=["read", "write"], default="read", help="what it may do (default: read)")
    add.set_defaults(run=_add)
    verbs.choices["list"].set_defaults(run=_list)
    verbs.choices["remove"].set_defaults(run=_remove)


def _add(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device

    print(make(options, Device.Kind.TOKEN, is_read_only=options.scope == "read"))
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device

    return list_all(options, Device.Kind.TOKEN)


def _remove(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device

    return remove(options, Device.Kind.TOKEN, "token")
