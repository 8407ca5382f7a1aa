"""The calendar's pages: days, weeks, months, entries, series."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations
from farley.calendars.details import Reminding, alarms_of
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.journal.models import Door
from farley.spaces.models import Space
from tests.cast import a_calendar, a_vcalendar, an_event, hand_of, space_of, team
from tests.web.reading import hx, text_of

NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)  # a Wednesday, 10:00 in Berlin
WEEK = "/calendar/?view=week&on=2026-11-25"
NINE = {"start_on": "2026-11-26", "start_at": "09:00", "end_on": "2026-11-26", "end_at": "10:00"}
NINE |= {"zone": "Europe/Berlin"}
BERLIN = "TZID=Europe/Berlin"


@pytest.fixture(autouse=True)
def now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(alice: User) -> Calendar:
    return operations.create(space_of(alice), "Work", by=alice.actor, door=Door.WEB)


def only(summary: str) -> CalendarObject:
    found: CalendarObject = CalendarObject.objects.select_related("content").get(summary=summary, deleted_at=None)
    return found


def undo(client: Client, html: str) -> None:
    [address] = re.findall(r'action="(/activity/\d+/undo/)"', html)[-1:]
    client.post(address)


def starts(client: Client, title: str) -> list[str]:
    """When something of this title takes place in the thirty days to come, as the agenda has it."""
    html = client.get("/calendar/?view=agenda&on=2026-11-25").content.decode()
    found = []
    for day in re.split(r'<h2 class="az">', html)[1:]:
        name = text_of(day.partition("</h2>")[0]).rpartition(", ")[2]
        items = re.findall(r'<span class="when">\s*<time>([\d:]+)</time>.*?<b>(.*?)</b>', day, re.DOTALL)
        found += [f"{name} {clock}" for clock, each in items if each == title]
    return found


def test_a_line_makes_an_event_and_is_taken_back(page_of_alice: Client, work: Calendar) -> None:
    answer = page_of_alice.post(
        "/calendar/quick/", {"line": "lunch tomorrow 12:30 at Luigi’s", "next": WEEK}, follow=True
    )
    html = answer.content.decode()
    assert "“lunch” added: Thu 26 November, 12:30–13:30" in text_of(html)
    assert re.search(r'style="--t:12.5;--d:1;[^"]*"[^>]*title="12:30 lunch, Luigi’s"', html)
    assert only("lunch").ical.zones.keys() == {"Europe/Berlin"}
    undo(page_of_alice, html)
    assert "lunch" not in text_of(page_of_alice.get(WEEK).content)


def test_what_a_line_leaves_open_is_asked_in_the_form(page_of_alice: Client, work: Calendar) -> None:
    answer = page_of_alice.post("/calendar/quick/", {"line": "tea tomorrow at 3 @ Kiosk"}, follow=True)
    html = answer.content.decode()
    assert "What “at 3” means is not sure" in text_of(html)
    assert 'name="title" value="tea at 3"' in html
    assert 'name="place" value="Kiosk"' in html
    assert 'name="start_on" value="2026-11-26"' in html
    assert not CalendarObject.objects.exists()


def test_the_form_keeps_what_it_does_not_show(page_of_alice: Client, alice: User, work: Calendar) -> None:
    lines = (f"DTSTART;{BERLIN}:20261126T090000", "X-MINE:kept", "GEO:52.5;13.4", "COMMENT:kept too")
    stored = hand_of(alice).entry(work, an_event("Old", *lines))
    url = f"/calendar/entries/{stored.pk}/"
    shown = page_of_alice.get(url).content.decode()
    was = re.search(r'name="was" value="([^"]+)"', shown)[1]  # type: ignore[index]
    form = {
        **NINE,
        "end_at": "09:00",
        "title": "New",
        "place": "Linde",
        "was": was.replace("&quot;", '"'),
        "repeat": "",
    }
    answer = page_of_alice.post(url, form, follow=True)
    written = only("New").content.data.decode()
    assert {"X-MINE:kept", "GEO:52.5;13.4", "COMMENT:kept too", "LOCATION:Linde"} <= set(written.splitlines())
    assert f"DTSTART;{BERLIN}:20261126T090000" in written
    undo(page_of_alice, answer.content.decode())
    assert only("Old").content.data == CalendarObject.objects.get(pk=stored.pk).content.data
    stale = page_of_alice.post(url, form | {"title": "Mine", "was": '"stale"'})
    assert stale.status_code == 409
    assert 'value="Mine"' in stale.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"title": ""}, "Type a title."),
        ({"start_on": ""}, "Type the day."),
        ({"start_at": "9x"}, "This is no time."),
        ({"end_on": "2026-11-25"}, "It ends before it begins."),
        ({"zone": "Middle/Earth"}, "There is no time zone of this name."),
        ({"url": "javascript:alert(1)"}, "A link begins with https://."),
        ({"add_person": "Nobody At All", "people": "1"}, "names no e-mail address"),
        ({"repeat": "DAILY", "interval": "0"}, "Type a number from 1 to 999."),
        ({"repeat": "DAILY", "ends": "on", "until": "2026-11-01"}, "Type a day that is not before the first."),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    page_of_alice: Client, work: Calendar, typed: dict[str, str], said: str
) -> None:
    answer = page_of_alice.post("/calendar/new/", {**NINE, "title": "Plan", "notes": "stays", **typed})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert said in text_of(html)
    assert 'aria-invalid="true"' in html
    assert ">stays</textarea>" in html
    assert f'name="add_person" value="{typed.get("add_person", "")}"' in html
    assert not CalendarObject.objects.exists()


def test_guests_and_links_are_as_they_were_left_when_something_else_is_refused(
    page_of_alice: Client, work: Calendar
) -> None:
    both = {"people": "1", "links": "1", "add_person": "ada@example.org, bea@example.org"}
    page_of_alice.post(
        "/calendar/new/", {**NINE, "title": "Plan", **both, "add_link": "https://a.example https://b.example"}
    )
    address = f"/calendar/entries/{CalendarObject.objects.get().pk}/"
    form = {**NINE, "title": "", "people": "1", "links": "1", "person": "ada@example.org", "link": "https://b.example"}
    html = page_of_alice.post(address, form | {"add_person": "cleo@example.org"}).content.decode()
    ticked = re.findall(r'name="(?:person|link)" value="([^"]+)" checked', html)
    assert ticked == ["ada@example.org", "https://b.example"]
    assert 'value="bea@example.org"' in html
    assert 'value="cleo@example.org"' in html


def test_of_a_series_one_the_following_or_all_are_changed(page_of_alice: Client, work: Calendar) -> None:
    kept = {
        "title": "Round",
        "repeat": "WEEKLY",
        "days": ["TH"],
        "ends": "after",
        "count": "4",
        "zone": "Europe/Berlin",
    }
    page_of_alice.post("/calendar/new/", {**NINE, **kept})
    entry = only("Round")
    url, at = f"/calendar/entries/{entry.pk}/", {"at": "20261203T090000"}
    assert starts(page_of_alice, "Round") == [
        "Thursday 26 November 09:00",
        "Thursday 3 December 09:00",
        "Thursday 10 December 09:00",
        "Thursday 17 December 09:00",
    ]
    moved = {"start_on": "2026-12-04", "start_at": "11:00", "end_on": "2026-12-04", "end_at": "12:00"}
    one = page_of_alice.post(url, {**kept, **at, **moved, "scope": "one"}, follow=True)
    assert starts(page_of_alice, "Round")[:3] == [
        "Thursday 26 November 09:00", "Friday 4 December 11:00", "Thursday 10 December 09:00",
    ]  # fmt: skip
    undo(page_of_alice, one.content.decode())
    every = page_of_alice.post(url, {**kept, **at, **moved, "scope": "all"}, follow=True)
    assert [each.rpartition(" ")[2] for each in starts(page_of_alice, "Round")] == ["11:00"] * 4
    assert all(each.startswith("Friday") for each in starts(page_of_alice, "Round"))
    undo(page_of_alice, every.content.decode())
    page_of_alice.post(url, {**kept, **at, **moved, "title": "Later", "scope": "from"})
    assert starts(page_of_alice, "Round") == ["Thursday 26 November 09:00"]
    assert len(starts(page_of_alice, "Later")) == 3
    gone = page_of_alice.post(url + "delete/", {"at": "20261126T090000", "scope": "one"}, follow=True)
    assert starts(page_of_alice, "Round") == []
    undo(page_of_alice, gone.content.decode())
    assert starts(page_of_alice, "Round") == ["Thursday 26 November 09:00"]


def test_dragging_sends_minutes_and_gets_the_page_anew(page_of_alice: Client, work: Calendar) -> None:
    page_of_alice.post("/calendar/new/", {**NINE, "title": "Plan"})
    url = f"/calendar/entries/{only('Plan').pk}/move/"
    headers = hx("calendar") | {"HX-Current-URL": f"http://testserver{WEEK}"}
    answer = page_of_alice.post(url, {"by": "-1425", "longer": "30"}, headers=headers)
    html = answer.content.decode()
    assert "“Plan”: today, 09:15–10:45" in text_of(html)
    assert html.lstrip().startswith('<div class="calbody"')
    assert only("Plan").starts_at == dt.datetime(2026, 11, 25, 8, 15, tzinfo=dt.UTC)
    refused = page_of_alice.post(url, {"longer": "-600"}, headers=headers)
    assert "it would end before it begins" in text_of(refused.content)
    assert only("Plan").starts_at == dt.datetime(2026, 11, 25, 8, 15, tzinfo=dt.UTC)


def test_a_clock_that_is_changed_moves_no_event(page_of_alice: Client, alice: User, work: Calendar) -> None:
    lines = (f"DTSTART;{BERLIN}:20261024T100000", f"DTEND;{BERLIN}:20261024T110000", "RRULE:FREQ=DAILY;COUNT=3")
    hand_of(alice).entry(work, an_event("Daily", *lines))
    html = page_of_alice.get("/calendar/?view=week&on=2026-10-25").content.decode()
    assert len(re.findall(r'style="--t:10;--d:1;[^"]*"[^>]*title="10:00 Daily"', html)) == 2
    stored = hand_of(alice).entry(work, an_event("Call", "DTSTART;TZID=America/New_York:20261126T090000"))
    page = text_of(page_of_alice.get(f"/calendar/entries/{stored.pk}/").content)
    assert "Thu 26 November, 15:00 where you are" in page


def test_odd_entries_break_no_page(page_of_alice: Client, alice: User, work: Calendar) -> None:
    hand = hand_of(alice)
    unknown = hand.entry(work, an_event("Elsewhere", "DTSTART;TZID=Nowhere/Land:20261126T090000"))
    hand.entry(work, an_event("Hostile", "DTSTART:20200101T000000Z", "RRULE:FREQ=SECONDLY"))
    hand.entry(work, an_event("Backwards", "DTSTART:20261126T090000Z", "DTEND:20261126T080000Z"))
    hand.entry(work, an_event("", "DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=-1TH"))
    for view in ("day", "week", "month", "agenda"):
        html = page_of_alice.get(f"/calendar/?view={view}&on=2026-11-26").content.decode()
        assert "Not all of these are shown" in text_of(html)
        assert {"Elsewhere", "Backwards", "No title"} <= set(re.findall(r"Elsewhere|Backwards|No title", html)), view
    page = page_of_alice.get(f"/calendar/entries/{unknown.pk}/").content.decode()
    assert "a time zone that nobody knows: Nowhere/Land" in text_of(page)
    yearly = CalendarObject.objects.get(summary="")
    page = page_of_alice.get(f"/calendar/entries/{yearly.pk}/").content.decode()
    assert '<option value="keep" selected>every year on the last Thursday in November</option>' in page
    for address in ("/calendar/?on=9999-12-31", "/calendar/?on=0001-01-01&view=month", "/calendar/?view=x&on=y"):
        assert page_of_alice.get(address).status_code == 200
    assert page_of_alice.get(f"/calendar/entries/{yearly.pk}/?at=20261125").status_code == 404


def test_of_others_one_sees_what_their_space_allows(
    alice: User, bob: User, page_of_alice: Client, as_user: Callable[[User], Client]
) -> None:
    own = team("bobs-own", bob=Role.MANAGER, alice=Role.FREEBUSY)
    crew = team("crew", bob=Role.MANAGER, alice=Role.READER)
    secret = operations.create(own, "Zzyxwkalender", by=bob.actor, door=Door.WEB)
    shared = operations.create(crew, "Shared", by=bob.actor, door=Door.WEB)
    hand, nine = hand_of(bob), (f"DTSTART;{BERLIN}:20261126T090000", f"DTEND;{BERLIN}:20261126T100000")
    hidden = hand.entry(secret, an_event("Zzyxwtitel", *nine, "LOCATION:Zzyxwort"))
    private = hand.entry(shared, an_event("Zzyxwprivat", *nine, "CLASS:PRIVATE"))
    asked = hand.entry(shared, an_event("Review", *nine, "ATTENDEE:mailto:bob@example.org"))
    page_of_alice.post("/calendar/shown/", {"calendar": [secret.pk, shared.pk]})
    for view in ("day", "week", "month", "agenda", "team"):
        html = page_of_alice.get(f"/calendar/?view={view}&on=2026-11-26&space=crew").content.decode()
        assert "Zzyxw" not in html, view
        assert "Busy" in text_of(html)
        assert "Review" in text_of(html)
    assert [page_of_alice.get(f"/calendar/entries/{pk}/").status_code for pk in (hidden.pk, private.pk, asked.pk)] == [
        404,
        404,
        200,
    ]
    told = text_of(page_of_alice.get(f"/calendar/entries/{asked.pk}/").content)
    assert "You read this calendar; others change it." in told
    assert page_of_alice.post(f"/calendar/entries/{asked.pk}/move/", {"by": "60"}).status_code == 403
    rounds = hand.entry(shared, an_event("Round", *nine, "RRULE:FREQ=WEEKLY;COUNT=3"))
    address, form = f"/calendar/entries/{rounds.pk}/", {"at": "20261203T090000", "scope": "one", "title": "Last round"}
    moved = {name: day.replace("2026-11-26", "2026-12-03") for name, day in NINE.items()}
    as_user(bob).post(address, moved | form)
    heading = page_of_alice.get(f"{address}?at=20261203T090000").content.decode().partition("</h1>")[0]
    assert heading.endswith(">Last round")
    team_html = as_user(bob).get("/calendar/?view=team&on=2026-11-26&space=crew").content.decode()
    columns = team_html.split('<section class="dc')[1:]
    assert "Zzyxwtitel" in columns[0]
    assert "Review" in columns[0]
    assert "Review" not in columns[1]


def test_who_is_asked_to_one_of_a_series_has_that_one_in_the_view_of_a_team(
    alice: User, bob: User, as_user: Callable[[User], Client]
) -> None:
    shared = a_calendar(team("crew", bob=Role.MANAGER, alice=Role.READER), "Shared")
    head, length = ("BEGIN:VEVENT", "UID:x", "DTSTAMP:20260101T000000Z"), ("DURATION:PT1H", "END:VEVENT")
    series = (*head, "SUMMARY:Duo", f"DTSTART;{BERLIN}:20261126T090000", "RRULE:FREQ=WEEKLY", *length)
    second = (f"RECURRENCE-ID;{BERLIN}:20261203T090000", f"DTSTART;{BERLIN}:20261203T090000", "SUMMARY:Duo")
    hand_of(bob).put(shared, a_vcalendar(*series, *head, *second, "ATTENDEE:mailto:alice@example.org", *length))
    for day, is_asked in (("2026-11-26", False), ("2026-12-03", True)):
        html = as_user(bob).get(f"/calendar/?view=team&on={day}&space=crew").content.decode()
        assert ["Duo" in column for column in html.split('<section class="dc')[1:]] == [True, is_asked]


def test_a_month_shows_three_of_a_day_and_the_rest_behind_a_link(
    page_of_alice: Client, alice: User, work: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        hand_of(alice).entry(work, an_event(f"E{n}", f"DTSTART;{BERLIN}:20261119T{n + 10}0000"))
    hand_of(alice).entry(work, an_event("Fair", "DTSTART;VALUE=DATE:20261118", "DTEND;VALUE=DATE:20261121"))
    html = page_of_alice.get("/calendar/?view=month&on=2026-11-19").content.decode()
    [cell] = re.findall(r'<section class="mc[^>]*data-day="2026-11-19">.*?</section>', html, re.DOTALL)
    assert re.findall(r"<span>(\w+)</span>", cell) == ["Fair", "E0", "E1"]
    assert re.search(r'href="/calendar/\?view=day&amp;on=2026-11-19">3 more</a>', cell)
    assert html.count("<span>Fair</span>") == 3
    agenda = "/calendar/?view=agenda&on=2026-11-18"
    assert "Go on from here" not in page_of_alice.get(agenda).content.decode()
    monkeypatch.setattr("farley.web.calendar.calendar.IN_A_LIST", 4)
    html = page_of_alice.get(agenda).content.decode()
    assert re.findall(r"<b>(Fair|E\d)</b>", html) == ["Fair", "Fair", "E0", "E1"]
    assert re.search(r'href="/calendar/\?view=agenda&amp;on=2026-11-19">Go on from here', html)


def test_calendars_are_switched_off_in_this_browser(page_of_alice: Client, alice: User, work: Calendar) -> None:
    other = operations.create(space_of(alice), "Choir", by=alice.actor, door=Door.WEB)
    hand_of(alice).entry(other, an_event("Song", f"DTSTART;{BERLIN}:20261125T200000"))
    assert "Song" in text_of(page_of_alice.get(WEEK).content)
    page_of_alice.post("/calendar/shown/", {"calendar": [work.pk], "next": WEEK})
    assert "Song" not in text_of(page_of_alice.get(WEEK).content)


def test_calendars_are_made_changed_ordered_shared_and_deleted(page_of_alice: Client, alice: User) -> None:
    home = space_of(alice)
    page_of_alice.post("/calendars/new/", {"space": "alice", "name": "One", "hue": "pine", "kind": "both"})
    page_of_alice.post("/calendars/new/", {"space": "alice", "name": "Two", "kind": "events"})
    one, two = (Calendar.objects.get(name=name) for name in ("One", "Two"))
    assert one.takes == Components.EVENTS | Components.TASKS
    page_of_alice.post(f"/calendars/{two.pk}/order/", {"up": "1"})
    assert [each.name for each in Calendar.objects.filter(space=home).in_order()] == ["Two", "One"]
    refused = page_of_alice.post(f"/calendars/{one.pk}/", {"name": "One", "zone": "Middle/Earth"})
    assert (refused.status_code, "There is no time zone of this name" in text_of(refused.content)) == (422, True)
    form = {"name": "First", "hue": "sky", "kind": "both", "zone": "Europe/London", "alarm": "15", "is_free": "on"}
    form["day_alarm"] = "-540"
    page_of_alice.post(f"/calendars/{one.pk}/", form)
    slug = one.slug
    one.refresh_from_db()
    assert (one.name, one.zone, one.is_transparent) == ("First", "Europe/London", True)
    for more, minutes in (({"all_day": "on"}, -540), ({"start_at": "09:00"}, 15), ({"alarm": "60"}, 60)):
        new = {
            "calendar": str(one.pk),
            "title": f"New {minutes}",
            "start_on": "2026-11-26",
            "start_at": "09:00",
            **more,
        }
        page_of_alice.post("/calendar/new/?kind=event", {"alarm": "keep", **new})
        assert alarms_of(only(f"New {minutes}").ical.main) == ([Reminding(minutes)], [])
    shared = page_of_alice.post(f"/calendars/{one.pk}/share/", follow=True)
    one.refresh_from_db()
    assert (one.space.kind, one.space.title, one.slug) == (Space.Kind.TEAM, "First", slug)
    assert shared.redirect_chain[-1][0] == f"/spaces/{one.space.name}/"
    gone = page_of_alice.post(f"/calendars/{one.pk}/delete/", follow=True)
    assert picks(page_of_alice) == ["Two"]
    undo(page_of_alice, gone.content.decode())
    assert picks(page_of_alice) == ["Two", "First"]
    page_of_alice.post(f"/calendars/{one.pk}/", {"archive": "1"})
    assert picks(page_of_alice) == ["Two"]


def picks(client: Client) -> list[str]:
    """The calendars beside the page."""
    html = client.get("/calendar/").content.decode()
    return re.findall(r'name="calendar".*?<span class="cut"[^>]*>([^<]+)</span>', html)


def test_links_are_attached_and_taken_away_and_what_is_attached_whole_stays(
    page_of_alice: Client, alice: User, work: Calendar
) -> None:
    kept = ("ATTACH;FILENAME=Plan.pdf:https://example.org/plan.pdf", "ATTACH;ENCODING=BASE64;VALUE=BINARY:SGVsbG8=")
    lines = (f"DTSTART;{BERLIN}:20261126T090000", *kept, "ATTACH:https://example.org/old")
    url = f"/calendar/entries/{hand_of(alice).entry(work, an_event('Old', *lines)).pk}/"
    assert 'name="link" value="https://example.org/plan.pdf"' in page_of_alice.get(url).content.decode()
    form = {**NINE, "title": "Old", "repeat": "", "links": "1", "link": ["https://example.org/plan.pdf"]}
    wrong = page_of_alice.post(url, form | {"add_link": "javascript:alert(1)"})
    assert "A link begins with https://." in text_of(wrong.content)
    page_of_alice.post(url, form | {"add_link": "https://example.org/one https://example.org/two"})
    written = only("Old").content.data.decode().splitlines()
    assert [line for line in written if line.startswith("ATTACH")] == [
        *kept,
        "ATTACH:https://example.org/one",
        "ATTACH:https://example.org/two",
    ]


def test_a_calendar_is_downloaded_as_one_file_without_what_one_does_not_read(
    client: Client, page_of_alice: Client, alice: User, bob: User
) -> None:
    shared = a_calendar(team("sales", alice=Role.EDITOR, bob=Role.READER), "Über/uns")
    hand_of(alice).put(shared, an_event("Open"))
    hand_of(alice).put(shared, an_event("Zyx", "CLASS:PRIVATE"))
    url = reverse("export-calendar", args=[shared.pk])
    answer = page_of_alice.get(url)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "filename*=UTF-8''%C3%9Cberuns.ics" in answer.headers["Content-Disposition"]
    whole = answer.getvalue()
    assert (b"SUMMARY:Open" in whole, b"SUMMARY:Zyx" in whole) == (True, True)
    client.force_login(bob)
    assert b"Zyx" not in client.get(url).getvalue()
    old = client.get(f"{url}?version=1.0")
    assert b"VERSION:1.0" in old.getvalue()
    assert old.headers["Content-Disposition"].endswith(".vcs")


def test_without_a_calendar_the_pages_say_what_to_do(page_of_alice: Client) -> None:
    assert "There is no calendar yet" in text_of(page_of_alice.get("/calendar/").content)
    assert "Make one first" in text_of(page_of_alice.get("/calendar/new/").content)
    assert "You share no space with anybody" not in text_of(page_of_alice.get("/calendar/?view=team").content)
    assert "Nothing to do" in text_of(page_of_alice.get("/tasks/").content)


def test_what_programs_wrote_that_would_not_be_taken_here_keeps_nobody_from_moving_and_changing_it(
    page_of_alice: Client, alice: User, work: Calendar
) -> None:
    notes = "\\nTop " + "long " * 30_000
    odd = (
        f"DTSTART;{BERLIN}:20261126T090000",
        "LOCATION: " + "x" * 1200,
        "URL:message:%3Cid%3E",
        f"DESCRIPTION:{notes}",
    )
    entry = hand_of(alice).entry(work, an_event("", *odd))
    url = f"/calendar/entries/{entry.pk}/"
    moved = page_of_alice.post(f"{url}move/", {"by": "60"}, headers=hx())
    assert "“No title”: Thu 26 November, 10:00" in text_of(moved.content)
    form = page_of_alice.get(url).content.decode()
    assert len(form) < 200_000
    assert "These are longer than can be changed here." in form
    [title] = re.findall(r'<input id="entry-title"[^>]*>', form)
    assert " required" not in title
    again = page_of_alice.post(url, {"title": "", "start_on": "never", "repeat": ""})
    assert "These are longer than can be changed here." in again.content.decode()
    fields = re.findall(r'name="(place|url)" value="(.*?)"', form)
    times = {**NINE, "end_at": "11:00"}
    saved = page_of_alice.post(url, {"title": "", "repeat": "", "class": "PRIVATE", **dict(fields), **times})
    assert saved.status_code == 302
    written = only("").content.data
    assert (b"T110000" in written, b"CLASS:PRIVATE" in written) == (True, True)
    assert written.count(b"long ") > 20_000
    assert b"URL:message:%3Cid%3E" in written
    page_of_alice.post(url, {"title": "Named", "repeat": "", **dict(fields), **times, "notes": "Short"})
    assert only("Named").ical.main.text("DESCRIPTION") == "Short"
    refused = page_of_alice.post(url, {"title": "", "repeat": "", **times, "url": "message:x"})
    told = text_of(refused.content)
    assert ("Type a title." in told, "A link begins with https://." in told) == (True, True)


def test_one_of_a_series_does_not_take_all_of_it_into_another_calendar(
    page_of_alice: Client, alice: User, work: Calendar
) -> None:
    other = a_calendar(space_of(alice), "Other")
    rounds = hand_of(alice).entry(work, an_event("Round", f"DTSTART;{BERLIN}:20261126T090000", "RRULE:FREQ=WEEKLY"))
    form = {**NINE, "title": "Round", "calendar": str(other.pk), "at": "20261126T090000", "scope": "one"}
    refused = page_of_alice.post(f"/calendar/entries/{rounds.pk}/", form)
    assert "One alone cannot lie in another calendar" in text_of(refused.content)
    assert only("Round").calendar_id == work.pk
    page_of_alice.post(f"/calendar/entries/{rounds.pk}/", form | {"scope": "all"})
    assert only("Round").calendar_id == other.pk
