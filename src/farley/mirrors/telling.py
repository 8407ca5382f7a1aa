"""Mirrors that have stopped, for their spaces' managers to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q

from farley.accounts.roles import Role
from farley.mirrors.models import Mirror
from farley.notifications.operations import State
from farley.spaces.audience import ways_into

SEVERAL = 3  # runs in a row that failed: one may be somebody's router


def stopped(_now: dt.datetime) -> Iterator[State]:
    """Each mirror that waits for a manager's word, or has not got through for several runs."""
    live = Mirror.objects.filter(removed_at=None, space__archived_at=None)
    in_trouble = live.filter(Q(state=Mirror.State.HELD) | Q(state=Mirror.State.ON, failures__gte=SEVERAL))
    for mirror in in_trouble.select_related("space").order_by("pk"):
        managers = frozenset(way.user.pk for way in ways_into(mirror.space) if way.role >= Role.MANAGER)
        yield State(
            f"mirror-{mirror.pk}",
            managers,
            space=mirror.space_id,
            data={"mirror": mirror.name, "id": mirror.pk, "held": mirror.state == Mirror.State.HELD},
        )
