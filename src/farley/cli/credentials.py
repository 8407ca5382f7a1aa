"""What `farley device` and `farley token` have in common."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from farley.cli.calendar_command import calendar_named
from farley.cli.command import DONE, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.devices import Device


def add_verbs(verbs: Any, what: str) -> argparse.ArgumentParser:
    """`add`, `list` and `remove` with the options both have; return the parser of `add`."""
    add: argparse.ArgumentParser = verbs.add_parser("add", help=f"make a {what}; its secret is printed once")
    add.add_argument("name", metavar="NAME", help=f"what to call the {what}")
    add.add_argument(
        "--space", dest="spaces", action="append", metavar="SPACE", help="let it see this space only; may be repeated"
    )
    add.add_argument(
        "--calendar",
        dest="calendars",
        action="append",
        metavar="CALENDAR",
        help="of calendars, let it see this one only, in whichever space; may be repeated",
    )
    add.add_argument("--no-contacts", action="store_true", help="let it see no contacts, only the calendars")
    add.add_argument("--days", type=int, metavar="N", help="shut it out by itself after N days (default: never)")
    show = verbs.add_parser("list", help="list name, rights, spaces, calendars, end, last use and address")
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
    calendars = None
    if options.calendars is not None:
        calendars = [calendar_named(name, user, None).pk for name in options.calendars]
    if options.no_contacts:
        if spaces is not None or calendars is None:
            raise Refused("--no-contacts is for calendars alone: give --calendar and no --space")
        spaces = []
    _device, secret = devices.add(
        user,
        kind,
        options.name,
        spaces=spaces,
        calendars=calendars,
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
    from farley.calendars.models import Calendar
    from farley.spaces.models import Space

    user = user_named(options.user)
    names = dict(Space.objects.visible_to(user.actor).values_list("pk", "name"))
    calendars = dict(Calendar.objects.visible_to(user.actor).values_list("pk", "name"))
    for device in Device.objects.visible_to(user.actor).filter(kind=kind).order_by("name"):
        seen = "all spaces" if device.spaces is None else ",".join(names[pk] for pk in device.spaces if pk in names)
        used = device.last_used_at.isoformat(timespec="minutes") if device.last_used_at else "never used"
        rights = "read" if device.is_read_only else "write"
        print(
            "\t".join(
                [
                    device.name,
                    rights,
                    (seen or ("no space" if device.spaces else "no contacts")) + _calendars(device, calendars),
                    _end(device),
                    used,
                    device.last_address,
                ]
            ).rstrip()
        )
    return DONE


def _calendars(device: Device, names: dict[int, str]) -> str:
    """What is said beside the spaces; nothing where it sees the calendars of these."""
    if device.calendars is None:
        return ""
    told = ",".join(printable(names[pk]) for pk in device.calendars if pk in names)
    return f"; of calendars {told or 'none'}"


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
