"""Recurrence rules in words, and as the fields of a form."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from farley.calendars.rules import RuleForm, UnusableRule, form_of, rule_of, shifted_rule
from farley.codecs.icalendar import When
from farley.codecs.zones import DatabaseZone
from farley.web.calendar.recurring import in_words, read_rule_form

BERLIN = DatabaseZone(ZoneInfo("Europe/Berlin"))
START = When(dt.datetime.fromisoformat("2026-12-01T10:00"), "Europe/Berlin")  # the first Tuesday of December


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ("FREQ=DAILY", "every day", "jeden Tag"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "every 3 days, 5 times", "alle 3 Tage, 5-mal"),
        ("FREQ=WEEKLY", "every Tuesday", "jeden Dienstag"),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20270303T225959Z", "every second Tuesday until 3 March 2027",
         "jeden zweiten Dienstag bis 3. März 2027"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday", "jeden Werktag"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=WE,MO", "every 3 weeks on Monday and Wednesday",
         "alle 3 Wochen am Montag und Mittwoch"),
        ("FREQ=MONTHLY", "every month on day 1", "jeden Monat am 1."),
        ("FREQ=MONTHLY;BYDAY=1TU", "every month on the first Tuesday", "jeden Monat am ersten Dienstag"),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1", "every second month on the last day",
         "jeden zweiten Monat am letzten Tag"),
        ("FREQ=YEARLY", "every year on 1 December", "jedes Jahr am 1. Dezember"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "every year on the last Sunday in March",
         "jedes Jahr am letzten Sonntag im März"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
         "every month on every weekday, of these only the last",
         "jeden Monat an jedem Werktag, davon nur am letzten"),
        ("FREQ=DAILY;BYHOUR=9,17", "every day, at 09:00 and 17:00", "jeden Tag, um 09:00 und 17:00 Uhr"),
        ("FREQ=SECONDLY", "every second", "jede Sekunde"),
        ("FREQ=FORTNIGHTLY", "by a rule that cannot be read: FREQ=FORTNIGHTLY",
         "nach einer Regel, die nicht zu lesen ist: FREQ=FORTNIGHTLY"),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_words(rule: str, english: str, german: str) -> None:
    with translation.override("en"):
        assert in_words(rule, START, BERLIN) == english
    with translation.override("de"):
        assert in_words(rule, START, BERLIN) == german


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=DAILY;INTERVAL=2",
        "FREQ=WEEKLY;BYDAY=TU,TH",
        "FREQ=MONTHLY;BYDAY=1TU;COUNT=6",
        "FREQ=MONTHLY;BYDAY=-1TU",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;UNTIL=20301201T225959Z",
    ],
)
def test_a_rule_that_the_form_shows_comes_back_as_it_was(rule: str) -> None:
    assert rule_of(form_of(rule, START, BERLIN), START, BERLIN) == rule


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=2TU",  # not the weekday of the start
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "FREQ=DAILY;BYHOUR=9,17",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
        "FREQ=SECONDLY",
        "FREQ=FORTNIGHTLY",
    ],
)
def test_a_rule_that_the_form_cannot_show_is_kept(rule: str) -> None:
    assert form_of(rule, START, BERLIN).repeat == "keep"


def test_the_last_day_is_written_as_the_start_is() -> None:
    form = RuleForm("DAILY", ends="on", until=dt.date(2026, 12, 24))
    assert rule_of(form, When.of(dt.date(2026, 12, 1)), BERLIN) == "FREQ=DAILY;UNTIL=20261224"
    assert rule_of(form, replace(START, zone=None), BERLIN) == "FREQ=DAILY;UNTIL=20261224T235959"
    assert rule_of(form, START, BERLIN) == "FREQ=DAILY;UNTIL=20261224T225959Z"


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"repeat": "DAILY", "interval": "0"}, "interval"),
        ({"repeat": "DAILY", "interval": "x"}, "interval"),
        ({"repeat": "NEVER"}, "repeat"),
        ({"repeat": "DAILY", "ends": "on", "until": ""}, "until"),
        ({"repeat": "DAILY", "ends": "on", "until": "2026-11-30"}, "until"),
        ({"repeat": "DAILY", "ends": "on", "until": "soon"}, "until"),
        ({"repeat": "DAILY", "ends": "after", "count": "0"}, "count"),
    ],
)
def test_what_makes_no_rule_is_named(posted: dict[str, str], field: str) -> None:
    with pytest.raises(UnusableRule) as refused:
        rule_of(read_rule_form(posted, []), START, BERLIN)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("rule", "to", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=4", "20261202T100000", "FREQ=WEEKLY;BYDAY=WE;COUNT=4"),
        ("FREQ=WEEKLY;BYDAY=SU,TU", "20261202T100000", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=WEEKLY;BYDAY=TU", "20261201T150000", "FREQ=WEEKLY;BYDAY=TU"),
        ("FREQ=MONTHLY;BYDAY=1TU", "20261209T100000", "FREQ=MONTHLY;BYDAY=2WE"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "20261202T100000", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1", "20261202T100000", "FREQ=YEARLY"),
        ("FREQ=DAILY;UNTIL=20261224T090000Z", "20261201", "FREQ=DAILY;UNTIL=20261224"),
        ("FREQ=FORTNIGHTLY", "20261202T100000", "FREQ=FORTNIGHTLY"),
    ],
)
def test_a_rule_follows_its_series_to_another_day(rule: str, to: str, expected: str) -> None:
    after = When.parse(to, "Europe/Berlin")
    assert after is not None
    assert shifted_rule(rule, START, after) == expected
