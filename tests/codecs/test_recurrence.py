from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tests.codecs.test_icalendar_reading import calendar, event

from farley.codecs.icalendar import ICalendar, When, read_calendars
from farley.codecs.recurrence import Expansion, bounds, occurrences
from farley.codecs.recurrence_rule import Budget, InvalidRule, Rule
from farley.codecs.windows_zones import WINDOWS_ZONES
from farley.codecs.zones import named_zone

BERLIN = "DTSTART;TZID=Europe/Berlin"
LAB = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701001T000000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU
TZOFFSETFROM:+0530
TZOFFSETTO:+0430
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700401T000000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU
TZOFFSETFROM:+0430
TZOFFSETTO:+0530
END:DAYLIGHT
END:VTIMEZONE
""".replace("\n", "\r\n").encode()


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def expand(
    *parts: bytes, start: str = "2026-01-01", end: str = "2027-01-01", floating: str = "UTC", limit: int = 1000
) -> Expansion:
    return occurrences(ICalendar.parse(calendar(*parts)), at(start), at(end), floating=ZoneInfo(floating), limit=limit)


def starts(*parts: bytes, **window: str) -> list[str]:
    """The starts in UTC, as 01-31 10:00."""
    return [f"{each.start:%m-%d %H:%M}" for each in expand(*parts, **window).occurrences]  # type: ignore[arg-type]


FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
SPAN = {"YEARLY": 3000, "MONTHLY": 700, "WEEKLY": 200, "DAILY": 60, "HOURLY": 4, "MINUTELY": 1}  # days


def numbers(least: int, most: int, *, signed: bool = False) -> st.SearchStrategy[str]:
    one = st.integers(least, most) | (st.integers(-most, -least) if signed else st.nothing())
    return st.lists(one, min_size=1, max_size=4, unique=True).map(lambda found: ",".join(map(str, found)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that give something now and then: the other implementation looks for what never comes up to the year 9999.

    Nor are days with and without an ordinal mixed: it takes them as a limit to one another, where RFC 5545 adds them.
    """
    frequency = draw(st.sampled_from(FREQUENCIES))
    is_short, is_long = frequency in ("HOURLY", "MINUTELY"), frequency in ("YEARLY", "MONTHLY")
    ordinals = draw(st.sampled_from([("",), ("1", "-1", "2", "5", "-3")])) if is_long else ("",)
    days = st.tuples(st.sampled_from(ordinals), st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]))
    parts = {
        "INTERVAL": st.sampled_from(["2", "3", "7", "13"]),
        "BYDAY": st.lists(days.map("".join), min_size=1, max_size=3, unique=True).map(",".join),
        "WKST": st.sampled_from(["SU", "TH"]),
        "COUNT": st.integers(1, 40).map(str),
    }
    if is_short and draw(st.booleans()):
        del parts["INTERVAL"]
        parts |= {"BYHOUR": numbers(0, 23), "BYMINUTE": numbers(0, 59)}
    if not is_short:
        parts |= {"BYMONTH": numbers(1, 12), "BYHOUR": numbers(0, 23), "BYMINUTE": numbers(0, 59)}
        if frequency != "WEEKLY":  # for which it has no meaning
            parts["BYMONTHDAY"] = numbers(1, 28, signed=True)
    if frequency == "YEARLY":
        parts["BYYEARDAY"] = numbers(1, 366, signed=True)
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), max_size=4, unique=True))
    if frequency == "YEARLY" and draw(st.integers(0, 5)) == 0:  # BYDAY beside BYWEEKNO has no ordinals
        return f"FREQ=YEARLY;BYWEEKNO={draw(numbers(1, 53, signed=True))};BYDAY=MO,SU"
    written = [f"FREQ={frequency}", *(f"{name}={draw(parts[name])}" for name in chosen)]
    if any(name.startswith("BY") for name in chosen) and draw(st.booleans()):
        written.append(f"BYSETPOS={draw(numbers(1, 3 if is_long else 1, signed=True))}")
    return ";".join(written)


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@example("FREQ=YEARLY;BYDAY=2MO,1TH;BYYEARDAY=1,2,8,9", datetime(2006, 1, 1), 0.0)  # noqa: DTZ001
@example("FREQ=YEARLY;BYDAY=-1MO,5TH;BYMONTH=1,3;BYYEARDAY=25,26,29,30,88,89", datetime(2006, 1, 1), 0.0)  # noqa: DTZ001
@given(
    rules(),
    st.datetimes(datetime(1995, 1, 1), datetime(2024, 12, 31)),  # noqa: DTZ001
    st.floats(0, 1),
)
def test_a_rule_gives_what_an_independent_implementation_gives_in_any_window(
    rule: str, first: datetime, part: float
) -> None:
    first = first.replace(microsecond=0, second=0)
    span = timedelta(days=SPAN[rule[5:].partition(";")[0]])
    endless = ";".join(each for each in rule.split(";") if not each.startswith("COUNT"))
    given_ = rrulestr(endless, dtstart=first).between(first, first + span, inc=True)
    assume(given_)
    first = given_[0]  # a start that the rule gives itself: others are undefined
    assume(rrulestr(endless, dtstart=first).before(first + timedelta(seconds=1)) == first)
    since = first + timedelta(seconds=int(span.total_seconds() * part / 2))
    until = since + span / 3
    expected = rrulestr(rule, dtstart=first).between(since, until, inc=True)
    assert list(Rule.parse(rule).starts(first, since, until, Budget(10**7))) == expected
    leaf = timedelta(days=7 if span > timedelta(days=60) else 1)  # who leafs to and fro is told what is remembered
    ical = ICalendar.parse(calendar(event("a", f"DTSTART:{first:%Y%m%dT%H%M%S}Z", f"RRULE:{rule}")))
    for days in (0, 7, 21, 14, 0, 7):
        start = since + days * leaf / 7
        told = occurrences(ical, start.replace(tzinfo=UTC), (start + leaf).replace(tzinfo=UTC), budget=Budget(10**7))
        theirs = rrulestr(rule, dtstart=first).between(start, start + leaf, inc=True)
        assert [each.written_start.local for each in told.occurrences] == [
            each for each in theirs if each < start + leaf
        ]


def test_every_sample_recurs_as_an_independent_implementation_says(ical_sample: Path) -> None:
    for entry in read_calendars(ical_sample.read_bytes()):
        for component in entry.ical.components if entry.ical else ():
            start = component.start_at
            found = component.first("RRULE")
            if start is None or found is None or component.properties("RDATE") or start.local.year < 1900:
                continue
            try:
                rule = Rule.parse(found.text)
                text = ";".join(each for each in found.text.split(";") if each[:5] != "UNTIL")
                theirs = rrulestr(text, dtstart=start.local)
            except (InvalidRule, ValueError, KeyError):
                continue
            until = start.local + timedelta(days=500 if rule.frequency <= 3 else 1)
            expected = [each for each, _ in zip(theirs.xafter(start.local, inc=True), range(60), strict=False)]
            expected = [each for each in expected if each <= until]
            if expected[:1] != [start.local] or (start.is_date and rule.by_hour):
                continue
            ours = rule.starts(start.local, start.local, until, Budget(10**6))
            assert [each for each, _ in zip(ours, range(len(expected)), strict=False)] == expected


@given(st.text("FREQ=YMONTHLDAIWKSECUBYP;,-+0123456789", max_size=60))
def test_any_text_is_a_rule_or_is_refused_by_name(text: str) -> None:
    try:
        rule = Rule.parse(f"FREQ=DAILY;{text}")
    except InvalidRule as error:
        assert error.part.isalpha()  # noqa: PT017
    else:
        assert rule.interval >= 1


@pytest.mark.parametrize("rule", ["", "FREQ=FORTNIGHTLY", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;BYDAY=XX",
                                  "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;UNTIL=never",
                                  "RSCALE=CHINESE;FREQ=DAILY"])  # fmt: skip
def test_a_series_whose_rule_cannot_be_read_has_its_start_alone(rule: str) -> None:
    assert starts(event("a", "DTSTART:20260105T100000Z", f"RRULE:{rule}")) == ["01-05 10:00"]


def test_the_hour_stays_the_same_when_the_clocks_change() -> None:
    found = starts(event("a", f"{BERLIN}:20260327T090000", "RRULE:FREQ=DAILY;COUNT=4"))
    assert found == ["03-27 08:00", "03-28 08:00", "03-29 07:00", "03-30 07:00"]


def test_an_hour_left_out_counts_with_the_offset_before_and_one_that_comes_twice_is_the_first() -> None:
    assert starts(event("a", f"{BERLIN}:20260328T023000", "RRULE:FREQ=DAILY;COUNT=3")) == [
        "03-28 01:30", "03-29 01:30", "03-30 00:30"]  # fmt: skip
    assert starts(event("a", f"{BERLIN}:20261024T023000", "RRULE:FREQ=DAILY;COUNT=3")) == [
        "10-24 00:30", "10-25 00:30", "10-26 01:30"]  # fmt: skip


def test_an_objects_own_time_zone_counts_where_the_tz_database_says_otherwise() -> None:
    times = event("a", f"{BERLIN}:20260110T100000"), event("b", f"{BERLIN}:20260710T100000")
    assert [starts(LAB, each) for each in times] == [["01-10 05:30"], ["07-10 04:30"]]
    assert [starts(each) for each in times] == [["01-10 09:00"], ["07-10 08:00"]]
    shifted = [starts(LAB, event("c", f"{BERLIN}:20260404T0{hour}3000", "RRULE:FREQ=DAILY;COUNT=2")) for hour in (0, 1)]
    assert shifted == [["04-03 20:00", "04-04 20:00"], ["04-03 21:00", "04-04 20:00"]]


@pytest.mark.parametrize(
    ("tzid", "hour"),
    [
        ("W. Europe Standard Time", 9), ("Eastern Standard Time", 15), ("/mozilla.org/20050126_1/Europe/Berlin", 9),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", 13), ("GMT+0100", 9),
        ("UTC-05:30", 15), ("tzone://Microsoft/Utc", 10), ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome", 9),
        ("(GMT-03:30) Newfoundland", 13), ("Nowhere/At All", 10), ("../../etc/passwd", 10),
    ],
)  # fmt: skip
def test_a_zone_is_known_by_the_names_programs_give_it(tzid: str, hour: int) -> None:
    [found] = expand(event("a", f'DTSTART;TZID="{tzid}":20260110T100000')).occurrences
    assert found.start.hour == hour


def test_every_zone_of_windows_is_one_of_the_tz_database() -> None:
    assert all(named_zone(name) for name in WINDOWS_ZONES)


def test_dates_and_floating_times_are_where_the_question_is_asked() -> None:
    day = event("a", "DTSTART;VALUE=DATE:20260110")
    [found] = expand(day, floating="Pacific/Auckland").occurrences
    assert (found.start, found.end) == (at("2026-01-09T11:00"), at("2026-01-10T11:00"))
    assert found.is_all_day
    assert starts(event("a", "DTSTART:20260110T100000"), floating="America/New_York") == ["01-10 15:00"]


@pytest.mark.parametrize(
    ("until", "count"),
    [("20260103T100000Z", 3), ("20260103T095959Z", 2), ("20260103", 3), ("20260103T110000", 3), ("20260103T105959", 2)],
)
def test_until_is_read_in_utc_by_the_clock_or_as_a_whole_day(until: str, count: int) -> None:
    rule = f"RRULE:FREQ=DAILY;UNTIL={until}"
    assert len(starts(event("a", f"{BERLIN}:20260101T110000", rule))) == count


def test_what_is_excluded_is_gone_and_what_is_added_is_there() -> None:
    found = starts(event(
        "a", f"{BERLIN}:20260101T110000", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20260102T100000Z",
        "EXDATE;VALUE=DATE:20260103", "EXDATE:20260104T110000", "RDATE;TZID=Europe/Berlin:20260201T080000",
        "RDATE;VALUE=PERIOD:20260301T100000Z/PT3H"))  # fmt: skip
    assert found == ["01-01 10:00", "01-05 10:00", "02-01 07:00", "03-01 10:00"]
    period = event("a", "DTSTART:20260101T100000Z", "RDATE;VALUE=PERIOD:20260301T100000Z/PT3H")
    assert [each.end - each.start for each in expand(period).occurrences] == [timedelta(0), timedelta(hours=3)]


def test_an_occurrence_moved_elsewhere_is_there_and_only_there() -> None:
    series = event("a", f"{BERLIN}:20260101T110000", "RRULE:FREQ=WEEKLY", "SUMMARY:usual")
    moved = event("a", "RECURRENCE-ID:20260108T100000Z", "DTSTART:20260312T120000Z", "SUMMARY:moved")
    found = expand(series, moved, start="2026-01-05", end="2026-01-20").occurrences
    assert [f"{each.start:%m-%d}" for each in found] == ["01-15"]
    march = expand(series, moved, start="2026-03-12T11:00", end="2026-03-13").occurrences
    assert [(each.component.text("SUMMARY"), each.recurrence_id) for each in march] == [
        ("moved", When.of(at("2026-01-08T10:00")))]  # fmt: skip
    assert march[0].recurrence_id is not None


def test_an_override_of_all_that_follow_moves_them_too() -> None:
    series = event("a", f"{BERLIN}:20260101T110000", "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20260122T100000Z")
    later = event("a", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260115T110000",
                  f"{BERLIN}:20260116T140000", "DURATION:PT2H")  # fmt: skip
    assert starts(series, later) == ["01-01 10:00", "01-08 10:00", "01-16 13:00", "01-30 13:00"]
    assert starts(series, later, start="2026-01-30T14:00", end="2026-01-31") == ["01-30 13:00"]


def test_overrides_without_their_series_stand_for_themselves() -> None:
    assert starts(event("a", "RECURRENCE-ID:20260108T100000Z", "DTSTART:20260312T120000Z")) == ["03-12 12:00"]


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (["DTSTART;VALUE=DATE:20260328", "DURATION:P2D"], "1 day, 23:00:00"),
        ([f"{BERLIN}:20260328T120000", "DURATION:P1D"], "23:00:00"),
        ([f"{BERLIN}:20260328T120000", "DURATION:PT24H"], "1 day, 0:00:00"),
        ([f"{BERLIN}:20260328T120000", "DTEND;TZID=Europe/London:20260328T120000"], "1:00:00"),
        (["DTSTART;VALUE=DATE:20260110", "DTEND;VALUE=DATE:20260110"], "1 day, 0:00:00"),
        (["DTSTART:20260110T100000Z", "DTEND:20260110T090000Z"], "0:00:00"),
        (["DTSTART:20260110T100000Z", "DURATION:-PT1H"], "0:00:00"),
        (["DTSTART;VALUE=DATE:20260110"], "1 day, 0:00:00"),
    ],
)
def test_how_long_an_event_takes(lines: list[str], length: str) -> None:
    [found] = expand(event("a", *lines), floating="Europe/Berlin").occurrences
    assert str(found.end - found.start) == length


def test_a_window_has_what_overlaps_it_and_not_what_only_touches_it() -> None:
    meeting = event("a", "DTSTART:20260110T100000Z", "DTEND:20260110T110000Z")
    windows = [("09:00", "10:00"), ("09:00", "10:01"), ("10:59", "12:00"), ("11:00", "12:00"), ("10:10", "10:20")]
    found = [len(starts(meeting, start=f"2026-01-10T{a}", end=f"2026-01-10T{b}")) for a, b in windows]
    assert found == [0, 1, 1, 0, 1]
    moment = event("a", "DTSTART:20260110T100000Z")
    found = [
        len(starts(moment, start=f"2026-01-10T{a}", end=f"2026-01-10T{b}")) for a, b in (windows[0], ("10:00", "10:01"))
    ]
    assert found == [0, 1]


def test_a_task_is_where_it_is_due_and_nowhere_without_a_date() -> None:
    def task(*lines: str) -> bytes:
        return event("a", *lines).replace(b"VEVENT", b"VTODO")

    assert starts(task("DUE:20260110T100000Z")) == ["01-10 10:00"]
    [found] = expand(task("DTSTART:20260109T100000Z", "DUE:20260110T100000Z")).occurrences
    assert found.end - found.start == timedelta(days=1)
    assert starts(task("SUMMARY:some day")) == []
    assert bounds(ICalendar.parse(calendar(task("SUMMARY:some day")))) is None
    assert starts(task("DUE;VALUE=DATE:20260110", "RRULE:FREQ=DAILY;COUNT=2;BYHOUR=9,10")) == [
        "01-10 00:00", "01-11 00:00"]  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=SECONDLY;INTERVAL=999999999", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYSETPOS=2", "FREQ=SECONDLY;BYSECOND=59;BYMINUTE=59;BYHOUR=23;BYDAY=MO",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=SECONDLY;COUNT=999999999", "FREQ=SECONDLY;COUNT=999999999;BYHOUR=3;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE="
        + ",".join(map(str, range(60))) + ";BYSECOND=" + ",".join(map(str, range(60)))
        + ";BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1,1",
        "FREQ=MINUTELY;BYWEEKNO=53;BYYEARDAY=-366", "FREQ=YEARLY;INTERVAL=999999999",
    ],
)  # fmt: skip
def test_a_hostile_rule_takes_bounded_work_and_says_when_it_was_too_much(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work is counted in days looked at and times made, which are all that loops."""
    spent = 0
    spend = Budget.spend

    def counted(self: Budget, steps: int = 1) -> None:
        nonlocal spent
        spent += 1
        spend(self, steps)

    monkeypatch.setattr(Budget, "spend", counted)
    series = event("a", "DTSTART:00010101T000000Z", f"RRULE:{rule}")
    found = expand(series, start="2026-01-01", end="2026-02-01", limit=500)
    assert len(found.occurrences) <= 500
    whole = bounds(ICalendar.parse(calendar(series)))
    assert whole is not None
    assert whole.start.year == 1
    assert spent < 450_000
    if rule == "FREQ=SECONDLY":
        assert not found.is_complete
        assert len(found.occurrences) == 500


def test_ten_thousand_overrides_are_looked_up_not_searched() -> None:
    first = datetime(2026, 1, 1, 10)  # noqa: DTZ001
    days = [first + timedelta(days=number) for number in range(10_000)]
    overrides = [event("a", f"RECURRENCE-ID:{day:%Y%m%dT%H%M%S}Z", f"DTSTART:{day:%Y%m%dT12%M%S}Z") for day in days]
    series = event("a", "DTSTART:20260101T100000Z", "RRULE:FREQ=DAILY")
    assert starts(series, *overrides, start="2027-01-01", end="2027-01-03") == ["01-01 12:00", "01-02 12:00"]


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["DTSTART:20260101T100000Z", "DURATION:PT1H"], "2026-01-01T11:00"),
        (["DTSTART:20260101T100000Z", "RRULE:FREQ=DAILY;COUNT=3"], "2026-01-03T10:00"),
        (["DTSTART:20260101T100000Z", "RRULE:FREQ=DAILY;UNTIL=20260105T120000Z"], "2026-01-05T12:00"),
        (["DTSTART:20260101T100000Z", "RDATE:20270101T100000Z"], "2027-01-01T10:00"),
        (["DTSTART:20260101T100000Z", "RRULE:FREQ=DAILY"], None),
    ],
)
def test_the_bounds_of_a_series(lines: list[str], end: str | None) -> None:
    found = bounds(ICalendar.parse(calendar(event("a", *lines))))
    assert found == (at("2026-01-01T10:00"), at(end) if end else None)


@given(
    st.lists(
        st.sampled_from([
            "RRULE:FREQ=DAILY;COUNT=9", "RRULE:FREQ=WEEKLY;UNTIL=20260220T000000Z", "EXDATE:20260102T100000Z",
            "RDATE:20260131T230000Z", "RDATE;VALUE=PERIOD:20251231T100000Z/P3D", "DURATION:PT30H",
            "DTEND;VALUE=DATE:20260103", "RRULE:FREQ=MONTHLY;COUNT=4;BYMONTHDAY=-1",
        ]), max_size=4, unique=True),
    st.lists(st.tuples(st.integers(1, 9), st.integers(-40, 40), st.booleans()), max_size=3,
             unique_by=lambda each: each[0]),
)  # fmt: skip
def test_all_occurrences_lie_within_the_bounds_and_windows_cut_them_without_loss(
    lines: list[str], moves: list[tuple[int, int, bool]]
) -> None:
    parts = [event("a", f"{BERLIN}:20260101T110000", *lines)]
    for day, by, is_range in moves:
        moved = datetime(2026, 1, day, 11) + timedelta(days=by)  # noqa: DTZ001
        reach = ";RANGE=THISANDFUTURE" if is_range else ""
        parts.append(event("a", f"RECURRENCE-ID{reach};TZID=Europe/Berlin:202601{day:02}T110000",
                           f"{BERLIN}:{moved:%Y%m%dT%H%M%S}"))  # fmt: skip
    ical = ICalendar.parse(calendar(*parts))
    whole = occurrences(ical, at("2020-01-01"), at("2030-01-01"))
    assert whole.is_complete
    limits = bounds(ical)
    assert limits is not None
    assert all(limits.start <= each.start and limits.end and each.end <= limits.end for each in whole.occurrences)
    edges = [at("2020-01-01"), at("2026-01-03T10:00"), at("2026-02-01"), at("2030-01-01")]
    cut = [each for start, end in pairwise(edges) for each in occurrences(ical, start, end).occurrences]
    assert set(map(repr, cut)) == set(map(repr, whole.occurrences))
