"""Dates that may lack a part: shown in the user's language, read from what a user types."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, pgettext

from farley.accounts.models import User
from farley.codecs.vcard import PartialDate

_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})?")
_WORDED = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]{3,})\.?(?:\s+(\d{4}|\d{2}))?")
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Ahead:
    """A day that one often means, by the words for it."""

    label: str
    on: dt.date

    @property
    def told(self) -> str:
        return written_day(self.on, pgettext("date format: weekday, day and month", "l j F"))


def written_day(day: dt.date, pattern: str) -> str:
    """What `date_format` says of a day, which takes it a tenth of a millisecond."""
    return _written_day(get_language(), day, pattern)


@lru_cache(maxsize=1000)
def _written_day(_language: str | None, day: dt.date, pattern: str) -> str:
    return date_format(day, pattern)


def days_ahead(user: User) -> list[Ahead]:
    """Days for coming back to something; the week begins as `user` has it."""
    today = timezone.localdate()
    next_week = today + dt.timedelta(days=(user.week_begins_on - today.weekday() - 1) % 7 + 1)
    days = [
        Ahead(gettext("Tomorrow"), today + dt.timedelta(days=1)),
        Ahead(gettext("Next week"), next_week),
        Ahead(gettext("In four weeks"), today + dt.timedelta(weeks=4)),
    ]
    return [day for number, day in enumerate(days) if day.on not in [other.on for other in days[:number]]]


class UnreadableDate(ValueError):
    """What was typed is no date."""


class NoSuchDay(UnreadableDate):
    """What was typed is a date, but the calendar does not have it."""


def show_date(date: PartialDate) -> str:
    """The date in words: "8 December 1978", "8 December", "December 1978", "1978"."""
    if date.text:
        return date.text
    if date.month is None:
        return str(date.year) if date.year is not None else gettext("day {day}").format(day=date.day)
    day = dt.date(date.year or _LEAP_YEAR, date.month, date.day or 1)
    if date.day is None:
        return written_day(day, "F Y" if date.year else "F")
    if date.year is None:
        return written_day(day, pgettext("date format: day and month", "j F"))
    return written_day(day, pgettext("date format: day, month and year", "j F Y"))


def turning(date: PartialDate) -> int | None:
    """The age somebody born on `date` reaches on their birthday this year; None without a year."""
    if date.year is None or date.month is None or date.day is None:
        return None
    age = timezone.localdate().year - date.year
    return age if 0 < age < 130 else None


def read_date(typed: str) -> PartialDate:
    """Read 24.12.1990, 24.12., 24 December 1990, 24 December, 1990-12-24, --12-24, 1990-12 or 1990.

    Of a year in two digits the latest one that is not to come is meant. Raises UnreadableDate, NoSuchDay.
    """
    typed = " ".join(typed.split())
    if found := _DOTTED.fullmatch(typed):
        return _whole(found[3], int(found[2]), int(found[1]))
    if found := _WORDED.fullmatch(typed):
        return _whole(found[3], _month(found[2]), int(found[1]))
    date = PartialDate.parse(typed)
    if date is None or date.text:
        raise UnreadableDate(typed)
    return date


def _month(word: str) -> int:
    word = word.casefold()
    for number, name in MONTHS.items():
        if str(name).casefold().startswith(word):
            return number
    raise UnreadableDate(word)


def _whole(year: str | None, month: int, day: int) -> PartialDate:
    number = int(year) if year else None
    if year and len(year) == 2:
        this_year = timezone.localdate().year
        number = this_year - (this_year - int(year)) % 100
    try:
        dt.date(_LEAP_YEAR if number is None else number, month, day)
    except ValueError as error:
        raise NoSuchDay(f"{day}.{month}.") from error
    return PartialDate(number, month, day)
