"""Recurrence rules as people choose them, and rules that follow a series to another time.

A rule that these choices cannot say stays as it is written.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from farley.codecs.icalendar import When
from farley.codecs.recurrence_rule import Frequency, InvalidRule, Rule
from farley.codecs.zones import FixedZone, Zone

CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MAX_INTERVAL: Final = 999
MAX_COUNT: Final = 9_999


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What can be chosen. `repeat` is a frequency, "" for none, or "keep" for a rule that cannot be said so."""

    repeat: str = ""
    interval: int = 1
    days: tuple[str, ...] = ()  # of a week
    monthly: str = "day"  # of the month; "nth" its weekday counted; "last" the last such weekday; "end" the last day
    ends: str = "never"  # or "on" `until`, or "after" `count`
    until: dt.date | None = None
    count: int = 10


class UnusableRule(ValueError):
    """`field` of the choices holds nothing that makes a rule."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def form_of(written: str, start: When, zone: Zone) -> RuleForm:
    """An RRULE of a series that begins at `start` as choices; "" is none."""
    if not written:
        return RuleForm(days=(CODES[start.local.weekday()],))
    try:
        rule = Rule.parse(written)
    except InvalidRule:
        return RuleForm("keep")
    days = tuple(CODES[day] for _, day in rule.by_day) or (CODES[start.local.weekday()],)
    shown = RuleForm(rule.frequency.name, rule.interval, days, _monthly(rule))
    if rule.until is not None:
        shown = replace(shown, ends="on", until=last_day(rule.until, zone))
    elif rule.count is not None:
        shown = replace(shown, ends="after", count=rule.count)
    if rule.frequency.name not in FREQUENCIES or shown.interval > MAX_INTERVAL or (rule.count or 0) > MAX_COUNT:
        return replace(shown, repeat="keep")
    again = Rule.parse(_without_end(shown, start))
    said = replace(rule, until=None, count=None)
    if rule.interval == 1 or rule.frequency is not Frequency.WEEKLY:
        said = replace(said, week_start=0)  # it makes no difference
    return shown if _spelt_out(said, start) == _spelt_out(again, start) else replace(shown, repeat="keep")


def rule_of(form: RuleForm, start: When, zone: Zone) -> str:
    """The RRULE that is chosen; "" for none. Raises UnusableRule."""
    if not form.repeat:
        return ""
    if form.repeat not in FREQUENCIES:
        raise UnusableRule("repeat")
    if not 1 <= form.interval <= MAX_INTERVAL:
        raise UnusableRule("interval")
    rule = _without_end(form, start)
    if form.ends == "after":
        if not 1 <= form.count <= MAX_COUNT:
            raise UnusableRule("count")
        return f"{rule};COUNT={form.count}"
    if form.ends == "on":
        if form.until is None or form.until < start.date:
            raise UnusableRule("until")
        return f"{rule};UNTIL={written_until(form.until, start, zone)}"
    return rule


def last_day(until: When, zone: Zone) -> dt.date:
    """The day that UNTIL names, by the clock in `zone`."""
    return zone.from_utc(until.local).date() if until.zone == "UTC" else until.date


def written_until(day: dt.date, start: When, zone: Zone) -> str:
    """UNTIL so that `day` is the last: of the same kind as the start, in UTC where that is at a place. §3.3.10."""
    if start.is_date:
        return f"{day:%Y%m%d}"
    end = dt.datetime.combine(day, dt.time(23, 59, 59))
    return When(end).written() if start.zone is None else When(zone.to_utc(end), "UTC").written()


def without_end(written: str) -> str:
    """The rule without UNTIL and COUNT."""
    return ";".join(part for part in written.strip().split(";") if not _is_end(part))


def shifted_rule(written: str, before: When, after: When) -> str:
    """The rule of a series whose first start moves: its days move along, as far as they follow from that start."""
    end = [_end_for(part, after) for part in written.strip().split(";") if _is_end(part)]
    try:
        rule = Rule.parse(without_end(written))
    except InvalidRule:
        return written
    days = (after.date - before.date).days
    said = without_end(written)
    if rule.frequency is Frequency.WEEKLY and rule.by_day:
        if _spelt_out(rule, before) == replace(_bare(rule), by_day=tuple(sorted(rule.by_day))) and days % 7:
            codes = ",".join(CODES[day] for day in sorted((day + days) % 7 for _, day in rule.by_day))
            said = ";".join(f"BYDAY={codes}" if _is_named(part, "BYDAY") else part for part in said.split(";"))
    elif days and rule.frequency is Frequency.MONTHLY:
        form = form_of(said, before, _UNSEEN)
        said = said if form.repeat == "keep" else _without_end(form, after)
    elif days and rule.frequency is Frequency.YEARLY and _spelt_out(_bare(rule), before) == _spelt_out(rule, before):
        said = _without_end(RuleForm("YEARLY", rule.interval), after)
    return ";".join([said, *end])


def _bare(rule: Rule) -> Rule:
    """Of a rule how often, and nothing of which days."""
    return Rule(rule.frequency, rule.interval, week_start=rule.week_start)


def _is_end(part: str) -> bool:
    return _is_named(part, "UNTIL") or _is_named(part, "COUNT")


def _is_named(part: str, name: str) -> bool:
    return part.partition("=")[0].strip().upper() == name


def _end_for(part: str, start: When) -> str:
    """UNTIL is a date where the start is one, and only there."""
    name, _, value = part.partition("=")
    until = When.parse(value) if name.strip().upper() == "UNTIL" else None
    if until is None or until.is_date is start.is_date:
        return part
    if start.is_date:
        return f"UNTIL={until.local:%Y%m%d}"
    return f"UNTIL={until.local:%Y%m%d}T235959{'' if start.zone is None else 'Z'}"


def _without_end(form: RuleForm, start: When) -> str:
    parts = [f"FREQ={form.repeat}"]
    if form.interval > 1:
        parts.append(f"INTERVAL={form.interval}")
    weekday = CODES[start.local.weekday()]
    if form.repeat == "WEEKLY" and form.days:
        parts.append(f"BYDAY={','.join(form.days)}")
    elif form.repeat == "MONTHLY" and form.monthly == "nth":
        parts.append(f"BYDAY={(start.local.day - 1) // 7 + 1}{weekday}")
    elif form.repeat == "MONTHLY" and form.monthly == "last":
        parts.append(f"BYDAY=-1{weekday}")
    elif form.repeat == "MONTHLY" and form.monthly == "end":
        parts.append("BYMONTHDAY=-1")
    return ";".join(parts)


def _monthly(rule: Rule) -> str:
    if rule.by_day:
        return "last" if rule.by_day[0][0] == -1 else "nth"
    return "end" if rule.by_month_day == (-1,) else "day"


def _spelt_out(rule: Rule, start: When) -> Rule:
    """The rule with what it leaves to the start."""
    if rule.frequency is Frequency.WEEKLY:
        rule = replace(rule, by_day=tuple(sorted(rule.by_day or ((0, start.local.weekday()),))))
    elif rule.frequency is Frequency.MONTHLY and not rule.by_day:
        rule = replace(rule, by_month_day=rule.by_month_day or (start.local.day,))
    elif rule.frequency is Frequency.YEARLY and not rule.by_day:
        rule = replace(
            rule,
            by_month=rule.by_month or (start.local.month,),
            by_month_day=rule.by_month_day or (start.local.day,),
        )
    return rule


_UNSEEN = FixedZone(dt.timedelta(0))  # where only UNTIL would ask for a zone
