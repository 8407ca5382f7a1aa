"""The start page: what waits, what comes, what is new, and the first steps of who has nothing yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import holidays
from farley.calendars import operations as calendars
from farley.calendars.models import Components
from farley.contacts import due, operations
from farley.contacts.models import Contact
from farley.conversations.models import Note
from farley.journal.models import Door
from farley.spaces.models import Space
from tests.cast import a_card, an_event, hand_of, space_of, team
from tests.conversations.writing import by, note
from tests.web.reading import text_of

AsUser = Callable[[User], Client]


def page(client: Client) -> str:
    return text_of(client.get("/today/").content)


def test_the_start_page_leads_to_what_waits_and_what_comes(alice: User, page_of_alice: Client) -> None:
    hand, space, today = hand_of(alice), space_of(alice), timezone.localdate()
    soon = today + dt.timedelta(days=2)
    late = hand.contact(space, a_card("Ada King"))
    later = hand.contact(space, a_card("Grace Hopper"))
    born = hand.contact(space, a_card("Linus", f"BDAY:{soon.year - 30}-{soon:%m-%d}"))
    operations.follow_up([late], today - dt.timedelta(days=1), batch=None, **by(alice))
    operations.follow_up([later], today + dt.timedelta(days=1), batch=None, **by(alice))
    html = page_of_alice.get("/today/").content.decode()
    text = text_of(html)
    assert "To come back to AK Ada King yesterday" in text
    assert "Grace Hopper" not in text
    assert f'href="/contacts/{born.pk}/"' in html
    assert ", turns 30" in text
    assert page_of_alice.get("/", follow=True).redirect_chain[-1][0] == "/today/"


def test_what_somebody_else_looks_after_waits_for_them(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    mine, theirs = (hand_of(alice).contact(sales, a_card(name)) for name in ("Mine", "Theirs"))
    operations.assign([theirs], bob, batch=None, **by(alice))
    operations.follow_up([mine, theirs], timezone.localdate(), batch=None, **by(alice))
    spaces = [sales]
    assert [c.pk for c in due.follow_ups(spaces, timezone.localdate(), by=alice)] == [mine.pk]
    assert {c.pk for c in due.follow_ups(spaces, timezone.localdate(), by=bob)} == {mine.pk, theirs.pk}


@pytest.mark.parametrize(
    ("today", "on", "age"),
    [("2026-02-27", "2026-03-01", 30), ("2028-02-27", "2028-02-29", 32), ("2026-12-30", None, None)],
)
def test_a_leap_day_s_birthday_is_kept_in_every_year(alice: User, today: str, on: str | None, age: int | None) -> None:
    space = space_of(alice)
    hand_of(alice).contact(space, a_card("Leap", "BDAY:1996-02-29"))
    found = due.birthdays([space], dt.date.fromisoformat(today), 7)
    assert [(str(each.on), each.age) for each in found] == ([] if on is None else [(on, age)])


def test_birthdays_go_on_beyond_the_year_s_end(alice: User) -> None:
    space = space_of(alice)
    for name, day in (("New", "--01-02"), ("Old", "1990-12-31"), ("Far", "--02-01")):
        hand_of(alice).contact(space, a_card(name, f"BDAY:{day}"))
    found = due.birthdays([space], dt.date(2026, 12, 30), 7)
    assert [(each.contact.full_name, str(each.on), each.age) for each in found] == [
        ("Old", "2026-12-31", 36),
        ("New", "2027-01-02", None),
    ]


def test_of_more_birthdays_than_are_looked_at_the_next_ones_are_told(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "_MOST_ROWS", 2)
    for day in ("01-02", "12-31", "12-30", "12-29"):
        hand_of(alice).contact(space_of(alice), a_card(day, f"BDAY:--{day}"))
    found = due.birthdays([space_of(alice)], dt.date(2026, 12, 29), 7)
    assert [each.contact.full_name for each in found] == ["12-29", "12-30"]


def test_what_others_did_since_the_last_visit_is_new_once(alice: User, bob: User, as_user: AsUser) -> None:
    sales = team("sales", alice=Role.EDITOR, bob=Role.EDITOR)
    client = as_user(bob)
    page(client)
    contact = hand_of(alice).contact(sales, a_card("Linus"))
    note(alice, "tea", contact)
    holidays.refresh(holidays.create(sales, "DE", "Days off", **by(alice)))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1), tick=False):
        assert "Days off added alice" in page(client)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1), tick=False):
        assert "Day added" not in page(client)
        assert "Linus added alice" in page(client)
        assert "Note “tea” added alice" in page(client)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=3), tick=False):
        assert "Nobody else has changed anything." in page(client)


def test_the_day_s_appointments_and_tasks_are_there(alice: User, page_of_alice: Client) -> None:
    space, today = space_of(alice), timezone.localdate()
    both = Components.EVENTS | Components.TASKS
    calendar = calendars.create(space, "Mine", components=both, by=alice.actor, door=Door.WEB)
    before = today - dt.timedelta(days=2)
    hand_of(alice).entry(calendar, an_event("Visit", f"DTSTART:{today:%Y%m%d}T113000Z"))
    hand_of(alice).entry(calendar, an_event("Send it", f"DUE:{before:%Y%m%d}T113000Z", kind="VTODO"))
    text = page(page_of_alice)
    assert "Visit" in text
    assert "Send it" in text


def test_a_private_appointment_of_a_shared_calendar_stays_private(alice: User, bob: User, as_user: AsUser) -> None:
    sales, today = team("sales", alice=Role.EDITOR, bob=Role.READER), timezone.localdate()
    calendar = calendars.create(sales, "Ours", by=alice.actor, door=Door.WEB)
    hand_of(alice).entry(calendar, an_event("Dentist", f"DTSTART:{today:%Y%m%d}T113000Z", "CLASS:PRIVATE"))
    assert "Dentist" in page(as_user(alice))
    text = page(as_user(bob))
    assert "Private" in text
    assert text.count("Dentist") == 0


def test_example_data_comes_and_goes_with_one_click_each(alice: User, page_of_alice: Client) -> None:
    assert "Put example data in" in page(page_of_alice)
    page_of_alice.post("/today/example/")
    assert Contact.objects.filter(space=space_of(alice), deleted_at=None).count() > 20
    assert Note.objects.visible_to(alice.actor).count() == 2
    page_of_alice.post("/today/example/")
    assert "Take the example data out" in page(page_of_alice)
    page_of_alice.post("/today/example/", {"out": "1"})
    assert not Contact.objects.filter(deleted_at=None).exists()
    assert not Note.objects.visible_to(alice.actor).exists()


def test_the_first_steps_are_told_until_they_are_done_or_hidden(alice: User, bob: User, page_of_alice: Client) -> None:
    html = page_of_alice.get("/today/").content.decode()
    assert html.count('class="is-done"') == 0
    hand_of(alice).contact(space_of(alice))
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    html = page_of_alice.get("/today/").content.decode()
    assert html.count('class="is-done"') == 3
    page_of_alice.post("/today/")
    assert "First steps" not in page(page_of_alice)
    assert "Show the first steps again" in page(page_of_alice)
    page_of_alice.post("/today/", {"back": "1"})
    assert "First steps" in page(page_of_alice)
    assert Space.objects.count() == 3
