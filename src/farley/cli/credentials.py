"""What `farley device` and `farley token` have in common."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, Refused, space_named, user_named

if TYPE_CHECKING:
    from farley.accounts.devices import Device


def add_verbs(verbs: Any, what: str) -> argparse.ArgumentParser:
    """`add`, `list` and `remove` with the options both have; return the parser of `add`."""
    add: argparse.ArgumentParser = verbs.add_parser("add", help=f"make a {what}; its secret is printed once")
    add.add_argument("name", metavar="NAME", help=f"what to call the {what}")
    add.add_argument(
        "--space", dest="spaces", action="append", metavar="SPACE", help="let it see this space only; may be repeated"
    )
    add.add_argument("--days", type=int, metavar="N", help="shut it out by itself after N days (default: never)")
    show = verbs.add_parser("list", help="list name, rights, spaces, end, last use and address")
    remove = verbs.add_parser("remove", help=f"shut a {what} out, at once")
    remove.add_argument("name", metavar="NAME")
    for parser in (add, show, remove):
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="whose it is")
    return add


def make(
    options: argparse.Namespace,
    kind: Device.Kind,
    *,
    is_read_only: bool,
    is_merged: bool = False,
    vcard: str | None = None,
) -> str:
    """Make the device or token and return its secret."""
    from farley.accounts import devices
    from farley.accounts.doors import Door

    user = user_named(options.user)
    spaces = None if options.spaces is None else [space_named(name, user).pk for name in options.spaces]
    _device, secret = devices.add(
        user,
        kind,
        options.name,
        spaces=spaces,
        is_read_only=is_read_only,
        days=options.days,
        is_merged=is_merged,
        vcard=vcard,
        by=user.actor,
        door=Door.CLI,
    )
    return secret


def list_all(options: argparse.Namespace, kind: Device.Kind) -> int:
    from farley.accounts.devices import Device
    from farley.spaces.models import Space

    user = user_named(options.user)
    names = dict(Space.objects.visible_to(user.actor).values_list("pk", "name"))
    for device in Device.objects.visible_to(user.actor).filter(kind=kind).order_by("name"):
        seen = "all spaces" if device.spaces is None else ",".join(names[pk] for pk in device.spaces if pk in names)
        used = device.last_used_at.isoformat(timespec="minutes") if device.last_used_at else "never used"
        rights = "read" if device.is_read_only else "write"
        print("\t".join([device.name, rights, seen or "no space", _end(device), used, device.last_address]).rstrip())
    return DONE


def _end(device: Device) -> str:
    if device.expires_at is None:
        return "no end"
    return "expired" if device.has_expired else f"until {device.expires_at.isoformat(timespec='minutes')}"


def remove(options: argparse.Namespace, kind: Device.Kind, what: str) -> int:
    from farley.accounts import devices
    from farley.accounts.doors import Door

    user = user_named(options.user)
    try:
        devices.remove(user, kind, options.name, by=user.actor, door=Door.CLI)
    except devices.NoSuchDevice as error:
        raise Refused(
            f"{user.name} has no {what} {options.name!r}; `farley {what} list --as {user.name}` shows them"
        ) from error
    print(f"The {what} {options.name!r} is shut out.")
    return DONE
