"""Calendar files come in as vCard files do: checked, counted, told with file and line, resumed, undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.calendars.acts import faults
from tests.cast import a_calendar, a_card, a_vcalendar, an_event, hand_of, space_of
from tests.conftest import SAMPLES

from farley.accounts.models import User
from farley.calendars.files import ics
from farley.calendars.models import Calendar, CalendarObject, Components
from farley.exchange import importing
from farley.exchange.models import Import
from farley.exchange.reporting import reason_of
from farley.exchange.sources import Source
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.spaces.models import Space

OLD = (
    b"BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nDTSTART:20261201T120000Z\r\nDTEND:20261201T130000Z\r\n"
    b"SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:B=C3=BCro\r\nRRULE:W1 MO #3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def carried_out(space: Space, by: User, *files: Path, **asked: Any) -> Import:
    sources = [Source(file.name, file) for file in files]
    run = importing.prepare(space, sources, by=by.actor, door=Door.CLI, **asked)
    importing.run(run, by=by.actor)
    return run


def counts(run: Import) -> tuple[int, int, int]:
    return run.created, run.unchanged, run.failed


def summaries(calendar: Calendar) -> list[str]:
    return sorted(CalendarObject.objects.filter(calendar=calendar, deleted_at=None).values_list("summary", flat=True))


def write(folder: Path, name: str, *octets: bytes) -> Path:
    path = folder / name
    path.write_bytes(b"".join(octets))
    return path


def test_events_and_tasks_go_where_they_fit_and_the_whole_is_undone(alice: User, tmp_path: Path) -> None:
    space = space_of(alice)
    events = a_calendar(space, "Events")
    both = write(
        tmp_path,
        "Trips.ics",
        a_vcalendar(
            "METHOD:PUBLISH",
            *("BEGIN:VEVENT", "UID:a", "DTSTART:20261201T120000Z", "SUMMARY:Flight", "END:VEVENT"),
            *("BEGIN:VTODO", "UID:b", "SUMMARY:Pack", "END:VTODO"),
            *("BEGIN:VEVENT", "DTSTART:20261202T120000Z", "SUMMARY:No UID", "END:VEVENT"),
        ),
    )
    checked = carried_out(space, alice, both, is_dry_run=True)
    assert (counts(checked), Calendar.objects.count()) == ((3, 0, 0), 1)
    run = carried_out(space, alice, both, write(tmp_path, "old.vcs", OLD))
    assert counts(run) == (4, 0, 0)
    assert summaries(events) == ["Büro", "Flight", "No UID"]
    made = Calendar.objects.get(name="Trips")
    assert (made.takes, summaries(made)) == (Components.TASKS, ["Pack"])
    assert CalendarObject.objects.get(summary="Büro").is_recurring
    again = carried_out(space, alice, both, tmp_path / "old.vcs")
    assert counts(again) == (0, 4, 0)
    assert faults() == []
    batch = Batch.objects.get(pk=run.batch_id)
    assert undo(batch, by=alice.actor, door=Door.WEB).kept == []
    assert not CalendarObject.objects.filter(deleted_at=None).exists()
    assert list(Calendar.objects.filter(deleted_at=None)) == [events]


def test_what_does_not_come_in_is_told_with_file_and_line(alice: User, tmp_path: Path) -> None:
    space = space_of(alice)
    calendar = a_calendar(space)
    hand_of(alice).put(calendar, an_event("Here", uid="here"))
    event = ("DTSTART:20261201T120000Z", "END:VEVENT")
    path = write(
        tmp_path,
        "mixed.ics",
        b"some letter\r\n",
        an_event("Good", uid="good"),
        an_event("Other", uid="here"),
        a_vcalendar(
            *("BEGIN:VEVENT", "UID:t", "SUMMARY:One", *event), *("BEGIN:VEVENT", "UID:t", "SUMMARY:Two", *event)
        ),
        an_event("Other", uid="good"),
        an_event("Task", uid="task", kind="VTODO"),
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:cut\r\n",
    )
    for is_dry_run in (True, False):
        run = carried_out(space, alice, path, calendar=calendar, is_dry_run=is_dry_run)
        assert counts(run) == (2, 0, 6)
        told = [(each.line, each.name, each.code) for each in run.problems.all()]
        assert told == [
            (1, "", "invalid"),
            (15, "Other", "entry-taken"),
            (25, "", "invalid"),
            (39, "Other", "entry-twice"),
            (49, "Task", "takes"),
            (57, "", "invalid"),
        ]
        reasons = [reason_of(each) for each in run.problems.all()]
        assert reasons[2] == "another entry with the same UID stands before it in the file"
        assert reasons[4] == "The calendar “Work” takes no entries of this kind (VTODO)."
    assert summaries(calendar) == ["Good", "Here", "One"]


def test_an_export_comes_in_as_what_is_there_already(alice: User, tmp_path: Path) -> None:
    space = space_of(alice)
    calendar = a_calendar(space)
    hand_of(alice).put(calendar, an_event("LF", uid="lf").replace(b"\r\n", b"\n"))
    hand_of(alice).put(calendar, an_event("Series", "RRULE:FREQ=DAILY", uid="s"))
    exported = write(tmp_path, "all.ics", *ics(CalendarObject.objects.filter(calendar=calendar)))
    assert counts(carried_out(space, alice, exported)) == (0, 2, 0)


def test_cards_and_calendars_come_in_together(alice: User, tmp_path: Path) -> None:
    calendar = a_calendar(space_of(alice))
    files = (write(tmp_path, "a.vcf", a_card("Ada")), write(tmp_path, "a.ics", an_event("Lunch")))
    assert counts(carried_out(space_of(alice), alice, *files)) == (2, 0, 0)
    assert summaries(calendar) == ["Lunch"]


@pytest.mark.skipif(not (SAMPLES / "ical").is_dir(), reason="no samples of other people's calendars")
def test_real_files_come_in_and_what_they_say_is_found_when_it_is(alice: User) -> None:
    files = sorted(path for path in (SAMPLES / "ical").rglob("*.ics") if 0 < path.stat().st_size < 300_000)[:60]
    run = carried_out(space_of(alice), alice, *files)
    assert run.created > 100
    assert run.failed < run.created / 2
    assert faults() == []
