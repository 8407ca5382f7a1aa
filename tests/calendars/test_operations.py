"""What is done with calendars and their entries, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from django.apps import apps

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import members, operations, series
from farley.calendars.models import Attendee, Calendar, CalendarObject, Components
from farley.calendars.operations import BadCalendar, SlugTaken
from farley.calendars.storing import WrongComponent
from farley.codecs.icalendar import When
from farley.journal import undo
from farley.journal.models import Batch, Change, Door, Noun, Tombstone
from farley.journal.records import EditConflict, UidConflict
from farley.journal.writing import one_batch
from farley.search.finding import find
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace, NotAllowed, add_person
from tests.calendars.acts import faults
from tests.cast import Hand, a_calendar, a_vcalendar, an_event, hand_of, person, space_of, team

WEB = Door.WEB


@pytest.fixture
def hand(alice: User) -> Hand:
    return hand_of(alice)


@pytest.fixture
def space(alice: User) -> Space:
    return space_of(alice)


State = dict[str, tuple[object, ...]]


def state() -> State:
    """All that is to be seen of calendars: what they are called, where they lie, what is in them."""
    live = CalendarObject.objects.filter(deleted_at=None, calendar__deleted_at=None).select_related("content")
    seen: State = {
        f"{entry.calendar.name}/{entry.href}": (entry.uid, entry.content.data, entry.summary, entry.space.name)
        for entry in live.select_related("calendar", "space")
    }
    for calendar in Calendar.objects.filter(deleted_at=None).select_related("space"):
        seen[calendar.slug] = (
            *(calendar.name, calendar.colour, calendar.position, calendar.components, calendar.zone),
            *(calendar.archived_at is None, calendar.space.name),
        )
    return seen


@contextmanager
def batched(hand: Hand) -> Iterator[Batch]:
    with one_batch(Batch.Act.EDIT, by=hand.by, door=WEB, title="it") as batch:
        yield batch


def test_everybody_has_a_calendar_and_a_list_of_tasks_from_the_start(db: None) -> None:
    user = add_person("zoe", "zoe@example.org", None, language="de")
    mine = Calendar.objects.visible_to(user.actor).in_order()
    assert [(each.name, each.takes) for each in mine] == [
        ("Kalender", Components.EVENTS),
        ("Aufgaben", Components.TASKS),
    ]
    assert not Change.objects.exists()
    assert faults() == []


def test_those_who_had_an_account_before_get_them_too_and_once(alice: User, bob: User) -> None:
    a_calendar(space_of(bob), "Mine")
    User.objects.filter(name="alice").update(language="de")
    furnish = import_module("farley.calendars.migrations.0002_first_calendars").furnish
    for _ in range(2):
        furnish(apps, None)
    names = list(Calendar.objects.order_by("space", "position").values_list("space__name", "name"))
    assert names == [("alice", "Kalender"), ("alice", "Aufgaben"), ("bob", "Mine")]


def test_a_calendar_is_made_changed_and_ordered_and_each_act_is_taken_back(hand: Hand, space: Space) -> None:
    states, batches = [state()], []
    with batched(hand) as made:
        work = operations.create(space, "Work", slug="work", colour="#FF2968FF", by=hand.by, door=WEB, batch=made)
    batches.append(made)
    states.append(state())
    with batched(hand) as changed:
        operations.change(work, name="Office", zone="UTC", is_archived=True, by=hand.by, door=WEB, batch=changed)
    batches.append(changed)
    states.append(state())
    with batched(hand) as deleted:
        operations.delete(work, by=hand.by, door=WEB, batch=deleted)
    batches.append(deleted)
    assert states[0] == {}
    assert states[2]["work"] == ("Office", "#FF2968FF", 0, 1, "UTC", False, "alice")
    assert state() == {}
    for batch, before in zip(reversed(batches), reversed(states), strict=True):
        assert undo.undo(batch, by=hand.by, door=WEB).kept == []
        assert state() == before
    redone = undo.undo(Batch.objects.get(undoes=made), by=hand.by, door=WEB)
    assert (redone.kept, state()) == ([], states[1])
    assert faults() == []


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ({"name": " "}, "name"),
        ({"name": "\u202eevil"}, "name"),
        ({"name": "x" * 201}, "long"),
        ({"colour": "red"}, "colour"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"components": 0}, "components"),
        ({"default_alarms": {"timed": ["soon"]}}, "alarms"),
        ({"slug": "a/b"}, "slug"),
    ],
)
def test_what_cannot_be_is_refused_by_its_reason(hand: Hand, space: Space, own: dict[str, object], reason: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        operations.create(space, **{"name": "Work", **own}, by=hand.by, door=WEB)
    assert refused.value.reason == reason
    assert state() == {}


def test_an_address_is_one_calendars_and_what_is_in_it_decides_what_it_takes(hand: Hand, space: Space) -> None:
    work = operations.create(space, "Work", slug="work", by=hand.by, door=WEB)
    with pytest.raises(SlugTaken):
        operations.create(space, "Other", slug="work", by=hand.by, door=WEB)
    hand.put(work)
    with pytest.raises(BadCalendar) as refused:
        operations.change(work, components=Components.TASKS, by=hand.by, door=WEB)
    assert refused.value.reason == "holds"
    operations.delete(work, by=hand.by, door=WEB)
    operations.create(space, "Other", slug="work", by=hand.by, door=WEB)
    back = operations.restore(work, by=hand.by, door=WEB)
    assert back.slug != "work"  # it went on under another address
    assert len(state()) == 3


def test_entries_are_deleted_restored_and_moved_and_taken_back(hand: Hand, space: Space) -> None:
    work, home = a_calendar(space, "Work"), a_calendar(space, "Home")
    lunch = hand.entry(work, an_event("Lunch", "ATTENDEE:mailto:bob@example.org"))
    before = state()
    with batched(hand) as moved:
        assert operations.move_objects([lunch], home, by=hand.by, door=WEB, batch=moved) == 1
    graves = Tombstone.objects.filter(noun=Noun.CALENDAR_OBJECT)
    assert [grave.collection for grave in graves] == [work.pk]
    assert Attendee.objects.get().calendar_id == home.pk
    lunch.refresh_from_db()
    with batched(hand) as deleted:
        operations.delete_objects([lunch], by=hand.by, door=WEB, batch=deleted)
    assert faults() == []
    assert not Attendee.objects.exists()
    for batch in (deleted, moved):
        undo.undo(batch, by=hand.by, door=WEB)
        assert faults() == []
    assert state() == before
    operations.delete_objects([lunch], by=hand.by, door=WEB, batch=None)
    operations.restore_object(lunch, by=hand.by, door=WEB)
    assert state() == before


def test_an_entry_goes_only_where_it_fits(hand: Hand, space: Space) -> None:
    work, home = a_calendar(space, "Work"), a_calendar(space, "Home")
    tasks = a_calendar(space, "Tasks", components=Components.TASKS)
    lunch = hand.entry(work, an_event("Lunch", uid="u"))
    with pytest.raises(WrongComponent):
        operations.move_objects([lunch], tasks, by=hand.by, door=WEB, batch=None)
    hand.put(home, an_event("Copy", uid="u"), href="copy.ics")
    with pytest.raises(UidConflict):
        operations.move_objects([lunch], home, by=hand.by, door=WEB, batch=None)
    with pytest.raises(EditConflict):
        operations.place_object(lunch, home, "copy.ics", is_overwriting=False, by=hand.by, door=WEB)
    assert not operations.place_object(lunch, home, "copy.ics", is_overwriting=True, by=hand.by, door=WEB)
    lunch.refresh_from_db()
    assert (lunch.calendar, lunch.href) == (home, "copy.ics")
    assert operations.place_object(lunch, home, "renamed.ics", is_overwriting=False, by=hand.by, door=WEB)
    assert faults() == []


def test_a_calendar_moves_with_all_that_is_in_it_and_back(hand: Hand, alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    work = a_calendar(space_of(alice), "Work")
    hand.put(work)
    before = state()
    with batched(hand) as moved:
        operations.move(work, sales, by=hand.by, door=WEB, batch=moved)
    assert [each.space for each in CalendarObject.objects.visible_to(bob.actor)] == [sales]
    assert faults() == []
    undo.undo(moved, by=hand.by, door=WEB)
    assert (state(), list(CalendarObject.objects.visible_to(bob.actor))) == (before, [])
    assert faults() == []


def test_a_device_that_slept_hears_of_what_went_while_the_calendar_lay_elsewhere(hand: Hand, alice: User) -> None:
    home, sales = space_of(alice), team("sales", alice=Role.EDITOR)
    work = a_calendar(home, "Work")
    gone, back = hand.entry(work, an_event("Gone")), hand.entry(work, an_event("Back"))
    known = members.newest(work)
    operations.delete_objects([back], by=hand.by, door=WEB, batch=None)
    operations.move(work, sales, by=hand.by, door=WEB)
    gone.refresh_from_db()
    operations.delete_objects([gone], by=hand.by, door=WEB, batch=None)
    back.refresh_from_db()
    operations.restore_object(back, by=hand.by, door=WEB)
    work.refresh_from_db()
    operations.move(work, home, by=hand.by, door=WEB)
    work.refresh_from_db()
    told = [
        (type(each).__name__, each.href)
        for each in members.of(work, tells_all=True).changes(known, members.newest(work))
    ]
    assert sorted(told) == [("Gone", gone.href), ("Member", back.href)]
    assert faults() == []


def test_one_of_a_series_is_taken_out_of_what_is_there_now(hand: Hand, space: Space) -> None:
    work = a_calendar(space)
    rule = ("DTSTART:20261201T120000Z", "RRULE:FREQ=DAILY")
    shown = hand.entry(work, an_event("Lunch", *rule, uid="l"))
    assert shown.ical.main
    hand.put(work, an_event("Dinner", *rule, uid="l"), href=shown.href)  # meanwhile, from a device
    second = When.parse("20261202T120000Z")
    series.take_away(shown, at=second, scope=series.Scope.ONE, expected=None, by=hand.by, door=WEB)
    now = CalendarObject.objects.get(pk=shown.pk)
    assert (now.summary, b"EXDATE:20261202T120000Z" in now.content.data) == ("Dinner", True)
    lines = ("BEGIN:VEVENT", "UID:o", "DTSTART:20261202T120000Z", "RECURRENCE-ID:20261202T120000Z", "END:VEVENT")
    asked_to_one = hand.entry(work, a_vcalendar(*lines))
    series.take_away(asked_to_one, at=second, scope=series.Scope.ONE, expected=None, by=hand.by, door=WEB)
    assert list(CalendarObject.objects.visible_to(hand.by)) == [now]
    assert faults() == []


def test_search_finds_entries_where_they_are_and_by_who_may_know(hand: Hand, alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    work = a_calendar(space_of(alice), "Work")
    lines = ("LOCATION:Kantine Müllerstraße", "ATTENDEE;CN=Grace:mailto:grace@navy.example", "DESCRIPTION:compilers")
    lunch = hand.entry(work, an_event("Lunch", *lines))

    def found(query: str, by: User) -> list[int]:
        return [hit.record for hit in find(query, by=by.actor, nouns=[Noun.CALENDAR_OBJECT])]

    for query in ("lunch", "mueller", "grace compil", "navy.example"):
        assert found(query, alice) == [lunch.pk], query
    assert found("lunch", bob) == []
    operations.move(work, sales, by=hand.by, door=WEB)
    assert (found("lunch", alice), found("lunch", bob)) == ([lunch.pk], [lunch.pk])
    home = a_calendar(space_of(alice), "Home")
    lunch.refresh_from_db()
    operations.move_objects([lunch], home, by=hand.by, door=WEB, batch=None)
    assert (found("lunch", alice), found("lunch", bob)) == ([lunch.pk], [])
    lunch.refresh_from_db()
    operations.delete_objects([lunch], by=hand.by, door=WEB, batch=None)
    assert found("lunch", alice) == []
    assert faults() == []


def test_undoing_a_calendar_leaves_it_where_others_have_written_to_it(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    with batched(hand_of(alice)) as made:
        work = operations.create(sales, "Work", by=alice.actor, door=WEB, batch=made)
        hand_of(alice).put(work, batch=made)
    hand_of(bob).put(work)
    result = undo.undo(made, by=alice.actor, door=WEB)
    assert [(kept.noun, kept.label, kept.reason) for kept in result.kept] == [(Noun.CALENDAR, "Work", "changed")]
    assert CalendarObject.objects.visible_to(bob.actor).count() == 1


def test_roles_say_who_sees_edits_and_is_told_when_somebody_is_busy(alice: User, mallory: User) -> None:
    roles = {"freebusy": Role.FREEBUSY, "reader": Role.READER, "editor": Role.EDITOR}
    people = {"alice": alice, "mallory": mallory} | {name: person(name) for name in roles}
    sales = team("sales", alice=Role.MANAGER, **roles)
    work = a_calendar(sales)
    entry = hand_of(alice).entry(work)
    told = {
        name: tuple(
            bool(getattr(CalendarObject.objects, access)(user.actor).filter(pk=entry.pk))
            and bool(getattr(Calendar.objects, access)(user.actor).filter(pk=work.pk))
            for access in ("busy_to", "visible_to", "editable_by")
        )
        for name, user in people.items()
    }
    assert told == {
        "alice": (True, True, True),
        "editor": (True, True, True),
        "reader": (True, True, False),
        "freebusy": (True, False, False),
        "mallory": (False, False, False),
    }
    for name, refusal in (("reader", NotAllowed), ("freebusy", NoSuchSpace), ("mallory", NoSuchSpace)):
        with pytest.raises(refusal):
            operations.delete(work, by=people[name].actor, door=WEB)
        with pytest.raises(refusal):
            operations.delete_objects([entry], by=people[name].actor, door=WEB, batch=None)
