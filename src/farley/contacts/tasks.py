"""Acts on contacts that are too long for a page."""

from __future__ import annotations

import logging
from typing import Any

from django_tasks import task

from farley.accounts.models import User
from farley.contacts import bulk, rebuilding
from farley.contacts.bulk import Deed, Job, Selection, Verb, carry_out
from farley.contacts.models import Contact
from farley.jobs.worker import stopping
from farley.journal import access
from farley.journal.models import Batch, Door
from farley.journal.writing import close_batch
from farley.lists.language import BadFilter
from farley.spaces.models import Space
from farley.spaces.operations import NoSuchSpace

log = logging.getLogger(__name__)


@task(queue_name="quick")
def forget_accesses() -> int:
    """Delete what the access logs no longer keep; return how much."""
    return access.forget_old()


@task(queue_name="long")
def rederive() -> None:
    """Write what an upgrade derives in another way, page by page; from the start again after a restart."""
    if rebuilding.rebuild(stopping=stopping) is None:
        rederive.enqueue()


@task(queue_name="long")
def search_values_of(field: int) -> None:
    """Have search know of an own field's values, or no more, when it was brought back or deleted; goes on likewise."""
    if not rebuilding.search_values_of(field, stopping=stopping):
        search_values_of.enqueue(field)


@task(queue_name="long")
def change_many(batch: int, deed: dict[str, Any], selection: dict[str, Any], user: int) -> None:
    """Carry out a bulk act on behalf of `user` (an id); taken up again where it stands after a restart."""
    running = Batch.objects.get(pk=batch)
    try:
        chosen = Selection.read(selection, by=User.objects.get(pk=user).actor)
        act = Deed(**deed | {"verb": Verb(deed["verb"])})
        if not carry_out(running, act, chosen, door=Door.WEB, stopping=stopping):
            change_many.enqueue(batch, deed, selection, user)
    except (Contact.DoesNotExist, Space.DoesNotExist, User.DoesNotExist, NoSuchSpace, BadFilter):
        log.exception("bulk act %s cannot go on", batch)
        close_batch(running, Batch.State.FAILED)


def start(job: Job, user: User, *, door: Door) -> bool:
    """Carry out what few contacts are concerned by, and leave the rest to the worker; return whether it is done."""
    if job.size > bulk.CHUNK:
        change_many.enqueue(job.batch.pk, bulk.written(job.deed), job.selection.written(), user.pk)
        return False
    bulk.carry_out(job.batch, job.deed, job.selection, door=door)
    job.batch.refresh_from_db()
    return True


@task(queue_name="long")
def give_up_change(batch: int, _deed: dict[str, Any], _selection: dict[str, Any], _user: int) -> None:
    """End a bulk act whose worker was killed again and again; what is done can be undone."""
    running = Batch.objects.get(pk=batch)
    if running.state == Batch.State.RUNNING:
        close_batch(running, Batch.State.FAILED)
