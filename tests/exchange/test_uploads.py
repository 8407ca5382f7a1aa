"""Files that came through a page: kept as long as an import may need them, and no longer."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.cast import a_card, space_of, team

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.exchange import importing, uploads
from farley.exchange.models import Import
from farley.exchange.sources import NothingToImport, Source
from farley.exchange.tasks import forget_uploads
from farley.journal.models import Door

FOLDER = Path(settings.DATA).absolute() / "uploads"


@pytest.fixture(autouse=True)
def no_uploads() -> Iterator[None]:
    """Other tests leave some behind."""
    uploads.discard([Source("", folder / "0.vcf") for folder in folders()])
    yield
    uploads.discard([Source("", folder / "0.vcf") for folder in folders()])


def folders() -> set[Path]:
    return set(FOLDER.iterdir()) if FOLDER.exists() else set()


def received(user: User, *, days_old: float = 0, is_dry_run: bool = True) -> list[Source]:
    sources = uploads.receive([("people.vcf", [a_card()])])
    prepared(user, sources, is_dry_run=is_dry_run)
    age(sources[0].path.parent, days_old)
    return sources


def prepared(user: User, sources: list[Source], *, is_dry_run: bool = False) -> Import:
    return importing.prepare(space_of(user), sources, by=user.actor, door=Door.WEB, is_dry_run=is_dry_run)


def age(folder: Path, days: float) -> None:
    made = (timezone.now() - dt.timedelta(days=days)).timestamp()
    os.utime(folder, (made, made))


def ended(days_ago: float) -> None:
    Import.objects.update(finished_at=timezone.now() - dt.timedelta(days=days_ago), state=Import.State.DONE)


def test_files_of_an_import_that_ended_long_ago_are_deleted(alice: User) -> None:
    [source] = received(alice, days_old=31)
    ended(31)
    assert forget_uploads.func() == 1
    assert not source.path.parent.exists()


def test_those_of_a_recent_or_running_one_are_kept(alice: User) -> None:
    [recent] = received(alice, days_old=29)
    ended(29)
    [running] = received(alice, days_old=40)
    forget_uploads.func()
    assert folders() == {recent.path.parent, running.path.parent}


def test_files_whose_columns_were_never_chosen_go_after_a_month(alice: User) -> None:
    [source] = received(alice, days_old=31)
    Import.objects.update(state=Import.State.CHOOSING)
    assert forget_uploads.func() == 0
    Import.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    assert forget_uploads.func() == 1
    assert not source.path.parent.exists()


def test_files_that_another_import_still_needs_are_kept(alice: User) -> None:
    sources = received(alice, days_old=31)
    ended(31)
    prepared(alice, sources)  # what was checked a month ago is imported now
    forget_uploads.func()
    assert folders() == {sources[0].path.parent}


def test_files_of_no_import_go_after_a_day(db: None) -> None:
    [old] = uploads.receive([("a.vcf", [b"x"])])
    [new] = uploads.receive([("b.vcf", [b"x"])])
    age(old.path.parent, 1.1)
    forget_uploads.func()
    assert folders() == {new.path.parent}


def test_a_refused_upload_leaves_nothing(
    bob: User, alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    team("sales", alice=Role.MANAGER, bob=Role.READER)
    before = folders()

    def upload(space: str) -> int:
        form = {"space": space, "files": SimpleUploadedFile("a.vcf", a_card())}
        return client.post("/contacts/import/", form).status_code

    client.force_login(bob)
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "receive", lambda files: pytest.fail("the files were taken in"))
        assert upload("sales") == 403
    assert folders() == before

    def refuse(*_: object, **__: object) -> Import:
        raise NothingToImport("a.vcf", "unreadable")

    monkeypatch.setattr(importing, "prepare", refuse)
    assert upload("bob") == 422
    assert folders() == before
