"""One worker process a queue: runs tasks one after the other, takes up again what a killed worker left."""

from __future__ import annotations

import fcntl
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from farley.database.turns import write_turn
from farley.jobs.schedules import enqueue_due

log = logging.getLogger(__name__)
QUEUES = ("quick", "long")
POLL_S = 0.5
MAX_TRIES = 3  # workers a task may take along: one kill is an accident or a power cut
SCHEDULER_S = 20.0
_follow_ups: dict[str, Any] = {}  # by the path of the task that was given up
_is_stopping = False  # a bare flag: a signal handler may set it at any moment


def stopping() -> bool:
    """Whether this process has been asked to end. A long task looks now and then, keeps its place and returns."""
    return _is_stopping


def stop() -> None:
    global _is_stopping  # noqa: PLW0603
    _is_stopping = True


def pause(seconds: float) -> None:
    """Wait in a task, but no longer than until this process is to end."""
    end = time.monotonic() + seconds
    while not stopping() and time.monotonic() < end:
        time.sleep(min(POLL_S, seconds))


def run(queue: str, locks: Path, *, schedules: bool = False) -> None:
    """Work on `queue` until `stop` is called. `locks` is a folder that all workers share."""
    name = f"{queue}-{uuid.uuid4().hex[:12]}"
    with held(locks / f"worker-{name}.lock"):
        recover(locks)
        scheduled_at = 0.0
        while not stopping():
            close_old_connections()
            try:
                if schedules and time.monotonic() - scheduled_at >= SCHEDULER_S:
                    scheduled_at = time.monotonic()
                    enqueue_due()
                    recover(locks)
                run_ready(queue, worker=name)
            except OperationalError:
                log.exception("the database did not answer; trying again")
            time.sleep(POLL_S)


def run_ready(queue: str, *, worker: str = "now") -> int:
    """Run what is ready in `queue`; return how many tasks that were."""
    done = 0
    while not stopping() and DBTaskResult.objects.ready().filter(queue_name=queue).exists():
        Worker(
            queue_names=[queue],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=1,
            worker_id=worker,
            excluded_queue_names=[],
        ).run()
        done += 1
    return done


class WorkerKilled(RuntimeError):
    """What a task failed of whose worker was killed MAX_TRIES times: the next one would be, too."""


def is_waiting(task: Any) -> bool:
    """Whether this task is asked for or under way."""
    waiting: bool = DBTaskResult.objects.filter(task_path=task.module_path, status__in=["READY", "RUNNING"]).exists()
    return waiting


def withdraw(task: Any) -> None:
    """What this task was asked for has been done otherwise; one that is under way goes on."""
    DBTaskResult.objects.filter(task_path=task.module_path, status="READY").delete()


def on_giving_up(task: Any, follow_up: Any) -> None:
    """Have `follow_up` enqueued, with the arguments of `task`, when that is given up. Called by an AppConfig.ready."""
    _follow_ups[task.module_path] = follow_up


def recover(locks: Path) -> int:
    """Make tasks ready again whose worker was killed; every task keeps its own place. Return how many.

    One that is on its MAX_TRIES-th worker has failed.
    """
    lost = 0
    for task in DBTaskResult.objects.running():
        worker = task.worker_ids[-1] if task.worker_ids else ""
        if is_held(locks / f"worker-{worker}.lock"):
            continue
        if len(task.worker_ids) >= MAX_TRIES:
            _give_up(task)
            continue
        log.warning("task %s was cut short with its worker; it runs again", task.pk)
        lost += DBTaskResult.objects.filter(pk=task.pk, status="RUNNING").update(status="READY")
    return lost


def _give_up(task: DBTaskResult[Any, Any]) -> None:
    with write_turn():
        found = DBTaskResult.objects.select_for_update().filter(pk=task.pk, status="RUNNING").first()
        if found is None:  # another process was quicker
            return
        log.error("task %s was cut short with %s workers and has failed: %s", task.pk, MAX_TRIES, task.task_path)
        found.set_failed(WorkerKilled(f"{MAX_TRIES} workers were killed while they ran it"))
        if follow_up := _follow_ups.get(task.task_path):
            follow_up.enqueue(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Hold a lock file that goes with this process, however it ends. Raises BlockingIOError if another holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(lock)
    try:
        yield
        lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def is_held(lock: Path) -> bool:
    """Whether a living process holds `lock`."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that only look do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _locked(lock: Path) -> int:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(lock, descriptor):
                return descriptor
        except BlockingIOError:
            if is_held(lock):
                os.close(descriptor)
                raise
        os.close(descriptor)  # its last holder has just taken the file away, or somebody has just looked: once more


def _is_still(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
