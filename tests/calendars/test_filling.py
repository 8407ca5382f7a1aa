"""Calendars that Farley fills: birthdays, holidays."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import birthdays, filling, holidays, operations, tasks
from farley.calendars.birthdays import AlreadyThere
from farley.calendars.filling import Source, fill
from farley.calendars.holidays import NoSuchRegion
from farley.calendars.models import Calendar, CalendarObject
from farley.calendars.storing import CalendarIsReadOnly
from farley.journal.models import Batch, Change, Door
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.spaces.operations import NotAllowed
from tests.calendars.acts import faults
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of, team


def told(calendar: Calendar) -> dict[str, str]:
    """By summary, the first day and the rule."""
    live = CalendarObject.objects.filter(calendar=calendar, deleted_at=None).select_related("content")
    mains = [(entry.summary, entry.ical.main) for entry in live]
    return {
        summary: f"{main.start_at.date if main and main.start_at else ''} {main.text('RRULE') if main else ''}".strip()
        for summary, main in mains
    }


def test_birthdays_and_anniversaries_follow_the_cards(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    ada = hand.contact(space, a_card("Ada King", "BDAY:1815-12-10", "ANNIVERSARY:1835-07-08", uid="ada", version="4.0"))
    hand.contact(space, a_card("Leap", "BDAY:--0229", version="4.0"))
    hand.contact(space, a_card("Vague", "BDAY;VALUE=text:circa 1800", version="4.0"))
    calendar = birthdays.create(space, by=alice.actor, door=Door.WEB)
    birthdays.refresh(calendar)
    assert told(calendar) == {
        "Birthday: Ada King (born 1815)": "1815-12-10 FREQ=YEARLY",
        "Anniversary: Ada King": "1835-07-08 FREQ=YEARLY",
        "Birthday: Leap": "1972-02-29 FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    }
    with pytest.raises(CalendarIsReadOnly):
        hand.put(calendar)
    with pytest.raises(AlreadyThere):
        birthdays.create(space, by=alice.actor, door=Door.WEB)
    before = Change.objects.count()
    assert birthdays.refresh(calendar) is False
    hand.store(space, a_card("Ada Lovelace", "BDAY:1815-12-10", uid="ada"), href=ada.href)
    Source.objects.update(next_at=timezone.now() - dt.timedelta(seconds=1))
    assert tasks.fill_due.func() == 1
    assert sorted(told(calendar)) == ["Birthday: Ada Lovelace (born 1815)", "Birthday: Leap"]
    assert Change.objects.count() == before + 3  # the card, its birthday, its anniversary
    assert filling.claim_due(Calendar.Kind.BIRTHDAYS) == []
    assert faults() == []


def test_holidays_of_a_region_in_the_language_of_who_asked(alice: User, bob: User) -> None:
    User.objects.filter(name="alice").update(language="de")
    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    alice.refresh_from_db()
    calendar = holidays.create(sales, "de-by", "Bayern", by=alice.actor, door=Door.WEB)
    holidays.refresh(calendar)
    year = timezone.now().year
    days = CalendarObject.objects.filter(calendar=calendar, starts_at__year=year).values_list("summary", flat=True)
    assert {"Neujahr", "Heilige Drei Könige", "Erster Weihnachtstag"} <= set(days)
    assert CalendarObject.objects.filter(calendar=calendar, starts_at__year=year + 3).exists()
    assert holidays.refresh(calendar) is False
    with pytest.raises(NoSuchRegion, match="DE-BY"):
        holidays.create(sales, "DE-XX", "Nowhere", by=alice.actor, door=Door.WEB)
    with pytest.raises(NotAllowed):
        holidays.create(sales, "FR", "France", by=bob.actor, door=Door.WEB)


def test_birthdays_do_not_move_into_a_space_whose_people_do_not_know_the_contacts(alice: User) -> None:
    space, sales = space_of(alice), team("sales", alice=Role.EDITOR)
    hand_of(alice).contact(space, a_card("Zyx", "BDAY:1815-12-10", version="4.0"))
    calendar = birthdays.create(space, by=alice.actor, door=Door.WEB)
    birthdays.refresh(calendar)
    hand_of(alice).contact(sales, a_card("Colleague", "BDAY:1815-12-11", version="4.0"))
    with one_batch(Batch.Act.MOVE, by=alice.actor, door=Door.WEB) as batch:
        operations.move(calendar, sales, by=alice.actor, door=Door.WEB, batch=batch)
    calendar.refresh_from_db()
    assert told(calendar) == {}
    assert tasks.fill_due.func() == 1
    assert list(told(calendar)) == ["Birthday: Colleague (born 1815)"]
    undo(batch, by=alice.actor, door=Door.WEB)
    assert tasks.fill_due.func() == 1
    calendar.refresh_from_db()
    assert (calendar.space, list(told(calendar))) == (space, ["Birthday: Zyx (born 1815)"])
    assert faults() == []


def test_what_an_address_outside_does_not_tell_any_more_can_be_brought_back_and_stays(alice: User) -> None:
    calendar = operations.create(
        space_of(alice), "Matches", kind=Calendar.Kind.SUBSCRIPTION, by=alice.actor, door=Door.WEB
    )
    both = {"a": an_event("One", uid="a"), "b": an_event("Two", uid="b")}
    fill(calendar, both)
    assert fill(calendar, {"a": both["a"]}).deleted == 1
    batch = Batch.objects.get(act=Batch.Act.DELETE, title="Matches")
    assert undo(batch, by=alice.actor, door=Door.WEB).kept == []
    assert fill(calendar, {"a": both["a"]}).deleted == 0
    assert sorted(told(calendar)) == ["One", "Two"]
    assert fill(calendar, both).stored == 0
    assert fill(calendar, {"b": both["b"]}).deleted == 1


def test_what_is_filled_anew_with_other_time_stamps_alone_is_not_written(alice: User) -> None:
    calendar = a_calendar(space_of(alice))
    first = {"a": an_event("One", uid="a"), "b": an_event("Two", uid="b")}
    assert fill(calendar, first).stored == 2
    again = {uid: octets.replace(b"DTSTAMP:20260101", b"DTSTAMP:20260202") for uid, octets in first.items()}
    filled = fill(calendar, again | {"c": b"rubbish"})
    assert (filled.stored, filled.deleted, len(filled.problems)) == (0, 0, 1)
    filled = fill(calendar, {"a": an_event("Other", uid="a")})
    assert (filled.stored, filled.deleted) == (1, 1)
    assert list(told(calendar)) == ["Other"]
    assert faults() == []
