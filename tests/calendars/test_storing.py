"""What becomes of an object that is put into a calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars.models import ENDLESS, Attendee, Calendar, CalendarObject, Components
from farley.calendars.operations import change, delete
from farley.calendars.storing import (
    CalendarIsReadOnly,
    NoSuchCalendar,
    NotOneObject,
    OldVersion,
    WrongComponent,
    judge_prepared,
    prepare_many,
    store_many,
)
from farley.codecs.icalendar import InvalidICalendar
from farley.journal.models import Change, Content, Door, Noun, Tombstone, Verb
from farley.journal.records import BadHref, Condition, EditConflict, Entry, Stored, UidConflict
from farley.spaces.operations import NoSuchSpace, NotAllowed
from tests.calendars.acts import faults
from tests.cast import Hand, a_calendar, a_vcalendar, an_event, hand_of, space_of, team


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def calendar(alice: User) -> Calendar:
    return a_calendar(space_of(alice))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_new_object_is_kept_to_the_octet_and_read(hand: Hand, calendar: Calendar) -> None:
    octets = an_event(
        "Lunch\\, late",
        "DTSTART;TZID=Europe/Berlin:20261201T123000",
        "DURATION:PT1H",
        "LOCATION:Canteen",
        "STATUS:tentative",
        "TRANSP:TRANSPARENT",
        "CLASS:X-SECRET",
        "CATEGORIES:Food,Fun",
        "ORGANIZER;CN=Ada:mailto:Ada@Example.org",
        "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:BOB@example.org",
        "X-ODD;X=1:a",
        "BEGIN:VALARM",
        "TRIGGER:-PT5M",
        "END:VALARM",
    ).replace(b"\r\n", b"\n")
    stored = hand.put(calendar, octets, href="a.ics")
    entry = CalendarObject.objects.get(pk=stored.pk)
    assert entry.content.data == octets
    assert (stored.created, stored.changed, stored.etag, stored.revision) == (True, True, entry.etag, 1)
    assert (entry.summary, entry.location, entry.status) == ("Lunch, late", "Canteen", "TENTATIVE")
    assert (entry.starts_at, entry.ends_at) == (at("2026-12-01T11:30"), at("2026-12-01T12:30"))
    assert (entry.first_at, entry.last_at) == (entry.starts_at, entry.ends_at)
    assert (entry.is_all_day, entry.is_floating, entry.is_recurring, entry.is_transparent) == (
        False,
        False,
        False,
        True,
    )
    assert (entry.classification, entry.has_alarms, entry.categories) == (2, True, ["Food", "Fun"])
    people = list(Attendee.objects.filter(object_id=entry.pk).order_by("n").values_list("address", "name", "partstat"))
    assert people == [("ada@example.org", "Ada", ""), ("bob@example.org", "Bob", "ACCEPTED")]
    assert entry.organiser == "ada@example.org"
    calendar.refresh_from_db()
    assert calendar.octets_revision == 1
    assert faults() == []


def test_bounds_hold_the_whole_series_wherever_a_date_is_looked_at(hand: Hand, calendar: Calendar) -> None:
    endless = hand.entry(calendar, an_event("Every day", "RRULE:FREQ=DAILY"))
    assert (endless.is_recurring, endless.first_at, endless.last_at) == (True, at("2026-12-01T12:00"), ENDLESS)
    day = hand.entry(calendar, an_event("Day off", "DTSTART;VALUE=DATE:20261224"))
    assert (day.is_all_day, day.is_floating) == (True, True)
    assert (day.starts_at, day.ends_at) == (at("2026-12-24T00:00"), at("2026-12-25T00:00"))
    assert (day.first_at, day.last_at) == (at("2026-12-23T10:00"), at("2026-12-25T12:00"))


def test_a_task_is_read_as_one_and_may_have_no_date_at_all(hand: Hand, calendar: Calendar) -> None:
    tasks = a_calendar(calendar.space, "Tasks", components=Components.TASKS)
    lines = ("DUE:20261205T160000Z", "PRIORITY:1", "PERCENT-COMPLETE:40", "RELATED-TO:parent", "STATUS:IN-PROCESS")
    task = hand.entry(tasks, an_event("Report", *lines, kind="VTODO"))
    assert (task.component, task.due_at, task.priority, task.percent) == (2, at("2026-12-05T16:00"), 1, 40)
    assert (task.related_to, task.starts_at, task.first_at) == ("parent", None, at("2026-12-05T16:00"))
    undated = hand.entry(tasks, an_event("Some day", kind="VTODO"))
    assert (undated.due_at, undated.first_at, undated.last_at) == (None, None, None)


def test_the_same_octets_again_change_nothing_and_others_keep_the_former(hand: Hand, calendar: Calendar) -> None:
    octets = an_event("Lunch", "ATTENDEE:mailto:bob@example.org", uid="u")
    first = hand.put(calendar, octets, href="a.ics")
    assert hand.put(calendar, octets, href="a.ics") == first._replace(created=False, changed=False)
    assert (Change.objects.count(), Content.objects.count()) == (1, 1)
    second = hand.put(calendar, an_event("Dinner", uid="u"), href="a.ics", expected=first.etag)
    assert (second.pk, second.created, second.revision) == (first.pk, False, 2)
    assert Change.objects.get(revision=2, noun=Noun.CALENDAR_OBJECT).before.data == octets
    assert not Attendee.objects.exists()
    assert faults() == []


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("expected", [Condition.ABSENT, Condition.ANY, '"stale"', "current"])
def test_every_condition_is_held_to(hand: Hand, calendar: Calendar, is_there: bool, expected: Condition | str) -> None:
    etag = hand.put(calendar, an_event("Lunch", uid="u"), href="a.ics").etag if is_there else None
    wanted = (etag or '"none"') if expected == "current" else expected
    goes = {Condition.ABSENT: not is_there, Condition.ANY: True, '"stale"': False, "current": is_there}[expected]
    octets = an_event("Dinner", uid="u")
    if goes:
        assert hand.put(calendar, octets, href="a.ics", expected=wanted).created is not is_there
        return
    with pytest.raises(EditConflict) as refused:
        hand.put(calendar, octets, href="a.ics", expected=wanted)
    assert (refused.value.href, refused.value.etag) == ("a.ics", etag)
    assert Change.objects.count() == int(is_there)


ONE = ("BEGIN:VEVENT", "UID:u", "DTSTART:20261201T120000Z", "END:VEVENT")


@pytest.mark.parametrize(
    ("octets", "problem", "says"),
    [
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", InvalidICalendar, "not part of any VCALENDAR"),
        (a_vcalendar("METHOD:REQUEST", *ONE), NotOneObject, "METHOD"),
        (a_vcalendar(), NotOneObject, "no event"),
        (a_vcalendar("BEGIN:VEVENT", "DTSTART:20261201T120000Z", "END:VEVENT"), NotOneObject, "no UID"),
        (a_vcalendar(*ONE, "BEGIN:VEVENT", "UID:v", "END:VEVENT"), NotOneObject, "several UIDs"),
        (a_vcalendar(*ONE, "BEGIN:VTODO", "UID:u", "END:VTODO"), NotOneObject, "several kinds"),
        (a_vcalendar(*ONE, *ONE), NotOneObject, "no RECURRENCE-ID"),
        (a_vcalendar(*ONE).replace(b"VERSION:2.0", b"VERSION:1.0"), OldVersion, "1.0"),
        (an_event(kind="VTODO"), WrongComponent, "takes VEVENT, not VTODO"),
        (an_event(kind="VFREEBUSY"), WrongComponent, "not VFREEBUSY"),
    ],
)
def test_what_no_calendar_may_hold_is_refused_by_name(
    hand: Hand, calendar: Calendar, octets: bytes, problem: type[Exception], says: str
) -> None:
    with pytest.raises(problem, match=says):
        hand.put(calendar, octets)
    assert not CalendarObject.objects.exists()


def test_one_bad_object_keeps_no_other_out(alice: User, calendar: Calendar) -> None:
    entries = [
        Entry(an_event("Good", uid="u")),
        Entry(b"rubbish"),
        Entry(an_event("Other", uid="u")),
        Entry(an_event(), "a/b.ics"),
        Entry(an_event("No start", "DTSTART:nonsense", "RRULE:FREQ=NEVER")),
    ]
    told = judge_prepared(calendar, prepare_many(entries), by=alice.actor)
    done = store_many(calendar, entries, batch=None, by=alice.actor, door=Door.DAV)
    kinds: list[type[object]] = [Stored, InvalidICalendar, UidConflict, BadHref, Stored]
    assert [type(each) for each in done] == [type(each) for each in told] == kinds
    assert sorted(CalendarObject.objects.values_list("summary", flat=True)) == ["Good", "No start"]


def test_a_uid_is_one_objects_in_its_calendar_and_an_object_keeps_its_own(hand: Hand, calendar: Calendar) -> None:
    hand.put(calendar, an_event("Lunch", uid="u"), href="a.ics")
    with pytest.raises(UidConflict, match=r"“Lunch” in this calendar") as refused:
        hand.put(calendar, an_event("Copy", uid="u"), href="b.ics")
    assert refused.value.href == "a.ics"
    with pytest.raises(UidConflict):
        hand.put(calendar, an_event("Another", uid="v"), href="a.ics")
    other = a_calendar(calendar.space, "Other")
    assert hand.put(other, an_event("Copy", uid="u"), href="a.ics").created


def test_only_editors_write_and_strangers_learn_nothing(alice: User, bob: User, mallory: User) -> None:
    calendar = a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER))
    with pytest.raises(NotAllowed):
        hand_of(bob).put(calendar)
    with pytest.raises(NoSuchSpace):
        hand_of(mallory).put(calendar)
    hand_of(alice).put(calendar)
    change(calendar, by=alice.actor, door=Door.WEB, is_archived=True)
    with pytest.raises(CalendarIsReadOnly, match="read-only"):
        hand_of(alice).put(calendar)
    delete(calendar, by=alice.actor, door=Door.WEB)
    with pytest.raises(NoSuchCalendar):
        hand_of(alice).put(calendar)
    assert list(CalendarObject.objects.visible_to(alice.actor)) == []
    assert not Tombstone.objects.exists()
    assert [Verb(c.verb) for c in Change.objects.filter(noun=Noun.CALENDAR)] == [Verb.SET, Verb.DELETED]
