"""Holidays of a country or one of its parts, as a calendar that goes on by itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.utils import timezone

from farley.accounts.actor import Actor
from farley.calendars import operations
from farley.calendars.birthdays import AlreadyThere
from farley.calendars.filling import Source, fill
from farley.calendars.made_events import all_day, uid_of
from farley.calendars.models import Calendar, Components
from farley.database.turns import write_turn
from farley.journal.models import Batch, Door
from farley.spaces.models import Space

EVERY_MINUTES = 24 * 60
PAST, AHEAD = 2, 3  # years around this one
_PLAIN = str.maketrans("ÄÖÜÅÉÎ", "AOUAEI")  # as lists of names are ordered
_REGION = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,10}))?")


class NoSuchRegion(ValueError):
    """Nobody knows the holidays there. `known` are the parts of the country, or the countries."""

    def __init__(self, region: str, known: list[str]) -> None:
        super().__init__(f"no holidays are known for {region[:20]!r}; there are: {', '.join(known)}")
        self.region, self.known = region, known


def create(space: Space, region: str, name: str, *, by: Actor, door: Door, batch: Batch | None = None) -> Calendar:
    """Make the calendar `name` for the holidays of `region`, such as DE or DE-BY, in the language of `by`; `refresh`
    fills it.

    Raises NotAllowed, NoSuchSpace, NoSuchRegion, AlreadyThere, BadCalendar.
    """
    assert by.user is not None
    region = region.strip().upper()
    _holidays(region, [timezone.now().year], "")
    sources = Source.objects.filter(calendar__space=space, calendar__deleted_at=None, region=region)
    there = sources.select_related("calendar").first()
    if there is not None:
        raise AlreadyThere(there.calendar)
    with write_turn():
        made = operations.create(
            space,
            name,
            kind=Calendar.Kind.HOLIDAYS,
            components=Components.EVENTS,
            is_transparent=True,
            by=by,
            door=door,
            batch=batch,
        )
        Source.objects.create(calendar=made, user=by.user, region=region, every_minutes=EVERY_MINUTES)
    return made


def refresh(calendar: Calendar) -> bool:
    """Fill it with the years around this one, once a year and for each version of what is known."""
    source = Source.objects.select_related("user").get(calendar=calendar)
    year, language = timezone.now().year, (source.user.language if source.user else "") or settings.LANGUAGE_CODE
    mark = f"{year} {language} {version('holidays')}"
    if source.mark == mark:
        return False
    entries = dict(_events(source.region, range(year - PAST, year + AHEAD + 1), language))
    fill(calendar, entries)
    with write_turn():
        Source.objects.filter(calendar=calendar).update(mark=mark, entries=len(entries))
    return True


def countries(language: str) -> list[tuple[str, str]]:
    """Those whose holidays are known: code and name, in the order of the names."""
    import holidays
    from phonenumbers.geodata import locale

    def named(code: str) -> str:
        names = locale.LOCALE_DATA[code]
        told = names.get(language) or names["en"]
        return str(names[told[1:]] if told.startswith("*") else told)  # as another language has it

    found = ((code, named(code)) for code in holidays.list_supported_countries() if code in locale.LOCALE_DATA)
    return sorted(found, key=lambda each: each[1].translate(_PLAIN).casefold())


def parts_of(country: str) -> list[tuple[str, str]]:
    """The parts of a country that have holidays of their own: code and name; none of one that nobody knows."""
    import holidays

    if country not in (known := holidays.list_supported_countries()):
        return []
    aliases = holidays.country_holidays(country).subdivisions_aliases
    names = {str(code): name for name, code in reversed(aliases.items())}
    found = ((code, names.get(code, code)) for code in known[country] if _REGION.fullmatch(f"{country}-{code}"))
    return sorted(found, key=lambda each: each[1].translate(_PLAIN).casefold())


def _events(region: str, years: range, language: str) -> Iterator[tuple[str, bytes]]:
    for day, names in sorted(_holidays(region, years, language).items()):
        for name in names.split("; "):
            uid = uid_of("holiday", region, day.isoformat(), name)
            yield uid, all_day(uid, day, name)


def _holidays(region: str, years: Any, language: str) -> dict[dt.date, str]:
    import holidays  # here: it takes a tenth of a second, and few ask

    found = _REGION.fullmatch(region)
    parts = holidays.list_supported_countries()
    if found is None or found[1] not in parts:
        raise NoSuchRegion(region, sorted(parts))
    if found[2] and found[2] not in parts[found[1]]:
        named = (f"{found[1]}-{part}" for part in parts[found[1]])
        raise NoSuchRegion(region, sorted(each for each in named if _REGION.fullmatch(each)))
    spoken = holidays.list_localized_countries().get(found[1], [])
    told = next((each for each in spoken if each.partition("_")[0] == language), None)
    told = told or next((each for each in spoken if language and each.startswith("en")), None)
    known: dict[dt.date, str] = dict(
        holidays.country_holidays(found[1], subdiv=found[2], years=years, language=told, expand=False)
    )
    return known
