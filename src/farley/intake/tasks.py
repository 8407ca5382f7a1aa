"""Regular imports in the background."""

from __future__ import annotations

import logging

from django.db import DatabaseError
from django.utils import timezone
from django_tasks import task

from farley.accounts.models import User
from farley.accounts.roles import Role
from farley.database.trouble import trouble_of
from farley.database.turns import write_turn
from farley.exchange.models import Import
from farley.intake.models import RegularImport, TakenFile
from farley.intake.taking import look
from farley.notifications.models import Kind
from farley.notifications.operations import notify
from farley.spaces.audience import ways_into

log = logging.getLogger(__name__)
SEVERAL = 3  # looks in a row that failed: one may be somebody's router
AT_ONCE = frozenset({"folder", "role", "key", "secret", "login", "forbidden", "missing", "gone", "private", "address"})


@task(queue_name="quick")
def run_due_regular_imports() -> int:
    """Have each be looked after whose time has come, and tell what became of files; return how many are due."""
    now, claimed = timezone.now(), 0
    for regular in RegularImport.objects.due(now):
        with write_turn():  # claimed and enqueued together, or still due
            mine = RegularImport.objects.filter(pk=regular.pk, next_at=regular.next_at)
            if mine.update(next_at=now + regular.every):
                look_after.enqueue(regular.pk)
                claimed += 1
    tell()
    return claimed


@task(queue_name="long")
def look_after(pk: int) -> int:
    """Look once; return how many files were taken."""
    regular = RegularImport.objects.select_related("space", "user").filter(pk=pk).first()
    if regular is None:
        return 0
    try:
        count = look(regular)
    except (OSError, DatabaseError) as error:
        if not trouble_of(error):
            raise
        log.warning("the regular import %s waits for its next turn, for the database is in trouble: %s", pk, error)
        return 0
    if regular.failures == (1 if regular.trouble in AT_ONCE else SEVERAL):
        data = {"name": regular.name, "id": regular.pk}
        key = f"regular-{regular.pk}-{timezone.now():%Y%m%d%H%M}"
        _notify(regular, key, data)
    return count


def tell() -> int:
    """Say of files what went wrong with them, once their import is over; return how many."""
    over = (Import.State.DONE, Import.State.CANCELLED, Import.State.FAILED)
    told = 0
    for taken in TakenFile.objects.filter(is_told=False).select_related("regular__space", "regular__user", "run"):
        run = taken.run
        if not taken.trouble and run is not None and run.state not in over:
            continue
        is_wrong = bool(taken.trouble) or (run is not None and (run.state == Import.State.FAILED or bool(run.failed)))
        with write_turn():
            if not TakenFile.objects.filter(pk=taken.pk, is_told=False).update(is_told=True) or not is_wrong:
                continue
            data = {"name": taken.regular.name, "id": taken.regular_id, "file": taken.name}
            if run is not None:
                data |= {"run": run.pk, "failed": run.failed}
            _notify(taken.regular, f"taken-{taken.pk}", data)
            told += 1
    return told


def _notify(regular: RegularImport, key: str, data: dict[str, object]) -> None:
    """Tell whoever set it up, where they still manage the space; else those who do."""
    managers: list[User] = [way.user for way in ways_into(regular.space) if way.role >= Role.MANAGER]
    mine = [user for user in managers if user == regular.user]
    data |= {"space": regular.space.name}
    notify(mine or managers, Kind.INTAKE, key, data=data)
