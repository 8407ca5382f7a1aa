"""Recurrence rules of vCalendar 1.0 (versit, appendix A) and what they are in iCalendar 2.0, both ways."""

import re
from typing import Final

from farley.codecs.icalendar_values import When

_FIRST = re.compile(r"(D|W|MP|MD|YM|YD)(\d{1,4})", re.ASCII)
_COUNT = re.compile(r"#(\d{1,6})", re.ASCII)
_ORDINAL = re.compile(r"([1-5])([+-])", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(\d{1,2})([+-]?)", re.ASCII)
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES: Final = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY", "YD": "YEARLY"}
_PARTS: Final = {"MD": "BYMONTHDAY", "YM": "BYMONTH", "YD": "BYYEARDAY"}


def rule_from_1(written: str) -> str:
    """The RRULE of 2.0; "" for what cannot be read or said."""
    words = written.upper().split()
    first = _FIRST.fullmatch(words[0]) if words else None
    if not first:
        return ""
    kind, interval = first[1], int(first[2])
    count, until, rest = "2", "", words[1:]  # of a rule that does not say how often, there are two
    if rest and (found := _COUNT.fullmatch(rest[-1])):
        count, rest = found[1], rest[:-1]
    elif rest and (when := When.parse(rest[-1])) and len(rest[-1]) >= 8:
        count, until, rest = "", when.written(), rest[:-1]
    parts = [f"FREQ={_FREQUENCIES[kind]}"]
    if interval > 1:
        parts.append(f"INTERVAL={interval}")
    days = _listed(kind, rest)
    if days is None:
        return ""
    if days:
        parts.append(days)
    if until:
        parts.append(f"UNTIL={until}")
    elif count != "0":
        parts.append(f"COUNT={int(count)}")
    return ";".join(parts)


def _listed(kind: str, words: list[str]) -> str | None:
    """The part of 2.0 that the words after the interval are; "" for none, None for what cannot be read."""
    if not words:
        return ""
    if kind == "W":
        return f"BYDAY={','.join(words)}" if set(words) <= set(_WEEKDAYS) else None
    if kind == "MP":
        return _by_place(words)
    if kind == "MD":
        days = [_day_of_month(word) for word in words]
        return f"BYMONTHDAY={','.join(filter(None, days))}" if all(days) else None
    if kind in _PARTS and all(_NUMBER.fullmatch(word) for word in words):
        return f"{_PARTS[kind]}={','.join(str(int(word)) for word in words)}"
    return None


def _by_place(words: list[str]) -> str | None:
    """1+ SU 2- MO: the ordinal goes with each weekday that follows it."""
    ordinals: list[str] = []
    days: list[str] = []
    is_new = True
    for word in words:
        if found := _ORDINAL.fullmatch(word):
            ordinals = [] if is_new else ordinals
            ordinals.append(("-" if found[2] == "-" else "") + found[1])
            is_new = False
        elif word in _WEEKDAYS and ordinals:
            days += [ordinal + word for ordinal in ordinals]
            is_new = True
        else:
            return None
    return f"BYDAY={','.join(days)}" if days else None


def _day_of_month(word: str) -> str:
    if word == "LD":
        return "-1"
    found = _DAY_OF_MONTH.fullmatch(word)
    return ("-" if found[2] == "-" else "") + str(int(found[1])) if found else ""


def rule_to_1(written: str) -> str:
    """The RRULE of 1.0; "" for what it cannot say."""
    parts = dict(part.partition("=")[::2] for part in written.upper().split(";") if part)
    frequency, interval = parts.pop("FREQ", ""), parts.pop("INTERVAL", "1")
    count, until = parts.pop("COUNT", ""), parts.pop("UNTIL", "")
    if parts.get("WKST") == "MO":
        del parts["WKST"]
    if len(parts) > 1 or (count and until):
        return ""
    name, value = next(iter(parts.items()), ("", ""))
    words = _words(frequency, name, value.split(",") if value else [])
    if words is None:
        return ""
    end = until or f"#{count or 0}"
    return " ".join([f"{words[0]}{interval}", *words[1:], end])


def _words(frequency: str, name: str, values: list[str]) -> list[str] | None:
    if (frequency, name) == ("DAILY", ""):
        return ["D"]
    if frequency == "WEEKLY" and name in ("", "BYDAY"):
        return ["W", *values] if set(values) <= set(_WEEKDAYS) else None
    if frequency == "MONTHLY" and name in ("", "BYMONTHDAY"):
        return [
            "MD",
            *("LD" if each == "-1" else each[1:] + "-" if each[0] == "-" else each for each in values if each),
        ]
    if (frequency, name) == ("MONTHLY", "BYDAY"):
        found = [re.fullmatch(r"\+?(-?)([1-5])([A-Z]{2})", each) for each in values]
        if not all(found):
            return None
        return ["MP", *(word for each in found if each for word in (each[2] + (each[1] or "+"), each[3]))]
    if frequency == "YEARLY" and name in ("", "BYMONTH"):
        return ["YM", *values]
    if (frequency, name) == ("YEARLY", "BYYEARDAY"):
        return ["YD", *values] if all(each.isdigit() for each in values) else None
    return None


def _day_to_1(day: str) -> str:
    if day == "-1":
        return "LD"
    return f"{day[1:]}-" if day.startswith("-") else day
