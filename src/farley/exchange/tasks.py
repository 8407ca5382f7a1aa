"""Imports and undos that are too long for a page."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import DatabaseError
from django.utils import timezone
from django_tasks import task

from farley.accounts.models import User
from farley.calendars.storing import NoSuchCalendar
from farley.contacts.matching import NoSuchKey
from farley.database.trouble import trouble_of
from farley.exchange import importing, uploads
from farley.exchange.models import Import
from farley.jobs.worker import pause, stopping
from farley.journal.models import Batch, Door
from farley.journal.undo import NoSuchBatch, NotUndoable, note_trouble
from farley.spaces.operations import NoSuchSpace, NotAllowed

log = logging.getLogger(__name__)
WAIT_S = 5.0  # for room on a full disk, or for a lock, before it is tried again
KEEP_UPLOADS_DAYS = 30
KEEP_UNNAMED_DAYS = 1  # an upload whose import was never begun, for instance because the server was stopped


@task(queue_name="long")
def run_import(pk: int) -> None:
    """Carry out an import; taken up again where it stands after a restart, and when a full disk has room again."""
    run = Import.objects.select_related("space", "user").get(pk=pk)
    while True:
        try:
            if not importing.run(run, by=run.user.actor, stopping=stopping):
                run_import.enqueue(pk)
        except importing.ImportBusy:
            log.info("import %s is being worked on already", pk)
        except (OSError, DatabaseError, NotAllowed, NoSuchSpace, NoSuchKey, NoSuchCalendar) as error:
            if (trouble := trouble_of(error)) and not stopping():  # that it failed could not be written either
                log.warning("import %s waits, for the database is %s: %s", pk, trouble.value, error)
                pause(WAIT_S)
                continue
            log.exception("import %s cannot go on", pk)
            importing.fail(run, _failure(error), by=run.user.actor)
        return


def _failure(error: Exception) -> str:
    if isinstance(error, NoSuchCalendar):
        return "calendar"
    if isinstance(error, NoSuchKey):
        return "key"
    if isinstance(error, NotAllowed | NoSuchSpace):  # a PermissionError is an OSError
        return "role"
    return "database" if isinstance(error, DatabaseError) else "file"


@task(queue_name="long")
def give_up_import(pk: int) -> None:
    """End an import whose worker was killed again and again."""
    run = Import.objects.select_related("space", "user").get(pk=pk)
    importing.fail(run, "killed", by=run.user.actor)


@task(queue_name="long")
def undo_batch(pk: int, user: int) -> None:
    """Undo a batch on behalf of `user` (an id), who was allowed to when asking."""
    batch = Batch.objects.get(pk=pk)
    try:
        importing.take_back(batch, by=User.objects.get(pk=user).actor, door=Door.WEB)
    except NotUndoable:
        log.info("batch %s is undone already", pk)
    except (NotAllowed, NoSuchBatch, NoSuchSpace, User.DoesNotExist):
        log.warning("batch %s: who asked to undo it may not any more", pk)
        note_trouble(batch, "role")
    except Exception:
        note_trouble(batch, "error")
        raise


@task(queue_name="long")
def give_up_undo(pk: int, _user: int) -> None:
    """Say that a batch is not undone whose worker was killed again and again."""
    note_trouble(Batch.objects.get(pk=pk), "error")


@task(queue_name="quick")
def forget_uploads() -> int:
    """Delete uploaded files of imports that ended a month ago, or never began; return how many folders."""
    now = timezone.now()
    made_before = now - dt.timedelta(days=KEEP_UNNAMED_DAYS)
    return uploads.sweep(now - dt.timedelta(days=KEEP_UPLOADS_DAYS), made_before=made_before)
