"""The calendar in a browser: by mouse, by keyboard, on a phone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

from farley.accounts.models import User
from farley.calendars import operations, series
from farley.calendars.details import Details, Reminding
from farley.calendars.models import CalendarObject, Components
from farley.codecs.icalendar import When
from farley.journal.models import Door
from tests.cast import space_of
from tests.web.conftest import Enter

BERLIN = ZoneInfo("Europe/Berlin")


def plan(*titles: str, rule: str = "") -> dt.date:
    """Events of Alice's on the Wednesday of this week, an hour each from nine on; returns that day."""
    alice = User.objects.get(name="alice")
    today = timezone.now().astimezone(BERLIN).date()
    day = today - dt.timedelta(days=today.weekday() - 2)
    calendar = operations.create(space_of(alice), "Work", by=alice.actor, door=Door.WEB)
    for n, title in enumerate(titles):
        start = dt.datetime.combine(day, dt.time(9 + n))
        start_at, end_at = (When(each, "Europe/Berlin") for each in (start, start + dt.timedelta(hours=1)))
        details = Details(summary=title, start=start_at, end=end_at, rule=rule or None)
        series.make(calendar, Components.EVENTS, details, by=alice.actor, door=Door.WEB)
    return day


def told(title: str) -> list[str]:
    """When an entry begins and ends, by the clock in Berlin."""
    entry = CalendarObject.objects.get(summary=title, deleted_at=None)
    times = [each.astimezone(BERLIN) for each in (entry.starts_at, entry.ends_at) if each]
    return [f"{each:%a %H:%M}" for each in times]


def test_events_are_dragged_stretched_drawn_and_taken_back(enter: Enter) -> None:
    page = enter()
    day = plan("Plan", "Weekly", rule="FREQ=WEEKLY;COUNT=3")
    page.goto("/calendar/?view=week")
    page.wait_for_selector(".week .evt")

    def drag(title: str, hours: float, days: int = 0, *, by_end: bool = False) -> None:
        box = page.locator(f".evt:has-text('{title}')").first.bounding_box()
        column = page.locator(".dc").first.bounding_box()
        assert box is not None
        assert column is not None
        x, y = box["x"] + 20, box["y"] + (box["height"] - 3 if by_end else 12)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + days * column["width"] / 2, y + hours * column["height"] / 48, steps=3)
        page.mouse.move(x + days * column["width"], y + hours * column["height"] / 24, steps=3)
        page.mouse.up()

    drag("Plan", 2.3, 1)
    page.click("#scope-dialog [value=all]")
    page.wait_for_selector(".toast:has-text('Plan')")
    assert told("Plan") == ["Thu 11:15", "Thu 12:15"]
    drag("Weekly", 0.5, by_end=True)
    page.click("#scope-dialog [value=all]")
    page.wait_for_selector(".toast:has-text('Weekly')")
    assert told("Weekly") == ["Wed 10:00", "Wed 11:30"]
    page.keyboard.press("z")
    page.wait_for_load_state()
    page.wait_for_function("() => document.querySelectorAll('.toast').length === 1")
    assert told("Weekly") == ["Wed 10:00", "Wed 11:00"]
    column = page.locator(f".dc[data-day='{day}']").bounding_box()
    assert column is not None
    hour = column["height"] / 24
    page.mouse.move(column["x"] + 30, column["y"] + 14 * hour + 3)
    page.mouse.down()
    page.mouse.move(column["x"] + 30, column["y"] + 15.5 * hour, steps=4)
    page.mouse.up()
    page.wait_for_selector("#event-dialog[open] #entry-title")
    page.keyboard.type("Drawn")
    page.keyboard.press("Enter")
    page.wait_for_selector(".evt:has-text('Drawn')")
    assert told("Drawn") == ["Wed 14:00", "Wed 15:30"]


def test_everything_has_a_key(enter: Enter) -> None:
    page = enter()
    plan("Plan")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_selector(".week .evt")
    page.focus(".evt")
    for key in ("Alt+ArrowDown", "Alt+ArrowDown", "Alt+ArrowRight", "Shift+Alt+ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_selector(".toast:has-text('Plan')")
    assert told("Plan") == ["Thu 09:30", "Thu 10:45"]
    page.wait_for_function("() => document.activeElement.matches('.evt')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#event-dialog[open] #entry-title:focus")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('#event-dialog').open")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => !document.querySelector('.evt')")
    page.keyboard.press("t")
    page.wait_for_selector(".evt")
    page.keyboard.press("3")
    page.wait_for_selector(".month")
    page.keyboard.press("n")
    page.keyboard.type("tea tomorrow 15:00")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast:has-text('tea')")
    page.keyboard.press("z")
    gone = "!document.body.textContent.includes('“tea” added')"
    page.wait_for_function(f"() => document.querySelector('.month') && {gone}")
    assert not CalendarObject.objects.filter(summary="tea", deleted_at=None).exists()
    operations.create(
        space_of(User.objects.get(name="alice")),
        "Todo",
        by=User.objects.get(name="alice").actor,
        door=Door.WEB,
        components=Components.TASKS,
    )
    page.goto("/tasks/")
    page.keyboard.press("n")
    page.keyboard.type("water the plants")
    page.keyboard.press("Enter")
    page.wait_for_selector(".task")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.wait_for_selector(".toast:has-text('is done')")
    page.wait_for_selector(".task", state="detached")
    page.goto("/calendar/?view=week")
    page.emulate_media(media="print")
    shown = {part: page.locator(part).first.is_visible() for part in (".week", ".calside", ".quick-add", ".ftab")}
    assert shown == {".week": True, ".calside": False, ".quick-add": False, ".ftab": False}, "on paper"


def test_a_phone_shows_a_day_with_its_week_and_works_without_script(enter: Enter) -> None:
    page = enter(phone=True)
    day = plan("Plan", "Lunch")
    page.goto(f"/calendar/?view=week&on={day}")
    assert page.locator(".dc:visible").count() == 1
    assert page.locator(".strip a").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_function("scrollY > 0")  # to the hours of the day
    assert page.locator(".ftab").first.bounding_box()["y"] > 0, "the other views are out of sight"  # type: ignore[index]
    page.tap(".evt:has-text('Lunch')")
    page.wait_for_selector("#event-dialog[open] #entry-title")
    page.fill("#entry-title", "Dinner")
    page.tap("#event-dialog .primary")
    page.wait_for_selector(".evt:has-text('Dinner')")
    page.goto(f"/calendar/?view=month&on={day}")
    assert page.locator(".agenda a:visible").count() == 2
    page.goto(f"/calendar/?view=agenda&on={day}")
    page.tap(".agenda a:has-text('Plan')")  # no heading lies on it
    page.wait_for_selector("#event-dialog[open] #entry-title")
    page.goto(f"/calendar/?view=month&on={day}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    plain = enter(script=False)
    plain.goto(f"/calendar/?view=week&on={day}")
    plain.click(".evt:has-text('Plan')")
    plain.fill("#entry-title", "Renamed")
    plain.click(".wizfoot .primary")
    assert plain.locator(".toast:has-text('Renamed')").is_visible()


def test_a_reminder_stays_over_every_page_until_it_is_answered_on_one(enter: Enter) -> None:
    page = enter()
    alice = User.objects.get(name="alice")
    start = When.of(timezone.now() + dt.timedelta(minutes=10))
    details = Details(summary="Dentist", start=start, end=start, alarms=(Reminding(15),))
    calendar = operations.create(space_of(alice), "Work", by=alice.actor, door=Door.WEB)
    series.make(calendar, Components.EVENTS, details, by=alice.actor, door=Door.WEB)
    page.evaluate("() => sessionStorage.clear()")  # else the page asks within a minute
    for path in ("/contacts/", "/tasks/"):
        page.goto(path)
        page.wait_for_selector(".reminders a:has-text('Dentist')")
    other = page.context.new_page()
    other.goto("/calendar/")
    other.wait_for_selector(".reminders a:has-text('Dentist')")
    other.focus(".reminders select")
    other.keyboard.press("Tab")
    other.keyboard.press("Enter")
    other.wait_for_selector("[data-reminder]", state="detached")
    page.goto("/contacts/")
    with page.expect_response("**/calendar/reminders/") as answered:
        page.evaluate("() => sessionStorage.clear()")
    assert "Dentist" not in answered.value.text()
    assert page.locator("[data-reminder]").count() == 0
