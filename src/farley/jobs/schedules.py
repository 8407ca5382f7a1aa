"""Tasks that come round: registered in code, claimed in the database, put into a queue when due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from farley.database.turns import write_turn
from farley.jobs.models import Schedule


@dataclass(frozen=True, slots=True)
class Round:
    """`task` is enqueued whenever `rule` (an RRULE, RFC 5545 §3.3.10, in UTC) comes due."""

    rule: str
    task: Any


_rounds: dict[str, Round] = {}


def register(name: str, rule: str, task: Any) -> None:
    """Called once by an AppConfig.ready."""
    _rounds[name] = Round(rule, task)


def enqueue_due(now: dt.datetime | None = None) -> list[str]:
    """Enqueue every task that is due and return the names; of several processes only one claims each."""
    now = now or timezone.now()
    due = []
    known = {schedule.name: schedule for schedule in Schedule.objects.filter(pk__in=_rounds)}
    for name, round_ in _rounds.items():
        schedule = known.get(name)
        if schedule is None:
            Schedule.objects.get_or_create(name=name, defaults={"due_at": _next(round_.rule, now)})
        elif schedule.due_at <= now:
            with write_turn():  # claimed and enqueued together, or still due
                claimed = Schedule.objects.filter(pk=name, due_at=schedule.due_at).update(
                    due_at=_next(round_.rule, now), enqueued_at=now
                )
                if claimed:
                    round_.task.enqueue()
                    due.append(name)
    return due


def _next(rule: str, after: dt.datetime) -> dt.datetime:
    from dateutil.rrule import rrulestr

    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dt.datetime | None = rrulestr(rule, dtstart=midnight).after(after)
    if found is None:
        raise ValueError(f"the rule {rule} never comes due")
    return found
