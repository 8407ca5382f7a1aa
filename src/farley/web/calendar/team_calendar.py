"""The people of a space with what one may know of their day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import occurrences
from farley.calendars.models import Attendee
from farley.calendars.people import names_of
from farley.calendars.seeing import is_told
from farley.calendars.timed import shown_between
from farley.spaces.audience import readers
from farley.spaces.models import Membership, Space
from farley.web.accounts.people_photos import photo_url
from farley.web.calendar.calendars_shown import ShownCalendar, calendars_of
from farley.web.calendar.occurrences import MOST_OF_ONE, Item, Look, busy_items, item_of, keeps_busy
from farley.web.shell.requests import PageRequest
from farley.web.spaces.spaces import by_name

MOST_PEOPLE = 12  # beside one another


@dataclass(slots=True)
class Person:
    name: str
    photo: str
    items: list[Item] = field(default_factory=list)


def people_of(
    request: PageRequest, space: Space, start: dt.datetime, end: dt.datetime
) -> tuple[list[Person], list[str]]:
    """Who reads `space`, oneself first, each with what takes place for them; and series of which not all is shown.

    A calendar is somebody’s where nobody else may change it; an event also is everybody’s who is asked to come.
    """
    users = by_name(readers(space))
    users = sorted(users, key=lambda user: user.pk != request.user.pk)[:MOST_PEOPLE]
    calendars = calendars_of(request)
    owners = _owners(calendars)
    read = {shown.pk: shown for shown in calendars if not shown.is_busy_only}
    entries = shown_between(request.actor, start, end, calendars=read)
    asked = _asked([entry.pk for entry in entries], users)
    people = {user.pk: Person(user.display_name, photo_url(user.name, user.photo)) for user in users}
    look = Look.of_now()
    purse = occurrences.Purse()
    found = occurrences.within(entries, start, end, zone=look.zone, purse=purse)
    seen: Counter[int] = Counter()
    for each in found:
        shown = read[each.entry.calendar_id]
        seen[each.entry.pk] += 1
        is_read = is_told(each.entry, shown.standing)
        if seen[each.entry.pk] > MOST_OF_ONE or not (is_read or keeps_busy(each)):
            continue
        concerned = {owners.get(each.entry.space_id, 0)}
        if is_read:  # who is asked to come is a part of what it says
            named = names_of(each)
            there = asked.get(each.entry.pk, {})
            concerned |= {pk for address, pk in there.items() if named is None or address in named}
        item = item_of(each, shown, look)
        for pk in concerned & people.keys():
            people[pk].items.append(replace(item))
    for shown in calendars:
        owner = owners.get(shown.space.pk, 0)
        if shown.is_busy_only and owner in people:
            people[owner].items += busy_items(request, shown, start, end, purse)
    cut = [entry for entry in found.cut if is_told(entry, read[entry.calendar_id].standing)]
    return list(people.values()), sorted({entry.summary or gettext("No title") for entry in cut})


def _owners(calendars: Sequence[ShownCalendar]) -> dict[int, int]:
    """Who alone changes the calendars of each space, by its id."""
    spaces = {shown.space.pk for shown in calendars}
    hands: dict[int, set[int | None]] = {}
    held = Membership.objects.filter(space__in=spaces, role__gte=Role.EDITOR)
    for space, user in held.values_list("space_id", "user_id"):
        hands.setdefault(space, set()).add(user)
    return {space: next(iter(users)) or 0 for space, users in hands.items() if len(users) == 1}


def _asked(entries: Sequence[int], users: Sequence[User]) -> dict[int, dict[str, int]]:
    """Which of `users` each entry names, by its id and by their address."""
    by_address = {user.email.casefold(): user.pk for user in users}
    named = Attendee.objects.filter(object_id__in=entries, address__in=list(by_address)).exclude(
        role=Attendee.CONCERNED
    )
    found: dict[int, dict[str, int]] = {}
    for entry, address in named.values_list("object_id", "address"):
        found.setdefault(entry, {})[address] = by_address[address]
    return found
