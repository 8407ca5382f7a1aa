"""Dates as people and programs write them in tables and letters."""

from __future__ import annotations

import re
from typing import Final

from farley.codecs.remembering import remembered
from farley.codecs.vcard_values import PartialDate

ORDERS: Final = ("dmy", "mdy", "ymd")
_SEPARATED = re.compile(r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})?\.?(?:[T ,]+\d{1,2}:\d\d.*)?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d|--\d\d-?\d\d|\d{8}")
_WORDS = re.compile(
    r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)?[\s-]*(?P<month>[^\W\d_]{3,12})\.?[\s,-]*(?P<year>\d{4}|\d\d)?"
    r"|(?P<month2>[^\W\d_]{3,12})\.?[\s-]+(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?:[\s,-]+(?P<year2>\d{4}|\d\d))?"
)
_MONTHS: Final = (
    ("jan", "jän", "ene", "gen"), ("feb", "fev", "fév"), ("mar", "mär", "maer", "mrz", "maa"), ("apr", "avr", "abr"),
    ("may", "mai", "mei", "mag"), ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aoû", "aou", "ago"),
    ("sep", "set"), ("oct", "okt", "ott", "out"), ("nov",), ("dec", "dez", "déc", "dic"),
)  # fmt: skip
_MONTH_OF: Final = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}
_NOTHING = re.compile(r"0{1,4}[./-]0{1,2}[./-]0{1,4}(?:\s.*)?")
TURN: Final = 30  # years of two digits up to this one are of the 2000s


@remembered(20_000)
def read_date(written: str, order: str = "") -> PartialDate | None:
    """The date that is written; as words where it cannot be read. None for a blank and for Outlook's 0.0.0000.

    `order` says which comes first where that does not show: dmy, mdy or ymd. Without it, dots mean dmy, slashes mdy
    unless the first number is no month.
    """
    written = written.strip()
    if not written or _NOTHING.fullmatch(written):
        return None
    if _ISO.fullmatch(written):
        return PartialDate.parse(written)
    if found := _SEPARATED.fullmatch(written):
        return _from_numbers(found, order) or PartialDate(text=written)
    if found := _WORDS.fullmatch(written):
        month = _month_of(found["month"] or found["month2"])
        day, year = found["day"] or found["day2"], found["year"] or found["year2"]
        if month:
            return _checked(year or "", month, int(day)) or PartialDate(text=written)
    return PartialDate.parse(written)


def order_of(samples: list[str]) -> str:
    """The order that the dates of one column must be in: dmy or mdy where one of them shows it, else nothing."""
    for sample in samples:
        found = _SEPARATED.fullmatch(sample.strip())
        if found and len(found[1]) <= 2:
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second:
                return "dmy"
            if second > 12 >= first:
                return "mdy"
    return ""


def _from_numbers(found: re.Match[str], order: str) -> PartialDate | None:
    first, separator, second, third = found.groups()
    if len(first) > 2:
        return _checked(first, int(second), int(third or 0)) if len(first) == 4 else None
    if order == "ymd" and third is not None and len(third) <= 2:
        return _checked(first, int(second), int(third))
    day, month = int(first), int(second)
    is_american = order == "mdy" or (order != "dmy" and separator == "/" and day <= 12)
    if (is_american and day <= 12) or month > 12 >= day:
        day, month = month, day
    return _checked(third or "", month, day)


def _month_of(word: str) -> int:
    word = word.casefold()
    return _MONTH_OF.get(word[:4]) or _MONTH_OF.get(word[:3]) or 0


def _checked(year: str, month: int, day: int) -> PartialDate | None:
    if len(year) == 3:
        return None
    number: int | None = int(year) if year else None
    if number is not None and len(year) <= 2:
        number += 2000 if number <= TURN else 1900
    date = PartialDate.parse(f"{number:04}-{month:02}-{day:02}" if number else f"--{month:02}-{day:02}")
    return None if date is None or date.text else date
