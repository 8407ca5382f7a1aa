"""Mirrors in the background."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import DatabaseError
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from farley.calendars import filling
from farley.calendars.models import Calendar
from farley.database.trouble import trouble_of
from farley.database.turns import write_turn
from farley.jobs.worker import stopping
from farley.journal.models import Batch
from farley.mirrors import feeds
from farley.mirrors.models import Mirror, MirrorItem, MirrorRun
from farley.mirrors.running import MirrorBusy, run

log = logging.getLogger(__name__)
KEEP = dt.timedelta(days=90)
CHUNK = 100


@task(queue_name="quick")
def run_due_mirrors() -> int:
    """Have each mirror run whose time has come; of several processes only one claims it. Return how many."""
    now, claimed = timezone.now(), 0
    for mirror in Mirror.objects.filter(state=Mirror.State.ON, next_at__lte=now):
        with write_turn():  # claimed and enqueued together, or still due
            mine = Mirror.objects.filter(pk=mirror.pk, state=Mirror.State.ON, next_at=mirror.next_at)
            if mine.update(next_at=now + mirror.every):
                run_mirror.enqueue(mirror.pk)
                claimed += 1
    return claimed


@task(queue_name="long")
def run_mirror(pk: int, *, paused_too: bool = False) -> None:
    """One run; taken up again where it stands after a restart, and behind others after some minutes.

    `paused_too`: somebody asked for it while the mirror was paused.
    """
    mirror = Mirror.objects.select_related("space", "user").filter(pk=pk).first()
    if mirror is None:
        return
    try:
        if not run(mirror, stopping=stopping, paused_too=paused_too):
            run_mirror.enqueue(pk, paused_too=paused_too)
    except MirrorBusy:
        log.info("mirror %s is running already", pk)
    except (OSError, DatabaseError) as error:
        if not trouble_of(error):
            raise
        log.warning("mirror %s waits for its next run, for the database is in trouble: %s", pk, error)


@task(queue_name="quick")
def run_due_subscriptions() -> int:
    """Have each calendar that is followed be read again whose time has come. Return how many."""
    due = filling.claim_due(Calendar.Kind.SUBSCRIPTION)
    for source in due:
        read_subscription.enqueue(source.pk)
    return len(due)


@task(queue_name="long")
def read_subscription(pk: int) -> bool:
    """Read the address of a calendar once; return whether it answered."""
    calendar = Calendar.objects.filter(pk=pk, kind=Calendar.Kind.SUBSCRIPTION, deleted_at=None).first()
    try:
        return calendar is not None and feeds.refresh(calendar)
    except (OSError, DatabaseError) as error:
        if not trouble_of(error):
            raise
        log.warning("the calendar %s waits for its next turn, for the database is in trouble: %s", pk, error)
        return False


def is_running(mirror: Mirror) -> bool:
    """Whether a run is asked for or under way."""
    asked: bool = DBTaskResult.objects.filter(
        task_path=run_mirror.module_path, status__in=["READY", "RUNNING"], args_kwargs__args=[mirror.pk]
    ).exists()
    return asked


@task(queue_name="quick")
def forget_mirror_runs() -> int:
    """Delete what the logs no longer keep, and mirrors that were removed as long ago; return how many runs."""
    before = timezone.now() - KEEP
    gone = 0
    old = MirrorRun.objects.filter(finished_at__lt=before).exclude(
        batch__state=Batch.State.UNDONE, is_acknowledged=False
    )
    while numbers := list(old.values_list("pk", flat=True)[:CHUNK]):
        with write_turn():
            MirrorRun.objects.filter(pk__in=numbers).delete()
        gone += len(numbers)
    for mirror in Mirror.objects.filter(removed_at__lt=before):
        while items := list(MirrorItem.objects.filter(mirror=mirror).values_list("pk", flat=True)[: 10 * CHUNK]):
            with write_turn():
                MirrorItem.objects.filter(pk__in=items).delete()
        with write_turn():
            mirror.delete()
    return gone
