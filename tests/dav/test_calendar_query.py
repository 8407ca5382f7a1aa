"""calendar-query and free-busy-query: every part of the filter, what is sent of each entry, and who may know."""

from __future__ import annotations

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations
from farley.calendars.models import Calendar, Components
from farley.codecs.zone_writing import vtimezone
from farley.dav.names import CALDAV, DAV
from farley.journal.models import Door
from tests.cast import a_calendar, a_vcalendar, an_event, hand_of, space_of, team
from tests.dav.phone import Planner, planner_of

pytestmark = pytest.mark.django_db

DATA = f"{CALDAV}calendar-data"
BERLIN = ("BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM")
ENTRIES = {
    "lunch": an_event("Lunch with Ada", "DTEND:20261201T130000Z", "CATEGORIES:Work,Food", *BERLIN),
    "day": an_event("Feiertag", "DTSTART;VALUE=DATE:20261202", "TRANSP:TRANSPARENT"),
    "float": an_event("Frühstück", "DTSTART:20261203T003000", "DURATION:PT30M"),
    "weekly": an_event(
        "Jour fixe",
        "DTSTART;TZID=Europe/Berlin:20260105T090000",
        "DTEND;TZID=Europe/Berlin:20260105T100000",
        "RRULE:FREQ=WEEKLY",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org",
    ),
    "task": an_event("Report", "DUE:20261204T170000Z", "STATUS:NEEDS-ACTION", kind="VTODO"),
    "done": an_event("Old", "COMPLETED:20261101T000000Z", "STATUS:COMPLETED", kind="VTODO"),
    "whenever": an_event("Whenever", kind="VTODO"),
    "note": an_event("Diary", "DTSTART;VALUE=DATE:20261205", kind="VJOURNAL"),
}


@pytest.fixture
def planner(alice: User) -> Planner:
    calendar = a_calendar(space_of(alice), components=Components(7))
    operations.change(calendar, zone="Europe/Berlin", by=alice.actor, door=Door.WEB)
    for name, octets in ENTRIES.items():
        hand_of(alice).put(calendar, octets, href=f"{name}.ics")
    return planner_of(alice, calendar.slug)


def comp(name: str, inner: str = "") -> str:
    return f'<cal:comp-filter name="{name}">{inner}</cal:comp-filter>'


def prop(name: str, inner: str = "") -> str:
    return f'<cal:prop-filter name="{name}">{inner}</cal:prop-filter>'


def span(start: str, end: str = "") -> str:
    """Of December 2026: `1T12` is the first at noon, UTC."""
    told = " ".join(
        f'{name}="202612{day:0>2}T{hour:0>2}0000Z"'
        for name, text in (("start", start), ("end", end))
        if text
        for day, _, hour in [text.partition("T")]
    )
    return f"<cal:time-range {told}/>"


def match(text: str, negate: str = "no", more: str = "") -> str:
    return f'<cal:text-match negate-condition="{negate}"{more}>{text}</cal:text-match>'


UNDEFINED = "<cal:is-not-defined/>"


FOUND = [
    ("", "day done float lunch note task weekly whenever"),
    (comp("VEVENT"), "day float lunch weekly"),
    (comp("VTODO"), "done task whenever"),
    (comp("VTODO", UNDEFINED), "day float lunch note weekly"),
    (comp("VEVENT", span("1T12", "1T13")), "lunch"),
    (comp("VEVENT", span("1T13", "1T14")), ""),
    (comp("VEVENT", span("1T11", "1T12")), ""),
    (comp("VEVENT", span("1T22", "1T23")), ""),
    (comp("VEVENT", span("1T23", "2T00")), "day"),  # where the calendar is, the day begins an hour before UTC's
    (comp("VEVENT", span("2T22", "2T23")), "day"),
    (comp("VEVENT", span("2T23", "3T00")), "float"),
    (comp("VEVENT", span("7T08", "7T09")), "weekly"),
    (comp("VEVENT", span("7T09", "7T10")), ""),
    (comp("VEVENT", span("20", "")), "weekly"),
    (comp("VEVENT", span("", "1")), "weekly"),
    (comp("VTODO", span("4T17", "5")), "whenever"),
    (comp("VTODO", span("4", "4T17")), "task whenever"),
    (comp("VJOURNAL", span("5", "6")), "note"),
    (comp("VEVENT", comp("VALARM", span("1T11", "1T12"))), "lunch"),
    (comp("VEVENT", comp("VALARM", span("1T12", "1T13"))), ""),
    (comp("VEVENT", comp("VALARM", UNDEFINED)), "day float weekly"),
    (comp("VEVENT", prop("SUMMARY", match("LUNCH"))), "lunch"),
    (comp("VEVENT", prop("SUMMARY", match("FRÜHSTÜCK"))), ""),
    (comp("VEVENT", prop("SUMMARY", match("FRÜHSTÜCK", more=' collation="i;unicode-casemap"'))), "float"),
    (comp("VEVENT", prop("SUMMARY", match("LUNCH", more=' collation="i;octet"'))), ""),
    (comp("VEVENT", prop("SUMMARY", match("u", "yes"))), "day float"),
    (comp("VEVENT", prop("SUMMARY", match("fix"))), "weekly"),
    (comp("VEVENT", prop("CATEGORIES", match("food"))), "lunch"),
    (comp("VEVENT", prop("TRANSP", UNDEFINED)), "float lunch weekly"),
    (
        comp("VEVENT", prop("ATTENDEE", '<cal:param-filter name="PARTSTAT">' + match("ACC") + "</cal:param-filter>")),
        "weekly",
    ),
    (comp("VEVENT", prop("ATTENDEE", f'<cal:param-filter name="PARTSTAT">{UNDEFINED}</cal:param-filter>')), ""),
    (comp("VTODO", prop("COMPLETED", UNDEFINED) + prop("STATUS", match("CANCELLED", "yes"))), "task"),
    (comp("VTODO", prop("DUE", span("4", "5"))), "task"),
    (comp("VEVENT", span("1", "4") + prop("SUMMARY", match("f"))), "day float"),
]


def test_the_filter_finds_these(planner: Planner) -> None:
    assert [(conditions, planner.named(conditions)) for conditions, _ in FOUND] == FOUND


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
def test_what_columns_say_is_what_the_entries_say(planner: Planner, alice: User, zone: str) -> None:
    calendar = Calendar.objects.get(slug=planner.calendar)
    operations.change(calendar, zone=zone, by=alice.actor, door=Door.WEB)
    never = comp("VALARM", UNDEFINED)  # makes the entries be read, and with the other half adds nothing
    for hour in range(0, 84, 3):
        start, end = (f"{1 + at // 24}T{at % 24}" for at in (hour, hour + 3))
        asked = span(start, end)
        read = set(planner.named(comp("VEVENT", asked + never)).split())
        read |= set(planner.named(comp("VEVENT", asked + comp("VALARM"))).split())
        assert set(planner.named(comp("VEVENT", asked)).split()) == read, asked


REFUSED = [
    (comp("VEVENT", prop("SUMMARY", match("x", more=' collation="i;nonsense"'))), 403, "supported-collation"),
    (comp("VEVENT", "<cal:nonsense/>"), 403, "supported-filter"),
    (comp("VEVENT", '<cal:time-range start="20261201T000000"/>'), 403, "valid-filter"),
    (comp("VEVENT", '<cal:time-range start="nonsense"/>'), 403, "valid-filter"),
    (comp("VEVENT", "<cal:time-range/>"), 403, "valid-filter"),
    (comp("VEVENT", span("2", "1")), 403, "valid-filter"),
    ("<cal:comp-filter/>", 403, "valid-filter"),
    (comp("VEVENT", prop("SUMMARY", span("1") + match("x"))), 403, "valid-filter"),
    (comp("A", comp("B", comp("C", comp("D", comp("E", comp("F", comp("G"))))))), 403, "valid-filter"),
    (comp("VEVENT", prop("SUMMARY") * 300), 400, ""),
]


def test_filters_that_mean_nothing_are_refused(planner: Planner) -> None:
    for conditions, status, condition in REFUSED:
        answer = planner.find(conditions)
        assert answer.status == status, conditions
        assert not condition or answer.condition == f"{CALDAV}{condition}", conditions


def test_a_request_may_say_where_floating_times_are(planner: Planner) -> None:
    asked = comp("VEVENT", span("3T00", "3T01"))
    assert planner.named(asked) == ""
    assert "float.ics" in planner.find(asked, more="<cal:timezone-id>Etc/UTC</cal:timezone-id>").by_name
    clock = ["BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD"]
    defined = a_vcalendar("BEGIN:VTIMEZONE", "TZID:x", *clock, "END:VTIMEZONE").decode()
    assert "float.ics" in planner.find(asked, more=f"<cal:timezone>{defined}</cal:timezone>").by_name
    answer = planner.find(asked, more="<cal:timezone-id>No/Where</cal:timezone-id>")
    assert answer.condition == f"{CALDAV}valid-timezone"
    assert planner.find(asked, more="<cal:timezone>x</cal:timezone>").condition == f"{CALDAV}valid-calendar-data"


def test_series_are_written_out_and_parts_are_sent_where_that_is_asked_for(planner: Planner) -> None:
    two_weeks = 'start="20261206T000000Z" end="20261220T000000Z"'
    wanted = (
        '<cal:calendar-data><cal:comp name="VCALENDAR"><cal:comp name="VEVENT"><cal:prop name="DTSTART"/>'
        f'<cal:prop name="RECURRENCE-ID"/></cal:comp></cal:comp><cal:expand {two_weeks}/></cal:calendar-data>'
    )
    [row] = planner.find(comp("VEVENT", f"<cal:time-range {two_weeks}/>"), props=f"<d:getetag/>{wanted}").rows
    assert row[DATA].splitlines() == [
        *(
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            "DTSTART:20261207T080000Z",
            "RECURRENCE-ID:20261207T080000Z",
            "END:VEVENT",
        ),
        *("BEGIN:VEVENT", "DTSTART:20261214T080000Z", "RECURRENCE-ID:20261214T080000Z", "END:VEVENT", "END:VCALENDAR"),
    ]
    assert row[f"{DAV}getetag"] == planner.get("weekly.ics").etag
    for data, condition in (
        ('<cal:calendar-data><cal:expand start="20261206T000000Z"/></cal:calendar-data>', "valid-calendar-data"),
        ('<cal:calendar-data content-type="text/html"/>', "supported-calendar-data"),
    ):
        assert planner.find(comp("VEVENT"), props=data).condition == f"{CALDAV}{condition}"


def test_a_limit_cuts_and_says_so(planner: Planner) -> None:
    more = "<cal:limit><cal:nresults>2</cal:nresults></cal:limit>"
    rows = planner.find(comp("VEVENT"), more=more).rows
    assert [row.status for row in rows] == [None, None, 507]
    assert rows[-1].href == planner.book


def test_busy_times_are_told_without_a_word_of_what(planner: Planner, alice: User) -> None:
    answer = planner.busy("20261201T000000Z", "20261208T000000Z")
    assert answer.raw.headers["Content-Type"].startswith("text/calendar")
    lines = [line for line in answer.body.decode().splitlines() if line.startswith("FREEBUSY")]
    assert lines == [
        "FREEBUSY;FBTYPE=BUSY:20261201T120000Z/20261201T130000Z",
        "FREEBUSY;FBTYPE=BUSY:20261202T233000Z/20261203T000000Z",
        "FREEBUSY;FBTYPE=BUSY:20261207T080000Z/20261207T090000Z",
    ]
    hand_of(alice).put(a_calendar(space_of(alice), "Other"), an_event("Other", "DTEND:20261201T140000Z"))
    assert (
        b"20261201T120000Z/20261201T140000Z" in planner.busy("20261201T000000Z", "20261202T000000Z", planner.home).body
    )
    operations.change(Calendar.objects.get(slug=planner.calendar), is_transparent=True, by=alice.actor, door=Door.WEB)
    assert b"FREEBUSY;" not in planner.busy("20261201T000000Z", "20261208T000000Z").body
    assert planner.report("cal:free-busy-query", "").status == 400
    assert planner.busy("20261201T000000Z", "20261208T000000Z", "/dav/principals/alice/").condition.endswith(
        "supported-report"
    )


def test_who_may_know_only_when_somebody_is_busy_is_told_that_and_nothing_else(
    alice: User, bob: User, mallory: User
) -> None:
    shared = team("sales", alice=Role.MANAGER, bob=Role.FREEBUSY)
    calendar = a_calendar(shared, "Zyxkalender")
    hand_of(alice).put(calendar, an_event("Zyxgeheim", "DTEND:20261201T130000Z", "LOCATION:Zyxort"), href="zyx.ics")
    his = planner_of(bob, calendar.slug)
    told = his.busy("20261201T000000Z", "20261202T000000Z")
    assert b"FREEBUSY;FBTYPE=BUSY:20261201T120000Z/20261201T130000Z" in told.body
    answers = [
        told,
        his.ask("PROPFIND", his.home, depth="1"),
        his.ask("PROPFIND", his.book, depth="1"),
        his.get("zyx.ics"),
        his.find(comp("VEVENT"), props="<cal:calendar-data/>"),
        his.sync(),
        his.multiget(f"{his.book}zyx.ics"),
        his.put("zyx.ics", an_event()),
        his.ask("DELETE", "zyx.ics"),
        his.ask("DELETE", his.book),
        his.busy("20261201T000000Z", "20261202T000000Z", his.home),
    ]
    assert [answer.status for answer in answers] == [200, 207, *[404] * 8, 200]
    assert all(b"zyx" not in answer.body.lower() for answer in answers)
    assert b"FREEBUSY;" not in answers[-1].body
    assert planner_of(mallory, calendar.slug).busy("20261201T000000Z", "20261202T000000Z").status == 404


def test_hostile_rules_are_told_as_they_are_and_keep_nobody_from_the_others(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = a_calendar(space_of(alice))
    never = "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"
    for n in range(5):
        hand_of(alice).put(calendar, an_event("Never", "DTSTART:20200101T000000Z", never, uid=f"u{n}"), href=f"{n}.ics")
    monthly = an_event("Monthly", "DTSTART:20260101T090000Z", "RRULE:FREQ=MONTHLY", uid="u9")
    hand_of(alice).put(calendar, monthly, href="9.ics")
    planner, start = planner_of(alice, calendar.slug), 'start="20261201T000000Z"'
    monkeypatch.setattr("farley.dav.calendar_query.STEPS_IN_ALL", 12_000)  # less than one of them asks for
    monkeypatch.setattr("farley.dav.entries.STEPS_IN_ALL", 12_000)
    wanted = f'<cal:calendar-data><cal:expand {start} end="20661201T000000Z"/></cal:calendar-data>'
    rows = planner.find(comp("VEVENT", f"<cal:time-range {start}/>"), props=wanted).rows
    assert [(row.href, row.status) for row in rows] == [(f"{planner.book}{n}.ics", None) for n in (0, 1, 2, 3, 4, 9)]
    assert [row[DATA].count("BEGIN:VEVENT") for row in rows] == [1, 1, 1, 1, 1, 480]
    assert all(never in row[DATA] for row in rows[:5])


def test_an_answer_that_holds_no_more_says_so_and_tells_the_rest_as_it_is(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = a_calendar(space_of(alice))
    for n in range(3):
        daily = an_event("Daily", "DTSTART:20260101T090000Z", "RRULE:FREQ=DAILY", uid=f"u{n}")
        hand_of(alice).put(calendar, daily, href=f"{n}.ics")
    planner, times = planner_of(alice, calendar.slug), 'start="20261201T000000Z" end="20261211T000000Z"'
    monkeypatch.setattr("farley.dav.entries.MAX_IN_ALL", 15)
    wanted = f"<cal:calendar-data><cal:expand {times}/></cal:calendar-data>"
    rows = planner.find(comp("VEVENT"), props=wanted).rows
    assert [row.status for row in rows] == [None, None, None, 507]
    told = [row[DATA] for row in rows[:3]]
    assert [text.count("BEGIN:VEVENT") for text in told] == [10, 10, 1]


def test_a_program_has_time_zones_by_name_or_defined_as_it_asks(planner: Planner) -> None:
    bare = ENTRIES["weekly"].decode()
    whole = bare.replace("BEGIN:VEVENT", f"{vtimezone('Europe/Berlin', 2026).decode()}BEGIN:VEVENT")
    planner.put("whole.ics", whole.replace("UID:", "UID:whole-").encode())
    assert planner.get("weekly.ics").body.decode() == bare
    for wish, named, defined in (("T", True, True), ("F", False, False), (None, False, True)):
        answers = [planner.get(name, caldav_timezones=wish) for name in ("weekly.ics", "whole.ics")]
        assert ["VTIMEZONE" in each.body.decode() for each in answers] == [named, defined], wish
        hrefs = "".join(f"<d:href>{planner.book}{name}</d:href>" for name in ("weekly.ics", "whole.ics"))
        inner = f"<d:prop><d:getetag/><cal:calendar-data/></d:prop>{hrefs}"
        told = planner.report("cal:calendar-multiget", inner, caldav_timezones=wish).by_name
        assert [told[each][DATA].encode() for each in ("weekly.ics", "whole.ics")] == [each.body for each in answers]
        assert [told[each][f"{DAV}getetag"] for each in ("weekly.ics", "whole.ics")] == [each.etag for each in answers]
        assert "CalDAV-Timezones" in answers[0].raw.headers["Vary"]
