"""Recurrence rules in words, and as a form sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext, ngettext, pgettext

from farley.calendars.rules import CODES, RuleForm, UnusableRule, last_day
from farley.codecs.icalendar import When
from farley.codecs.recurrence_rule import Frequency, InvalidRule, Rule
from farley.codecs.zones import Zone
from farley.web.dates import written_day

_WORKDAYS = ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4))


# In words


def in_words(written: str, start: When, zone: Zone) -> str:
    """What an RRULE says, beginning at `start` in `zone`: "every second Tuesday until 3 March 2027"."""
    try:
        rule = Rule.parse(written)
    except InvalidRule:
        return gettext("by a rule that cannot be read: {rule}").format(rule=written[:200])
    parts = [_often(rule, start), *_limits(rule), *_positions(rule)]
    said = ", ".join(part for part in parts if part)
    if rule.count is not None:
        times = ngettext("{count} time", "{count} times", rule.count).format(count=rule.count)
        return pgettext("a recurrence and how many times", "{how}, {times}").format(how=said, times=times)
    if rule.until is not None:
        day = written_day(last_day(rule.until, zone), pgettext("date format: day, month and year", "j F Y"))
        return gettext("{how} until {day}").format(how=said, day=day)
    return said


def _often(rule: Rule, start: When) -> str:
    match rule.frequency:
        case Frequency.DAILY:
            return _every(rule.interval, gettext("every day"), gettext("every second day"), gettext("every {n} days"))
        case Frequency.WEEKLY:
            return _weekly(rule, start)
        case Frequency.MONTHLY:
            every = _every(
                rule.interval, gettext("every month"), gettext("every second month"), gettext("every {n} months")
            )
            return f"{every} {_in_month(rule, start)}".strip()
        case Frequency.YEARLY:
            every = _every(
                rule.interval, gettext("every year"), gettext("every second year"), gettext("every {n} years")
            )
            return f"{every} {_in_year(rule, start)}".strip()
        case Frequency.HOURLY:
            return _every(
                rule.interval, gettext("every hour"), gettext("every second hour"), gettext("every {n} hours")
            )
        case Frequency.MINUTELY:
            return _every(
                rule.interval, gettext("every minute"), gettext("every second minute"), gettext("every {n} minutes")
            )
    return _every(rule.interval, gettext("every second"), gettext("every 2 seconds"), gettext("every {n} seconds"))


def _every(interval: int, each: str, second: str, several: str) -> str:
    return {1: each, 2: second}.get(interval) or several.replace("{n}", str(interval))


def _weekly(rule: Rule, start: When) -> str:
    days = rule.by_day or ((0, start.local.weekday()),)
    if len(days) == 1:
        day = _weekday(days[0][1])
        said = _every(
            rule.interval, gettext("every {day}"), gettext("every second {day}"), gettext("every {n} weeks on {day}")
        )
        return said.format(day=day)
    if rule.interval == 1 and tuple(sorted(days)) == _WORKDAYS:
        return gettext("every weekday")
    names = _listed(_weekday(day) for _, day in sorted(days))
    each, second = gettext("every week on {days}"), gettext("every second week on {days}")
    return _every(rule.interval, each, second, gettext("every {n} weeks on {days}")).format(days=names)


def _in_month(rule: Rule, start: When) -> str:
    if rule.by_day:
        return _nth_days(rule)
    if rule.by_year_day or rule.by_week_no:
        return ""
    return _month_days(rule.by_month_day or (start.local.day,))


def _month_days(days: Sequence[int]) -> str:
    if tuple(days) == (-1,):
        return gettext("on the last day")
    names = _listed(
        str(day) if day > 0 else gettext("{n} before the end").format(n=-day - 1) if day < -1 else gettext("the last")
        for day in days
    )
    return ngettext("on day {days}", "on days {days}", len(days)).format(days=names)


def _in_year(rule: Rule, start: When) -> str:
    if rule.by_year_day or rule.by_week_no:
        return ""
    months = rule.by_month or (() if rule.by_day else (start.local.month,))
    if rule.by_day:
        days = _nth_days(rule)
        return days if not months else gettext("{days} in {months}").format(days=days, months=_months(months))
    days_of_month = rule.by_month_day or (start.local.day,)
    if len(months) == 1 and len(days_of_month) == 1 and days_of_month[0] > 0:
        try:
            day = dt.date(2000, months[0], days_of_month[0])
        except ValueError:
            return gettext("{days} in {months}").format(days=_month_days(days_of_month), months=_months(months))
        return gettext("on {day}").format(day=written_day(day, pgettext("date format: day and month", "j F")))
    return gettext("{days} in {months}").format(days=_month_days(days_of_month), months=_months(months))


def _limits(rule: Rule) -> Iterable[str]:
    """The parts that few rules have."""
    if rule.by_month and rule.frequency is not Frequency.YEARLY:
        yield gettext("in {months}").format(months=_months(rule.by_month))
    if rule.by_week_no:
        yield gettext("in week {numbers}").format(numbers=_listed(map(str, rule.by_week_no)))
    if rule.by_year_day:
        yield gettext("on day {numbers} of the year").format(numbers=_listed(map(str, rule.by_year_day)))
    if rule.by_day and rule.frequency in (Frequency.DAILY, Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY):
        yield _nth_days(rule)
    if rule.by_month_day and rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY):
        yield _month_days(rule.by_month_day)
    if rule.by_month_day and rule.by_day and rule.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        yield _month_days(rule.by_month_day)
    if rule.by_hour:
        minutes = rule.by_minute or (0,)
        clocks = [f"{hour:02}:{minute:02}" for hour in rule.by_hour[:12] for minute in minutes[:6]]
        yield gettext("at {times}").format(times=_listed(clocks))
    elif rule.by_minute:
        yield gettext("at minute {numbers}").format(numbers=_listed(map(str, rule.by_minute)))


def _positions(rule: Rule) -> Iterable[str]:
    if rule.by_set_pos:
        places = _listed(_ordinal(place) for place in rule.by_set_pos)
        yield gettext("of these only the {places}").format(places=places)


def _nth_days(rule: Rule) -> str:
    if tuple(sorted(rule.by_day)) == _WORKDAYS:
        return gettext("on every weekday")
    return _listed(
        gettext("on the {nth} {day}").format(nth=_ordinal(nth), day=_weekday(day))
        if nth
        else gettext("on every {day}").format(day=_weekday(day))
        for nth, day in rule.by_day
    )


def _ordinal(number: int) -> str:
    named = {
        1: pgettext("ordinal", "first"),
        2: pgettext("ordinal", "second"),
        3: pgettext("ordinal", "third"),
        4: pgettext("ordinal", "fourth"),
        5: pgettext("ordinal", "fifth"),
        -1: pgettext("ordinal", "last"),
        -2: pgettext("ordinal", "second to last"),
    }
    if number in named:
        return named[number]
    if number < 0:
        return pgettext("ordinal", "{n} from the end").format(n=-number)
    return pgettext("ordinal", "{n}th").format(n=number)


def _weekday(day: int) -> str:
    return str(WEEKDAYS[day])


def _months(months: Iterable[int]) -> str:
    return _listed(str(MONTHS[month]) for month in months)


def _listed(words: Iterable[str]) -> str:
    known = list(words)
    if len(known) < 2:
        return "".join(known)
    return gettext("{some} and {last}").format(some=", ".join(known[:-1]), last=known[-1])


# From a form


def read_rule_form(posted: Mapping[str, str], days: Sequence[str]) -> RuleForm:
    """The form as it was sent; `days` are the ticked ones. Raises UnusableRule for what is no number or no day."""
    until = posted.get("until", "").strip()
    try:
        last = dt.date.fromisoformat(until) if until else None
    except ValueError:
        raise UnusableRule("until") from None
    return RuleForm(
        repeat=posted.get("repeat", ""),
        interval=_number(posted, "interval", 1),
        days=tuple(code for code in CODES if code in days),
        monthly=posted.get("monthly", "day"),
        ends=posted.get("ends", "never"),
        until=last,
        count=_number(posted, "count", 10),
    )


def _number(posted: Mapping[str, str], field: str, default: int) -> int:
    written = posted.get(field, "").strip()
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and len(written) < 7):
        raise UnusableRule(field)
    return int(written)
