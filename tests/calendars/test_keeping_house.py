"""What else must hold for calendars: rules of how long things are kept, erasing, archives, what is derived anew."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import birthdays, erasing, operations, rebuilding
from farley.calendars.models import Attendee, Calendar, CalendarObject
from farley.calendars.people import attendees_of, contacts_with
from farley.contacts import erasing as contacts
from farley.contacts import operations as acts
from farley.contacts.retaining import Retention, retain, set_rule
from farley.exchange import archive
from farley.journal.models import Batch, Change, Content, Door, Noun, Verb
from farley.journal.undo import undo
from farley.journal.writing import one_batch
from farley.search import writing as search
from farley.search.models import place
from farley.spaces.operations import NotAllowed
from tests.calendars.acts import faults
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of, team

WEB = Door.WEB


def later(days: int, *, dry_run: bool = False) -> list[tuple[int, int, int]]:
    rules, now = Retention.objects.select_related("space"), timezone.now() + dt.timedelta(days=days)
    return [(kept.contacts, kept.others, kept.versions) for kept in retain(rules, dry_run=dry_run, now=now)]


def test_rules_take_deleted_entries_calendars_and_former_versions_and_leave_the_rest(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    work, old = a_calendar(space, "Work"), a_calendar(space, "Zyxold")
    hand.put(old, an_event("Zyxin"))
    gone = hand.entry(work, an_event("Zyxgone", "ATTENDEE:mailto:a@example.org"))
    here = hand.entry(work, an_event("Zyxfirst", uid="u"))
    hand.put(work, an_event("Second", uid="u"), href=here.href)
    operations.delete_objects([gone], by=alice.actor, door=WEB, batch=None)
    operations.delete(old, by=alice.actor, door=WEB)
    set_rule(space, deleted_days=30, versions_days=30, by=alice.actor, door=WEB)
    assert later(29) == []
    assert later(40, dry_run=True) == [(0, 2, 1)]  # the calendar follows what was in it
    assert later(40) == [(0, 3, 1)]
    assert list(CalendarObject.objects.values_list("summary", flat=True)) == ["Second"]
    assert list(Calendar.objects.values_list("name", flat=True)) == ["Work"]
    assert not any(b"Zyx" in content.data for content in Content.objects.all())
    assert faults() == []


def test_what_is_erased_is_gone_from_history_acts_and_undo(alice: User, bob: User) -> None:
    sales = team("sales", alice=Role.MANAGER, bob=Role.EDITOR)
    work, hand = a_calendar(sales), hand_of(bob)
    with one_batch(Batch.Act.EDIT, by=bob.actor, door=WEB, title="Zyxlunch") as batch:
        entry = hand.entry(work, an_event("Zyxlunch", "ATTENDEE:mailto:zyx@example.org", uid="zyx"), batch=batch)
        hand.put(work, an_event("Zyxdinner", uid="zyx"), href=entry.href, batch=batch)
    entry.refresh_from_db()
    with pytest.raises(NotAllowed):
        erasing.erase(entry, by=bob.actor, door=WEB)
    erasing.erase(entry, by=alice.actor, door=WEB)
    assert not CalendarObject.objects.exists()
    assert not Attendee.objects.exists()
    assert not any(content.data for content in Content.objects.all())
    verbs = Change.objects.filter(noun=Noun.CALENDAR_OBJECT).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [Verb.CREATED, Verb.CHANGED, Verb.ERASED]
    batch.refresh_from_db()
    assert "Zyx" not in batch.title  # which is what it was called first
    assert [kept.reason for kept in undo(batch, by=alice.actor, door=WEB).kept] == ["gone"]


def test_an_archive_holds_ones_calendars_and_a_contacts_the_meetings_one_sees(alice: User, bob: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    contact = hand.contact(space, a_card("Ada", "EMAIL:Ada@Example.org"))
    hand.put(a_calendar(space), an_event("Mine", "ATTENDEE:mailto:ada@example.org"))
    hand_of(bob).put(a_calendar(space_of(bob)), an_event("Zyxbobs", "ATTENDEE:mailto:ada@example.org"))
    assert contacts_with(["ada@example.org", "x@example.org"], by=alice.actor) == {"ada@example.org": contact}
    assert contacts_with(["ada@example.org"], by=bob.actor) == {}
    for write, about in ((archive.write_contact, contact), (archive.write_account, alice)):
        file = io.BytesIO()
        write(file, about, by=alice.actor, door=WEB)  # type: ignore[operator]
        with zipfile.ZipFile(file) as opened:
            told = {name: opened.read(name) for name in opened.namelist() if name.endswith(".ics")}
        [(_, octets)] = told.items()
        assert (octets.count(b"SUMMARY:Mine"), octets.count(b"Zyx")) == (1, 0)


def test_what_is_derived_wrongly_is_mended_and_nobody_hears_of_it(alice: User) -> None:
    work = a_calendar(space_of(alice))
    entry = hand_of(alice).entry(work, an_event("Lunch", "ATTENDEE:mailto:a@example.org"))
    CalendarObject.objects.update(summary="Wrong", first_at=None)
    Attendee.objects.update(address="b@example.org")
    search.remove([place(work.space_id, Noun.CALENDAR_OBJECT, entry.pk)])
    Attendee.objects.create(
        object_id=entry.pk + 1, n=0, calendar_id=work.pk, address="c@example.org", is_organiser=False
    )
    assert [line.partition(": ")[2] for line in rebuilding.differences()][:1] == [
        "summary, first_at, attendees, search text"
    ]
    assert rebuilding.rebuild() == 2
    assert rebuilding.rebuild() == 0
    assert faults() == []
    assert CalendarObject.objects.get().revision == entry.revision


def test_who_is_erased_takes_part_in_nothing_any_more_and_has_no_birthday(alice: User) -> None:
    space, hand = team("sales", alice=Role.MANAGER), hand_of(alice)
    mail, work = "Zyx.very.long.address.that.folds@example.org", a_calendar(space)
    ada = hand.contact(space, a_card("Ada Zyx", f"EMAIL:{mail}", "EMAIL:both@example.org", "BDAY:1815-12-10", uid="a"))
    hand.contact(space, a_card("Ada again", "EMAIL:both@example.org", uid="b"))
    birthdays.refresh(birthdays.create(space, by=alice.actor, door=WEB))
    people = (f"ATTENDEE;CN=Ada Zyx;ROLE=CHAIR:mailto:{mail.lower()}", "ATTENDEE:mailto:both@example.org")
    kept = hand.entry(work, an_event("Lunch", *people, uid="kept"))
    with one_batch(Batch.Act.EDIT, by=alice.actor, door=WEB) as batch:
        hand.put(work, an_event("Lunch", people[1], uid="was"), href="was.ics", batch=batch)
        hand.put(work, an_event("Dinner", *people, uid="was"), href="was.ics")
        hand.put(work, an_event("Supper", people[1], uid="was"), href="was.ics")
    moved = a_calendar(space, "Moved")
    for guests in (people, people[1:]):
        hand.put(moved, an_event("Brunch", *guests, uid="moved"), href="moved.ics")
    operations.move(moved, team("other", alice=Role.MANAGER), by=alice.actor, door=WEB)
    gone = hand.entry(work, an_event("Breakfast", *people, uid="gone"))
    operations.delete_objects([gone], by=alice.actor, door=WEB, batch=None)
    contacts.erase(ada, confirmed="Ada Zyx", by=alice.actor, door=WEB)
    assert not any(b"zyx" in content.data.replace(b"\r\n ", b"").lower() for content in Content.objects.all())
    left = CalendarObject.objects.get(pk=kept.pk)
    assert (left.summary, [each.address for each in attendees_of([left])[left.pk]]) == ("Lunch", ["both@example.org"])
    assert left.revision > kept.revision, "devices hear of it"
    assert set(CalendarObject.objects.values_list("summary", flat=True)) == {"Lunch", "Supper", "Brunch"}
    assert faults() == []


def test_a_rule_that_erases_a_deleted_contact_leaves_the_meetings_with_it(alice: User) -> None:
    space, hand = space_of(alice), hand_of(alice)
    ada = hand.contact(space, a_card("Ada", "EMAIL:ada@example.org"))
    entry = hand.entry(a_calendar(space), an_event("Lunch", "ATTENDEE:mailto:ada@example.org"))
    acts.delete([ada], by=alice.actor, door=WEB, batch=None)
    set_rule(space, deleted_days=30, versions_days=None, by=alice.actor, door=WEB)
    assert later(40) == [(1, 0, 0)]
    assert attendees_of([entry])[entry.pk]
