"""Events and tasks with a contact: made on its page, told in its timeline and beside it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.calendars.models import CalendarObject, Components
from farley.contacts import erasing
from farley.contacts.models import Contact
from farley.journal.models import Door
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of
from tests.web.reading import hx, text_of


@pytest.fixture
def ada(alice: User) -> Contact:
    a_calendar(space_of(alice), "Work")
    a_calendar(space_of(alice), "Todo", components=Components.TASKS)
    return hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org"))


def planned(client: Client, contact: Contact, kind: str, **form: str) -> str:
    url = f"/contacts/{contact.pk}/timeline/add/"
    return text_of(client.post(url, {"kind": kind, **form}, follow=True).content)


def test_a_meeting_made_on_a_record_invites_the_contact_and_stands_beside_it(
    ada: Contact, page_of_alice: Client
) -> None:
    at = timezone.localtime() + dt.timedelta(days=2)
    text = planned(page_of_alice, ada, "event", title="Lunch", at=f"{at:%Y-%m-%dT12:30}", minutes="90", place="Harbour")
    assert "“Lunch” added" in text
    entry = CalendarObject.objects.get()
    assert [each.address for each in entry.ical.main.attendees] == ["ada@example.org"]
    assert entry.ends_at - entry.starts_at == dt.timedelta(minutes=90)
    beside = text_of(page_of_alice.get(f"/contacts/{ada.pk}/meetings/", headers=hx()).content)
    assert "Lunch" in beside
    assert "Harbour" in beside


def test_a_line_says_when(ada: Contact, page_of_alice: Client) -> None:
    planned(page_of_alice, ada, "event", title="Lunch tomorrow 12:30")
    entry = CalendarObject.objects.get()
    assert entry.summary == "Lunch"
    assert timezone.localtime(entry.starts_at).date() == timezone.localdate() + dt.timedelta(days=1)
    assert "Say when" in planned(page_of_alice, ada, "event", title="Lunch")
    for line, words in (("Lunch 31.2.9999 23:59", "31.2.9999"), ("Tea tomorrow at 3", "at 3")):
        assert f"What “{words}” means is not sure" in planned(page_of_alice, ada, "event", title=line)
    assert "no time that can be read" in planned(page_of_alice, ada, "event", title="Lunch", at="9999-12-31T23:59")
    assert CalendarObject.objects.count() == 1


def test_a_task_is_about_the_contact_and_goes_from_next_steps_into_the_timeline(
    ada: Contact, page_of_alice: Client
) -> None:
    due = f"{timezone.localdate() + dt.timedelta(days=1)}"
    assert "Send the offer Task, due tomorrow" in planned(page_of_alice, ada, "task", title="Send the offer", due=due)
    task = CalendarObject.objects.get()
    assert b"ATTENDEE" not in task.content.data
    assert b"Ada King" in task.content.data
    form = page_of_alice.get(f"/calendar/entries/{task.pk}/").content.decode()
    assert f'<a href="/contacts/{ada.pk}/">Ada King</a>' in form
    beside = page_of_alice.get(f"/contacts/{ada.pk}/meetings/", headers=hx()).content.decode()
    assert "Send the offer is done" in beside
    page = page_of_alice.post(f"/tasks/{task.pk}/done/", {"next": f"/contacts/{ada.pk}/"}, follow=True)
    assert "Send the offer Task, done" in text_of(page.content)
    values = {"title": "Send the offer", "concerns": "1", "kind": "task"}
    page_of_alice.post(f"/calendar/entries/{task.pk}/", values)
    assert "Send the offer Task" not in text_of(page_of_alice.get(f"/contacts/{ada.pk}/").content)
    assert "No task is open" in text_of(page_of_alice.get(f"/contacts/{ada.pk}/meetings/", headers=hx()).content)


def test_a_contact_without_an_address_is_met_too(alice: User, ada: Contact, page_of_alice: Client) -> None:
    for uid in ("c0ffee00-0000-4000-8000-000000000001", "a b/ä@phone"):
        eve = hand_of(alice).contact(space_of(alice), a_card("Eve", uid=uid))
        planned(page_of_alice, eve, "event", title="Walk", at="2026-01-02T10:00")
        assert "Walk Meeting, 10:00–11:00" in text_of(page_of_alice.get(f"/contacts/{eve.pk}/?seg=timeline").content)
    assert "Walk" not in text_of(page_of_alice.get(f"/contacts/{ada.pk}/?seg=timeline").content)


def test_who_is_erased_stands_in_no_task(alice: User, ada: Contact, page_of_alice: Client) -> None:
    planned(page_of_alice, ada, "task", title="Send the offer")
    erasing.erase(ada, confirmed=erasing.confirmation_of(ada), by=alice.actor, door=Door.WEB)
    task = CalendarObject.objects.get()
    assert b"Ada" not in task.content.data
    assert task.summary == "Send the offer"


def test_meetings_that_took_place_are_told_once_each_over_all_pages(
    alice: User, ada: Contact, page_of_alice: Client
) -> None:
    work = a_calendar(space_of(alice))
    asked = "ATTENDEE:mailto:ADA@example.org"
    hand_of(alice).put(work, an_event("Weekly", asked, "DTSTART:20240101T090000Z", "RRULE:FREQ=WEEKLY;COUNT=50"))
    hand_of(alice).put(work, an_event("Ancient", asked, "DTSTART;VALUE=DATE:20040101"))
    hand_of(alice).put(work, an_event("Once", asked, "DTSTART:20241001T090000Z"))
    shown, url = [], f"/contacts/{ada.pk}/timeline/?show=event"
    for _ in range(5):
        html = page_of_alice.get(url, headers=hx()).content.decode()
        shown += [part.split("</b>")[0] for part in html.split("<b>")[1:]]
        if '&amp;show=event" hx-get="' not in html or "behind=" not in html:
            break
        behind = html.split("behind=")[1].split("&amp;")[0]
        url = f"/contacts/{ada.pk}/timeline/?show=event&behind={behind}"
    assert shown.count("Weekly") == 50
    assert shown[0] == "Weekly"
    assert shown.count("Once") == 1
    assert shown[-1] == "Ancient"


def test_what_is_private_in_a_calendar_is_in_no_timeline_of_readers(ada: Contact, alice: User, bob: User) -> None:
    from farley.accounts.roles import Role
    from farley.conversations import timeline
    from tests.cast import team

    sales = team("sales", alice=Role.EDITOR, bob=Role.READER)
    eve = hand_of(alice).contact(sales, a_card("Eve", "EMAIL:eve@example.org"))
    work = a_calendar(sales)
    for name, more in (("Open", ()), ("Hidden", ("CLASS:PRIVATE",))):
        lines = ("ATTENDEE:mailto:eve@example.org", "DTSTART:20250101T090000Z", *more)
        hand_of(alice).put(work, an_event(name, *lines))

    def told(user: User) -> set[str]:
        page = timeline.page(eve, by=user.actor, only=["event"])
        return {moment.what.entry.summary for moment in page.moments}

    assert told(alice) == {"Open", "Hidden"}
    assert told(bob) == {"Open"}


def test_who_has_no_calendar_sees_that_nothing_is_planned(alice: User, page_of_alice: Client) -> None:
    eve = hand_of(alice).contact(space_of(alice), a_card("Eve"))
    assert "No task is open" in text_of(page_of_alice.get(f"/contacts/{eve.pk}/meetings/", headers=hx()).content)


def test_who_has_no_calendar_at_all_is_told_of_no_meeting(alice: User, page_of_alice: Client) -> None:
    ada = hand_of(alice).contact(space_of(alice), a_card("Ada King", "EMAIL:ada@example.org"))
    for headers in ({}, hx()):
        answer = page_of_alice.get(f"/contacts/{ada.pk}/meetings/", headers=headers)
        assert (answer.status_code, "No task is open." in text_of(answer.content)) == (200, True)
