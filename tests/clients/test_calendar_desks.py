"""vdirsyncer, khal and todoman, as two people's desks use them for calendars, with a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cast import a_vcalendar
from tests.cli.conftest import Instance
from tests.cli.test_serve import serving

_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
VDIRSYNCER, KHAL, TODO = (shutil.which(name, path=_PATH) for name in ("vdirsyncer", "khal", "todoman"))

pytestmark = pytest.mark.skipif(
    None in (VDIRSYNCER, KHAL, TODO), reason="vdirsyncer, khal and todoman are not installed"
)

SYNC = """
[general]
status_path = "{folder}/status"

[pair plans]
a = "desk"
b = "farley"
collections = ["from b"]
metadata = ["displayname", "color"]

[storage desk]
type = "filesystem"
path = "{folder}/plans"
fileext = ".ics"

[storage farley]
type = "caldav"
url = "{address}/"
username = "alice"
password = "{secret}"
"""
KHAL_SETTINGS = """
[calendars]
[[plans]]
path = {folder}/plans/*
type = discover
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
[sqlite]
path = {folder}/khal.db
"""
TODO_SETTINGS = 'path = "{folder}/plans/*"\ncache_path = "{folder}/todo.sqlite3"\ndate_format = "%Y-%m-%d"\n'


@dataclass
class Desk:
    """A folder of calendars that vdirsyncer keeps in step with Farley, with khal and todoman on it."""

    folder: Path

    def sync(self) -> str:
        return self._run(str(VDIRSYNCER), "-c", str(self.folder / "config"), "sync", "--force-delete")

    def khal(self, *arguments: str) -> str:
        return self._run(str(KHAL), "-c", str(self.folder / "khal.conf"), *arguments)

    def todo(self, *arguments: str) -> str:
        return self._run(str(TODO), "--config", str(self.folder / "todo.py"), *arguments)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False, input=b"y\n" * 9)
        told = (done.stdout + done.stderr).decode()
        assert done.returncode == 0, told
        return told


def made(folder: Path, address: str, secret: str) -> Desk:
    (folder / "plans").mkdir(parents=True)
    settings = {"config": SYNC, "khal.conf": KHAL_SETTINGS, "todo.py": TODO_SETTINGS}
    for name, text in settings.items():
        (folder / name).write_text(text.format(folder=folder, address=address, secret=secret))
    desk = Desk(folder)
    desk._run(str(VDIRSYNCER), "-c", str(folder / "config"), "discover")
    desk._run(str(VDIRSYNCER), "-c", str(folder / "config"), "metasync")
    return desk


SERIES = a_vcalendar(
    *("BEGIN:VEVENT", "UID:series", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Europe/Berlin:20261201T090000"),
    *("DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Jour fixe", "X-OWN;A=b:k\\,ept", "END:VEVENT"),
    *("BEGIN:VEVENT", "UID:series", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Europe/Berlin:20261202T150000"),
    *("RECURRENCE-ID;TZID=Europe/Berlin:20261202T090000", "DURATION:PT1H", "SUMMARY:Verlegt", "END:VEVENT"),
)


def test_two_desks_plan_together(farley: Instance, tmp_path: Path) -> None:
    farley.run("calendar", "add", "Kitchen", "--space", "alice", "--as", "alice", "--colour", "#ff8800")
    listed = [line.split("\t") for line in farley.run("calendar", "list", "--as", "alice").stdout.splitlines()]
    slugs = {fields[1]: fields[3] for fields in listed}
    secrets = [farley.run("device", "add", name, "--as", "alice").stdout.strip() for name in ("one", "other")]
    with serving(farley, "--workers", "1") as (_process, address):
        one, other = (made(tmp_path / secret[:4], address, secret) for secret in secrets)
        kitchen = one.folder / "plans" / slugs["Kitchen"]
        assert (kitchen / "displayname").read_text() == "Kitchen"
        (kitchen / "series.ics").write_bytes(SERIES)
        one.todo("new", "-l", "Tasks", "-d", "2026-12-24", "Buy a tree")
        one.sync()
        other.sync()
        assert (other.folder / "plans" / slugs["Kitchen"] / "series.ics").read_bytes() == SERIES
        told = other.khal("list", "2026-12-01", "4d", "--format", "{start-date} {start-time} {title}", "-df", "")
        found = [line for line in told.splitlines() if "2026" in line]
        times = ["2026-12-01 09:00", "2026-12-02 15:00", "2026-12-03 09:00"]
        assert [line[: len(times[0])] for line in found] == times
        assert "Verlegt" in found[1]
        assert "Buy a tree" in other.todo("list")

        other.khal("new", "-a", "Kitchen", "2026-12-05", "12:00", "13:00", "Mittagessen")
        other.todo("done", "1")
        other.sync()
        one.sync()
        assert "Mittagessen" in one.khal("list", "2026-12-05", "1d")
        assert "Buy a tree" not in one.todo("list")
        assert one.sync().count("Copying") == 0, "there is nothing left to do"
