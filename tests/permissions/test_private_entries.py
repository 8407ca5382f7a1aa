"""Entries that are not public: whoever only reads their calendar comes across nothing that they say, at no door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.calendars import operations, seeing
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.calendars.seeing import is_told
from farley.calendars.timed import shown_between
from farley.cli.command import carried_out, make_parser
from farley.journal.models import Batch, Door
from farley.journal.writing import one_batch
from tests.cast import a_calendar, a_card, a_vcalendar, an_event, hand_of, space_of, team
from tests.dav.phone import planner_of, program_of
from tests.permissions.scene import whole

pytestmark = pytest.mark.django_db

SECRET = "zyxwvq"  # what is planted begins with it
BOTH = Components.EVENTS | Components.TASKS
DATA = "<d:getetag/><d:displayname/><cal:calendar-data/>"


@dataclass(frozen=True)
class Planted:
    calendar: Calendar
    contact: int
    entries: list[int]
    batches: list[int]

    def doors(self, user: User, capfdbinary: pytest.CaptureFixture[bytes]) -> dict[str, Callable[[], str]]:
        """By what one asks for, what `user` is answered."""
        client, planner = Client(headers={"Accept-Language": "en"}), planner_of(user, self.calendar.slug)
        client.force_login(user)
        token = program_of(user, is_read_only=True)
        today = timezone.localdate().isoformat()

        def page(address: str) -> Callable[[], str]:
            return lambda: whole(client.get(address))

        def command(line: str) -> Callable[[], str]:
            def said() -> str:
                carried_out(make_parser().parse_args([*line.split(), "--as", user.name]))
                printed = capfdbinary.readouterr()
                return (printed.out + printed.err).decode()

            return said

        def dav(answer: Callable[[], Any]) -> Callable[[], str]:
            return lambda: whole(answer().raw)

        hrefs = "".join(f"<d:href>{planner.book}{name}.ics</d:href>" for name in range(6))
        matching = '<cal:prop-filter name="SUMMARY"><cal:text-match>zyxwvq</cal:text-match></cal:prop-filter>'
        views = ("day", "week", "month", "agenda", "team")
        return {
            "GET": dav(lambda: planner.get("1.ics")),
            "PROPFIND": dav(lambda: planner.propfind(planner.book, depth="1")),
            "PROPFIND of one": dav(lambda: planner.propfind(f"{planner.book}1.ics", "d:displayname")),
            "multiget": dav(lambda: planner.report("cal:calendar-multiget", f"<d:prop>{DATA}</d:prop>{hrefs}")),
            "calendar-query": dav(lambda: planner.find('<cal:comp-filter name="VEVENT"/>', props=DATA)),
            "calendar-query of all": dav(lambda: planner.find("", props=DATA)),
            "calendar-query of words": dav(
                lambda: planner.find(f'<cal:comp-filter name="VEVENT">{matching}</cal:comp-filter>', props=DATA)
            ),
            "sync": dav(lambda: planner.sync(props=("d:displayname", "cal:calendar-data"))),
            "token": dav(lambda: token.ask("GET", f"{planner.book}1.ics")),
            **{f"calendar, {view}": page(f"/calendar/?view={view}&on={today}&space=sales") for view in views},
            "Today": page("/today/"),
            "tasks": page("/tasks/?done=1"),
            "entry": page(f"/calendar/entries/{self.entries[1]}/"),
            "meetings": page(f"/contacts/{self.contact}/meetings/"),
            "archive of a contact": page(f"/contacts/{self.contact}/archive/"),
            "own archive": page("/privacy/archive/"),
            "search for Standup": page("/search/?q=Standup"),
            "activity": page("/activity/"),
            "changes": page("/activity/?view=changes"),
            **{f"act {pk}": page(f"/activity/{pk}/") for pk in self.batches},
            "settings of the calendar": page(f"/calendars/{self.calendar.pk}/"),
            "farley search": command("search zyxwvq --json"),
            "farley export": command(f"export --space sales --calendar {self.calendar.slug}"),
        }


@pytest.fixture
def planted(alice: User, bob: User) -> Planted:
    """Of everything that is not public something, in a space that Alice manages and Bob reads."""
    calendar = a_calendar(team("sales", alice=Role.MANAGER, bob=Role.READER), "Shared", components=BOTH)
    hand, noon = hand_of(alice), f"DTSTART:{timezone.now():%Y%m%d}T120000Z"
    contact = hand.contact(calendar.space, a_card("Guest", "EMAIL:guest@example.org"))
    more = (noon, "DURATION:PT1H", "LOCATION:Zyxwvqort", "ATTENDEE;CN=Zyxwvqgast:mailto:guest@example.org")
    octets = [
        an_event("Standup", noon, uid="open"),
        an_event("Zyxwvqprivat", *more, "CLASS:PRIVATE", uid="zyxwvq1"),
        an_event("Zyxwvqconf", *more, "CLASS:CONFIDENTIAL", uid="zyxwvq2"),
        an_event("Zyxwvqtask", f"DUE:{timezone.now():%Y%m%d}T120000Z", "CLASS:X-OWN", kind="VTODO", uid="zyxwvq3"),
        a_vcalendar(  # one of a series alone
            *(
                "BEGIN:VEVENT",
                "UID:zyxwvq5",
                "DTSTAMP:20260101T000000Z",
                "SUMMARY:Zyxwvqreihe",
                noon,
                "RRULE:FREQ=DAILY;COUNT=3",
            ),
            *(
                "END:VEVENT",
                "BEGIN:VEVENT",
                "UID:zyxwvq5",
                f"RECURRENCE-ID{noon[7:]}",
                noon,
                "DTSTAMP:20260101T000000Z",
            ),
            *("SUMMARY:Zyxwvqmal", "CLASS:PRIVATE", "END:VEVENT"),
        ),
        an_event("Zyxwvqgone", *more, "CLASS:PRIVATE", uid="zyxwvq4"),
    ]
    entries, batches = [], []
    for number, each in enumerate(octets):
        title = f"Zyxwvq{number}" if number else "Standup"
        with one_batch(Batch.Act.CREATE, by=alice.actor, door=Door.WEB, title=title) as batch:
            entries.append(hand.put(calendar, each, href=f"{number}.ics", batch=batch).pk)
        batches.append(batch.pk)
    with one_batch(Batch.Act.DELETE, by=alice.actor, door=Door.WEB, title="Zyxwvqgone") as batch:
        operations.delete_objects(
            [CalendarObject.objects.get(pk=entries[-1])], by=alice.actor, door=Door.WEB, batch=batch
        )
    return Planted(calendar, contact.pk, entries, [*batches, batch.pk])


def test_no_door_tells_a_reader_what_a_private_entry_says(
    planted: Planted, alice: User, bob: User, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    told = {user: {door: ask() for door, ask in planted.doors(user, capfdbinary).items()} for user in (alice, bob)}
    silent = {door for door, text in told[alice].items() if SECRET not in text.lower()}
    assert silent == {f"act {planted.batches[0]}", "own archive", "settings of the calendar", "search for Standup"}
    assert {door for door, text in told[bob].items() if SECRET in text.lower()} == set()
    for door in ("multiget", "sync", "calendar, day", "changes", "farley export"):
        assert "Standup" in told[bob][door], door
    assert "Private" in told[bob]["calendar, day"]
    operations.change(planted.calendar, by=alice.actor, door=Door.WEB, is_transparent=True)
    day = planted.doors(bob, capfdbinary)["calendar, day"]()
    assert ("Standup" in day, "Private" in day) == (True, False), "what keeps nobody busy is not there for others"


def test_a_reader_learns_when_it_keeps_busy_and_may_do_nothing_to_it(planted: Planted, alice: User, bob: User) -> None:
    planner, own = planner_of(bob, planted.calendar.slug), a_calendar(space_of(bob), "Own")
    day = dt.timedelta(days=1)
    span = [f"{timezone.now() + shift:%Y%m%d}T000000Z" for shift in (-day, 2 * day)]
    busy = planner.busy(*span).body.decode()
    assert f"{timezone.now():%Y%m%d}T120000Z" in busy
    assert SECRET not in busy.lower()
    for name in ("1.ics", "none.ics"):  # the same of what there is not
        for method in ("COPY", "MOVE", "DELETE"):
            asked = planner.ask(method, name, destination=f"{planner.home}{own.slug}/x.ics")
            assert asked.status == 404, (method, name)
        assert planner.put(name, an_event("New", uid="new"), if_none_match="*").status == 403
        assert planner.put(name, an_event("New", uid="new")).status == 403
    keeping = planner_of(alice, planted.calendar.slug, is_read_only=True)
    assert b"Zyxwvqprivat" in keeping.get("1.ics").body, "a device of an editor that only reads is an editor's"


def test_the_rule_on_rows_and_the_one_on_an_entry_are_the_same(planted: Planted, alice: User, bob: User) -> None:
    entries = CalendarObject.objects.filter(deleted_at=None)
    assert entries.count() == 5
    for user in (alice, bob):
        for role in Role:
            planted.calendar.space.memberships.filter(user=user).update(role=role)
            told = set(CalendarObject.objects.told_to(user.actor).values_list("pk", flat=True))
            assert told == {entry.pk for entry in entries if is_told(entry, role)}
            known = [each.pk for each in seeing.calendars_of(user.actor)]
            assert known == list(Calendar.objects.busy_to(user.actor).in_use().in_order().values_list("pk", flat=True))
            window = [timezone.now() + dt.timedelta(days=days) for days in (-3, 3)]
            for is_free in (False, True):
                Calendar.objects.update(is_transparent=is_free)
                shown = shown_between(user.actor, *window, calendars=[planted.calendar.pk])
                theirs = CalendarObject.objects.shown_to(user.actor).meeting(*window, calendars=[planted.calendar.pk])
                assert sorted(each.pk for each in shown) == sorted(each.pk for each in theirs)
            assert planted.calendar.tells_all_to(user.actor) is (role >= Role.EDITOR)
    planted.calendar.space.memberships.all().delete()
    assert not CalendarObject.objects.told_to(alice.actor).exists()


def test_a_hidden_entry_takes_no_place_among_what_is_found(
    planted: Planted, alice: User, bob: User, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    hand_of(alice).put(planted.calendar, an_event("About the zyxwvqprivat", uid="fits-less"))
    for user, found in ((bob, "About the zyxwvqprivat"), (alice, "Zyxwvqprivat")):
        line = ["search", "zyxwvqprivat", "--limit", "1", "--as", user.name]
        assert carried_out(make_parser().parse_args(line)) == 0
        assert capfdbinary.readouterr().out.decode().startswith(found)
