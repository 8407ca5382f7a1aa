"""`farley device`: phones and programs with an app password."""

from __future__ import annotations

import argparse
from typing import Any

from farley.cli.command import DONE
from farley.cli.credentials import add_verbs, list_all, make, remove


def add_to(commands: Any) -> None:
    parser = commands.add_parser("device", help="phones and mail programs, each with a password of its own")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = add_verbs(verbs, "device")
    add.add_argument("--read-only", action="store_true", help="it may change nothing")
    add.add_argument("--merged", action="store_true", help="show it one address book with all of its spaces")
    add.add_argument(
        "--vcard",
        choices=["stored", "3.0", "4.0"],
        help="the vCard version it reads; without this the program that connects decides",
    )
    add.set_defaults(run=_add)
    verbs.choices["list"].set_defaults(run=_list)
    verbs.choices["remove"].set_defaults(run=_remove)


def _add(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device, written

    vcard = "" if options.vcard == "stored" else options.vcard
    secret = make(options, Device.Kind.DEVICE, is_read_only=options.read_only, is_merged=options.merged, vcard=vcard)
    print(written(secret))
    return DONE


def _list(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device

    return list_all(options, Device.Kind.DEVICE)


def _remove(options: argparse.Namespace) -> int:
    from farley.accounts.devices import Device

    return remove(options, Device.Kind.DEVICE, "device")
