from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.db.migrations.loader import MigrationLoader

from farley.backups import upgrading
from farley.backups.operations import place_aside


def test_the_migrations_that_files_tell_are_those_that_django_loads() -> None:
    assert upgrading._on_disk() == MigrationLoader(None).disk_migrations.keys()


@pytest.mark.django_db
def test_a_database_with_all_of_them_is_up_to_date_without_loading_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "MigrationExecutor", None)
    assert upgrading.is_up_to_date()


def test_copies_made_within_a_second_stand_beside_each_other_the_newest_first(tmp_path: Path) -> None:
    made = []
    with time_machine.travel(dt.datetime(2026, 12, 31, 2, 30, tzinfo=dt.UTC), tick=False):
        for suffix in [".farley", ".sqlite3", *[".farley"] * 9]:  # a damaged database is copied as it is
            made.append(place_aside(tmp_path, "before-restore").with_suffix(suffix))
            made[-1].touch()
    assert upgrading.copies(tmp_path) == made[::-1]
    assert made[1].name == "before-restore-2026-12-31T023000Z-2.sqlite3"
