"""Looking through spaces, and tidying, where it takes too long for a page."""

from __future__ import annotations

from django_tasks import task

from farley.jobs.worker import stopping
from farley.tidying import operations
from farley.tidying.models import TidyRun


@task(queue_name="long")
def look(pk: int) -> None:
    """Look through a space; taken up again where it stands after a restart."""
    run = TidyRun.objects.select_related("space").filter(pk=pk).first()
    if run is not None and not operations.look(run, stopping=stopping):
        look.enqueue(pk)


@task(queue_name="long")
def tidy(pk: int) -> None:
    """Do what was chosen; likewise."""
    run = TidyRun.objects.select_related("space", "user", "batch").filter(pk=pk).first()
    if run is not None and not operations.tidy(run, by=run.user.actor, stopping=stopping):
        tidy.enqueue(pk)


@task(queue_name="long")
def give_up(pk: int) -> None:
    run = TidyRun.objects.select_related("batch").filter(pk=pk).first()
    if run is not None:
        operations.fail(run)


@task(queue_name="quick")
def forget() -> int:
    """Delete what was found long ago; return how many runs."""
    return operations.forget_old()
