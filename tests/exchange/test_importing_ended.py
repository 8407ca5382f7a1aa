"""How an import ends that does not come to its end: cancelled, failed, or taken back in the background."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client
from django_tasks_db.models import DBTaskResult
from tests.cast import a_card, team
from tests.contacts.acts import faults, state_of
from tests.full_disk import full_disk, room_again

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.cli import main
from farley.exchange import chunks, importing, reporting, tasks
from farley.exchange.models import Import
from farley.exchange.sources import Source
from farley.jobs.worker import run_ready
from farley.journal.models import Batch, Door
from farley.journal.undo import undo
from farley.spaces.models import Membership, Space

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def space(alice: User) -> Space:
    return team("sales", alice=Role.EDITOR)


@pytest.fixture
def cut_short(alice: User, space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Three of nine cards are in."""
    monkeypatch.setattr(chunks, "CHUNK", 3)
    path = tmp_path / "cards.vcf"
    path.write_bytes(b"".join(a_card() for _ in range(9)))
    run = importing.prepare(space, [Source("cards.vcf", path)], by=alice.actor, door=Door.WEB)
    assert not importing.run(run, by=alice.actor, stopping=lambda: True)
    assert len(state_of()) == 3
    return run


def carried_out(run: Import) -> Import:
    tasks.run_import.enqueue(run.pk)
    run_ready("long")
    run.refresh_from_db()
    return run


def test_one_that_fails_is_undone_and_says_why_without_a_path(cut_short: Import) -> None:
    Path(cut_short.files[0]["path"]).unlink()
    run = carried_out(cut_short)
    assert (run.state, run.error, state_of()) == (Import.State.FAILED, "file", {})
    assert reporting.failure_of(run) == "One of the files cannot be read any more."
    assert Batch.objects.get(act=Batch.Act.IMPORT).state == Batch.State.UNDONE
    assert faults() == []


def test_one_whose_maker_lost_the_role_stays_and_can_be_undone(alice: User, cut_short: Import) -> None:
    Membership.objects.filter(space=cut_short.space).update(role=Role.READER)
    run = carried_out(cut_short)
    assert (run.state, run.error, len(state_of())) == (Import.State.FAILED, "role", 3)
    batch = Batch.objects.get(act=Batch.Act.IMPORT)
    assert batch.state == Batch.State.DONE
    Membership.objects.filter(space=cut_short.space).update(role=Role.EDITOR)
    undo(batch, by=alice.actor, door=Door.WEB)
    assert state_of() == {}


def test_one_that_the_database_refuses_is_undone_as_far_as_it_lets(
    cut_short: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(chunks.Chunks, "carry_out", refused)
    monkeypatch.setattr(importing, "undo", refused)
    run = carried_out(cut_short)
    assert (run.state, run.error, len(state_of())) == (Import.State.FAILED, "database", 3)
    assert Batch.objects.get().state == Batch.State.DONE


def test_one_that_finds_the_disk_full_waits_for_room_and_goes_on(
    alice: User, space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    class MakesRoom(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            waited.append(record.getMessage())
            if len(waited) == 2:
                room_again()

    path = tmp_path / "cards.vcf"
    path.write_bytes(b"".join(a_card(f"Person {n}", f"NOTE:{'words ' * 20_000}") for n in range(9)))
    monkeypatch.setattr(chunks, "CHUNK", 3)
    monkeypatch.setattr(tasks, "WAIT_S", 0.0)
    run = importing.prepare(space, [Source("cards.vcf", path)], by=alice.actor, door=Door.WEB)
    tasks.run_import.enqueue(run.pk)
    tasks.log.addHandler(maker := MakesRoom(logging.WARNING))
    try:
        with full_disk(pages=150):
            run_ready("long")
    finally:
        tasks.log.removeHandler(maker)
    run.refresh_from_db()
    assert [each.partition(":")[0] for each in waited] == [f"import {run.pk} waits, for the database is full"] * 2
    assert (run.state, run.created, len(state_of())) == (Import.State.DONE, 9, 9)
    assert faults() == []


def test_a_failed_one_whose_undo_is_cut_short_is_undone_at_the_next_start(
    alice: User, cut_short: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(importing, "undo", dies)
        with pytest.raises(KeyboardInterrupt):
            importing.fail(cut_short, "file", by=alice.actor)
    run = carried_out(cut_short)
    assert (run.state, run.error, state_of()) == (Import.State.FAILED, "file", {})


def test_a_large_one_that_nobody_works_on_is_left_to_the_background(alice: User, cut_short: Import) -> None:
    while cut_short.created <= 3:
        importing.run(cut_short, by=alice.actor, stopping=lambda: True)
    assert not importing.cancel(cut_short, by=alice.actor)
    assert len(state_of()) == 6
    run = carried_out(cut_short)
    assert (run.state, state_of()) == (Import.State.CANCELLED, {})


def test_an_undo_in_the_background_that_may_not_be_says_so(alice: User, client: Client, cut_short: Import) -> None:
    carried_out(cut_short)
    batch = Batch.objects.get()
    tasks.undo_batch.enqueue(batch.pk, alice.pk)
    Membership.objects.filter(space=cut_short.space).update(role=Role.READER)
    run_ready("long")
    batch.refresh_from_db()
    assert (batch.trouble, batch.state, len(state_of())) == ("role", Batch.State.DONE, 9)
    client.force_login(alice)
    assert "who asked for it may not change all of it any more" in client.get(f"/activity/{batch.pk}/").content.decode()
    Membership.objects.filter(space=cut_short.space).update(role=Role.EDITOR)
    tasks.undo_batch.enqueue(batch.pk, alice.pk)
    run_ready("long")
    batch.refresh_from_db()
    assert (batch.trouble, batch.state, state_of()) == ("", Batch.State.UNDONE, {})
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_an_undo_in_the_background_that_breaks_says_so(
    alice: User, cut_short: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    carried_out(cut_short)
    monkeypatch.setattr(importing, "take_back", breaks)
    tasks.undo_batch.enqueue(Batch.objects.get().pk, alice.pk)
    run_ready("long")
    assert Batch.objects.get().trouble == "error"
    assert "FAILED" in DBTaskResult.objects.values_list("status", flat=True)


def test_the_same_file_at_another_place_takes_a_cut_short_import_up(
    cut_short: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = Path(cut_short.files[0]["path"])
    copy = tmp_path / "elsewhere.vcf"
    old.rename(copy)
    assert main(["import", str(copy), "--space", "sales", "--as", "alice"]) == 0
    assert "9 imported" in capsys.readouterr().out
    run = Import.objects.get()
    assert (run.state, run.created, run.files[0]["path"]) == (Import.State.DONE, 9, str(copy))
    assert Batch.objects.get().size == 9 == len(state_of())
