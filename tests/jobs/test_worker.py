"""Background work: every task once, also when its worker was killed or two look at the same time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from farley.accounts.models import User
from farley.contacts import bulk
from farley.contacts.models import Contact
from farley.contacts.tasks import change_many
from farley.exchange import chunks, importing, reporting, tasks
from farley.exchange.models import Import
from farley.exchange.sources import Source
from farley.jobs import schedules, worker
from farley.jobs.models import Schedule
from farley.jobs.tasks import KEEP_FINISHED, forget_finished
from farley.jobs.worker import held, is_held, recover, run_ready
from farley.journal.models import Batch, Door
from tests.cast import a_card, hand_of, space_of
from tests.together import all_ended, killed_after, process

NOW = dt.datetime(2026, 3, 1, 3, 0, tzinfo=dt.UTC)


def statuses() -> list[str]:
    return sorted(DBTaskResult.objects.values_list("status", flat=True))


@pytest.fixture
def an_import(alice: User, tmp_path: Path) -> Import:
    path = tmp_path / "cards.vcf"
    path.write_bytes(b"".join(a_card() for _ in range(10)))
    return importing.prepare(space_of(alice), [Source("cards.vcf", path)], by=alice.actor, door=Door.WEB)


@pytest.fixture(autouse=True)
def _goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_is_stopping", False)


@pytest.mark.django_db(transaction=True)
def test_what_is_ready_is_run_in_its_queue_and_no_other() -> None:
    forget_finished.enqueue()
    assert run_ready("long") == 0
    assert run_ready("quick") == 1
    assert run_ready("quick") == 0
    assert statuses() == ["SUCCESSFUL"]


@pytest.mark.django_db(transaction=True)
def test_an_import_runs_in_the_background(an_import: Import) -> None:
    tasks.run_import.enqueue(an_import.pk)
    run_ready("long")
    an_import.refresh_from_db()
    assert (an_import.state, Contact.objects.count()) == (Import.State.DONE, 10)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_cannot_go_on_says_why(an_import: Import) -> None:
    Path(an_import.files[0]["path"]).unlink()
    tasks.run_import.enqueue(an_import.pk)
    run_ready("long")
    an_import.refresh_from_db()
    assert an_import.state == Import.State.FAILED
    assert reporting.failure_of(an_import) == "One of the files cannot be read any more."
    assert Batch.objects.get().state == Batch.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_asked_to_stop_leaves_the_rest_to_the_next(
    an_import: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 3)
    tasks.run_import.enqueue(an_import.pk)
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "stopping", lambda: True)
        task = DBTaskResult.objects.get()
        tasks.run_import.func(an_import.pk)
        task.delete()
    an_import.refresh_from_db()
    assert (an_import.state, an_import.entries, statuses()) == (Import.State.RUNNING, 3, ["READY"])
    worker.stop()
    assert run_ready("long") == 0
    monkeypatch.setattr(worker, "_is_stopping", False)
    run_ready("long")
    an_import.refresh_from_db()
    assert (an_import.state, an_import.created) == (Import.State.DONE, 10)


WORKING = """
from pathlib import Path
from farley.exchange import chunks, importing, reporting
from farley.jobs import worker
chunks.CHUNK = 1
real = chunks.Chunks.carry_out
def slowly(*args, **kwargs):
    real(*args, **kwargs)
    say("stored")
    sys.stdin.readline()
chunks.Chunks.carry_out = slowly
worker.run("long", Path(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_is_taken_up_by_the_next(an_import: Import, tmp_path: Path) -> None:
    tasks.run_import.enqueue(an_import.pk)
    killed_after(process(WORKING, tmp_path / "locks"), 1)
    assert statuses() == ["RUNNING"]
    assert recover(tmp_path / "locks") == 1
    assert recover(tmp_path / "locks") == 0
    run_ready("long")
    an_import.refresh_from_db()
    assert (an_import.state, an_import.created, Contact.objects.count()) == (Import.State.DONE, 10, 10)


@pytest.mark.django_db
def test_what_a_living_worker_does_is_left_to_it(tmp_path: Path) -> None:
    forget_finished.enqueue()
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["quick-1"])
    with held(tmp_path / "worker-quick-1.lock"):
        assert recover(tmp_path) == 0
    assert recover(tmp_path) == 1


@pytest.mark.django_db(transaction=True)
def test_what_kills_its_worker_is_given_up_after_three_times(an_import: Import, tmp_path: Path) -> None:
    tasks.run_import.enqueue(an_import.pk)
    task = DBTaskResult.objects.get()
    importing.run(an_import, by=an_import.user.actor, stopping=lambda: True)
    for _ in range(worker.MAX_TRIES):
        assert statuses() == ["READY"]
        task.refresh_from_db()
        task.claim("long-1")
        recover(tmp_path)
    task.refresh_from_db()
    assert (task.status, task.exception_class_path) == ("FAILED", "farley.jobs.worker.WorkerKilled")
    assert recover(tmp_path) == 0
    run_ready("long")
    an_import.refresh_from_db()
    assert (an_import.state, an_import.error) == (Import.State.FAILED, "killed")
    assert not Contact.objects.filter(deleted_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_bulk_act_that_kills_its_worker_ends_as_failed(alice: User, tmp_path: Path) -> None:
    contact = hand_of(alice).contact(space_of(alice))
    deed, selection = bulk.Deed(bulk.Verb.TAG, "x"), bulk.Selection.of([contact.pk], by=alice.actor)
    batch = bulk.begin(deed, selection, title="x", door=Door.WEB)
    change_many.enqueue(batch.pk, bulk.written(deed), selection.written(), alice.pk)
    for _ in range(worker.MAX_TRIES):
        DBTaskResult.objects.get().claim("long-1")
        recover(tmp_path)
    run_ready("long")
    batch.refresh_from_db()
    assert batch.state == Batch.State.FAILED


@pytest.mark.django_db
def test_what_nobody_follows_up_is_given_up_all_the_same(tmp_path: Path) -> None:
    forget_finished.enqueue()
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["quick-1", "quick-2", "quick-3"])
    assert recover(tmp_path) == 0
    assert statuses() == ["FAILED"]


def test_a_lock_goes_with_its_holder_and_looking_does_not_take_it(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "a.lock"
    assert not is_held(lock)
    with held(lock):
        assert is_held(lock)
        with pytest.raises(BlockingIOError), held(lock):
            pass
        assert is_held(lock)
    assert not is_held(lock)
    lock.touch()  # left behind by a killed process
    assert not is_held(lock)
    with held(lock):
        assert is_held(lock)


def every_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "_rounds", {})
    schedules.register("forget", "FREQ=DAILY;BYHOUR=3;BYMINUTE=10;BYSECOND=0", forget_finished)


@pytest.mark.django_db
def test_a_schedule_comes_round_once_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    every_night(monkeypatch)
    hour = dt.timedelta(hours=1)
    enqueued = [schedules.enqueue_due(NOW + n * hour) for n in range(49)]
    assert enqueued.count(["forget"]) == 2
    assert enqueued.count([]) == 47
    assert DBTaskResult.objects.count() == 2


@pytest.mark.django_db
def test_a_machine_that_was_off_catches_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    every_night(monkeypatch)
    schedules.enqueue_due(NOW)
    later = NOW + dt.timedelta(days=9)
    assert schedules.enqueue_due(later) == ["forget"]
    assert schedules.enqueue_due(later) == []
    assert Schedule.objects.get().due_at == later.replace(hour=3, minute=10)


DUE = """
from farley.jobs import schedules
say("ready")
sys.stdin.readline()
say(len(schedules.enqueue_due()))
"""


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_claims_what_is_due() -> None:
    schedules.enqueue_due()
    Schedule.objects.update(due_at=timezone.now() - dt.timedelta(minutes=1))
    due = Schedule.objects.count()
    running = [process(DUE) for _ in range(3)]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("now\n")
        each.stdin.flush()
    claimed = [int(line) for lines in all_ended(running) for line in lines]
    assert sum(claimed) == due == DBTaskResult.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_round_that_cannot_be_enqueued_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def enqueue(self) -> None:
            raise ZeroDivisionError

    monkeypatch.setattr(schedules, "_rounds", {})
    schedules.register("broken", "FREQ=DAILY;BYHOUR=3;BYMINUTE=10;BYSECOND=0", Broken())
    schedules.enqueue_due(NOW)
    with pytest.raises(ZeroDivisionError):
        schedules.enqueue_due(NOW + dt.timedelta(hours=1))
    assert Schedule.objects.get().due_at == NOW.replace(minute=10)


@pytest.mark.django_db(transaction=True)
def test_only_what_ended_long_ago_is_forgotten() -> None:
    for _ in range(2):
        forget_finished.enqueue()
    run_ready("quick")
    old = DBTaskResult.objects.first()
    assert old is not None
    DBTaskResult.objects.filter(pk=old.pk).update(finished_at=timezone.now() - KEEP_FINISHED - dt.timedelta(hours=1))
    assert forget_finished.func() == 1
    assert DBTaskResult.objects.count() == 1
