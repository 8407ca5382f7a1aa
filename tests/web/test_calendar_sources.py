"""The pages of calendars that fill themselves, and of secret links to a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from farley.accounts.models import User
from farley.calendars.models import Calendar, CalendarObject
from tests.cast import a_calendar, a_card, an_event, hand_of, space_of
from tests.mirrors.outside import Handler, Outside, serving
from tests.web.reading import text_of
from tests.web.test_calendar import undo

pytestmark = pytest.mark.django_db
FILL = reverse("fill-calendar")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    monkeypatch.setenv("FARLEY_MIRROR_NETWORKS", "127.0.0.0/8")
    with serving(Outside()) as server:
        yield server


def names(calendar: Calendar) -> list[str]:
    return sorted(CalendarObject.objects.filter(calendar=calendar, deleted_at=None).values_list("summary", flat=True))


def test_a_calendar_outside_is_followed_and_what_is_wrong_is_said(
    page_of_alice: Client, alice: User, outside: Outside
) -> None:
    answers = [(200, an_event("Away match")), (404, b"")]
    mine, depths = connections["default"], []

    def fault(handler: Handler) -> bool:
        depths.append(len(mine.savepoint_ids))
        handler.say(*answers[0], {})
        return True

    outside.fault, depth = fault, len(mine.savepoint_ids)
    form = {"act": "follow", "space": space_of(alice).name, "address": outside.address, "name": "Matches"}
    page = page_of_alice.post(FILL, form, follow=True).content.decode()
    calendar = Calendar.objects.get(name="Matches")
    assert names(calendar) == ["Away match"]
    assert "It follows a calendar at 127.0.0.1, read every six hours." in text_of(page)
    answers.pop(0)
    again = page_of_alice.post(reverse("refresh-calendar", args=[calendar.pk]), follow=True).content
    assert "127.0.0.1 has no calendar at this address." in text_of(again)
    assert names(calendar) == ["Away match"]
    refused = page_of_alice.post(FILL, form)
    assert refused.status_code == 422
    assert outside.address in refused.content.decode()
    assert "127.0.0.1 has no calendar at this address." in text_of(refused.content)
    assert set(depths) == {depth}, "others could not write while the server outside was asked"
    undo(page_of_alice, page)
    assert page_of_alice.get(reverse("calendar-settings", args=[calendar.pk])).status_code == 404


def test_birthdays_and_holidays_are_one_form_each(page_of_alice: Client, alice: User) -> None:
    home = space_of(alice)
    hand_of(alice).many(home, [a_card("Ada King", "BDAY:1815-12-10")])
    birthdays = {"act": "birthdays", "space": home.name}
    assert "made, with 1 entry" in text_of(page_of_alice.post(FILL, birthdays, follow=True).content)
    assert names(Calendar.objects.get(kind=Calendar.Kind.BIRTHDAYS)) == ["Birthday: Ada King (born 1815)"]
    assert "There is the calendar “Birthdays” already." in text_of(
        page_of_alice.post(FILL, birthdays, follow=True).content
    )
    holidays = {"act": "holidays", "space": home.name, "country": "DE", "part": "XX"}
    refused = page_of_alice.post(FILL, holidays)
    assert refused.status_code == 422
    assert "No holidays are known for “DE-XX”. There are: DE-BB, DE-BE" in text_of(refused.content)
    page = text_of(page_of_alice.post(FILL, holidays | {"part": "BY"}, follow=True).content)
    assert "Its entries are the holidays of DE-BY." in page
    assert "Holidays Bayern" in page


def test_a_secret_link_is_made_opened_and_ended(page_of_alice: Client, alice: User) -> None:
    calendar = a_calendar(space_of(alice))
    hand_of(alice).entry(calendar, an_event("Lunch"))
    address = reverse("link-calendar", args=[calendar.pk])
    page = page_of_alice.post(address, {"shows": "all"}, follow=True).content.decode()
    [link] = re.findall(r'value="(http[^"]+[.]ics)"', page)
    assert b"SUMMARY:Lunch" in b"".join(Client().get(link).streaming_content)  # type: ignore[attr-defined]
    ending = re.findall(r'name="end" value="([0-9]+)"', page)[0]
    page = page_of_alice.post(address, {"end": ending}, follow=True).content.decode()
    assert "The link leads nowhere any more." in text_of(page)
    assert Client().get(link).status_code == 404


def test_countries_and_their_regions_are_chosen_by_name(page_of_alice: Client, alice: User) -> None:
    page_of_alice.post(reverse("preferences"), {"language": "de"})
    html = page_of_alice.get(FILL).content.decode()
    assert '<option value="DE" selected>Deutschland</option>' in html
    assert '<option value="BY">Bayern</option>' in html
    assert html.index(">Österreich<") < html.index(">Polen<")
    swiss = page_of_alice.get(f"{FILL}?country=CH").content.decode()
    assert ('<option value="ZH">Zürich</option>' in swiss, ">Bayern<" in swiss) == (True, False)
    assert page_of_alice.get(f"{FILL}?country=zz").status_code == 200
