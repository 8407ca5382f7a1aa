"""The house's own tasks."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

KEEP_FINISHED = dt.timedelta(days=14)


@task(queue_name="quick")
def forget_finished() -> int:
    """Delete the records of tasks that ended two weeks ago; return how many."""
    old = DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEEP_FINISHED)
    return int(old.delete()[0])
