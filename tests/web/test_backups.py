"""The page of backups, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from farley.accounts.events import Event, Verb
from farley.accounts.models import User
from farley.backups import tasks, upgrading
from farley.jobs.worker import run_ready
from tests.cast import person
from tests.web.reading import text_of


@pytest.fixture
def page(transactional_db: None, as_user: Callable[[User], Client]) -> Client:
    return as_user(person("admin", is_admin=True))


def test_without_a_folder_the_page_says_how_there_come_to_be_backups(page: Client) -> None:
    said = text_of(page.get("/instance/backups/").content)
    assert "No backups are made" in said
    assert "FARLEY_BACKUP_FOLDER" in said
    page.post("/instance/backups/")
    assert not tasks.is_being_made()


def test_a_backup_is_asked_for_made_and_shown(page: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARLEY_BACKUP_FOLDER", str(tmp_path / "kept"))
    assert "No backup yet" in text_of(page.get("/instance/backups/").content)
    assert "The folder is not there yet" in text_of(page.get("/instance/backups/").content)
    for _ in range(2):  # asked for again, it is one
        asked = page.post("/instance/backups/", follow=True)
    assert "A backup is being made" in text_of(asked.content)
    assert run_ready("long") == 1
    [made] = (tmp_path / "kept").iterdir()
    said = text_of(page.get("/instance/backups/").content)
    assert (made.name in said, "being made" in said, "Make one now" in said) == (True, False, True)


def test_what_failed_is_told_with_its_reason(page: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    monkeypatch.setenv("FARLEY_BACKUP_FOLDER", str(tmp_path / "kept"))
    page.post("/instance/backups/")
    run_ready("long")
    assert Event.objects.filter(verb=Verb.BACKUP_FAILED).count() == 1
    assert "The last one failed: " in text_of(page.get("/instance/backups/").content)


def test_of_copies_before_upgrades_the_last_three_stay(page: Client) -> None:
    folder = Path(settings.DATA) / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    stamps = [f"2026-11-2{day}T010000Z" for day in range(5)]
    names = [f"before-upgrade-{stamp}.farley" for stamp in stamps]
    others = [f"before-restore-{stamps[0]}.farley", "before-upgrade-notes.txt"]
    for name in (*names, *others):
        (folder / name).write_bytes(b"octets")
    try:
        upgrading.thin_out(folder)
        assert {path.name for path in folder.iterdir()} == {*names[2:], *others}
        said = text_of(page.get("/instance/backups/").content)
        assert [name in said for name in (*names, *others)] == [False, False, True, True, True, True, False]
    finally:
        for name in (*names, *others):
            (folder / name).unlink(missing_ok=True)
