"""`farley calendar`: the calendars of a space."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from farley.cli.command import DONE, SOME_PROBLEMS, Refused, space_named, user_named
from farley.cli.text import printable

if TYPE_CHECKING:
    from farley.accounts.models import User
    from farley.calendars.models import Calendar
    from farley.calendars.sharing import CalendarLink
    from farley.journal.models import Batch


EVERY = {"15min": 15, "hour": 60, "6hours": 360, "day": 1440}


def add_to(commands: Any) -> None:
    parser = commands.add_parser("calendar", help="the calendars of a space: make, list, remove")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a calendar for events, or a list of tasks")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--tasks", action="store_true", help="for tasks instead of events")
    add.add_argument("--colour", metavar="#RRGGBB", default="")
    _asked(add, _add, is_space_needed=True)
    _asked(verbs.add_parser("list", help="list calendars, what they take and their addresses"), _list)
    remove = verbs.add_parser("remove", help="delete a calendar and what is in it; `farley undo` brings it back")
    remove.add_argument("name", metavar="NAME", help="its name, or the last part of its address")
    _asked(remove, _remove)
    _add_filled(verbs)
    _add_links(verbs)


def _add_filled(verbs: Any) -> None:
    """Calendars that Farley fills."""
    subscribe = verbs.add_parser("subscribe", help="follow a calendar at an address outside (https, http, webcal)")
    subscribe.add_argument("address", metavar="ADDRESS")
    subscribe.add_argument("--name", default="", help="default: as it calls itself")
    subscribe.add_argument("--every", choices=list(EVERY), default="6hours", help="how often it is read")
    _asked(subscribe, _subscribe, is_space_needed=True)
    birthdays = verbs.add_parser("birthdays", help="a calendar of the birthdays and anniversaries of a space")
    _asked(birthdays, _birthdays, is_space_needed=True)
    holidays = verbs.add_parser("holidays", help="a calendar of the holidays of a country or region")
    holidays.add_argument("region", metavar="REGION", help="such as DE or DE-BY")
    holidays.add_argument("--name", default="", help="default: the region")
    _asked(holidays, _holidays, is_space_needed=True)
    refresh = verbs.add_parser("refresh", help="read a followed calendar again now, and say how that went")
    refresh.add_argument("name", metavar="CALENDAR", help="its name, or the last part of its address")
    _asked(refresh, _refresh)


def _add_links(verbs: Any) -> None:
    """Links by which others without an account follow a calendar."""
    share = verbs.add_parser("share", help="make a secret link to a calendar, for programs without an account")
    share.add_argument("name", metavar="CALENDAR", help="its name, or the last part of its address")
    share.add_argument("--busy", action="store_true", help="tell only when somebody is busy")
    _asked(share, _share)
    links = verbs.add_parser("links", help="list the open links to a calendar")
    links.add_argument("name", metavar="CALENDAR", help="its name, or the last part of its address")
    _asked(links, _links)
    unshare = verbs.add_parser("unshare", help="end a link at once")
    unshare.add_argument("name", metavar="CALENDAR", help="its name, or the last part of its address")
    unshare.add_argument("number", metavar="LINK", type=int, help="its number in `links`")
    _asked(unshare, _unshare)


def _asked(parser: argparse.ArgumentParser, run: Any, *, is_space_needed: bool = False) -> None:
    parser.add_argument("--space", metavar="NAME", required=is_space_needed)
    parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who does it")
    parser.set_defaults(run=run)


def _add(options: argparse.Namespace) -> int:
    from farley.calendars import operations
    from farley.calendars.models import Components
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    user = user_named(options.user)
    space = space_named(options.space, user)
    components = Components.TASKS if options.tasks else Components.EVENTS
    with one_batch(Batch.Act.CREATE, by=user.actor, door=Door.CLI, title=options.name) as batch:
        calendar = operations.create(
            space,
            options.name,
            components=components,
            colour=options.colour,
            by=user.actor,
            door=Door.CLI,
            batch=batch,
        )
    print(f"{printable(calendar.name)}: made, at {calendar.slug} (batch {batch.pk})")
    return DONE


def _list(options: argparse.Namespace) -> int:
    for calendar in _seen(options, user_named(options.user)).select_related("space").in_order():
        takes = "+".join(bit.name.lower() for bit in calendar.takes if bit.name)
        state = "\tarchived" if calendar.archived_at else ""
        print(f"{calendar.space.name}\t{printable(calendar.name)}\t{takes}\t{calendar.slug}{state}")
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from farley.calendars import operations
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    user = user_named(options.user)
    calendar = calendar_named(options.name, user, options.space)
    with one_batch(Batch.Act.DELETE, by=user.actor, door=Door.CLI, title=calendar.name) as batch:
        operations.delete(calendar, by=user.actor, door=Door.CLI, batch=batch)
    print(f"{printable(calendar.name)}: deleted (batch {batch.pk})")
    return DONE


def _subscribe(options: argparse.Namespace) -> int:
    from farley.journal.models import Door
    from farley.mirrors import feeds
    from farley.mirrors.reaching import Unreachable
    from farley.mirrors.wording import feed_trouble

    user = user_named(options.user)
    space = space_named(options.space, user)
    minutes = EVERY[options.every]
    try:
        calendar, batch = feeds.subscribe(
            space, options.address, name=options.name, minutes=minutes, by=user.actor, door=Door.CLI
        )
    except Unreachable as error:
        raise Refused(feed_trouble(error.code, error.details)) from error
    return _told(calendar, batch)


def _birthdays(options: argparse.Namespace) -> int:
    from farley.calendars import birthdays

    user = user_named(options.user)
    space = space_named(options.space, user)

    def made(batch: Batch, by: dict[str, Any]) -> Calendar:
        return birthdays.create(space, batch=batch, **by)

    return _made(user, "birthdays", made, birthdays.refresh)


def _holidays(options: argparse.Namespace) -> int:
    from farley.calendars import holidays

    user = user_named(options.user)
    space = space_named(options.space, user)

    def made(batch: Batch, by: dict[str, Any]) -> Calendar:
        return holidays.create(space, options.region, options.name or options.region, batch=batch, **by)

    return _made(user, options.region, made, holidays.refresh)


def _made(
    user: User,
    title: str,
    make: Callable[[Batch, dict[str, Any]], Calendar],
    fill: Callable[[Calendar], bool],
) -> int:
    from farley.calendars.birthdays import AlreadyThere
    from farley.calendars.holidays import NoSuchRegion
    from farley.journal.models import Batch, Door
    from farley.journal.writing import one_batch

    try:
        with one_batch(Batch.Act.CREATE, by=user.actor, door=Door.CLI, title=title) as batch:
            calendar = make(batch, {"by": user.actor, "door": Door.CLI})
    except (AlreadyThere, NoSuchRegion) as error:
        raise Refused(str(error)) from error
    fill(calendar)
    return _told(calendar, batch)


def _told(calendar: Calendar, batch: Batch) -> int:
    from farley.calendars.filling import Source

    source = Source.objects.get(calendar=calendar)
    left_out = f", {source.left_out} could not be read" if source.left_out else ""
    print(f"{printable(calendar.name)}: made with {source.entries} entries{left_out} (batch {batch.pk})")
    return DONE


def _refresh(options: argparse.Namespace) -> int:
    from farley.accounts.roles import Role
    from farley.calendars import birthdays, holidays
    from farley.calendars.filling import Source
    from farley.calendars.models import Calendar
    from farley.mirrors import feeds
    from farley.mirrors.wording import feed_trouble
    from farley.spaces.operations import require

    user = user_named(options.user)
    calendar = calendar_named(options.name, user, options.space)
    require(calendar.space, user.actor, Role.EDITOR)
    ways = {
        Calendar.Kind.SUBSCRIPTION: feeds.refresh,
        Calendar.Kind.BIRTHDAYS: birthdays.refresh,
        Calendar.Kind.HOLIDAYS: holidays.refresh,
    }
    way = ways.get(Calendar.Kind(calendar.kind))
    if way is None:
        raise Refused(f"{calendar.name} is filled by people: there is nothing to read")
    way(calendar)
    source = Source.objects.get(calendar=calendar)
    if source.trouble:
        print(printable(f"{calendar.name}: {feed_trouble(source.trouble, source.trouble_details)}"), file=sys.stderr)
        return SOME_PROBLEMS
    print(f"{printable(calendar.name)}: {source.entries} entries, {source.left_out} could not be read.")
    return DONE


def _share(options: argparse.Namespace) -> int:
    from farley.calendars import sharing
    from farley.calendars.sharing import CalendarLink, TooManyLinks
    from farley.journal.models import Door

    user = user_named(options.user)
    calendar = calendar_named(options.name, user, options.space)
    shows = CalendarLink.Shows.BUSY if options.busy else CalendarLink.Shows.ALL
    try:
        link = sharing.share(calendar, shows, by=user.actor, door=Door.CLI)
    except TooManyLinks:
        raise Refused(
            f"{calendar.name} has {sharing.MAX_LINKS} open links; `farley calendar unshare` ends one"
        ) from None
    print(_address_of(link))
    return DONE


def _links(options: argparse.Namespace) -> int:
    for link in _open_links(options):
        opened = link.opened_at.strftime("%Y-%m-%d") if link.opened_at else "never opened"
        shows = "all" if link.shows == link.Shows.ALL else "busy"
        print(f"{link.pk}\t{shows}\t{link.made_by.name}\t{link.made_at:%Y-%m-%d}\t{opened}\t{_address_of(link)}")
    return DONE


def _unshare(options: argparse.Namespace) -> int:
    from farley.calendars import sharing
    from farley.journal.models import Door

    link = next((each for each in _open_links(options) if each.pk == options.number), None)
    if link is None:
        raise Refused(f"there is no open link {options.number} to this calendar; `farley calendar links` lists them")
    sharing.revoke(link, by=user_named(options.user).actor, door=Door.CLI)
    print("The link leads nowhere any more.")
    return DONE


def _open_links(options: argparse.Namespace) -> list[CalendarLink]:
    from farley.calendars.sharing import open_links

    user = user_named(options.user)
    return open_links(calendar_named(options.name, user, options.space), by=user.actor)


def _address_of(link: CalendarLink) -> str:
    from farley.configuration import load

    return f"{load().url.rstrip('/')}/shared/calendar/{link.token}.ics"


def calendar_named(name: str, user: User, space: str | None) -> Calendar:
    """The calendar of this name or address that `user` sees, in the space of this name or the only one.

    Raises NoSuchSpace, Refused.
    """
    from farley.calendars.models import Calendar

    seen = Calendar.objects.visible_to(user.actor).select_related("space")
    if space:
        seen = seen.filter(space=space_named(space, user))
    found = list(seen.filter(slug=name)) or list(seen.filter(name=name))
    if not found:
        raise Refused(f"no calendar {name!r} that {user.name} sees; `farley calendar list` shows all of them")
    if len(found) > 1:
        told = ", ".join(f"{calendar.space.name}: {calendar.slug}" for calendar in found)
        raise Refused(f"several calendars are called {name!r}: give --space, or the address of one ({told})")
    return found[0]


def _seen(options: argparse.Namespace, user: User) -> Any:
    from farley.calendars.models import Calendar

    seen = Calendar.objects.visible_to(user.actor)
    return seen.filter(space=space_named(options.space, user)) if options.space else seen
