"""The words for days, times and how often, in German and English: patterns for `event_line`, and what they mean.

Both languages are read at once, for people mix them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS: Final = {
    "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5, "sonnabend": 5,
    "sonntag": 6, "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
}  # fmt: skip
SHORT_WEEKDAYS: Final = {
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
MONTHS: Final = {
    "januar": 1, "jänner": 1, "february": 2, "februar": 2, "märz": 3, "april": 4, "mai": 5, "juni": 6, "juli": 7,
    "august": 8, "september": 9, "oktober": 10, "november": 11, "dezember": 12, "january": 1, "march": 3, "may": 5,
    "june": 6, "july": 7, "october": 10, "december": 12, "jan": 1, "feb": 2, "mär": 3, "mar": 3, "apr": 4, "jun": 6,
    "jul": 7, "aug": 8, "sept": 9, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}  # fmt: skip
NUMBERS: Final = {
    "ein": 1, "eine": 1, "einer": 1, "einem": 1, "einen": 1, "a": 1, "an": 1, "one": 1, "zwei": 2, "two": 2,
    "drei": 3, "three": 3, "vier": 4, "four": 4, "fünf": 5, "five": 5, "sechs": 6, "six": 6, "sieben": 7, "seven": 7,
    "acht": 8, "eight": 8, "neun": 9, "nine": 9, "zehn": 10, "ten": 10, "elf": 11, "eleven": 11, "zwölf": 12,
    "twelve": 12,
}  # fmt: skip
ORDINALS: Final = {
    "ersten": 1, "first": 1, "zweiten": 2, "second": 2, "other": 2, "dritten": 3, "third": 3, "vierten": 4,
    "fourth": 4, "fünften": 5, "fifth": 5, "letzten": -1, "last": -1,
}  # fmt: skip
DAYS_FROM_TODAY: Final = {
    "heute": 0, "today": 0, "tonight": 0, "morgen": 1, "tomorrow": 1, "übermorgen": 2, "day after tomorrow": 2,
    "the day after tomorrow": 2,
}  # fmt: skip
UNITS: Final = {  # of what lasts, in minutes; of what lasts for days, in days
    "minuten": 1, "minute": 1, "minutes": 1, "min": 1, "mins": 1, "stunde": 60, "stunden": 60, "std": 60, "hour": 60,
    "hours": 60, "hrs": 60, "hr": 60, "h": 60,
}  # fmt: skip
DAY_UNITS: Final = {
    "tag": 1, "tage": 1, "tagen": 1, "day": 1, "days": 1, "woche": 7, "wochen": 7, "week": 7, "weeks": 7,
}  # fmt: skip
FREQUENCIES: Final = {
    "täglich": "DAILY", "daily": "DAILY", "wöchentlich": "WEEKLY", "weekly": "WEEKLY", "monatlich": "MONTHLY",
    "monthly": "MONTHLY", "jährlich": "YEARLY", "yearly": "YEARLY", "annually": "YEARLY",
}  # fmt: skip
EVERY_UNITS: Final = {
    "tag": "DAILY", "tage": "DAILY", "day": "DAILY", "days": "DAILY", "woche": "WEEKLY", "wochen": "WEEKLY",
    "week": "WEEKLY", "weeks": "WEEKLY", "monat": "MONTHLY", "monate": "MONTHLY", "month": "MONTHLY",
    "months": "MONTHLY", "jahr": "YEARLY", "jahre": "YEARLY", "year": "YEARLY", "years": "YEARLY",
}  # fmt: skip
NO_PLACES: Final = frozenset(  # "training in English", "Besuch in Person"
    {"deutsch", "englisch", "französisch", "spanisch", "german", "english", "french", "spanish", "person", "ordnung"}
)


def _any(words: object) -> str:
    return "|".join(sorted(map(re.escape, map(str, list(words))), key=len, reverse=True))  # type: ignore[call-overload]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){text}(?!\w)", re.IGNORECASE)


_WEEKDAY = rf"(?:{_any(WEEKDAYS)})"
_SHORT = rf"(?:{_any(SHORT_WEEKDAYS)})\.?"
# Short ones are words too ("so", "do", "sun", "Fr. Vogt"): they count only before a time, a date, a comma or the end.
_BEFORE_TIME = r"(?=\s*(?:,|$|\d|um\b|ab\b|at\b|von\b|from\b))"
_COUNT = rf"(?:\d{{1,3}}|{_any(NUMBERS)})"
_MONTH = rf"(?:{_any(MONTHS)})\.?"
_YEAR = r"(?:\d{4}|\d{2})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NUMERIC = rf"{_DAY}\.\s?(?:0?[1-9]|1[0-2])\.(?:\s?{_YEAR}(?!\d|[:.]|\s?(?:uhr|-)))?"
_ISO = r"\d{4}-\d{2}-\d{2}"
_WORDED = rf"{_DAY}(?:\.|st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+\d{{4}})?(?!\w)"
_ENGLISH = rf"(?:{_any(MONTHS)})\s+{_DAY}(?:st|nd|rd|th)?(?![\d:.])(?:,?\s+\d{{4}})?"
DATE: Final = rf"(?:{_ISO}|{_NUMERIC}|{_WORDED}|{_ENGLISH})"
_TO = r"\s*(?:-|–|bis\s+zum|bis|until|till|through|to)\s*"

DATES: Final = _pattern(
    rf"(?:vom\s+|von\s+|from\s+)?"
    rf"(?P<first>{DATE}|{_DAY}\.?)(?:{_TO})(?P<last>{DATE})"
)  # fmt: skip
ONE_DATE: Final = _pattern(rf"(?:am\s+|on\s+(?:the\s+)?|den\s+)?(?P<date>{DATE})")
DAY_OF_MONTH: Final = _pattern(
    r"(?:am\s+(?P<german>0?[1-9]|[12]\d|3[01])\.(?!\d)|on\s+the\s+(?P<english>\d{1,2})(?:st|nd|rd|th))"
)
RELATIVE: Final = _pattern(rf"(?P<word>{_any(DAYS_FROM_TODAY)})(?!\s*(?:früh|abend|morgen|mittag)\b)")
AHEAD: Final = _pattern(rf"in\s+(?P<count>{_COUNT})\s+(?P<unit>{_any(DAY_UNITS)})")
WEEKDAY: Final = _pattern(
    rf"(?:(?:am|on|den)\s+)?(?:(?P<which>nächste[nr]?|next|kommende[nr]?|coming|diese[nr]?|this)\s+)?"
    rf"(?:(?P<long>{_WEEKDAY})|(?P<short>{_SHORT}){_BEFORE_TIME})"
)
WEEKDAY_RANGE: Final = _pattern(
    rf"(?:von\s+|from\s+)?(?P<first>{_WEEKDAY}|{_SHORT})(?:{_TO})(?P<last>{_WEEKDAY}|{_SHORT}){_BEFORE_TIME}"
)

_ZONE = r"(?:\s?uhr|\s?[ap]\.?m\b\.?)"
_SURE = rf"(?:\d{{1,2}}:\d{{2}}{_ZONE}?|\d{{1,2}}(?:[.:]\d{{2}})?{_ZONE})"
_MAYBE = rf"\d{{1,2}}(?:[.:]\d{{2}})?{_ZONE}?"
TIMES: Final = _pattern(
    rf"(?:(?:von|from|um|ab|at)\s+)?(?:(?P<a>{_SURE}){_TO}(?P<b>{_MAYBE})|(?P<c>{_MAYBE}){_TO}(?P<d>{_SURE}))(?![.]\d)"
)
ONE_TIME: Final = _pattern(rf"(?:(?:um|ab|at|gegen|from)\s+)?(?P<time>{_SURE})")
BARE_TIME: Final = _pattern(r"(?:um|at)\s+(?P<time>\d{1,2})(?![.:]?\d|\.\s?\d|\s?(?:%|€))")
NAMED_TIME: Final = _pattern(r"(?:at\s+|um\s+)?(?P<name>noon|midday|mittags)")
PART_TIME: Final = _pattern(
    rf"(?:(?:um|at)\s+)?(?P<part>halb|half\s+past|viertel\s+nach|viertel\s+vor|quarter\s+past|quarter\s+to)\s+"
    rf"(?P<hour>\d{{1,2}}|{_any(NUMBERS)})"
)
TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:[.:](?P<minute>\d{2}))?\s?(?:(?P<uhr>uhr)|(?P<half>[ap])\.?m\b\.?)?", re.IGNORECASE
)

LASTING: Final = _pattern(
    rf"(?P<mark>for\s+|für\s+|à\s+)?(?:(?P<half>half\s+an?\s+hour|(?:eine\s+)?halbe\s+stunde|half\s+hour)|"
    rf"(?P<count>\d{{1,3}}(?:[.,]\d{{1,2}})?|{_any(NUMBERS)})\s?(?P<unit>{_any([*UNITS, *DAY_UNITS])})\.?)"
    r"(?:\s+(?:lang|long))?"
)

_EVERY = r"(?:every|each|jede[nrs]?|alle)"
_SEVERAL = rf"(?:{_WEEKDAY}|{_SHORT})s?(?:\s*(?:,|und|and|&)\s*(?:{_WEEKDAY}|{_SHORT})s?)*"
EVERY_NTH: Final = _pattern(
    rf"(?:{_EVERY}\s+|am\s+|on\s+the\s+)(?P<nth>{_any(ORDINALS)})\s+(?P<day>{_WEEKDAY})"
    rf"(?P<month>\s+(?:im|of\s+the|of\s+every|of\s+each|in\s+jedem|jeden)\s+(?:monats?|month))?"
)
EVERY_DAYS: Final = _pattern(rf"{_EVERY}\s+(?P<days>{_SEVERAL})")
EVERY_UNIT: Final = _pattern(rf"{_EVERY}\s+(?:(?P<count>{_COUNT}|{_any(ORDINALS)})\s+)?(?P<unit>{_any(EVERY_UNITS)})")
EVERY_WORKDAY: Final = _pattern(rf"(?:{_EVERY}\s+(?:werktag|wochentag|weekday|workday)|werktags|on\s+weekdays)")
ADVERB: Final = _pattern(rf"(?P<word>{_any(FREQUENCIES)})")
ON_DAYS: Final = _pattern(
    r"(?:on\s+)?(?P<days>(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mon|tues|wednes|thurs|fri|satur|sun)"
    r"(?:s|days))"
)
UNTIL: Final = _pattern(rf"(?:bis(?:\s+zum)?|until|till)\s+(?P<date>{DATE})")
TIMES_OVER: Final = _pattern(r"(?P<count>\d{1,3})\s?(?:mal|times|x)")
DUE: Final = re.compile(
    rf"(?<!\w)(?:bis(?:\s+zum)?|by|due|fällig(?:\s+am)?|until)\s+"
    rf"(?=(?:{DATE}|{_WEEKDAY}|{_SHORT}|{_any(DAYS_FROM_TODAY)})(?!\w))",
    re.IGNORECASE,
)
PRIORITY: Final = re.compile(r"(?:^|(?<=\s))(?P<marks>!{1,3})(?=\s|$)")
TASK: Final = re.compile(r"^\s*(?:\[ ?\]|(?:task|todo|to-do|aufgabe)\s*:)\s*", re.IGNORECASE)
AT: Final = re.compile(r"(?:^|(?<=\s))@\s?(?P<place>[^\0,]+)")
# A place begins with a capital or a number, perhaps behind an article: "in der Küche", "at Luigi’s", "in Room 5".
PLACE: Final = re.compile(
    r"(?:^|(?<=[\s\0]))(?P<how>in|im|at|bei|beim)\s+(?P<place>(?:(?:the|der|dem|den)\s+)?(?:[A-ZÄÖÜ]|\d{3})[^\0,]*)"
)
PHONE: Final = re.compile(r"(?<!\w)\+?\(?\d[\d /()-]{6,}\d")  # not to be taken for dates


def codes_of(written: str) -> str:
    days = [weekday_of(word) for word in re.findall(r"[^\W\d_]+", written.lower()) if word not in ("und", "and")]
    return ",".join(CODES[day] for day in sorted(set(days)))


def weekday_of(word: str) -> int:
    word = word.lower().rstrip(".")
    known = WEEKDAYS | SHORT_WEEKDAYS
    return known[word] if word in known else known[word.removesuffix("s")]


def number_of(written: str) -> float:
    return NUMBERS.get(written.lower()) or float(written.replace(",", "."))


def half_of(written: str) -> str:
    found = TIME.fullmatch(written.strip())
    return (found["half"] or "").lower() if found else ""


def time_of(written: str, half: str) -> dt.time | None:
    """A time of day; `half` is a or p where another part of the line said which half of the day it is."""
    found = TIME.fullmatch(written.strip())
    if not found:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or half).lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour == 24 and not minute:
        hour = 0
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def day_of(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def day_before(last: dt.date, day: int) -> dt.date | None:
    """The day of that number in the month of `last`."""
    return day_of(last.year, last.month, day) if day < last.day else None


def year_later(day: dt.date) -> dt.date:
    return day_of(day.year + 1, day.month, day.day) or day
